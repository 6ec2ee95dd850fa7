/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The configuration in its own syntax, for the checker, and the table of
 * settings as a manual page's entries.
 */
#include <stdio.h>
#include <string.h>

#include "server/config_private.h"

static bool in_section(const struct setting *row, bool in_share)
{
	return row->scope == SETTING_SHARE ||
	       (row->scope == SETTING_GLOBAL) == !in_share;
}

/* What would be in force if this section did not say anything. */
static const struct setting_value *inherited(const struct config *cfg,
					     bool in_share, enum config_key key)
{
	if (in_share && setting_row(key)->scope == SETTING_SHARE) {
		return config_value(cfg, NULL, key);
	}
	return &cfg->initial[key];
}

static void print_section(FILE *out, const struct config *cfg,
			  const struct config_share *section, bool in_share,
			  bool all)
{
	int key = 0;

	fprintf(out, "[%s]\n", section->name);
	for (key = 0; key < CONFIG_KEY_COUNT; key++) {
		const struct setting *row = setting_row(key);
		const struct setting_value *other = NULL;
		const char *text = NULL;

		if (!in_section(row, in_share)) {
			continue;
		}
		other = inherited(cfg, in_share, key);
		text = section->values[key].text;
		if (text == NULL) {
			text = other->text;
		}
		if (all || strcmp(text, other->text) != 0) {
			fprintf(out, "\t%s = %s\n", row->name, text);
		}
	}
}

void config_print(FILE *out, const struct config *cfg, bool all)
{
	size_t i = 0;

	print_section(out, cfg, cfg->global, false, all);
	for (i = 0; i < cfg->count; i++) {
		fputc('\n', out);
		print_section(out, cfg, cfg->shares[i], true, all);
	}
}

/* --- the manual --------------------------------------------------------- */

/* roff reads a minus as a hyphen, and a dot or quote first as a request. */
static void print_roff(FILE *out, const char *text)
{
	if (*text == '.' || *text == '\'') {
		fputs("\\&", out);
	}
	for (; *text != '\0'; text++) {
		if (*text == '-') {
			fputs("\\-", out);
		} else if (*text == '\\') {
			fputs("\\e", out);
		} else {
			fputc(*text, out);
		}
	}
}

static void print_synonyms(FILE *out, enum config_key key)
{
	const struct setting_synonym *row = NULL;
	const char *before = "Also written ";

	for (row = setting_synonyms; row->name != NULL; row++) {
		if (row->key != key) {
			continue;
		}
		fputs(before, out);
		print_roff(out, row->name);
		fputs(row->inverted ? " (the opposite)" : "", out);
		before = ", ";
	}
	if (strcmp(before, ", ") == 0) {
		fputs(".\n", out);
	}
}

static void print_entry(FILE *out, enum config_key key)
{
	const struct setting *row = setting_row(key);
	char *allowed = setting_allowed(NULL, row);

	fputs(".TP\n.B ", out);
	print_roff(out, row->name);
	fputs(" \\fR(", out);
	print_roff(out, allowed);
	fputs(")\n", out);
	print_roff(out, row->help);
	fputs("\n", out);
	if (row->initial[0] != '\0') {
		fputs("Default: ", out);
		print_roff(out, row->initial);
		fputs(".\n", out);
	}
	print_synonyms(out, key);
	talloc_free(allowed);
}

void config_print_manual(FILE *out)
{
	int key = 0;

	fputs(".SS In [global]\n", out);
	for (key = 0; key < CONFIG_KEY_COUNT; key++) {
		if (setting_row(key)->scope == SETTING_GLOBAL) {
			print_entry(out, key);
		}
	}
	fputs(".SS In shares\n", out);
	for (key = 0; key < CONFIG_KEY_COUNT; key++) {
		if (setting_row(key)->scope != SETTING_GLOBAL) {
			print_entry(out, key);
		}
	}
}
