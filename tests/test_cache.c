/* SPDX-License-Identifier: GPL-3.0-or-later */
/* cache.c, cache_read.c, cache_write.c, cache_extent.c: what is kept of a file,
 * and that it is never other than what the server has, or will have. */
#include "tests/fixture_client.h"

#include "client/cache_private.h"

#define SIZE (6 * 1024 * 1024)
#define ALL                                                    \
	(SMB2_LEASE_READ_CACHING | SMB2_LEASE_HANDLE_CACHING | \
	 SMB2_LEASE_WRITE_CACHING)

/* A server with one file. */
static struct {
	uint8_t *bytes;
	size_t size;
	uint32_t grants; /* leases */
	struct smb2_guid key;
	uint32_t asked;
	NTSTATUS write_status, read_status;
	size_t write_most;	      /* of one request; 0: all */
	struct client_cache *changes; /* while the first of these is served */
	unsigned acks;
	uint32_t acked;	      /* state */
	const uint8_t *model; /* what the file must be when it is acked */
	unsigned flushes;
} server;

/* It breaks the lease before the open that asked for it is answered. */
static struct fixture *hasty;

static void take_down(struct fixture *f, uint32_t from, uint32_t to);

static void serve_create(struct peer *peer, const struct message_pdu *pdu,
			 struct peer_reply *reply)
{
	struct wire_writer w = wire_writer_talloc(peer);
	struct wire_chain list = smb2_create_context_list(&w);
	struct smb2_create_response out = {.end_of_file = server.size};
	struct smb2_create_request in = {0};
	struct smb2_lease lease = {0};
	struct wire_slice data = {0};

	assert_true(smb2_create_request_decode(pdu->data, pdu->len, &in));
	if (smb2_create_context_find(in.contexts, SMB2_CREATE_REQUEST_LEASE,
				     &data)) {
		assert_true(smb2_lease_decode(data, &lease));
		assert_int_equal(in.oplock_level, SMB2_OPLOCK_LEVEL_LEASE);
		server.asked = lease.lease_state;
		server.key = lease.lease_key;
		lease.lease_state &= server.grants;
		assert_true(smb2_lease_add(&list, &lease));
		out.oplock_level = SMB2_OPLOCK_LEVEL_LEASE;
	}
	if (hasty != NULL) {
		take_down(hasty, lease.lease_state, SMB2_LEASE_READ_CACHING);
	}
	out.contexts = wire_writer_slice(&w);
	out.file_id.volatile_id = ++peer->opened;
	smb2_create_response_encode(testlib_peer_body(reply), &out);
}

static void serve_read(const struct message_pdu *pdu, struct peer_reply *reply)
{
	struct smb2_read_request in = {0};
	struct smb2_read_response out = {0};
	size_t n = 0;

	assert_true(smb2_read_request_decode(pdu->data, pdu->len, &in));
	if (!NT_STATUS_IS_OK(server.read_status)) {
		testlib_peer_error(reply, server.read_status);
		return;
	}
	if (in.offset >= server.size) {
		testlib_peer_error(reply, NT_STATUS_END_OF_FILE);
		return;
	}
	n = server.size - (size_t)in.offset;
	n = n < in.length ? n : in.length;
	out.data = wire_slice(server.bytes + in.offset, n);
	reply->header.status = NT_STATUS_OK;
	smb2_read_response_encode(testlib_peer_body(reply), &out);
	wire_put(&reply->w, out.data.data, n);
}

static void serve_write(const struct message_pdu *pdu, struct peer_reply *reply)
{
	struct smb2_write_request in = {0};
	struct smb2_write_response out = {0};

	assert_true(smb2_write_request_decode(pdu->data, pdu->len, &in));
	if (!NT_STATUS_IS_OK(server.write_status)) {
		testlib_peer_error(reply, server.write_status);
		return;
	}
	if (server.write_most != 0 && in.data.len > server.write_most) {
		in.data.len = server.write_most;
	}
	assert_true(in.offset + in.data.len <= SIZE);
	memcpy(server.bytes + in.offset, in.data.data, in.data.len);
	if (in.offset + in.data.len > server.size) {
		server.size = (size_t)in.offset + in.data.len;
	}
	out.count = (uint32_t)in.data.len;
	smb2_write_response_encode(testlib_peer_body(reply), &out);
	if (server.changes != NULL) {
		client_cache_changed(server.changes, server.size);
		server.changes = NULL;
	}
}

