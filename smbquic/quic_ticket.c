/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * quic_ticket.c - session tickets, apart from TLS itself.
 *
 * What a client keeps of a session: a digest of the rest, because GnuTLS
 * trusts its own session data and damaged ones may end the program; the
 * server's certificates, to be judged again; under which transport parameters
 * 0-RTT may be sent; and GnuTLS's data.
 *
 * What a server needs to know before TLS looks at a session
 * ticket (RFC 8446 4.6.1): which name the client asks for, and with which key
 * tickets of that name's certificate are sealed.
 *
 * A ticket is good for the certificate that it was given under, and for that
 * alone: otherwise a client could take the ticket of a name that is open to
 * all to one that asks for client certificates.
 */
#include <stdio.h>
#include <string.h>
#include <gnutls/crypto.h>

#include "smbquic/quic_private.h"
#include "smbquic/wire.h"

/* RFC 6066 3 */
#define EXT_SERVER_NAME	   0u
#define EXT_MASTER_SECRET  23	       /* RFC 7627 5.1: of TLS 1.2 */
#define EXT_SESSION_TICKET 35	       /* RFC 5077 3.2: of TLS 1.2 */
#define EXT_EARLY_DATA	   42	       /* RFC 8446 4.2.10 */
#define EARLY_SIZE_OF_QUIC 0xffffffffu /* RFC 9001 4.6.1 */
#define NAME_TYPE_DNS	   0u

#define RANDOM_LEN 32u
#define DIGEST_LEN 32u

/* The first DNS name of a ServerNameList. */
static struct wire_slice first_name(struct wire_reader *r)
{
	struct wire_slice none = {0};
	size_t list_len = wire_get_be16(r);
	struct wire_slice list_bytes = wire_get(r, list_len);
	struct wire_reader list = wire_reader_of(list_bytes);
	uint8_t type = wire_get_u8(&list);
	size_t name_len = wire_get_be16(&list);
	struct wire_slice name = wire_get(&list, name_len);

	return wire_reader_ok(&list) && type == NAME_TYPE_DNS ? name : none;
}

/* The extensions of a ClientHello, RFC 8446 4.1.2. */
static void skip_to_extensions(struct wire_reader *r)
{
	wire_skip(r, 2 + RANDOM_LEN);
	wire_skip(r, wire_get_u8(r));	/* legacy_session_id */
	wire_skip(r, wire_get_be16(r)); /* cipher_suites */
	wire_skip(r, wire_get_u8(r));	/* legacy_compression_methods */
	wire_skip(r, 2);
}

bool quic_ticket_name(const uint8_t *hello, size_t len,
		      char name[QUIC_NAME_MAX + 1])
{
	struct wire_reader r = wire_reader(hello, len);
	struct wire_slice found = {0};
	bool wanted = false;
	bool knows_tls12 = false;

	name[0] = '\0';
	skip_to_extensions(&r);
	while (wire_left(&r) > 0) {
		uint16_t type = wire_get_be16(&r);
		uint16_t ext_len = wire_get_be16(&r);
		struct wire_slice bytes = wire_get(&r, ext_len);
		struct wire_reader ext = wire_reader_of(bytes);

		wanted = wanted || type == EXT_SESSION_TICKET;
		knows_tls12 = knows_tls12 || type == EXT_MASTER_SECRET;
		if (type == EXT_SERVER_NAME) {
			found = first_name(&ext);
		}
	}
	/*
	 * Who speaks of TLS 1.2's extensions and not of its tickets has
	 * switched tickets off: Samba's client, which fails when it gets one.
	 */
	if ((knows_tls12 && !wanted) || !wire_reader_ok(&r) ||
	    found.len > QUIC_NAME_MAX ||
	    (found.len > 0 && memchr(found.data, '\0', found.len) != NULL)) {
		return false;
	}
	if (found.len > 0) {
		memcpy(name, found.data, found.len);
	}
	name[found.len] = '\0';
	return true;
}

/* NewSessionTicket, RFC 8446 4.6.1. */
bool quic_ticket_permits_early(const uint8_t *ticket, size_t len)
{
	struct wire_reader r = wire_reader(ticket, len);
	bool permitted = false;

	wire_skip(&r, 4 + 4);		/* lifetime, what is added to the age */
	wire_skip(&r, wire_get_u8(&r)); /* nonce */
	wire_skip(&r, wire_get_be16(&r)); /* the ticket itself */
	wire_skip(&r, 2);
	while (wire_left(&r) > 0) {
		uint16_t type = wire_get_be16(&r);
		uint16_t ext_len = wire_get_be16(&r);
		struct wire_slice bytes = wire_get(&r, ext_len);
		struct wire_reader ext = wire_reader_of(bytes);

		permitted = permitted ||
			    (type == EXT_EARLY_DATA &&
			     wire_get_be32(&ext) == EARLY_SIZE_OF_QUIC);
	}
	return permitted && wire_reader_ok(&r);
}

