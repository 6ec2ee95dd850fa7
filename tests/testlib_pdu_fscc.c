/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Rows for fscc*.c, security_descriptor.c and sid.c. */
#include "smbquic/fscc.h"
#include "smbquic/security_descriptor.h"
#include "tests/testlib_pdu.h"

/* --------------------------------------------------------- file information */

PDU_BODY(fscc_basic)
PDU_BODY(fscc_standard)
PDU_BODY(fscc_all)
PDU_BODY(fscc_network_open)
PDU_BODY(fscc_attribute_tag)
PDU_BODY(fscc_compression)
PDU_BODY(fscc_id)
PDU_BODY(fscc_pipe)
PDU_BODY(fscc_pipe_local)
PDU_BODY(fscc_pipe_remote)

/* Structures that are a value. */
#define VALUE(name, type)                                             \
	static bool name##_enc(struct wire_writer *w, const void *in) \
	{                                                             \
		return name##_encode(w, *(const type *)in);           \
	}                                                             \
                                                                      \
	static bool name##_dec(struct wire_slice msg, void *out)      \
	{                                                             \
		return name##_decode(msg, out);                       \
	}

VALUE(fscc_u64, uint64_t)
VALUE(fscc_u32, uint32_t)
VALUE(fscc_bool, bool)
VALUE(fscc_name, struct wire_slice)

static bool rename_enc(struct wire_writer *w, const void *in)
{
	return fscc_rename_encode(w, false, in);
}

static bool rename_dec(struct wire_slice msg, void *out)
{
	return fscc_rename_decode(msg, false, out);
}

static bool rename_ex_enc(struct wire_writer *w, const void *in)
{
	return fscc_rename_encode(w, true, in);
}

static bool rename_ex_dec(struct wire_slice msg, void *out)
{
	return fscc_rename_decode(msg, true, out);
}

static const struct fscc_basic basic = {1, 2, 3, 4, FILE_ATTRIBUTE_HIDDEN};
static const struct fscc_standard standard = {8192, 5000, 2, 1, 0};
static const struct fscc_all all = {
	.basic = {1, 2, 3, 4, FILE_ATTRIBUTE_ARCHIVE},
	.standard = {8192, 5000, 1, 0, 0},
	.index_number = 0x1234567890,
	.ea_size = 12,
	.access_flags = FILE_ALL_ACCESS,
	.current_byte_offset = 7,
	.mode = FILE_WRITE_THROUGH,
	.alignment_requirement = FILE_BYTE_ALIGNMENT,
	.name = BYTES("\\\0a\0"),
};
static const struct fscc_network_open network_open = {
	1, 2, 3, 4, 4096, 100, FILE_ATTRIBUTE_NORMAL};
static const struct fscc_attribute_tag attribute_tag = {
	FILE_ATTRIBUTE_REPARSE_POINT, IO_REPARSE_TAG_SYMLINK};
static const struct fscc_compression compression = {4096, 2, 16, 12, 12};
static const struct fscc_id id = {0x1122334455667788, {{1, 2, 3}}};
static const struct fscc_pipe pipe_info = {FILE_PIPE_MESSAGE_MODE, 1};
static const struct fscc_pipe_local pipe_local = {1, 2, 3, 4, 5,
						  6, 7, 8, 9, 10};
static const struct fscc_pipe_remote pipe_remote = {100, 5};
static const uint64_t number64 = 0x0102030405060708;
static const uint32_t number32 = 0x01020304;
static const bool yes = true;
static const struct wire_slice name = BYTES("n\0a\0m\0e\0");
static const struct fscc_rename rename_plain = {FILE_RENAME_REPLACE_IF_EXISTS,
						0, BYTES("d\0\\\0n\0")};
static const struct fscc_rename rename_short = {0, 0, BYTES("n\0")};
static const struct fscc_rename rename_posix = {
	FILE_RENAME_REPLACE_IF_EXISTS | FILE_RENAME_POSIX_SEMANTICS, 0,
	BYTES("n\0e\0w\0")};

