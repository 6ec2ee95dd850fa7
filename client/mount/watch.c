/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Folders that are watched: the server says before another client changes what
 * is in them, by a lease on the folder, and after anybody did, its own
 * machine's programs as well, by change notification. What the kernel is told
 * of names in such a folder it may believe for long, also that there is none;
 * it is told when that is over.
 *
 * Changes that were made here are notified as well, and cannot be told from
 * others of the same moment: of what was changed here a moment ago the kernel
 * is told nothing that would have to hold for longer than usual.
 */
#define LOG_MODULE "watch"

#include <string.h>

#include "client/dir_cache.h"
#include "client/mount/listing.h"
#include "client/mount/mount.h"
#include "smbquic/log.h"
#include "smbquic/alarm.h"
#include "smbquic/utf16.h"

/* What is believed for long, in case an event is lost. */
#define LONG_SECONDS 60.0
/* As long as what was changed here is notified, at most. */
#define OWN_SECONDS 3.0
/* So long it is watched before that is relied on: after the server was asked
 * to, and after it has said that it does. One that has taken long to say so may
 * have said only that it is busy. */
#define ASKED_SECONDS	1.0
#define ARMED_SECONDS	0.1
#define AT_ONCE_SECONDS 0.2
/* Between the events that the server tells together. */
#define PAUSE_MS 50
/* A folder that could not be watched is not tried again for so long. */
#define REFUSED_SECONDS 10.0
#define WATCHES_MOST	48
/* So much is asked of a folder before watching it is worth three requests. */
#define WORTH_WATCHING 8
/* Names of one folder that are believed for long. */
#define TOLD_MOST 4096
#define FILTER                                                         \
	(FILE_NOTIFY_CHANGE_FILE_NAME | FILE_NOTIFY_CHANGE_DIR_NAME |  \
	 FILE_NOTIFY_CHANGE_ATTRIBUTES | FILE_NOTIFY_CHANGE_SIZE |     \
	 FILE_NOTIFY_CHANGE_LAST_WRITE | FILE_NOTIFY_CHANGE_CREATION | \
	 FILE_NOTIFY_CHANGE_EA | FILE_NOTIFY_CHANGE_SECURITY)

/* A name that the kernel believes is not there. */
struct absent {
	TAILQ_ENTRY(absent) entry;
	char *name; /* as the kernel has it */
};

struct watch {
	TAILQ_ENTRY(watch) entry; /* of the mount; used last comes first */
	struct mount *mount;
	struct node *node; /* held */
	struct client_tree *tree;
	char *path;
	struct client_file *file;    /* NULL: not yet, or refused */
	struct tevent_req *exchange; /* opening, or waiting for events */
	struct alarm *pause;
	double asked_at; /* to tell of changes; 0: it was not */
	double armed_at; /* is relied on from then on; 0: not known yet */
	double refused_at;
	unsigned told; /* names, and those that are not there: */
	TAILQ_HEAD(, absent) absent;
	uint64_t listed; /* the mark with which the kernel has a listing */
	struct listing *listing;
};

static void watch_opened(struct tevent_req *subreq);
static void watch_event(struct tevent_req *subreq);

/* --------------------------------------------------------- what is not true */

static void forget_name(struct watch *w, const char *name)
{
	notify_name(w->mount, w->node, name);
}

/* All that the kernel was told of names in it. */
static void forget_all(struct watch *w)
{
	bool map = w->mount->options->map_names;
	struct node_name *name = NULL;
	struct absent *absent = NULL;
	char text[FILE_NAME_SIZE] = "";

	w->listed = 0;
	listing_forget(w->listing);
	if (w->told == 0) {
		return;
	}
	TAILQ_FOREACH(name, &w->node->children, of_parent)
	{
		if (file_name_from_smb(name->text, map, text)) {
			forget_name(w, text);
			notify_attr(w->mount, name->node);
		}
	}
	while (!TAILQ_EMPTY(&w->absent)) {
		absent = TAILQ_FIRST(&w->absent);
		forget_name(w, absent->name);
		TAILQ_REMOVE(&w->absent, absent, entry);
		talloc_free(absent);
	}
	notify_attr(w->mount, w->node);
	w->told = 0;
}

static void watch_drop(struct watch *w)
{
	struct node *node = w->node;

	forget_all(w);
	TAILQ_REMOVE(&w->mount->watches, w, entry);
	w->mount->num_watches--;
	node->watch = NULL;
	talloc_free(w);
	node_release(node);
}