/* " 0-RTT " and a digest of the parameters, or nothing. */
static bool early_words(struct wire_slice early, char *out, size_t size)
{
	uint8_t digest[DIGEST_LEN];
	size_t i = 0;
	int n = 0;

	out[0] = '\0';
	if (early.len == 0) {
		return true;
	}
	if (gnutls_hash_fast(GNUTLS_DIG_SHA256, early.data, early.len,
			     digest) != 0) {
		return false;
	}
	n = snprintf(out, size, " 0-RTT ");
	for (i = 0; i < sizeof(digest); i++) {
		n += snprintf(out + n, size - (size_t)n, "%02x", digest[i]);
	}
	return true;
}

bool quic_ticket_key(const uint8_t *secret, const struct tls_identity *id,
		     struct wire_slice early, uint8_t key[QUIC_TICKET_KEY_LEN])
{
	const gnutls_datum_t prk = {.data = (unsigned char *)(uintptr_t)secret,
				    .size = QUIC_SECRET_LEN};
	char words[8 + 2 * DIGEST_LEN];
	char info[256];
	gnutls_datum_t purpose = {.data = (unsigned char *)info};

	if (id->sha256 == NULL || !early_words(early, words, sizeof(words))) {
		return false;
	}
	purpose.size = (unsigned)snprintf(info, sizeof(info),
					  "smbquic session ticket %s%s",
					  id->sha256, words);
	return purpose.size < sizeof(info) &&
	       gnutls_hkdf_expand(GNUTLS_MAC_SHA256, &prk, &purpose, key,
				  QUIC_TICKET_KEY_LEN) == 0;
}

/* --- what a client keeps ------------------------------------------------- */

/* What was kept in another form is damaged. */
static const char form[] = "smbquic session, form 2";

static bool digest_of(struct wire_slice bytes, uint8_t out[DIGEST_LEN])
{
	return gnutls_hmac_fast(GNUTLS_MAC_SHA256, form, sizeof(form),
				bytes.data, bytes.len, out) == 0;
}

uint8_t *quic_session_pack(TALLOC_CTX *mem_ctx, const struct quic_session *s,
			   size_t *len)
{
	struct wire_writer w = wire_writer_talloc(mem_ctx);
	uint8_t digest[DIGEST_LEN];
	struct wire_slice all = {0};
	unsigned i = 0;

	wire_put_zeros(&w, DIGEST_LEN);
	wire_put_u8(&w, (uint8_t)s->count);
	for (i = 0; i < s->count; i++) {
		wire_put_be24(&w, s->chain[i].size);
		wire_put(&w, s->chain[i].data, s->chain[i].size);
	}
	wire_put_be16(&w, (uint16_t)s->early.len);
	if (s->early.len > 0) {
		wire_put_slice(&w, s->early);
	}
	wire_put_slice(&w, s->tls);
	all = wire_writer_slice(&w);
	if (!wire_writer_ok(&w) || s->count > QUIC_SESSION_CERTS ||
	    s->early.len > UINT16_MAX) {
		talloc_free((void *)(uintptr_t)all.data);
		return NULL;
	}
	if (!digest_of(wire_slice(all.data + DIGEST_LEN, all.len - DIGEST_LEN),
		       digest)) {
		return NULL;
	}
	memcpy((uint8_t *)(uintptr_t)all.data, digest, DIGEST_LEN);
	*len = all.len;
	return (uint8_t *)(uintptr_t)all.data;
}

bool quic_session_unpack(const uint8_t *data, size_t len,
			 struct quic_session *out)
{
	struct wire_reader r = wire_reader(data, len);
	struct wire_slice digest = wire_get(&r, DIGEST_LEN);
	uint8_t expected[DIGEST_LEN];
	size_t early_len = 0;
	unsigned i = 0;

	*out = (struct quic_session){0};
	if (!wire_reader_ok(&r) ||
	    !digest_of(wire_slice(data + DIGEST_LEN, len - DIGEST_LEN),
		       expected) ||
	    gnutls_memcmp(digest.data, expected, DIGEST_LEN) != 0) {
		return false;
	}
	out->count = wire_get_u8(&r);
	if (out->count > QUIC_SESSION_CERTS) {
		return false;
	}
	for (i = 0; i < out->count; i++) {
		size_t cert_len = wire_get_be24(&r);
		struct wire_slice cert = wire_get(&r, cert_len);

		out->chain[i] = (gnutls_datum_t){
			.data = (unsigned char *)(uintptr_t)cert.data,
			.size = (unsigned)cert.len};
	}
	early_len = wire_get_be16(&r);
	out->early = wire_get(&r, early_len);
	out->tls = wire_get_rest(&r);
	return wire_reader_ok(&r) && out->tls.len > 0;
}
