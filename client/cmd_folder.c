/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Folders: where we are, what is in them, making and removing them. */
#include <inttypes.h>
#include <string.h>

#include "client/cmd_list.h"

static bool is_dot(const char *name)
{
	return strcmp(name, ".") == 0 || strcmp(name, "..") == 0;
}

static bool is_folder(const struct client_dir_entry *entry)
{
	return (entry->stat.attributes & FILE_ATTRIBUTE_DIRECTORY) != 0;
}

static char *below(TALLOC_CTX *mem_ctx, const char *folder, const char *name)
{
	return shell_need(talloc_asprintf(mem_ctx, "%s%s%s", folder,
					  *folder != '\0' ? "\\" : "", name));
}

/* ---------------------------------------------------------------- listing */

struct walk {
	struct shell *shell;
	const char *pattern;
	bool recurse;
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

static bool not_too_deep(struct shell *shell, const char *folder,
			 unsigned depth)
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

	if (!not_too_deep(walk->shell, folder, level.depth)) {
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

		if (is_folder(&all->entry[i]) && !is_dot(all->entry[i].name)) {
			path = below(walk->shell, folder, all->entry[i].name);
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
		client_list(frame, shell->tree, folder, walk->pattern, &list);
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
	if (good && walk->recurse && strcmp(walk->pattern, "*") != 0) {
		status = client_list(frame, shell->tree, folder, "*", &all);
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

bool shell_walk(struct shell *shell, const char *mask, bool heads,
		shell_entry_fn fn, void *private_data)
{
	char *path = shell_path(shell, shell, mask != NULL ? mask : "");
	size_t len = mask != NULL ? strlen(mask) : 0;
	bool inside = len == 0 || strchr("/\\", mask[len - 1]) != NULL ||
		      *path == '\0';
	char *folder = inside ? talloc_strdup(path, path)
			      : client_path_folder(path, path);
	struct walk walk = {
		.shell = shell,
		.pattern = inside ? "*" : client_path_name(path),
		.recurse = shell->recurse,
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

/* "N blocks of size S. A blocks available" */
static void print_blocks(struct shell *shell)
{
	const struct client_query query = {
		.type = SMB2_0_INFO_FILESYSTEM,
		.info_class = FileFsSizeInformation,
	};
	struct fscc_fs_size size = {0};
	struct wire_slice data = {0};
	TALLOC_CTX *frame = shell_need(talloc_new(shell));
	NTSTATUS status = client_query_path(
		frame, shell->tree, "", FILE_READ_ATTRIBUTES, &query, &data);

	if (NT_STATUS_IS_OK(status) && fscc_fs_size_decode(data, &size)) {
		fprintf(shell->out,
			"\n\t\t%" PRIu64 " blocks of size %" PRIu64 ". %" PRIu64
			" blocks available\n",
			size.total_allocation_units,
			(uint64_t)size.sectors_per_allocation_unit *
				size.bytes_per_sector,
			size.available_allocation_units);
	}
	talloc_free(frame);
}

static bool ls_entry(struct shell *shell, const char *folder,
		     const struct client_dir_entry *entry, void *private_data)
{
	(void)folder;
	(void)private_data;
	shell_print_entry(shell, entry);
	return true;
}

void cmd_ls(struct shell *shell, int argc, char **argv)
{
	if (shell_walk(shell, argc > 1 ? argv[1] : NULL, true, ls_entry,
		       NULL)) {
		print_blocks(shell);
	}
}

static bool du_entry(struct shell *shell, const char *folder,
		     const struct client_dir_entry *entry, void *private_data)
{
	uint64_t *sum = private_data;

	(void)shell;
	(void)folder;
	*sum += is_folder(entry) ? 0 : entry->stat.size;
	return true;
}

void cmd_du(struct shell *shell, int argc, char **argv)
{
	uint64_t sum = 0;

	if (shell_walk(shell, argc > 1 ? argv[1] : NULL, false, du_entry,
		       &sum)) {
		print_blocks(shell);
		fprintf(shell->out, "Total number of bytes: %" PRIu64 "\n",
			sum);
	}
}

/* --------------------------------------------------------- where we are */

static void print_cwd(struct shell *shell)
{
	char *cwd = shell_printable(shell, shell->cwd);

	fprintf(shell->out, "Current directory is \\\\%s\\%s\\%s%s\n",
		shell->target->server, shell->target->share, cwd,
		*cwd != '\0' ? "\\" : "");
	talloc_free(cwd);
}

void cmd_pwd(struct shell *shell, int argc, char **argv)
{
	(void)argc;
	(void)argv;
	print_cwd(shell);
}

void cmd_cd(struct shell *shell, int argc, char **argv)
{
	struct client_stat stat = {0};
	NTSTATUS status = NT_STATUS_OK;
	char *path = NULL;

	if (argc == 1) {
		print_cwd(shell);
		return;
	}
	path = shell_path(shell, shell, argv[1]);
	status = client_stat(shell->tree, path, &stat);
	if (NT_STATUS_IS_OK(status) &&
	    (stat.attributes & FILE_ATTRIBUTE_DIRECTORY) == 0) {
		status = NT_STATUS_NOT_A_DIRECTORY;
	}
	if (!NT_STATUS_IS_OK(status)) {
		shell_fail(shell, status, "cd \\%s", path);
		talloc_free(path);
		return;
	}
	talloc_free(shell->cwd);
	shell->cwd = path;
}

void cmd_cd_up(struct shell *shell, int argc, char **argv)
{
	char up[] = "..";
	char *words[] = {argv[0], up, NULL};

	(void)argc;
	cmd_cd(shell, 2, words);
}

/* ------------------------------------------------------ making, removing */

/* The folders above a path; those that exist already are no failure. */
static NTSTATUS make_parents(struct shell *shell, const char *path)
{
	char *folder = shell_need(client_path_folder(shell, path));
	NTSTATUS status = NT_STATUS_OK;

	if (*folder != '\0') {
		status = make_parents(shell, folder);
	}
	if (NT_STATUS_IS_OK(status) && *folder != '\0') {
		status = client_mkdir(shell->tree, folder);
	}
	talloc_free(folder);
	return status == NT_STATUS_OBJECT_NAME_COLLISION ? NT_STATUS_OK
							 : status;
}

void cmd_mkdir(struct shell *shell, int argc, char **argv)
{
	char *path = shell_path(shell, shell, argv[1]);
	NTSTATUS status = NT_STATUS_OK;

	(void)argc;
	if (shell->recurse) {
		status = make_parents(shell, path);
	}
	if (NT_STATUS_IS_OK(status)) {
		status = client_mkdir(shell->tree, path);
	}
	if (!NT_STATUS_IS_OK(status)) {
		shell_fail(shell, status, "making \\%s", path);
	}
	talloc_free(path);
}

void cmd_rmdir(struct shell *shell, int argc, char **argv)
{
	char *path = shell_path(shell, shell, argv[1]);
	NTSTATUS status = client_remove(shell->tree, path, FILE_DIRECTORY_FILE);

	(void)argc;
	if (!NT_STATUS_IS_OK(status)) {
		shell_fail(shell, status, "removing \\%s", path);
	}
	talloc_free(path);
}

/*
 * Where ls takes a folder for all that is in it, what is to be deleted must
 * be named: "" or "/" may come from a script's variable that was never set.
 */
static char *deletable(struct shell *shell, const char *mask)
{
	char *path = shell_path(shell, shell, mask);
	char *copy = NULL;
	size_t len = strlen(mask);

	if (*mask == '\0' || *path == '\0') {
		shell_fail_text(shell,
				"\"%s\" names nothing to delete; * is all that "
				"is there",
				mask);
	} else {
		while (strchr("/\\", mask[len - 1]) != NULL) {
			len--;
		}
		copy = shell_need(talloc_strndup(shell, mask, len));
	}
	talloc_free(path);
	return copy;
}

static bool del_entry(struct shell *shell, const char *folder,
		      const struct client_dir_entry *entry, void *private_data)
{
	char *path = NULL;
	NTSTATUS status = NT_STATUS_OK;
	unsigned *found = private_data;

	if (is_folder(entry)) {
		return true;
	}
	(*found)++;
	path = below(shell, folder, entry->name);
	status = client_remove(shell->tree, path, FILE_NON_DIRECTORY_FILE);
	if (!NT_STATUS_IS_OK(status)) {
		shell_fail(shell, status, "removing \\%s", path);
	}
	talloc_free(path);
	return client_why(shell->conn) == NULL;
}

void cmd_del(struct shell *shell, int argc, char **argv)
{
	char *mask = deletable(shell, argv[1]);
	unsigned found = 0;

	(void)argc;
	if (mask != NULL && shell_walk(shell, mask, false, del_entry, &found) &&
	    found == 0) {
		shell_fail(shell, NT_STATUS_NO_SUCH_FILE, "%s", mask);
	}
	talloc_free(mask);
}

/* An entry with all that is below it, deepest first. */
static bool deltree_entry(struct shell *shell, const char *folder,
			  const struct client_dir_entry *entry,
			  void *private_data)
{
	unsigned *depth = private_data;
	struct walk walk = {
		.shell = shell,
		.pattern = "*",
		.fn = deltree_entry,
		.private_data = depth,
	};
	bool good = true;
	uint32_t options = FILE_NON_DIRECTORY_FILE;
	char *path = NULL;
	NTSTATUS status = NT_STATUS_OK;

	if (is_dot(entry->name)) {
		return true;
	}
	path = below(shell, folder, entry->name);
	/* A link to a folder is removed, what it leads to is not. */
	if (is_folder(entry)) {
		options = FILE_DIRECTORY_FILE;
		if ((entry->stat.attributes & FILE_ATTRIBUTE_REPARSE_POINT) ==
		    0) {
			good = not_too_deep(shell, path, *depth);
			(*depth)++;
			good = good && walk_folder(&walk, path, NULL);
			(*depth)--;
		}
	}
	if (!good) {
		talloc_free(path);
		return false;
	}
	status = client_remove(shell->tree, path, options);
	if (!NT_STATUS_IS_OK(status)) {
		shell_fail(shell, status, "removing \\%s", path);
	}
	talloc_free(path);
	return client_why(shell->conn) == NULL;
}

void shell_remove_tree(struct shell *shell, const char *folder,
		       const struct client_dir_entry *entry)
{
	unsigned depth = 0;

	(void)deltree_entry(shell, folder, entry, &depth);
}

void cmd_deltree(struct shell *shell, int argc, char **argv)
{
	char *mask = deletable(shell, argv[1]);
	bool recurse = shell->recurse;
	unsigned depth = 0;

	(void)argc;
	/* It goes down by itself. */
	shell->recurse = false;
	if (mask != NULL) {
		shell_walk(shell, mask, false, deltree_entry, &depth);
	}
	shell->recurse = recurse;
	talloc_free(mask);
}
