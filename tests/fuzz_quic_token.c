/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a peer, or a damaged file, may hand us outside of packets: the token of
 * an Initial, transport parameters, the name in a ClientHello, a session that
 * is to be resumed, the file of what a client remembers. The first byte says
 * which.
 */
#include "tests/testlib.h"
#include "tests/testlib_quic.h"

#include <unistd.h>

#include "smbquic/savefile.h"
#include "smbquic/visit.h"

#define INITIAL	  1200u
#define TOKEN_MAX 1000u

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const uint8_t secret[QUIC_SECRET_LEN] =
	"32 bytes that nobody can know...";

/* RFC 9000 17.2.2, as far as it is read without keys. */
static void token(const uint8_t *data, size_t size)
{
	static const union udp_address peer = {
		.in = {.sin_family = AF_INET, .sin_port = 1}};
	struct quic_house house = {.secret = secret,
				   .reset_secret = secret,
				   .listening = true,
				   .crowded = true};
	uint8_t packet[INITIAL] = {0xc3, 0, 0, 0, 1, 8};
	struct wire_writer w = wire_writer_fixed(packet, sizeof(packet));
	struct quic_stranger out;
	enum quic_verdict verdict = QUIC_DROP;

	size = size > TOKEN_MAX ? TOKEN_MAX : size;
	wire_put(&w, (const uint8_t[]){0xc3, 0, 0, 0, 1, 8}, 6);
	wire_put_zeros(&w, 8);
	wire_put_u8(&w, 8);
	wire_put_zeros(&w, 8);
	wire_put_be16(&w, (uint16_t)(0x4000 | size));
	wire_put(&w, data, size);
	wire_put_be16(&w, (uint16_t)(0x4000 | (INITIAL - wire_tell(&w) - 2)));
	verdict = quic_stranger_judge(&house, &peer, packet, sizeof(packet),
				      NGTCP2_SECONDS, &out);
	if (verdict == QUIC_REPLY && out.reply_len > sizeof(packet)) {
		abort();
	}
	/* nobody can guess one */
	if (verdict == QUIC_ACCEPT) {
		abort();
	}
}

/* Of a client's server; what follows from them is tried out. */
static void parameters(const uint8_t *data, size_t size)
{
	static struct tls_identity *identity;
	struct quic_world *w = NULL;

	if (identity == NULL) {
		identity = quic_world_identity(NULL, QUIC_WORLD_NAME, NULL);
	}
	w = quic_world_new_as(NULL, identity);
	quic_world_connect(w);
	quic_world_run(w, 5 * NGTCP2_MILLISECONDS);
	if (w->client.conn->ng != NULL) {
		ngtcp2_conn_decode_and_set_remote_transport_params(
			w->client.conn->ng, data, size);
	}
	quic_world_run(w, NGTCP2_SECONDS);
	talloc_free(w);
}

static void hello(const uint8_t *data, size_t size)
{
	char name[QUIC_NAME_MAX + 1];

	if (quic_ticket_name(data, size, name) &&
	    strlen(name) > QUIC_NAME_MAX) {
		abort();
	}
}

static void session(const uint8_t *data, size_t size)
{
	struct quic_session s;
	TALLOC_CTX *mem_ctx = NULL;
	uint8_t *again = NULL;
	size_t len = 0;

	if (!quic_session_unpack(data, size, &s)) {
		return;
	}
	mem_ctx = talloc_new(NULL);
	again = quic_session_pack(mem_ctx, &s, &len);
	if (again == NULL || len != size || memcmp(again, data, len) != 0) {
		abort();
	}
	talloc_free(mem_ctx);
}

static void file(const uint8_t *data, size_t size)
{
	static const struct visit_key key = {
		.kind = "session", .host = "h", .port = 443, .policy = "p"};
	char path[] = "/tmp/fuzz-visits-XXXXXX";
	char lock[sizeof(path) + 5];
	int fd = mkstemp(path);
	size_t len = 0;

	if (fd == -1) {
		return;
	}
	if (write(fd, data, size) == (ssize_t)size) {
		talloc_free(visit_get(NULL, path, &key, 1, &len));
		if (visit_put(path, &key, 1, 10, data,
			      size > VISIT_DATA_MAX ? 0 : size) != 0) {
			abort();
		}
		if (talloc_free(visit_get(NULL, path, &key, 1, &len)) != 0) {
			abort();
		}
	}
	close(fd);
	unlink(path);
	snprintf(lock, sizeof(lock), "%s.lock", path);
	unlink(lock);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static void (*const kinds[])(const uint8_t *data, size_t size) = {
		token, parameters, hello, session, file};

	if (size > 0) {
		kinds[data[0] % 5](data + 1, size - 1);
	}
	return 0;
}
