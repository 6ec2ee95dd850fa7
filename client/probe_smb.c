/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What an SMB server agrees to: NEGOTIATE with all that there is, and then,
 * each time on a new connection, with what it has not chosen yet (MS-SMB2
 * 2.2.3, 2.2.4). Nothing is judged here: what matters is what the server says.
 */
#include <errno.h>
#include <string.h>

#include "client/probe_private.h"
#include "smbquic/crypto.h"
#include "smbquic/smb2_pdu.h"
#include "smbquic/utf16.h"

#define FRAME_SIZE 4
/* A NEGOTIATE answer has a token of GSSAPI and a few contexts. */
#define ANSWER_MAX   ((size_t)64 * 1024)
#define ROUNDS_MAX   CLIENT_PROBE_ALGORITHMS
#define CONTEXTS_MAX 4096
#define SALT_SIZE    32

/* ---------------------------------------------------------------- the offer */

struct probe_offer probe_offer_all(const char *server, bool secure)
{
	struct probe_offer offer = {
		.server = server,
		.secure = secure,
		.dialects = {SMB2_DIALECT_202, SMB2_DIALECT_210,
			     SMB2_DIALECT_300, SMB2_DIALECT_302,
			     SMB2_DIALECT_311},
		.dialect_count = 5,
		.signing = {.id = {SMB2_SIGNING_AES_GMAC, SMB2_SIGNING_AES_CMAC,
				   SMB2_SIGNING_HMAC_SHA256},
			    .count = 3},
		.ciphers = {.id = {SMB2_CIPHER_AES128_GCM,
				   SMB2_CIPHER_AES128_CCM,
				   SMB2_CIPHER_AES256_GCM,
				   SMB2_CIPHER_AES256_CCM},
			    .count = 4},
		.compression = {.id = {SMB2_COMPRESSION_PATTERN_V1,
				       SMB2_COMPRESSION_LZ77,
				       SMB2_COMPRESSION_LZ77_HUFFMAN,
				       SMB2_COMPRESSION_LZNT1,
				       SMB2_COMPRESSION_LZ4},
				.count = 5},
	};

	/* Over QUIC there is no other (MS-SMB2 2.1). */
	if (secure) {
		offer.dialects[0] = SMB2_DIALECT_311;
		offer.dialect_count = 1;
	}
	return offer;
}

/* @return whether it was in the list. */
static bool ids_take(struct client_probe_ids *ids, uint16_t id)
{
	unsigned i = 0;

	for (i = 0; i < ids->count; i++) {
		if (ids->id[i] == id) {
			ids->count--;
			memmove(ids->id + i, ids->id + i + 1,
				(ids->count - i) * sizeof(ids->id[0]));
			return true;
		}
	}
	return false;
}

static void ids_add(struct client_probe_ids *ids, uint16_t id)
{
	unsigned i = 0;

	for (i = 0; i < ids->count; i++) {
		if (ids->id[i] == id) {
			return;
		}
	}
	if (ids->count < CLIENT_PROBE_ALGORITHMS) {
		ids->id[ids->count++] = id;
	}
}

/* ------------------------------------------------------------------ asking */

/* Contexts of a message; each body is written to its own buffer first. */
struct context_list {
	struct wire_writer w;
	uint16_t count;
};

static void add_context(struct context_list *list, uint16_t type,
			const struct wire_writer *body)
{
	const struct smb2_negotiate_context context = {
		.type = type,
		.data = wire_writer_slice(body),
	};

	if (!wire_writer_ok(body) ||
	    !smb2_negotiate_context_add(&list->w, &context)) {
		wire_writer_fail(&list->w);
	}
	list->count++;
}

static void add_preauth(struct context_list *list)
{
	uint8_t buf[128] = {0};
	uint8_t salt[SALT_SIZE] = {0};
	struct wire_writer body = wire_writer_fixed(buf, sizeof(buf));
	const struct smb2_preauth_context preauth = {
		.count = 1,
		.algorithms = {SMB2_PREAUTH_SHA512},
		.salt = wire_slice(salt, sizeof(salt)),
	};

	if (crypto_random(salt, sizeof(salt)) != 0) {
		wire_writer_fail(&list->w);
	}
	smb2_preauth_context_encode(&body, &preauth);
	add_context(list, SMB2_PREAUTH_INTEGRITY_CAPABILITIES, &body);
}

