/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Sessions of those who ask (option multiuser): on the mount's connection, each
 * with the Kerberos tickets that a user of this machine has. Whoever mounted,
 * or cruid= names, has the mount's own.
 *
 * A user who was seen stays: one is a small thing, and there are no more than
 * USERS_MOST.
 */
#define LOG_MODULE "link"

#include <errno.h>
#include <time.h>
#include <unistd.h>

#include "client/mount/mount.h"
#include "smbquic/alarm.h"
#include "smbquic/log.h"

#define USERS_MOST 1024
/* So long after a failure nobody is logged on, as with Linux' cifs. */
#define REFUSED_SECONDS 1
/* Where the network is to blame. */
#define AGAIN_SECONDS 1
#define SOFT_ATTEMPTS 3

struct link_user {
	TAILQ_ENTRY(link_user) entry;
	struct mount *mount;
	uid_t uid;
	struct tevent_req *coming; /* a child, as the next three */
	struct alarm *timer;	   /* until the next attempt */
	unsigned attempts;	   /* without the network */
	struct client_session *session;
	struct client_tree *tree;
	bool refused; /* the last time, which was then: */
	time_t refused_at;
};

static void user_begin(struct link_user *user);
static void user_logged_on(struct tevent_req *subreq);
static void user_shared(struct tevent_req *subreq);

static time_t now(void)
{
	struct timespec ts = {0};

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec;
}

static uid_t own_uid(const struct mount *mount)
{
	const struct mount_options *o = mount->options;

	return o->has_ticket_uid ? o->ticket_uid : geteuid();
}

bool link_user_of(struct mount *mount, uid_t uid, struct link_user **out)
{
	struct link_user *user = NULL;

	*out = NULL;
	if (!mount->options->multiuser || uid == own_uid(mount)) {
		return true;
	}
	TAILQ_FOREACH(user, &mount->users, entry)
	{
		if (user->uid == uid) {
			*out = user;
			return true;
		}
	}
	if (mount->num_users == USERS_MOST) {
		return false;
	}
	user = talloc_zero(mount->link, struct link_user);
	if (user == NULL) {
		return false;
	}
	user->mount = mount;
	user->uid = uid;
	TAILQ_INSERT_HEAD(&mount->users, user, entry);
	mount->num_users++;
	*out = user;
	return true;
}

struct client_tree *link_user_tree(const struct mount *mount,
				   const struct link_user *user)
{
	struct client_tree *tree = link_tree(mount);

	return tree == NULL || user == NULL ? tree : user->tree;
}

bool link_has_tree(const struct mount *mount, const struct client_tree *tree)
{
	const struct link_user *user = NULL;

	if (link_tree(mount) == NULL || tree == link_tree(mount)) {
		return link_tree(mount) != NULL;
	}
	TAILQ_FOREACH(user, &mount->users, entry)
	{
		if (user->tree == tree) {
			return true;
		}
	}
	return false;
}

void link_users_forget(struct mount *mount)
{
	struct link_user *user = NULL;

	TAILQ_FOREACH(user, &mount->users, entry)
	{
		TALLOC_FREE(user->coming);
		TALLOC_FREE(user->timer);
		TALLOC_FREE(user->tree);
		TALLOC_FREE(user->session);
		user->refused = false;
	}
}

/* Those of his ops that wait go on, or fail. */
static void user_wake(struct link_user *user, int err)
{
	struct op_list list = TAILQ_HEAD_INITIALIZER(list);
	struct op *next = NULL;
	struct op *op = NULL;

	for (op = TAILQ_FIRST(&user->mount->waiting); op != NULL; op = next) {
		next = TAILQ_NEXT(op, entry);
		if (op->user == user) {
			TAILQ_REMOVE(&user->mount->waiting, op, entry);
			TAILQ_INSERT_TAIL(&list, op, entry);
			op->waits = false;
		}
	}
	while (!TAILQ_EMPTY(&list)) {
		op = TAILQ_FIRST(&list);
		TAILQ_REMOVE(&list, op, entry);
		if (err != 0) {
			op_fail(op, err);
		} else {
			op_start(op, op->go);
		}
	}
}

