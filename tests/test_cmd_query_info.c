/* SPDX-License-Identifier: GPL-3.0-or-later */
/* QUERY_INFO: every class, what is too short for it, rights, security. */
#include "server/query_info.h"
#include "smbquic/security_descriptor.h"
#include "tests/fixture_files.h"

#define ROOM 4096

static int setup(void **state)
{
	*state = files_new("");
	return 0;
}

static int setup_short(void **state)
{
	*state = files_new("mangled names = yes\n");
	return 0;
}

static int teardown(void **state)
{
	talloc_free(*state);
	return 0;
}

static NTSTATUS query(struct files *t, struct smb2_file_id id, uint8_t type,
		      uint8_t class, uint32_t parts, uint32_t size,
		      struct wire_slice *out)
{
	struct wire_writer w = files_query_pdu(t, id, type, class, parts, size);
	NTSTATUS status = files_call(t, &w);

	*out = files_buffer(t);
	return status;
}

static NTSTATUS query_file(struct files *t, struct smb2_file_id id,
			   uint8_t class, uint32_t size, struct wire_slice *out)
{
	return query(t, id, SMB2_0_INFO_FILE, class, 0, size, out);
}

static NTSTATUS query_fs(struct files *t, struct smb2_file_id id, uint8_t class,
			 uint32_t size, struct wire_slice *out)
{
	return query(t, id, SMB2_0_INFO_FILESYSTEM, class, 0, size, out);
}

/* A file with five bytes, in a directory. */
static struct smb2_file_id hello(struct files *t)
{
	struct smb2_file_id id = {0};

	files_close(t, files_make_dir(t, "Dir"));
	id = files_make(t, "Dir\\File");
	assert_int_equal(files_write(t, id, "hello", 0), NT_STATUS_OK);
	return id;
}

static void assert_utf16(struct wire_slice is, const char *text)
{
	char *utf8 = utf16_to_utf8(NULL, is);

	assert_non_null(utf8);
	assert_string_equal(utf8, text);
	talloc_free(utf8);
}

/* --- files -----------------------------------------------------------------
 */

static void test_file(void **state)
{
	struct files *t = *state;
	struct smb2_file_id id = hello(t);
	struct fscc_basic basic = files_basic(t, id);
	struct fscc_standard standard = files_standard(t, id);
	struct fscc_network_open network = {0};
	struct fscc_attribute_tag tag = {0};
	struct fscc_compression compression = {0};
	struct wire_slice data = {0};
	uint32_t number = 1;

	assert_int_equal(standard.end_of_file, 5);
	assert_int_equal(standard.number_of_links, 1);
	assert_int_equal(standard.delete_pending, 0);
	assert_int_equal(standard.directory, 0);
	assert_int_equal(
		query_file(t, id, FileNetworkOpenInformation, 56, &data),
		NT_STATUS_OK);
	assert_true(fscc_network_open_decode(data, &network));
	assert_int_equal(network.creation_time, basic.creation_time);
	assert_int_equal(network.change_time, basic.change_time);
	assert_int_equal(network.end_of_file, 5);
	assert_int_equal(network.allocation_size, standard.allocation_size);
	assert_int_equal(network.file_attributes, FILE_ATTRIBUTE_ARCHIVE);
	assert_int_equal(
		query_file(t, id, FileAttributeTagInformation, 8, &data),
		NT_STATUS_OK);
	assert_true(fscc_attribute_tag_decode(data, &tag));
	assert_int_equal(tag.file_attributes, FILE_ATTRIBUTE_ARCHIVE);
	assert_int_equal(tag.reparse_tag, 0);
	assert_int_equal(query_file(t, id, FileEaInformation, 4, &data),
			 NT_STATUS_OK);
	assert_true(fscc_u32_decode(data, &number));
	assert_int_equal(number, 0);
	assert_int_equal(query_file(t, id, FileAlignmentInformation, 4, &data),
			 NT_STATUS_OK);
	assert_true(fscc_u32_decode(data, &number));
	assert_int_equal(number, 0);
	assert_int_equal(query_file(t, id, FileAccessInformation, 4, &data),
			 NT_STATUS_OK);
	assert_true(fscc_u32_decode(data, &number));
	assert_int_equal(number, FILE_ALL_ACCESS);
	assert_int_equal(
		query_file(t, id, FileCompressionInformation, 16, &data),
		NT_STATUS_OK);
	assert_true(fscc_compression_decode(data, &compression));
	assert_int_equal(compression.compressed_file_size, 5);
	assert_int_equal(compression.compression_format,
			 COMPRESSION_FORMAT_NONE);
}

