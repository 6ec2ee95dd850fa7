/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * testlib_quic.c - a link between two QUIC connections, in memory.
 */
#include "tests/testlib.h"
#include "tests/testlib_quic.h"

#include <arpa/inet.h>
#include <errno.h>
#include <string.h>
#include <time.h>
#include <gnutls/crypto.h>

#include "certs/cert.h"

struct quic_world_packet {
	struct quic_world_packet *next;
	quic_time arrival;
	struct quic_world_end *to;
	struct udp_train train;
	uint8_t data[];
};

/* --- chance -------------------------------------------------------------- */

/* xorshift: the same faults in every run. */
static uint32_t chance(struct quic_world *w)
{
	w->seed ^= w->seed << 13;
	w->seed ^= w->seed >> 17;
	w->seed ^= w->seed << 5;
	return w->seed;
}

static bool happens(struct quic_world *w, unsigned of_1000)
{
	return chance(w) % 1000 < of_1000;
}

/* --- the link ------------------------------------------------------------ */

static void put_on_link(struct quic_world *w, struct quic_world_end *to,
			const struct udp_train *t, const uint8_t *data,
			size_t len)
{
	struct quic_world_packet *p = talloc_size(w, sizeof(*p) + len);
	struct quic_world_packet **at = &w->packets;

	assert_non_null(p);
	p->arrival = w->now + w->delay;
	if (happens(w, w->reordered)) {
		p->arrival += w->delay / 2;
	}
	p->to = to;
	p->train = *t;
	p->train.local = t->peer;
	p->train.peer = t->local;
	if (w->nat_port != 0 && to == &w->server) {
		p->train.peer.in.sin_port = htons(w->nat_port);
		if (w->nat_address != 0) {
			p->train.peer.in.sin_addr.s_addr = w->nat_address;
		}
	} else if (w->nat_port != 0) {
		p->train.local = w->client.address;
	}
	p->train.data = p->data;
	p->train.len = len;
	p->train.segment = len;
	if (w->congested && t->ecn != 0) {
		p->train.ecn = 3; /* CE */
	}
	memcpy(p->data, data, len);
	while (*at != NULL && (*at)->arrival <= p->arrival) {
		at = &(*at)->next;
	}
	p->next = *at;
	*at = p;
}

static void carry(struct quic_world *w, struct quic_world_end *from,
		  const struct udp_train *t, const uint8_t *data, size_t len)
{
	struct quic_world_end *to =
		from == &w->client ? &w->server : &w->client;

	from->emitted += len;
	from->marked[t->ecn & 3]++;
	if ((data[0] & 0x80) == 0) {
		from->packets++;
		from->greased += (data[0] & 0x40) == 0;
	}
	if (len > from->largest && len <= w->mtu) {
		from->largest = len;
	}
	if (w->blackhole || len > w->mtu || happens(w, w->loss) ||
	    (w->nat_port != 0 && to == &w->client &&
	     t->peer.in.sin_port != htons(w->nat_port))) {
		return;
	}
	put_on_link(w, to, t, data, len);
	if (happens(w, w->duplicates)) {
		put_on_link(w, to, t, data, len);
	}
}

static void pass(struct quic_world_end *from, const struct udp_train *t,
		 const uint8_t *data, size_t len)
{
	struct quic_world *w = from->world;

	if (w->alter == NULL) {
		carry(w, from, t, data, len);
		return;
	}
	assert_true(len <= sizeof(w->altered));
	memcpy(w->altered, data, len);
	len = w->alter(w->alter_data, from, w->altered, len);
	assert_in_range(len, 1, sizeof(w->altered));
	carry(w, from, t, w->altered, len);
}

static bool op_emit(void *where, const struct udp_train *t)
{
	struct quic_world_end *e = where;
	size_t at = 0;
	size_t len = 0;

	assert_true(t->len > 0 && t->segment > 0);
	for (at = 0; at < t->len; at += len) {
		len = t->len - at < t->segment ? t->len - at : t->segment;
		pass(e, t, t->data + at, len);
	}
	return !e->mute;
}