void watch_drop_all(struct mount *mount)
{
	while (!TAILQ_EMPTY(&mount->watches)) {
		watch_drop(TAILQ_FIRST(&mount->watches));
	}
}

static bool is_within(const char *path, const char *folder)
{
	size_t len = strlen(folder);

	return strncmp(path, folder, len) == 0 &&
	       (path[len] == '\0' || path[len] == '\\');
}

void watch_let_go(struct mount *mount, const struct node *node)
{
	struct watch *next = NULL;
	struct watch *w = NULL;
	char *path = NULL;

	if (node == NULL || !node->directory) {
		return;
	}
	path = mount_path(mount, mount, node, NULL);
	for (w = TAILQ_FIRST(&mount->watches); w != NULL; w = next) {
		next = TAILQ_NEXT(w, entry);
		if (path == NULL || is_within(w->path, path)) {
			watch_drop(w);
		}
	}
	talloc_free(path);
}

/* The lease is gone. */
static void watch_changed(struct client_tree *tree, const char *folder,
			  void *private_data)
{
	struct mount *mount = private_data;
	struct watch *w = NULL;

	(void)tree;
	TAILQ_FOREACH(w, &mount->watches, entry)
	{
		if (strcmp(w->path, folder) == 0) {
			forget_all(w);
			break;
		}
	}
}

void watch_tree(struct mount *mount, struct client_tree *tree)
{
	struct client_dir_cache_options options = {0};

	client_dir_cache_default(&options);
	if (mount->leases &&
	    NT_STATUS_IS_OK(client_tree_cache(tree, &options))) {
		client_dir_on_change(tree, watch_changed, mount);
	}
}

/* -------------------------------------------------------------------- events
 */

static void watch_refused(struct watch *w)
{
	forget_all(w);
	w->asked_at = 0;
	w->armed_at = 0;
	w->refused_at = attr_now();
	w->node->asked = 0;
	TALLOC_FREE(w->file);
}

static void watch_wait(struct watch *w)
{
	w->exchange = client_notify_send(w, w->file, FILTER, false);
	if (w->exchange == NULL) {
		watch_refused(w);
		return;
	}
	tevent_req_set_callback(w->exchange, watch_event, w);
	if (w->asked_at == 0) {
		w->asked_at = attr_now();
	}
}

/* Is it relied on that the server tells? */
static bool is_armed(struct watch *w)
{
	double now = attr_now();

	if (w->asked_at == 0) {
		return false;
	}
	if (w->armed_at == 0 && w->exchange != NULL &&
	    client_notify_waits(w->exchange)) {
		w->armed_at = now + ARMED_SECONDS;
		if (now > w->asked_at + AT_ONCE_SECONDS) {
			w->armed_at = w->asked_at + ASKED_SECONDS;
		}
	}
	return now >=
	       (w->armed_at != 0 ? w->armed_at : w->asked_at + ASKED_SECONDS);
}

static void watch_open(struct watch *w)
{
	struct client_open how =
		op_open(w->mount, FILE_LIST_DIRECTORY | FILE_READ_ATTRIBUTES |
					  SEC_STD_SYNCHRONIZE);

	how.options = FILE_DIRECTORY_FILE;
	w->exchange = client_open_send(w, w->tree, w->path, &how);
	if (w->exchange == NULL) {
		watch_refused(w);
		return;
	}
	tevent_req_set_callback(w->exchange, watch_opened, w);
}

static void watch_opened(struct tevent_req *subreq)
{
	struct watch *w = tevent_req_callback_data(subreq, struct watch);
	NTSTATUS status = client_open_recv(subreq, w, &w->file, NULL);

	TALLOC_FREE(w->exchange);
	if (!NT_STATUS_IS_OK(status)) {
		watch_refused(w);
		return;
	}
	watch_wait(w);
}

/* Changed here a moment ago: it is what is known of it. */
static bool is_own(const struct node *node)
{
	return node != NULL && attr_now() < node->changed_at + OWN_SECONDS;
}

