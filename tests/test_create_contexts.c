/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the contexts of a CREATE say; tests/test_cmd_create.c has what comes of
 * them. */
#include "tests/fixture_files.h"

#include "server/create.h"
#include "smbquic/smb2_posix.h"

static int setup(void **state)
{
	*state = files_new("");
	return 0;
}

static int teardown(void **state)
{
	talloc_free(*state);
	return 0;
}

static NTSTATUS take(struct files *t, const struct wire_writer *w,
		     uint8_t oplock, struct create *out)
{
	const struct request r = {.conn = t->f->conn, .tree = t->tree};

	*out = (struct create){.in = {.oplock_level = oplock,
				      .contexts = wire_writer_slice(w)}};
	return create_contexts(&r, out);
}

/* Each of those that have a form, and the same without its last byte. */
static void test_forms(void **state)
{
	static const struct {
		const char *name;
		size_t name_len, len;
	} rows[] = {
		{SMB2_CREATE_REQUEST_LEASE, 4, 32},
		{SMB2_CREATE_REQUEST_LEASE, 4, 52},
		{SMB2_CREATE_ALLOCATION_SIZE, 4, 8},
		{SMB2_CREATE_QUERY_MAXIMAL_ACCESS, 4, 8},
		{SMB2_CREATE_TIMEWARP_TOKEN, 4, 8},
		{SMB2_CREATE_DURABLE_HANDLE_REQUEST, 4, 16},
		{SMB2_CREATE_DURABLE_HANDLE_RECONNECT, 4, 16},
		{SMB2_CREATE_DURABLE_HANDLE_REQUEST_V2, 4, 32},
		{SMB2_CREATE_DURABLE_HANDLE_RECONNECT_V2, 4, 36},
		{SMB2_CREATE_POSIX, 16, 4},
	};
	static const uint8_t zeros[64];
	uint8_t data[64] = {0};
	struct files *t = *state;
	struct create out = {0};
	size_t i = 0;

	data[0] = 2; /* for who wants a number that is not 0 */
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct wire_slice name =
			wire_slice(rows[i].name, rows[i].name_len);
		const uint8_t *bytes = rows[i].len > 8 ? zeros : data;
		struct wire_writer w = wire_writer_talloc(t);
		struct wire_chain list = smb2_create_context_list(&w);

		assert_true(smb2_create_context_put(
			&list, name, wire_slice(bytes, rows[i].len)));
		if (take(t, &w, 0, &out) != NT_STATUS_OK) {
			fail_msg("row %zu", i);
		}
		w = wire_writer_talloc(t);
		list = smb2_create_context_list(&w);
		assert_true(smb2_create_context_put(
			&list, name, wire_slice(bytes, rows[i].len - 1)));
		if (take(t, &w, 0, &out) != NT_STATUS_INVALID_PARAMETER) {
			fail_msg("row %zu, a byte less", i);
		}
		assert_int_equal(out.num_contexts, 1);
	}
}

/* What nobody knows is passed over, and what follows is taken. */
static void test_unknown(void **state)
{
	struct files *t = *state;
	struct wire_writer w = wire_writer_talloc(t);
	struct wire_chain list = smb2_create_context_list(&w);
	struct create out = {0};

	assert_true(smb2_create_context_add(&list, "AAPL", "xyz", 3));
	assert_true(smb2_create_context_add(&list, SMB2_CREATE_QUERY_ON_DISK_ID,
					    NULL, 0));
	assert_true(smb2_mxac_request_add(&list, 0));
	assert_true(smb2_timewarp_add(&list, 1));
	assert_int_equal(take(t, &w, 0, &out), NT_STATUS_OK);
	assert_int_equal(out.num_contexts, 4);
	assert_true(out.want_qfid);
	assert_true(out.want_mxac);
	assert_int_equal(out.mxac_time, 0);
	/* a list that breaks off */
	w.len -= 1;
	assert_int_equal(take(t, &w, 0, &out), NT_STATUS_INVALID_PARAMETER);
}

