/* SPDX-License-Identifier: GPL-3.0-or-later */
/* open_contexts.c: what an open asks for, and what is believed of the answer.
 */
#include "tests/testlib.h"

#include <string.h>

#include "client/client_private.h"

static struct wire_slice asked(TALLOC_CTX *mem_ctx,
			       const struct client_open *how)
{
	struct wire_writer w = wire_writer_talloc(mem_ctx);
	struct wire_chain list = smb2_create_context_list(&w);

	assert_true(open_contexts_add(how, &list));
	return wire_writer_slice(&w);
}

static void test_asked(void **state)
{
	TALLOC_CTX *tmp = talloc_new(NULL);
	struct client_open how = {.file_id = false};
	struct wire_slice data = {0};
	struct wire_slice list = {0};

	(void)state;
	assert_int_equal(asked(tmp, &how).len, 0);
	how.file_id = true;
	list = asked(tmp, &how);
	assert_true(smb2_create_context_find(list, SMB2_CREATE_QUERY_ON_DISK_ID,
					     &data));
	assert_int_equal(data.len, 0);
	assert_false(smb2_create_context_find(list, SMB2_CREATE_POSIX, &data));
	how.posix = true;
	how.mode = 0640;
	list = asked(tmp, &how);
	assert_true(smb2_create_context_find(list, SMB2_CREATE_POSIX, &data));
	assert_int_equal(data.len, 4);
	assert_int_equal(data.data[0] | data.data[1] << 8, 0640);
	talloc_free(tmp);
}

static struct wire_slice answered(TALLOC_CTX *mem_ctx,
				  const struct smb2_posix *posix)
{
	const struct smb2_qfid_response id = {.disk_file_id = 0x1122334455};
	struct wire_writer body = wire_writer_talloc(mem_ctx);
	struct wire_writer w = wire_writer_talloc(mem_ctx);
	struct wire_chain list = smb2_create_context_list(&w);

	assert_true(smb2_qfid_response_add(&list, &id));
	assert_true(smb2_posix_encode(&body, posix));
	assert_true(smb2_create_context_put(
		&list, wire_slice(SMB2_CREATE_POSIX, SMB2_POSIX_GUID_SIZE),
		wire_writer_slice(&body)));
	return wire_writer_slice(&w);
}

static void test_answered(void **state)
{
	TALLOC_CTX *tmp = talloc_new(NULL);
	const struct smb2_posix posix = {.links = 3, .mode = 0640};
	struct wire_slice list = answered(tmp, &posix);
	struct client_stat stat = {0};

	(void)state;
	open_contexts_take(wire_slice(NULL, 0), &stat);
	assert_false(stat.posix);
	assert_int_equal(stat.file_id, 0);
	open_contexts_take(list, &stat);
	assert_true(stat.posix);
	assert_int_equal(stat.links, 3);
	assert_int_equal(stat.mode & 07777, 0640);
	assert_true(stat.file_id == 0x1122334455);
	talloc_free(tmp);
}

/* Cut anywhere, and with any byte other than it should be: nothing is read
 * beyond the end (under the sanitizers and valgrind). */
static void test_damaged(void **state)
{
	TALLOC_CTX *tmp = talloc_new(NULL);
	const struct smb2_posix posix = {.links = 3};
	struct wire_slice list = answered(tmp, &posix);
	struct client_stat stat = {0};
	uint8_t *copy = NULL;
	size_t i = 0;

	(void)state;
	for (i = 0; i < list.len; i++) {
		copy = talloc_memdup(tmp, list.data, i);
		open_contexts_take(wire_slice(copy, i), &stat);
		talloc_free(copy);
		copy = talloc_memdup(tmp, list.data, list.len);
		copy[i] ^= 0xFF;
		open_contexts_take(wire_slice(copy, list.len), &stat);
		talloc_free(copy);
	}
	stat = (struct client_stat){0};
	open_contexts_take(wire_slice(list.data, 20), &stat);
	assert_false(stat.posix);
	assert_int_equal(stat.file_id, 0);
	talloc_free(tmp);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_asked),
		cmocka_unit_test(test_answered),
		cmocka_unit_test(test_damaged),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