static void serve_set(const struct message_pdu *pdu)
{
	struct smb2_set_info_request in = {0};
	uint64_t size = 0;

	assert_true(smb2_set_info_request_decode(pdu->data, pdu->len, &in));
	assert_true(fscc_u64_decode(in.buffer, &size));
	assert_true(size <= SIZE);
	if (size < server.size) {
		memset(server.bytes + size, 0, server.size - size);
	}
	server.size = size;
}

static void serve_ack(const struct message_pdu *pdu, struct peer_reply *reply)
{
	struct smb2_lease_break in = {0};

	assert_true(smb2_lease_break_decode(pdu->data, pdu->len, &in));
	server.acks++;
	server.acked = in.lease_state;
	if (server.model != NULL) {
		assert_memory_equal(server.bytes, server.model, SIZE);
	}
	reply->header.status = NT_STATUS_OK;
	smb2_lease_break_encode(testlib_peer_body(reply), &in);
}

static void serve(struct peer *peer, const struct message_pdu *pdu,
		  struct peer_reply *reply)
{
	switch (pdu->header.command) {
	case SMB2_CREATE: serve_create(peer, pdu, reply); break;
	case SMB2_READ: serve_read(pdu, reply); break;
	case SMB2_WRITE: serve_write(pdu, reply); break;
	case SMB2_SET_INFO: serve_set(pdu); break;
	case SMB2_OPLOCK_BREAK: serve_ack(pdu, reply); break;
	case SMB2_FLUSH: server.flushes++; break;
	default: break;
	}
}

/* The server takes the lease down. */
static void take_down(struct fixture *f, uint32_t from, uint32_t to)
{
	static const uint8_t zeros[SMB2_HEADER_SIZE] = {0};
	struct smb2_lease_break_notification out = {
		.flags = from != SMB2_LEASE_READ_CACHING
				 ? SMB2_NOTIFY_BREAK_LEASE_FLAG_ACK_REQUIRED
				 : 0,
		.lease_key = server.key,
		.current_lease_state = from,
		.new_lease_state = to,
	};
	struct peer_reply reply = {
		.header =
			{
				.command = SMB2_OPLOCK_BREAK,
				.flags = SMB2_FLAGS_SERVER_TO_REDIR,
				.message_id = SMB2_MESSAGE_ID_UNSOLICITED,
			},
		.w = wire_writer_talloc(f),
	};

	wire_put(&reply.w, zeros, sizeof(zeros));
	assert_true(smb2_lease_break_notification_encode(&reply.w, &out));
	server.grants = to;
	testlib_peer_send(f->peer, &reply);
}

static struct client_cache *up(struct fixture *f, uint32_t grants, size_t size,
			       const struct client_cache_options *options)
{
	struct client_cache *cache = NULL;
	struct client_stat stat = {0};
	struct client_open how = {0};
	size_t i = 0;

	memset(&server, 0, sizeof(server));
	server.bytes = talloc_zero_size(f, SIZE);
	server.size = size;
	server.grants = grants;
	for (i = 0; i < size; i++) {
		server.bytes[i] = testlib_peer_byte(i);
	}
	f->peer->policy.capabilities |= SMB2_GLOBAL_CAP_LEASING;
	fixture_up(f);
	f->peer->hook = serve;
	client_open_default(&how);
	how.access = FILE_GENERIC_READ | FILE_GENERIC_WRITE;
	assert_int_equal(client_cache_open(f, f->tree, "file", &how, options,
					   &cache, &stat),
			 NT_STATUS_OK);
	assert_int_equal(stat.size, size);
	return cache;
}

static struct client_cache_figures figures(const struct client_cache *cache)
{
	struct client_cache_figures out = {0};

	client_cache_figures(cache, &out);
	return out;
}

