/* SPDX-License-Identifier: GPL-3.0-or-later */
/* LOCK: several at once, those that wait, and what ends the waiting. */
#include "server/dispatch.h"
#include "server/lock.h"
#include "tests/fixture_files.h"

#define SHARED	  SMB2_LOCKFLAG_SHARED_LOCK
#define EXCLUSIVE SMB2_LOCKFLAG_EXCLUSIVE_LOCK
#define UNLOCK	  SMB2_LOCKFLAG_UNLOCK
#define AT_ONCE	  SMB2_LOCKFLAG_FAIL_IMMEDIATELY

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

static uint64_t post_lock(struct files *t, struct smb2_file_id id,
			  uint64_t offset, uint64_t length, uint32_t flags)
{
	const struct smb2_lock_element element = {offset, length, flags};
	struct wire_writer w = files_lock_pdu(t, id, &element, 1);

	return files_send(t, &w);
}

static NTSTATUS locks(struct files *t, struct smb2_file_id id,
		      const struct smb2_lock_element *elements, uint16_t count)
{
	struct wire_writer w = files_lock_pdu(t, id, elements, count);

	return files_call(t, &w);
}

/* Of the file, all opens' together. */
static size_t held(struct files *t, struct smb2_file_id id)
{
	const struct open *open =
		open_find(t->session, id.persistent_id, id.volatile_id);

	return lock_count(open->file->file->locks);
}

static void test_at_once(void **state)
{
	struct files *t = *state;
	struct smb2_file_id a = files_make(t, "f");
	struct smb2_file_id b = files_make(t, "f");

	assert_int_equal(files_lock(t, a, 0, 10, EXCLUSIVE | AT_ONCE),
			 NT_STATUS_OK);
	assert_true(smb2_empty_decode(t->reply.data, t->reply.len));
	assert_int_equal(files_lock(t, b, 5, 10, SHARED | AT_ONCE),
			 NT_STATUS_LOCK_NOT_GRANTED);
	assert_int_equal(files_lock(t, b, 10, 10, SHARED | AT_ONCE),
			 NT_STATUS_OK);
	/* an exclusive one conflicts with one's own */
	assert_int_equal(files_lock(t, a, 0, 10, EXCLUSIVE | AT_ONCE),
			 NT_STATUS_LOCK_NOT_GRANTED);
	assert_int_equal(files_lock(t, a, 0, 10, SHARED | AT_ONCE),
			 NT_STATUS_OK);
	assert_int_equal(held(t, a), 3);
}

static void test_unlock(void **state)
{
	const struct smb2_lock_element two[] = {{0, 10, UNLOCK},
						{20, 10, UNLOCK}};
	const struct smb2_lock_element mixed[] = {{0, 10, UNLOCK},
						  {20, 10, SHARED | AT_ONCE}};
	struct files *t = *state;
	struct smb2_file_id a = files_make(t, "f");
	struct smb2_file_id b = files_make(t, "f");

	assert_int_equal(files_lock(t, a, 0, 10, UNLOCK),
			 NT_STATUS_RANGE_NOT_LOCKED);
	assert_int_equal(files_lock(t, a, 0, 10, EXCLUSIVE), NT_STATUS_OK);
	assert_int_equal(files_lock(t, b, 0, 10, UNLOCK),
			 NT_STATUS_RANGE_NOT_LOCKED);
	assert_int_equal(files_lock(t, a, 0, 9, UNLOCK),
			 NT_STATUS_RANGE_NOT_LOCKED);
	assert_int_equal(files_lock(t, a, 0, 10, UNLOCK | AT_ONCE),
			 NT_STATUS_INVALID_PARAMETER);
	/* what was unlocked stays so */
	assert_int_equal(locks(t, a, two, 2), NT_STATUS_RANGE_NOT_LOCKED);
	assert_int_equal(held(t, a), 0);
	assert_int_equal(files_lock(t, a, 0, 10, EXCLUSIVE), NT_STATUS_OK);
	assert_int_equal(files_lock(t, a, 20, 10, EXCLUSIVE), NT_STATUS_OK);
	assert_int_equal(locks(t, a, mixed, 2), NT_STATUS_INVALID_PARAMETER);
	assert_int_equal(held(t, a), 1);
	assert_int_equal(files_lock(t, a, 0, 10, EXCLUSIVE), NT_STATUS_OK);
	assert_int_equal(locks(t, a, two, 2), NT_STATUS_OK);
	assert_int_equal(held(t, a), 0);
}

