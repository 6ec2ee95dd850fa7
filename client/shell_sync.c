/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * sync: mget or mput of one folder, which leaves out what is there already and
 * may delete what is not in the source. Each file appears when it is complete,
 * so a sync that broke off goes on where it was.
 */
#include <errno.h>
#include <fts.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <dirent.h>
#include <sys/stat.h>

#include "client/cmd_list.h"
#include "client/shell_many.h"
#include "smbquic/utf16.h"

#define TEMPORARY ".smbquic-"
#define SECOND	  ((NTTIME)10000000)

/* ---------------------------------------------------------------- the same? */

/* A file system that has whole seconds only cannot have the rest. */
static bool same_time(NTTIME a, NTTIME b)
{
	bool coarse = a % SECOND == 0 || b % SECOND == 0;

	return a == b || (coarse && a / SECOND == b / SECOND);
}

static int by_name(const void *a, const void *b)
{
	const struct client_dir_entry *x = a;
	const struct client_dir_entry *y = b;

	return utf8_casecmp(x->name, y->name);
}

void many_sync_sort(struct client_dir_list *list)
{
	if (list != NULL && list->count > 0) {
		qsort(list->entry, list->count, sizeof(list->entry[0]),
		      by_name);
	}
}

/* Names that differ in case alone stand side by side: the one that is the same
 * is wanted first. */
static const struct client_dir_entry *find(const struct client_dir_list *list,
					   const char *name)
{
	const struct client_dir_entry key = {.name = name};
	const struct client_dir_entry *at = NULL;
	const struct client_dir_entry *e = NULL;

	if (list == NULL || list->count == 0) {
		return NULL;
	}
	at = bsearch(&key, list->entry, list->count, sizeof(list->entry[0]),
		     by_name);
	if (at == NULL) {
		return NULL;
	}
	while (at > list->entry && by_name(at - 1, &key) == 0) {
		at--;
	}
	for (e = at; e < list->entry + list->count && by_name(e, &key) == 0;
	     e++) {
		if (strcmp(e->name, name) == 0) {
			return e;
		}
	}
	return at;
}

static bool is_folder(const struct client_dir_entry *e)
{
	return (e->stat.attributes & FILE_ATTRIBUTE_DIRECTORY) != 0;
}

bool many_sync_wants(struct many *many, struct many_item *item)
{
	const struct client_dir_entry *e = NULL;
	struct stat st = {0};
	uint64_t size = 0;
	NTTIME time = 0;

	if (many->up) {
		e = find(item->in->target, client_path_name(item->remote));
		if (e == NULL || is_folder(e)) {
			return true;
		}
		size = e->stat.size;
		time = e->stat.write_time;
	} else {
		if (lstat(item->local, &st) != 0 || !S_ISREG(st.st_mode)) {
			return true;
		}
		size = (uint64_t)st.st_size;
		time = nttime_from_timespec(st.st_mtim);
	}
	if (size != item->stat.size) {
		return true;
	}
	item->compare = many->sync->checksum;
	if (!item->compare && same_time(time, item->stat.write_time)) {
		item->same = many_keeps(many);
		many->sync->same += item->same ? 0 : 1;
		return item->same;
	}
	return true;
}

/* ----------------------------------------------------------------- deleting */

static bool is_ours(const char *name)
{
	return many_is_dot(name) ||
	       strncmp(name, TEMPORARY, strlen(TEMPORARY)) == 0;
}

static void say_deleted(struct many *many, const char *name)
{
	char *text = shell_printable(many, name);

	shell_progress_clear(many->progress);
	if (many->sync->dry_run) {
		fprintf(many->shell->out, "delete %s\n", text);
	} else {
		shell_say(many->shell, "deleting %s", text);
	}
	talloc_free(text);
	many->sync->deleted++;
}

static void remove_local(struct many *many, char *path)
{
	char *paths[] = {path, NULL};
	FTS *walk = NULL;
	FTSENT *e = NULL;

	say_deleted(many, path);
	if (many->sync->dry_run) {
		return;
	}
	walk = fts_open(paths, FTS_PHYSICAL | FTS_NOCHDIR, NULL);
	e = walk != NULL ? fts_read(walk) : NULL;
	for (; e != NULL; e = fts_read(walk)) {
		if (e->fts_info != FTS_D && remove(e->fts_path) != 0) {
			shell_fail_errno(many->shell, errno, "%s", e->fts_path);
		}
	}
	if (walk != NULL) {
		fts_close(walk);
	}
}

