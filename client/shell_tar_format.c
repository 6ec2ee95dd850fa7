/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client/shell_tar_format.h"
#include "smbquic/smb2.h"

/* What of a header is where (POSIX). */
#define NAME	 0
#define NAME_LEN 100
#define MODE	 100
#define UID	 108
#define GID	 116
#define ID_LEN	 8
#define SIZE	 124
#define MTIME	 136
#define NUM_LEN	 12
#define SUM	 148
#define SUM_LEN	 8
#define TYPE	 156
#define LINK	 157
#define MAGIC	 257
#define PREFIX	 345
#define PREF_LEN 155

/* Extended attributes of Linux, as GNU tar, star and bsdtar keep them: they
 * say nothing about one that they do not know. */
#define XATTR_KEY      "SCHILY.xattr."
#define ATTRIBUTES_KEY XATTR_KEY "user.smbquic.attributes"
#define CREATED_KEY    "LIBARCHIVE.creationtime"
#define SPARSE_KEY     "GNU.sparse."

/* Attributes that every copy has. */
#define USUAL                                                \
	(FILE_ATTRIBUTE_ARCHIVE | FILE_ATTRIBUTE_DIRECTORY | \
	 FILE_ATTRIBUTE_NORMAL)

/* Eleven octal digits. */
#define OCTAL_MAX ((uint64_t)077777777777)

size_t tar_padding(uint64_t size)
{
	return (size_t)((TAR_BLOCK - size % TAR_BLOCK) % TAR_BLOCK);
}

/* ------------------------------------------------------------------ encode */

/* @param len  of the field, one less than it has digits. */
static void put_octal(uint8_t *field, size_t len, uint64_t n)
{
	size_t i = 0;

	for (i = len - 1; i > 0; i--) {
		field[i - 1] = (uint8_t)('0' + (n & 7));
		n >>= 3;
	}
}

static unsigned sum_of(const uint8_t *block)
{
	unsigned sum = 0;
	size_t i = 0;

	for (i = 0; i < TAR_BLOCK; i++) {
		sum += i >= SUM && i < SUM + SUM_LEN ? ' ' : block[i];
	}
	return sum;
}

static void put_block(uint8_t *block, char type, const char *name, size_t len,
		      uint64_t size, uint64_t mtime)
{
	memset(block, 0, TAR_BLOCK);
	memcpy(block + NAME, name, len < NAME_LEN ? len : NAME_LEN);
	put_octal(block + MODE, ID_LEN, type == '5' ? 0755 : 0644);
	put_octal(block + UID, ID_LEN, 0);
	put_octal(block + GID, ID_LEN, 0);
	put_octal(block + SIZE, NUM_LEN, size <= OCTAL_MAX ? size : OCTAL_MAX);
	put_octal(block + MTIME, NUM_LEN,
		  mtime <= OCTAL_MAX ? mtime : OCTAL_MAX);
	block[TYPE] = (uint8_t)type;
	memcpy(block + MAGIC, "ustar\00000", 8);
}

static void put_sum(uint8_t *block)
{
	put_octal(block + SUM, SUM_LEN - 1, sum_of(block));
	block[SUM + SUM_LEN - 1] = ' ';
}

/* Cut at a '/' into prefix and name; @return the length of the prefix, 0: it
 * fits as it is, or not at all. */
static size_t cut_name(const char *name, size_t len)
{
	size_t at = 0;

	for (at = len > NAME_LEN ? len - NAME_LEN - 1 : len;
	     at < len && at <= PREF_LEN; at++) {
		if (at > 0 && name[at] == '/' && at + 1 < len) {
			return at;
		}
	}
	return 0;
}

static void extension(TALLOC_CTX *mem_ctx, const struct tar_entry *entry,
		      const char *name, size_t len, struct tar_records *r)
{
	char text[24] = "";
	size_t i = 0;

	if (len > NAME_LEN && cut_name(name, len) == 0) {
		tar_records_add_text(mem_ctx, r, "path", name);
	}
	if (entry->kind == TAR_LINK && strlen(entry->target) > NAME_LEN) {
		tar_records_add_text(mem_ctx, r, "linkpath", entry->target);
	}
	if (entry->size > OCTAL_MAX) {
		snprintf(text, sizeof(text), "%" PRIu64, entry->size);
		tar_records_add_text(mem_ctx, r, "size", text);
	}
	if (entry->time.tv_sec > 0 && entry->time.tv_nsec != 0) {
		tar_records_add_time(mem_ctx, r, "mtime", entry->time);
	}
	if (entry->created.tv_sec > 0) {
		tar_records_add_time(mem_ctx, r, CREATED_KEY, entry->created);
	}
	if ((entry->attributes & ~USUAL) != 0) {
		snprintf(text, sizeof(text), "0x%" PRIx32, entry->attributes);
		tar_records_add_text(mem_ctx, r, ATTRIBUTES_KEY, text);
	}
	for (i = 0; i < entry->xattrs; i++) {
		const struct tar_xattr *x = &entry->xattr[i];
		char *key = talloc_asprintf(mem_ctx, XATTR_KEY "%s", x->name);

		r->failed = r->failed || key == NULL;
		if (key != NULL) {
			tar_records_add(mem_ctx, r, key, x->value);
		}
		talloc_free(key);
	}
}

