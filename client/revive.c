/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Sessions and trees that the server ended, as an administrator has it do, on a
 * connection that lives: it answers NT_STATUS_USER_SESSION_DELETED (MS-SMB2
 * 3.3.5.2.9) or NT_STATUS_NETWORK_NAME_DELETED (3.3.5.2.11). The session logs
 * on anew, the tree is connected anew, files are opened again as after the loss
 * of a connection, and the calls are sent again by the same rules (replay.c).
 *
 * Replies that the old session still owes need its keys, so it is over when
 * they have come. Who may not come back (the share is gone, the password is
 * another) is told, and so are those who ask again soon after: a password that
 * is wrong is not said so often that the account is locked. Who may, and is
 * thrown out again and again, is tried a few times, later each time.
 *
 * That a session is no more is said without a signature, because there is no
 * key any more. Who can forge that, in the middle of a connection over TCP,
 * could cut it as well: in both cases another logon follows, with all its
 * proofs, and it is no sooner sent than the pause after the one before is over.
 * But what was cut off may have been done, and what is refused so was not: one
 * who lets a request through and forges its answer has what makes, renames or
 * removes something by its path told that it failed, although it was done.
 */
#define LOG_MODULE "client"

#include <errno.h>

#include "client/client_private.h"
#include "client/multichannel_private.h"
#include "smbquic/alarm.h"
#include "smbquic/log.h"

#define US_PER_MS	 1000
#define FIRST_PAUSE_MS	 100
#define LONGEST_PAUSE_MS 2000
/* What held so long is not what a server ends at once. */
#define STEADY_MS 5000
/* A call is asked again so often. */
#define REVIVALS 5
/* What the old session owes: a server that does not say is given up. */
#define OWED_MS 3000
/* Who was refused is not asked again for so long, and twice as long each time;
 * a logon costs more. */
#define REFUSED_MS	   1000
#define LOGON_REFUSED_MS   30000
#define LONGEST_REFUSED_MS 900000

enum phase {
	IDLE,
	OWED,	   /* until replies have come */
	PAUSED,	   /* until the next attempt */
	RESTORING, /* restore.c */
};

struct revive {
	struct client_session *session;
	enum phase phase;
	int64_t since;	    /* us; when it began */
	int64_t owed_since; /* us; when something became stale last */
	int64_t back_at;    /* us; when it was well last; 0: never */
	unsigned pause_ms;
	struct tevent_immediate *im;
	struct alarm *timer;
};

static void step(struct revive *r);

/* ---------------------------------------------------------------- the time */

static void stepped(struct tevent_context *ev, struct tevent_immediate *im,
		    void *private_data)
{
	(void)ev;
	(void)im;
	step(talloc_get_type_abort(private_data, struct revive));
}

/* Soon, and not from within what is going on. */
static void step_soon(struct revive *r)
{
	struct client_conn *conn = session_conn(r->session);

	if (conn != NULL) {
		tevent_schedule_immediate(r->im, conn->ev, stepped, r);
	}
}

static void timer_over(void *private_data)
{
	struct revive *r = talloc_get_type_abort(private_data, struct revive);

	r->timer = NULL;
	if (r->phase == PAUSED) {
		r->phase = RESTORING;
	}
	step(r);
}

static void set_timer(struct revive *r, unsigned ms)
{
	TALLOC_FREE(r->timer);
	r->timer =
		alarm_add(session_conn(r->session)->ev, r, ms, timer_over, r);
}

static void pause_attempts(struct revive *r)
{
	unsigned ms = r->pause_ms != 0 ? r->pause_ms : FIRST_PAUSE_MS;

	r->phase = PAUSED;
	r->pause_ms = ms * 2 < LONGEST_PAUSE_MS ? ms * 2 : LONGEST_PAUSE_MS;
	set_timer(r, ms);
}

static unsigned ms_since(int64_t then)
{
	int64_t ms = (conn_clock() - then) / US_PER_MS;

	return ms < 0 ? 0 : ms > INT32_MAX ? INT32_MAX : (unsigned)ms;
}

/* ------------------------------------------------------------------- calls */

static struct client_tree *tree_of(const struct client_session *session,
				   const struct call *call)
{
	struct client_tree *tree = NULL;

	TAILQ_FOREACH(tree, &session->trees, entry)
	{
		if (tree->serial == call->tree_serial) {
			return tree;
		}
	}
	return NULL;
}

static bool is_of(const struct call *call, const struct client_session *session)
{
	return call->channel != NULL && call->channel->session == session &&
	       !call->urgent;
}

