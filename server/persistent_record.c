/* SPDX-License-Identifier: GPL-3.0-or-later */

#include "server/persistent_record.h"

#include <string.h>
#include <sys/uio.h>

#include "smbquic/crypto.h"
#include "smbquic/wire.h"

#define VERSION	   2
#define VERSION_1  1
#define MAGIC_SIZE 8
#define HEAD_SIZE  (MAGIC_SIZE + 4 + 4 + CRYPTO_PREAUTH_SIZE)

static const char magic[MAGIC_SIZE + 1] = "SMBQOPEN";

enum {
	FLAG_DELETE_ON_CLOSE = 0x01,
	FLAG_DELETE_PENDING = 0x02,
	FLAG_APP = 0x04,
	FLAG_APP_VERSION = 0x08,
	FLAG_PARENT = 0x10,
	FLAG_DIRECTORY = 0x20,
	FLAG_POSIX = 0x40,
	FLAG_ALL = 0x7F,
};

/* Which kind of handle. */
enum {
	KIND_PERSISTENT = 0x01,
	KIND_RESILIENT = 0x02,
	KIND_ALL = 0x03,
};

static bool digest(struct wire_slice body, uint8_t out[CRYPTO_PREAUTH_SIZE])
{
	const struct iovec iov = {
		.iov_base = (void *)(uintptr_t)body.data,
		.iov_len = body.len,
	};

	memset(out, 0, CRYPTO_PREAUTH_SIZE);
	return crypto_preauth_update(out, &iov, 1) == 0;
}

/* --- writing -------------------------------------------------------------- */

static void put_text(struct wire_writer *w, const char *text)
{
	size_t len = strlen(text);

	wire_put_size16(w, len);
	wire_put(w, text, len);
}

static void put_guid(struct wire_writer *w, const struct smb2_guid *guid)
{
	wire_put(w, guid->bytes, sizeof(guid->bytes));
}

static uint8_t flags_of(const struct persistent_record *in)
{
	return (uint8_t)((in->delete_on_close ? FLAG_DELETE_ON_CLOSE : 0) |
			 (in->delete_pending ? FLAG_DELETE_PENDING : 0) |
			 (in->directory ? FLAG_DIRECTORY : 0) |
			 (in->posix ? FLAG_POSIX : 0) |
			 (in->has_app ? FLAG_APP : 0) |
			 (in->has_app_version ? FLAG_APP_VERSION : 0) |
			 (in->oplock.has_parent ? FLAG_PARENT : 0));
}

static void put_oplock(struct wire_writer *w, const struct oplock_saved *in)
{
	wire_put_u8(w, in->kind);
	wire_put_u8(w, in->version);
	wire_put_u16(w, in->epoch);
	wire_put_u32(w, in->state);
	put_guid(w, &in->client);
	put_guid(w, &in->key);
	put_guid(w, &in->parent);
}

static void put_locks(struct wire_writer *w, const struct persistent_record *in)
{
	wire_put_size32(w, in->num_locks);
	for (size_t i = 0; i < in->num_locks; i++) {
		wire_put_u64(w, in->locks[i].offset);
		wire_put_u64(w, in->locks[i].length);
		wire_put_u8(w, in->locks[i].exclusive);
	}
}

static void put_body(struct wire_writer *w, const struct persistent_record *in)
{
	wire_put_u64(w, in->persistent_id);
	put_guid(w, &in->create_guid);
	put_guid(w, &in->client);
	wire_put_u32(w, in->timeout);
	wire_put_u32(w, in->action);
	put_text(w, in->user);
	put_text(w, in->share);
	put_text(w, in->address);
	put_text(w, in->machine);
	put_text(w, in->root);
	put_text(w, in->path);
	wire_put_u64(w, in->file_id);
	wire_put_u32(w, in->access);
	wire_put_u32(w, in->share_access);
	wire_put_u32(w, in->options);
	wire_put_u32(w, in->store_access);
	wire_put_u8(w, flags_of(in));
	put_oplock(w, &in->oplock);
	put_guid(w, &in->app);
	put_guid(w, &in->app_client);
	wire_put_u64(w, in->app_high);
	wire_put_u64(w, in->app_low);
	wire_put(w, in->sequences, sizeof(in->sequences));
	put_locks(w, in);
	wire_put_u8(w, (uint8_t)((in->persistent ? KIND_PERSISTENT : 0) |
				 (in->resilient ? KIND_RESILIENT : 0)));
	wire_put_u8(w, in->version);
	wire_put_u64(w, in->stopped);
}

