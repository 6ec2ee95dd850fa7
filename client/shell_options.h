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

/**
 * A setting of Samba's that is none of client_options_set()'s. What has a
 * meaning here is done; of the others a sentence tells that they do nothing.
 *
 * @param known  out: it is one of these.
 * @return false: what it is set to makes no sense, which was said.
 */
bool shell_options_samba_setting(struct shell_options *o, const char *key,
				 const char *value, bool *known);

/**
 * Take what an address says beside the way, "?seal&vers=3.0.2", into the
 * options. @return the address without it; NULL: it makes no sense, which was
 * said.
 */
char *shell_address_take(struct shell_options *o, const char *text);

#endif