static void test_ids(void **state)
{
	struct files *t = *state;
	struct smb2_file_id id = hello(t);
	struct smb2_file_id other = files_make(t, "other");
	struct wire_slice data = {0};
	struct fscc_id wide = {0};
	uint64_t number = 0;
	uint64_t of_other = 0;

	assert_int_equal(query_file(t, id, FileInternalInformation, 8, &data),
			 NT_STATUS_OK);
	assert_true(fscc_u64_decode(data, &number));
	assert_int_equal(
		query_file(t, other, FileInternalInformation, 8, &data),
		NT_STATUS_OK);
	assert_true(fscc_u64_decode(data, &of_other));
	assert_true(number != of_other);
	assert_int_equal(query_file(t, id, FileIdInformation, 24, &data),
			 NT_STATUS_OK);
	assert_true(fscc_id_decode(data, &wide));
	assert_int_equal(wide.file_id.bytes[0] | (uint64_t)wide.file_id.bytes[1]
							 << 8,
			 number & 0xFFFF);
}

static void test_names(void **state)
{
	struct files *t = *state;
	struct smb2_file_id id = hello(t);
	struct smb2_file_id root = files_make_dir(t, "");
	struct wire_slice data = {0};
	struct wire_slice name = {0};
	struct fscc_all all = {0};

	assert_int_equal(query_file(t, id, FileNameInformation, ROOM, &data),
			 NT_STATUS_OK);
	assert_true(fscc_name_decode(data, &name));
	assert_utf16(name, "\\Dir\\File");
	assert_int_equal(
		query_file(t, id, FileNormalizedNameInformation, ROOM, &data),
		NT_STATUS_OK);
	assert_true(fscc_name_decode(data, &name));
	assert_utf16(name, "Dir\\File");
	assert_int_equal(query_file(t, id, FileAllInformation, ROOM, &data),
			 NT_STATUS_OK);
	assert_true(fscc_all_decode(data, &all));
	assert_utf16(all.name, "\\Dir\\File");
	assert_int_equal(all.standard.end_of_file, 5);
	assert_int_equal(all.access_flags, FILE_ALL_ACCESS);
	assert_int_equal(query_file(t, root, FileNameInformation, ROOM, &data),
			 NT_STATUS_OK);
	assert_true(fscc_name_decode(data, &name));
	assert_utf16(name, "\\");
	assert_int_equal(
		query_file(t, root, FileNormalizedNameInformation, ROOM, &data),
		NT_STATUS_OK);
	assert_true(fscc_name_decode(data, &name));
	assert_int_equal(name.len, 0);
	t->f->conn->agreed.dialect = SMB2_DIALECT_302;
	assert_int_equal(
		query_file(t, id, FileNormalizedNameInformation, ROOM, &data),
		NT_STATUS_NOT_SUPPORTED);
	/* without `mangled names` there are no others */
	assert_int_equal(
		query_file(t, id, FileAlternateNameInformation, ROOM, &data),
		NT_STATUS_OBJECT_NAME_NOT_FOUND);
}

