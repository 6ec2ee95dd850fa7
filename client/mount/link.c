/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The way to the share: connection, session, tree; and a new one when it is
 * lost for good. Files that were open on the old one are not on the new one.
 */
#define LOG_MODULE "link"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "client/mount/mount.h"
#include "smbquic/alarm.h"
#include "smbquic/log.h"

#define GOODBYE_MS	   2000
#define AGAIN_SECONDS	   1
#define AGAIN_SECONDS_MOST 30
/* Attempts after which those who do not want to wait are told. */
#define SOFT_ATTEMPTS 3
/* So long a connection may be lost, with all that is open on it, until files
 * have to be opened again: hard, and soft with a timeout of 0. */
#define HARD_MS	      (24u * 3600 * 1000)
#define SOFT_MS	      30000
#define SOFT_LEAST_MS 1000

struct link {
	struct client_conn *conn;
	struct client_session *session;
	struct client_tree *tree;
	const char *visits;
	TALLOC_CTX *coming; /* the next one, while it is made */
	struct client_conn *new_conn;
	struct client_session *new_session;
	struct alarm *timer;
	unsigned attempts;
	bool lost;    /* the connection, which may come back */
	bool leaving; /* and then nobody waits for it */
	char *why;
};

static void link_connected(struct tevent_req *subreq);
static void link_logged_on(struct tevent_req *subreq);
static void link_shared(struct tevent_req *subreq);

static struct client_options link_options(const struct mount *mount)
{
	struct client_options o = mount->options->client;

	o.server = mount->server;
	o.reconnect_ms = HARD_MS;
	if (mount->options->soft) {
		o.reconnect_ms = o.timeout_ms != 0 ? o.timeout_ms : SOFT_MS;
		if (o.reconnect_ms < SOFT_LEAST_MS) {
			o.reconnect_ms = SOFT_LEAST_MS;
		}
	}
	return o;
}

static struct client_credentials link_credentials(const struct mount *mount)
{
	const struct mount_options *o = mount->options;

	return (struct client_credentials){
		.user = o->user,
		.domain = o->domain,
		.password = o->password,
		.kerberos = o->kerberos,
		.ccache = o->ccache,
		.tickets_of = o->has_ticket_uid ? o->ticket_uid + 1ULL : 0,
	};
}

static void link_lost(struct client_conn *conn, enum client_lost what,
		      const char *why, void *private_data)
{
	struct mount *mount = private_data;

	mount->link->lost = what == CLIENT_LOST;
	if (mount->link->leaving) {
		client_interrupt(conn, true);
		return;
	}
	if (what == CLIENT_LOST) {
		log_warn("%s: lost: %s", mount->source, why);
	} else if (what == CLIENT_BACK) {
		log_notice("%s: there again", mount->source);
	} else {
		log_warn("%s: given up", mount->source);
	}
}

/*
 * Samba's smbd (4.25) ends the connection when the second CREATE of a compound
 * has to wait, so it takes a server that says of itself that it is another.
 */
static void kind_told(struct tevent_req *subreq)
{
	struct mount *mount = tevent_req_callback_data(subreq, struct mount);
	struct client_steps_result *result = NULL;
	struct fscc_fs_object_id id = {0};
	NTSTATUS status = client_steps_recv(subreq, subreq, &result);

	mount->compounds = NT_STATUS_IS_OK(status) &&
			   fscc_fs_object_id_decode(result->data[0], &id) &&
			   memcmp(id.extended_info, FSCC_FS_SMBQUICD,
				  sizeof(FSCC_FS_SMBQUICD)) == 0;
	talloc_free(subreq);
}

/* When it is not known all works, by more requests. */
static void ask_kind(struct mount *mount)
{
	const struct client_step step = {
		.command = SMB2_QUERY_INFO,
		.type = SMB2_0_INFO_FILESYSTEM,
		.info_class = FileFsObjectIdInformation,
		.max = 64,
	};
	struct client_open how = op_open(mount, FILE_READ_ATTRIBUTES);
	struct client_tree *tree = mount->link->tree;
	struct tevent_req *subreq = NULL;

	mount->compounds = false;
	how.options = FILE_DIRECTORY_FILE;
	subreq = client_steps_send(tree, tree, "", &how, &step, 1);
	if (subreq != NULL) {
		tevent_req_set_callback(subreq, kind_told, mount);
	}
}

/* All that is opened there, the leases on folders as well: an open without the
 * extensions keeps the name of a folder that is removed meanwhile, and the one
 * above is not empty then. */
static void use_posix(const struct mount *mount)
{
	(void)client_tree_use_posix(mount->link->tree, mount->posix);
}

static void link_take(struct mount *mount, struct client_conn *conn,
		      struct client_session *session, struct client_tree *tree)
{
	struct link *link = mount->link;

