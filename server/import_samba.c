/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * import_samba.c - smb.conf as a configuration of ours: section by section, a
 * setting that is carried over as a line, one that is not as a comment.
 */
#include "server/import_samba.h"

#include <errno.h>
#include <stdarg.h>
#include <string.h>
#include <strings.h>

#include "server/settings.h"
#include "smbquic/ini.h"

#define MAX_ITEMS 100000

/* A line of smb.conf that sets something, or begins a section: no key. */
struct item {
	const char *file;
	unsigned line;
	const char *section;
	const char *key;
	const char *value;
};

struct import {
	TALLOC_CTX *mem_ctx; /* of all that was read */
	FILE *out, *err;
	struct item *items;
	size_t count;
	const struct item *at; /* the one that is looked at */
	unsigned carried, lost, needless;
	bool closed;	 /* the section that is looked at */
	bool all_closed; /* [global], and by that every share */
};

/* Samba's parameters that have another name here. */
static const struct {
	const char *samba, *ours;
} renamed[] = {
	{"shadow:snapdir", "snapshot directory"},
	{"shadow:format", "snapshot format"},
};

/* What Samba makes shares of by itself. */
static const struct {
	const char *section, *why;
} no_share[] = {
	{"homes", "there are no shares that are named after users; one with "
		  "path = /home/%U leads each to their own folder"},
	{"printers", "there is no printing"},
	{"print$", "there is no printing"},
};

/* Without these a share would be open to more than it was, or have no folder.
 */
static const enum config_key guards[] = {
	CONFIG_PATH,
	CONFIG_VALID_USERS,
	CONFIG_INVALID_USERS,
	CONFIG_READ_LIST,
	CONFIG_HOSTS_ALLOW,
	CONFIG_HOSTS_DENY,
	CONFIG_READ_ONLY,
	CONFIG_GUEST_OK,
	CONFIG_VETO_FILES,
	CONFIG_SMB_ENCRYPT,
	CONFIG_SERVER_SIGNING,
	CONFIG_RESTRICT_ANONYMOUS,
	CONFIG_BIND_INTERFACES_ONLY,
};

/* --- telling --------------------------------------------------------------
 */

static const char *section_of(const struct item *item)
{
	return item->section == NULL ? "global" : item->section;
}

static bool is_global(const struct item *item)
{
	return strcasecmp(section_of(item), "global") == 0;
}

static void carried(struct import *im, const char *name, const char *value)
{
	fprintf(im->out, "\t%s = %s\n", name, value);
	im->carried++;
}

static void needless(struct import *im, const char *why)
{
	fprintf(im->out, "\t# not needed: %s = %s: %s\n", im->at->key,
		im->at->value, why);
	im->needless++;
}

static void lost(struct import *im, const char *why)
{
	const struct item *item = im->at;

	fprintf(im->out, "\t# NOT CARRIED OVER: %s = %s: %s\n", item->key,
		item->value, why);
	fprintf(im->err, "%s:%u: [%s] %s = %s: %s\n", item->file, item->line,
		section_of(item), item->key, item->value, why);
	im->lost++;
}

static void judge(struct import *im, const struct import_rule *rule,
		  const char *value)
{
	if (import_rule_fine(rule, value)) {
		needless(im, rule->why);
	} else {
		lost(im, rule->why);
	}
}

/* --- one setting ----------------------------------------------------------
 */

static const char *our_name(const char *key)
{
	size_t i = 0;

	for (i = 0; i < sizeof(renamed) / sizeof(renamed[0]); i++) {
		if (ini_key_equal(renamed[i].samba, key)) {
			return renamed[i].ours;
		}
	}
	return key;
}

/* Samba puts in at run time what stands for a percent sign and a letter. */
static const char *unfit(enum config_key key, const char *value)
{
	switch (setting_row(key)->type) {
	case SETTING_STRING:
		if (key == CONFIG_SNAPSHOT_FORMAT) {
			return NULL;
		}
		if (key == CONFIG_SNAPSHOT_DIRECTORY && value[0] == '/') {
			return "it is a folder of the share here";
		}
		break;
	case SETTING_LIST:
		if (strchr(value, '\\') != NULL) {
			return "there are no domains: names stand alone";
		}
		break;
	case SETTING_PATH:
		if (setting_row(key)->scope != SETTING_GLOBAL) {
			return NULL; /* the parser looks for itself */
		}
		break;
	default: return NULL;
	}
	return strchr(value, '%') == NULL ? NULL
					  : "there are macros in path alone";
}

static bool is_guard(enum config_key key)
{
	size_t i = 0;

	for (i = 0; i < sizeof(guards) / sizeof(guards[0]); i++) {
		if (guards[i] == key) {
			return true;
		}
	}
	return false;
}