static void test_short_name(void **state)
{
	struct files *t = *state;
	struct smb2_file_id id = files_make(t, "a long name.text");
	struct smb2_file_id root = files_open(
		t, (struct create_args){.name = "", .disposition = FILE_OPEN});
	struct wire_slice data = {0};
	struct wire_slice name = {0};
	char *made = NULL;

	assert_int_equal(
		query_file(t, id, FileAlternateNameInformation, ROOM, &data),
		NT_STATUS_OK);
	assert_true(fscc_name_decode(data, &name));
	made = utf16_to_utf8(t, name);
	assert_int_equal(strlen(made), 12);
	assert_int_equal(files_close(t, id), NT_STATUS_OK);
	id = files_open(t, (struct create_args){.name = made,
						.disposition = FILE_OPEN});
	assert_int_equal(
		query_file(t, id, FileNormalizedNameInformation, ROOM, &data),
		NT_STATUS_OK);
	assert_true(fscc_name_decode(data, &name));
	assert_utf16(name, "a long name.text");
	assert_int_equal(files_close(t, id), NT_STATUS_OK);
	assert_int_equal(
		query_file(t, root, FileAlternateNameInformation, ROOM, &data),
		NT_STATUS_OBJECT_NAME_NOT_FOUND);
}

static void test_streams(void **state)
{
	struct files *t = *state;
	struct smb2_file_id id = hello(t);
	struct wire_slice data = {0};
	struct wire_walker list = {0};
	struct fscc_stream stream = {0};

	assert_int_equal(query_file(t, id, FileStreamInformation, ROOM, &data),
			 NT_STATUS_OK);
	list = fscc_streams(data);
	assert_true(fscc_stream_next(&list, &stream));
	assert_utf16(stream.name, "::$DATA");
	assert_int_equal(stream.size, 5);
	assert_false(fscc_stream_next(&list, &stream));
	assert_true(wire_walker_ok(&list));
	assert_int_equal(query_file(t, files_make_dir(t, "d"),
				    FileStreamInformation, ROOM, &data),
			 NT_STATUS_OK);
	assert_int_equal(data.len, 0);
}

static void test_mode(void **state)
{
	struct files *t = *state;
	struct smb2_file_id id = files_open(
		t, (struct create_args){.name = "f",
					.disposition = FILE_CREATE,
					.options = FILE_WRITE_THROUGH |
						   FILE_RANDOM_ACCESS});
	struct wire_slice data = {0};
	uint32_t mode = 0;

	assert_int_equal(query_file(t, id, FileModeInformation, 4, &data),
			 NT_STATUS_OK);
	assert_true(fscc_u32_decode(data, &mode));
	assert_int_equal(mode, FILE_WRITE_THROUGH);
}

/* A directory has neither size nor ARCHIVE. */
static void test_directory(void **state)
{
	struct files *t = *state;
	struct smb2_file_id id = files_make_dir(t, "d");
	struct fscc_standard standard = files_standard(t, id);

	assert_int_equal(standard.directory, 1);
	assert_int_equal(standard.end_of_file, 0);
	assert_int_equal(files_basic(t, id).file_attributes,
			 FILE_ATTRIBUTE_DIRECTORY);
}

static void test_file_rights(void **state)
{
	static const uint8_t secret[] = {
		FileBasicInformation, FileAllInformation,
		FileNetworkOpenInformation, FileAttributeTagInformation};
	static const uint8_t open_to_all[] = {
		FileStandardInformation, FileInternalInformation,
		FileNameInformation, FileAccessInformation};
	struct files *t = *state;
	struct wire_slice data = {0};
	struct smb2_file_id id = {0};

	files_close(t, hello(t));
	id = files_open(t, (struct create_args){.name = "Dir\\File",
						.access = FILE_READ_DATA,
						.disposition = FILE_OPEN});
	for (size_t i = 0; i < 4; i++) {
		assert_int_equal(query_file(t, id, secret[i], ROOM, &data),
				 NT_STATUS_ACCESS_DENIED);
		assert_int_equal(query_file(t, id, open_to_all[i], ROOM, &data),
				 NT_STATUS_OK);
	}
}

