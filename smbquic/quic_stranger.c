/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * quic_stranger.c - what to do with a datagram that belongs to no connection:
 * accept, ask for another version or a proof of address, refuse, say that its
 * connection is gone, or nothing. No state is kept of a stranger, and no
 * answer is longer than what it answers.
 */
#include <string.h>
#include <gnutls/crypto.h>
#include <ngtcp2/ngtcp2_crypto.h>

#include "smbquic/quic_private.h"

#define SECRET_LEN 32

/* Long enough for a lost Retry or two, short enough to be of no use later. */
#define RETRY_LIFETIME (10 * NGTCP2_SECONDS)
#define TOKEN_LIFETIME (24 * 3600 * NGTCP2_SECONDS)

/* RFC 9000 10.3: an answer has 21 bytes at least, and one less than its
 * question, so that two ends without state do not talk for ever. A client that
 * has nothing to say but PING sends 30 bytes. */
#define RESET_MIN	 22u
#define RESET_MAX_RANDOM 64u

static enum quic_verdict reply(struct quic_stranger *out, const char *what,
			       ngtcp2_ssize len)
{
	if (len <= 0) {
		return QUIC_DROP;
	}
	out->what = what;
	out->reply_len = (size_t)len;
	return QUIC_REPLY;
}

bool quic_reset_token(const uint8_t *secret, const ngtcp2_cid *cid,
		      uint8_t *token)
{
	return ngtcp2_crypto_generate_stateless_reset_token(
		       token, secret, SECRET_LEN, cid) == 0;
}

/* The peer believes in a connection that we do not have. */
static enum quic_verdict reset(const struct quic_house *house,
			       const ngtcp2_version_cid *vc, size_t len,
			       struct quic_stranger *out)
{
	uint8_t token[NGTCP2_STATELESS_RESET_TOKENLEN];
	uint8_t noise[RESET_MAX_RANDOM];
	size_t noise_len = RESET_MAX_RANDOM;
	ngtcp2_cid cid;

	if (len < RESET_MIN) {
		return QUIC_DROP;
	}
	if (noise_len > len - 1 - sizeof(token)) {
		noise_len = len - 1 - sizeof(token);
	}
	ngtcp2_cid_init(&cid, vc->dcid, vc->dcidlen);
	gnutls_rnd(GNUTLS_RND_NONCE, noise, sizeof(noise));
	out->says = QUIC_SAYS_RESET;
	if (!quic_reset_token(house->reset_secret, &cid, token)) {
		return QUIC_DROP;
	}
	return reply(out, "stateless reset",
		     ngtcp2_pkt_write_stateless_reset(out->reply,
						      sizeof(out->reply), token,
						      noise, noise_len));
}

static const uint32_t versions[] = {NGTCP2_PROTO_VER_V1, NGTCP2_PROTO_VER_V2};

static enum quic_verdict other_version(const struct quic_house *house,
				       const ngtcp2_version_cid *vc, size_t len,
				       struct quic_stranger *out)
{
	const uint32_t *spoken = house->only != 0 ? &house->only : versions;
	size_t count =
		house->only != 0 ? 1 : sizeof(versions) / sizeof(versions[0]);
	uint8_t noise = 0;

	if (len < NGTCP2_MAX_UDP_PAYLOAD_SIZE) {
		return QUIC_DROP;
	}
	gnutls_rnd(GNUTLS_RND_NONCE, &noise, sizeof(noise));
	return reply(out, "version negotiation",
		     ngtcp2_pkt_write_version_negotiation(
			     out->reply, sizeof(out->reply), noise, vc->scid,
			     vc->scidlen, vc->dcid, vc->dcidlen, spoken,
			     count));
}

static enum quic_verdict refuse(struct quic_stranger *out, const char *what,
				uint64_t code)
{
	const ngtcp2_pkt_hd *hd = &out->initial;

	return reply(out, what,
		     ngtcp2_crypto_write_connection_close(
			     out->reply, sizeof(out->reply), hd->version,
			     &hd->scid, &hd->dcid, code, NULL, 0));
}

bool quic_stranger_retry(const struct quic_house *house,
			 const union udp_address *peer, quic_time now,
			 struct quic_stranger *out)
{
	const ngtcp2_pkt_hd *hd = &out->initial;
	uint8_t token[NGTCP2_CRYPTO_MAX_RETRY_TOKENLEN2];
	ngtcp2_cid scid = {.datalen = QUIC_CID_LEN};
	ngtcp2_ssize len = 0;