static void user_tick(void *private_data)
{
	struct link_user *user =
		talloc_get_type_abort(private_data, struct link_user);

	user->timer = NULL;
	user_begin(user);
}

/* The network is to blame. Who waits hard does so until it is there again. */
static void user_later(struct link_user *user)
{
	struct mount *mount = user->mount;

	user->attempts++;
	if (mount->options->soft && user->attempts >= SOFT_ATTEMPTS) {
		user->attempts = 0;
		user_wake(user, EIO);
		return;
	}
	user->timer = alarm_add(mount->ev, user, AGAIN_SECONDS * 1000,
				user_tick, user);
	if (user->timer == NULL) {
		user_wake(user, ENOMEM);
	}
}

static void user_failed(struct link_user *user, NTSTATUS status,
			const char *why)
{
	struct mount *mount = user->mount;

	TALLOC_FREE(user->session);
	if (link_tree(mount) == NULL) { /* he will be on the next one */
		link_again(mount);
		return;
	}
	if (status == NT_STATUS_CONNECTION_DISCONNECTED ||
	    status == NT_STATUS_IO_TIMEOUT) {
		user_later(user);
		return;
	}
	user->attempts = 0;
	if (!user->refused) {
		log_notice("%s: uid %lu is not let in: %s (%s)", mount->source,
			   (unsigned long)user->uid,
			   why != NULL ? why : nt_errtext(status),
			   nt_errstr(status));
	}
	user->refused = true;
	user->refused_at = now();
	user_wake(user, EACCES);
}

bool link_user_start(struct link_user *user)
{
	if (user->coming != NULL || user->timer != NULL) {
		return true;
	}
	if (user->refused && now() - user->refused_at <= REFUSED_SECONDS) {
		return false;
	}
	user_begin(user);
	return true;
}

static void user_begin(struct link_user *user)
{
	struct mount *mount = user->mount;
	const struct client_credentials who = {
		.kerberos = CLIENT_KERBEROS_REQUIRED,
		.no_ntlm = true,
		.tickets_of = user->uid + 1ULL,
	};

	if (link_tree(mount) == NULL) {
		link_again(mount);
		return;
	}
	user->coming = client_session_setup_send(user, link_conn(mount), &who);
	if (user->coming == NULL) {
		user_later(user);
		return;
	}
	tevent_req_set_callback(user->coming, user_logged_on, user);
}

static void user_logged_on(struct tevent_req *subreq)
{
	struct link_user *user =
		tevent_req_callback_data(subreq, struct link_user);
	struct mount *mount = user->mount;
	NTSTATUS status =
		client_session_setup_recv(subreq, user, &user->session);

	TALLOC_FREE(user->coming);
	if (!NT_STATUS_IS_OK(status)) {
		user_failed(user, status, client_logon_why(link_conn(mount)));
		return;
	}
	user->coming =
		client_tree_connect_send(user, user->session, mount->share);
	if (user->coming == NULL) {
		user_failed(user, NT_STATUS_NO_MEMORY, NULL);
		return;
	}
	tevent_req_set_callback(user->coming, user_shared, user);
}

static void user_shared(struct tevent_req *subreq)
{
	struct link_user *user =
		tevent_req_callback_data(subreq, struct link_user);
	NTSTATUS status = client_tree_connect_recv(subreq, user, &user->tree);

	TALLOC_FREE(user->coming);
	if (!NT_STATUS_IS_OK(status)) {
		user_failed(user, status, NULL);
		return;
	}
	client_tree_map_names(user->tree, user->mount->options->map_names);
	(void)client_tree_use_posix(user->tree, user->mount->posix);
	user->refused = false;
	user->attempts = 0;
	log_info("%s: uid %lu is logged on", user->mount->source,
		 (unsigned long)user->uid);
	user_wake(user, 0);
}