bool revive_is_busy(const struct client_session *session)
{
	return session->revive != NULL && session->revive->phase != IDLE;
}

/* Is it, or a file of it, not what the server has? */
static bool is_unwell(const struct client_session *session,
		      const struct client_tree *tree)
{
	const struct client_file *file = NULL;

	if (tree->stale || !revive_is_busy(session)) {
		return tree->stale;
	}
	TAILQ_FOREACH(file, &tree->files, entry)
	{
		if (file->stale) {
			return true;
		}
	}
	return false;
}

/* Of a file that is back, while others are not: somebody may wait for it. */
static bool is_acknowledgement(const struct call *call)
{
	return call->posted && call->part[0].command == SMB2_OPLOCK_BREAK;
}

/* Does the call need what is stale? */
static bool is_affected(const struct client_session *session,
			const struct call *call)
{
	const struct client_tree *tree = NULL;

	if (!is_of(call, session) || session->stale) {
		return is_of(call, session);
	}
	tree = tree_of(session, call);
	if (tree != NULL && !tree->stale && is_acknowledgement(call)) {
		return false;
	}
	return tree != NULL && is_unwell(session, tree);
}

/* Those that were sent go first, as they were; the number of one that was not
 * is of a time before that. */
static void hold(struct client_conn *home, struct call *call)
{
	struct call *other = NULL;
	uint64_t id = call->part[0].message_id;
	bool was_sent = call->sent;

	replay_put_aside(call);
	if (call->awaits == 0) {
		call->awaits = conn_clock();
	}
	if (!was_sent) {
		call->part[0].message_id = 0;
		return;
	}
	TAILQ_FOREACH(other, &home->held, entry)
	{
		if (other != call && is_of(other, call->channel->session) &&
		    (other->part[0].message_id == 0 ||
		     other->part[0].message_id > id)) {
			TAILQ_REMOVE(&home->held, call, entry);
			TAILQ_INSERT_BEFORE(other, call, entry);
			return;
		}
	}
}

/* Nobody waits for it, and what it was about is no more. */
static bool is_pointless(const struct client_session *session,
			 const struct call *call)
{
	return session->stale && call->urgent && call->posted &&
	       call->channel != NULL && call->channel->session == session;
}

/* What was not sent yet is not sent before it has its new numbers. */
static void hold_waiting(struct client_conn *home,
			 const struct client_session *session)
{
	struct call *call = NULL;
	struct call *next = NULL;

	for (call = TAILQ_FIRST(&home->waiting); call != NULL; call = next) {
		next = TAILQ_NEXT(call, entry);
		if (is_affected(session, call)) {
			call->moved = false;
			hold(home, call);
		} else if (is_pointless(session, call)) {
			call_finish(call, NT_STATUS_USER_SESSION_DELETED);
		}
	}
}

/* Answers under the keys of a session that is no more are owed to whoever
 * asked, and be it to restore something, or waits no longer. */
static bool needs_keys(const struct client_session *session,
		       const struct call *call)
{
	return session->stale && call->channel != NULL &&
	       call->channel->session == session;
}

static bool is_owed(const struct client_conn *conn,
		    const struct client_session *session)
{
	const struct call *call = NULL;

	TAILQ_FOREACH(call, &conn->sent, entry)
	{
		if (needs_keys(session, call) || is_affected(session, call)) {
			return true;
		}
	}
	return false;
}

/* Those that are affected, or all of them, go out or end; one after the other,
 * because what one of them does may end others. */
static struct call *next_held(const struct client_conn *home,
			      const struct client_session *session,
			      const struct client_tree *tree)
{
	struct call *call = NULL;

	TAILQ_FOREACH(call, &home->held, entry)
	{
		if (is_of(call, session) &&
		    (tree == NULL || call->tree_serial == tree->serial)) {
			return call;
		}
	}
	return NULL;
}

/* @param tree  its calls alone; NULL: all of the session. */
static void end_calls(struct client_session *session,
		      const struct client_tree *tree, NTSTATUS status)
{
	struct client_conn *home = session_conn(session);
	struct call *call = next_held(home, session, tree);

	while (call != NULL) {
		call_finish(call, status);
		call = next_held(home, session, tree);
	}
}

void revive_session_ends(struct client_session *session)
{
	struct client_conn *home = session_conn(session);

	if (home != NULL && !home->lost && home->dead == NT_STATUS_OK &&
	    (session->revive != NULL || session->renewing != NULL)) {
		session->valid = false;
		end_calls(session, NULL, NT_STATUS_USER_SESSION_DELETED);
	}
}