static void read_all(struct client_cache *cache, size_t size, size_t step)
{
	uint8_t *buf = talloc_size(cache, step);
	size_t done = 0;
	size_t at = 0;

	for (at = 0; at < size; at += done) {
		assert_int_equal(client_cache_read(cache, at, buf, step, &done),
				 NT_STATUS_OK);
		assert_int_equal(done, size - at < step ? size - at : step);
		assert_memory_equal(buf, server.bytes + at, done);
	}
	assert_int_equal(client_cache_read(cache, at, buf, step, &done),
			 NT_STATUS_OK);
	assert_int_equal(done, 0);
	talloc_free(buf);
}

/* ----------------------------------------------------------------- reading */

static void test_read_ahead(void **state)
{
	struct fixture *f = *state;
	struct client_cache *cache = up(f, ALL, 3000000, NULL);
	uint64_t size = 0;

	assert_int_equal(server.asked, ALL);
	assert_int_equal(client_file_lease(client_cache_file(cache)), ALL);
	assert_true(client_cache_size(cache, &size));
	assert_int_equal(size, 3000000);
	read_all(cache, 3000000, 4000);
	/* 750 small reads in few large ones */
	assert_true(figures(cache).reads < 100);
	assert_int_equal(figures(cache).hits + figures(cache).misses, 3000000);
	assert_true(figures(cache).hits > 2000000);
	/* and it is here now */
	f->peer->seen[SMB2_READ] = 0;
	read_all(cache, 3000000, 100000);
	assert_int_equal(f->peer->seen[SMB2_READ], 0);
	assert_int_equal(client_cache_close(cache), NT_STATUS_OK);
	talloc_free(cache);
	fixture_settle(f);
	assert_int_equal(f->peer->closed, 1);
}

/* As the kernel's own reading ahead does: each read takes the whole window. */
static void test_read_ahead_of_large_reads(void **state)
{
	struct fixture *f = *state;
	struct client_cache *cache = up(f, ALL, 3000000, NULL);

	read_all(cache, 3000000, 128 * 1024);
	assert_int_equal(figures(cache).hits + figures(cache).misses, 3000000);
	assert_true(figures(cache).reads < 10);
	assert_true(figures(cache).hits > 2000000);
	talloc_free(cache);
}

static void test_no_more_memory_than_said(void **state)
{
	const struct client_cache_options options = {
		.memory = 600000,
		.read_ahead = 4000000,
	};
	struct fixture *f = *state;
	struct client_cache *cache = up(f, ALL, 3000000, &options);
	uint8_t buf[100];
	size_t done = 0;
	unsigned i = 0;

	assert_int_equal(server.asked & SMB2_LEASE_WRITE_CACHING, 0);
	read_all(cache, 3000000, 10000);
	assert_true(figures(cache).clean <= 600000 + CACHE_PIECE);
	/* here and there: no more than that is asked for */
	for (i = 0; i < 20; i++) {
		uint64_t at = (i * 7919013) % 2900000;

		assert_int_equal(
			client_cache_read(cache, at, buf, sizeof(buf), &done),
			NT_STATUS_OK);
		assert_memory_equal(buf, server.bytes + at, sizeof(buf));
	}
	assert_true(figures(cache).clean <= 600000 + CACHE_LEAST);
	talloc_free(cache);
}

static void test_switched_off(void **state)
{
	const struct client_cache_options off = {0};
	struct fixture *f = *state;
	struct client_cache *cache = up(f, ALL, 100000, &off);
	uint64_t size = 0;

	assert_int_equal(server.asked, 0);
	assert_false(client_cache_size(cache, &size));
	read_all(cache, 100000, 30000);
	assert_int_equal(client_cache_write(cache, 5, "12345", 5),
			 NT_STATUS_OK);
	assert_memory_equal(server.bytes + 5, "12345", 5);
	read_all(cache, 100000, 30000);
	assert_int_equal(figures(cache).clean, 0);
	assert_int_equal(client_cache_close(cache), NT_STATUS_OK);
	talloc_free(cache);
}