static void add_algorithms(struct context_list *list, uint16_t type,
			   const struct client_probe_ids *ids)
{
	uint8_t buf[64] = {0};
	struct wire_writer body = wire_writer_fixed(buf, sizeof(buf));
	struct smb2_algorithms_context c = {.count = (uint16_t)ids->count};

	if (ids->count == 0) {
		return;
	}
	memcpy(c.algorithms, ids->id, ids->count * sizeof(ids->id[0]));
	smb2_algorithms_context_encode(&body, &c);
	add_context(list, type, &body);
}

static void add_compression(struct context_list *list,
			    const struct client_probe_ids *ids)
{
	uint8_t buf[64] = {0};
	struct wire_writer body = wire_writer_fixed(buf, sizeof(buf));
	struct smb2_compression_context c = {
		.flags = SMB2_COMPRESSION_CAPABILITIES_FLAG_CHAINED,
		.count = (uint16_t)ids->count,
	};

	if (ids->count == 0) {
		return;
	}
	memcpy(c.algorithms, ids->id, ids->count * sizeof(ids->id[0]));
	smb2_compression_context_encode(&body, &c);
	add_context(list, SMB2_COMPRESSION_CAPABILITIES, &body);
}

static void add_netname(struct context_list *list, const char *server)
{
	uint8_t buf[SMB2_MAX_SERVER_NAME * 2] = {0};
	struct wire_writer body = wire_writer_fixed(buf, sizeof(buf));

	if (utf16_put(&body, server)) {
		add_context(list, SMB2_NETNAME_NEGOTIATE_CONTEXT_ID, &body);
	}
}

static void add_transport(struct context_list *list)
{
	uint8_t buf[8] = {0};
	struct wire_writer body = wire_writer_fixed(buf, sizeof(buf));

	smb2_transport_context_encode(&body,
				      SMB2_ACCEPT_TRANSPORT_LEVEL_SECURITY);
	add_context(list, SMB2_TRANSPORT_CAPABILITIES, &body);
}

static void add_contexts(struct context_list *list,
			 const struct probe_offer *offer)
{
	add_preauth(list);
	add_algorithms(list, SMB2_ENCRYPTION_CAPABILITIES, &offer->ciphers);
	add_compression(list, &offer->compression);
	add_netname(list, offer->server);
	if (offer->secure) {
		add_transport(list);
	}
	add_algorithms(list, SMB2_SIGNING_CAPABILITIES, &offer->signing);
}

bool probe_smb_ask(const struct probe_offer *offer, struct wire_writer *w)
{
	static const struct smb2_header hdr = {
		.command = SMB2_NEGOTIATE,
		.credits = 1,
	};
	uint8_t buf[CONTEXTS_MAX] = {0};
	struct context_list list = {.w = wire_writer_fixed(buf, sizeof(buf))};
	struct smb2_negotiate_request body = {
		.dialect_count = offer->dialect_count,
		.security_mode = SMB2_NEGOTIATE_SIGNING_ENABLED,
		.capabilities = SMB2_GLOBAL_CAP_DFS | SMB2_GLOBAL_CAP_LEASING |
				SMB2_GLOBAL_CAP_LARGE_MTU |
				SMB2_GLOBAL_CAP_MULTI_CHANNEL |
				SMB2_GLOBAL_CAP_PERSISTENT_HANDLES |
				SMB2_GLOBAL_CAP_DIRECTORY_LEASING |
				SMB2_GLOBAL_CAP_ENCRYPTION |
				SMB2_GLOBAL_CAP_NOTIFICATIONS,
	};

	memcpy(body.dialects, offer->dialects,
	       offer->dialect_count * sizeof(body.dialects[0]));
	if (crypto_random(body.client_guid.bytes,
			  sizeof(body.client_guid.bytes)) != 0) {
		return false;
	}
	add_contexts(&list, offer);
	if (!wire_writer_ok(&list.w)) {
		return false;
	}
	body.contexts = wire_writer_slice(&list.w);
	body.context_count = list.count;
	wire_put_be32(w, 0);
	smb2_header_encode(w, &hdr);
	if (!smb2_negotiate_request_encode(w, &body)) {
		return false;
	}
	wire_store_be(w->buf, w->len - FRAME_SIZE, FRAME_SIZE);
	return true;
}

