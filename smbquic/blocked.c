/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * blocked.c - where UDP does not get through.
 */
#define LOG_MODULE "race"
#include <arpa/inet.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <netinet/in.h>

#include "smbquic/blocked.h"
#include "smbquic/log.h"
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
	return found != NULL;
}

void blocked_note(const char *visits_file, const char *host,
		  const struct sockaddr *addr)
{
	char network[INET6_ADDRSTRLEN];
	struct visit_key key;
	time_t now = time(NULL);
	int err = 0;

	if (!make_key(visits_file, host, addr, network, &key)) {
		return;
	}
	err = visit_put(visits_file, &key, now, now + BLOCKED_SECONDS, NULL, 0);
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

	if (make_key(visits_file, host, addr, network, &key)) {
		visit_forget(visits_file, &key, time(NULL));
	}
}