static void test_no_lease(void **state)
{
	struct fixture *f = *state;
	struct client_cache *cache = up(f, 0, 100000, NULL);

	read_all(cache, 100000, 30000);
	/* somebody else writes: it is seen at once */
	memset(server.bytes, 7, 50000);
	read_all(cache, 100000, 30000);
	assert_int_equal(client_cache_write(cache, 5, "12345", 5),
			 NT_STATUS_OK);
	assert_memory_equal(server.bytes + 5, "12345", 5);
	talloc_free(cache);
}

static void test_read_errors(void **state)
{
	struct fixture *f = *state;
	struct client_cache *cache = up(f, ALL, 1000000, NULL);
	uint8_t buf[100];
	size_t done = 0;

	server.read_status = NT_STATUS_FILE_LOCK_CONFLICT;
	assert_int_equal(client_cache_read(cache, 0, buf, sizeof(buf), &done),
			 NT_STATUS_FILE_LOCK_CONFLICT);
	server.read_status = NT_STATUS_OK;
	read_all(cache, 1000000, 100000);
	talloc_free(cache);
}

/* ----------------------------------------------------------------- writing */

static void test_write_behind(void **state)
{
	struct fixture *f = *state;
	struct client_cache *cache = up(f, ALL, 0, NULL);
	uint8_t *model = talloc_zero_size(f, SIZE);
	uint64_t size = 0;
	size_t at = 0;

	for (at = 0; at < 3000000; at += 1000) {
		memset(model + at, (int)(at / 1000), 1000);
		assert_int_equal(
			client_cache_write(cache, at, model + at, 1000),
			NT_STATUS_OK);
	}
	assert_true(client_cache_size(cache, &size));
	assert_int_equal(size, 3000000);
	assert_int_equal(client_cache_flush(cache), NT_STATUS_OK);
	assert_int_equal(server.size, 3000000);
	assert_memory_equal(server.bytes, model, SIZE);
	assert_int_equal(server.flushes, 1);
	/* 3000 small ones in few large ones */
	assert_true(figures(cache).writes < 40);
	assert_int_equal(figures(cache).dirty, 0);
	/* without a flush: at the close */
	server.write_most = 10;
	assert_int_equal(client_cache_write(cache, 70, "abcdefghijklmnop", 16),
			 NT_STATUS_OK);
	assert_int_equal(client_cache_close(cache), NT_STATUS_OK);
	assert_memory_equal(server.bytes + 70, "abcdefghijklmnop", 16);
	talloc_free(cache);
}

/* What was written is here, in few pieces, until the server says otherwise. */
static void test_written_is_kept(void **state)
{
	struct fixture *f = *state;
	struct client_cache *cache = up(f, ALL, 0, NULL);
	uint8_t *model = talloc_zero_size(f, SIZE);
	size_t at = 0;

	for (at = 0; at < 200000; at += 200) {
		memset(model + at, (int)(at / 200), 200);
		assert_int_equal(client_cache_write(cache, at, model + at, 200),
				 NT_STATUS_OK);
		if (at % 1000 == 0) {
			assert_int_equal(client_cache_settle(cache),
					 NT_STATUS_OK);
		}
	}
	assert_int_equal(client_cache_settle(cache), NT_STATUS_OK);
	assert_int_equal(figures(cache).dirty, 0);
	assert_int_equal(figures(cache).clean, 200000);
	assert_true(cache->num_extents <= 2);
	assert_memory_equal(server.bytes, model, SIZE);
	read_all(cache, 200000, 777);
	assert_int_equal(figures(cache).reads, 0);
	/* over it, and in its middle */
	assert_int_equal(client_cache_write(cache, 1000, "abc", 3),
			 NT_STATUS_OK);
	assert_int_equal(client_cache_settle(cache), NT_STATUS_OK);
	read_all(cache, 200000, 50000);
	/* somebody has changed the file while it was written */
	assert_int_equal(client_cache_write(cache, 0, "xyz", 3), NT_STATUS_OK);
	cache_write_all(cache);
	client_cache_changed(cache, 200000);
	assert_int_equal(client_cache_settle(cache), NT_STATUS_OK);
	assert_int_equal(figures(cache).clean, 0);
	memset(server.bytes, 9, 1000);
	read_all(cache, 200000, 50000);
	/* or while a part of it was */
	assert_int_equal(client_cache_write(cache, 0, "abcdef", 6),
			 NT_STATUS_OK);
	server.write_most = 4;
	server.changes = cache;
	assert_int_equal(client_cache_settle(cache), NT_STATUS_OK);
	assert_int_equal(figures(cache).clean, 0);
	memset(server.bytes, 8, 2);
	read_all(cache, 200000, 50000);
	talloc_free(cache);
}