static bool op_new_cid(void *where, ngtcp2_cid *cid, uint8_t *token)
{
	struct quic_world_end *e = where;

	e->cids++;
	cid->datalen = QUIC_CID_LEN;
	gnutls_rnd(GNUTLS_RND_NONCE, cid->data, cid->datalen);
	gnutls_rnd(GNUTLS_RND_NONCE, token, NGTCP2_STATELESS_RESET_TOKENLEN);
	return true;
}

static void op_drop_cid(void *where, const ngtcp2_cid *cid)
{
	struct quic_world_end *e = where;

	(void)cid;
	e->cids--;
}

static void op_wake(void *where)
{
	(void)where; /* everybody gets a turn all the time */
}

static quic_time op_now(void *where)
{
	struct quic_world_end *e = where;

	return e->world->now;
}

static const uint8_t house_secret[32] = "32 bytes that nobody can know...";

static size_t op_new_token(void *where, const union udp_address *peer,
			   uint8_t *out, size_t size)
{
	struct quic_world_end *e = where;

	return quic_stranger_token(house_secret, peer, e->world->now, out,
				   size);
}

static void op_news(void *where)
{
	struct quic_world_end *e = where;

	e->news++;
}

static void op_ended(void *where, const struct quic_farewell *farewell)
{
	struct quic_world_end *e = where;

	assert_false(e->ended);
	e->ended = true;
	e->farewell_len = farewell->len;
	e->linger = farewell->linger;
}

static void op_released(void *where)
{
	struct quic_world_end *e = where;

	e->conn = NULL;
}

static const struct quic_conn_ops ops = {
	.emit = op_emit,
	.new_cid = op_new_cid,
	.drop_cid = op_drop_cid,
	.wake = op_wake,
	.now = op_now,
	.new_token = op_new_token,
	.news = op_news,
	.ended = op_ended,
	.released = op_released,
};

/* --- the ends ------------------------------------------------------------ */

static void on_opened(void *private_data, struct quic_conn *c, int err)
{
	struct quic_world_end *e = private_data;

	assert_int_equal(e->opened, -1);
	assert_ptr_equal(e->conn, c);
	e->opened = err;
}

static struct quic_conn_params params_of(struct quic_world_end *e,
					 struct quic_world_end *peer)
{
	return (struct quic_conn_params){
		.ops = &ops,
		.where = e,
		.settings = &e->settings,
		.local = &e->address,
		.peer = &peer->address,
		.max_payload = e->world->first_hop,
		.now = e->world->now,
	};
}

void quic_world_connect(struct quic_world *w)
{
	struct quic_conn_params p = params_of(&w->client, &w->server);
	struct quic_client_params client = {.server_name = w->server_name,
					    .tls = &w->client_policy,
					    .token = w->token,
					    .token_len = w->token_len,
					    .resume = w->resume};
	char *why = NULL;

	assert_int_equal(
		quic_conn_client(w, &p, &client, &w->client.conn, &why), 0);
	w->early_queued =
		quic_conn_early(w->client.conn, w->early, w->early_len);
	quic_conn_on_opened(w->client.conn, on_opened, &w->client);
}

static void answer(struct quic_world *w, struct quic_stranger *stranger)
{
	const struct udp_train t = {.local = w->server.address,
				    .peer = w->client.address,
				    .data = stranger->reply,
				    .len = stranger->reply_len,
				    .segment = stranger->reply_len};

	w->retries += strcmp(stranger->what, "retry") == 0;
	op_emit(&w->server, &t);
}