static void carry(struct import *im, enum config_key key, bool inverted)
{
	const struct setting *row = setting_row(key);
	struct setting_value value = {0};
	const char *why = unfit(key, im->at->value);
	char *note = NULL;

	if (why == NULL &&
	    !setting_parse(im->mem_ctx, row, im->at->value, &value, &note)) {
		why = note == NULL ? "out of memory" : note;
	}
	if (why == NULL && im->all_closed && key == CONFIG_AVAILABLE) {
		why = "see available in [global]";
	}
	if (why != NULL) {
		lost(im, why);
		im->closed = im->closed || is_guard(key);
	} else {
		carried(im, row->name,
			!inverted	    ? value.text
			: value.number != 0 ? "no"
					    : "yes");
	}
}

static void judge_modules(struct import *im)
{
	char **names = ini_split(im->mem_ctx, im->at->value);
	const struct item *whole = im->at;
	struct item one = *whole;
	size_t i = 0;

	im->at = &one;
	for (i = 0; names != NULL && names[i] != NULL; i++) {
		one.value = names[i];
		judge(im, import_module_find(names[i]), names[i]);
	}
	im->at = whole;
}

/* Ours has another sense, or none in this place. */
static bool differs(const struct item *item)
{
	return ini_key_equal(item->key, "keepalive") ||
	       (is_global(item) && ini_key_equal(item->key, "max connections"));
}

static void import_item(struct import *im, const struct item *item)
{
	const struct import_rule *rule = import_rule_find(item->key);
	bool inverted = false;
	enum config_key key =
		setting_find(our_name(item->key), !is_global(item), &inverted);

	im->at = item;
	if (ini_key_equal(item->key, "vfs objects") ||
	    ini_key_equal(item->key, "vfs object")) {
		judge_modules(im);
	} else if (ini_key_equal(item->key, "ntlm auth") &&
		   strcasecmp(item->value, "disabled") == 0) {
		carried(im, setting_row(CONFIG_SERVER_NTLM)->name, "no");
	} else if (key != CONFIG_KEY_COUNT && !differs(item)) {
		carry(im, key, inverted);
	} else if (rule != NULL) {
		judge(im, rule, item->value);
	} else {
		lost(im, "smbquicd has no such setting");
	}
}

/* --- sections -------------------------------------------------------------
 */

static const char *why_no_share(const char *section)
{
	size_t i = 0;

	for (i = 0; i < sizeof(no_share) / sizeof(no_share[0]); i++) {
		if (strcasecmp(no_share[i].section, section) == 0) {
			return no_share[i].why;
		}
	}
	return NULL;
}

static bool says(const struct import *im, const char *section, const char *key)
{
	size_t i = 0;

	for (i = 0; i < im->count; i++) {
		if (im->items[i].key != NULL &&
		    strcasecmp(section_of(&im->items[i]), section) == 0 &&
		    ini_key_equal(im->items[i].key, key)) {
			return true;
		}
	}
	return false;
}

static bool has_path(const struct import *im, const char *section)
{
	return says(im, section, "path") || says(im, section, "directory") ||
	       says(im, "global", "path") || says(im, "global", "directory");
}

/* Better shut than open to strangers. */
static void close_section(struct import *im, const char *section)
{
	const char *why = "what it needs is not carried over";

	if (!im->closed) {
		return;
	}
	if (strcasecmp(section, "global") != 0 && !has_path(im, section)) {
		why = "it has no path";
	}
	fprintf(im->out, "\t# %s:\n\tavailable = no\n", why);
	fprintf(im->err, "[%s]: switched off (available = no): %s\n", section,
		why);
}

static void import_section(struct import *im, size_t first)
{
	const char *section = section_of(&im->items[first]);
	bool global = is_global(&im->items[first]);
	const char *why = why_no_share(section);
	size_t i = 0;

	if (why != NULL) {
		fprintf(im->out, "\n# NOT CARRIED OVER: [%s]: %s\n", section,
			why);
		fprintf(im->err, "%s:%u: [%s]: %s\n", im->items[first].file,
			im->items[first].line, section, why);
		im->lost++;
		return;
	}
	im->closed = !global && !has_path(im, section);
	fprintf(im->out, "\n[%s]\n", section);
	for (i = first; i < im->count; i++) {
		if (im->items[i].key != NULL &&
		    strcasecmp(section_of(&im->items[i]), section) == 0) {
			import_item(im, &im->items[i]);
		}
	}
	close_section(im, section);
	im->all_closed = im->all_closed || (global && im->closed);
}