/* --- file systems ----------------------------------------------------------
 */

static void test_sizes(void **state)
{
	struct files *t = *state;
	struct smb2_file_id id = hello(t);
	struct wire_slice data = {0};
	struct fscc_fs_size size = {0};
	struct fscc_fs_full_size full = {0};
	struct fscc_fs_sector_size sector = {0};

	assert_int_equal(query_fs(t, id, FileFsSizeInformation, 24, &data),
			 NT_STATUS_OK);
	assert_true(fscc_fs_size_decode(data, &size));
	/* 256 MiB are what a share in memory has */
	assert_int_equal(size.total_allocation_units *
				 size.sectors_per_allocation_unit *
				 size.bytes_per_sector,
			 256 << 20);
	assert_true(size.available_allocation_units <
		    size.total_allocation_units);
	assert_int_equal(query_fs(t, id, FileFsFullSizeInformation, 32, &data),
			 NT_STATUS_OK);
	assert_true(fscc_fs_full_size_decode(data, &full));
	assert_int_equal(full.total_allocation_units,
			 size.total_allocation_units);
	assert_int_equal(full.caller_available_allocation_units,
			 size.available_allocation_units);
	assert_int_equal(
		query_fs(t, id, FileFsSectorSizeInformation, 28, &data),
		NT_STATUS_OK);
	assert_true(fscc_fs_sector_size_decode(data, &sector));
	assert_int_equal(sector.logical_bytes_per_sector,
			 size.bytes_per_sector);
}

static void test_volume(void **state)
{
	struct files *t = *state;
	struct smb2_file_id id = files_make_dir(t, "");
	struct wire_slice data = {0};
	struct fscc_fs_volume volume = {0};
	struct fscc_fs_attribute attribute = {0};
	struct fscc_fs_device device = {0};
	struct fscc_fs_object_id object = {0};

	assert_int_equal(query_fs(t, id, FileFsVolumeInformation, ROOM, &data),
			 NT_STATUS_OK);
	assert_true(fscc_fs_volume_decode(data, &volume));
	assert_utf16(volume.label, "data");
	assert_int_equal(
		query_fs(t, id, FileFsAttributeInformation, ROOM, &data),
		NT_STATUS_OK);
	assert_true(fscc_fs_attribute_decode(data, &attribute));
	assert_utf16(attribute.name, "NTFS");
	assert_int_equal(attribute.maximum_component_name_length, 255);
	assert_int_equal(
		attribute.attributes &
			(FILE_CASE_PRESERVED_NAMES | FILE_UNICODE_ON_DISK |
			 FILE_READ_ONLY_VOLUME | FILE_CASE_SENSITIVE_SEARCH |
			 FILE_NAMED_STREAMS | FILE_PERSISTENT_ACLS),
		FILE_CASE_SENSITIVE_SEARCH | FILE_CASE_PRESERVED_NAMES |
			FILE_UNICODE_ON_DISK | FILE_NAMED_STREAMS);
	assert_int_equal(query_fs(t, id, FileFsDeviceInformation, 8, &data),
			 NT_STATUS_OK);
	assert_true(fscc_fs_device_decode(data, &device));
	assert_int_equal(device.device_type, FILE_DEVICE_DISK);
	assert_int_equal(query_fs(t, id, FileFsObjectIdInformation, 64, &data),
			 NT_STATUS_OK);
	assert_true(fscc_fs_object_id_decode(data, &object));
	assert_string_equal((const char *)object.extended_info,
			    FSCC_FS_SMBQUICD);
	t->tree->read_only = true;
	assert_int_equal(
		query_fs(t, id, FileFsAttributeInformation, ROOM, &data),
		NT_STATUS_OK);
	assert_true(fscc_fs_attribute_decode(data, &attribute));
	assert_true((attribute.attributes & FILE_READ_ONLY_VOLUME) != 0);
}

