/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * short_name.h - names of eight and three characters (MS-FSCC 2.1.5.2.1), where
 * `mangled names` asks for them. A long name has one that is made of it alone,
 * so that it is the same wherever and whenever it is asked for: its first
 * character, five of a hash, '~', one more, and the start of its extension.
 */
#ifndef SERVER_SHORT_NAME_H
#define SERVER_SHORT_NAME_H

#include <stdbool.h>

#define SHORT_NAME_MAX 12

/** Is it one already? In any case. */
bool short_name_is(const char *name);

/** May it be one that was made here? Who looks for it looks at all names. */
bool short_name_made(const char *name);

/** That of a name, UTF-8: itself in upper case where it is one. */
void short_name_of(const char *name, char out[SHORT_NAME_MAX + 1]);

/** Does that name have this short one, in any case? */
bool short_name_matches(const char *name, const char *wanted);

#endif