/* Each letter of a name as three, and the digits of the length. */
size_t tar_xattr_size(const char *name, size_t len)
{
	return strlen(XATTR_KEY) + 3 * strlen(name) + len + 24;
}

bool tar_encode(TALLOC_CTX *mem_ctx, const struct tar_entry *entry,
		struct wire_slice *out)
{
	bool folder = entry->kind == TAR_FOLDER;
	char type = folder ? '5' : entry->kind == TAR_LINK ? '2' : '0';
	char *name = talloc_asprintf(mem_ctx, "%s%s", entry->name,
				     folder ? "/" : "");
	size_t len = name != NULL ? strlen(name) : 0;
	struct tar_records more = {.failed = name == NULL};
	size_t head = 0;
	uint64_t mtime =
		entry->time.tv_sec > 0 ? (uint64_t)entry->time.tv_sec : 0;
	size_t cut = cut_name(name != NULL ? name : "", len);
	uint8_t *bytes = NULL;

	if (name != NULL) {
		extension(name, entry, name, len, &more);
	}
	if (more.len > 0) {
		head = TAR_BLOCK + more.len + tar_padding(more.len);
	}
	if (!more.failed) {
		bytes = talloc_zero_size(mem_ctx, head + TAR_BLOCK);
	}
	if (bytes == NULL) {
		talloc_free(name);
		return false;
	}
	if (head > 0) {
		put_block(bytes, 'x', "PaxHeader", 9, more.len, mtime);
		put_sum(bytes);
		memcpy(bytes + TAR_BLOCK, more.data, more.len);
	}
	*out = wire_slice(bytes, head + TAR_BLOCK);
	bytes += head;
	if (cut > 0) {
		put_block(bytes, type, name + cut + 1, len - cut - 1,
			  entry->size, mtime);
		memcpy(bytes + PREFIX, name, cut);
	} else {
		put_block(bytes, type, name, len, entry->size, mtime);
	}
	if (entry->kind == TAR_LINK) {
		memcpy(bytes + LINK, entry->target,
		       strnlen(entry->target, NAME_LEN));
	}
	put_sum(bytes);
	talloc_free(name);
	return true;
}

/* ------------------------------------------------------------------- parse */

struct tar_parser {
	/* An extended header that is being read. */
	char type; /* 0: none */
	uint8_t *data;
	size_t len, have;
	/* What they said of the next entry. */
	char *name;
	bool has_size, has_time, sparse;
	uint64_t size;
	struct timespec time, created;
	uint32_t attributes;
	struct tar_xattr *xattr;
	size_t xattrs, xattrs_len; /* how many, and how many bytes */
	unsigned zeros;		   /* blocks of them */
	bool begun;
	char *last_name; /* of the entry that was returned */
	struct tar_xattr *last_xattr;
};

struct tar_parser *tar_parser_new(TALLOC_CTX *mem_ctx)
{
	return talloc_zero(mem_ctx, struct tar_parser);
}

/* Octal digits between blanks; or GNU's: the highest bit set, and then a
 * number in 256ths. @return false: neither, or larger than a file can be. */
static bool get_number(const uint8_t *field, size_t len, uint64_t *out)
{
	size_t i = 0;

	*out = 0;
	if ((field[0] & 0x80) != 0) {
		*out = field[0] & 0x7f;
		for (i = 1; i < len && *out <= INT64_MAX >> 8; i++) {
			*out = *out << 8 | field[i];
		}
		return i == len;
	}
	while (i < len && field[i] == ' ') {
		i++;
	}
	for (; i < len && field[i] >= '0' && field[i] <= '7'; i++) {
		*out = *out << 3 | (uint64_t)(field[i] - '0');
	}
	for (; i < len; i++) {
		if (field[i] != ' ' && field[i] != '\0') {
			return false;
		}
	}
	return *out <= INT64_MAX;
}