static void first_datagram(struct quic_world *w, const uint8_t *data,
			   size_t len)
{
	const struct quic_house house = {
		.secret = house_secret,
		.reset_secret = house_secret,
		.listening = true,
		.only = w->server.settings.quic_version_only
				? NGTCP2_PROTO_VER_V1
				: 0,
		.crowded = w->retry};
	struct quic_conn_params p = params_of(&w->server, &w->client);
	struct quic_stranger stranger;
	struct quic_server_params server = {.tls = &w->server_policy,
					    .initial = &stranger.initial};

	switch (quic_stranger_judge(&house, &w->client.address, data, len,
				    w->now, &stranger)) {
	case QUIC_ACCEPT: break;
	case QUIC_REPLY: answer(w, &stranger); return;
	default: return;
	}
	if (stranger.after_retry) {
		server.original_dcid = &stranger.original_dcid;
	}
	server.token_type = stranger.token_type;
	server.ticket_secret = w->ticket_secret;
	server.replay = w->replay;
	server.max_receive = w->max_receive;
	w->token_type = stranger.token_type;
	w->server.conn = quic_conn_server(w, &p, &server);
	assert_non_null(w->server.conn);
	quic_conn_on_opened(w->server.conn, on_opened, &w->server);
}

static void arrive(struct quic_world_end *to, const struct udp_train *t,
		   const uint8_t *data, size_t len)
{
	struct quic_world *w = to->world;

	to->heard = w->now;
	if (to == &w->server && to->conn == NULL && !to->ended) {
		first_datagram(w, data, len);
	}
	if (to->conn != NULL) {
		quic_conn_input(to->conn, t, data, len, w->now);
	}
}

static void deliver(struct quic_world *w)
{
	struct quic_world_packet *p = w->packets;

	w->packets = p->next;
	arrive(p->to, &p->train, p->data, p->train.len);
	talloc_free(p);
}

void quic_world_to_client(struct quic_world *w, const uint8_t *data, size_t len)
{
	const struct udp_train t = {.local = w->client.address,
				    .peer = w->server.address};

	arrive(&w->client, &t, data, len);
}

void quic_world_to_server(struct quic_world *w, const uint8_t *data, size_t len)
{
	const struct udp_train t = {.local = w->server.address,
				    .peer = w->client.address};

	arrive(&w->server, &t, data, len);
}

static void turn(struct quic_world_end *e)
{
	struct quic_world *w = e->world;

	if (e->conn == NULL) {
		return;
	}
	if (quic_conn_deadline(e->conn) <= w->now) {
		e->ticks++;
		quic_conn_tick(e->conn, w->now);
	}
	if (!quic_conn_dispatch(e->conn)) {
		return;
	}
	while (!e->mute && quic_conn_output(e->conn, w->scratch, w->now)) {
	}
	/* Something may have ended meanwhile. */
	quic_conn_dispatch(e->conn);
}

static quic_time next_event(struct quic_world *w)
{
	quic_time next = QUIC_NEVER;
	const struct quic_world_end *const ends[] = {&w->client, &w->server};
	size_t i = 0;

	if (w->packets != NULL) {
		next = w->packets->arrival;
	}
	for (i = 0; i < 2; i++) {
		if (ends[i]->conn != NULL && !ends[i]->mute &&
		    quic_conn_deadline(ends[i]->conn) < next) {
			next = quic_conn_deadline(ends[i]->conn);
		}
	}
	return next;
}

/* Everything that happens at this time. @return the next time. */
static quic_time step(struct quic_world *w)
{
	while (w->packets != NULL && w->packets->arrival <= w->now) {
		deliver(w);
	}
	turn(&w->client);
	turn(&w->server);
	return next_event(w);
}

size_t quic_world_first_datagram(struct quic_world *w, uint8_t *buf,
				 size_t size)
{
	struct quic_world_packet *p = NULL;
	size_t len = 0;

	turn(&w->client);
	p = w->packets;
	assert_non_null(p);
	assert_ptr_equal(p->to, &w->server);
	w->packets = p->next;
	len = p->train.len;
	assert_true(len <= size);
	memcpy(buf, p->data, len);
	talloc_free(p);
	return len;
}

