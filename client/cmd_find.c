/* SPDX-License-Identifier: GPL-3.0-or-later */
/* find and tree: what is below a folder. */
#include <fnmatch.h>
#include <inttypes.h>
#include <string.h>
#include <strings.h>

#include "client/cmd_list.h"
#include "client/shell_folders.h"

/* -------------------------------------------------------------------- find */

struct wanted {
	const char *folder;
	const char *name; /* a mask, or NULL */
	char type;	  /* 'f', 'd', 0: both */
};

static bool parse_find(struct shell *shell, int argc, char **argv,
		       struct wanted *out)
{
	int i = 0;

	*out = (struct wanted){.folder = ""};
	for (i = 1; i < argc; i++) {
		bool more = i + 1 < argc;

		if (strcmp(argv[i], "-name") == 0 && more) {
			out->name = argv[++i];
		} else if (strcmp(argv[i], "-type") == 0 && more &&
			   (strcmp(argv[i + 1], "f") == 0 ||
			    strcmp(argv[i + 1], "d") == 0)) {
			out->type = *argv[++i];
		} else if (*argv[i] != '-' && i == 1) {
			out->folder = argv[i];
		} else {
			shell_fail_text(shell, "find: not understood: %s",
					argv[i]);
			return false;
		}
	}
	return true;
}

static bool find_entry(struct shell *shell, const char *folder,
		       const struct client_dir_entry *entry, void *private_data)
{
	const struct wanted *w = private_data;
	bool is_folder =
		(entry->stat.attributes & FILE_ATTRIBUTE_DIRECTORY) != 0;
	char *text = NULL;

	if (strcmp(entry->name, ".") == 0 || strcmp(entry->name, "..") == 0 ||
	    (w->type != '\0' && (w->type == 'd') != is_folder) ||
	    (w->name != NULL &&
	     fnmatch(w->name, entry->name, FNM_CASEFOLD | FNM_NOESCAPE) != 0)) {
		return true;
	}
	text = shell_printable(shell, folder);
	fprintf(shell->out, "\\%s%s", text, *text != '\0' ? "\\" : "");
	talloc_free(text);
	text = shell_printable(shell, entry->name);
	fprintf(shell->out, "%s\n", text);
	talloc_free(text);
	return true;
}

void cmd_find(struct shell *shell, int argc, char **argv)
{
	struct wanted w = {0};
	char *inside = NULL;
	bool recurse = shell->recurse;

	if (!parse_find(shell, argc, argv, &w)) {
		return;
	}
	/* what is in it, and not its own line */
	inside = shell_need(talloc_asprintf(shell, "%s%s", w.folder,
					    *w.folder != '\0' ? "\\" : ""));
	shell->recurse = true;
	shell_walk(shell, inside, false, find_entry, &w);
	shell->recurse = recurse;
	talloc_free(inside);
}

/* -------------------------------------------------------------------- tree */

#define DEPTH_MAX 100

struct tree_count {
	uint64_t folders, files;
};

static int by_name(const void *a, const void *b)
{
	const struct client_dir_entry *x = a;
	const struct client_dir_entry *y = b;

	return strcasecmp(x->name, y->name);
}

/* Without "." and "..". */
static void tree_sort(struct client_dir_list *list)
{
	size_t kept = 0;
	size_t i = 0;

	for (i = 0; i < list->count; i++) {
		const char *name = list->entry[i].name;

		if (strcmp(name, ".") != 0 && strcmp(name, "..") != 0) {
			list->entry[kept++] = list->entry[i];
		}
	}
	list->count = kept;
	if (kept > 0) {
		qsort(list->entry, kept, sizeof(list->entry[0]), by_name);
	}
}

static void tree_folder(struct shell *shell, const char *folder,
			const char *indent, unsigned depth,
			struct tree_count *count)
{
	TALLOC_CTX *frame = shell_need(talloc_new(shell));
	struct client_dir_list *list = NULL;
	NTSTATUS status = shell_list(frame, shell, folder, "*", &list);
	size_t i = 0;

	if (!NT_STATUS_IS_OK(status)) {
		shell_fail(shell, status, "\\%s", folder);
		talloc_free(frame);
		return;
	}
	tree_sort(list);
	for (i = 0; i < list->count && !shell->interrupted; i++) {
		const struct client_dir_entry *e = &list->entry[i];
		uint32_t attributes = e->stat.attributes;
		bool is_folder = (attributes & FILE_ATTRIBUTE_DIRECTORY) != 0;
		bool last = i + 1 == list->count;

		fprintf(shell->out, "%s%s%s%s\n", indent,
			last ? "`-- " : "|-- ", shell_printable(frame, e->name),
			is_folder ? "\\" : "");
		count->folders += is_folder ? 1 : 0;
		count->files += is_folder ? 0 : 1;
		/* A link may lead round in a circle. */
		if (!is_folder || depth >= DEPTH_MAX ||
		    (attributes & FILE_ATTRIBUTE_REPARSE_POINT) != 0) {
			continue;
		}
		tree_folder(shell,
			    shell_need(talloc_asprintf(
				    frame, "%s%s%s", folder,
				    *folder != '\0' ? "\\" : "", e->name)),
			    shell_need(talloc_asprintf(frame, "%s%s", indent,
						       last ? "    " : "|   ")),
			    depth + 1, count);
	}
	talloc_free(frame);
}

void cmd_tree(struct shell *shell, int argc, char **argv)
{
	struct tree_count count = {0};
	char *folder = shell_path(shell, shell, argc > 1 ? argv[1] : "");
	char *name = shell_printable(folder, folder);

	fprintf(shell->out, "\\%s\n", name);
	tree_folder(shell, folder, "", 1, &count);
	fprintf(shell->out, "\n%" PRIu64 " folders, %" PRIu64 " files\n",
		count.folders, count.files);
	talloc_free(folder);
}