/* Short pieces here and there are not kept for long. */
static void test_short_pieces(void **state)
{
	struct fixture *f = *state;
	struct client_cache *cache = up(f, ALL, 0, NULL);
	uint64_t i = 0;

	for (i = 0; i < 200; i++) {
		assert_int_equal(client_cache_write(cache, i * 1000, "abc", 3),
				 NT_STATUS_OK);
		assert_int_equal(client_cache_settle(cache), NT_STATUS_OK);
	}
	assert_true(cache->num_extents <= CACHE_SHORT_MOST);
	read_all(cache, 199003, 10000);
	talloc_free(cache);
}

static void test_written_later(void **state)
{
	struct fixture *f = *state;
	struct client_cache *cache = up(f, ALL, 1000, NULL);
	unsigned i = 0;

	assert_int_equal(client_cache_write(cache, 5, "12345", 5),
			 NT_STATUS_OK);
	assert_int_equal(figures(cache).dirty, 5);
	for (i = 0; i < 1000 && figures(cache).dirty > 0; i++) {
		fixture_settle(f);
	}
	assert_memory_equal(server.bytes + 5, "12345", 5);
	talloc_free(cache);
}

static void test_write_errors(void **state)
{
	struct fixture *f = *state;
	struct client_cache *cache = up(f, ALL, 0, NULL);

	server.write_status = NT_STATUS_DISK_FULL;
	assert_int_equal(client_cache_write(cache, 0, "12345", 5),
			 NT_STATUS_OK);
	assert_int_equal(client_cache_flush(cache), NT_STATUS_DISK_FULL);
	server.write_status = NT_STATUS_OK;
	assert_int_equal(client_cache_write(cache, 0, "12345", 5),
			 NT_STATUS_DISK_FULL);
	assert_int_equal(client_cache_flush(cache), NT_STATUS_DISK_FULL);
	assert_int_equal(client_cache_close(cache), NT_STATUS_DISK_FULL);
	fixture_settle(f);
	assert_int_equal(f->peer->closed, 1);
	talloc_free(cache);
}

static void test_settled(void **state)
{
	struct fixture *f = *state;
	struct client_cache *cache = up(f, ALL, 1000, NULL);
	uint64_t size = 0;

	read_all(cache, 1000, 1000);
	assert_int_equal(client_cache_write(cache, 5, "12345", 5),
			 NT_STATUS_OK);
	assert_int_equal(figures(cache).dirty, 5);
	assert_int_equal(client_cache_settle(cache), NT_STATUS_OK);
	assert_int_equal(figures(cache).dirty, 0);
	assert_memory_equal(server.bytes + 5, "12345", 5);
	assert_int_equal(server.flushes, 0);
	/* by a call of client.h, with nobody else to tell us */
	memset(server.bytes, 7, 5000);
	server.size = 5000;
	client_cache_changed(cache, 5000);
	assert_true(client_cache_size(cache, &size));
	assert_int_equal(size, 5000);
	read_all(cache, 5000, 5000);
	client_cache_changed(cache, 400);
	assert_true(client_cache_size(cache, &size));
	assert_int_equal(size, 5000);
	server.write_status = NT_STATUS_DISK_FULL;
	assert_int_equal(client_cache_write(cache, 0, "1", 1), NT_STATUS_OK);
	assert_int_equal(client_cache_settle(cache), NT_STATUS_DISK_FULL);
	talloc_free(cache);
}

