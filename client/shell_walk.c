/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Folders and what is below them, entry by entry. */
#include <string.h>

#include "client/cmd_list.h"
#include "client/shell_folders.h"
#include "client/shell_transfer.h"

bool shell_is_dot(const char *name)
{
	return strcmp(name, ".") == 0 || strcmp(name, "..") == 0;
}

bool shell_is_folder(const struct client_dir_entry *entry)
{
	return (entry->stat.attributes & FILE_ATTRIBUTE_DIRECTORY) != 0;
}

char *shell_below(TALLOC_CTX *mem_ctx, const char *folder, const char *name)
{
	return shell_need(talloc_asprintf(mem_ctx, "%s%s%s", folder,
					  *folder != '\0' ? "\\" : "", name));
}

struct walk {
	struct shell *shell;
	const char *pattern;
	bool recurse;
	bool named; /* the pattern is a name */
	bool heads; /* print each folder's name above it */
	shell_entry_fn fn;
	void *private_data;
	uint64_t found;
};

/* Deeper than any tree is; a server may say that it goes on for ever. */
#define WALK_DEPTH 500

/* A folder that the walk is in. */
struct walk_level {
	const struct walk_level *above;
	unsigned depth;
	uint64_t id; /* of the server's, 0: not known */
	NTTIME creation_time;
};

static bool walk_folder(struct walk *walk, const char *folder,
			const struct walk_level *above);

/* A link on the server may lead to a folder that we are in. */
static bool leads_round(const struct walk_level *level)
{
	const struct walk_level *above = NULL;

	for (above = level->above; above != NULL; above = above->above) {
		if (level->id != 0 && above->id == level->id &&
		    above->creation_time == level->creation_time) {
			return true;
		}
	}
	return false;
}

bool shell_not_too_deep(struct shell *shell, const char *folder, unsigned depth)
{
	if (depth > WALK_DEPTH) {
		shell_fail_text(shell,
				"not gone into: \\%s (too many folders in one "
				"another)",
				folder);
	}
	return depth <= WALK_DEPTH;
}

static bool walk_below(struct walk *walk, const char *folder,
		       const struct client_dir_list *all,
		       const struct walk_level *above)
{
	struct walk_level level = {
		.above = above,
		.depth = above != NULL ? above->depth + 1 : 1,
	};
	bool good = true;
	size_t i = 0;

	if (!shell_not_too_deep(walk->shell, folder, level.depth)) {
		return true;
	}
	for (i = 0; i < all->count; i++) {
		if (strcmp(all->entry[i].name, ".") == 0) {
			level.id = all->entry[i].file_id;
			level.creation_time = all->entry[i].stat.creation_time;
		}
	}
	if (leads_round(&level)) {
		shell_say(
			walk->shell,
			"not gone into: \\%s (it leads back to a folder above "
			"it)",
			folder);
		return true;
	}

	for (i = 0; i < all->count && good; i++) {
		char *path = NULL;

		if (shell_is_folder(&all->entry[i]) &&
		    !shell_is_link(&all->entry[i].stat) &&
		    !shell_is_dot(all->entry[i].name)) {
			path = shell_below(walk->shell, folder,
					   all->entry[i].name);
			good = walk_folder(walk, path, &level);
			talloc_free(path);
		}
	}
	return good;
}

static bool walk_folder(struct walk *walk, const char *folder,
			const struct walk_level *above)
{
	struct shell *shell = walk->shell;
	struct client_dir_list *list = NULL;
	struct client_dir_list *all = NULL;
	TALLOC_CTX *frame = shell_need(talloc_new(shell));
	NTSTATUS status =
		shell_list(frame, shell, folder, walk->pattern, &list);
	bool good = NT_STATUS_IS_OK(status);
	size_t i = 0;

	if (walk->heads && above != NULL && good && list->count > 0) {
		char *name = shell_printable(frame, folder);

		fprintf(shell->out, "\n\\%s\n", name);
	}
	for (i = 0; good && i < list->count && !shell->interrupted; i++) {
		walk->found++;
		good = walk->fn(shell, folder, &list->entry[i],
				walk->private_data);
	}
	if (good && walk->recurse && walk->named) {
		all = list; /* into the folder of that name, all of it */
		walk->named = false;
		walk->pattern = "*";
	} else if (good && walk->recurse && strcmp(walk->pattern, "*") != 0) {
		status = shell_list(frame, shell, folder, "*", &all);
		good = NT_STATUS_IS_OK(status);
	} else {
		all = list;
	}
	if (good && walk->recurse) {
		good = walk_below(walk, folder, all, above);
	} else if (!NT_STATUS_IS_OK(status)) {
		shell_fail(shell, status, "\\%s", folder);
	}
	talloc_free(frame);
	return good;
}

bool shell_walk_folder(struct shell *shell, const char *folder, bool recurse,
		       shell_entry_fn fn, void *private_data)
{
	struct walk walk = {
		.shell = shell,
		.pattern = "*",
		.recurse = recurse,
		.fn = fn,
		.private_data = private_data,
	};

	return walk_folder(&walk, folder, NULL);
}

bool shell_takes(const struct shell *shell, const struct client_stat *stat)
{
	if ((stat->attributes & FILE_ATTRIBUTE_DIRECTORY) != 0) {
		return true;
	}
	if ((shell->archive == 1 || shell->archive == 2) &&
	    (stat->attributes & FILE_ATTRIBUTE_ARCHIVE) == 0) {
		return false;
	}
	return shell->newer == 0 || stat->write_time >= shell->newer;
}

/* Such a name stands for the folder that it is in, of another time. */
static bool is_version(const char *name)
{
	return strncmp(name, "@GMT-", 5) == 0 && strlen(name) == 24;
}

bool shell_walk(struct shell *shell, const char *mask, bool heads,
		shell_entry_fn fn, void *private_data)
{
	char *path = shell_path(shell, shell, mask != NULL ? mask : "");
	size_t len = mask != NULL ? strlen(mask) : 0;
	bool inside = len == 0 || strchr("/\\", mask[len - 1]) != NULL ||
		      *path == '\0' || is_version(client_path_name(path));
	char *folder = inside ? talloc_strdup(path, path)
			      : client_path_folder(path, path);
	struct walk walk = {
		.shell = shell,
		.pattern = inside ? "*" : client_path_name(path),
		.recurse = shell->recurse,
		.named = !inside && strpbrk(path, "*?") == NULL,
		.heads = heads,
		.fn = fn,
		.private_data = private_data,
	};
	bool good = walk_folder(&walk, shell_need(folder), NULL);

	if (good && walk.found == 0 && !inside) {
		shell_fail(shell, NT_STATUS_NO_SUCH_FILE, "\\%s", path);
		good = false;
	}
	talloc_free(path);
	return good;
}
