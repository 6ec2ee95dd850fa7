/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SET_INFO of security descriptors: who may, and what is none. */
#include "server/acl.h"
#include "tests/fixture_files.h"

static const struct sid everybody = {.authority = 1, .count = 1};

/* The store of the tests keeps no descriptors: who is told so was let in. */
#define TAKEN NT_STATUS_NOT_SUPPORTED

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

static struct smb2_file_id open_for(struct files *t, uint32_t access)
{
	return files_open(t, (struct create_args){.name = "f",
						  .access = access,
						  .disposition = FILE_OPEN_IF});
}

static NTSTATUS set(struct files *t, struct smb2_file_id id, uint32_t parts,
		    struct wire_slice sd)
{
	const struct smb2_set_info_request in = {
		.info_type = SMB2_0_INFO_SECURITY,
		.additional_information = parts,
		.file_id = id,
		.buffer = sd,
	};
	struct wire_writer w = files_pdu(t, SMB2_SET_INFO);

	assert_true(smb2_set_info_request_encode(&w, &in));
	return files_call(t, &w);
}

/* Owner, group and so many entries of a list. */
static struct wire_slice descriptor(struct files *t, unsigned entries)
{
	struct security_descriptor sd = {
		.control = SD_DACL_PRESENT,
		.has_owner = true,
		.owner = everybody,
		.has_group = true,
		.group = everybody,
	};
	struct security_ace ace = {
		.type = ACCESS_ALLOWED_ACE_TYPE,
		.mask = FILE_READ_DATA,
		.sid = everybody,
	};
	struct wire_writer list = wire_writer_talloc(t);
	struct wire_writer w = wire_writer_talloc(t);
	size_t acl = security_acl_begin(&list);
	unsigned i = 0;

	for (i = 0; i < entries; i++) {
		assert_true(security_acl_add(&list, acl, &ace));
	}
	sd.dacl = security_acl_end(&list, acl);
	assert_true(security_descriptor_encode(&w, &sd));
	return wire_writer_slice(&w);
}

/* Each part wants a right of its own, and one that nobody knows the highest. */
static void test_rights(void **state)
{
	static const struct {
		uint32_t parts, access;
		bool may;
	} rows[] = {
		{OWNER_SECURITY_INFORMATION, SEC_STD_WRITE_OWNER, true},
		{OWNER_SECURITY_INFORMATION, SEC_STD_WRITE_DAC, false},
		{GROUP_SECURITY_INFORMATION, SEC_STD_WRITE_OWNER, true},
		{GROUP_SECURITY_INFORMATION, FILE_WRITE_DATA, false},
		{LABEL_SECURITY_INFORMATION, SEC_STD_WRITE_DAC, false},
		{DACL_SECURITY_INFORMATION, SEC_STD_WRITE_DAC, true},
		{DACL_SECURITY_INFORMATION, SEC_STD_WRITE_OWNER, false},
		{ATTRIBUTE_SECURITY_INFORMATION, SEC_STD_WRITE_OWNER, false},
		{SACL_SECURITY_INFORMATION,
		 SEC_STD_WRITE_DAC | SEC_STD_WRITE_OWNER, false},
		{0x80, SEC_STD_WRITE_DAC | SEC_STD_WRITE_OWNER, false},
		{UINT32_MAX, SEC_STD_WRITE_DAC | SEC_STD_WRITE_OWNER, false},
		{OWNER_SECURITY_INFORMATION | DACL_SECURITY_INFORMATION,
		 SEC_STD_WRITE_DAC, false},
		{OWNER_SECURITY_INFORMATION | DACL_SECURITY_INFORMATION,
		 SEC_STD_WRITE_DAC | SEC_STD_WRITE_OWNER, true},
	};
	struct files *t = *state;
	struct wire_slice sd = descriptor(t, 1);
	size_t i = 0;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct smb2_file_id id = open_for(t, rows[i].access);

		assert_int_equal(set(t, id, rows[i].parts, sd),
				 rows[i].may ? TAKEN : NT_STATUS_ACCESS_DENIED);
		assert_int_equal(files_close(t, id), NT_STATUS_OK);
	}
}

/* Cut off anywhere, and with any byte of what leads it another. */
static void test_malformed(void **state)
{
	struct files *t = *state;
	struct smb2_file_id id = open_for(t, SEC_STD_WRITE_DAC);
	struct wire_slice sd = descriptor(t, 2);
	uint8_t *copy = talloc_memdup(t, sd.data, sd.len);
	const uint32_t part = DACL_SECURITY_INFORMATION;
	/* revision, self-relative, offsets beyond the end */
	static const unsigned places[] = {0, 3, 5, 9, 17};
	size_t len = 0;
	size_t i = 0;

	for (len = 1; len < sd.len; len++) {
		assert_int_equal(set(t, id, part, wire_slice(sd.data, len)),
				 NT_STATUS_INVALID_SECURITY_DESCR);
	}
	assert_int_equal(set(t, id, part, sd), TAKEN);
	for (i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		uint8_t old = copy[places[i]];

		copy[places[i]] = old ^ 0x80;
		assert_int_equal(set(t, id, part, wire_slice(copy, sd.len)),
				 NT_STATUS_INVALID_SECURITY_DESCR);
		copy[places[i]] = old;
	}
	/* a list with more entries than it has room for */
	copy[sd.len - 2 * 20 - 4] = 3;
	assert_int_equal(set(t, id, part, wire_slice(copy, sd.len)),
			 NT_STATUS_INVALID_SECURITY_DESCR);
}

/* What no file system here could keep. */
static void test_too_large(void **state)
{
	struct files *t = *state;
	struct smb2_file_id id = open_for(t, SEC_STD_WRITE_DAC);
	/* header, owner, group, the list's header, and entries of 20 bytes */
	const unsigned most = (ACL_SIZE_MAX - 20 - 2 * 12 - 8) / 20;

	assert_int_equal(
		set(t, id, DACL_SECURITY_INFORMATION, descriptor(t, most)),
		TAKEN);
	assert_int_equal(
		set(t, id, DACL_SECURITY_INFORMATION, descriptor(t, most + 1)),
		NT_STATUS_INVALID_SECURITY_DESCR);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_rights, setup, teardown),
		cmocka_unit_test_setup_teardown(test_malformed, setup,
						teardown),
		cmocka_unit_test_setup_teardown(test_too_large, setup,
						teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
