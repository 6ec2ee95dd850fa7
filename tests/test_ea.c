/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Extended attributes: setting, listing, and those that must be known. */
#include "server/ea.h"
#include "tests/fixture_ea.h"

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

static void test_set(void **state)
{
	struct files *t = *state;
	struct smb2_file_id id = files_make(t, "f");
	struct wire_slice data = {0};
	uint32_t size = 0;

	assert_int_equal(ea_ask(t, id,
				(struct smb2_query_info_request){
					.output_buffer_length = EA_ROOM}),
			 NT_STATUS_NO_EAS_ON_FILE);
	assert_int_equal(ea_set(t, id, "ONE=1 two=22 GONE="), NT_STATUS_OK);
	assert_string_equal(ea_all(t, id), "ONE=1 two=22 ");
	assert_int_equal(ea_set(t, id, "one=new"), NT_STATUS_OK);
	assert_string_equal(ea_all(t, id), "ONE=new two=22 ");
	assert_int_equal(files_query(t, id, FileEaInformation, &data),
			 NT_STATUS_OK);
	assert_true(fscc_u32_decode(data, &size));
	assert_int_equal(size, 16 + 8 + 3 + 1 + 2);
	assert_int_equal(ea_set(t, id, "ONE= Two="), NT_STATUS_OK);
	assert_int_equal(ea_ask(t, id,
				(struct smb2_query_info_request){
					.output_buffer_length = EA_ROOM}),
			 NT_STATUS_NO_EAS_ON_FILE);
	assert_int_equal(ea_set(t, id, "a*=1"), NT_STATUS_INVALID_EA_NAME);
	assert_int_equal(files_set(t, id, FileFullEaInformation,
				   wire_slice((const uint8_t *)"nonsense", 8)),
			 NT_STATUS_EA_LIST_INCONSISTENT);
}

static void test_too_large(void **state)
{
	struct files *t = *state;
	struct smb2_file_id id = files_make(t, "f");
	char *half = talloc_array(t, char, 40001);

	memset(half, 'x', 40000);
	half[40000] = '\0';
	assert_int_equal(ea_set(t, id, talloc_asprintf(t, "A=%s", half)),
			 NT_STATUS_OK);
	assert_int_equal(ea_set(t, id, talloc_asprintf(t, "B=%s", half)),
			 NT_STATUS_EA_TOO_LARGE);
	assert_int_equal(ea_set(t, id, talloc_asprintf(t, "A=%s", half)),
			 NT_STATUS_OK);
}

/* In MS-FSCC 2.4.16 a name may have 255 bytes: on a disk of Linux "user.",
 * which is before it, counts as well. */
static void test_long_names(void **state)
{
	struct files *t = *state;
	struct smb2_file_id id = files_make(t, "f");
	char name[STORE_XATTR_NAME_MAX + 2] = {0};

	memset(name, 'N', STORE_XATTR_NAME_MAX);
	assert_int_equal(ea_set(t, id, talloc_asprintf(t, "%s=1", name)),
			 NT_STATUS_OK);
	assert_string_equal(ea_all(t, id), talloc_asprintf(t, "%s=1 ", name));
	name[STORE_XATTR_NAME_MAX] = 'N';
	assert_int_equal(ea_set(t, id, talloc_asprintf(t, "%s=1", name)),
			 NT_STATUS_INVALID_EA_NAME);
}

/* MS-FSA 2.1.5.1.2 */
static void test_needed(void **state)
{
	struct files *t = *state;
	struct smb2_file_id id = files_make(t, "f");
	const struct create_args blind = {.name = "f",
					  .options = FILE_NO_EA_KNOWLEDGE,
					  .disposition = FILE_OPEN};

	assert_int_equal(files_status(t, blind), NT_STATUS_OK);
	assert_int_equal(ea_set(t, id, "A!=1 B=2"), NT_STATUS_OK);
	assert_string_equal(ea_all(t, id), "A!=1 B=2 ");
	assert_int_equal(files_status(t, blind), NT_STATUS_ACCESS_DENIED);
	assert_int_equal(
		files_status(t, (struct create_args){.name = "f",
						     .disposition = FILE_OPEN}),
		NT_STATUS_OK);
	/* a stream is not what they are about */
	assert_int_equal(
		files_status(
			t, (struct create_args){.name = "f:s",
						.options = FILE_NO_EA_KNOWLEDGE,
						.disposition = FILE_OPEN_IF}),
		NT_STATUS_OK);
	assert_int_equal(ea_set(t, id, "a=1"), NT_STATUS_OK);
	assert_string_equal(ea_all(t, id), "A=1 B=2 ");
	assert_int_equal(files_status(t, blind), NT_STATUS_OK);
	assert_int_equal(ea_set(t, id, "B!=2"), NT_STATUS_OK);
	assert_int_equal(ea_set(t, id, "B="), NT_STATUS_OK);
	assert_int_equal(files_status(t, blind), NT_STATUS_OK);
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_set),
		TEST(test_too_large),
		TEST(test_long_names),
		TEST(test_needed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