static void take_event(struct watch *w, const struct fscc_notify *event)
{
	char *smb = utf16_to_utf8(w, event->name);
	char name[FILE_NAME_SIZE] = "";
	struct node *node = smb != NULL ? node_named(w->node, smb) : NULL;
	double now = attr_now();

	if (smb == NULL) {
		forget_all(w);
	} else if (!is_own(node) &&
		   !names_is_own(w->listing->names, smb, now) &&
		   file_name_from_smb(smb, w->mount->options->map_names,
				      name)) {
		log_debug("%s: \"%s\" has changed", w->path, smb);
		names_doubt(w->listing->names, smb, now);
		if (event->action != FILE_ACTION_MODIFIED) {
			w->listed = 0;
			forget_name(w, name);
			notify_attr(w->mount, w->node);
		}
		if (node != NULL) {
			TALLOC_FREE(node->attr);
			notify_attr(w->mount, node);
		}
	}
	talloc_free(smb);
}

static void take_events(struct watch *w, struct wire_slice data)
{
	struct wire_walker list = fscc_notifies(data);
	struct fscc_notify event = {0};

	while (fscc_notify_next(&list, &event)) {
		take_event(w, &event);
	}
	if (!wire_walker_ok(&list)) {
		forget_all(w);
	}
}

static void watch_paused(void *private_data)
{
	struct watch *w = talloc_get_type_abort(private_data, struct watch);

	TALLOC_FREE(w->pause);
	watch_wait(w);
}

static void watch_event(struct tevent_req *subreq)
{
	struct watch *w = tevent_req_callback_data(subreq, struct watch);
	struct wire_slice data = {0};
	TALLOC_CTX *frame = talloc_new(w);
	NTSTATUS status = client_notify_recv(subreq, frame, &data);

	TALLOC_FREE(w->exchange);
	if (status == NT_STATUS_NOTIFY_ENUM_DIR) {
		/* its connection may be another one, which watches nothing */
		forget_all(w);
		w->asked_at = 0;
		w->armed_at = 0;
	} else if (!NT_STATUS_IS_OK(status)) {
		talloc_free(frame);
		watch_refused(w);
		return;
	} else {
		take_events(w, data);
		w->armed_at = w->armed_at != 0 ? w->armed_at : attr_now();
	}
	talloc_free(frame);
	w->pause = alarm_add(w->mount->ev, w, PAUSE_MS, watch_paused, w);
	if (w->pause == NULL) {
		watch_refused(w);
	}
}

/* ------------------------------------------------------------------- watching
 */

static struct watch *watch_new(struct mount *mount, struct node *node,
			       struct client_tree *tree)
{
	struct watch *w = talloc_zero(mount, struct watch);

	if (w == NULL) {
		return NULL;
	}
	w->path = mount_path(w, mount, node, NULL);
	w->listing = w->path != NULL
			     ? listing_new(w, mount, tree, node, w->path)
			     : NULL;
	if (w->listing == NULL) {
		talloc_free(w);
		return NULL;
	}
	if (mount->num_watches >= WATCHES_MOST) {
		watch_drop(TAILQ_LAST(&mount->watches, watches));
	}
	w->mount = mount;
	w->node = node;
	w->tree = tree;
	TAILQ_INIT(&w->absent);
	node_hold(node);
	node->watch = w;
	TAILQ_INSERT_HEAD(&mount->watches, w, entry);
	mount->num_watches++;
	return w;
}

/* It was renamed, or the share is connected to anew: another watch. */
static bool is_stale(struct watch *w, struct client_tree *tree)
{
	char *path = mount_path(w, w->mount, w->node, NULL);
	bool same = path != NULL && strcmp(path, w->path) == 0;

	talloc_free(path);
	return !same || w->tree != tree;
}

static struct watch *watch_of(struct mount *mount, struct node *node)
{
	struct client_tree *tree = link_tree(mount);

	if (node->watch != NULL &&
	    (tree == NULL || is_stale(node->watch, tree))) {
		watch_drop(node->watch);
	}
	if (node->watch == NULL && tree != NULL) {
		return watch_new(mount, node, tree);
	}
	return node->watch;
}

uint64_t watch_begin(struct mount *mount, const struct link_user *user,
		     struct node *node)
{
	struct watch *w = NULL;
	uint64_t mark = 0;