void quic_world_run(struct quic_world *w, quic_time how_long)
{
	quic_time end = w->now + how_long;
	quic_time next = step(w);

	while (next <= end) {
		/* Time goes on, even for who wants to be called at once. */
		w->now = next > w->now ? next : w->now + NGTCP2_MICROSECONDS;
		next = step(w);
	}
	w->now = end;
}

void quic_world_until(struct quic_world *w, bool (*condition)(void *arg),
		      void *arg, quic_time limit)
{
	quic_time end = w->now + limit;
	quic_time next = step(w);

	while (!condition(arg)) {
		if (next > end) {
			fail_msg("it did not happen in time");
		}
		w->now = next > w->now ? next : w->now + NGTCP2_MICROSECONDS;
		next = step(w);
	}
}

/* --- the world ----------------------------------------------------------- */

struct tls_identity *quic_world_identity(TALLOC_CTX *mem_ctx, const char *name,
					 const char *client_ca)
{
	const char *names[] = {name, NULL};
	struct cert_request request = {
		.purpose = CERT_SERVER, .names = names, .days = 30};
	char *why = NULL;
	TALLOC_CTX *tmp = talloc_new(mem_ctx);
	struct cert *cert = cert_make(tmp, &request, time(NULL), &why);
	char *dir = testlib_tmpdir(tmp);
	char *cert_file = talloc_asprintf(dir, "%s/cert.pem", dir);
	char *key_file = talloc_asprintf(dir, "%s/key.pem", dir);
	struct tls_identity *id = NULL;

	assert_non_null(cert);
	assert_true(cert_save_pem(tmp, cert, cert_file, key_file, &why));
	id = tls_identity_load(mem_ctx, cert_file, key_file, client_ca, &why);
	assert_non_null(id);
	talloc_free(tmp);
	return id;
}

static int choose(void *private_data, const char *server_name,
		  struct tls_identity **out)
{
	struct quic_world *w = private_data;

	if (server_name == NULL || strcmp(server_name, QUIC_WORLD_NAME) != 0) {
		return ENOENT;
	}
	*out = w->identity;
	return 0;
}

static void end_init(struct quic_world_end *e, struct quic_world *w,
		     const char *address, uint16_t port)
{
	e->world = w;
	e->opened = -1;
	e->address.in.sin_family = AF_INET;
	e->address.in.sin_port = htons(port);
	inet_pton(AF_INET, address, &e->address.in.sin_addr);
	transport_settings_default(&e->settings);
	e->settings.connect_timeout_ms = 5000;
	e->settings.keepalive_ms = 0;
	e->settings.keylog_file = NULL;
	e->settings.qlog_dir = NULL;
}

/* The connections go with it, and may want to say good-bye. */
static int quic_world_destructor(struct quic_world *w)
{
	w->blackhole = true;
	return 0;
}

struct quic_world *quic_world_new(TALLOC_CTX *mem_ctx)
{
	struct quic_world *w = quic_world_new_as(mem_ctx, NULL);

	w->identity = quic_world_identity(w, QUIC_WORLD_NAME, NULL);
	return w;
}

struct quic_world *quic_world_new_as(TALLOC_CTX *mem_ctx,
				     struct tls_identity *identity)
{
	struct quic_world *w = talloc_zero(mem_ctx, struct quic_world);

	assert_non_null(w);
	talloc_set_destructor(w, quic_world_destructor);
	w->now = 1000 * NGTCP2_SECONDS;
	w->delay = 10 * NGTCP2_MILLISECONDS;
	w->mtu = 1472;
	w->first_hop = 1472;
	w->seed = 12345;
	end_init(&w->client, w, "192.0.2.1", 50000);
	end_init(&w->server, w, "192.0.2.2", 443);
	w->identity = identity;
	w->server_policy =
		(struct tls_server_policy){.choose = choose, .private_data = w};
	w->client_policy.trust = TLS_TRUST_NONE;
	w->server_name = QUIC_WORLD_NAME;
	return w;
}

