/* SPDX-License-Identifier: GPL-3.0-or-later */
/* shell_options.h - what the files with options share. */
#ifndef CLIENT_SHELL_OPTIONS_H
#define CLIENT_SHELL_OPTIONS_H

#include <popt.h>

#include "client/shell.h"

/** Options of smbclient that have no meaning here, or nearly none: those that
 *  only tune are taken, the others are refused with a sentence. */
extern const struct poptOption shell_options_samba[];

/** Is it one of these? */
bool shell_options_samba_knows(int option);
/** @return false: refused, which was said. */
bool shell_options_samba_take(struct shell_options *o, int option);

#endif
