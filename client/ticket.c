/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A Kerberos ticket, asked for in a thread.
 *
 * The job is plain memory that the thread and the request share. Who is the
 * last to have done with it frees it: a request that is freed does not wait for
 * a KDC.
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "client/client_private.h"
#include "client/client_req.h"
#include "negotiate/kerberos.h"
#include "smbquic/crypto.h"
#include "smbquic/thread_user.h"

#define PASSWD_SIZE 16384
#define NO_GROUP    ((gid_t)65534)

/* Both have a copy, and the pipe is closed by the thread: that is the news. */
struct ticket_job {
	pthread_mutex_t lock;
	unsigned users;
	int news;	     /* the thread's end */
	uint64_t tickets_of; /* as of client_credentials */
	struct kerberos_request request;
	struct kerberos_ticket *ticket;
	char *why;
	NTSTATUS status;
};

struct ticket_state {
	struct ticket_job *job;
	int news;
};

static void ticket_came(struct tevent_context *ev, struct tevent_fd *fde,
			uint16_t flags, void *private_data);

static void wipe_text(const char *text)
{
	if (text != NULL) {
		crypto_wipe((void *)(uintptr_t)text, strlen(text));
		free((void *)(uintptr_t)text);
	}
}

static void job_done_with(struct ticket_job *job)
{
	bool last = false;

	pthread_mutex_lock(&job->lock);
	job->users--;
	last = job->users == 0;
	pthread_mutex_unlock(&job->lock);
	if (!last) {
		return;
	}
	wipe_text(job->request.user);
	wipe_text(job->request.domain);
	wipe_text(job->request.password);
	wipe_text(job->request.ccache);
	wipe_text(job->request.keytab);
	wipe_text(job->request.server);
	free((void *)(uintptr_t)job->request.binding.data);
	kerberos_ticket_free(job->ticket);
	free(job->why);
	pthread_mutex_destroy(&job->lock);
	free(job);
}

static const char *copy(const char *text, bool *ok)
{
	char *out = text != NULL ? strdup(text) : NULL;

	*ok = *ok && (out != NULL) == (text != NULL);
	return out;
}

static struct ticket_job *job_new(const struct client_credentials *c,
				  const char *server, struct wire_slice binding)
{
	struct ticket_job *job = calloc(1, sizeof(*job));
	bool ok = true;

	if (job == NULL) {
		return NULL;
	}
	pthread_mutex_init(&job->lock, NULL);
	job->users = 1;
	job->news = -1;
	job->tickets_of = c->tickets_of;
	job->request.user = copy(c->user, &ok);
	job->request.domain = copy(c->domain, &ok);
	job->request.password = copy(c->password, &ok);
	job->request.ccache = copy(c->ccache, &ok);
	job->request.keytab = copy(c->keytab, &ok);
	job->request.server = copy(server, &ok);
	if (binding.len > 0) {
		uint8_t *bytes = malloc(binding.len);

		ok = ok && bytes != NULL;
		if (bytes != NULL) {
			memcpy(bytes, binding.data, binding.len);
			job->request.binding = wire_slice(bytes, binding.len);
		}
	}
	if (!ok) {
		job_done_with(job);
		return NULL;
	}
	return job;
}

/* For caches that are his group's to read. */
static gid_t group_of(uid_t uid)
{
	char *buffer = malloc(PASSWD_SIZE);
	struct passwd *found = NULL;
	struct passwd entry = {0};
	gid_t gid = NO_GROUP;

	if (buffer != NULL) {
		(void)getpwuid_r(uid, &entry, buffer, PASSWD_SIZE, &found);
	}
	if (found != NULL) {
		gid = entry.pw_gid;
	}
	free(buffer);
	return gid;
}