struct wire_slice persistent_record_encode(TALLOC_CTX *mem_ctx,
					   const struct persistent_record *in)
{
	struct wire_writer w = wire_writer_talloc(mem_ctx);
	struct wire_slice all = {0};
	uint8_t sum[CRYPTO_PREAUTH_SIZE] = {0};

	if (in->num_locks > PERSISTENT_LOCKS_MAX) {
		return wire_slice(NULL, 0);
	}
	wire_put(&w, magic, MAGIC_SIZE);
	wire_put_u32(&w, VERSION);
	wire_put_u32(&w, 0);
	wire_put_zeros(&w, CRYPTO_PREAUTH_SIZE);
	put_body(&w, in);
	all = wire_writer_slice(&w);
	if (!wire_writer_ok(&w) || all.len > PERSISTENT_RECORD_MAX ||
	    !digest(wire_slice(all.data + HEAD_SIZE, all.len - HEAD_SIZE),
		    sum)) {
		return wire_slice(NULL, 0);
	}
	wire_patch_u32(&w, MAGIC_SIZE + 4, all.len - HEAD_SIZE);
	all = wire_writer_slice(&w);
	memcpy((uint8_t *)(uintptr_t)all.data + MAGIC_SIZE + 8, sum,
	       sizeof(sum));
	return all;
}

/* --- reading -------------------------------------------------------------- */

/* NULL, and the reader fails: no memory, a zero byte, or not as long as said.
 */
static const char *get_text(TALLOC_CTX *mem_ctx, struct wire_reader *r)
{
	size_t len = wire_get_u16(r);
	struct wire_slice text = wire_get(r, len);
	char *copy = NULL;

	if (!wire_reader_ok(r) ||
	    (text.len > 0 && memchr(text.data, '\0', text.len) != NULL)) {
		wire_reader_fail(r);
		return NULL;
	}
	copy = talloc_strndup(
		mem_ctx, text.len > 0 ? (const char *)text.data : "", text.len);
	if (copy == NULL) {
		wire_reader_fail(r);
	}
	return copy;
}

static void get_guid(struct wire_reader *r, struct smb2_guid *out)
{
	wire_get_bytes(r, out->bytes, sizeof(out->bytes));
}

static void get_flags(struct wire_reader *r, struct persistent_record *out)
{
	uint8_t flags = wire_get_u8(r);

	if ((flags & ~FLAG_ALL) != 0) {
		wire_reader_fail(r);
	}
	out->delete_on_close = (flags & FLAG_DELETE_ON_CLOSE) != 0;
	out->delete_pending = (flags & FLAG_DELETE_PENDING) != 0;
	out->directory = (flags & FLAG_DIRECTORY) != 0;
	out->posix = (flags & FLAG_POSIX) != 0;
	out->has_app = (flags & FLAG_APP) != 0;
	out->has_app_version = (flags & FLAG_APP_VERSION) != 0;
	out->oplock.has_parent = (flags & FLAG_PARENT) != 0;
}

static void get_oplock(struct wire_reader *r, struct oplock_saved *out)
{
	out->kind = wire_get_u8(r);
	out->version = wire_get_u8(r);
	out->epoch = wire_get_u16(r);
	out->state = wire_get_u32(r);
	get_guid(r, &out->client);
	get_guid(r, &out->key);
	get_guid(r, &out->parent);
	if (out->kind > OPLOCK_SAVED_LEASE || out->version > 2 ||
	    (out->state & ~SMB2_LEASE_ALL) != 0) {
		wire_reader_fail(r);
	}
}

static void get_locks(TALLOC_CTX *mem_ctx, struct wire_reader *r,
		      struct persistent_record *out)
{
	size_t count = wire_get_u32(r);

