/* SPDX-License-Identifier: GPL-3.0-or-later */

#include "smbquic/dfs.h"

#include "smbquic/utf16.h"

#define ENTRY_2_SIZE 22
#define ENTRY_3_SIZE 34
#define SEPARATOR    0x5C

/* --- requests ------------------------------------------------------------
 */

static uint16_t unit_at(struct wire_slice s, size_t at)
{
	struct wire_reader r = wire_reader(s.data + at, 2);

	return wire_get_u16(&r);
}

/* Up to the NUL, or all of it. */
static struct wire_slice until_nul(struct wire_slice s)
{
	size_t len = 0;

	while (len + 2 <= s.len && unit_at(s, len) != 0) {
		len += 2;
	}
	return wire_slice(s.data, len);
}

bool dfs_request_decode(struct wire_slice data, struct dfs_request *out)
{
	struct wire_reader r = wire_reader_of(data);

	*out = (struct dfs_request){0};
	out->max_level = wire_get_u16(&r);
	out->path = until_nul(wire_get_rest(&r));
	return wire_reader_ok(&r);
}

static void put_text(struct wire_writer *w, struct wire_slice text)
{
	wire_put_slice(w, text);
	wire_put_u16(w, 0);
}

bool dfs_request_encode(struct wire_writer *w, const struct dfs_request *in)
{
	wire_put_u16(w, in->max_level);
	put_text(w, in->path);
	return wire_writer_ok(w);
}

bool dfs_request_ex_decode(struct wire_slice data, struct dfs_request *out)
{
	struct wire_reader r = wire_reader_of(data);

	*out = (struct dfs_request){0};
	out->max_level = wire_get_u16(&r);
	(void)wire_get_u16(&r); /* a site's name follows, or not */
	(void)wire_get_u32(&r);
	out->path = until_nul(wire_get(&r, wire_get_u16(&r)));
	return wire_reader_ok(&r);
}

bool dfs_request_ex_encode(struct wire_writer *w, const struct dfs_request *in)
{
	wire_put_u16(w, in->max_level);
	wire_put_u16(w, 0);
	wire_put_size32(w, 2 + in->path.len + 2);
	wire_put_size16(w, in->path.len + 2);
	put_text(w, in->path);
	return wire_writer_ok(w);
}

/* --- the response ----------------------------------------------------------
 */

static void put_entry_1(struct wire_writer *w, const struct dfs_response *in)
{
	wire_put_u16(w, 1);
	wire_put_size16(w, 8 + in->target.len + 2);
	wire_put_u16(w, in->server_type);
	wire_put_u16(w, 0);
	put_text(w, in->target);
}

/* The path and its short form, which is the same, then the target. */
static void put_entry_2(struct wire_writer *w, const struct dfs_response *in)
{
	size_t size = in->level == 2 ? ENTRY_2_SIZE : ENTRY_3_SIZE;

	wire_put_u16(w, in->level);
	wire_put_size16(w, size);
	wire_put_u16(w, in->server_type);
	/* the first of its set of targets (2.2.5.4) */
	wire_put_u16(w, in->level == 4 ? 0x0004 : 0);
	if (in->level == 2) {
		wire_put_u32(w, 0);
	}
	wire_put_u32(w, in->time_to_live);
	wire_put_size16(w, size);
	wire_put_size16(w, size);
	wire_put_size16(w, size + in->path.len + 2);
	if (in->level != 2) {
		wire_put_zeros(w, 16);
	}
	put_text(w, in->path);
	put_text(w, in->target);
}

bool dfs_response_encode(struct wire_writer *w, const struct dfs_response *in)
{
	wire_put_u16(w, in->path_consumed);
	wire_put_u16(w, 1);
	wire_put_u32(w, in->flags);
	if (in->level < 2) {
		put_entry_1(w, in);
	} else {
		put_entry_2(w, in);
	}
	return wire_writer_ok(w);
}

static struct wire_slice text_at(struct wire_slice entry, size_t offset)
{
	if (offset > entry.len) {
		return wire_slice(NULL, 0);
	}
	return until_nul(wire_slice(entry.data + offset, entry.len - offset));
}

static void get_entry_2(struct wire_reader *r, struct wire_slice entry,
			struct dfs_response *out)
{
	size_t path = 0;
	size_t target = 0;

	if (out->level == 2) {
		wire_skip(r, 4);
	}
	out->time_to_live = wire_get_u32(r);
	path = wire_get_u16(r);
	(void)wire_get_u16(r);
	target = wire_get_u16(r);
	out->path = text_at(entry, path);
	out->target = text_at(entry, target);
}

bool dfs_response_decode(struct wire_slice data, struct dfs_response *out)
{
	struct wire_reader r = wire_reader_of(data);
	struct wire_slice entry = {0};
	uint16_t count = 0;

	*out = (struct dfs_response){0};
	out->path_consumed = wire_get_u16(&r);
	count = wire_get_u16(&r);
	out->flags = wire_get_u32(&r);
	entry = wire_get_rest(&r);
	if (!wire_reader_ok(&r) || count != 1) {
		return false;
	}
	r = wire_reader_of(entry);
	out->level = wire_get_u16(&r);
	(void)wire_get_u16(&r);
	out->server_type = wire_get_u16(&r);
	(void)wire_get_u16(&r);
	if (out->level == 1) {
		out->target = until_nul(wire_get_rest(&r));
	} else {
		get_entry_2(&r, entry, out);
	}
	return wire_reader_ok(&r) && out->level >= 1 &&
	       out->level <= DFS_MAX_LEVEL;
}

/* --- paths ---------------------------------------------------------------
 */

/* One component, and what is before it taken off. */
static struct wire_slice component(struct wire_slice *path)
{
	size_t begin = 0;
	size_t end = 0;
	struct wire_slice part = {0};

	while (begin + 2 <= path->len && unit_at(*path, begin) == SEPARATOR) {
		begin += 2;
	}
	end = begin;
	while (end + 2 <= path->len && unit_at(*path, end) != SEPARATOR) {
		end += 2;
	}
	part = wire_slice(path->data + begin, end - begin);
	*path = wire_slice(path->data + end, path->len - end);
	return part;
}

bool dfs_path_root(struct wire_slice path, struct wire_slice *root,
		   struct wire_slice *share)
{
	struct wire_slice rest = path;
	struct wire_slice server = component(&rest);

	*share = component(&rest);
	*root = wire_slice(path.data, path.len - rest.len);
	return server.len > 0 && share->len > 0;
}

static bool same_text(struct wire_slice a, struct wire_slice b)
{
	TALLOC_CTX *mem_ctx = talloc_new(NULL);
	const char *one = utf16_to_utf8(mem_ctx, a);
	const char *other = utf16_to_utf8(mem_ctx, b);
	bool same = one != NULL && other != NULL && utf8_case_equal(one, other);

	talloc_free(mem_ctx);
	return same;
}

bool dfs_path_below(struct wire_slice path, struct wire_slice share,
		    struct wire_slice *below)
{
	struct wire_slice root = {0};
	struct wire_slice named = {0};

	if (!dfs_path_root(path, &root, &named) || !same_text(named, share)) {
		return false;
	}
	*below = wire_slice(path.data + root.len, path.len - root.len);
	if (below->len >= 2) { /* the separator */
		*below = wire_slice(below->data + 2, below->len - 2);
	}
	return true;
}
