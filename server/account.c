/* SPDX-License-Identifier: GPL-3.0-or-later */

#include "server/account.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "server/pam_account.h"
#include "server/request.h"
#include "server/store_posix.h"

/*
 * Both jobs are plain memory. What they read hangs on `held`, what they make
 * on `made`, which nobody else touches while a thread runs.
 */
struct account_job {
	struct worker_job head;
	void (*run)(struct account_job *job);
	TALLOC_CTX *held, *made;
	char *why;

	const struct users_entry *entry; /* resolve; config too */
	bool not_root;
	bool obey_pam;
	NTSTATUS status;
	struct user *user;

	const struct user *who; /* admit */
	const struct config *config;
	const struct config_share *section;
	bool allowed, read_only;
	struct user *forced;
};

struct account_state {
	struct account_job *job;
	NTSTATUS status;
};

static void job_release(struct worker_job *head)
{
	struct account_job *job = (struct account_job *)head;

	talloc_free(job->held);
	talloc_free(job->made);
	free(job);
}

/* The thread may still act as the user whose files it opened last; who
 * somebody is and what he may do is for the server itself to look up. */
static void job_run(struct worker_job *head)
{
	struct account_job *job = (struct account_job *)head;

	if (posix_cred_enter(NULL) == 0) {
		job->run(job);
	}
}

static struct account_job *job_new(void (*run)(struct account_job *job))
{
	struct account_job *job = calloc(1, sizeof(*job));

	if (job == NULL) {
		return NULL;
	}
	job->run = run;
	job->head.run = job_run;
	job->head.release = job_release;
	job->held = talloc_new(NULL);
	job->made = talloc_new(NULL);
	if (job->held == NULL || job->made == NULL) {
		job_release(&job->head);
		return NULL;
	}
	return job;
}

static void job_done(struct tevent_req *subreq);

/* Runs the job for req; its end is req's. */
static struct tevent_req *job_submit(struct tevent_req *req,
				     struct tevent_context *ev,
				     struct server *server,
				     struct account_job *job)
{
	struct account_state *state =
		tevent_req_data(req, struct account_state);
	struct tevent_req *subreq = NULL;

	state->job = job;
	subreq = worker_submit_send(state, ev, server->lane, &job->head);
	if (tevent_req_nomem(subreq, req)) {
		return tevent_req_post(req, ev);
	}
	tevent_req_set_callback(subreq, job_done, req);
	return req;
}

static void job_done(struct tevent_req *subreq)
{
	struct tevent_req *req =
		tevent_req_callback_data(subreq, struct tevent_req);
	int err = worker_submit_recv(subreq);

	/* The subreq stays: it owns the job until the answer was taken. */
	if (err != 0) {
		tevent_req_error(req, NT_STATUS_INSUFFICIENT_RESOURCES);
		return;
	}
	tevent_req_done(req);
}

static void take_why(struct account_job *job, TALLOC_CTX *mem_ctx, char **why)
{
	*why = job->why == NULL ? NULL : talloc_strdup(mem_ctx, job->why);
}

/* --- who is it? ------------------------------------------------------------
 */

static void resolve_run(struct account_job *job)
{
	job->user = users_resolve(job->made, job->entry, &job->why);
	if (job->user != NULL && job->not_root && job->user->uid == 0 &&
	    geteuid() == 0) {
		job->user = NULL;
		job->why = talloc_asprintf(
			job->made,
			"%s is root, and has no line in the users file",
			job->entry->name);
	}
	if (job->user != NULL) {
		job->user->must_encrypt = user_listed(
			job->user,
			config_list(job->config, NULL, CONFIG_ENCRYPT_USERS));
	}
	if (job->user != NULL && job->obey_pam) {
		job->status = pam_account_check(job->made, job->entry->name,
						&job->why);
	}
}

/* Who has to encrypt is asked of the configuration of now. */
static struct tevent_req *resolve_submit(struct tevent_req *req,
					 struct tevent_context *ev,
					 struct server *server,
					 struct account_job *job)
{
	job->config = server->config;
	if (talloc_reference(job->held, server->config) == NULL) {
		job_release(&job->head);
		tevent_req_oom(req);
		return tevent_req_post(req, ev);
	}
	return job_submit(req, ev, server, job);
}

/* A job for an account that the users file need not know. */
static struct account_job *job_for_account(const char *name)
{
	struct account_job *job = job_new(resolve_run);
	struct users_entry *entry = NULL;

	if (job == NULL) {
		return NULL;
	}
	entry = talloc_zero(job->held, struct users_entry);
	if (entry != NULL) {
		entry->uid = (uid_t)-1;
		entry->name = talloc_strdup(entry, name);
	}
	if (entry == NULL || entry->name == NULL) {
		job_release(&job->head);
		return NULL;
	}
	job->entry = entry;
	return job;
}

static struct account_job *job_for_entry(struct server *server,
					 const struct users_entry *entry)
{
	struct account_job *job = job_new(resolve_run);

	if (job == NULL) {
		return NULL;
	}
	job->entry = entry;
	if (talloc_reference(job->held, server->users) == NULL) {
		job_release(&job->head);
		return NULL;
	}
	return job;
}

/* Of a password that is not used nothing is asked. */
static bool may_log_on(const struct users_entry *entry, bool vouched)
{
	const char *why = NULL;

	if (vouched) {
		return (entry->flags &
			(USERS_FLAG_DISABLED | USERS_FLAG_LOCKED)) == 0;
	}
	return users_may_log_on(entry, &why);
}

