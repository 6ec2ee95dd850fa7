/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * hostile.c - a stranger who is up to no good, at a rate.
 *
 *	hostile SERVER ADDRESS UDP-PORT TCP-PORT PER-MINUTE SECONDS
 *		[LOCKED CERTIFICATE KEY]
 *
 * Of ten attempts two are datagrams of noise, one of them dressed as the
 * beginning of a QUIC connection; one is a handshake that stops in the middle,
 * and one that is never more than its first datagram; one asks for a name that
 * is not there; two are whole ones with a logon that fails; one is noise over
 * TCP; two are TCP connections that say nothing and stay for as long as the
 * server lets them. Each fifth handshake offers another protocol (ALPN). Every
 * second one that would be whole or asks for the wrong name goes to LOCKED, a
 * name that wants a client certificate: with that one, which it does not
 * accept, or without any.
 *
 * Prints how many there were, how many of the whole ones were answered, and how
 * many of those to LOCKED were refused; fails when one of these was let in.
 */
#include <arpa/inet.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <gnutls/gnutls.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <unistd.h>

#include "client/client.h"
#include "smbquic/log.h"

#define DATAGRAM   1200
#define HALF_MS	   30
#define ATTEMPT_MS 20000
#define SILENT_MAX 32
#define TICKS	   20 /* a second */
#define FOREIGN	   5  /* one handshake of so many */

struct hostile {
	struct tevent_context *ev;
	struct client_options options;
	struct sockaddr_in udp, tcp;
	int noise; /* a UDP socket */
	int trap;  /* another, whose datagrams go on to the server, but back
		      from there comes nothing */
	struct client_options trapped;
	uint16_t last_trapped; /* the port: one datagram of each */
	const char *locked, *cert, *key;
	unsigned tried, kept_out;
	int silent[SILENT_MAX];
	unsigned next_silent;
	unsigned made, refused, answered, let_in;
};

struct attempt {
	struct hostile *h;
	struct client_options options;
	struct client_conn *conn;
	bool locked;
};

static void die(const char *what)
{
	fprintf(stderr, "hostile: %s: %s\n", what, strerror(errno));
	exit(1);
}

/* The client library's own, if this one did not come first. */
int gnutls_alpn_set_protocols(gnutls_session_t session,
			      const gnutls_datum_t *protocols, unsigned size,
			      unsigned flags)
{
	static unsigned made;
	static unsigned char web[] = "h3";
	const gnutls_datum_t foreign = {.data = web, .size = 2};
	union {
		void *data;
		int (*code)(gnutls_session_t, const gnutls_datum_t *, unsigned,
			    unsigned);
	} next = {.data = dlsym(RTLD_NEXT, "gnutls_alpn_set_protocols")};

	if (next.data == NULL) {
		die("gnutls_alpn_set_protocols");
	}
	if (++made % FOREIGN == 0) {
		protocols = &foreign;
	}
	return next.code(session, protocols, size, flags);
}

static void fill(uint8_t *out, size_t size)
{
	if (getrandom(out, size, 0) != (ssize_t)size) {
		die("random");
	}
}

/* --- datagrams ------------------------------------------------------------ */

static void send_noise(struct hostile *h, bool dressed)
{
	static const uint8_t head[] = {0xc3, 0, 0, 0, 1, 8};
	uint8_t data[DATAGRAM] = {0};

	fill(data, sizeof(data));
	if (dressed) { /* an Initial of version 1, RFC 9000 17.2.2 */
		memcpy(data, head, sizeof(head));
		data[sizeof(head) + 8] = 8;	/* source connection id */
		data[sizeof(head) + 17] = 0;	/* no token */
		data[sizeof(head) + 18] = 0x44; /* the rest of it */
		data[sizeof(head) + 19] = 0x90;
	}
	(void)sendto(h->noise, data, sizeof(data), MSG_DONTWAIT,
		     (struct sockaddr *)&h->udp, sizeof(h->udp));
}

/* --- handshakes ----------------------------------------------------------- */

static void end_attempt(struct tevent_context *ev, struct tevent_timer *te,
			struct timeval now, void *private_data)
{
	struct attempt *a = private_data;

	(void)ev;
	(void)te;
	(void)now;
	talloc_free(a);
}

static void on_logon(struct tevent_req *req)
{
	struct attempt *a = tevent_req_callback_data_void(req);
	struct client_session *session = NULL;
	NTSTATUS status = client_session_setup_recv(req, a, &session);

	a->h->answered += status == NT_STATUS_LOGON_FAILURE ? 1 : 0;
	talloc_free(a);
}

