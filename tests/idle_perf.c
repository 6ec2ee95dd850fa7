/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * idle_perf.c - many QUIC connections that do nothing.
 *
 *	idle_perf [-b ADDRESS] -p PORT [-n CONNECTIONS] [-a AT_ONCE]
 *
 * Connects -n times, -a at a time, to a server of any certificate, says
 * "connected" with the number and holds all connections until it is killed.
 * Says "lost" and ends with 1 when one of them ends.
 */
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sys/resource.h>

#include "smbquic/tls.h"
#include "smbquic/transport.h"

/* A socket, a timer and an ear for the kernel's routes each */
#define DESCRIPTORS 3u

struct crowd {
	struct tevent_context *ev;
	struct sockaddr_in addr;
	struct tls_client_policy tls;
	struct transport_settings settings;
	unsigned wanted, begun, connected, at_once;
};

struct member {
	struct crowd *crowd;
	struct transport *transport;
	uint8_t byte;
};

static void die(const char *what, const char *why)
{
	fprintf(stderr, "idle_perf: %s: %s\n", what, why);
	exit(1);
}

static void begin(struct crowd *c);

static void lost(struct tevent_req *req)
{
	struct member *m = tevent_req_callback_data(req, struct member);
	const char *why = transport_error(m->transport);

	printf("lost one of %u: %s\n", m->crowd->connected,
	       why != NULL ? why : "the server ended it");
	exit(1);
}

static void connected(struct tevent_req *req)
{
	struct member *m = tevent_req_callback_data(req, struct member);
	struct crowd *c = m->crowd;
	char *why = NULL;

	if (transport_connect_recv(req, m, &m->transport, &why) != 0) {
		die("connect", why);
	}
	talloc_free(req);
	req = transport_read_send(m, c->ev, m->transport, &m->byte, 1, 1);
	tevent_req_set_callback(req, lost, m);
	c->connected++;
	if (c->connected == c->wanted) {
		printf("connected %u\n", c->connected);
		fflush(stdout);
	}
	begin(c);
}

static void begin(struct crowd *c)
{
	while (c->begun < c->wanted && c->begun - c->connected < c->at_once) {
		const struct transport_target to = {
			.addr = (struct sockaddr *)&c->addr,
			.addr_len = sizeof(c->addr),
			.server_name = "localhost",
			.tls = &c->tls,
			.settings = &c->settings,
		};
		struct member *m = talloc_zero(c->ev, struct member);
		struct tevent_req *req = NULL;

		m->crowd = c;
		c->begun++;
		req = transport_connect_send(m, c->ev, &transport_quic_user,
					     &to);
		tevent_req_set_callback(req, connected, m);
	}
}

static unsigned number(const char *text, unsigned long max)
{
	char *end = NULL;
	unsigned long v = strtoul(text, &end, 10);

	if (end == text || *end != '\0' || v == 0 || v > max) {
		die(text, "no such number");
	}
	return (unsigned)v;
}

static void option(struct crowd *c, int letter)
{
	switch (letter) {
	case 'a': c->at_once = number(optarg, 1000); break;
	case 'b': inet_pton(AF_INET, optarg, &c->addr.sin_addr); break;
	case 'n': c->wanted = number(optarg, 1000000); break;
	case 'p':
		c->addr.sin_port = htons((uint16_t)number(optarg, 65535));
		break;
	default: die("usage", "see the top of idle_perf.c");
	}
}

static void raise_limit(unsigned wanted)
{
	struct rlimit limit = {.rlim_cur = DESCRIPTORS * wanted + 100,
			       .rlim_max = DESCRIPTORS * wanted + 100};

	if (setrlimit(RLIMIT_NOFILE, &limit) != 0) {
		die("descriptors", "the limit cannot be raised (needs root)");
	}
}

int main(int argc, char **argv)
{
	struct crowd c = {.addr = {.sin_family = AF_INET},
			  .tls = {.trust = TLS_TRUST_NONE},
			  .wanted = 10000,
			  .at_once = 8};
	int letter = 0;

	inet_pton(AF_INET, "127.0.0.1", &c.addr.sin_addr);
	while (letter != -1) {
		letter = getopt(argc, argv, "a:b:n:p:");
		if (letter != -1) {
			option(&c, letter);
		}
	}
	raise_limit(c.wanted);
	transport_settings_default(&c.settings);
	c.settings.connect_timeout_ms = 60000;
	c.settings.keepalive_ms = 0; /* that is the server's business here */
	c.settings.idle_timeout_ms = 600000;
	c.ev = tevent_context_init(NULL);
	begin(&c);
	tevent_loop_wait(c.ev);
	return 1;
}