static void test_several(void **state)
{
	struct smb2_lock_element three[] = {{0, 10, EXCLUSIVE | AT_ONCE},
					    {20, 10, SHARED | AT_ONCE},
					    {40, 10, EXCLUSIVE | AT_ONCE}};
	struct files *t = *state;
	struct smb2_file_id a = files_make(t, "f");
	struct smb2_file_id b = files_make(t, "f");

	assert_int_equal(locks(t, a, three, 3), NT_STATUS_OK);
	assert_int_equal(held(t, a), 3);
	/* all or none */
	assert_int_equal(files_lock(t, a, 0, 10, UNLOCK), NT_STATUS_OK);
	assert_int_equal(files_lock(t, a, 20, 10, UNLOCK), NT_STATUS_OK);
	assert_int_equal(locks(t, b, three, 3), NT_STATUS_LOCK_NOT_GRANTED);
	assert_int_equal(held(t, a), 1);
	/* of several none may wait */
	three[1].flags = SHARED;
	assert_int_equal(locks(t, b, three, 3), NT_STATUS_INVALID_PARAMETER);
	three[1].flags = UNLOCK;
	assert_int_equal(locks(t, b, three, 3), NT_STATUS_INVALID_PARAMETER);
	assert_int_equal(held(t, a), 1);
}

static void test_refused(void **state)
{
	static const struct {
		uint64_t offset, length;
		uint32_t flags;
		NTSTATUS status;
	} table[] = {
		{0, 1, 0, NT_STATUS_INVALID_PARAMETER},
		{0, 1, AT_ONCE, NT_STATUS_INVALID_PARAMETER},
		{0, 1, SHARED | EXCLUSIVE, NT_STATUS_INVALID_PARAMETER},
		{0, 1, SHARED | UNLOCK, NT_STATUS_INVALID_PARAMETER},
		{0, 1, SHARED | 0x100, NT_STATUS_INVALID_PARAMETER},
		{UINT64_MAX, 2, EXCLUSIVE, NT_STATUS_INVALID_LOCK_RANGE},
		{2, UINT64_MAX, EXCLUSIVE, NT_STATUS_INVALID_LOCK_RANGE},
		{UINT64_MAX, 2, UNLOCK, NT_STATUS_INVALID_LOCK_RANGE},
		{UINT64_MAX, 1, EXCLUSIVE, NT_STATUS_OK},
		{0, 0, EXCLUSIVE, NT_STATUS_OK},
	};
	struct files *t = *state;
	struct smb2_file_id id = files_make(t, "f");
	size_t i = 0;

	for (i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		assert_int_equal(files_lock(t, id, table[i].offset,
					    table[i].length, table[i].flags),
				 table[i].status);
	}
	assert_int_equal(files_lock(t, files_make_dir(t, "d"), 0, 1, EXCLUSIVE),
			 NT_STATUS_INVALID_PARAMETER);
	id = files_open(t, (struct create_args){.name = "f",
						.access = FILE_READ_ATTRIBUTES,
						.disposition = FILE_OPEN});
	assert_int_equal(files_lock(t, id, 0, 1, EXCLUSIVE),
			 NT_STATUS_ACCESS_DENIED);
	files_close(t, id);
	assert_int_equal(files_lock(t, id, 0, 1, EXCLUSIVE),
			 NT_STATUS_FILE_CLOSED);
}

