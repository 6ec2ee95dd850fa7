/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Reparse points: what they say. */

#include "smbquic/reparse.h"

#include <string.h>
#include <sys/stat.h>

#include "smbquic/smb2_fsctl_file.h"
#include "smbquic/utf16.h"

#define LX_VERSION   2
#define NFS_TYPE     8 /* bytes */
#define NFS_DEVICE   8
#define SYMLINK_SIZE 12 /* without its names */

/* 2.1.2.2, 2.1.2.3 */
NTSTATUS reparse_decode(struct wire_slice data, struct reparse *out)
{
	struct wire_reader r = wire_reader_of(data);
	uint16_t length = 0;

	*out = (struct reparse){.tag = wire_get_u32(&r)};
	length = wire_get_u16(&r);
	wire_skip(&r, 2);
	if (!wire_reader_ok(&r) || data.len > REPARSE_SIZE_MAX) {
		return NT_STATUS_IO_REPARSE_DATA_INVALID;
	}
	if (out->tag <= REPARSE_TAG_RESERVED) {
		return NT_STATUS_IO_REPARSE_TAG_INVALID;
	}
	out->has_guid = (out->tag & REPARSE_TAG_MICROSOFT) == 0;
	if (out->has_guid) {
		wire_get_bytes(&r, out->guid.bytes, sizeof(out->guid.bytes));
	}
	out->data = wire_get(&r, length);
	return wire_reader_ok(&r) && wire_left(&r) == 0
		       ? NT_STATUS_OK
		       : NT_STATUS_IO_REPARSE_DATA_INVALID;
}

bool reparse_encode(struct wire_writer *w, const struct reparse *in)
{
	wire_put_u32(w, in->tag);
	wire_put_size16(w, in->data.len);
	wire_put_u16(w, 0);
	if (in->has_guid) {
		wire_put(w, in->guid.bytes, sizeof(in->guid.bytes));
	}
	wire_put_slice(w, in->data);
	return wire_writer_ok(w);
}

/* 2.1.2.6 */
bool reparse_put_nfs(struct wire_writer *w, uint64_t type, uint32_t major,
		     uint32_t minor)
{
	bool device = type == REPARSE_NFS_CHR || type == REPARSE_NFS_BLK;

	wire_put_u32(w, IO_REPARSE_TAG_NFS);
	wire_put_u16(w, NFS_TYPE + (device ? NFS_DEVICE : 0));
	wire_put_u16(w, 0);
	wire_put_u64(w, type);
	if (device) {
		wire_put_u32(w, major);
		wire_put_u32(w, minor);
	}
	return wire_writer_ok(w);
}

/* The name once to follow and once to show, as Windows has it. */
static void put_name(struct wire_writer *w, const char *target)
{
	size_t begin = w->len;
	size_t i = 0;

	(void)utf16_put(w, target);
	for (i = begin; wire_writer_ok(w) && i + 1 < w->len; i += 2) {
		if (w->buf[i] == '/' && w->buf[i + 1] == 0) {
			w->buf[i] = '\\';
		}
	}
}

/* 2.1.2.4 */
bool reparse_put_symlink(struct wire_writer *w, const char *target)
{
	ssize_t size = utf16_size(target);
	size_t length = size < 0 ? 0 : (size_t)size;

	if (size < 0) {
		return false;
	}
	wire_put_u32(w, IO_REPARSE_TAG_SYMLINK);
	wire_put_size16(w, SYMLINK_SIZE + 2 * length);
	wire_put_u16(w, 0);
	wire_put_u16(w, 0);
	wire_put_size16(w, length);
	wire_put_size16(w, length);
	wire_put_size16(w, length);
	wire_put_u32(w, target[0] == '/' ? 0 : SYMLINK_FLAG_RELATIVE);
	put_name(w, target);
	put_name(w, target);
	return wire_writer_ok(w);
}