/* ---------------------------------------------------------------- refusals */

/* Statuses that may be others a little later. */
static bool may_pass(NTSTATUS status)
{
	return status == NT_STATUS_USER_SESSION_DELETED ||
	       status == NT_STATUS_NETWORK_NAME_DELETED ||
	       status == NT_STATUS_NETWORK_SESSION_EXPIRED ||
	       status == NT_STATUS_INSUFFICIENT_RESOURCES ||
	       status == NT_STATUS_REQUEST_NOT_ACCEPTED ||
	       status == NT_STATUS_NO_LOGON_SERVERS ||
	       status == NT_STATUS_IO_TIMEOUT || status == NT_STATUS_NO_MEMORY;
}

static void refuse(struct refusal *refusal, NTSTATUS status, unsigned first_ms)
{
	unsigned ms = refusal->ms != 0 ? refusal->ms * 2 : first_ms;

	refusal->ms = ms < LONGEST_REFUSED_MS ? ms : LONGEST_REFUSED_MS;
	refusal->status = status;
	refusal->until = conn_clock() + (int64_t)refusal->ms * US_PER_MS;
}

static bool is_refused(const struct refusal *refusal)
{
	return !NT_STATUS_IS_OK(refusal->status) &&
	       conn_clock() < refusal->until;
}

NTSTATUS revive_refused(const struct client_session *session,
			const struct client_tree *tree)
{
	if (session->stale && is_refused(&session->refusal)) {
		return session->refusal.status;
	}
	if (tree != NULL && tree->stale && is_refused(&tree->refusal)) {
		return tree->refusal.status;
	}
	return NT_STATUS_OK;
}

static void refuse_session(struct revive *r, NTSTATUS status)
{
	struct client_session *session = r->session;
	const char *why = client_logon_why(session_conn(session));

	log_warn("the server ended the session, and logging on again failed: "
		 "%s",
		 why != NULL ? why : nt_errtext(status));
	r->phase = IDLE;
	TALLOC_FREE(r->timer);
	refuse(&session->refusal, status, LOGON_REFUSED_MS);
	end_calls(session, NULL, status);
}

static void refuse_tree(struct revive *r, struct client_tree *tree,
			NTSTATUS status)
{
	log_warn("the server ended the use of the share \"%s\", and does not "
		 "let us in again: %s",
		 tree->share, nt_errtext(status));
	if (status == NT_STATUS_BAD_NETWORK_NAME) {
		/* it is no file that is not found */
		status = NT_STATUS_NETWORK_NAME_DELETED;
	}
	refuse(&tree->refusal, status, REFUSED_MS);
	end_calls(r->session, tree, status);
	step_soon(r);
}

/* ------------------------------------------------------------------ begin */

static struct revive *revive_of(struct client_session *session)
{
	struct revive *r = session->revive;

	if (r != NULL) {
		return r;
	}
	r = talloc_zero(session, struct revive);
	if (r == NULL) {
		return NULL;
	}
	r->session = session;
	r->im = tevent_create_immediate(r);
	if (r->im == NULL) {
		TALLOC_FREE(r);
	}
	session->revive = r;
	return r;
}

/* Something is stale that was not. */
static void begin(struct revive *r)
{
	if (r->phase == IDLE) {
		r->since = conn_clock();
		if (r->back_at == 0 || ms_since(r->back_at) >= STEADY_MS) {
			r->pause_ms = 0;
		}
	}
	TALLOC_FREE(r->timer);
	r->phase = OWED;
	r->owed_since = conn_clock();
	hold_waiting(session_conn(r->session), r->session);
	step_soon(r);
}

bool revive_session(struct client_session *session)
{
	struct client_conn *home = session_conn(session);
	struct revive *r = NULL;

	if (home == NULL || home->way_back == NULL || home->lost ||
	    !session->valid || session->credentials == NULL) {
		return false;
	}
	r = revive_of(session);
	if (r == NULL) {
		return false;
	}
	if (!session->stale) {
		log_notice("the server ended the session: logging on again");
		TALLOC_FREE(session->renewing);
		restore_mark_session(session);
		begin(r);
	}
	return true;
}

static bool revive_tree(struct client_session *session,
			struct client_tree *tree)
{
	struct client_conn *home = session_conn(session);
	struct revive *r = NULL;