static const struct pdu_row fscc_rows[] = {
	{"FileBasic", PDU_RAW, PDU_FUNCTIONS(fscc_basic), PDU_SAMPLE(basic)},
	{"FileStandard", PDU_RAW, PDU_FUNCTIONS(fscc_standard),
	 PDU_SAMPLE(standard)},
	{"FileAll", PDU_RAW, PDU_FUNCTIONS(fscc_all), PDU_SAMPLE(all),
	 .slack = 4},
	{"FileNetworkOpen", PDU_RAW, PDU_FUNCTIONS(fscc_network_open),
	 PDU_SAMPLE(network_open)},
	{"FileAttributeTag", PDU_RAW, PDU_FUNCTIONS(fscc_attribute_tag),
	 PDU_SAMPLE(attribute_tag)},
	{"FileCompression", PDU_RAW, PDU_FUNCTIONS(fscc_compression),
	 PDU_SAMPLE(compression)},
	{"FileId", PDU_RAW, PDU_FUNCTIONS(fscc_id), PDU_SAMPLE(id)},
	{"FilePipe", PDU_RAW, PDU_FUNCTIONS(fscc_pipe), PDU_SAMPLE(pipe_info)},
	{"FilePipeLocal", PDU_RAW, PDU_FUNCTIONS(fscc_pipe_local),
	 PDU_SAMPLE(pipe_local)},
	{"FilePipeRemote", PDU_RAW, PDU_FUNCTIONS(fscc_pipe_remote),
	 PDU_SAMPLE(pipe_remote)},
	{"64-bit value", PDU_RAW, PDU_FUNCTIONS(fscc_u64),
	 PDU_SAMPLE(number64)},
	{"32-bit value", PDU_RAW, PDU_FUNCTIONS(fscc_u32),
	 PDU_SAMPLE(number32)},
	{"Boolean", PDU_RAW, PDU_FUNCTIONS(fscc_bool), PDU_SAMPLE(yes)},
	{"FileName", PDU_RAW, PDU_FUNCTIONS(fscc_name), PDU_SAMPLE(name),
	 .slack = 8},
	{"FileRename", PDU_RAW, PDU_FUNCTIONS(rename), PDU_SAMPLE(rename_plain),
	 .lengths = {16}},
	{"FileRename, short", PDU_RAW, PDU_FUNCTIONS(rename),
	 PDU_SAMPLE(rename_short), .slack = 2},
	{"FileRenameEx", PDU_RAW, PDU_FUNCTIONS(rename_ex),
	 PDU_SAMPLE(rename_posix), .lengths = {16}},
};

PDU_TABLE(pdu_fscc_table, fscc_rows);

/* -------------------------------------------------- file system information */

PDU_BODY(fscc_fs_volume)
PDU_BODY(fscc_fs_size)
PDU_BODY(fscc_fs_full_size)
PDU_BODY(fscc_fs_device)
PDU_BODY(fscc_fs_attribute)
PDU_BODY(fscc_fs_control)
PDU_BODY(fscc_fs_object_id)
PDU_BODY(fscc_fs_sector_size)

static const struct fscc_fs_volume volume = {1, 2, 0, BYTES("d\0i\0s\0k\0")};
static const struct fscc_fs_size fs_size = {1000, 500, 8, 512};
static const struct fscc_fs_full_size full_size = {1000, 500, 600, 8, 512};
static const struct fscc_fs_device device = {FILE_DEVICE_DISK,
					     FILE_DEVICE_IS_MOUNTED};
static const struct fscc_fs_attribute attribute = {FILE_CASE_PRESERVED_NAMES |
							   FILE_UNICODE_ON_DISK,
						   255, BYTES("N\0T\0F\0S\0")};
static const struct fscc_fs_control control = {1, 2, 3, 4, 5, 6};
static const struct fscc_fs_object_id fs_object_id = {{{1}}, {2, 3, 4}};
static const struct fscc_fs_sector_size sector_size = {512, 4096, 4096, 4096,
						       3,   0,	  0};