static void test_lost_while_dirty(void **state)
{
	struct fixture *f = *state;
	struct client_cache *cache = up(f, ALL, 0, NULL);

	assert_int_equal(client_cache_write(cache, 0, "12345", 5),
			 NT_STATUS_OK);
	testlib_peer_hang_up(f->peer);
	fixture_settle(f);
	assert_true(NT_STATUS_IS_ERR(client_cache_flush(cache)));
	assert_true(NT_STATUS_IS_ERR(client_cache_close(cache)));
	talloc_free(cache);
}

static void test_freed_while_busy(void **state)
{
	struct fixture *f = *state;
	struct client_cache *cache = up(f, ALL, 3000000, NULL);
	static uint8_t buf[2000000];
	struct tevent_req *req[4];
	size_t done = 0;

	req[0] = client_cache_read_send(f, cache, 0, buf, sizeof(buf));
	req[1] = client_cache_write_send(f, cache, 100, buf, 1000);
	req[2] = client_cache_flush_send(f, cache);
	req[3] = client_cache_resize_send(f, cache, 7);
	talloc_free(cache);
	testlib_wait(f->ev, req[0], 10);
	assert_int_equal(client_cache_read_recv(req[0], &done),
			 NT_STATUS_CANCELLED);
	assert_int_equal(client_cache_write_recv(req[1]), NT_STATUS_OK);
	assert_int_equal(client_cache_flush_recv(req[2]), NT_STATUS_CANCELLED);
	assert_int_equal(client_cache_resize_recv(req[3]), NT_STATUS_CANCELLED);
	fixture_settle(f);
	talloc_free(req[0]);
	talloc_free(req[1]);
	talloc_free(req[2]);
	talloc_free(req[3]);
}

/* ------------------------------------------------------------------ breaks */

static void lease_is(struct client_cache *cache, uint32_t state,
		     void *private_data)
{
	uint32_t *last = private_data;

	(void)cache;
	*last = state;
}

static void test_break_is_told(void **state)
{
	struct fixture *f = *state;
	struct client_cache *cache = up(f, ALL, 1000, NULL);
	uint32_t last = 99;

	client_cache_on_lease(cache, lease_is, &last);
	take_down(f, ALL, SMB2_LEASE_READ_CACHING);
	fixture_settle(f);
	assert_int_equal(last, SMB2_LEASE_READ_CACHING);
	client_cache_on_lease(cache, NULL, NULL);
	take_down(f, SMB2_LEASE_READ_CACHING, 0);
	fixture_settle(f);
	assert_int_equal(last, SMB2_LEASE_READ_CACHING);
	talloc_free(cache);
}

static void test_break_before_open(void **state)
{
	struct fixture *f = *state;
	struct client_cache *cache = NULL;

	hasty = f;
	cache = up(f, ALL, 1000, NULL);
	hasty = NULL;
	assert_int_equal(client_file_lease(client_cache_file(cache)),
			 SMB2_LEASE_READ_CACHING);
	fixture_settle(f);
	assert_int_equal(server.acks, 1);
	assert_int_equal(server.acked, SMB2_LEASE_READ_CACHING);
	talloc_free(cache);
}

static void test_break_writes_first(void **state)
{
	struct fixture *f = *state;
	struct client_cache *cache = up(f, ALL, 100000, NULL);
	uint8_t *model = talloc_memdup(f, server.bytes, SIZE);
	uint64_t size = 0;

	read_all(cache, 100000, 100000);
	memcpy(model + 50, "12345", 5);
	assert_int_equal(client_cache_write(cache, 50, "12345", 5),
			 NT_STATUS_OK);
	memcpy(model + 200000, "xyz", 3);
	assert_int_equal(client_cache_write(cache, 200000, "xyz", 3),
			 NT_STATUS_OK);
	server.model = model; /* serve_ack() looks */
	take_down(f, ALL, SMB2_LEASE_READ_CACHING);
	fixture_settle(f);
	assert_int_equal(server.acks, 1);
	assert_int_equal(server.acked, SMB2_LEASE_READ_CACHING);
	/* writes go through, reads are still kept */
	f->peer->seen[SMB2_READ] = 0;
	read_all(cache, 200003, 200003);
	read_all(cache, 200003, 1000);
	assert_true(f->peer->seen[SMB2_READ] <= 3);
	assert_int_equal(client_cache_write(cache, 60, "6", 1), NT_STATUS_OK);
	assert_int_equal(server.bytes[60], '6');
	read_all(cache, 200003, 200003);
	/* somebody else may write */
	server.model = NULL;
	take_down(f, SMB2_LEASE_READ_CACHING, 0);
	fixture_settle(f);
	assert_int_equal(server.acks, 1);
	memset(server.bytes, 9, 100);
	server.size = 300000;
	assert_false(client_cache_size(cache, &size));
	read_all(cache, 300000, 70000);
	talloc_free(cache);
}