/* --- room ------------------------------------------------------------------
 */

/* One error context without data (MS-SMB2 3.3.5.20.1). */
static void check_mismatch(struct files *t)
{
	struct smb2_error_response error = {0};
	struct wire_slice data = {0};

	assert_true(smb2_error_response_decode(t->reply.data, t->reply.len,
					       &error));
	assert_int_equal(error.context_count, 1);
	assert_int_equal(error.data.len, 8);
	assert_true(
		smb2_error_context_find(&error, SMB2_ERROR_ID_DEFAULT, &data));
	assert_int_equal(data.len, 0);
}

/* What is whole fits exactly or not at all. */
static void check_minimum(struct files *t, struct smb2_file_id id, uint8_t type,
			  uint8_t class, uint32_t minimum)
{
	struct wire_slice data = {0};

	assert_int_equal(query(t, id, type, class, 0, minimum - 1, &data),
			 NT_STATUS_INFO_LENGTH_MISMATCH);
	check_mismatch(t);
	assert_int_equal(query(t, id, type, class, 0, 0, &data),
			 NT_STATUS_INFO_LENGTH_MISMATCH);
	check_mismatch(t);
	assert_int_equal(query(t, id, type, class, 0, minimum, &data),
			 NT_STATUS_OK);
	assert_int_equal(data.len, minimum);
}

static void test_minima(void **state)
{
	static const struct {
		uint8_t type, class;
		uint32_t minimum;
	} table[] = {
		{SMB2_0_INFO_FILE, FileBasicInformation, 40},
		{SMB2_0_INFO_FILE, FileStandardInformation, 24},
		{SMB2_0_INFO_FILE, FileInternalInformation, 8},
		{SMB2_0_INFO_FILE, FileEaInformation, 4},
		{SMB2_0_INFO_FILE, FileAccessInformation, 4},
		{SMB2_0_INFO_FILE, FilePositionInformation, 8},
		{SMB2_0_INFO_FILE, FileModeInformation, 4},
		{SMB2_0_INFO_FILE, FileAlignmentInformation, 4},
		{SMB2_0_INFO_FILE, FileCompressionInformation, 16},
		{SMB2_0_INFO_FILE, FileNetworkOpenInformation, 56},
		{SMB2_0_INFO_FILE, FileAttributeTagInformation, 8},
		{SMB2_0_INFO_FILE, FileIdInformation, 24},
		{SMB2_0_INFO_FILESYSTEM, FileFsSizeInformation, 24},
		{SMB2_0_INFO_FILESYSTEM, FileFsDeviceInformation, 8},
		{SMB2_0_INFO_FILESYSTEM, FileFsFullSizeInformation, 32},
		{SMB2_0_INFO_FILESYSTEM, FileFsObjectIdInformation, 64},
		{SMB2_0_INFO_FILESYSTEM, FileFsSectorSizeInformation, 28},
	};
	struct files *t = *state;
	struct smb2_file_id id = hello(t);

	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		check_minimum(t, id, table[i].type, table[i].class,
			      table[i].minimum);
	}
}