static const struct pdu_row fscc_fs_rows[] = {
	{"FileFsVolume", PDU_RAW, PDU_FUNCTIONS(fscc_fs_volume),
	 PDU_SAMPLE(volume), .slack = 8},
	{"FileFsSize", PDU_RAW, PDU_FUNCTIONS(fscc_fs_size),
	 PDU_SAMPLE(fs_size)},
	{"FileFsFullSize", PDU_RAW, PDU_FUNCTIONS(fscc_fs_full_size),
	 PDU_SAMPLE(full_size)},
	{"FileFsDevice", PDU_RAW, PDU_FUNCTIONS(fscc_fs_device),
	 PDU_SAMPLE(device)},
	{"FileFsAttribute", PDU_RAW, PDU_FUNCTIONS(fscc_fs_attribute),
	 PDU_SAMPLE(attribute), .slack = 8},
	{"FileFsControl", PDU_RAW, PDU_FUNCTIONS(fscc_fs_control),
	 PDU_SAMPLE(control)},
	{"FileFsObjectId", PDU_RAW, PDU_FUNCTIONS(fscc_fs_object_id),
	 PDU_SAMPLE(fs_object_id)},
	{"FileFsSectorSize", PDU_RAW, PDU_FUNCTIONS(fscc_fs_sector_size),
	 PDU_SAMPLE(sector_size)},
};

PDU_TABLE(pdu_fscc_fs_table, fscc_fs_rows);

/* -------------------------------------------------------------------- lists */

/* Up to four entries of a list; an empty list counts as malformed here. */
#define LIST(function, type, walker)                                      \
	struct function##_entries {                                       \
		size_t count;                                             \
		type entries[4];                                          \
	};                                                                \
                                                                          \
	static bool function##_enc(struct wire_writer *w, const void *in) \
	{                                                                 \
		const struct function##_entries *l = in;                  \
		struct wire_chain list = function##_list(w);              \
		size_t i = 0;                                             \
                                                                          \
		for (i = 0; i < l->count; i++) {                          \
			function##_add(&list, &l->entries[i]);            \
		}                                                         \
		return wire_writer_ok(w);                                 \
	}                                                                 \
                                                                          \
	static bool function##_dec(struct wire_slice msg, void *out)      \
	{                                                                 \
		struct function##_entries *l = out;                       \
		struct wire_walker list = walker(msg);                    \
		type entry = {0};                                         \
                                                                          \
		l->count = 0;                                             \
		while (function##_next(&list, &entry)) {                  \
			if (l->count < 4) {                               \
				l->entries[l->count++] = entry;           \
			}                                                 \
		}                                                         \
		return wire_walker_ok(&list) && l->count > 0;             \
	}

static bool get_ea_add(struct wire_chain *list, const struct wire_slice *ea)
{
	return fscc_get_ea_add(list, *ea);
}

#define get_ea_list fscc_get_ea_list
#define get_ea_next fscc_get_ea_next

static bool get_quota_add(struct wire_chain *list, const struct wire_slice *sid)
{
	return fscc_get_quota_add(list, *sid);
}

#define get_quota_list fscc_get_quota_list
#define get_quota_next fscc_get_quota_next

LIST(fscc_stream, struct fscc_stream, fscc_streams)
LIST(fscc_ea, struct fscc_ea, fscc_eas)
LIST(get_ea, struct wire_slice, fscc_get_eas)
LIST(fscc_quota, struct fscc_quota, fscc_quotas)
LIST(get_quota, struct wire_slice, fscc_get_quotas)
LIST(fscc_notify, struct fscc_notify, fscc_notifies)

static const struct fscc_stream_entries streams = {
	2,
	{{5000, 8192, BYTES(":\0:\0$\0D\0")},
	 {10, 4096, BYTES(":\0s\0:\0$\0D\0")}}};
static const struct fscc_ea_entries eas = {
	3,
	{{0, BYTES("A"), BYTES("1")},
	 {FILE_NEED_EA, BYTES("LONGER"), BYTES("")},
	 {0, BYTES("B"), BYTES("value")}}};
static const struct get_ea_entries get_eas = {2, {BYTES("A"), BYTES("LONG")}};
static const struct fscc_quota_entries quotas = {
	2,
	{{1, 2, 3, 4, BYTES("\1\1\0\0\0\0\0\1\0\0\0\0")},
	 {5, 6, 7, 8, BYTES("\1\1\0\0\0\0\0\5\x12\0\0\0")}}};
static const struct get_quota_entries get_quotas = {
	2,
	{BYTES("\1\1\0\0\0\0\0\1\0\0\0\0"),
	 BYTES("\1\2\0\0\0\0\0\5\x15\0\0\0\1\2\3\4")}};
