/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How a file was opened, and what is asked to have it again. */
#include "client/client_private.h"
#include "tests/fixture_client.h"

static struct file_origin *origin_of(struct fixture *f,
				     const struct client_open *how)
{
	f->peer->policy.capabilities |= SMB2_GLOBAL_CAP_LEASING;
	f->options.reconnect_ms = 5000;
	if (f->tree == NULL) {
		fixture_up(f);
	}
	return file_origin_new(f, f->tree, "folder\\file", how);
}

static struct client_open reading(void)
{
	struct client_open how = {0};

	client_open_default(&how);
	return how;
}

/* The contexts of a CREATE. */
static struct wire_slice contexts_of(struct fixture *f,
				     const struct file_origin *origin)
{
	struct wire_writer w = wire_writer_talloc(f);
	struct wire_chain list = smb2_create_context_list(&w);

	assert_true(file_origin_add(origin, NULL, &list));
	assert_true(wire_writer_ok(&w));
	return wire_writer_slice(&w);
}

static bool has(struct wire_slice contexts, const char *name,
		struct wire_slice *data)
{
	struct wire_walker walker = smb2_create_contexts(contexts);
	struct smb2_create_context c = {0};

	while (smb2_create_contexts_next(&walker, &c)) {
		if (c.name.len == 4 && memcmp(c.name.data, name, 4) == 0) {
			*data = c.data;
			return true;
		}
	}
	return false;
}

static void test_asks(void **state)
{
	struct fixture *f = *state;
	struct client_open how = reading();
	struct file_origin *origin = origin_of(f, &how);
	struct smb2_durable_v2_request durable = {0};
	struct smb2_lease lease = {0};
	struct wire_slice contexts = contexts_of(f, origin);
	struct wire_slice data = {0};

	assert_true(origin->asks);
	assert_true(has(contexts, "DH2Q", &data));
	assert_true(smb2_durable_v2_request_decode(data, &durable));
	assert_int_equal(durable.timeout, 5000);
	assert_int_equal(durable.flags, 0);
	assert_true(has(contexts, "RqLs", &data));
	assert_true(smb2_lease_decode(data, &lease));
	assert_int_equal(lease.version, 2);
	assert_int_equal(lease.lease_state,
			 SMB2_LEASE_READ_CACHING | SMB2_LEASE_HANDLE_CACHING);
	assert_true(has(contexts, "QFid", &data));
	/* a share that survives its server */
	f->tree->capabilities = SMB2_SHARE_CAP_CONTINUOUS_AVAILABILITY;
	origin = origin_of(f, &how);
	assert_true(has(contexts_of(f, origin), "DH2Q", &data));
	assert_true(smb2_durable_v2_request_decode(data, &durable));
	assert_int_equal(durable.flags, SMB2_DHANDLE_FLAG_PERSISTENT);
}

static void test_asks_for_less(void **state)
{
	struct fixture *f = *state;
	struct client_open how = reading();
	struct wire_slice data = {0};

	how.access = FILE_READ_ATTRIBUTES;
	assert_false(origin_of(f, &how)->asks);
	assert_false(has(contexts_of(f, origin_of(f, &how)), "DH2Q", &data));
	assert_false(has(contexts_of(f, origin_of(f, &how)), "RqLs", &data));
	how = reading();
	how.options = FILE_DIRECTORY_FILE;
	assert_false(origin_of(f, &how)->asks);
	how = reading();
	how.oplock = SMB2_OPLOCK_LEVEL_BATCH;
	assert_false(origin_of(f, &how)->asks);
	f->tree->type = SMB2_SHARE_TYPE_PIPE;
	assert_null(origin_of(f, &how));
}