	if (home == NULL || home->way_back == NULL || home->lost ||
	    !session->valid || !tree->valid) {
		return false;
	}
	r = revive_of(session);
	if (r == NULL) {
		return false;
	}
	if (home->down) {
		return revive_session(session); /* home has to come back */
	}
	if (!tree->stale) {
		log_notice("the server ended the use of the share \"%s\": "
			   "connecting to it again",
			   tree->share);
		restore_mark_tree(tree);
		begin(r);
	}
	return true;
}

/* ------------------------------------------------------------- what is told */

/* The first word of the end of a session or a tree; or OK. */
static const struct call_part *ended(const struct call *call)
{
	unsigned i = 0;

	for (i = 0; i < call->parts; i++) {
		NTSTATUS status = call->part[i].status;

		if (status == NT_STATUS_USER_SESSION_DELETED ||
		    status == NT_STATUS_NETWORK_NAME_DELETED) {
			return &call->part[i];
		}
	}
	return NULL;
}

/*
 * A server that looks for a session or a tree and finds none has done nothing
 * (3.3.5.2.9, 3.3.5.2.11). It may have done something when it was at it: it
 * said so meanwhile, or still had the key of the session.
 */
static bool may_be_done(const struct call *call)
{
	unsigned i = 0;

	for (i = 0; i < call->parts; i++) {
		const struct call_part *part = &call->part[i];

		if (part->pending || part->replay ||
		    !NT_STATUS_IS_ERR(part->status) ||
		    (part->is_signed &&
		     part->status == NT_STATUS_USER_SESSION_DELETED)) {
			return true;
		}
	}
	return false;
}

/* Of what the session was when the call was sent? */
static bool is_past(const struct client_session *session,
		    const struct client_tree *tree, const struct call *call)
{
	return call->session_id != session->id ||
	       (tree != NULL && call->tree_id != tree->id);
}

static bool begin_for(struct client_session *session, const struct call *call,
		      NTSTATUS status)
{
	struct client_tree *tree = tree_of(session, call);

	if (is_past(session, tree, call)) {
		return true;
	}
	if (status == NT_STATUS_USER_SESSION_DELETED) {
		return revive_session(session);
	}
	return tree != NULL && revive_tree(session, tree);
}

static void ask_again(struct client_session *session, struct call *call)
{
	struct client_conn *home = session_conn(session);

	call->again = call->again || may_be_done(call);
	call->revivals++;
	call->moved = false;
	hold(home, call);
	if (!is_affected(session, call) && replay_number(home, call)) {
		replay_resume(home, call);
	}
}

bool revive_take(struct call *call)
{
	struct client_session *session =
		call->channel != NULL ? call->channel->session : NULL;
	struct client_conn *home =
		session != NULL ? session_conn(session) : NULL;
	const struct call_part *part = ended(call);

	if (part == NULL || home == NULL || home->dead != NT_STATUS_OK ||
	    home->lost || home->way_back == NULL || call->urgent ||
	    !begin_for(session, call, part->status)) {
		return false;
	}
	if (call->req == NULL || call->out == NULL ||
	    call->revivals >= REVIVALS || !replay_may_repeat(home, call) ||
	    (call->awaits != 0 &&
	     ms_since(call->awaits) >= home->options.reconnect_ms)) {
		return false;
	}
	ask_again(session, call);
	return true;
}

/* What is held is home's, and so is its channel. */
static void take_first(struct call *call)
{
	struct client_channel *old = call->channel;
	struct client_channel *first = channel_first(old->session);

	if (old != first) {
		call->channel = first;
		first->calls++;
		channel_call_ended(old);
	}
}

bool revive_holds(struct call *call)
{
	struct client_session *session =
		call->channel != NULL ? call->channel->session : NULL;
	struct client_conn *home =
		session != NULL ? session_conn(session) : NULL;
	struct client_tree *tree = NULL;

	/* a connection that is lost is reconnect.c's, with its sessions */
	if (home == NULL || home->lost || session->revive == NULL ||
	    call->urgent || !is_affected(session, call)) {
		return false;
	}
	take_first(call);
	talloc_steal(call->conn, call);
	call->held = true;
	call->awaits = conn_clock();
	TAILQ_INSERT_TAIL(&call->conn->held, call, entry);
	if (session->stale) {
		session->refusal.status = NT_STATUS_OK;
	} else {
		tree = tree_of(session, call);
		tree->refusal.status = NT_STATUS_OK;
	}
	if (session->revive->phase == IDLE) {
		begin(session->revive);
	}
	step_soon(session->revive);
	return true;
}