static const struct fscc_notify_entries notifies = {
	2,
	{{FILE_ACTION_RENAMED_OLD_NAME, BYTES("o\0l\0d\0")},
	 {FILE_ACTION_RENAMED_NEW_NAME, BYTES("n\0e\0w\0")}}};

static const struct pdu_row fscc_list_rows[] = {
	{"FileStream", PDU_RAW, PDU_FUNCTIONS(fscc_stream),
	 PDU_SAMPLE(streams)},
	{"FileFullEa", PDU_RAW, PDU_FUNCTIONS(fscc_ea), PDU_SAMPLE(eas)},
	{"FILE_GET_EA", PDU_RAW, PDU_FUNCTIONS(get_ea), PDU_SAMPLE(get_eas)},
	{"FileQuota", PDU_RAW, PDU_FUNCTIONS(fscc_quota), PDU_SAMPLE(quotas)},
	{"FILE_GET_QUOTA", PDU_RAW, PDU_FUNCTIONS(get_quota),
	 PDU_SAMPLE(get_quotas)},
	{"FILE_NOTIFY", PDU_RAW, PDU_FUNCTIONS(fscc_notify),
	 PDU_SAMPLE(notifies)},
};

PDU_TABLE(pdu_fscc_list_table, fscc_list_rows);

/* -------------------------------------------------------------- directories */

struct dir_entries {
	uint8_t information_class;
	size_t count;
	struct fscc_dir_entry entries[4];
};

static bool dir_enc(struct wire_writer *w, const void *in)
{
	const struct dir_entries *d = in;
	struct fscc_dir_list list =
		fscc_dir_list(w, d->information_class, SIZE_MAX);
	size_t i = 0;

	for (i = 0; i < d->count; i++) {
		if (!fscc_dir_add(&list, &d->entries[i])) {
			wire_writer_fail(w);
		}
	}
	return wire_writer_ok(w);
}

static bool dir_dec(uint8_t information_class, struct wire_slice msg, void *out)
{
	struct dir_entries *d = out;
	struct wire_walker list = fscc_dir_entries(information_class, msg);
	struct fscc_dir_entry entry = {0};

	d->information_class = information_class;
	d->count = 0;
	while (fscc_dir_next(&list, information_class, &entry)) {
		if (d->count < 4) {
			d->entries[d->count++] = entry;
		}
	}
	return wire_walker_ok(&list) && d->count > 0;
}

#define DIR_NAMES                                              \
	{.file_index = 1, .name = BYTES(".\0")},               \
	{                                                      \
		.file_index = 2, .name = BYTES("f\0i\0l\0e\0") \
	}

#define DIR_PLAIN                                                   \
	.file_index = 1, .creation_time = 2, .last_access_time = 3, \
	.last_write_time = 4, .change_time = 5, .end_of_file = 6,   \
	.allocation_size = 7, .file_attributes = 8

#define DIR_FIRST  DIR_PLAIN, .name = BYTES("o\0n\0e\0")
#define DIR_SECOND DIR_PLAIN, .name = BYTES("t\0w\0o\0.\0t\0x\0t\0")
#define DIR_SHORT  .short_name = BYTES("T\0W\0~\0001\0")

/* A sample and a decoder for each class, with what the class has. */
#define DIR(variable, class, ...)                                    \
	static const struct dir_entries variable = {                 \
		.information_class = (class),                        \
		.count = 2,                                          \
		.entries = {{DIR_FIRST, __VA_ARGS__},                \
			    {DIR_SECOND, __VA_ARGS__}},              \
	};                                                           \
                                                                     \
	static bool variable##_dec(struct wire_slice msg, void *out) \
	{                                                            \
		return dir_dec((class), msg, out);                   \
	}

#define DIR_ROW(name, variable)                                               \
	{                                                                     \
		(name), PDU_RAW, .encode = dir_enc, .decode = variable##_dec, \
				 PDU_SAMPLE(variable)                         \
	}

static const struct dir_entries dir_names = {
	.information_class = FileNamesInformation,
	.count = 2,
	.entries = {DIR_NAMES},
};

static bool dir_names_dec(struct wire_slice msg, void *out)
{
	return dir_dec(FileNamesInformation, msg, out);
}