/* ------------------------------------------------------------------ answers */

static bool take_algorithms(struct wire_slice data,
			    struct client_probe_ids *offer,
			    struct client_probe_ids *out, bool *news)
{
	struct smb2_algorithms_context c = {0};
	unsigned i = 0;

	if (!smb2_algorithms_context_decode(data, &c)) {
		return false;
	}
	for (i = 0; i < c.count; i++) {
		if (ids_take(offer, c.algorithms[i])) {
			ids_add(out, c.algorithms[i]);
			*news = true;
		}
	}
	return true;
}

static bool take_compression(struct wire_slice data,
			     struct client_probe_ids *offer,
			     struct client_probe_smb *out)
{
	struct smb2_compression_context c = {0};
	unsigned i = 0;

	if (!smb2_compression_context_decode(data, &c)) {
		return false;
	}
	for (i = 0; i < c.count; i++) {
		if (ids_take(offer, c.algorithms[i])) {
			ids_add(&out->compression, c.algorithms[i]);
		}
	}
	out->compression_chained =
		(c.flags & SMB2_COMPRESSION_CAPABILITIES_FLAG_CHAINED) != 0;
	return true;
}

static bool take_transport(struct wire_slice data, struct client_probe_smb *out)
{
	uint32_t flags = 0;

	if (!smb2_transport_context_decode(data, &flags)) {
		return false;
	}
	out->accepts_transport =
		(flags & SMB2_ACCEPT_TRANSPORT_LEVEL_SECURITY) != 0;
	return true;
}

static bool take_context(const struct smb2_negotiate_context *context,
			 struct probe_offer *offer,
			 struct client_probe_smb *out, bool *news)
{
	switch (context->type) {
	case SMB2_ENCRYPTION_CAPABILITIES:
		return take_algorithms(context->data, &offer->ciphers,
				       &out->ciphers, news);
	case SMB2_SIGNING_CAPABILITIES:
		return take_algorithms(context->data, &offer->signing,
				       &out->signing, news);
	case SMB2_COMPRESSION_CAPABILITIES:
		return take_compression(context->data, &offer->compression,
					out);
	case SMB2_TRANSPORT_CAPABILITIES:
		return take_transport(context->data, out);
	default: return true;
	}
}

/* Signing and encryption of the dialects that have no contexts for them. */
static void take_by_dialect(struct client_probe_smb *out)
{
	if (out->dialect < SMB2_DIALECT_300) {
		ids_add(&out->signing, SMB2_SIGNING_HMAC_SHA256);
		return;
	}
	if (out->signing.count == 0) {
		ids_add(&out->signing, SMB2_SIGNING_AES_CMAC);
	}
	if (out->dialect < SMB2_DIALECT_311 &&
	    (out->capabilities & SMB2_GLOBAL_CAP_ENCRYPTION) != 0) {
		ids_add(&out->ciphers, SMB2_CIPHER_AES128_CCM);
	}
}

static void take_body(const struct smb2_negotiate_response *body,
		      struct client_probe_smb *out)
{
	out->dialect = body->dialect;
	out->signing_required =
		(body->security_mode & SMB2_NEGOTIATE_SIGNING_REQUIRED) != 0;
	out->capabilities = body->capabilities;
	out->max_transact = body->max_transact_size;
	out->max_read = body->max_read_size;
	out->max_write = body->max_write_size;
	out->server_time = body->system_time;
	memcpy(out->server_guid, body->server_guid.bytes,
	       sizeof(out->server_guid));
}

bool probe_smb_answer(struct wire_slice message, struct probe_offer *offer,
		      struct client_probe_smb *out, bool *more)
{
	struct smb2_header hdr = {0};
	struct smb2_negotiate_response body = {0};
	struct smb2_negotiate_contexts list = {0};
	struct smb2_negotiate_context context = {0};
	bool good = true;
	bool news = false;

