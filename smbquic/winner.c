/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * winner.c - memories "won HOST:0 WAYS" of the text "CARRIER ADDRESS PORT".
 */
#define LOG_MODULE "race"
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "smbquic/log.h"
#include "smbquic/visit.h"
#include "smbquic/winner.h"

#define TEXT_MAX (WINNER_CARRIER + INET6_ADDRSTRLEN + 8)

static struct visit_key key_of(const char *host, const char *ways)
{
	return (struct visit_key){
		.kind = "won",
		.host = host,
		.policy = ways,
	};
}

/* @return false: it has a scope, which is this machine's own affair, or is no
 *          address. */
static bool address_text(const struct sockaddr *addr, char out[],
			 unsigned *port)
{
	const struct sockaddr_in *in = (const void *)addr;
	const struct sockaddr_in6 *in6 = (const void *)addr;

	if (addr->sa_family == AF_INET) {
		*port = ntohs(in->sin_port);
		return inet_ntop(AF_INET, &in->sin_addr, out,
				 INET6_ADDRSTRLEN) != NULL;
	}
	if (addr->sa_family != AF_INET6 || in6->sin6_scope_id != 0) {
		return false;
	}
	*port = ntohs(in6->sin6_port);
	return inet_ntop(AF_INET6, &in6->sin6_addr, out, INET6_ADDRSTRLEN) !=
	       NULL;
}

static bool winner_text(const char *carrier, const struct sockaddr *addr,
			char out[TEXT_MAX])
{
	char address[INET6_ADDRSTRLEN] = "";
	unsigned port = 0;

	return address_text(addr, address, &port) &&
	       snprintf(out, TEXT_MAX, "%s %s %u", carrier, address, port) <
		       TEXT_MAX;
}

static bool parse(const char *text, struct winner *out)
{
	struct sockaddr_in *in = (void *)&out->addr;
	struct sockaddr_in6 *in6 = (void *)&out->addr;
	char address[INET6_ADDRSTRLEN] = "";
	unsigned port = 0;

	*out = (struct winner){.carrier = ""};
	if (sscanf(text, "%31s %45s %5u", out->carrier, address, &port) != 3 ||
	    port == 0 || port > UINT16_MAX) {
		return false;
	}
	if (inet_pton(AF_INET, address, &in->sin_addr) == 1) {
		in->sin_family = AF_INET;
		in->sin_port = htons((uint16_t)port);
		return true;
	}
	if (inet_pton(AF_INET6, address, &in6->sin6_addr) == 1) {
		in6->sin6_family = AF_INET6;
		in6->sin6_port = htons((uint16_t)port);
		return true;
	}
	return false;
}

bool winner_known(const char *visits_file, const char *host, const char *ways,
		  struct winner *out)
{
	struct visit_key key = key_of(host, ways);
	char text[TEXT_MAX] = "";
	uint8_t *found = NULL;
	size_t len = 0;

	found = visit_get(NULL, visits_file, &key, time(NULL), &len);
	if (found != NULL && len < sizeof(text)) {
		memcpy(text, found, len);
	}
	talloc_free(found);
	return parse(text, out);
}

bool winner_is(const struct winner *winner, const char *carrier,
	       const struct sockaddr *addr)
{
	char a[TEXT_MAX] = "";
	char b[TEXT_MAX] = "";

	return winner_text(winner->carrier,
			   (const struct sockaddr *)&winner->addr, a) &&
	       winner_text(carrier, addr, b) && strcmp(a, b) == 0;
}

void winner_note(const char *visits_file, const char *host, const char *ways,
		 const char *carrier, const struct sockaddr *addr)
{
	struct visit_key key = key_of(host, ways);
	struct winner before = {.carrier = ""};
	char text[TEXT_MAX] = "";
	time_t now = time(NULL);
	int err = 0;

	if (visits_file == NULL || !winner_text(carrier, addr, text) ||
	    (winner_known(visits_file, host, ways, &before) &&
	     winner_is(&before, carrier, addr))) {
		return;
	}
	err = visit_put(visits_file, &key, now, now + WINNER_SECONDS,
			(const uint8_t *)text, strlen(text));
	if (err != 0) {
		log_info("%s: which way was taken cannot be remembered: %s",
			 visits_file, strerror(err));
	}
}