DIR(dir_directory, FileDirectoryInformation, .ea_size = 0)
DIR(dir_full, FileFullDirectoryInformation, .ea_size = 9)
DIR(dir_both, FileBothDirectoryInformation, .ea_size = 9, DIR_SHORT)
DIR(dir_id_full, FileIdFullDirectoryInformation, .ea_size = 9, .file_id = 10)
DIR(dir_id_both, FileIdBothDirectoryInformation, .ea_size = 9, .file_id = 10,
    DIR_SHORT)
DIR(dir_id_extd, FileIdExtdDirectoryInformation, .ea_size = 9,
    .reparse_tag = 11, .file_id_128 = {{12, 13}})
DIR(dir_id64, FileId64ExtdDirectoryInformation, .ea_size = 9, .reparse_tag = 11,
    .file_id = 10)
DIR(dir_id64_both, FileId64ExtdBothDirectoryInformation, .ea_size = 9,
    .reparse_tag = 11, .file_id = 10, DIR_SHORT)
DIR(dir_id_all, FileIdAllExtdDirectoryInformation, .ea_size = 9,
    .reparse_tag = 11, .file_id = 10, .file_id_128 = {{12, 13}})
DIR(dir_id_all_both, FileIdAllExtdBothDirectoryInformation, .ea_size = 9,
    .reparse_tag = 11, .file_id = 10, .file_id_128 = {{12, 13}}, DIR_SHORT)

static const struct pdu_row fscc_dir_rows[] = {
	DIR_ROW("FileDirectory", dir_directory),
	DIR_ROW("FileFullDirectory", dir_full),
	DIR_ROW("FileBothDirectory", dir_both),
	DIR_ROW("FileNames", dir_names),
	DIR_ROW("FileIdFullDirectory", dir_id_full),
	DIR_ROW("FileIdBothDirectory", dir_id_both),
	DIR_ROW("FileIdExtdDirectory", dir_id_extd),
	DIR_ROW("FileId64ExtdDirectory", dir_id64),
	DIR_ROW("FileId64ExtdBothDirectory", dir_id64_both),
	DIR_ROW("FileIdAllExtdDirectory", dir_id_all),
	DIR_ROW("FileIdAllExtdBothDirectory", dir_id_all_both),
};

PDU_TABLE(pdu_fscc_dir_table, fscc_dir_rows);

/* ----------------------------------------------------------------- security */

PDU_BODY(sid)
PDU_BODY(security_descriptor)

static const struct sid user = {5, 5, {21, 1, 2, 3, 1000}};

/* One SYSTEM_MANDATORY_LABEL; everybody denied to delete, one user allowed,
 * an entry of an unknown type. */
static const struct security_descriptor descriptor = {
	.control = SD_SELF_RELATIVE | SD_DACL_PRESENT | SD_SACL_PRESENT |
		   SD_DACL_PROTECTED,
	.has_owner = true,
	.has_group = true,
	.owner = {5, 5, {21, 1, 2, 3, 1000}},
	.group = {5, 2, {32, 545}},
	.sacl = BYTES("\2\0\x1c\0\1\0\0\0"
		      "\x11\0\x14\0\1\0\0\0\1\1\0\0\0\0\0\x10\0\x20\0\0"),
	.dacl = BYTES("\2\0\x3c\0\3\0\0\0"
		      "\1\0\x14\0\0\0\1\0\1\1\0\0\0\0\0\1\0\0\0\0"
		      "\0\3\x18\0\xff\1\x1f\0\1\2\0\0\0\0\0\5\x20\0\0\0"
		      "\x21\2\0\0"
		      "\x7f\0\x08\0what"),
};
static const struct security_descriptor null_dacl = {
	.control = SD_SELF_RELATIVE | SD_DACL_PRESENT};

static const struct pdu_row security_rows[] = {
	{"SID", PDU_RAW, PDU_FUNCTIONS(sid), PDU_SAMPLE(user), .lengths = {1}},
	{"security descriptor", PDU_RAW, PDU_FUNCTIONS(security_descriptor),
	 PDU_SAMPLE(descriptor), .lengths = {68, 94, 96}},
	{"NULL DACL", PDU_RAW, PDU_FUNCTIONS(security_descriptor),
	 PDU_SAMPLE(null_dacl)},
};

PDU_TABLE(pdu_security_table, security_rows);
