/* SPDX-License-Identifier: GPL-3.0-or-later */
/* open_contexts.c: what an open asks for, and what is believed of the answer.
 */
#include "tests/testlib.h"

#include <string.h>

#include "client/client_private.h"
#include "client/contexts.h"
#include "client/properties.h"

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

/* Every context of contexts.h, each with the value that it was given. */
static void test_wishes(void **state)
{
	TALLOC_CTX *tmp = talloc_new(NULL);
	const struct smb2_guid id = {.bytes = "0123456789abcde"};
	const struct smb2_app_instance_version version = {3, 4};
	const struct security_descriptor sd = {.control = SD_DACL_PRESENT};
	struct client_ea ea[] = {{.name = "one", .value = {NULL, 0}},
				 {.name = "two", .value = {NULL, 0}}};
	const struct client_ea_list eas = {.count = 2, .ea = ea};
	const struct client_contexts wishes = {
		.maximal_access = true,
		.maximal_unless = 5,
		.allocation_size = 6,
		.security = &sd,
		.eas = &eas,
		.app_instance = &id,
		.app_version = &version,
	};
	const struct client_open how = {.contexts = &wishes};
	struct wire_slice list = {0};
	struct wire_slice data = {0};
	struct wire_walker walker = {0};
	struct fscc_ea got = {0};
	struct security_descriptor sd_got = {0};
	struct smb2_guid id_got = {{0}};
	struct smb2_app_instance_version version_got = {0};
	uint64_t number = 0;

	(void)state;
	ea[0].value = wire_slice("x", 1);
	ea[1].value = wire_slice("yz", 2);
	list = asked(tmp, &how);
	assert_true(smb2_create_context_find(
		list, SMB2_CREATE_QUERY_MAXIMAL_ACCESS, &data));
	assert_true(smb2_mxac_request_decode(data, &number));
	assert_int_equal(number, 5);
	assert_true(smb2_create_context_find(list, SMB2_CREATE_ALLOCATION_SIZE,
					     &data));
	assert_true(smb2_allocation_size_decode(data, &number));
	assert_int_equal(number, 6);
	assert_true(
		smb2_create_context_find(list, SMB2_CREATE_SD_BUFFER, &data));
	assert_true(security_descriptor_decode(data, &sd_got));
	assert_int_equal(sd_got.control, SD_DACL_PRESENT | SD_SELF_RELATIVE);
	assert_true(
		smb2_create_context_find(list, SMB2_CREATE_EA_BUFFER, &data));
	walker = fscc_eas(data);
	assert_true(fscc_ea_next(&walker, &got));
	assert_true(wire_slice_equal(got.name, wire_slice("one", 3)));
	assert_true(fscc_ea_next(&walker, &got));
	assert_true(wire_slice_equal(got.value, wire_slice("yz", 2)));
	assert_false(fscc_ea_next(&walker, &got));
	assert_true(smb2_create_context_find(list, SMB2_CREATE_APP_INSTANCE_ID,
					     &data));
	assert_true(smb2_app_instance_id_decode(data, &id_got));
	assert_memory_equal(&id_got, &id, sizeof(id));
	assert_true(smb2_create_context_find(
		list, SMB2_CREATE_APP_INSTANCE_VERSION, &data));
	assert_true(smb2_app_instance_version_decode(data, &version_got));
	assert_true(version_got.high == 3 && version_got.low == 4);
	talloc_free(tmp);
}

static NTSTATUS checked(const struct client_contexts *wishes, uint16_t dialect)
{
	const struct client_open how = {.contexts = wishes};

	return open_contexts_check(&how, dialect);
}