void revive_look(struct client_session *session)
{
	if (revive_is_busy(session)) {
		step_soon(session->revive);
	}
}

/* -------------------------------------------------------------------- steps */

/* It is connected to, but a file of it cannot be had: with what of it is open
 * it is not left behind on the server. */
static void leave_tree(struct client_tree *tree)
{
	struct client_conn *home = session_conn(tree->session);
	struct call *call = call_new(home, home, tree->session, tree);

	if (call != NULL) {
		call->urgent = true; /* it does not wait for those files */
		smb2_empty_encode(call_add(call, SMB2_TREE_DISCONNECT, 0));
	}
	call_post(home, call);
}

void revive_restored(struct client_session *session, struct client_tree *tree,
		     NTSTATUS status)
{
	struct client_conn *home = session_conn(session);
	struct revive *r = session->revive;
	bool is_over = false;

	if (r == NULL || home == NULL || home->dead != NT_STATUS_OK) {
		return;
	}
	if (NT_STATUS_IS_OK(status)) {
		step_soon(r);
		return;
	}
	log_info("not there again yet: %s", nt_errtext(status));
	if (home->down) {
		multichannel_session_ends(home, session);
		return;
	}
	if (status == NT_STATUS_USER_SESSION_DELETED ||
	    status == NT_STATUS_NETWORK_SESSION_EXPIRED) {
		restore_mark_session(session);
		is_over = true;
	} else if (status == NT_STATUS_NETWORK_NAME_DELETED && tree != NULL) {
		restore_mark_tree(tree);
	}
	if (may_pass(status) &&
	    ms_since(r->since) < home->options.reconnect_ms) {
		if (is_over) { /* it owes something still, and then the pause */
			begin(r);
		} else {
			pause_attempts(r);
		}
	} else if (session->stale || tree == NULL) {
		refuse_session(r, status);
	} else {
		if (!tree->stale) {
			leave_tree(tree);
			restore_mark_tree(tree);
		}
		refuse_tree(r, tree, status);
	}
}

/* The end of it, as well as could be. */
static void finish(struct revive *r)
{
	struct client_session *session = r->session;
	struct client_conn *home = session_conn(session);
	struct call *call = NULL;

	log_info("the session is well again");
	TALLOC_FREE(r->timer);
	r->phase = IDLE;
	r->back_at = conn_clock();
	session->refusal.ms = 0;
	if (session->renewing != NULL) {
		return; /* renew.c sends them */
	}
	for (call = next_held(home, session, NULL); call != NULL;
	     call = next_held(home, session, NULL)) {
		const struct client_tree *tree = tree_of(session, call);

		if (tree != NULL && tree->stale) {
			call_finish(call, tree->refusal.status);
		} else if (replay_number(home, call)) {
			replay_resume(home, call);
		}
	}
	conn_start_watch(home);
	conn_go(home);
}

/* What a further connection owes is lost with it: calls that it had are
 * home's, and are told there. */
static void end_channels(struct revive *r)
{
	struct client_session *session = r->session;

	if (session->stale && session->again == NULL) {
		multichannel_session_ends(session_conn(session), session);
	}
}

static void wait_for_owed(struct revive *r)
{
	struct client_conn *home = session_conn(r->session);
	unsigned waited = ms_since(r->owed_since);

	if (is_owed(home, r->session) && waited < OWED_MS) {
		if (r->timer == NULL) {
			set_timer(r, OWED_MS - waited);
		}
		return;
	}
	TALLOC_FREE(r->timer);
	if (r->session->stale && is_owed(home, r->session)) {
		conn_lost(home, ETIMEDOUT);
		return;
	}
	hold_waiting(home, r->session); /* with what other channels had */
	if (r->pause_ms != 0) {
		pause_attempts(r);
		return;
	}
	r->pause_ms = FIRST_PAUSE_MS;
	r->phase = RESTORING;
	step_soon(r);
}

static void step(struct revive *r)
{
	struct client_session *session = r->session;
	struct client_conn *home = session_conn(session);

	if (home == NULL || home->lost || home->dead != NT_STATUS_OK) {
		r->phase = IDLE; /* reconnect.c has all of it */
		TALLOC_FREE(r->timer);
		return;
	}
	if (r->phase == OWED) {
		end_channels(r);
		if (!home->lost) {
			wait_for_owed(r);
		}
	} else if (r->phase == RESTORING && session->valid &&
		   restore_session(session, 0) == 0 && r->phase == RESTORING) {
		finish(r);
	}
}