	link_users_forget(mount);
	watch_drop_all(mount);
	talloc_free(link->tree);
	talloc_free(link->session);
	talloc_free(link->conn);
	link->conn = talloc_steal(link, conn);
	link->session = talloc_steal(link, session);
	link->tree = talloc_steal(link, tree);
	link->attempts = 0;
	link->lost = false;
	client_on_lost(conn, link_lost, mount);
	client_tree_map_names(tree, mount->options->map_names);
	use_posix(mount);
	watch_tree(mount, tree);
	ask_kind(mount);
}

/* -------------------------------------------------------------- first time */

static bool explain(struct mount *mount, const char *what, NTSTATUS status,
		    const char *more, char **why)
{
	*why = talloc_asprintf(mount, "%s: %s (%s)", what,
			       more != NULL ? more : nt_errtext(status),
			       nt_errstr(status));
	return false;
}

static bool first_share(struct mount *mount, struct client_session *session,
			struct client_tree **tree, char **why)
{
	NTSTATUS status =
		client_tree_connect(session, session, mount->share, tree);

	if (!NT_STATUS_IS_OK(status)) {
		return explain(mount, mount->source, status, NULL, why);
	}
	if (client_tree_type(*tree) != SMB2_SHARE_TYPE_DISK) {
		*why = talloc_asprintf(mount, "%s: not a share of files",
				       mount->source);
		return false;
	}
	return true;
}

static NTSTATUS look_at(struct mount *mount, const char *folder,
			struct client_steps_result **result)
{
	struct client_open how = op_open(mount, FILE_READ_ATTRIBUTES);

	how.options = FILE_DIRECTORY_FILE;
	return client_steps(mount, mount->link->tree, folder, &how, NULL, 0,
			    result);
}

/* Is the folder there, and are the extensions? The share may be without them,
 * and how the folder is named depends on that. */
static bool first_look(struct mount *mount, char **why)
{
	struct client_steps_result *result = NULL;
	NTSTATUS status = NT_STATUS_OK;

	mount->posix = client_tree_posix(mount->link->tree);
	if (mount->posix && *mount->folder != '\0' &&
	    NT_STATUS_IS_OK(look_at(mount, "", &result))) {
		mount->posix = result->stat.posix;
		TALLOC_FREE(result);
	}
	status = look_at(mount, mount->folder, &result);
	if (!NT_STATUS_IS_OK(status)) {
		return explain(mount, mount->source, status, NULL, why);
	}
	mount->posix = result->stat.posix;
	use_posix(mount);
	node_root(mount->nodes)->file_id = 0;
	talloc_free(result);
	return true;
}

bool link_up(struct mount *mount, char **why)
{
	struct client_credentials who = link_credentials(mount);
	struct client_options options = link_options(mount);
	struct client_session *session = NULL;
	struct client_conn *conn = NULL;
	struct client_tree *tree = NULL;
	char *more = NULL;
	NTSTATUS status = 0;

	*why = NULL;
	mount->link = talloc_zero(mount, struct link);
	if (mount->link == NULL) {
		*why = talloc_strdup(mount, "out of memory");
		return false;
	}
	status = client_connect(mount->link, mount->ev, &options, &conn, &more);
	if (!NT_STATUS_IS_OK(status)) {
		return explain(mount, mount->server, status, more, why);
	}
	status = client_session_setup(mount->link, conn, &who, &session);
	if (!NT_STATUS_IS_OK(status)) {
		more = talloc_asprintf(mount, "logging on to %s%s%s",
				       mount->server,
				       who.user != NULL ? " as " : "",
				       who.user != NULL ? who.user : "");
		return explain(mount, more, status, client_logon_why(conn),
			       why);
	}
	if (!first_share(mount, session, &tree, why)) {
		return false;
	}
	link_take(mount, conn, session, tree);
	return first_look(mount, why);
}

/* ------------------------------------------------------------------- again */

struct client_tree *link_tree(const struct mount *mount)
{
	const struct link *link = mount->link;

	if (link->tree == NULL || link->conn == NULL ||
	    client_why(link->conn) != NULL) {
		return NULL;
	}
	return link->tree;
}

struct client_conn *link_conn(const struct mount *mount)
{
	return mount->link->conn;
}

bool link_works(const struct mount *mount)
{
	return link_tree(mount) != NULL && !mount->link->lost;
}

const char *link_why(const struct mount *mount)
{
	return mount->link->why;
}

/* All that wait go on, or fail. */
static void link_wake(struct mount *mount, int err)
{
	struct op_list list = TAILQ_HEAD_INITIALIZER(list);
	struct op *op = NULL;

	TAILQ_CONCAT(&list, &mount->waiting, entry);
	while (!TAILQ_EMPTY(&list)) {
		op = TAILQ_FIRST(&list);
		TAILQ_REMOVE(&list, op, entry);
		op->waits = false;
		if (err != 0) {
			op_fail(op, err);
		} else {
			op_start(op, op->go);
		}
	}
}

