/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Names that Windows forbids: a program that wants it has paths as Linux writes
 * them, and the server gets names that SMB can carry (smbquic/name_map.h). The
 * one character that stays mapped is the backslash, which separates names.
 */
#include <string.h>

#include "client/client_private.h"
#include "smbquic/name_map.h"

#define MAPPED_MAX (3 * NAME_MAP_MAX + 1)

typedef bool (*map_fn)(const char *name, char *out, size_t size);

/* Name by name. NULL: out of memory, or a name is too long. */
static char *map_names(TALLOC_CTX *mem_ctx, const char *path, map_fn map)
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
						path[len] != '\0' ? "\\" : "");
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
	return map_names(mem_ctx, path, name_map_to_smb);
}

char *path_map_pattern(TALLOC_CTX *mem_ctx, bool map, const char *pattern)
{
	if (!map) {
		return talloc_strdup(mem_ctx, pattern);
	}
	return map_names(mem_ctx, pattern, name_map_pattern);
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
