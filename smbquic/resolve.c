/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "smbquic/resolve.h"

/* Shared by the thread and the request; whoever lets go last frees it. Plain
 * memory: talloc is not for two threads. */
struct resolve_job {
	pthread_mutex_t lock;
	unsigned holders;
	char *host;
	int event; /* eventfd, written when done */
	int gai, err;
	struct resolve_result result;
};

struct resolve_state {
	struct resolve_job *job;
	struct tevent_fd *fde;
};

socklen_t resolve_sockaddr_size(const struct sockaddr_storage *addr)
{
	return addr->ss_family == AF_INET6 ? sizeof(struct sockaddr_in6)
					   : sizeof(struct sockaddr_in);
}

void resolve_set_port(struct sockaddr_storage *addr, uint16_t port)
{
	if (addr->ss_family == AF_INET6) {
		((struct sockaddr_in6 *)addr)->sin6_port = htons(port);
	} else {
		((struct sockaddr_in *)addr)->sin_port = htons(port);
	}
}

static void job_release(struct resolve_job *job)
{
	unsigned left = 0;

	pthread_mutex_lock(&job->lock);
	left = --job->holders;
	pthread_mutex_unlock(&job->lock);
	if (left > 0) {
		return;
	}
	pthread_mutex_destroy(&job->lock);
	if (job->event != -1) {
		close(job->event);
	}
	free(job->host);
	free(job);
}

/* Without the brackets of "[2001:db8::1]". */
static char *bare_host(const char *host)
{
	size_t len = strlen(host);

	if (len > 2 && host[0] == '[' && host[len - 1] == ']') {
		return strndup(host + 1, len - 2);
	}
	return strdup(host);
}

static struct resolve_job *job_new(const char *host)
{
	struct resolve_job *job = calloc(1, sizeof(*job));

	if (job == NULL) {
		return NULL;
	}
	pthread_mutex_init(&job->lock, NULL);
	job->holders = 1;
	job->host = bare_host(host);
	job->event = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (job->host == NULL || job->event == -1) {
		job_release(job);
		return NULL;
	}
	return job;
}

static void job_run(struct resolve_job *job, int flags)
{
	const struct addrinfo hints = {
		.ai_family = AF_UNSPEC,
		.ai_socktype = SOCK_STREAM,
		.ai_flags = flags,
	};
	struct addrinfo *list = NULL;
	const struct addrinfo *a = NULL;
	struct resolve_result *r = &job->result;

	job->gai = getaddrinfo(job->host, NULL, &hints, &list);
	job->err = errno;
	for (a = list; a != NULL && r->count < RESOLVE_MAX_ADDRESSES;
	     a = a->ai_next) {
		if (a->ai_addrlen <= sizeof(r->addr[0])) {
			memcpy(&r->addr[r->count++], a->ai_addr, a->ai_addrlen);
		}
	}
	if (list != NULL) {
		freeaddrinfo(list);
	}
}

static void *job_thread(void *arg)
{
	struct resolve_job *job = arg;
	const uint64_t one = 1;
	ssize_t n = 0;

	job_run(job, 0);
	do {
		n = write(job->event, &one, sizeof(one));
	} while (n == -1 && errno == EINTR);
	job_release(job);
	return NULL;
}

static void resolve_cleanup(struct tevent_req *req, enum tevent_req_state how)
{
	struct resolve_state *state =
		tevent_req_data(req, struct resolve_state);

	TALLOC_FREE(state->fde);
	if (how == TEVENT_REQ_RECEIVED && state->job != NULL) {
		job_release(state->job);
		state->job = NULL;
	}
}

static void resolve_ready(struct tevent_context *ev, struct tevent_fd *fde,
			  uint16_t flags, void *private_data)
{
	struct tevent_req *req =
		talloc_get_type_abort(private_data, struct tevent_req);

	(void)ev;
	(void)fde;
	(void)flags;
	tevent_req_done(req);
}

static int start_thread(struct resolve_job *job)
{
	pthread_t thread = {0};
	int err = 0;

	job->holders++;
	err = pthread_create(&thread, NULL, job_thread, job);
	if (err != 0) {
		job->holders--;
		return err;
	}
	pthread_detach(thread);
	return 0;
}

struct tevent_req *resolve_send(TALLOC_CTX *mem_ctx, struct tevent_context *ev,
				const char *host)
{
	struct resolve_state *state = NULL;
	struct tevent_req *req =
		tevent_req_create(mem_ctx, &state, struct resolve_state);

	if (req == NULL) {
		return NULL;
	}
	state->job = job_new(host);
	if (tevent_req_nomem(state->job, req)) {
		return tevent_req_post(req, ev);
	}
	tevent_req_set_cleanup_fn(req, resolve_cleanup);
	job_run(state->job, AI_NUMERICHOST);
	if (state->job->gai == 0) {
		tevent_req_done(req);
		return tevent_req_post(req, ev);
	}
	state->fde = tevent_add_fd(ev, state, state->job->event, TEVENT_FD_READ,
				   resolve_ready, req);
	if (tevent_req_nomem(state->fde, req)) {
		return tevent_req_post(req, ev);
	}
	if (tevent_req_error(req, start_thread(state->job))) {
		return tevent_req_post(req, ev);
	}
	return req;
}

static int resolve_error(TALLOC_CTX *mem_ctx, const struct resolve_job *job,
			 char **why)
{
	*why = talloc_asprintf(mem_ctx, "cannot resolve \"%s\": %s", job->host,
			       job->gai == EAI_SYSTEM ? strerror(job->err)
						      : gai_strerror(job->gai));
	switch (job->gai) {
	case EAI_AGAIN: return EAGAIN;
	case EAI_MEMORY: return ENOMEM;
	default: return ENOENT;
	}
}

int resolve_recv(struct tevent_req *req, TALLOC_CTX *mem_ctx,
		 struct resolve_result *out, char **why)
{
	struct resolve_state *state =
		tevent_req_data(req, struct resolve_state);
	enum tevent_req_state how = TEVENT_REQ_INIT;
	uint64_t code = 0;
	int err = 0;

	*why = NULL;
	if (tevent_req_is_error(req, &how, &code)) {
		err = how == TEVENT_REQ_USER_ERROR ? (int)code : ENOMEM;
		*why = talloc_asprintf(mem_ctx, "cannot resolve a name: %s",
				       strerror(err));
	} else if (state->job->gai != 0 || state->job->result.count == 0) {
		err = resolve_error(mem_ctx, state->job, why);
	} else {
		*out = state->job->result;
	}
	tevent_req_received(req);
	return err;
}