static bool sum_is_right(const uint8_t *block)
{
	uint64_t told = 0;
	long sum = 0;
	size_t i = 0;

	if (!get_number(block + SUM, SUM_LEN, &told)) {
		return false;
	}
	/* Some old ones took bytes for signed. */
	for (i = 0; i < TAR_BLOCK; i++) {
		sum += i >= SUM && i < SUM + SUM_LEN ? ' ' : (int8_t)block[i];
	}
	return told == sum_of(block) || (sum >= 0 && told == (uint64_t)sum);
}

/* Those of several headers in front of one entry are no more than one has room
 * for. */
static bool take_xattr(struct tar_parser *p, const char *name,
		       struct wire_slice value)
{
	struct tar_xattr *all = NULL;
	struct tar_xattr *x = NULL;

	p->xattrs_len += tar_xattr_size(name, value.len);
	if (p->xattrs_len > 4 * TAR_EXTENSION_MAX) {
		return false;
	}
	all = talloc_realloc(p, p->xattr, struct tar_xattr, p->xattrs + 1);
	if (all == NULL) {
		return false;
	}
	p->xattr = all;
	x = &all[p->xattrs];
	x->name = talloc_strdup(all, name);
	x->value = wire_slice(talloc_memdup(all, value.data, value.len + 1),
			      value.len);
	if (x->name == NULL || x->value.data == NULL) {
		return false;
	}
	p->xattrs++;
	return true;
}

/* One record. What is not known says nothing. */
static bool take_record(struct tar_parser *p, const char *key,
			struct wire_slice value)
{
	const char *text = (const char *)value.data;
	char *end = NULL;

	if (strcmp(key, "path") == 0) {
		talloc_free(p->name);
		p->name = talloc_strdup(p, text);
		return p->name != NULL && strlen(text) <= TAR_NAME_MAX;
	}
	if (strcmp(key, "size") == 0) {
		p->size = strtoull(text, &end, 10);
		p->has_size = *text >= '0' && *text <= '9' && *end == '\0' &&
			      p->size <= INT64_MAX;
		return p->has_size;
	}
	if (strcmp(key, "mtime") == 0) {
		p->has_time = tar_time(text, &p->time);
	} else if (strcmp(key, CREATED_KEY) == 0) {
		if (!tar_time(text, &p->created)) {
			p->created = (struct timespec){0};
		}
	} else if (strcmp(key, ATTRIBUTES_KEY) == 0) {
		p->attributes = (uint32_t)strtoul(text, NULL, 16);
	} else if (strncmp(key, XATTR_KEY, strlen(XATTR_KEY)) == 0) {
		return take_xattr(p, key + strlen(XATTR_KEY), value);
	} else if (strncmp(key, SPARSE_KEY, strlen(SPARSE_KEY)) == 0) {
		p->sparse = true;
	}
	return true;
}

static bool take_records(struct tar_parser *p)
{
	struct tar_records left = {.data = p->data, .len = p->len};
	struct wire_slice value = {0};
	char *key = NULL;

	while (tar_records_take(&left, &key, &value)) {
		if (!take_record(p, key, value)) {
			return false;
		}
	}
	return left.len == 0;
}

static bool take_extension(struct tar_parser *p)
{
	char type = p->type;
	bool good = true;

	p->data[p->len] = '\0';
	p->type = 0;
	if (type == 'x') {
		good = take_records(p);
	} else if (type == 'L') {
		talloc_free(p->name);
		p->name = talloc_strdup(p, (char *)p->data);
		good = p->name != NULL && strlen(p->name) <= TAR_NAME_MAX;
	}
	TALLOC_FREE(p->data);
	return good;
}

static enum tar_step parse_extension(struct tar_parser *p, const uint8_t *block,
				     const char **why)
{
	size_t part = p->len - p->have;

	part = part < TAR_BLOCK ? part : TAR_BLOCK;
	memcpy(p->data + p->have, block, part);
	p->have += part;
	if (p->have == p->len && !take_extension(p)) {
		*why = "an extended header of the archive makes no sense";
		return TAR_BAD;
	}
	return TAR_MORE;
}

static char *plain_name(TALLOC_CTX *mem_ctx, const uint8_t *block)
{
	const char *name = (const char *)block + NAME;
	const char *prefix = (const char *)block + PREFIX;
	bool ustar = memcmp(block + MAGIC, "ustar\0", 6) == 0;

	if (ustar && *prefix != '\0') {
		return talloc_asprintf(mem_ctx, "%.*s/%.*s", PREF_LEN, prefix,
				       NAME_LEN, name);
	}
	return talloc_strndup(mem_ctx, name, NAME_LEN);
}