static void test_reclaims(void **state)
{
	struct fixture *f = *state;
	struct client_open how = reading();
	struct file_origin *origin = origin_of(f, &how);
	struct smb2_durable_v2_reconnect back = {.flags = 0};
	struct smb2_lease lease = {0};
	struct wire_slice contexts = {0};
	struct wire_slice data = {0};

	origin->reclaims = true;
	origin->persistent = true;
	origin->leased = true;
	origin->lease_state = SMB2_LEASE_READ_CACHING;
	origin->lease_epoch = 9;
	origin->handle = (struct smb2_file_id){11, 22};
	contexts = contexts_of(f, origin);
	assert_false(has(contexts, "DH2Q", &data));
	assert_false(has(contexts, "QFid", &data));
	assert_true(has(contexts, "DH2C", &data));
	assert_true(smb2_durable_v2_reconnect_decode(data, &back));
	assert_int_equal(back.file_id.persistent_id, 11);
	assert_int_equal(back.file_id.volatile_id, 22);
	assert_int_equal(back.flags, SMB2_DHANDLE_FLAG_PERSISTENT);
	assert_memory_equal(back.create_guid.bytes, origin->create_guid.bytes,
			    16);
	assert_true(has(contexts, "RqLs", &data));
	assert_true(smb2_lease_decode(data, &lease));
	assert_int_equal(lease.lease_state, SMB2_LEASE_READ_CACHING);
	assert_int_equal(lease.epoch, 9);
	origin->leased = false;
	assert_false(has(contexts_of(f, origin), "RqLs", &data));
}

/* The whole CREATE of an open with contexts of its caller. */
static struct wire_slice created_with(struct fixture *f,
				      const struct file_origin *origin)
{
	struct call *call = call_new(f, f->conn, f->session, f->tree);
	struct smb2_create_request out = {0};

	assert_non_null(call);
	assert_true(file_add_origin(call, origin->path, &origin->how, origin));
	assert_true(smb2_create_request_decode(call->part[0].w.buf,
					       call->part[0].w.len, &out));
	return out.contexts;
}

/* Samba refuses a DH2C beside which there is more than a lease. */
static void test_reclaims_without_wishes(void **state)
{
	struct fixture *f = *state;
	const struct smb2_guid id = {.bytes = "0123456789abcde"};
	const struct client_contexts wishes = {
		.snapshot = 5, .maximal_access = true, .app_instance = &id};
	struct client_open how = reading();
	struct file_origin *origin = NULL;
	struct wire_slice contexts = {0};
	struct wire_slice data = {0};

	how.contexts = &wishes;
	origin = origin_of(f, &how);
	contexts = created_with(f, origin);
	assert_true(has(contexts, "TWrp", &data));
	assert_true(smb2_create_context_find(
		contexts, SMB2_CREATE_APP_INSTANCE_ID, &data));
	origin->reclaims = true;
	contexts = created_with(f, origin);
	assert_true(has(contexts, "DH2C", &data));
	assert_false(has(contexts, "TWrp", &data));
	assert_false(smb2_create_context_find(
		contexts, SMB2_CREATE_APP_INSTANCE_ID, &data));
}

/* ---------------------------------------------------------- what comes back */

static bool take(struct file_origin *origin, struct wire_writer *w)
{
	const struct smb2_create_response created = {
		.end_of_file = 77,
		.contexts = wire_writer_slice(w),
	};

	return file_origin_take(origin, &created);
}

static void test_takes(void **state)
{
	struct fixture *f = *state;
	struct client_open how = reading();
	struct file_origin *origin = origin_of(f, &how);
	struct wire_writer w = wire_writer_talloc(f);
	struct wire_chain list = smb2_create_context_list(&w);
	const struct smb2_durable_v2_response durable = {
		.timeout = 1000,
		.flags = SMB2_DHANDLE_FLAG_PERSISTENT,
	};
	const struct smb2_lease lease = {
		.version = 2,
		.lease_key = origin->lease_key,
		.lease_state = SMB2_LEASE_READ_CACHING,
		.epoch = 3,
	};
	const struct smb2_qfid_response id = {.disk_file_id = 123};

	assert_true(smb2_durable_v2_response_add(&list, &durable));
	assert_true(smb2_lease_add(&list, &lease));
	assert_true(smb2_qfid_response_add(&list, &id));
	assert_true(take(origin, &w));
	assert_true(origin->durable);
	assert_true(origin->persistent);
	assert_true(origin->leased);
	assert_int_equal(origin->lease_state, SMB2_LEASE_READ_CACHING);
	assert_int_equal(origin->lease_epoch, 3);
	assert_int_equal(origin->file_id, 123);
	assert_int_equal(origin->stat.size, 77);
}

