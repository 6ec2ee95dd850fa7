/* SPDX-License-Identifier: GPL-3.0-or-later */
/* persistent_record.c: what was written comes back, and nothing else does. */
#include "server/persistent_record.h"
#include "smbquic/crypto.h"
#include "smbquic/wire.h"
#include "tests/testlib.h"

#include <string.h>
#include <sys/uio.h>

#define HEAD_SIZE (8 + 4 + 4 + CRYPTO_PREAUTH_SIZE)
#define KIND_SIZE (1 + 1 + 8) /* what version 2 has at the end */

static struct lock_range locks[] = {
	{0, 10, true},
	{UINT64_MAX, 1, false},
};

static struct persistent_record example(void)
{
	return (struct persistent_record){
		.persistent_id = 0x1234567800000009,
		.create_guid = {"create"},
		.client = {"client"},
		.timeout = 60000,
		.action = FILE_CREATED,
		.user = "alice",
		.share = "projects",
		.address = "192.0.2.7",
		.machine = "DESK",
		.root = "/srv/projects",
		.path = "a/b\xC3\xA4",
		.file_id = 77,
		.access = FILE_READ_DATA,
		.share_access = FILE_SHARE_READ,
		.options = FILE_WRITE_THROUGH,
		.store_access = STORE_OPEN_READ,
		.posix = true,
		.delete_on_close = true,
		.oplock = {.kind = OPLOCK_SAVED_LEASE,
			   .version = 2,
			   .epoch = 5,
			   .state = SMB2_LEASE_ALL,
			   .key = {"key"},
			   .has_parent = true,
			   .parent = {"parent"}},
		.has_app = true,
		.app = {"app"},
		.app_low = 3,
		.sequences = {0x81},
		.locks = locks,
		.num_locks = 2,
		.resilient = true,
		.version = 1,
		.stopped = 1700000000,
	};
}

static void test_back(void **state)
{
	TALLOC_CTX *tmp = talloc_new(NULL);
	const struct persistent_record in = example();
	struct persistent_record out = {0};
	struct wire_slice data = persistent_record_encode(tmp, &in);

	(void)state;
	assert_true(data.len > 0);
	assert_null(persistent_record_decode(tmp, data, &out));
	assert_int_equal(out.persistent_id, in.persistent_id);
	assert_memory_equal(&out.create_guid, &in.create_guid, 16);
	assert_string_equal(out.user, in.user);
	assert_string_equal(out.share, in.share);
	assert_string_equal(out.address, in.address);
	assert_string_equal(out.machine, in.machine);
	assert_string_equal(out.root, in.root);
	assert_string_equal(out.path, in.path);
	assert_int_equal(out.file_id, in.file_id);
	assert_int_equal(out.action, in.action);
	assert_int_equal(out.options, in.options);
	assert_true(out.delete_on_close);
	assert_false(out.delete_pending);
	assert_false(out.directory);
	assert_true(out.posix);
	assert_int_equal(out.oplock.kind, in.oplock.kind);
	assert_int_equal(out.oplock.epoch, 5);
	assert_int_equal(out.oplock.state, SMB2_LEASE_ALL);
	assert_true(out.oplock.has_parent);
	assert_memory_equal(&out.oplock.parent, &in.oplock.parent, 16);
	assert_true(out.has_app);
	assert_false(out.has_app_version);
	assert_int_equal(out.app_low, 3);
	assert_int_equal(out.sequences[0], 0x81);
	assert_int_equal(out.num_locks, 2);
	assert_int_equal(out.locks[1].offset, UINT64_MAX);
	assert_true(out.locks[0].exclusive);
	assert_false(out.locks[1].exclusive);
	assert_false(out.persistent);
	assert_true(out.resilient);
	assert_int_equal(out.version, 1);
	assert_int_equal(out.stopped, in.stopped);
	talloc_free(tmp);
}

/* What a server of before has written: without the kind of handle. */
static void test_version_1(void **state)
{
	TALLOC_CTX *tmp = talloc_new(NULL);
	const struct persistent_record in = example();
	struct persistent_record out = {0};
	struct wire_slice data = persistent_record_encode(tmp, &in);
	size_t size = data.len - KIND_SIZE;
	uint8_t *old = talloc_memdup(tmp, data.data, size);
	struct iovec body = {old + HEAD_SIZE, size - HEAD_SIZE};

	(void)state;
	assert_non_null(old);
	wire_store_le(old + 8, 1, 4);
	wire_store_le(old + 12, body.iov_len, 4);
	memset(old + 16, 0, CRYPTO_PREAUTH_SIZE);
	assert_int_equal(crypto_preauth_update(old + 16, &body, 1), 0);
	assert_null(persistent_record_decode(tmp, wire_slice(old, size), &out));
	assert_true(out.persistent);
	assert_false(out.resilient);
	assert_int_equal(out.version, 2);
	assert_int_equal(out.stopped, 0);
	assert_string_equal(out.path, in.path);
	talloc_free(tmp);
}

/* Any byte that is missing or another one is noticed. */
static void test_damaged(void **state)
{
	TALLOC_CTX *tmp = talloc_new(NULL);
	const struct persistent_record in = example();
	struct persistent_record out = {0};
	struct wire_slice data = persistent_record_encode(tmp, &in);
	uint8_t *copy = talloc_zero_array(tmp, uint8_t, data.len + 1);

	(void)state;
	memcpy(copy, data.data, data.len);
	for (size_t i = 0; i < data.len; i++) {
		assert_non_null(persistent_record_decode(
			tmp, wire_slice(copy, i), &out));
		copy[i] ^= 0x10;
		assert_non_null(persistent_record_decode(
			tmp, wire_slice(copy, data.len), &out));
		copy[i] ^= 0x10;
	}
	assert_non_null(persistent_record_decode(
		tmp, wire_slice(copy, data.len + 1), &out));
	talloc_free(tmp);
}

/* A digest that is right does not make sense of what has none. */
static void test_nonsense(void **state)
{
	TALLOC_CTX *tmp = talloc_new(NULL);
	struct persistent_record in = example();
	struct persistent_record out = {0};

	(void)state;
	in.path = "";
	assert_non_null(persistent_record_decode(
		tmp, persistent_record_encode(tmp, &in), &out));
	in = example();
	in.oplock.kind = 9;
	assert_non_null(persistent_record_decode(
		tmp, persistent_record_encode(tmp, &in), &out));
	in = example();
	in.share_access = 0x100;
	assert_non_null(persistent_record_decode(
		tmp, persistent_record_encode(tmp, &in), &out));
	in = example();
	in.version = 3;
	assert_non_null(persistent_record_decode(
		tmp, persistent_record_encode(tmp, &in), &out));
	in = example();
	in.persistent = true; /* by version 2 alone */
	assert_non_null(persistent_record_decode(
		tmp, persistent_record_encode(tmp, &in), &out));
	in = example();
	in.num_locks = PERSISTENT_LOCKS_MAX + 1;
	assert_int_equal(persistent_record_encode(tmp, &in).len, 0);
	talloc_free(tmp);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_back),
		cmocka_unit_test(test_version_1),
		cmocka_unit_test(test_damaged),
		cmocka_unit_test(test_nonsense),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