	if (!mount->leases || mount->options->cache != MOUNT_CACHE_STRICT ||
	    mount->options->dir_time == 0 || user != NULL) {
		return 0;
	}
	if (node->watch == NULL && ++node->asked < WORTH_WATCHING) {
		return 0;
	}
	w = watch_of(mount, node);
	if (w == NULL) {
		return 0;
	}
	TAILQ_REMOVE(&mount->watches, w, entry);
	TAILQ_INSERT_HEAD(&mount->watches, w, entry);
	mark = client_dir_watch(w->tree, w->path);
	if (mark != 0 && w->file == NULL && w->exchange == NULL &&
	    attr_now() >= w->refused_at + REFUSED_SECONDS) {
		watch_open(w);
	}
	return is_armed(w) ? mark : 0;
}

/* Nothing has changed in it since. */
static bool is_same(const struct watch *w, uint64_t mark)
{
	return w != NULL && mark != 0 && w->asked_at != 0 &&
	       link_tree(w->mount) == w->tree &&
	       client_dir_watch(w->tree, w->path) == mark;
}

static bool holds(const struct watch *w, uint64_t mark)
{
	return is_same(w, mark) && w->told < TOLD_MOST;
}

bool watch_holds(const struct node *folder, uint64_t mark,
		 const struct node *node)
{
	return holds(folder->watch, mark) && !is_own(node);
}

double watch_name_time(const struct mount *mount, const struct node *folder,
		       uint64_t mark, const struct node *node)
{
	if (!watch_holds(folder, mark, node)) {
		return mount->options->dir_time;
	}
	folder->watch->told++;
	return LONG_SECONDS;
}

double watch_attr_time(const struct mount *mount, const struct node *folder,
		       uint64_t mark, const struct node *node,
		       const struct stat *attr)
{
	/* other names of it are in folders that nobody watches */
	if (node->directory || attr->st_nlink > 1 || node_is_open(node) ||
	    mount->options->file_time == 0 ||
	    !watch_holds(folder, mark, node)) {
		return attr_time(mount, node);
	}
	folder->watch->told++;
	return LONG_SECONDS;
}

double watch_folder_time(const struct mount *mount, const struct node *node,
			 uint64_t parent_mark, uint64_t mark)
{
	const struct node *parent = node_parent(node);

	/* its mode is the parent's to tell of, its times are its own */
	if (parent == NULL || !watch_holds(parent, parent_mark, node) ||
	    !holds(node->watch, mark)) {
		return attr_time(mount, node);
	}
	parent->watch->told++;
	node->watch->told++;
	return LONG_SECONDS;
}

double watch_absent_time(struct node *folder, uint64_t mark, const char *name)
{
	struct watch *w = folder->watch;
	struct absent *absent = NULL;

	if (!holds(w, mark)) {
		return 0;
	}
	absent = talloc_zero(w, struct absent);
	if (absent == NULL) {
		return 0;
	}
	absent->name = talloc_strdup(absent, name);
	if (absent->name == NULL) {
		talloc_free(absent);
		return 0;
	}
	TAILQ_INSERT_HEAD(&w->absent, absent, entry);
	w->told++;
	return LONG_SECONDS;
}

void watch_listed(struct node *folder, uint64_t mark)
{
	if (holds(folder->watch, mark)) {
		folder->watch->listed = mark;
		folder->watch->told++;
	}
}

bool watch_has_listing(struct mount *mount, const struct link_user *user,
		       struct node *folder)
{
	uint64_t mark = watch_begin(mount, user, folder);

	return mark != 0 && folder->watch->listed == mark &&
	       holds(folder->watch, mark);
}

/* ---------------------------------------------------------------- its names */

enum names_known watch_name(struct node *folder, uint64_t mark, const char *smb,
			    struct client_stat *stat)
{
	return is_same(folder->watch, mark)
		       ? listing_find(folder->watch->listing, smb, stat)
		       : NAMES_UNKNOWN;
}

void watch_learn(struct node *folder, uint64_t mark, const char *smb,
		 const struct client_stat *stat)
{
	if (is_same(folder->watch, mark) && !is_own(node_named(folder, smb))) {
		names_learn(folder->watch->listing->names, smb, stat,
			    attr_now());
	}
}

void watch_doubt(const struct node *folder, const char *smb)
{
	if (folder != NULL && folder->watch != NULL) {
		names_doubt_own(folder->watch->listing->names, smb, attr_now());
	}
}

void watch_doubt_all(const struct node *folder)
{
	if (folder != NULL && folder->watch != NULL) {
		listing_forget(folder->watch->listing);
	}
}