static void on_connect(struct tevent_req *req)
{
	static const struct client_credentials wrong = {
		.user = "administrator", .password = "password1"};
	struct attempt *a = tevent_req_callback_data_void(req);
	NTSTATUS status = client_connect_recv(req, a, &a->conn, NULL);

	a->h->refused += status != NT_STATUS_OK ? 1 : 0;
	a->h->kept_out += a->locked && status != NT_STATUS_OK ? 1 : 0;
	a->h->let_in += a->locked && status == NT_STATUS_OK ? 1 : 0;
	if (status != NT_STATUS_OK) {
		talloc_free(a);
		return;
	}
	req = client_session_setup_send(a, a->conn, &wrong);
	if (req == NULL) {
		talloc_free(a);
		return;
	}
	tevent_req_set_callback(req, on_logon, a);
}

static void try_hands(struct attempt *a, unsigned ms)
{
	struct hostile *h = a->h;
	struct tevent_req *req = NULL;

	req = client_connect_send(a, h->ev, &a->options);
	if (req == NULL ||
	    tevent_add_timer(
		    h->ev, a,
		    tevent_timeval_current_ofs(ms / 1000, ms % 1000 * 1000),
		    end_attempt, a) == NULL) {
		die("attempt");
	}
	tevent_req_set_callback(req, on_connect, a);
}

static struct attempt *attempt_new(struct hostile *h,
				   const struct client_options *options)
{
	struct attempt *a = talloc_zero(h->ev, struct attempt);

	if (a == NULL) {
		die("attempt");
	}
	a->h = h;
	a->options = *options;
	return a;
}

static void shake_hands(struct hostile *h, const char *server, unsigned ms)
{
	struct attempt *a = attempt_new(h, &h->options);

	a->options.server = server;
	try_hands(a, ms);
}

/* What the server gets of it is its first datagram. */
static void begin(struct hostile *h)
{
	try_hands(attempt_new(h, &h->trapped), HALF_MS);
}

/* By turns: with the certificate, and without. */
static void knock(struct hostile *h)
{
	struct attempt *a = attempt_new(h, &h->options);

	a->options.server = h->locked;
	a->locked = true;
	if (h->tried++ % 2 == 0) {
		a->options.tls.cert_file = h->cert;
		a->options.tls.key_file = h->key;
	}
	try_hands(a, ATTEMPT_MS);
}

static void on_trapped(struct tevent_context *ev, struct tevent_fd *fde,
		       uint16_t flags, void *private_data)
{
	struct hostile *h = private_data;
	struct sockaddr_in from = {0};
	socklen_t len = sizeof(from);
	uint8_t data[2048] = {0};
	ssize_t n = recvfrom(h->trap, data, sizeof(data), MSG_DONTWAIT,
			     (struct sockaddr *)&from, &len);

	(void)ev;
	(void)fde;
	(void)flags;
	if (n > 0 && from.sin_port != h->last_trapped) {
		h->last_trapped = from.sin_port;
		(void)sendto(h->noise, data, (size_t)n, MSG_DONTWAIT,
			     (struct sockaddr *)&h->udp, sizeof(h->udp));
	}
}

static void set_trap(struct hostile *h)
{
	struct sockaddr_in here = {.sin_family = AF_INET};
	socklen_t len = sizeof(here);

	here.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	h->trap = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (h->trap == -1 ||
	    bind(h->trap, (struct sockaddr *)&here, sizeof(here)) == -1 ||
	    getsockname(h->trap, (struct sockaddr *)&here, &len) == -1 ||
	    tevent_add_fd(h->ev, h->ev, h->trap, TEVENT_FD_READ, on_trapped,
			  h) == NULL) {
		die("a socket on loopback");
	}
	h->trapped = h->options;
	h->trapped.address = "127.0.0.1";
	h->trapped.port = ntohs(here.sin_port);
}

/* --- TCP ------------------------------------------------------------------ */

static int call_tcp(struct hostile *h)
{
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd == -1) {
		die("socket");
	}
	if (connect(fd, (struct sockaddr *)&h->tcp, sizeof(h->tcp)) == -1) {
		h->refused++;
	}
	return fd;
}

static void tcp_noise(struct hostile *h)
{
	uint8_t data[DATAGRAM] = {0};
	int fd = call_tcp(h);

	fill(data, sizeof(data));
	(void)send(fd, data, sizeof(data), MSG_DONTWAIT | MSG_NOSIGNAL);
	close(fd);
}

