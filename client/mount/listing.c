/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What is in a folder that is watched: its listing is read when a few of its
 * names were asked for, and then answers for the others. Who watches the folder
 * says when that is over.
 */
#define LOG_MODULE "watch"

#include "client/mount/listing.h"
#include "smbquic/log.h"

/* So many names are asked for before the listing is worth its bytes. */
#define WORTH_LISTING 8
/* How long one that failed, or has no end, is not begun again. */
#define AGAIN_SECONDS 30

static void listing_opened(struct tevent_req *subreq);
static void listing_read(struct tevent_req *subreq);

struct listing *listing_new(TALLOC_CTX *mem_ctx, struct mount *mount,
			    struct client_tree *tree, struct node *node,
			    const char *path)
{
	struct listing *l = talloc_zero(mem_ctx, struct listing);

	if (l == NULL) {
		return NULL;
	}
	l->mount = mount;
	l->tree = tree;
	l->node = node;
	l->path = path;
	l->names = names_new(l, mount->posix);
	if (l->names == NULL) {
		TALLOC_FREE(l);
	}
	return l;
}

void listing_forget(struct listing *l)
{
	names_forget(l->names);
	TALLOC_FREE(l->exchange);
	TALLOC_FREE(l->file);
	l->missed = 0;
}

/* It is tried again later. */
static void listing_refused(struct listing *l)
{
	listing_forget(l);
	l->refused_at = attr_now();
}

static void listing_begin(struct listing *l)
{
	struct client_open how =
		op_open(l->mount, FILE_LIST_DIRECTORY | FILE_READ_ATTRIBUTES |
					  SEC_STD_SYNCHRONIZE);

	how.options = FILE_DIRECTORY_FILE;
	l->exchange = client_dir_open_send(l, l->tree, l->path, &how, "*");
	if (l->exchange == NULL) {
		return;
	}
	names_begin(l->names);
	tevent_req_set_callback(l->exchange, listing_opened, l);
}

void listing_missed(struct listing *l)
{
	l->missed++;
	if (l->missed >= WORTH_LISTING && l->exchange == NULL &&
	    !names_is_whole(l->names) &&
	    attr_now() >= l->refused_at + AGAIN_SECONDS) {
		listing_begin(l);
	}
}

static void listing_more(struct listing *l)
{
	l->exchange = client_dir_read_send(l, l->file, "*");
	if (l->exchange == NULL) {
		listing_refused(l);
		return;
	}
	tevent_req_set_callback(l->exchange, listing_read, l);
}

/* What was changed here before the listing, and is told of only now, is not
 * told of as anybody else's. */
static void listing_end(struct listing *l)
{
	const struct node_name *name = NULL;
	double now = attr_now();

	names_end(l->names);
	TAILQ_FOREACH(name, &l->node->children, of_parent)
	{
		if (now < name->node->changed_at + NAMES_SECONDS) {
			names_doubt_own(l->names, name->text, now);
		}
	}
	TALLOC_FREE(l->file);
	log_debug("%s: all names are known", l->path);
}

/* @return false: there is no end of them. */
static bool listing_take(struct listing *l, const struct client_dir_list *list)
{
	bool map = l->mount->options->map_names;
	char text[FILE_NAME_SIZE] = "";
	struct client_stat stat = {0};
	char *smb = NULL;
	bool fine = true;
	size_t i = 0;

	for (i = 0; i < list->count && fine; i++) {
		if (!file_name_from_smb(list->entry[i].name, map, text)) {
			continue; /* longer than any name that is asked for */
		}
		smb = file_name_to_smb(l, map, text);
		stat = list->entry[i].stat;
		stat.file_id = list->entry[i].file_id;
		fine = smb == NULL || names_list(l->names, smb, &stat);
		talloc_free(smb);
	}
	return fine;
}

static void listing_opened(struct tevent_req *subreq)
{
	struct listing *l = tevent_req_callback_data(subreq, struct listing);
	struct client_dir_list *list = NULL;
	bool end = false;
	NTSTATUS status =
		client_dir_open_recv(subreq, l, &l->file, &list, &end, NULL);
	bool fine = NT_STATUS_IS_OK(status) && listing_take(l, list);

	TALLOC_FREE(l->exchange);
	talloc_free(list);
	if (!fine) {
		listing_refused(l);
	} else if (end) {
		listing_end(l);
	} else {
		listing_more(l);
	}
}

static void listing_read(struct tevent_req *subreq)
{
	struct listing *l = tevent_req_callback_data(subreq, struct listing);
	struct client_dir_list *list = NULL;
	NTSTATUS status = client_dir_read_recv(subreq, l, &list);
	bool fine = false;

	TALLOC_FREE(l->exchange);
	if (status == NT_STATUS_NO_MORE_FILES ||
	    status == NT_STATUS_NO_SUCH_FILE) {
		listing_end(l);
		return;
	}
	fine = NT_STATUS_IS_OK(status) && list->count > 0 &&
	       listing_take(l, list);
	talloc_free(list);
	if (fine) {
		listing_more(l);
	} else {
		listing_refused(l);
	}
}

/* -------------------------------------------------------------- its answers */

/* What a listing tells not all of, or not the newest. */
static bool is_told(const struct listing *l, const char *smb,
		    const struct client_stat *stat)
{
	const struct node *node = node_named(l->node, smb);

	/* what is written to through its other name; 0: nobody counts them */
	if ((stat->attributes &
	     (FILE_ATTRIBUTE_DIRECTORY | FILE_ATTRIBUTE_REPARSE_POINT)) != 0 ||
	    stat->links != 1) {
		return false;
	}
	return node == NULL || (!node_is_open(node) && !node_is_dirty(node));
}

enum names_known listing_find(struct listing *l, const char *smb,
			      struct client_stat *stat)
{
	enum names_known known = names_find(l->names, smb, stat);

	if ((known == NAMES_IS && !is_told(l, smb, stat)) ||
	    (known == NAMES_IS_NOT && client_tree_hides(l->tree))) {
		known = NAMES_UNKNOWN;
	}
	if (known == NAMES_UNKNOWN) {
		listing_missed(l);
	}
	return known;
}