	*more = false;
	if (!smb2_header_decode(message.data, message.len, &hdr) ||
	    !smb2_header_is_response(&hdr) || hdr.command != SMB2_NEGOTIATE ||
	    !NT_STATUS_IS_OK(hdr.status) ||
	    !smb2_negotiate_response_decode(message.data, message.len, &body)) {
		return false;
	}
	list = smb2_negotiate_contexts(body.contexts, body.context_count);
	while (good && smb2_negotiate_contexts_next(&list, &context)) {
		good = take_context(&context, offer, out, &news);
	}
	if (!good || !smb2_negotiate_contexts_ok(&list)) {
		return false;
	}
	take_body(&body, out);
	take_by_dialect(out);
	*more = news && (offer->ciphers.count > 0 || offer->signing.count > 0);
	return true;
}

/* ------------------------------------------------------------------ rounds */

struct smb_state {
	struct tevent_context *ev;
	const struct race_params *race;
	TALLOC_CTX *owner;
	struct client_probe_smb *out;
	void (*opened)(void *private_data, const struct transport *t);
	void *private_data;

	struct probe_offer offer;
	unsigned round;
	struct transport *t;
	uint64_t since;
	struct wire_writer question;
	uint8_t frame[FRAME_SIZE];
	uint8_t *answer;
	size_t answer_len;
};

static void smb_round(struct tevent_req *req);
static void smb_connected(struct tevent_req *subreq);
static void smb_written(struct tevent_req *subreq);
static void smb_framed(struct tevent_req *subreq);
static void smb_answered(struct tevent_req *subreq);

/* Later rounds add to what the first one found; a server that has enough of
 * us takes nothing away from it. */
static void smb_over(struct tevent_req *req, const char *why)
{
	struct smb_state *state = tevent_req_data(req, struct smb_state);

	if (state->round == 1) {
		state->out->why = talloc_strdup(state->owner, why);
	}
	TALLOC_FREE(state->t);
	tevent_req_done(req);
}

struct tevent_req *probe_smb_send(
	TALLOC_CTX *mem_ctx, struct tevent_context *ev,
	const struct race_params *race, TALLOC_CTX *owner,
	struct client_probe_smb *out,
	void (*opened)(void *private_data, const struct transport *t),
	void *private_data)
{
	struct smb_state *state = NULL;
	struct tevent_req *req =
		tevent_req_create(mem_ctx, &state, struct smb_state);

	if (req == NULL) {
		return NULL;
	}
	state->ev = ev;
	state->race = race;
	state->owner = owner;
	state->out = out;
	state->opened = opened;
	state->private_data = private_data;
	state->offer =
		probe_offer_all(race->server_name, race->lane[0].via->secure);
	smb_round(req);
	return tevent_req_is_in_progress(req) ? req : tevent_req_post(req, ev);
}

static void smb_round(struct tevent_req *req)
{
	struct smb_state *state = tevent_req_data(req, struct smb_state);
	struct tevent_req *subreq = NULL;

	state->round++;
	state->since = probe_now();
	subreq = race_connect_send(state, state->ev, state->race);
	if (tevent_req_nomem(subreq, req)) {
		return;
	}
	tevent_req_set_callback(subreq, smb_connected, req);
}

static bool smb_ask(struct tevent_req *req)
{
	struct smb_state *state = tevent_req_data(req, struct smb_state);
	struct tevent_req *subreq = NULL;
	struct iovec iov = {0};

	state->question = wire_writer_talloc(state->t);
	if (!probe_smb_ask(&state->offer, &state->question)) {
		return false;
	}
	iov.iov_base = state->question.buf;
	iov.iov_len = state->question.len;
	state->since = probe_now();
	subreq = transport_write_send(state, state->ev, state->t, &iov, 1);
	if (subreq == NULL) {
		return false;
	}
	tevent_req_set_callback(subreq, smb_written, req);
	subreq = transport_read_send(state, state->ev, state->t, state->frame,
				     FRAME_SIZE, FRAME_SIZE);
	if (subreq == NULL) {
		return false;
	}
	tevent_req_set_callback(subreq, smb_framed, req);
	return true;
}