/* Two that wait, granted one after the other. */
static void test_granted_later(void **state)
{
	struct files *t = *state;
	struct smb2_file_id a = files_make(t, "f");
	struct smb2_file_id b = files_make(t, "f");
	struct smb2_file_id c = files_make(t, "f");
	uint64_t first = 0;
	uint64_t second = 0;

	assert_int_equal(files_lock(t, a, 0, 10, EXCLUSIVE), NT_STATUS_OK);
	first = post_lock(t, b, 0, 5, EXCLUSIVE);
	files_pending(t, first);
	second = post_lock(t, c, 4, 5, EXCLUSIVE);
	files_pending(t, second);
	assert_int_equal(files_lock(t, a, 0, 10, UNLOCK), NT_STATUS_OK);
	assert_int_equal(files_wait(t, first), NT_STATUS_OK);
	assert_true(smb2_header_is_async(&t->reply.header));
	assert_true(smb2_empty_decode(t->reply.data, t->reply.len));
	fixture_idle(t->f, 10);
	assert_int_equal(held(t, a), 1);
	assert_int_equal(files_lock(t, b, 0, 5, UNLOCK), NT_STATUS_OK);
	assert_int_equal(files_wait(t, second), NT_STATUS_OK);
	assert_int_equal(held(t, a), 1);
}

/* The owner of the lock goes: who waits gets it. */
static void test_granted_by_close(void **state)
{
	struct files *t = *state;
	struct smb2_file_id a = files_make(t, "f");
	struct smb2_file_id b = files_make(t, "f");
	uint64_t waiting = 0;

	assert_int_equal(files_lock(t, a, 0, 10, EXCLUSIVE), NT_STATUS_OK);
	waiting = post_lock(t, b, 0, 5, SHARED);
	files_pending(t, waiting);
	assert_int_equal(files_close(t, a), NT_STATUS_OK);
	assert_int_equal(files_wait(t, waiting), NT_STATUS_OK);
	assert_int_equal(held(t, b), 1);
}

static void test_cancel(void **state)
{
	struct files *t = *state;
	struct smb2_file_id a = files_make(t, "f");
	struct smb2_file_id b = files_make(t, "f");
	uint64_t waiting = 0;

	assert_int_equal(files_lock(t, a, 0, 10, EXCLUSIVE), NT_STATUS_OK);
	waiting = post_lock(t, b, 0, 5, EXCLUSIVE);
	files_cancel(t, files_pending(t, waiting));
	assert_int_equal(files_wait(t, waiting), NT_STATUS_CANCELLED);
	assert_int_equal(files_lock(t, a, 0, 10, UNLOCK), NT_STATUS_OK);
	fixture_idle(t->f, 10);
	assert_int_equal(held(t, b), 0);
}

/* Closed while it waits (MS-SMB2 3.3.4.17). */
static void test_close(void **state)
{
	struct files *t = *state;
	struct smb2_file_id a = files_make(t, "f");
	struct smb2_file_id b = files_make(t, "f");
	uint64_t waiting = 0;

	assert_int_equal(files_lock(t, a, 0, 10, EXCLUSIVE), NT_STATUS_OK);
	waiting = post_lock(t, b, 0, 5, EXCLUSIVE);
	files_pending(t, waiting);
	assert_int_equal(files_close(t, b), NT_STATUS_OK);
	assert_int_equal(files_wait(t, waiting), NT_STATUS_RANGE_NOT_LOCKED);
	assert_int_equal(files_lock(t, a, 0, 10, UNLOCK), NT_STATUS_OK);
	fixture_idle(t->f, 10);
	assert_int_equal(held(t, a), 0);
}

/* A request that comes while the CLOSE is at work finds nothing. */
static void test_during_close(void **state)
{
	char *dir = NULL;
	struct files *t = files_new_disk(&dir);
	const struct smb2_lock_element element = {0, 1, EXCLUSIVE};
	size_t i = 0;

	(void)state;
	for (i = 0; i < 20; i++) {
		struct smb2_file_id id = files_make(t, "f");
		struct wire_writer close = files_close_pdu(t, id, 0);
		struct wire_writer w = {0};
		uint64_t ids[2] = {0};
		NTSTATUS status = NT_STATUS_OK;

		ids[0] = files_send(t, &close);
		/* at every moment of it, the open's end included */
		for (size_t n = 0; n < i && idtable_count(t->session->opens);
		     n++) {
			tevent_loop_once(t->f->ev);
		}
		w = files_lock_pdu(t, id, &element, 1);
		ids[1] = files_send(t, &w);
		assert_int_equal(files_wait(t, ids[0]), NT_STATUS_OK);
		status = files_wait(t, ids[1]);
		assert_int_equal(status, NT_STATUS_FILE_CLOSED);
	}
	talloc_free(t);
}