	gnutls_rnd(GNUTLS_RND_NONCE, scid.data, scid.datalen);
	len = ngtcp2_crypto_generate_retry_token2(
		token, house->secret, SECRET_LEN, hd->version, &peer->sa,
		udp_address_len(peer), &scid, &hd->dcid, now);
	if (len < 0) {
		return false;
	}
	out->says = QUIC_SAYS_RETRY;
	return reply(out, "retry",
		     ngtcp2_crypto_write_retry(out->reply, sizeof(out->reply),
					       hd->version, &hd->scid, &scid,
					       &hd->dcid, token,
					       (size_t)len)) == QUIC_REPLY;
}

size_t quic_stranger_token(const uint8_t *secret, const union udp_address *peer,
			   quic_time now, uint8_t *out, size_t size)
{
	ngtcp2_ssize len = 0;

	if (size < NGTCP2_CRYPTO_MAX_REGULAR_TOKENLEN) {
		return 0;
	}
	len = ngtcp2_crypto_generate_regular_token(
		out, secret, SECRET_LEN, &peer->sa, udp_address_len(peer), now);
	return len > 0 ? (size_t)len : 0;
}

/* Look at the token of an Initial. @return false: it claims to be of a Retry
 * of ours, and is not. */
static bool check_token(const struct quic_house *house,
			const union udp_address *peer, quic_time now,
			struct quic_stranger *out)
{
	const ngtcp2_pkt_hd *hd = &out->initial;

	out->after_retry = false;
	out->token_type = NGTCP2_TOKEN_TYPE_UNKNOWN;
	if (hd->tokenlen == 0) {
		return true;
	}
	if (hd->token[0] == NGTCP2_CRYPTO_TOKEN_MAGIC_RETRY2) {
		out->after_retry = true;
		out->token_type = NGTCP2_TOKEN_TYPE_RETRY;
		return ngtcp2_crypto_verify_retry_token2(
			       &out->original_dcid, hd->token, hd->tokenlen,
			       house->secret, SECRET_LEN, hd->version,
			       &peer->sa, udp_address_len(peer), &hd->dcid,
			       RETRY_LIFETIME, now) == 0;
	}
	if (hd->token[0] == NGTCP2_CRYPTO_TOKEN_MAGIC_REGULAR &&
	    ngtcp2_crypto_verify_regular_token(hd->token, hd->tokenlen,
					       house->secret, SECRET_LEN,
					       &peer->sa, udp_address_len(peer),
					       TOKEN_LIFETIME, now) == 0) {
		out->token_type = NGTCP2_TOKEN_TYPE_NEW_TOKEN;
	}
	return true;
}

static enum quic_verdict judge_initial(const struct quic_house *house,
				       const union udp_address *peer,
				       quic_time now, struct quic_stranger *out)
{
	if (!check_token(house, peer, now, out)) {
		return refuse(out, "bad token", NGTCP2_INVALID_TOKEN);
	}
	if (house->full != NULL) {
		out->turned_away = true;
		return refuse(out, house->full, NGTCP2_CONNECTION_REFUSED);
	}
	if (house->crowded && out->token_type == NGTCP2_TOKEN_TYPE_UNKNOWN) {
		return quic_stranger_retry(house, peer, now, out) ? QUIC_REPLY
								  : QUIC_DROP;
	}
	return QUIC_ACCEPT;
}

enum quic_verdict quic_stranger_judge(const struct quic_house *house,
				      const union udp_address *peer,
				      const uint8_t *data, size_t len,
				      quic_time now, struct quic_stranger *out)
{
	ngtcp2_version_cid vc;
	int rc = 0;

	out->turned_away = false;
	out->says = QUIC_SAYS_OTHER;
	if (len == 0) {
		return QUIC_DROP;
	}
	rc = ngtcp2_pkt_decode_version_cid(&vc, data, len, QUIC_CID_LEN);
	if (house->listening &&
	    (rc == NGTCP2_ERR_VERSION_NEGOTIATION ||
	     (rc == 0 && vc.version != 0 && house->only != 0 &&
	      vc.version != house->only))) {
		return other_version(house, &vc, len, out);
	}
	if (rc != 0 || !house->listening) {
		return QUIC_DROP;
	}
	if (vc.version == 0 && (data[0] & 0x80) == 0) {
		return reset(house, &vc, len, out);
	}
	if (ngtcp2_accept(&out->initial, data, len) != 0) {
		return QUIC_DROP;
	}
	return judge_initial(house, peer, now, out);
}