/* Cut short anywhere it is refused, and nothing is believed. */
static void test_takes_no_nonsense(void **state)
{
	struct fixture *f = *state;
	struct client_open how = reading();
	struct file_origin *origin = origin_of(f, &how);
	struct wire_writer w = wire_writer_talloc(f);
	struct wire_chain list = smb2_create_context_list(&w);
	const struct smb2_durable_v2_response durable = {.timeout = 1000};
	struct wire_slice whole = {0};
	size_t len = 0;

	assert_true(smb2_durable_v2_response_add(&list, &durable));
	whole = wire_writer_slice(&w);
	for (len = 1; len < whole.len; len++) {
		const struct smb2_create_response created = {
			.contexts = wire_slice(whole.data, len),
		};

		if (!file_origin_take(origin, &created)) {
			assert_false(origin->durable);
		}
	}
	w = wire_writer_talloc(f);
	list = smb2_create_context_list(&w);
	assert_true(smb2_create_context_add(&list, "RqLs", "xyz", 3));
	assert_false(take(origin, &w));
	assert_false(origin->leased);
}

/* ------------------------------------------------------------------- locks */

static void test_locks(void **state)
{
	struct fixture *f = *state;
	struct client_open how = reading();
	struct file_origin *origin = origin_of(f, &how);
	struct smb2_lock_element lock = {.length = 10};
	unsigned i = 0;

	for (i = 0; i < FILE_ORIGIN_LOCKS; i++) {
		lock.offset = i * 10;
		file_origin_lock(origin, &lock, 1);
	}
	assert_int_equal(origin->locks, FILE_ORIGIN_LOCKS);
	assert_false(origin->locks_lost);
	lock.offset = 50;
	lock.flags = SMB2_LOCKFLAG_UNLOCK;
	file_origin_lock(origin, &lock, 1);
	file_origin_lock(origin, &lock, 1); /* there is no second one */
	assert_int_equal(origin->locks, FILE_ORIGIN_LOCKS - 1);
	lock.flags = SMB2_LOCKFLAG_SHARED_LOCK;
	file_origin_lock(origin, &lock, 1);
	file_origin_lock(origin, &lock, 1);
	assert_true(origin->locks_lost);
}

static void test_sequence(void **state)
{
	struct fixture *f = *state;
	struct client_open how = reading();
	struct file_origin *origin = origin_of(f, &how);
	struct smb2_lock_request first = {0};
	struct smb2_lock_request body = {0};
	unsigned i = 0;

	file_origin_sequence(origin, &first);
	assert_int_equal(first.lock_sequence_index, 1);
	for (i = 1; i < FILE_ORIGIN_LOCKS; i++) {
		file_origin_sequence(origin, &body);
	}
	assert_int_equal(body.lock_sequence_index, FILE_ORIGIN_LOCKS);
	file_origin_sequence(origin, &body);
	assert_int_equal(body.lock_sequence_index, 1);
	assert_int_not_equal(body.lock_sequence_number,
			     first.lock_sequence_number);
}

#define TEST(name) \
	cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_asks),     TEST(test_asks_for_less),
		TEST(test_reclaims), TEST(test_reclaims_without_wishes),
		TEST(test_takes),    TEST(test_takes_no_nonsense),
		TEST(test_locks),    TEST(test_sequence),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