/* The same each time. */
static uint32_t chance(void)
{
	static uint32_t seed = 4711;

	seed = seed * 1664525u + 1013904223u;
	return seed >> 8;
}

/* Whatever is done, and whatever the server takes away in between, bytes are
 * those that were written last. */
static void random_step(struct fixture *f, struct client_cache *cache,
			uint8_t *model, size_t *size)
{
	static uint8_t buf[400000];
	size_t at = (size_t)(chance() % 1500000);
	size_t len = (size_t)(chance() % 300000);
	size_t want = 0;
	size_t done = 0;

	if (chance() % 4 != 0) {
		len %= 3000;
	}
	switch (chance() % 16) {
	case 0:
		assert_int_equal(client_cache_flush(cache), NT_STATUS_OK);
		assert_memory_equal(server.bytes, model, SIZE);
		break;
	case 1:
		assert_int_equal(client_cache_resize(cache, at), NT_STATUS_OK);
		if (at < *size) {
			memset(model + at, 0, *size - at);
		}
		*size = at;
		break;
	case 2: fixture_settle(f); break;
	case 3:
	case 4:
	case 5:
	case 6:
	case 7:
		memset(buf, (int)chance(), len);
		memcpy(model + at, buf, len);
		*size = len > 0 && at + len > *size ? at + len : *size;
		assert_int_equal(client_cache_write(cache, at, buf, len),
				 NT_STATUS_OK);
		break;
	default:
		want = at < *size ? *size - at : 0;
		want = want < len ? want : len;
		assert_int_equal(client_cache_read(cache, at, buf, len, &done),
				 NT_STATUS_OK);
		assert_int_equal(done, want);
		assert_memory_equal(buf, model + at, want);
		break;
	}
}

static void test_random(void **state)
{
	struct fixture *f = *state;
	const struct client_cache_options small = {
		.memory = 500000,
		.read_ahead = 200000,
		.write_behind = 300000,
	};
	struct client_cache *cache = up(f, ALL, 400000, &small);
	uint8_t *model = talloc_memdup(f, server.bytes, SIZE);
	size_t size = 400000;
	unsigned i = 0;

	for (i = 0; i < 1500; i++) {
		random_step(f, cache, model, &size);
		if (i == 900) {
			server.model = model;
			take_down(f, ALL, SMB2_LEASE_READ_CACHING);
		}
		if (i == 1200) {
			take_down(f, SMB2_LEASE_READ_CACHING, 0);
		}
	}
	assert_int_equal(server.acks, 1);
	assert_int_equal(client_cache_close(cache), NT_STATUS_OK);
	assert_int_equal(server.size, size);
	assert_memory_equal(server.bytes, model, SIZE);
	talloc_free(cache);
}

int main(void)
{
#define T(name) \
	cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)
	const struct CMUnitTest tests[] = {
		T(test_read_ahead),
		T(test_read_ahead_of_large_reads),
		T(test_no_more_memory_than_said),
		T(test_switched_off),
		T(test_no_lease),
		T(test_read_errors),
		T(test_write_behind),
		T(test_written_is_kept),
		T(test_short_pieces),
		T(test_written_later),
		T(test_write_errors),
		T(test_settled),
		T(test_lost_while_dirty),
		T(test_freed_while_busy),
		T(test_break_is_told),
		T(test_break_before_open),
		T(test_break_writes_first),
		T(test_random),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