static bool is_first(const struct import *im, size_t i)
{
	size_t j = 0;

	for (j = 0; j < i; j++) {
		if (strcasecmp(section_of(&im->items[j]),
			       section_of(&im->items[i])) == 0) {
			return false;
		}
	}
	return true;
}

static void import_sections(struct import *im, bool global)
{
	size_t i = 0;

	for (i = 0; i < im->count; i++) {
		if (is_global(&im->items[i]) == global && is_first(im, i)) {
			import_section(im, i);
		}
	}
}

/* --- reading --------------------------------------------------------------
 */

static bool gather(struct import *im, const char *file, const char *section,
		   unsigned depth);

static bool add(struct import *im, const struct item *item)
{
	if (im->count == MAX_ITEMS) {
		errno = E2BIG;
		return false;
	}
	if (im->count % 256 == 0) {
		struct item *more = talloc_realloc(
			im->mem_ctx, im->items, struct item, im->count + 256);

		if (more == NULL) {
			return false;
		}
		im->items = more;
	}
	im->items[im->count++] = *item;
	return true;
}

/* Samba goes on without a file that is not there. */
static bool gather_include(struct import *im, const struct item *item,
			   unsigned depth)
{
	char *path = ini_include_path(im->mem_ctx, item->file, item->value);
	const char *why = NULL;

	if (strchr(item->value, '%') != NULL) {
		why = "which file that is depends on the client";
	} else if (depth == INI_MAX_DEPTH) {
		why = "files include each other";
	} else if (path == NULL ||
		   !gather(im, path, item->section, depth + 1)) {
		why = strerror(errno);
	}
	if (why != NULL) {
		fprintf(im->err, "%s:%u: include = %s: %s\n", item->file,
			item->line, item->value, why);
		im->lost++;
	}
	return im->count < MAX_ITEMS;
}

static bool gather_line(struct import *im, const struct ini_line *line,
			struct item item, unsigned depth)
{
	switch (line->kind) {
	case INI_BLANK: return true;
	case INI_BAD:
		fprintf(im->err, "%s:%u: %s\n", item.file, item.line,
			line->value);
		im->lost++;
		return true;
	case INI_SECTION: return add(im, &item);
	case INI_KEY: break;
	}
	item.key = line->key;
	item.value = line->value;
	return ini_key_equal(item.key, "include")
		       ? gather_include(im, &item, depth)
		       : add(im, &item);
}

static bool gather(struct import *im, const char *file, const char *section,
		   unsigned depth)
{
	struct ini *ini = ini_load(im->mem_ctx, file, NULL);
	size_t i = 0;

	for (i = 0; ini != NULL && i < ini_count(ini); i++) {
		const struct ini_line *line = ini_line(ini, i);
		struct item item = {
			.file = file,
			.line = line->number,
			.section =
				line->section == NULL ? section : line->section,
		};

		if (!gather_line(im, line, item, depth)) {
			return false;
		}
	}
	return ini != NULL;
}

/* --- the whole ------------------------------------------------------------
 */

/* Where neither file says anything, and the two servers differ. */
static const char other_defaults[] =
	"# Where nothing is said, smbquicd differs from Samba in:\n"
	"#	server smb transports	QUIC on 443 beside TCP on 445\n"
	"#	server min protocol	SMB3_00, Samba has SMB2_02\n"
	"#	restrict anonymous	2, Samba has 0\n"
	"#	store nt acls		yes, Samba wants acl_xattr for that\n"
	"#	mangled names		no, Samba makes up short names for "
	"some\n";

static void summarise(const struct import *im, const char *file)
{
	fprintf(im->err,
		"%s: %u settings carried over, %u not needed, %u not carried "
		"over\n",
		file, im->carried, im->needless, im->lost);
	fputs("its users are in another file: pdbedit -e "
	      "smbpasswd:" CONFIG_DEFAULT_USERS_FILE " brings them along, see "
	      "smbquic-samba(7)\n",
	      im->err);
}

int import_samba(const char *file, FILE *out, FILE *err)
{
	struct import im = {
		.mem_ctx = talloc_new(NULL), .out = out, .err = err};

	if (im.mem_ctx == NULL || !gather(&im, file, NULL, 0)) {
		fprintf(err, "%s: %s\n", file,
			errno == EINVAL ? "it is not a file" : strerror(errno));
		talloc_free(im.mem_ctx);
		return 1;
	}
	fprintf(out, "# Made from %s by smbquicd --import-samba.\n%s", file,
		other_defaults);
	import_sections(&im, true);
	import_sections(&im, false);
	summarise(&im, file);
	talloc_free(im.mem_ctx);
	return 0;
}