static void link_timer(void *private_data)
{
	struct mount *mount = private_data;

	mount->link->timer = NULL;
	link_again(mount);
}

static void link_failed(struct mount *mount, NTSTATUS status, const char *why)
{
	struct link *link = mount->link;
	unsigned seconds = AGAIN_SECONDS
			   << (link->attempts < 5 ? link->attempts : 5);

	if (link->attempts == 0) {
		log_warn("%s: no way to it: %s (%s)", mount->source,
			 why != NULL ? why : nt_errtext(status),
			 nt_errstr(status));
	}
	link->attempts++;
	TALLOC_FREE(link->coming);
	if (mount->options->soft && link->attempts >= SOFT_ATTEMPTS) {
		link_wake(mount, EIO);
	}
	if (TAILQ_EMPTY(&mount->waiting)) {
		return; /* the next who comes asks again */
	}
	seconds = seconds < AGAIN_SECONDS_MOST ? seconds : AGAIN_SECONDS_MOST;
	link->timer =
		alarm_add(mount->ev, link, seconds * 1000, link_timer, mount);
	if (link->timer == NULL) {
		link_wake(mount, ENOMEM);
	}
}

void link_again(struct mount *mount)
{
	struct link *link = mount->link;
	struct client_options options = link_options(mount);
	struct tevent_req *subreq = NULL;

	if (link->coming != NULL || link->timer != NULL) {
		return;
	}
	if (link->conn != NULL && client_why(link->conn) != NULL &&
	    link->attempts == 0) {
		log_warn("%s: %s", mount->source, client_why(link->conn));
	}
	link->coming = talloc_new(link);
	subreq = link->coming != NULL ? client_connect_send(link->coming,
							    mount->ev, &options)
				      : NULL;
	if (subreq == NULL) {
		link_failed(mount, NT_STATUS_NO_MEMORY, NULL);
		return;
	}
	tevent_req_set_callback(subreq, link_connected, mount);
}

static void link_connected(struct tevent_req *subreq)
{
	struct mount *mount = tevent_req_callback_data(subreq, struct mount);
	struct client_credentials who = link_credentials(mount);
	struct link *link = mount->link;
	char *why = NULL;
	NTSTATUS status = client_connect_recv(subreq, link->coming,
					      &link->new_conn, &why);

	talloc_free(subreq);
	if (!NT_STATUS_IS_OK(status)) {
		link_failed(mount, status, why);
		return;
	}
	subreq = client_session_setup_send(link->coming, link->new_conn, &who);
	if (subreq == NULL) {
		link_failed(mount, NT_STATUS_NO_MEMORY, NULL);
		return;
	}
	tevent_req_set_callback(subreq, link_logged_on, mount);
}

static void link_logged_on(struct tevent_req *subreq)
{
	struct mount *mount = tevent_req_callback_data(subreq, struct mount);
	struct link *link = mount->link;
	NTSTATUS status = client_session_setup_recv(subreq, link->coming,
						    &link->new_session);

	talloc_free(subreq);
	if (!NT_STATUS_IS_OK(status)) {
		link_failed(mount, status, client_logon_why(link->new_conn));
		return;
	}
	subreq = client_tree_connect_send(link->coming, link->new_session,
					  mount->share);
	if (subreq == NULL) {
		link_failed(mount, NT_STATUS_NO_MEMORY, NULL);
		return;
	}
	tevent_req_set_callback(subreq, link_shared, mount);
}

static void link_shared(struct tevent_req *subreq)
{
	struct mount *mount = tevent_req_callback_data(subreq, struct mount);
	struct link *link = mount->link;
	struct client_tree *tree = NULL;
	NTSTATUS status = client_tree_connect_recv(subreq, link->coming, &tree);

	talloc_free(subreq);
	if (!NT_STATUS_IS_OK(status)) {
		link_failed(mount, status, NULL);
		return;
	}
	link_take(mount, link->new_conn, link->new_session, tree);
	TALLOC_FREE(link->coming);
	log_notice("%s: there again", mount->source);
	link_wake(mount, 0);
}

void link_down(struct mount *mount)
{
	struct link *link = mount->link;

	watch_drop_all(mount);
	if (link == NULL || !link_works(mount)) {
		return;
	}
	link->leaving = true;
	client_set_timeout(link->conn, GOODBYE_MS);
	if (!client_settle(link->conn, GOODBYE_MS)) {
		return; /* nobody listens */
	}
	(void)client_tree_disconnect(link->tree);
	(void)client_logoff(link->session);
	client_disconnect(link->conn);
}