/* In the middle of a compound it cannot wait (MS-SMB2 3.3.5.2.7). */
static void test_in_compound(void **state)
{
	struct files *t = *state;
	struct smb2_file_id a = files_make(t, "f");
	struct smb2_file_id b = files_make(t, "f");
	const struct smb2_lock_element element = {0, 5, EXCLUSIVE};
	struct wire_writer w = {0};

	assert_int_equal(files_lock(t, a, 0, 10, EXCLUSIVE), NT_STATUS_OK);
	w = files_lock_pdu(t, b, &element, 1);
	files_queue(t, &w);
	files_related(t);
	w = files_close_pdu(t, files_inherited, 0);
	files_queue(t, &w);
	files_post(t);
	assert_int_equal(files_wait(t, t->ids[0]), NT_STATUS_INTERNAL_ERROR);
	assert_int_equal(files_wait(t, t->ids[1]), NT_STATUS_OK);
}

static NTSTATUS lock_numbered(struct files *t, struct smb2_file_id id,
			      uint32_t index, uint8_t number, uint32_t flags)
{
	const struct smb2_lock_element element = {0, 1, flags};
	const struct smb2_lock_request in = {
		.lock_count = 1,
		.lock_sequence_number = number,
		.lock_sequence_index = index,
		.file_id = id,
	};
	struct wire_writer w = files_pdu(t, SMB2_LOCK);

	assert_true(smb2_lock_request_encode(&w, &in, &element));
	return files_call(t, &w);
}

/* What an open that outlives its channel was asked already is not done again
 * (3.3.5.14); index 0 and those beyond 64 mean nothing. */
static void test_sequence(void **state)
{
	const uint32_t flags = EXCLUSIVE | AT_ONCE;
	struct files *t = *state;
	struct smb2_file_id id = files_make(t, "f");
	struct open *open =
		open_find(t->session, id.persistent_id, id.volatile_id);

	t->f->conn->agreed.capabilities |= SMB2_GLOBAL_CAP_MULTI_CHANNEL;
	assert_int_equal(lock_numbered(t, id, 0, 1, flags), NT_STATUS_OK);
	assert_int_equal(lock_numbered(t, id, 0, 1, flags),
			 NT_STATUS_LOCK_NOT_GRANTED);
	assert_int_equal(lock_numbered(t, id, 65, 1, flags),
			 NT_STATUS_LOCK_NOT_GRANTED);
	assert_int_equal(lock_numbered(t, id, 64, 1, UNLOCK), NT_STATUS_OK);
	assert_int_equal(lock_numbered(t, id, 64, 1, UNLOCK), NT_STATUS_OK);
	assert_int_equal(lock_numbered(t, id, 64, 2, flags), NT_STATUS_OK);
	assert_int_equal(lock_numbered(t, id, 64, 2, flags), NT_STATUS_OK);
	assert_int_equal(held(t, id), 1);
	/* what failed is not remembered */
	assert_int_equal(lock_numbered(t, id, 1, 3, flags),
			 NT_STATUS_LOCK_NOT_GRANTED);
	assert_int_equal(lock_numbered(t, id, 1, 3, flags),
			 NT_STATUS_LOCK_NOT_GRANTED);
	assert_non_null(open->lock_sequences);
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_at_once),	  TEST(test_unlock),
		TEST(test_several),	  TEST(test_refused),
		TEST(test_granted_later), TEST(test_granted_by_close),
		TEST(test_cancel),	  TEST(test_close),
		TEST(test_in_compound),	  cmocka_unit_test(test_during_close),
		TEST(test_sequence),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
