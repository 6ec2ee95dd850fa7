/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Extended attributes in text; the parsing of ACLs is in xattr_acl.c. */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "client/libsmbclient/xattr_text.h"

#define PREFIX	   "system."
#define PREFIX_NT  "nt_sec_desc."
#define PREFIX_DOS "dos_attr."

/* In the order in which they stand in "system.*". */
static const struct {
	const char *full;  /* the label and, in lower case, the name */
	const char *brief; /* without full time names; NULL: not there then */
} labels[XATTR_COUNT] = {
	[XATTR_REVISION] = {"REVISION", "REVISION"},
	[XATTR_OWNER] = {"OWNER", "OWNER"},
	[XATTR_GROUP] = {"GROUP", "GROUP"},
	[XATTR_ACL] = {"ACL", "ACL"},
	[XATTR_MODE] = {"MODE", "MODE"},
	[XATTR_SIZE] = {"SIZE", "SIZE"},
	[XATTR_CREATE_TIME] = {"CREATE_TIME", NULL},
	[XATTR_ACCESS_TIME] = {"ACCESS_TIME", "A_TIME"},
	[XATTR_WRITE_TIME] = {"WRITE_TIME", "M_TIME"},
	[XATTR_CHANGE_TIME] = {"CHANGE_TIME", "C_TIME"},
	[XATTR_INODE] = {"INODE", "INODE"},
};

static const char *label_of(unsigned what, bool full_times)
{
	return full_times ? labels[what].full : labels[what].brief;
}

/* -------------------------------------------------------------------- names */

static bool starts(const char **s, const char *prefix)
{
	size_t n = strlen(prefix);

	if (strncasecmp(*s, prefix, n) != 0) {
		return false;
	}
	*s += n;
	return true;
}

/* "owner" of len bytes; XATTR_COUNT: none. */
static unsigned find_label(const char *s, size_t len, bool full_times,
			   uint32_t among)
{
	unsigned i = 0;

	for (i = 0; i < XATTR_COUNT; i++) {
		const char *label = label_of(i, full_times);

		if ((among & XATTR_BIT(i)) != 0 && label != NULL &&
		    strlen(label) == len && strncasecmp(label, s, len) == 0) {
			break;
		}
	}
	return i;
}

/* "!nt_sec_desc.owner!dos_attr.inode" */
static bool parse_without(const char *s, bool full_times, uint32_t *wanted)
{
	while (*s == '!') {
		size_t len = 0;
		unsigned what = 0;
		uint32_t among = XATTR_DOS;

		s++;
		if (starts(&s, PREFIX_NT)) {
			among = XATTR_NT;
		} else {
			starts(&s, PREFIX_DOS);
		}
		len = strcspn(s, "!");
		what = find_label(s, len, full_times, among);
		if (what == XATTR_COUNT) {
			return false;
		}
		*wanted &= ~XATTR_BIT(what);
		s += len;
	}
	return *s == '\0';
}

/* "*", "*+" and what is not wanted of it. */
static bool parse_all(const char *s, bool full_times, struct xattr_name *out)
{
	out->labels = true;
	s++;
	if (*s == '+') {
		out->names = true;
		s++;
	}
	return parse_without(s, full_times, &out->wanted);
}

/* What follows "acl": ".*", ":SID", "+", "+:NAME" or nothing. */
static bool parse_acl(const char *s, struct xattr_name *out)
{
	out->wanted = XATTR_BIT(XATTR_ACL);
	if (*s == '+') {
		out->names = true;
		s++;
	}
	if (strcmp(s, ".*") == 0 || *s == '\0') {
		return true;
	}
	if (strcmp(s, ".*+") == 0) {
		out->names = true;
		return true;
	}
	out->who = *s == ':' ? s + 1 : s;
	return *out->who != '\0';
}

static bool parse_nt(const char *s, bool full_times, struct xattr_name *out)
{
	size_t len = strlen(s);
	unsigned what = 0;

	if (*s == '*') {
		out->wanted = XATTR_NT;
		return parse_all(s, full_times, out);
	}
	if (starts(&s, "acl")) {
		return parse_acl(s, out);
	}
	if (len > 0 && s[len - 1] == '+') {
		out->names = true;
		len--;
	}
	what = find_label(s, len, full_times, XATTR_NT);
	out->wanted = XATTR_BIT(what);
	return what != XATTR_COUNT && !(out->names && what == XATTR_REVISION);
}

bool xattr_name_parse(const char *name, bool full_times, struct xattr_name *out)
{
	unsigned what = 0;

	*out = (struct xattr_name){0};
	if (!starts(&name, PREFIX)) {
		return false;
	}
	if (*name == '*') {
		out->wanted = XATTR_NT | XATTR_DOS;
		return parse_all(name, full_times, out);
	}
	if (starts(&name, PREFIX_NT)) {
		return parse_nt(name, full_times, out);
	}
	if (!starts(&name, PREFIX_DOS)) {
		return false;
	}
	if (*name == '*') {
		out->wanted = XATTR_DOS;
		return parse_all(name, full_times, out);
	}
	what = find_label(name, strlen(name), full_times, XATTR_DOS);
	out->wanted = XATTR_BIT(what);
	return what != XATTR_COUNT;
}

/* --------------------------------------------------------------------- text */

struct text {
	const struct xattr_name *name;
	const struct xattr_source *source;
	char *s;
	bool failed;
};

/* "," and "LABEL:", as far as they are wanted, and the value. */
static void add(struct text *t, const char *label, const char *value)
{
	bool first = *t->s == '\0';

	if (value == NULL) {
		t->failed = true;
		return;
	}
	t->s = talloc_asprintf_append(t->s, "%s%s%s%s", first ? "" : ",",
				      t->name->labels ? label : "",
				      t->name->labels ? ":" : "", value);
	if (t->s == NULL) {
		t->failed = true;
		t->s = "";
	}
}