/* The oldest makes room: there are never more than SILENT_MAX. */
static void tcp_silent(struct hostile *h)
{
	int *place = &h->silent[h->next_silent++ % SILENT_MAX];

	if (*place > 0) {
		close(*place);
	}
	*place = call_tcp(h);
}

/* --- all of it ------------------------------------------------------------ */

static void attempt(struct hostile *h)
{
	bool second = h->locked != NULL && h->made / 10 % 2 == 1;

	switch (h->made++ % 10) {
	case 0: send_noise(h, false); break;
	case 1: send_noise(h, true); break;
	case 2: shake_hands(h, h->options.server, HALF_MS); break;
	case 7: begin(h); break;
	case 3:
		if (second) {
			knock(h);
		} else {
			shake_hands(h, "nobody.smbquic.test", ATTEMPT_MS);
		}
		break;
	case 4:
		if (second) {
			knock(h);
			break;
		} /* fall through */
	case 8: shake_hands(h, h->options.server, ATTEMPT_MS); break;
	case 5: tcp_noise(h); break;
	default: tcp_silent(h); break;
	}
}

struct rate {
	struct hostile *h;
	double began;
	double per_second;
	unsigned seconds;
	bool over;
};

static double now_seconds(void)
{
	struct timeval tv = tevent_timeval_current();

	return (double)tv.tv_sec + (double)tv.tv_usec / 1e6;
}

static void tick(struct tevent_context *ev, struct tevent_timer *te,
		 struct timeval now, void *private_data)
{
	struct rate *r = private_data;
	double passed = now_seconds() - r->began;
	unsigned due = (unsigned)(passed * r->per_second);
	unsigned most = (unsigned)(r->per_second * r->seconds);

	(void)te;
	(void)now;
	while (r->h->made < (due < most ? due : most)) {
		attempt(r->h);
	}
	if (passed >= r->seconds) {
		r->over = true;
		return;
	}
	if (tevent_add_timer(ev, ev,
			     tevent_timeval_current_ofs(0, 1000000 / TICKS),
			     tick, r) == NULL) {
		die("timer");
	}
}

static unsigned number(const char *text)
{
	char *end = NULL;
	unsigned long n = strtoul(text, &end, 10);

	if (*text == '\0' || *end != '\0' || n > 1000000) {
		errno = EINVAL;
		die(text);
	}
	return (unsigned)n;
}

static void aim(struct hostile *h, char **argv)
{
	h->udp.sin_family = AF_INET;
	if (inet_pton(AF_INET, argv[2], &h->udp.sin_addr) != 1) {
		die(argv[2]);
	}
	h->tcp = h->udp;
	h->udp.sin_port = htons((uint16_t)number(argv[3]));
	h->tcp.sin_port = htons((uint16_t)number(argv[4]));
	h->noise = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (h->noise == -1) {
		die("socket");
	}
	client_options_default(&h->options);
	h->options.server = argv[1];
	h->options.address = argv[2];
	h->options.transports = "quic-user";
	h->options.port = (uint16_t)number(argv[3]);
	h->options.tls.trust = TLS_TRUST_NONE;
	h->options.connect_timeout_ms = ATTEMPT_MS;
}

int main(int argc, char **argv)
{
	struct hostile h = {0};
	struct rate r = {.h = &h};

	if (argc != 7 && argc != 10) {
		fprintf(stderr, "usage: hostile SERVER ADDRESS UDP-PORT "
				"TCP-PORT PER-MINUTE SECONDS "
				"[LOCKED CERTIFICATE KEY]\n");
		return 2;
	}
	log_set_level(LOG_LEVEL_ERROR);
	signal(SIGPIPE, SIG_IGN);
	h.ev = tevent_context_init(NULL);
	aim(&h, argv);
	if (argc == 10) {
		h.locked = argv[7];
		h.cert = argv[8];
		h.key = argv[9];
	}
	set_trap(&h);
	r.per_second = number(argv[5]) / 60.0;
	r.seconds = number(argv[6]);
	r.began = now_seconds();
	tick(h.ev, NULL, tevent_timeval_current(), &r);
	while (!r.over && tevent_loop_once(h.ev) == 0) {
	}
	printf("hostile: %u attempts in %.1f s, %.0f a minute, %u refused, "
	       "%u told that the logon failed, %u of %u kept out for their "
	       "certificate\n",
	       h.made, now_seconds() - r.began,
	       h.made * 60 / (now_seconds() - r.began), h.refused, h.answered,
	       h.kept_out, h.tried);
	talloc_free(h.ev);
	return h.let_in == 0 ? 0 : 1;
}