static void test_values(void **state)
{
	struct files *t = *state;
	struct wire_writer w = wire_writer_talloc(t);
	struct wire_chain list = smb2_create_context_list(&w);
	struct create out = {0};

	assert_true(smb2_allocation_size_add(&list, 4096));
	assert_true(smb2_timewarp_add(&list, 77));
	assert_true(
		smb2_create_context_add(&list, SMB2_CREATE_EA_BUFFER, "ea", 2));
	assert_int_equal(take(t, &w, 0, &out), NT_STATUS_OK);
	assert_int_equal(out.allocation, 4096);
	assert_true(out.snapshot);
	assert_int_equal(out.snapshot_time, 77);
	assert_int_equal(out.eas.len, 2);
	/* more than a file can have */
	w = wire_writer_talloc(t);
	list = smb2_create_context_list(&w);
	assert_true(smb2_allocation_size_add(&list, UINT64_C(1) << 63));
	assert_int_equal(take(t, &w, 0, &out), NT_STATUS_INVALID_PARAMETER);
	/* a descriptor that is none */
	w = wire_writer_talloc(t);
	list = smb2_create_context_list(&w);
	assert_true(
		smb2_create_context_add(&list, SMB2_CREATE_SD_BUFFER, "no", 2));
	assert_int_equal(take(t, &w, 0, &out), NT_STATUS_INVALID_PARAMETER);
	assert_int_equal(out.security.len, 0);
}

/* 3.3.5.9.8, 3.3.5.9.11: a lease counts where it was asked for as one, has a
 * key, and the dialect has its version. */
static void test_leases(void **state)
{
	static const struct {
		uint16_t dialect, version;
		uint8_t key, oplock;
		bool counts;
	} rows[] = {
		{SMB2_DIALECT_311, 2, 1, SMB2_OPLOCK_LEVEL_LEASE, true},
		{SMB2_DIALECT_300, 2, 1, SMB2_OPLOCK_LEVEL_LEASE, true},
		{SMB2_DIALECT_210, 2, 1, SMB2_OPLOCK_LEVEL_LEASE, false},
		{SMB2_DIALECT_210, 1, 1, SMB2_OPLOCK_LEVEL_LEASE, true},
		{SMB2_DIALECT_202, 1, 1, SMB2_OPLOCK_LEVEL_LEASE, false},
		{SMB2_DIALECT_311, 2, 0, SMB2_OPLOCK_LEVEL_LEASE, false},
		{SMB2_DIALECT_311, 2, 1, SMB2_OPLOCK_LEVEL_BATCH, false},
		{SMB2_DIALECT_311, 2, 1, SMB2_OPLOCK_LEVEL_NONE, false},
	};
	struct files *t = *state;
	size_t i = 0;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct wire_writer w = wire_writer_talloc(t);
		struct wire_chain list = smb2_create_context_list(&w);
		struct smb2_lease lease = {.version = rows[i].version};
		struct create out = {0};

		memset(&lease.lease_key, rows[i].key, sizeof(lease.lease_key));
		assert_true(smb2_lease_add(&list, &lease));
		t->f->conn->agreed.dialect = rows[i].dialect;
		assert_int_equal(take(t, &w, rows[i].oplock, &out),
				 NT_STATUS_OK);
		assert_true(out.lease_context);
		if (out.has_lease != rows[i].counts) {
			fail_msg("row %zu", i);
		}
	}
	t->f->conn->agreed.dialect = SMB2_DIALECT_311;
}

/* Durable handles of version 2 came with dialect 3.0; the POSIX extensions
 * are those that were agreed on. */
static void test_dialects(void **state)
{
	struct files *t = *state;
	struct wire_writer w = wire_writer_talloc(t);
	struct wire_chain list = smb2_create_context_list(&w);
	const struct smb2_durable_v2_request v2 = {.timeout = 5};
	static const uint8_t mode[4] = {0xA4, 0x01};
	struct create out = {0};

	assert_true(smb2_durable_request_add(&list));
	assert_true(smb2_durable_v2_request_add(&list, &v2));
	assert_true(smb2_create_context_put(
		&list, wire_slice(SMB2_CREATE_POSIX, SMB2_POSIX_GUID_SIZE),
		wire_slice(mode, sizeof(mode))));
	assert_int_equal(take(t, &w, 0, &out), NT_STATUS_OK);
	assert_true(out.durable.dhnq && out.durable.dh2q);
	assert_int_equal(out.durable.v2.timeout, 5);
	assert_int_equal(out.posix_mode, 0644);
	assert_false(out.posix);
	t->f->conn->agreed.posix = true;
	t->f->conn->agreed.dialect = SMB2_DIALECT_210;
	assert_int_equal(take(t, &w, 0, &out), NT_STATUS_OK);
	assert_true(out.durable.dhnq && !out.durable.dh2q);
	t->f->conn->agreed.dialect = SMB2_DIALECT_311;
	assert_int_equal(take(t, &w, 0, &out), NT_STATUS_OK);
	assert_true(out.posix);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_forms),  TEST(test_unknown),	TEST(test_values),
		TEST(test_leases), TEST(test_dialects),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