static void smb_connected(struct tevent_req *subreq)
{
	struct tevent_req *req =
		tevent_req_callback_data(subreq, struct tevent_req);
	struct smb_state *state = tevent_req_data(req, struct smb_state);
	const struct transport_facts *facts = NULL;
	char *why = NULL;
	int err = race_connect_recv(subreq, state, &state->t, &why);

	talloc_free(subreq);
	if (err != 0) {
		smb_over(req, why != NULL ? why : strerror(err));
		return;
	}
	if (state->round == 1) {
		facts = transport_facts(state->t);
		state->out->connected = true;
		state->out->connect_us = probe_now() - state->since;
		state->out->address = talloc_strdup(
			state->owner,
			transport_address_string(
				(const struct sockaddr *)&facts->peer));
		if (state->opened != NULL) {
			state->opened(state->private_data, state->t);
		}
	}
	if (!smb_ask(req)) {
		tevent_req_oom(req);
	}
}

/* What matters is the answer; it was written or there will be none. */
static void smb_written(struct tevent_req *subreq)
{
	(void)transport_write_recv(subreq);
	talloc_free(subreq);
}

/* @return false: it ended, and the request with it. */
static bool smb_read_done(struct tevent_req *req, struct tevent_req *subreq)
{
	struct smb_state *state = tevent_req_data(req, struct smb_state);
	const char *why = transport_error(state->t);
	int err = 0;
	ssize_t n = transport_read_recv(subreq, &err);

	talloc_free(subreq);
	if (n > 0) {
		return true;
	}
	if (n == 0) {
		why = "the server closed the connection without an answer to "
		      "NEGOTIATE";
	}
	smb_over(req, why != NULL ? why : strerror(err));
	return false;
}

static void smb_framed(struct tevent_req *subreq)
{
	struct tevent_req *req =
		tevent_req_callback_data(subreq, struct tevent_req);
	struct smb_state *state = tevent_req_data(req, struct smb_state);
	struct wire_reader r = wire_reader(state->frame, FRAME_SIZE);

	if (!smb_read_done(req, subreq)) {
		return;
	}
	state->answer_len = wire_get_be32(&r);
	if (state->answer_len == 0 || state->answer_len > ANSWER_MAX) {
		smb_over(req, "what answers is no SMB server");
		return;
	}
	state->answer = talloc_array(state->t, uint8_t, state->answer_len);
	if (tevent_req_nomem(state->answer, req)) {
		return;
	}
	subreq = transport_read_send(state, state->ev, state->t, state->answer,
				     state->answer_len, state->answer_len);
	if (tevent_req_nomem(subreq, req)) {
		return;
	}
	tevent_req_set_callback(subreq, smb_answered, req);
}

static void smb_answered(struct tevent_req *subreq)
{
	struct tevent_req *req =
		tevent_req_callback_data(subreq, struct tevent_req);
	struct smb_state *state = tevent_req_data(req, struct smb_state);
	struct client_probe_smb found = *state->out;
	struct wire_slice answer = {0};
	bool more = false;

	if (!smb_read_done(req, subreq)) {
		return;
	}
	answer = wire_slice(state->answer, state->answer_len);
	if (!probe_smb_answer(answer, &state->offer, &found, &more)) {
		smb_over(req, "the answer to NEGOTIATE cannot be understood");
		return;
	}
	if (state->round == 1) {
		found.negotiated = true;
		found.negotiate_us = probe_now() - state->since;
		*state->out = found;
	} else {
		state->out->ciphers = found.ciphers;
		state->out->signing = found.signing;
	}
	TALLOC_FREE(state->t);
	if (more && state->round < ROUNDS_MAX) {
		smb_round(req);
		return;
	}
	state->out->complete = true;
	tevent_req_done(req);
}

bool probe_smb_recv(struct tevent_req *req)
{
	enum tevent_req_state how = TEVENT_REQ_INIT;
	uint64_t err = 0;

	return !tevent_req_is_error(req, &how, &err);
}