	if (count > PERSISTENT_LOCKS_MAX) {
		wire_reader_fail(r);
		return;
	}
	out->locks = talloc_zero_array(mem_ctx, struct lock_range, count + 1);
	if (out->locks == NULL) {
		wire_reader_fail(r);
		return;
	}
	out->num_locks = count;
	for (size_t i = 0; i < count; i++) {
		struct lock_range *lock = &out->locks[i];

		lock->offset = wire_get_u64(r);
		lock->length = wire_get_u64(r);
		lock->exclusive = wire_get_u8(r) != 0;
		if (!lock_range_valid(lock)) {
			wire_reader_fail(r);
		}
	}
}

static void get_kind(struct wire_reader *r, struct persistent_record *out)
{
	uint8_t kind = wire_get_u8(r);

	out->persistent = (kind & KIND_PERSISTENT) != 0;
	out->resilient = (kind & KIND_RESILIENT) != 0;
	out->version = wire_get_u8(r);
	out->stopped = wire_get_u64(r);
	if ((kind & ~KIND_ALL) != 0 || out->version > 2 ||
	    (out->persistent && out->version != 2)) {
		wire_reader_fail(r);
	}
}

static bool get_body(TALLOC_CTX *mem_ctx, struct wire_reader *r,
		     uint32_t version, struct persistent_record *out)
{
	out->persistent_id = wire_get_u64(r);
	get_guid(r, &out->create_guid);
	get_guid(r, &out->client);
	out->timeout = wire_get_u32(r);
	out->action = wire_get_u32(r);
	out->user = get_text(mem_ctx, r);
	out->share = get_text(mem_ctx, r);
	out->address = get_text(mem_ctx, r);
	out->machine = get_text(mem_ctx, r);
	out->root = get_text(mem_ctx, r);
	out->path = get_text(mem_ctx, r);
	out->file_id = wire_get_u64(r);
	out->access = wire_get_u32(r);
	out->share_access = wire_get_u32(r);
	out->options = wire_get_u32(r);
	out->store_access = wire_get_u32(r);
	get_flags(r, out);
	get_oplock(r, &out->oplock);
	get_guid(r, &out->app);
	get_guid(r, &out->app_client);
	out->app_high = wire_get_u64(r);
	out->app_low = wire_get_u64(r);
	wire_get_bytes(r, out->sequences, sizeof(out->sequences));
	get_locks(mem_ctx, r, out);
	if (version == VERSION_1) {
		out->persistent = true;
		out->version = 2;
	} else {
		get_kind(r, out);
	}
	return wire_reader_ok(r) && wire_left(r) == 0 && *out->path != '\0' &&
	       (out->share_access & ~FILE_SHARE_ALL) == 0 &&
	       (out->store_access &
		~(unsigned)(STORE_OPEN_READ | STORE_OPEN_WRITE)) == 0;
}

const char *persistent_record_decode(TALLOC_CTX *mem_ctx,
				     struct wire_slice data,
				     struct persistent_record *out)
{
	struct wire_reader r = wire_reader_of(data);
	struct wire_slice mark = wire_get(&r, MAGIC_SIZE);
	uint32_t version = wire_get_u32(&r);
	uint32_t size = wire_get_u32(&r);
	struct wire_slice said = wire_get(&r, CRYPTO_PREAUTH_SIZE);
	struct wire_slice body = wire_get_rest(&r);
	uint8_t sum[CRYPTO_PREAUTH_SIZE] = {0};

	*out = (struct persistent_record){.persistent_id = 0};
	if (!wire_reader_ok(&r) ||
	    !wire_slice_equal(mark, wire_slice(magic, MAGIC_SIZE))) {
		return "it is no record of a handle";
	}
	if (version != VERSION && version != VERSION_1) {
		return "it is of another version";
	}
	if (size != body.len || !digest(body, sum) ||
	    !wire_slice_equal(said, wire_slice(sum, sizeof(sum)))) {
		return "it is damaged";
	}
	r = wire_reader_of(body);
	return get_body(mem_ctx, &r, version, out) ? NULL : "it makes no sense";
}