/* For this thread, which ends with the job. */
static bool act_as_owner(struct ticket_job *job)
{
	uid_t uid = (uid_t)(job->tickets_of - 1);

	if (uid != geteuid() && (thread_set_groups(0, NULL) != 0 ||
				 thread_set_group(group_of(uid)) != 0 ||
				 thread_set_user(uid) != 0)) {
		if (asprintf(&job->why, "the tickets of uid %lu: %s",
			     (unsigned long)uid, strerror(errno)) < 0) {
			job->why = NULL;
		}
		job->status = NT_STATUS_ACCESS_DENIED;
		return false;
	}
	if (job->request.ccache == NULL) {
		job->request.ccache = kerberos_cache_of(uid);
	}
	if (job->request.ccache == NULL) {
		job->why = strdup("krb5.conf's default_ccache_name cannot be "
				  "made out for another user");
		job->status = NT_STATUS_NO_SUCH_LOGON_SESSION;
		return false;
	}
	return true;
}

static void *job_run(void *private_data)
{
	struct ticket_job *job = private_data;

	if (job->tickets_of == 0 || act_as_owner(job)) {
		job->status = kerberos_ticket_get(&job->request, &job->ticket,
						  &job->why);
	}
	close(job->news);
	job_done_with(job);
	return NULL;
}

static bool job_start(struct ticket_job *job)
{
	pthread_attr_t attr;
	pthread_t thread;
	sigset_t all;
	sigset_t before;
	int err = 0;

	pthread_attr_init(&attr);
	pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	job->users++;
	err = pthread_create(&thread, &attr, job_run, job);
	if (err != 0) {
		job->users--;
		close(job->news);
	}
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	pthread_attr_destroy(&attr);
	return err == 0;
}

static int ticket_state_destructor(struct ticket_state *state)
{
	if (state->news >= 0) {
		close(state->news);
	}
	if (state->job != NULL) {
		job_done_with(state->job);
	}
	return 0;
}

struct tevent_req *ticket_get_send(TALLOC_CTX *mem_ctx,
				   struct tevent_context *ev,
				   const struct client_credentials *credentials,
				   const char *server,
				   struct wire_slice binding)
{
	struct ticket_state *state = NULL;
	struct tevent_req *req =
		tevent_req_create(mem_ctx, &state, struct ticket_state);
	struct tevent_fd *fde = NULL;
	int ends[2] = {-1, -1};

	if (req == NULL) {
		return NULL;
	}
	state->news = -1;
	talloc_set_destructor(state, ticket_state_destructor);
	state->job = job_new(credentials, server, binding);
	if (state->job == NULL || pipe2(ends, O_CLOEXEC) != 0) {
		tevent_req_oom(req);
		return tevent_req_post(req, ev);
	}
	state->news = ends[0];
	state->job->news = ends[1];
	if (!job_start(state->job)) {
		tevent_req_oom(req);
		return tevent_req_post(req, ev);
	}
	fde = tevent_add_fd(ev, state, state->news, TEVENT_FD_READ, ticket_came,
			    req);
	if (tevent_req_nomem(fde, req)) {
		return tevent_req_post(req, ev);
	}
	return req;
}

static void ticket_came(struct tevent_context *ev, struct tevent_fd *fde,
			uint16_t flags, void *private_data)
{
	struct tevent_req *req =
		talloc_get_type_abort(private_data, struct tevent_req);

	(void)ev;
	(void)flags;
	talloc_free(fde);
	tevent_req_done(req);
}

NTSTATUS ticket_get_recv(struct tevent_req *req, TALLOC_CTX *mem_ctx,
			 struct kerberos_ticket **out, char **why)
{
	struct ticket_state *state = tevent_req_data(req, struct ticket_state);
	struct ticket_job *job = state->job;
	NTSTATUS status = req_status(req);

	*out = NULL;
	*why = NULL;
	if (!NT_STATUS_IS_OK(status)) {
		return status;
	}
	/* The pipe was closed after these were written. */
	pthread_mutex_lock(&job->lock);
	*out = job->ticket;
	job->ticket = NULL;
	*why = job->why != NULL ? talloc_strdup(mem_ctx, job->why) : NULL;
	status = job->status;
	pthread_mutex_unlock(&job->lock);
	return status;
}
