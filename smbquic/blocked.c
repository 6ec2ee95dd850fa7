/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * blocked.c - where UDP does not get through.
 */
#define LOG_MODULE "race"
#include <arpa/inet.h>
#include <errno.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <netinet/in.h>

#include "smbquic/blocked.h"
#include "smbquic/log.h"
#include "smbquic/alarm.h"
#include "smbquic/transport.h"
#include "smbquic/udp.h"
#include "smbquic/visit.h"

/* The address from which we would reach it: that of the network we are in. */
static bool network_of(const struct sockaddr *addr, char out[INET6_ADDRSTRLEN])
{
	union udp_address a, local = {0};
	socklen_t len = sizeof(local);
	bool v4 = addr->sa_family == AF_INET;
	bool ok = false;
	int fd = -1;

	if ((!v4 && addr->sa_family != AF_INET6) ||
	    !udp_address_set(&a, addr, v4 ? sizeof(a.in) : sizeof(a.in6))) {
		return false;
	}
	fd = socket(addr->sa_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd == -1) {
		return false;
	}
	ok = connect(fd, &a.sa, udp_address_len(&a)) == 0 &&
	     getsockname(fd, &local.sa, &len) == 0;
	close(fd);
	return ok && inet_ntop(addr->sa_family,
			       v4 ? (void *)&local.in.sin_addr
				  : (void *)&local.in6.sin6_addr,
			       out, INET6_ADDRSTRLEN) != NULL;
}

static bool make_key(const char *visits_file, const char *host,
		     const struct sockaddr *addr, char network[],
		     struct visit_key *out)
{
	const struct sockaddr_in *in =
		(const struct sockaddr_in *)(const void *)addr;

	if (visits_file == NULL || !network_of(addr, network)) {
		return false;
	}
	/* The port is at the same place in both families. */
	*out = (struct visit_key){.kind = "blocked",
				  .host = host,
				  .port = ntohs(in->sin_port),
				  .policy = network};
	return true;
}

bool blocked_known(const char *visits_file, const char *host,
		   const struct sockaddr *addr)
{
	char network[INET6_ADDRSTRLEN];
	struct visit_key key;
	uint8_t *found = NULL;
	size_t len = 0;

	if (!make_key(visits_file, host, addr, network, &key)) {
		return false;
	}
	found = visit_get(NULL, visits_file, &key, time(NULL), &len);
	talloc_free(found);
	return found != NULL && len == 0;
}

void blocked_note(const char *visits_file, const char *host,
		  const struct sockaddr *addr, bool sure)
{
	/* a memory with something in it is a suspicion */
	static const uint8_t once[] = {1};
	char network[INET6_ADDRSTRLEN];
	struct visit_key key;
	time_t now = time(NULL);
	uint8_t *found = NULL;
	size_t len = 0;
	int err = 0;

	if (!make_key(visits_file, host, addr, network, &key)) {
		return;
	}
	found = visit_get(NULL, visits_file, &key, now, &len);
	sure = sure || found != NULL;
	talloc_free(found);
	err = visit_put(visits_file, &key, now, now + BLOCKED_SECONDS, once,
			sure ? 0 : sizeof(once));
	if (err != 0) {
		log_info("%s: that UDP is blocked cannot be remembered: %s",
			 visits_file, strerror(err));
	}
}

void blocked_forget(const char *visits_file, const char *host,
		    const struct sockaddr *addr)
{
	char network[INET6_ADDRSTRLEN];
	struct visit_key key;
	time_t now = time(NULL);
	uint8_t *found = NULL;
	size_t len = 0;

	if (!make_key(visits_file, host, addr, network, &key)) {
		return;
	}
	found = visit_get(NULL, visits_file, &key, now, &len);
	if (found != NULL) {
		visit_forget(visits_file, &key, now);
	}
	talloc_free(found);
}

/* --- listening on -------------------------------------------------------- */

struct watch {
	char *visits_file, *host;
	struct sockaddr_storage addr;
	struct tevent_req *req;
};

static const struct sockaddr *watched(const struct watch *w)
{
	return (const struct sockaddr *)&w->addr;
}

static void watch_silent(struct watch *w)
{
	log_info("still no answer from %s/udp: UDP seems to be blocked",
		 transport_address_string(watched(w)));
	blocked_note(w->visits_file, w->host, watched(w), true);
	talloc_free(w);
}

static void watch_late(void *private_data)
{
	watch_silent(talloc_get_type_abort(private_data, struct watch));
}

/* A refusal is an answer too. */
static void watch_done(struct tevent_req *req)
{
	struct watch *w = tevent_req_callback_data(req, struct watch);
	struct transport *t = NULL;
	int err = transport_connect_recv(req, w, &t, NULL);

	TALLOC_FREE(w->req);
	if (err == ETIMEDOUT) {
		watch_silent(w);
		return;
	}
	log_info("%s/udp has answered after all",
		 transport_address_string(watched(w)));
	blocked_forget(w->visits_file, w->host, watched(w));
	talloc_free(w);
}

void blocked_watch(TALLOC_CTX *mem_ctx, struct tevent_context *ev,
		   const char *visits_file, const char *host,
		   const struct sockaddr *addr, struct tevent_req *req)
{
	struct watch *w =
		visits_file != NULL ? talloc_zero(mem_ctx, struct watch) : NULL;
	size_t len = addr->sa_family == AF_INET6 ? sizeof(struct sockaddr_in6)
						 : sizeof(struct sockaddr_in);

	if (w == NULL) {
		talloc_free(req);
		return;
	}
	memcpy(&w->addr, addr, len);
	w->visits_file = talloc_strdup(w, visits_file);
	w->host = talloc_strdup(w, host);
	w->req = talloc_steal(w, req);
	tevent_req_set_callback(req, watch_done, w);
	if (w->visits_file == NULL || w->host == NULL ||
	    alarm_add(ev, w, BLOCKED_WATCH_MS, watch_late, w) == NULL) {
		talloc_free(w);
	}
}