/* A name that is too long is cut, and that is said. */
static void test_cut(void **state)
{
	static const struct {
		uint8_t type, class;
		uint32_t fixed, whole;
	} table[] = {
		{SMB2_0_INFO_FILE, FileNameInformation, 8, 4 + 18},
		{SMB2_0_INFO_FILE, FileNormalizedNameInformation, 8, 4 + 16},
		{SMB2_0_INFO_FILE, FileAllInformation, 104, 100 + 18},
		{SMB2_0_INFO_FILESYSTEM, FileFsVolumeInformation, 24, 18 + 8},
		{SMB2_0_INFO_FILESYSTEM, FileFsAttributeInformation, 16,
		 12 + 8},
	};
	struct files *t = *state;
	struct smb2_file_id id = hello(t);

	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		uint8_t type = table[i].type;
		uint8_t class = table[i].class;
		struct wire_slice whole = {0};
		struct wire_slice data = {0};

		assert_int_equal(query(t, id, type, class, 0, ROOM, &whole),
				 NT_STATUS_OK);
		assert_int_equal(whole.len, table[i].whole);
		assert_int_equal(
			query(t, id, type, class, 0, table[i].whole, &data),
			NT_STATUS_OK);
		assert_int_equal(
			query(t, id, type, class, 0, table[i].whole - 1, &data),
			NT_STATUS_BUFFER_OVERFLOW);
		assert_int_equal(data.len, table[i].whole - 1);
		assert_memory_equal(data.data, whole.data, data.len);
		assert_int_equal(
			query(t, id, type, class, 0, table[i].fixed, &data),
			NT_STATUS_BUFFER_OVERFLOW);
		assert_int_equal(data.len, table[i].fixed);
		assert_int_equal(
			query(t, id, type, class, 0, table[i].fixed - 1, &data),
			NT_STATUS_INFO_LENGTH_MISMATCH);
		check_mismatch(t);
	}
}

/* Before 3.1.1 there were no contexts. */
static void test_mismatch_before_311(void **state)
{
	struct files *t = *state;
	struct smb2_file_id id = hello(t);
	struct smb2_error_response error = {0};
	struct wire_slice data = {0};

	t->f->conn->agreed.dialect = SMB2_DIALECT_302;
	assert_int_equal(query_file(t, id, FileBasicInformation, 39, &data),
			 NT_STATUS_INFO_LENGTH_MISMATCH);
	assert_true(smb2_error_response_decode(t->reply.data, t->reply.len,
					       &error));
	assert_int_equal(error.context_count, 0);
	assert_int_equal(error.data.len, 0);
}

static void test_refused(void **state)
{
	struct files *t = *state;
	struct smb2_file_id id = hello(t);
	struct wire_slice data = {0};

	assert_int_equal(query_file(t, id, 0, ROOM, &data),
			 NT_STATUS_INVALID_INFO_CLASS);
	assert_int_equal(query_file(t, id, FileRenameInformation, ROOM, &data),
			 NT_STATUS_INVALID_INFO_CLASS);
	assert_int_equal(query_file(t, id, 200, ROOM, &data),
			 NT_STATUS_INVALID_INFO_CLASS);
	assert_int_equal(query_fs(t, id, 99, ROOM, &data),
			 NT_STATUS_INVALID_INFO_CLASS);
	assert_int_equal(query(t, id, SMB2_0_INFO_QUOTA, 0, 0, ROOM, &data),
			 NT_STATUS_INVALID_PARAMETER);
	assert_int_equal(query(t, id, 9, FileBasicInformation, 0, ROOM, &data),
			 NT_STATUS_INVALID_PARAMETER);
	assert_int_equal(query_file(t, id, FileBasicInformation,
				    SMB2_LARGE_MTU + 1, &data),
			 NT_STATUS_INVALID_PARAMETER);
	assert_int_equal(query_file(t, id, FileFullEaInformation, ROOM, &data),
			 NT_STATUS_NO_EAS_ON_FILE);
	files_close(t, id);
	assert_int_equal(query_file(t, id, FileBasicInformation, ROOM, &data),
			 NT_STATUS_FILE_CLOSED);
}

/* --- security --------------------------------------------------------------
 */

static NTSTATUS query_security(struct files *t, struct smb2_file_id id,
			       uint32_t parts, uint32_t size,
			       struct security_descriptor *sd)
{
	struct wire_slice data = {0};
	NTSTATUS status =
		query(t, id, SMB2_0_INFO_SECURITY, 0, parts, size, &data);

	if (status == NT_STATUS_OK) {
		assert_true(security_descriptor_decode(data, sd));
	}
	return status;
}

