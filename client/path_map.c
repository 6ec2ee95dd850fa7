/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Names that Windows forbids: a program that wants it has paths as Linux writes
 * them, and the server gets names that SMB can carry (smbquic/name_map.h). The
 * one character that stays mapped is the backslash, which separates names.
 *
 * The POSIX extensions have names as the disk has them, and a '/' between: a
 * backslash is a character like others there.
 */
#include <string.h>

#include "client/client_private.h"
#include "smbquic/name_map.h"
#include "smbquic/utf16.h"

#define MAPPED_MAX (3 * NAME_MAP_MAX + 1)

typedef bool (*map_fn)(const char *name, char *out, size_t size);

/* Name by name. NULL: out of memory, or a name is too long. */
static char *map_names(TALLOC_CTX *mem_ctx, const char *path, map_fn map,
		       const char *separator)
{
	char *out = talloc_strdup(mem_ctx, "");

	while (out != NULL) {
		size_t len = strcspn(path, "\\");
		char name[NAME_MAP_MAX + 1] = "";
		char mapped[MAPPED_MAX] = "";
		char *longer = NULL;

		if (len > NAME_MAP_MAX) {
			break;
		}
		memcpy(name, path, len);
		if (!map(name, mapped, sizeof(mapped))) {
			break;
		}
		longer = talloc_asprintf_append(out, "%s%s", mapped,
						path[len] != '\0' ? separator
								  : "");
		if (longer == NULL || path[len] == '\0') {
			if (longer == NULL) {
				break;
			}
			return longer;
		}
		out = longer;
		path += len + 1;
	}
	talloc_free(out);
	return NULL;
}

void client_tree_map_names(struct client_tree *tree, bool yes)
{
	tree->map_names = yes;
}

char *path_map_to_server(TALLOC_CTX *mem_ctx, bool map, const char *path)
{
	if (!map) {
		return talloc_strdup(mem_ctx, path);
	}
	return map_names(mem_ctx, path, name_map_to_smb, "\\");
}

/* Bytes that are no UTF-8 stay what stands for them. */
static bool smb_to_posix(const char *name, char *out, size_t size)
{
	size_t len = strlen(name);

	if (name_map_to_disk(name, out, size) && utf16_size(out) >= 0) {
		return true;
	}
	if (len >= size) {
		return false;
	}
	memcpy(out, name, len + 1);
	return true;
}

static bool linux_to_posix(const char *name, char *out, size_t size)
{
	char smb[MAPPED_MAX] = "";

	return name_map_to_smb(name, smb, sizeof(smb)) &&
	       smb_to_posix(smb, out, size);
}

char *path_map_to_posix(TALLOC_CTX *mem_ctx, bool map, const char *path)
{
	return map_names(mem_ctx, path, map ? linux_to_posix : smb_to_posix,
			 "/");
}

char *path_map_posix_pattern(TALLOC_CTX *mem_ctx, bool map, const char *pattern)
{
	if (strpbrk(pattern, "*?") != NULL) {
		return path_map_pattern(mem_ctx, map, pattern);
	}
	return path_map_to_posix(mem_ctx, map, pattern);
}

char *path_map_pattern(TALLOC_CTX *mem_ctx, bool map, const char *pattern)
{
	if (!map) {
		return talloc_strdup(mem_ctx, pattern);
	}
	return map_names(mem_ctx, pattern, name_map_pattern, "\\");
}

char *path_map_from_server(TALLOC_CTX *mem_ctx, bool map, char *name)
{
	char mapped[NAME_MAP_MAX + 1] = "";
	char *copy = NULL;

	if (name == NULL || !map ||
	    !name_map_to_disk(name, mapped, sizeof(mapped)) ||
	    strpbrk(mapped, "/\\") != NULL || strcmp(mapped, name) == 0) {
		return name;
	}
	copy = talloc_strdup(mem_ctx, mapped);
	talloc_free(name);
	return copy;
}

/* One name, at most len bytes. */
static char *from_posix(TALLOC_CTX *mem_ctx, bool map, const char *posix,
			size_t len)
{
	char mapped[MAPPED_MAX] = "";
	char *name = talloc_strndup(mem_ctx, posix, len);

	if (name == NULL || strcmp(name, ".") == 0 || strcmp(name, "..") == 0 ||
	    len > NAME_MAP_MAX ||
	    !name_map_to_smb(name, mapped, sizeof(mapped)) ||
	    strcmp(mapped, name) == 0) {
		return name;
	}
	talloc_free(name);
	name = talloc_strdup(mem_ctx, mapped);
	return path_map_from_server(mem_ctx, map, name);
}

char *path_map_from_posix(TALLOC_CTX *mem_ctx, bool map, char *path)
{
	char *out = path != NULL ? talloc_strdup(mem_ctx, "") : NULL;
	const char *at = path;

	while (out != NULL) {
		size_t len = strcspn(at, "/");
		char *name = from_posix(mem_ctx, map, at, len);

		if (name == NULL) {
			TALLOC_FREE(out);
			break;
		}
		out = talloc_asprintf_append(out, "%s%s", name,
					     at[len] != '\0' ? "\\" : "");
		talloc_free(name);
		if (at[len] == '\0') {
			break;
		}
		at += len + 1;
	}
	talloc_free(path);
	return out;
}