static const char *account(struct text *t, const struct sid *sid, char *buf)
{
	const char *name = NULL;

	if (t->name->names && t->source->account != NULL) {
		name = t->source->account(t->source->private_data, sid);
	}
	return name != NULL ? name : sid_to_string(sid, buf);
}

static void add_sid(struct text *t, const char *label, bool there,
		    const struct sid *sid)
{
	char buf[SID_STRING_SIZE];

	if (there) {
		add(t, label, account(t, sid, buf));
	}
}

static void add_ace(struct text *t, const char *label,
		    const struct security_ace *ace)
{
	const char *whose = t->name->who;
	char buf[SID_STRING_SIZE];
	const char *who = account(t, &ace->sid, buf);
	char *value = NULL;

	if (whose != NULL && strcasecmp(whose, who) != 0) {
		return;
	}
	value = talloc_asprintf(
		NULL, "%s%s%u/%u/0x%08" PRIx32, whose == NULL ? who : "",
		whose == NULL ? ":" : "", ace->type, ace->flags, ace->mask);
	add(t, label, value);
	talloc_free(value);
}

static void add_acl(struct text *t, const char *label)
{
	struct security_acl_walk walk = security_acl(t->source->sd->dacl);
	struct security_ace ace = {0};

	while (security_acl_next(&walk, &ace)) {
		add_ace(t, label, &ace);
	}
	t->failed = t->failed || !security_acl_ok(&walk);
}

static void add_nt(struct text *t, unsigned what, const char *label)
{
	const struct security_descriptor *sd = t->source->sd;

	switch (what) {
	case XATTR_REVISION: add(t, label, "1"); break;
	case XATTR_OWNER: add_sid(t, label, sd->has_owner, &sd->owner); break;
	case XATTR_GROUP: add_sid(t, label, sd->has_group, &sd->group); break;
	default: add_acl(t, label); break;
	}
}

static void add_dos(struct text *t, unsigned what, const char *label)
{
	const struct libsmb_facts *f = t->source->facts;
	const struct client_stat *s = &f->stat;
	char value[32] = {0};
	NTTIME time = 0;

	switch (what) {
	case XATTR_MODE:
		snprintf(value, sizeof(value), "0x%" PRIx32,
			 s->attributes & 0xFFFF);
		break;
	case XATTR_SIZE:
		snprintf(value, sizeof(value), "%" PRIu64, s->size);
		break;
	case XATTR_INODE:
		snprintf(value, sizeof(value), "%" PRIu64, f->inode);
		break;
	case XATTR_CREATE_TIME: time = s->creation_time; break;
	case XATTR_ACCESS_TIME: time = s->access_time; break;
	case XATTR_WRITE_TIME: time = s->write_time; break;
	default: time = s->change_time; break;
	}
	if (*value == '\0') {
		snprintf(value, sizeof(value), "%lld",
			 (long long)nttime_to_unix(time));
	}
	add(t, label, value);
}

char *xattr_text(TALLOC_CTX *mem_ctx, const struct xattr_name *name,
		 const struct xattr_source *source)
{
	struct text t = {
		.name = name,
		.source = source,
		.s = talloc_strdup(mem_ctx, ""),
	};
	unsigned i = 0;

	if (t.s == NULL) {
		return NULL;
	}
	for (i = 0; i < XATTR_COUNT && !t.failed; i++) {
		const char *label = label_of(i, source->full_times);

		if ((name->wanted & XATTR_BIT(i)) == 0 || label == NULL) {
			continue;
		}
		if ((XATTR_NT & XATTR_BIT(i)) != 0) {
			add_nt(&t, i, label);
		} else {
			add_dos(&t, i, label);
		}
	}
	return t.failed ? NULL : t.s;
}

/* ------------------------------------------------------------- DOS attributes
 */

static bool set_dos(unsigned what, const char *value, uint32_t attributes,
		    struct fscc_basic *out)
{
	char *end = NULL;
	long long n = strtoll(value, &end, what == XATTR_MODE ? 16 : 10);
	NTTIME time = 0;

	if (end == value || *end != '\0') {
		return false;
	}
	if (what == XATTR_MODE) {
		out->file_attributes = (uint32_t)n & 0xFFFF;
		if (n == 0) {
			out->file_attributes =
				(attributes & FILE_ATTRIBUTE_DIRECTORY) != 0
					? FILE_ATTRIBUTE_DIRECTORY
					: FILE_ATTRIBUTE_NORMAL;
		}
		return true;
	}
	time = nttime_from_unix((time_t)n);
	switch (what) {
	case XATTR_CREATE_TIME: out->creation_time = time; break;
	case XATTR_ACCESS_TIME: out->last_access_time = time; break;
	case XATTR_WRITE_TIME: out->last_write_time = time; break;
	case XATTR_CHANGE_TIME: out->change_time = time; break;
	default: break; /* size and inode are what they are */
	}
	return true;
}

bool xattr_dos_parse(const char *text, bool full_times, uint32_t attributes,
		     struct fscc_basic *out)
{
	char *copy = strdup(text);
	char *save = NULL;
	char *word = copy != NULL ? strtok_r(copy, "\t,\r\n", &save) : NULL;
	bool good = copy != NULL;

	*out = (struct fscc_basic){0};
	for (; good && word != NULL; word = strtok_r(NULL, "\t,\r\n", &save)) {
		size_t len = strcspn(word, ":");
		unsigned what = find_label(word, len, full_times, XATTR_DOS);

		if (what != XATTR_COUNT && word[len] == ':') {
			good = set_dos(what, word + len + 1, attributes, out);
		}
	}
	free(copy);
	return good;
}