struct tevent_req *account_resolve_send(TALLOC_CTX *mem_ctx,
					struct tevent_context *ev,
					struct server *server, const char *name,
					bool vouched)
{
	struct tevent_req *req = NULL;
	struct account_state *state = NULL;
	struct account_job *job = NULL;
	const struct users_entry *entry = users_find(server->users, name);

	req = tevent_req_create(mem_ctx, &state, struct account_state);
	if (req == NULL) {
		return NULL;
	}
	if (entry == NULL && !vouched) {
		tevent_req_error(req, NT_STATUS_NO_SUCH_USER);
		return tevent_req_post(req, ev);
	}
	if (entry != NULL && !may_log_on(entry, vouched)) {
		tevent_req_error(req, NT_STATUS_ACCOUNT_DISABLED);
		return tevent_req_post(req, ev);
	}
	job = entry != NULL ? job_for_entry(server, entry)
			    : job_for_account(name);
	if (tevent_req_nomem(job, req)) {
		return tevent_req_post(req, ev);
	}
	job->not_root = entry == NULL;
	job->obey_pam = config_bool(server->config, NULL, CONFIG_OBEY_PAM) &&
			geteuid() == 0;
	return resolve_submit(req, ev, server, job);
}

struct tevent_req *account_guest_send(TALLOC_CTX *mem_ctx,
				      struct tevent_context *ev,
				      struct server *server)
{
	struct tevent_req *req = NULL;
	struct account_state *state = NULL;
	struct account_job *job = NULL;

	req = tevent_req_create(mem_ctx, &state, struct account_state);
	if (req == NULL) {
		return NULL;
	}
	job = job_for_account(
		config_string(server->config, NULL, CONFIG_GUEST_ACCOUNT));
	if (tevent_req_nomem(job, req)) {
		return tevent_req_post(req, ev);
	}
	return resolve_submit(req, ev, server, job);
}

NTSTATUS account_resolve_recv(struct tevent_req *req, TALLOC_CTX *mem_ctx,
			      struct user **user, char **why)
{
	struct account_state *state =
		tevent_req_data(req, struct account_state);
	NTSTATUS status = NT_STATUS_OK;

	*user = NULL;
	*why = NULL;
	if (request_failed(req, &status)) {
		return status;
	}
	take_why(state->job, mem_ctx, why);
	if (!NT_STATUS_IS_OK(state->job->status)) {
		return state->job->status;
	}
	*user = talloc_move(mem_ctx, &state->job->user);
	return *user == NULL ? NT_STATUS_NO_SUCH_USER : NT_STATUS_OK;
}

/* --- what may he? ----------------------------------------------------------
 */

static bool listed(const struct account_job *job, enum config_key key)
{
	return user_listed(job->who,
			   config_list(job->config, job->section, key));
}

static bool admitted(const struct account_job *job)
{
	const char *const *valid =
		config_list(job->config, job->section, CONFIG_VALID_USERS);

	if (listed(job, CONFIG_INVALID_USERS)) {
		return false;
	}
	return valid[0] == NULL || user_listed(job->who, valid);
}

/* The write list wins over the read list, both over `read only`. */
static bool read_only(const struct account_job *job)
{
	if (listed(job, CONFIG_WRITE_LIST)) {
		return false;
	}
	return listed(job, CONFIG_READ_LIST) ||
	       config_bool(job->config, job->section, CONFIG_READ_ONLY);
}

static void admit_run(struct account_job *job)
{
	const char *user =
		config_string(job->config, job->section, CONFIG_FORCE_USER);
	const char *group =
		config_string(job->config, job->section, CONFIG_FORCE_GROUP);

	if (!admitted(job)) {
		job->why = talloc_strdup(job->made,
					 "`valid users` or `invalid users` "
					 "forbid it");
		return;
	}
	job->read_only = read_only(job);
	if (user[0] != '\0' || group[0] != '\0') {
		job->forced =
			user_force(job->made, job->who, user[0] ? user : NULL,
				   group[0] ? group : NULL, &job->why);
		job->allowed = job->forced != NULL;
		return;
	}
	job->allowed = true;
}

struct tevent_req *account_admit_send(TALLOC_CTX *mem_ctx,
				      struct tevent_context *ev,
				      struct share *share,
				      const struct user *user)
{
	struct tevent_req *req = NULL;
	struct account_state *state = NULL;
	struct account_job *job = NULL;

	req = tevent_req_create(mem_ctx, &state, struct account_state);
	if (req == NULL) {
		return NULL;
	}
	job = job_new(admit_run);
	if (tevent_req_nomem(job, req)) {
		return tevent_req_post(req, ev);
	}
	job->who = user;
	job->config = share->config;
	job->section = share->section;
	if (talloc_reference(job->held, user) == NULL ||
	    talloc_reference(job->held, share->config) == NULL) {
		job_release(&job->head);
		tevent_req_oom(req);
		return tevent_req_post(req, ev);
	}
	return job_submit(req, ev, share->server, job);
}

NTSTATUS account_admit_recv(struct tevent_req *req, TALLOC_CTX *mem_ctx,
			    struct account_admission *out, char **why)
{
	struct account_state *state =
		tevent_req_data(req, struct account_state);
	NTSTATUS status = NT_STATUS_OK;

	*out = (struct account_admission){0};
	*why = NULL;
	if (request_failed(req, &status)) {
		return status;
	}
	take_why(state->job, mem_ctx, why);
	if (!state->job->allowed) {
		return NT_STATUS_ACCESS_DENIED;
	}
	out->read_only = state->job->read_only;
	out->forced = talloc_move(mem_ctx, &state->job->forced);
	return NT_STATUS_OK;
}
