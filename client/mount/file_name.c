/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Names of Linux in paths of the client library. That one maps what SMB cannot
 * have, but for the backslash, which to it separates names: here it is the
 * character that stands for it (smbquic/name_map.h).
 */
#include <errno.h>
#include <string.h>

#include "client/mount/mount.h"
#include "smbquic/name_map.h"

#define BACKSLASH "\xEF\x80\xA6"
/* Code units of UTF-16 that a name may have. */
#define UNITS_MOST 255

/* What the name has in UTF-16; bytes that are no UTF-8 become a unit each. */
static size_t utf16_units(const char *name)
{
	size_t units = 0;

	for (; *name != '\0'; name++) {
		uint8_t c = (uint8_t)*name;

		if ((c & 0xC0) != 0x80) {
			units += c >= 0xF0 ? 2 : 1;
		}
	}
	return units;
}

char *file_name_to_smb(TALLOC_CTX *mem_ctx, bool map, const char *name)
{
	const char *bad = map ? "" : "\\:*?\"<>|";
	struct wire_writer w = wire_writer_talloc(mem_ctx);

	if (utf16_units(name) > UNITS_MOST) {
		errno = ENAMETOOLONG;
		return NULL;
	}
	if (strpbrk(name, bad) != NULL) {
		errno = EINVAL;
		return NULL;
	}
	for (; *name != '\0'; name++) {
		if (*name == '\\') {
			wire_put(&w, BACKSLASH, strlen(BACKSLASH));
		} else {
			wire_put_u8(&w, (uint8_t)*name);
		}
	}
	wire_put_u8(&w, 0);
	if (!wire_writer_ok(&w)) {
		errno = ENOMEM;
		return NULL;
	}
	return (char *)w.buf;
}

bool file_name_from_smb(const char *name, bool map, char *out)
{
	char disk[FILE_NAME_SIZE] = "";
	size_t len = strlen(name);

	if (len >= FILE_NAME_SIZE) {
		return false;
	}
	/* never what is no name here: a way out of the folder */
	if (map && name_map_to_disk(name, disk, sizeof(disk)) &&
	    strchr(disk, '/') == NULL && strcmp(disk, ".") != 0 &&
	    strcmp(disk, "..") != 0) {
		name = disk;
		len = strlen(disk);
	}
	memcpy(out, name, len + 1);
	return true;
}
