/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * import_samba.h - the configuration of a Samba server made into one of ours.
 * Most settings have Samba's name and meaning already; the rest is a table of
 * what becomes of Samba's others, and why (import_rules.c).
 */
#ifndef SERVER_IMPORT_SAMBA_H
#define SERVER_IMPORT_SAMBA_H

#include <stdbool.h>
#include <stdio.h>

/**
 * Reads smb.conf and what it includes.
 *
 * @param out  our configuration, with a comment for each setting that is not
 *             carried over.
 * @param err  those whose absence can be felt, a line each, then a summary.
 * @return the exit status: 0, or 1 when the file cannot be read.
 */
int import_samba(const char *file, FILE *out, FILE *err);

/** What becomes of a setting that is not one of ours. */
struct import_rule {
	const char *name; /**< Samba's, in small letters; * is anything */
	const char *fine; /**< values that lose nothing, by '|'; "*": all */
	const char *why;  /**< what there is instead */
};

/** The rule for Samba's setting; NULL: there is none. */
const struct import_rule *import_rule_find(const char *name);

/** The rule for a name in Samba's `vfs objects`; there is always one. */
const struct import_rule *import_module_find(const char *name);

/** Does this value lose nothing? yes, true and 1 are the same. */
bool import_rule_fine(const struct import_rule *rule, const char *value);

#endif
