/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Paths of the disk and paths of the client: name_map.h, name by name. */

#include <string.h>

#include "server/store_posix.h"
#include "smbquic/name_map.h"

/* Component by component. */
static bool map_path(const char *path, char *out, size_t size,
		     bool (*map)(const char *, char *, size_t))
{
	char name[STORE_NAME_MAX + 1];
	size_t len = 0;

	*out = '\0';
	while (*path != '\0') {
		size_t n = strcspn(path, "/");

		if (n > STORE_NAME_MAX || len + 2 > size) {
			return false;
		}
		memcpy(name, path, n);
		name[n] = '\0';
		if (!map(name, out + len, size - len)) {
			return false;
		}
		len += strlen(out + len);
		path += n;
		if (*path == '/') {
			if (len + 2 > size) {
				return false;
			}
			path++;
			out[len] = '/';
			len++;
			out[len] = '\0';
		}
	}
	return true;
}

bool posix_path_to_client(const char *local, char *out, size_t size)
{
	return map_path(local, out, size, name_map_to_smb);
}

bool posix_path_to_local(const char *client, char *out, size_t size)
{
	return map_path(client, out, size, name_map_to_disk);
}
