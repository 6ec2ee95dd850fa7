/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef SMBQUIC_SANDBOX_PRIVATE_H
#define SMBQUIC_SANDBOX_PRIVATE_H

/* The calls that are let through whatever their arguments; ends with -1.
 * clone() and socket() are not on it: they depend. */
extern const long sandbox_calls[];

#endif
