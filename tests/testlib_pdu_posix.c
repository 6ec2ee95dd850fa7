/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "smbquic/smb2_posix.h"
#include "tests/testlib_pdu.h"

PDU_BODY(smb2_posix)
PDU_BODY(smb2_posix_info)
PDU_BODY(smb2_posix_fs)

static const struct smb2_posix posix = {
	1, IO_REPARSE_TAG_NFS, 0100644, {5, 1, {18}}, {22, 2, {2, 100}}};
static const struct smb2_posix_info posix_info = {
	.creation_time = 1,
	.last_access_time = 2,
	.last_write_time = 3,
	.change_time = 4,
	.end_of_file = 5,
	.allocation_size = 4096,
	.file_attributes = FILE_ATTRIBUTE_ARCHIVE,
	.inode = 6,
	.device = 7,
	.posix = {1, 0, 0644, {5, 1, {18}}, {22, 2, {2, 100}}},
};
static const struct smb2_posix_fs posix_fs = {1 << 20, 4096, 9, 8, 7, 6, 5, 4};

static const struct pdu_row posix_rows[] = {
	{"posix create context", PDU_RAW, PDU_FUNCTIONS(smb2_posix),
	 PDU_SAMPLE(posix)},
	{"posix information", PDU_RAW, PDU_FUNCTIONS(smb2_posix_info),
	 PDU_SAMPLE(posix_info)},
	{"posix file system", PDU_RAW, PDU_FUNCTIONS(smb2_posix_fs),
	 PDU_SAMPLE(posix_fs)},
};

PDU_TABLE(pdu_posix_table, posix_rows);
