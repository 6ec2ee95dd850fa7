/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "smbquic/fscc.h"
#include "smbquic/smb2_posix.h"

/* MS-FSA 2.1.5.12 and 2.1.5.13 name the minima. */
struct class_row {
	uint8_t information_class;
	const char *name;
	size_t minimum; /* of a query; 0: not to be queried */
};

static const struct class_row file_classes[] = {
	{FileDirectoryInformation, "FileDirectoryInformation", 0},
	{FileFullDirectoryInformation, "FileFullDirectoryInformation", 0},
	{FileBothDirectoryInformation, "FileBothDirectoryInformation", 0},
	{FileBasicInformation, "FileBasicInformation", 40},
	{FileStandardInformation, "FileStandardInformation", 24},
	{FileInternalInformation, "FileInternalInformation", 8},
	{FileEaInformation, "FileEaInformation", 4},
	{FileAccessInformation, "FileAccessInformation", 4},
	{FileNameInformation, "FileNameInformation", 8},
	{FileRenameInformation, "FileRenameInformation", 0},
	{FileLinkInformation, "FileLinkInformation", 0},
	{FileNamesInformation, "FileNamesInformation", 0},
	{FileDispositionInformation, "FileDispositionInformation", 0},
	{FilePositionInformation, "FilePositionInformation", 8},
	{FileFullEaInformation, "FileFullEaInformation", 8},
	{FileModeInformation, "FileModeInformation", 4},
	{FileAlignmentInformation, "FileAlignmentInformation", 4},
	{FileAllInformation, "FileAllInformation", 104},
	{FileAllocationInformation, "FileAllocationInformation", 0},
	{FileEndOfFileInformation, "FileEndOfFileInformation", 0},
	{FileAlternateNameInformation, "FileAlternateNameInformation", 8},
	{FileStreamInformation, "FileStreamInformation", 32},
	{FilePipeInformation, "FilePipeInformation", 8},
	{FilePipeLocalInformation, "FilePipeLocalInformation", 40},
	{FilePipeRemoteInformation, "FilePipeRemoteInformation", 12},
	{FileCompressionInformation, "FileCompressionInformation", 16},
	{FileObjectIdInformation, "FileObjectIdInformation", 0},
	{FileQuotaInformation, "FileQuotaInformation", 0},
	{FileReparsePointInformation, "FileReparsePointInformation", 0},
	{FileNetworkOpenInformation, "FileNetworkOpenInformation", 56},
	{FileAttributeTagInformation, "FileAttributeTagInformation", 8},
	{FileIdBothDirectoryInformation, "FileIdBothDirectoryInformation", 0},
	{FileIdFullDirectoryInformation, "FileIdFullDirectoryInformation", 0},
	{FileValidDataLengthInformation, "FileValidDataLengthInformation", 0},
	{FileShortNameInformation, "FileShortNameInformation", 0},
	{FileHardLinkInformation, "FileHardLinkInformation", 0},
	{FileNormalizedNameInformation, "FileNormalizedNameInformation", 8},
	{FileStandardLinkInformation, "FileStandardLinkInformation", 0},
	{FileIdInformation, "FileIdInformation", 24},
	{FileIdExtdDirectoryInformation, "FileIdExtdDirectoryInformation", 0},
	{FileDispositionInformationEx, "FileDispositionInformationEx", 0},
	{FileRenameInformationEx, "FileRenameInformationEx", 0},
	{FileId64ExtdDirectoryInformation, "FileId64ExtdDirectoryInformation",
	 0},
	{FileId64ExtdBothDirectoryInformation,
	 "FileId64ExtdBothDirectoryInformation", 0},
	{FileIdAllExtdDirectoryInformation, "FileIdAllExtdDirectoryInformation",
	 0},
	{FileIdAllExtdBothDirectoryInformation,
	 "FileIdAllExtdBothDirectoryInformation", 0},
	{FilePosixInformation, "FilePosixInformation", 100},
};

static const struct class_row fs_classes[] = {
	{FileFsVolumeInformation, "FileFsVolumeInformation", 24},
	{FileFsLabelInformation, "FileFsLabelInformation", 0},
	{FileFsSizeInformation, "FileFsSizeInformation", 24},
	{FileFsDeviceInformation, "FileFsDeviceInformation", 8},
	{FileFsAttributeInformation, "FileFsAttributeInformation", 16},
	{FileFsControlInformation, "FileFsControlInformation", 48},
	{FileFsFullSizeInformation, "FileFsFullSizeInformation", 32},
	{FileFsObjectIdInformation, "FileFsObjectIdInformation", 64},
	{FileFsSectorSizeInformation, "FileFsSectorSizeInformation", 28},
	{FilePosixInformation, "FilePosixInformation", 56},
};

#define ARRAY_LEN(a) (sizeof(a) / sizeof((a)[0]))

static const struct class_row *find_class(const struct class_row *rows,
					  size_t count,
					  uint8_t information_class)
{
	static const struct class_row unknown = {0, "unknown class", 0};
	size_t i = 0;

	for (i = 0; i < count; i++) {
		if (rows[i].information_class == information_class) {
			return &rows[i];
		}
	}
	return &unknown;
}

size_t fscc_file_minimum(uint8_t file_information_class)
{
	return find_class(file_classes, ARRAY_LEN(file_classes),
			  file_information_class)
		->minimum;
}

size_t fscc_fs_minimum(uint8_t fs_information_class)
{
	return find_class(fs_classes, ARRAY_LEN(fs_classes),
			  fs_information_class)
		->minimum;
}

const char *fscc_file_class_name(uint8_t file_information_class)
{
	return find_class(file_classes, ARRAY_LEN(file_classes),
			  file_information_class)
		->name;
}

const char *fscc_fs_class_name(uint8_t fs_information_class)
{
	return find_class(fs_classes, ARRAY_LEN(fs_classes),
			  fs_information_class)
		->name;
}