bool reparse_put_lx_symlink(struct wire_writer *w, const char *target)
{
	size_t length = strlen(target);

	if (!utf8_valid(target)) {
		return false;
	}
	wire_put_u32(w, IO_REPARSE_TAG_LX_SYMLINK);
	wire_put_size16(w, sizeof(uint32_t) + length);
	wire_put_u16(w, 0);
	wire_put_u32(w, LX_VERSION);
	wire_put_slice(w, wire_slice(target, length));
	return wire_writer_ok(w);
}

static ssize_t take_utf16(struct wire_slice name, char *text, size_t size)
{
	ssize_t n =
		utf16_valid(name) ? utf16_to_utf8_buf(name, text, size) : -1;
	char *at = text;

	while (n >= 0 && *at != '\0') {
		*at = *at == '\\' ? '/' : *at;
		at++;
	}
	return n;
}

static ssize_t take_utf8(struct wire_slice name, char *text, size_t size)
{
	if (name.len >= size || memchr(name.data, 0, name.len) != NULL) {
		return -1;
	}
	memcpy(text, name.data, name.len);
	text[name.len] = '\0';
	return utf8_valid(text) ? (ssize_t)name.len : -1;
}

ssize_t reparse_target(const struct reparse *reparse, char *text, size_t size,
		       bool *relative)
{
	struct wire_reader r = wire_reader_of(reparse->data);
	struct smb2_reparse_symlink link = {0};
	ssize_t n = -1;

	switch (reparse->tag) {
	case IO_REPARSE_TAG_SYMLINK:
		if (!smb2_reparse_symlink_decode(reparse->data, &link)) {
			return -1;
		}
		n = take_utf16(link.substitute_name, text, size);
		*relative = (link.flags & SYMLINK_FLAG_RELATIVE) != 0;
		return n > 0 ? n : -1;
	case IO_REPARSE_TAG_LX_SYMLINK:
		if (wire_get_u32(&r) != LX_VERSION || wire_left(&r) == 0) {
			return -1;
		}
		n = take_utf8(wire_get_rest(&r), text, size);
		break;
	case IO_REPARSE_TAG_NFS:
		if (wire_get_u64(&r) != REPARSE_NFS_LINK ||
		    wire_left(&r) == 0) {
			return -1;
		}
		n = take_utf16(wire_get_rest(&r), text, size);
		break;
	default: return -1;
	}
	*relative = text[0] != '/';
	return n > 0 ? n : -1;
}

/* Special files: how NFS, and how Linux under Windows, calls them. */
static const struct {
	uint64_t nfs;
	uint32_t tag;
	uint32_t type;
} kinds[] = {
	{REPARSE_NFS_LINK, IO_REPARSE_TAG_LX_SYMLINK, S_IFLNK},
	{REPARSE_NFS_FIFO, IO_REPARSE_TAG_LX_FIFO, S_IFIFO},
	{REPARSE_NFS_CHR, IO_REPARSE_TAG_LX_CHR, S_IFCHR},
	{REPARSE_NFS_BLK, IO_REPARSE_TAG_LX_BLK, S_IFBLK},
	{REPARSE_NFS_SOCK, IO_REPARSE_TAG_AF_UNIX, S_IFSOCK},
};

#define KINDS (sizeof(kinds) / sizeof(kinds[0]))

uint32_t reparse_tag_type(uint32_t tag)
{
	size_t i = 0;

	if (tag == IO_REPARSE_TAG_SYMLINK) {
		return S_IFLNK;
	}
	for (i = 0; i < KINDS; i++) {
		if (kinds[i].tag == tag) {
			return kinds[i].type;
		}
	}
	return 0;
}

/* One of NFS says what it is in its first eight bytes. */
uint32_t reparse_plain_tag(const struct reparse *reparse)
{
	struct wire_reader r = wire_reader_of(reparse->data);
	uint64_t nfs = wire_get_u64(&r);
	size_t i = 0;

	for (i = 0; reparse->tag == IO_REPARSE_TAG_NFS && i < KINDS; i++) {
		if (kinds[i].nfs == nfs) {
			return kinds[i].tag;
		}
	}
	return reparse->tag;
}

uint32_t reparse_type(const struct reparse *reparse)
{
	return reparse_tag_type(reparse_plain_tag(reparse));
}
