/* SPDX-License-Identifier: GPL-3.0-or-later */
/* "OWNER:SID,ACL:SID:TYPE/FLAGS/MASK": security descriptors out of text. */
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "client/libsmbclient/xattr_text.h"

#define SEPARATORS "\t,\r\n"

/* Letters and words for what may be done (as smbcacls has them). */
static const struct {
	const char *word;
	uint32_t mask;
} masks[] = {
	{"READ", 0x001200A9}, {"CHANGE", 0x001301BF}, {"FULL", 0x001F01FF},
	{"R", 0x00120089},    {"W", 0x00120116},      {"X", 0x001200A0},
	{"D", 0x00010000},    {"P", 0x00040000},      {"O", 0x00080000},
};

#define MASKS (sizeof(masks) / sizeof(masks[0]))

struct parse {
	TALLOC_CTX *mem_ctx;
	struct xattr_acl *out;
	xattr_sid_fn sid;
	void *private_data;
	bool dos_too;
};

static bool parse_sid(struct parse *p, const char *text, struct sid *out)
{
	return sid_from_string(text, out) ||
	       (p->sid != NULL && p->sid(p->private_data, text, out));
}

static bool parse_number(const char *text, unsigned long most, uint32_t *out)
{
	char *end = NULL;
	unsigned long n = 0;

	if (!isdigit((unsigned char)*text)) {
		return false;
	}
	errno = 0;
	n = strtoul(text, &end, 0);
	*out = (uint32_t)n;
	return errno == 0 && *end == '\0' && n <= most;
}

static bool parse_type(const char *text, uint8_t *out)
{
	uint32_t n = 0;

	if (strcasecmp(text, "ALLOWED") == 0) {
		*out = ACCESS_ALLOWED_ACE_TYPE;
		return true;
	}
	if (strcasecmp(text, "DENIED") == 0) {
		*out = ACCESS_DENIED_ACE_TYPE;
		return true;
	}
	if (!parse_number(text, UINT8_MAX, &n)) {
		return false;
	}
	*out = (uint8_t)n;
	return n == ACCESS_ALLOWED_ACE_TYPE || n == ACCESS_DENIED_ACE_TYPE;
}

static bool mask_of(const char *word, size_t len, uint32_t *mask)
{
	size_t i = 0;

	for (i = 0; i < MASKS; i++) {
		if (strlen(masks[i].word) == len &&
		    strncmp(masks[i].word, word, len) == 0) {
			*mask |= masks[i].mask;
			return true;
		}
	}
	return false;
}

static bool parse_mask(const char *text, uint32_t *out)
{
	*out = 0;
	if (parse_number(text, UINT32_MAX, out) ||
	    mask_of(text, strlen(text), out)) {
		return true;
	}
	*out = 0;
	for (; *text != '\0'; text++) {
		if (!mask_of(text, 1, out)) {
			return false;
		}
	}
	return *out != 0;
}

/* "SID:TYPE/FLAGS/MASK"; text is changed. Names have no ':', SIDs neither. */
static bool parse_ace(struct parse *p, char *text, struct security_ace *out)
{
	char *colon = strrchr(text, ':');
	char *save = NULL;
	char *word[3] = {0};
	uint32_t flags = 0;
	size_t i = 0;

	if (colon == NULL) {
		return false;
	}
	*colon = '\0';
	for (i = 0; i < 3; i++) {
		word[i] = strtok_r(i == 0 ? colon + 1 : NULL, "/", &save);
		if (word[i] == NULL) {
			return false;
		}
	}
	*out = (struct security_ace){0};
	if (!parse_sid(p, text, &out->sid) ||
	    !parse_type(word[0], &out->type) ||
	    !parse_number(word[1], UINT8_MAX, &flags) ||
	    !parse_mask(word[2], &out->mask)) {
		return false;
	}
	out->flags = (uint8_t)flags;
	return strtok_r(NULL, "/", &save) == NULL;
}

static int add_ace(struct parse *p, char *text)
{
	struct xattr_acl *acl = p->out;
	struct security_ace *grown = NULL;

	if (acl->count >= XATTR_MAX_ACES) {
		return EINVAL;
	}
	grown = talloc_realloc(p->mem_ctx, acl->ace, struct security_ace,
			       (unsigned)acl->count + 1);
	if (grown == NULL) {
		return ENOMEM;
	}
	acl->ace = grown;
	acl->has_dacl = true;
	if (!parse_ace(p, text, &acl->ace[acl->count])) {
		return EINVAL;
	}
	acl->count++;
	return 0;
}

static int set_sid(struct parse *p, const char *text, bool *has,
		   struct sid *out)
{
	if (*has || !parse_sid(p, text, out)) {
		return EINVAL;
	}
	*has = true;
	return 0;
}

/* Is it "LABEL:" or "LABEL+:"? value: what follows. */
static bool has_label(char *word, const char *label, char **value)
{
	size_t n = strlen(label);

	if (strncasecmp(word, label, n) != 0) {
		return false;
	}
	word += n;
	word += *word == '+' ? 1 : 0;
	*value = word + 1;
	return *word == ':';
}

static int parse_word(struct parse *p, char *word)
{
	char *value = NULL;

	if (has_label(word, "OWNER", &value)) {
		return set_sid(p, value, &p->out->has_owner, &p->out->owner);
	}
	if (has_label(word, "GROUP", &value)) {
		return set_sid(p, value, &p->out->has_group, &p->out->group);
	}
	if (has_label(word, "ACL", &value)) {
		return add_ace(p, value);
	}
	if (has_label(word, "REVISION", &value)) {
		return strcmp(value, "1") == 0 ? 0 : EINVAL;
	}
	return p->dos_too && strchr(word, ':') != NULL ? 0 : EINVAL;
}

int xattr_acl_parse(TALLOC_CTX *mem_ctx, const char *text, const char *label,
		    bool dos_too, xattr_sid_fn sid, void *private_data,
		    struct xattr_acl *out)
{
	struct parse p = {
		.mem_ctx = mem_ctx,
		.out = out,
		.sid = sid,
		.private_data = private_data,
		.dos_too = dos_too,
	};
	char *copy = talloc_strdup(mem_ctx, text);
	char *save = NULL;
	char *word = NULL;
	int err = copy != NULL ? 0 : ENOMEM;

	*out = (struct xattr_acl){0};
	word = copy != NULL ? strtok_r(copy, SEPARATORS, &save) : NULL;
	for (; err == 0 && word != NULL;
	     word = strtok_r(NULL, SEPARATORS, &save)) {
		if (label != NULL) {
			word = talloc_asprintf(copy, "%s:%s", label, word);
		}
		err = word != NULL ? parse_word(&p, word) : ENOMEM;
	}
	talloc_free(copy);
	return err;
}

/* ------------------------------------------------------------------- sorting
 */

static int rank(const struct security_ace *ace)
{
	return ((ace->flags & ACE_FLAG_INHERITED) != 0 ? 2 : 0) +
	       (ace->type == ACCESS_DENIED_ACE_TYPE ? 0 : 1);
}

/* Insertion: the order of equals is kept, and ACLs are short. */
void xattr_acl_sort(struct security_ace *ace, size_t count)
{
	size_t i = 0;

	for (i = 1; i < count; i++) {
		struct security_ace moving = ace[i];
		size_t j = i;

		while (j > 0 && rank(&ace[j - 1]) > rank(&moving)) {
			ace[j] = ace[j - 1];
			j--;
		}
		ace[j] = moving;
	}
}