static void test_security(void **state)
{
	struct files *t = *state;
	struct smb2_file_id id = hello(t);
	struct security_descriptor sd = {0};

	assert_int_equal(query_security(t, id,
					OWNER_SECURITY_INFORMATION |
						GROUP_SECURITY_INFORMATION |
						DACL_SECURITY_INFORMATION,
					ROOM, &sd),
			 NT_STATUS_OK);
	assert_true(sd.has_owner);
	assert_true(sd.has_group);
	assert_true((sd.control & SD_DACL_PRESENT) != 0);
	assert_int_equal(
		query_security(t, id, OWNER_SECURITY_INFORMATION, ROOM, &sd),
		NT_STATUS_OK);
	assert_true(sd.has_owner);
	assert_false(sd.has_group);
	assert_int_equal(sd.control & SD_DACL_PRESENT, 0);
	assert_int_equal(query_security(t, id, 0, ROOM, &sd), NT_STATUS_OK);
	assert_false(sd.has_owner);
	assert_int_equal(
		query_security(t, id, SACL_SECURITY_INFORMATION, ROOM, &sd),
		NT_STATUS_ACCESS_DENIED);
}

/* Too small a buffer: the size that would do, as error data. */
static void test_security_room(void **state)
{
	struct files *t = *state;
	struct smb2_file_id id = hello(t);
	struct security_descriptor sd = {0};
	struct smb2_error_response error = {0};
	uint32_t needed = 0;
	const uint32_t parts =
		OWNER_SECURITY_INFORMATION | DACL_SECURITY_INFORMATION;
	static const uint32_t sizes[] = {0, 10};

	for (size_t i = 0; i < 2; i++) {
		assert_int_equal(query_security(t, id, parts, sizes[i], &sd),
				 NT_STATUS_BUFFER_TOO_SMALL);
		assert_true(smb2_error_response_decode(t->reply.data,
						       t->reply.len, &error));
		assert_int_equal(error.context_count, 1);
		assert_int_equal(error.data.len, 12);
		assert_true(smb2_error_response_length(&error, &needed));
	}
	assert_int_equal(query_security(t, id, parts, needed - 1, &sd),
			 NT_STATUS_BUFFER_TOO_SMALL);
	assert_int_equal(query_security(t, id, parts, needed, &sd),
			 NT_STATUS_OK);
	t->f->conn->agreed.dialect = SMB2_DIALECT_302;
	assert_int_equal(query_security(t, id, parts, 0, &sd),
			 NT_STATUS_BUFFER_TOO_SMALL);
	assert_true(smb2_error_response_decode(t->reply.data, t->reply.len,
					       &error));
	assert_int_equal(error.context_count, 0);
	assert_int_equal(error.data.len, 4);
}

static void test_security_rights(void **state)
{
	struct files *t = *state;
	struct security_descriptor sd = {0};
	struct smb2_file_id id = {0};

	files_close(t, hello(t));
	id = files_open(t, (struct create_args){.name = "Dir\\File",
						.access = FILE_READ_DATA,
						.disposition = FILE_OPEN});
	assert_int_equal(
		query_security(t, id, OWNER_SECURITY_INFORMATION, ROOM, &sd),
		NT_STATUS_ACCESS_DENIED);
	assert_int_equal(
		query_security(t, id, DACL_SECURITY_INFORMATION, ROOM, &sd),
		NT_STATUS_ACCESS_DENIED);
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_file),
		TEST(test_ids),
		TEST(test_names),
		TEST(test_streams),
		TEST(test_mode),
		TEST(test_directory),
		TEST(test_file_rights),
		TEST(test_sizes),
		TEST(test_volume),
		TEST(test_minima),
		TEST(test_cut),
		TEST(test_mismatch_before_311),
		TEST(test_refused),
		TEST(test_security),
		TEST(test_security_room),
		TEST(test_security_rights),
		cmocka_unit_test_setup_teardown(test_short_name, setup_short,
						teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