static const char *kind_name(char type)
{
	switch (type) {
	case '1': return "hard link";
	case '2': return "symbolic link";
	case '3':
	case '4': return "device";
	case '6': return "pipe";
	case 'S': return "sparse file";
	default: return "entry of a kind that is not known";
	}
}

static void take_kind(struct tar_parser *p, char type, bool slash,
		      struct tar_entry *out)
{
	if (p->sparse) {
		out->kind = TAR_OTHER;
		out->what = kind_name('S');
	} else if (type == '5' || (slash && (type == '0' || type == '\0'))) {
		out->kind = TAR_FOLDER;
	} else if (type == '0' || type == '\0' || type == '7') {
		out->kind = TAR_FILE;
	} else {
		out->kind = TAR_OTHER;
		out->what = kind_name(type);
	}
	/* links, devices, folders and pipes have no contents */
	if ((type >= '1' && type <= '6') || out->kind == TAR_FOLDER) {
		out->size = 0;
	}
}

static enum tar_step parse_entry(struct tar_parser *p, const uint8_t *block,
				 struct tar_entry *out, const char **why)
{
	uint64_t size = 0;
	uint64_t mtime = 0;
	size_t len = 0;

	*out = (struct tar_entry){
		.attributes = p->attributes,
		.created = p->created,
		.xattr = p->xattr,
		.xattrs = p->xattrs,
	};
	talloc_free(p->last_xattr);
	p->last_xattr = p->xattr;
	p->xattr = NULL;
	p->xattrs = p->xattrs_len = 0;
	(void)get_number(block + MTIME, NUM_LEN, &mtime);
	if (!p->has_size && !get_number(block + SIZE, NUM_LEN, &size)) {
		*why = "the archive is damaged: no size";
		return TAR_BAD;
	}
	talloc_free(p->last_name);
	p->last_name = p->name != NULL ? p->name : plain_name(p, block);
	p->name = NULL;
	if (p->last_name == NULL) {
		*why = "out of memory";
		return TAR_BAD;
	}
	len = strlen(p->last_name);
	out->name = p->last_name;
	out->size = p->has_size ? p->size : size;
	out->time = p->has_time ? p->time
				: (struct timespec){.tv_sec = (time_t)mtime};
	take_kind(p, (char)block[TYPE], len > 0 && out->name[len - 1] == '/',
		  out);
	while (len > 1 && p->last_name[len - 1] == '/') {
		p->last_name[--len] = '\0';
	}
	p->has_size = p->has_time = p->sparse = false;
	p->attributes = 0;
	p->created = (struct timespec){0};
	return TAR_ENTRY;
}

static enum tar_step begin_extension(struct tar_parser *p, char type,
				     const uint8_t *block, const char **why)
{
	uint64_t size = 0;

	if (!get_number(block + SIZE, NUM_LEN, &size) || size == 0 ||
	    size > TAR_EXTENSION_MAX) {
		*why = "an extended header of the archive is too large";
		return TAR_BAD;
	}
	p->data = talloc_size(p, (size_t)size + 1);
	if (p->data == NULL) {
		*why = "out of memory";
		return TAR_BAD;
	}
	p->type = type;
	p->len = (size_t)size;
	p->have = 0;
	return TAR_MORE;
}

static bool is_zero(const uint8_t *block)
{
	static const uint8_t zero[TAR_BLOCK];

	return memcmp(block, zero, TAR_BLOCK) == 0;
}

enum tar_step tar_parse(struct tar_parser *p, const uint8_t *block,
			struct tar_entry *out, const char **why)
{
	char type = (char)block[TYPE];

	*why = NULL;
	if (p->type != 0) {
		return parse_extension(p, block, why);
	}
	if (is_zero(block)) {
		return ++p->zeros < 2 ? TAR_MORE : TAR_END;
	}
	p->zeros = 0;
	if (!sum_is_right(block)) {
		*why = p->begun ? "the archive is damaged: a header's checksum "
				  "is wrong"
				: "this is no tar archive (or one that is "
				  "compressed)";
		return TAR_BAD;
	}
	p->begun = true;
	if (type == 'x' || type == 'g' || type == 'L' || type == 'K') {
		return begin_extension(p, type, block, why);
	}
	return parse_entry(p, block, out, why);
}