static void test_what_cannot_be_said(void **state)
{
	const struct smb2_guid id = {{1}};
	const struct smb2_app_instance_version version = {0, 1};
	char long_name[257] = "";
	struct client_ea ea = {.name = ""};
	const struct client_ea_list eas = {.count = 1, .ea = &ea};
	struct client_contexts app = {.app_instance = &id};
	const struct client_contexts named = {.eas = &eas};
	const struct client_contexts vast = {.allocation_size = UINT64_MAX};

	(void)state;
	assert_int_equal(checked(NULL, SMB2_DIALECT_202), NT_STATUS_OK);
	assert_int_equal(checked(&app, SMB2_DIALECT_300), NT_STATUS_OK);
	assert_int_equal(checked(&app, SMB2_DIALECT_210),
			 NT_STATUS_NOT_SUPPORTED);
	app.app_version = &version;
	assert_int_equal(checked(&app, SMB2_DIALECT_311), NT_STATUS_OK);
	assert_int_equal(checked(&app, SMB2_DIALECT_302),
			 NT_STATUS_NOT_SUPPORTED);
	app.app_instance = NULL;
	assert_int_equal(checked(&app, SMB2_DIALECT_311),
			 NT_STATUS_INVALID_PARAMETER);
	assert_int_equal(checked(&named, SMB2_DIALECT_311),
			 NT_STATUS_INVALID_PARAMETER);
	memset(long_name, 'n', sizeof(long_name) - 1);
	ea.name = long_name;
	assert_int_equal(checked(&named, SMB2_DIALECT_311),
			 NT_STATUS_INVALID_PARAMETER);
	ea.name = long_name + 1;
	assert_int_equal(checked(&named, SMB2_DIALECT_311), NT_STATUS_OK);
	assert_int_equal(checked(&vast, SMB2_DIALECT_311),
			 NT_STATUS_INVALID_PARAMETER);
}

/* What a further open of the same file says: of which snapshot and application
 * it is, and nothing that was for its making. */
static void test_kept(void **state)
{
	TALLOC_CTX *tmp = talloc_new(NULL);
	struct smb2_guid id = {{7}};
	const struct client_contexts wishes = {
		.maximal_access = true,
		.allocation_size = 6,
		.snapshot = 132000000000000000,
		.app_instance = &id,
	};
	struct client_open how = {.contexts = &wishes};

	(void)state;
	assert_true(open_contexts_snapshot(&how) == wishes.snapshot);
	assert_true(open_contexts_keep(tmp, &how));
	id.bytes[0] = 0; /* the caller's may go */
	assert_true(open_contexts_snapshot(&how) == wishes.snapshot);
	assert_int_equal(how.contexts->app_instance->bytes[0], 7);
	assert_null(how.contexts->app_version);
	assert_false(how.contexts->maximal_access);
	assert_int_equal(how.contexts->allocation_size, 0);
	talloc_free(tmp);
}

static void test_told(void **state)
{
	TALLOC_CTX *tmp = talloc_new(NULL);
	struct smb2_mxac_response mxac = {.query_status = NT_STATUS_OK,
					  .maximal_access = 0x1F01FF};
	const struct smb2_qfid_response id = {.disk_file_id = 8,
					      .volume_id = 9};
	struct wire_writer w = wire_writer_talloc(tmp);
	struct wire_chain list = smb2_create_context_list(&w);
	struct client_told told = {.maximal = true, .volume_id = 1};
	struct client_stat stat = {0};

	(void)state;
	open_contexts_told(wire_slice(NULL, 0), &told);
	assert_false(told.maximal);
	assert_int_equal(told.volume_id, 0);
	assert_true(smb2_mxac_response_add(&list, &mxac));
	assert_true(smb2_qfid_response_add(&list, &id));
	open_contexts_told(wire_writer_slice(&w), &told);
	open_contexts_take(wire_writer_slice(&w), &stat);
	assert_true(told.maximal);
	assert_int_equal(told.maximal_access, 0x1F01FF);
	assert_int_equal(stat.maximal_access, 0x1F01FF);
	assert_true(told.file_id == 8 && told.volume_id == 9);
	/* rights that come with an error are none */
	w = wire_writer_talloc(tmp);
	list = smb2_create_context_list(&w);
	mxac.query_status = NT_STATUS_NONE_MAPPED;
	assert_true(smb2_mxac_response_add(&list, &mxac));
	open_contexts_told(wire_writer_slice(&w), &told);
	assert_true(told.maximal);
	assert_int_equal(told.maximal_status, NT_STATUS_NONE_MAPPED);
	assert_int_equal(told.maximal_access, 0);
	talloc_free(tmp);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_wishes),
		cmocka_unit_test(test_what_cannot_be_said),
		cmocka_unit_test(test_kept),
		cmocka_unit_test(test_told),
		cmocka_unit_test(test_asked),
		cmocka_unit_test(test_answered),
		cmocka_unit_test(test_damaged),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