/* What of a local folder its source, a listing in order, has not. */
static void delete_here(struct many *many, const char *local,
			const struct client_dir_list *source)
{
	DIR *dir = opendir(*local != '\0' ? local : ".");
	struct dirent *d = dir != NULL ? readdir(dir) : NULL;
	const struct client_dir_entry *e = NULL;
	struct stat st = {0};
	char *path = NULL;

	for (; d != NULL && !many->shell->interrupted; d = readdir(dir)) {
		if (is_ours(d->d_name)) {
			continue;
		}
		path = many_local_name(many, local, d->d_name);
		e = find(source, d->d_name);
		if (lstat(path, &st) == 0 &&
		    (e == NULL || strcmp(e->name, d->d_name) != 0 ||
		     is_folder(e) != S_ISDIR(st.st_mode))) {
			remove_local(many, path);
		}
		talloc_free(path);
	}
	if (dir != NULL) {
		closedir(dir);
	}
}

static const char *local_name(struct many *many, TALLOC_CTX *mem_ctx,
			      const char *name)
{
	char *path =
		talloc_steal(mem_ctx, many_local_name(many, "folder", name));

	return strchr(path, '/') + 1;
}

/* The source as it is called here, in order. */
static struct client_dir_list *local_names(struct many *many,
					   const struct client_dir_list *list)
{
	struct client_dir_list *copy =
		shell_need(talloc_zero(many, struct client_dir_list));
	size_t i = 0;

	copy->entry = shell_need(
		talloc_array(copy, struct client_dir_entry, list->count + 1));
	for (i = 0; i < list->count; i++) {
		copy->entry[i] = list->entry[i];
		copy->entry[i].name =
			local_name(many, copy, list->entry[i].name);
	}
	copy->count = list->count;
	many_sync_sort(copy);
	return copy;
}

/* What of the server's folder is not in the local one, in any case. */
static void delete_there(struct many *many, const struct many_folder *f,
			 const char *remote, const char *local)
{
	struct client_dir_list here = {0};
	struct dirent **names = NULL;
	int count = scandir(*local != '\0' ? local : ".", &names, NULL, NULL);
	size_t i = 0;

	if (count < 0) {
		return; /* said where it was to be sent */
	}
	here.entry = shell_need(
		talloc_zero_array(many, struct client_dir_entry, count + 1));
	for (i = 0; i < (size_t)count; i++) {
		char *path = many_local_name(many, local, names[i]->d_name);
		struct stat st = {0};

		/* a copy: it may be the folder's own text */
		here.entry[i].name = shell_need(talloc_strdup(
			here.entry,
			many_remote_name(many, here.entry, names[i]->d_name)));
		if (stat(path, &st) == 0 && S_ISDIR(st.st_mode)) {
			here.entry[i].stat.attributes =
				FILE_ATTRIBUTE_DIRECTORY;
		}
		talloc_free(path);
		free(names[i]);
	}
	free(names);
	here.count = (size_t)count;
	many_sync_sort(&here);
	for (i = 0; i < f->target->count && !many->shell->interrupted &&
		    client_why(many->shell->conn) == NULL;
	     i++) {
		const struct client_dir_entry *e = &f->target->entry[i];
		const struct client_dir_entry *source = find(&here, e->name);

		if (is_ours(e->name) ||
		    (source != NULL && is_folder(source) == is_folder(e))) {
			continue;
		}
		say_deleted(many,
			    talloc_asprintf(here.entry, "\\%s%s%s", remote,
					    *remote != '\0' ? "\\" : "",
					    e->name));
		if (!many->sync->dry_run) {
			shell_remove_tree(many->shell, remote, e);
		}
	}
	talloc_free(here.entry);
}

void many_sync_delete(struct many *many, const struct many_folder *f,
		      const char *remote, const char *local,
		      const struct client_dir_list *source)
{
	struct client_dir_list *names = NULL;

	if (!many->sync->del || many->shell->interrupted) {
		return;
	}
	if (!many->up) {
		names = local_names(many, source);
		delete_here(many, local, names);
		talloc_free(names);
	} else if (f->target != NULL) {
		delete_there(many, f, remote, local);
	}
}

/* -------------------------------------------------------------------- files */

void many_sync_say(struct many *many, const struct many_item *item)
{
	char *text =
		shell_printable(many, many->up ? item->local : item->remote);

	shell_progress_clear(many->progress);
	fprintf(many->shell->out, many->up ? "put %s\n" : "get \\%s\n", text);
	talloc_free(text);
}