static bool both_open(void *arg)
{
	struct quic_world *w = arg;

	return w->client.opened != -1 && w->server.opened != -1;
}

void quic_world_open(struct quic_world *w)
{
	quic_world_connect(w);
	quic_world_until(w, both_open, w, 5 * NGTCP2_SECONDS);
	assert_int_equal(w->client.opened, 0);
	assert_int_equal(w->server.opened, 0);
}

struct quic_world *quic_world_connected(TALLOC_CTX *mem_ctx)
{
	struct quic_world *w = quic_world_new(mem_ctx);

	quic_world_open(w);
	return w;
}

static void end_again(struct quic_world_end *e)
{
	talloc_free(e->conn);
	assert_null(e->conn);
	e->opened = -1;
	e->ended = false;
}

void quic_world_again(struct quic_world *w)
{
	end_again(&w->client);
	end_again(&w->server);
	while (w->packets != NULL) {
		struct quic_world_packet *p = w->packets;

		w->packets = p->next;
		talloc_free(p);
	}
}

/* --- transfers ----------------------------------------------------------- */

static void on_written(struct quic_write *write, int err)
{
	struct quic_world_transfer *t =
		(struct quic_world_transfer *)(void *)write;

	assert_int_equal(t->written, -1);
	t->written = err;
}

static void on_read(struct quic_read *read, int err)
{
	struct quic_world_transfer *t =
		(struct quic_world_transfer
			 *)(void *)((uint8_t *)read -
				    offsetof(struct quic_world_transfer, read));

	assert_int_equal(t->got, -1);
	t->got = err;
}

void quic_world_send(struct quic_world *w, struct quic_conn *from,
		     struct quic_world_transfer *t, size_t len)
{
	size_t i = 0;
	int err = 0;

	*t = (struct quic_world_transfer){.len = len, .written = -1, .got = -1};
	t->out = talloc_size(w, len);
	t->in = talloc_zero_size(w, len);
	for (i = 0; i < len; i++) {
		t->out[i] = (uint8_t)chance(w);
	}
	t->vec[0] = (ngtcp2_vec){.base = t->out, .len = len / 3};
	t->vec[1] = (ngtcp2_vec){.base = t->out, .len = 0};
	t->vec[2] =
		(ngtcp2_vec){.base = t->out + len / 3, .len = len - len / 3};
	t->write.vec = t->vec;
	t->write.count = 3;
	t->write.done = on_written;
	assert_false(quic_conn_write(from, &t->write, &err));
}

void quic_world_receive(struct quic_conn *to, struct quic_world_transfer *t)
{
	int err = 0;

	t->read = (struct quic_read){
		.buf = t->in, .min = t->len, .max = t->len, .done = on_read};
	if (quic_conn_read(to, &t->read, &err)) {
		t->got = err;
	}
}

bool quic_world_transferred(void *arg)
{
	struct quic_world_transfer *t = arg;

	return t->got != -1 && t->written != -1;
}

void quic_world_finish(struct quic_world *w, struct quic_world_transfer *t,
		       quic_time limit)
{
	quic_world_until(w, quic_world_transferred, t, limit);
	assert_int_equal(t->written, 0);
	assert_int_equal(t->got, 0);
	assert_int_equal(t->read.got, t->len);
	assert_memory_equal(t->in, t->out, t->len);
}

void quic_world_echo(struct quic_world *w, size_t len, quic_time limit)
{
	struct quic_world_transfer there, back;

	quic_world_send(w, w->client.conn, &there, len);
	quic_world_receive(w->server.conn, &there);
	quic_world_finish(w, &there, limit);
	quic_world_send(w, w->server.conn, &back, len);
	quic_world_receive(w->client.conn, &back);
	quic_world_finish(w, &back, limit);
}
