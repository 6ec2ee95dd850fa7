/* SPDX-License-Identifier: GPL-3.0-or-later */
/* DER, as much of it as SPNEGO needs, and SPNEGO's three tokens. */
#include "negotiate/spnego_private.h"

#define DER_ENUMERATED	 0x0A
#define DER_BIT_STRING	 0x03
#define DER_OCTET_STRING 0x04
#define DER_OID		 0x06
#define DER_SEQUENCE	 0x30
#define DER_APPLICATION	 0x60
#define DER_CONTEXT(n)	 (0xA0 + (n))

/* 1.3.6.1.5.5.2 */
static const uint8_t oid_spnego[] = {0x2B, 0x06, 0x01, 0x05, 0x05, 0x02};

/* ------------------------------------------------------------------ reading */

static bool der_is(const struct wire_reader *r, uint8_t tag)
{
	return wire_left(r) > 0 && r->data[r->pos] == tag;
}

/* Definite lengths only, of at most four bytes. */
static size_t der_get_length(struct wire_reader *r)
{
	uint8_t first = wire_get_u8(r);

	if (first < 0x80) {
		return first;
	}
	if (first == 0x80 || first > 0x84) {
		wire_reader_fail(r);
		return 0;
	}
	return (size_t)wire_get_be(r, first & 0x7F);
}

/* The content of the next value, which must have this tag. */
static struct wire_slice der_get(struct wire_reader *r, uint8_t tag)
{
	uint8_t found = wire_get_u8(r);

	if (found != tag) {
		wire_reader_fail(r);
	}
	return wire_get(r, der_get_length(r));
}

/* A reader of the content, failed if there was none. */
static struct wire_reader der_enter(struct wire_reader *r, uint8_t tag)
{
	struct wire_reader inner = wire_reader_of(der_get(r, tag));

	inner.failed = r->failed;
	return inner;
}

/* [n] { value }, when the next value is [n]; else nothing. */
static struct wire_slice der_get_optional(struct wire_reader *r, unsigned n,
					  uint8_t tag)
{
	struct wire_reader inner = {.len = 0};
	struct wire_slice value = {.len = 0};

	if (!der_is(r, DER_CONTEXT(n))) {
		return value;
	}
	inner = der_enter(r, DER_CONTEXT(n));
	value = der_get(&inner, tag);
	r->failed = r->failed || inner.failed;
	return value;
}

static bool get_mechs(struct wire_reader *r, struct spnego_init *init)
{
	struct wire_slice content = der_get(r, DER_CONTEXT(0));
	struct wire_reader list = wire_reader_of(content);
	struct wire_reader mechs = der_enter(&list, DER_SEQUENCE);

	init->mech_list = content;
	while (wire_left(&mechs) > 0) {
		struct wire_slice oid = der_get(&mechs, DER_OID);

		if (init->count < SPNEGO_MAX_MECHS) {
			init->mech[init->count] = oid;
			init->count++;
		}
	}
	return wire_reader_ok(r) && wire_reader_ok(&mechs) &&
	       wire_left(&list) == 0;
}

bool spnego_init_decode(struct wire_slice in, struct spnego_init *init)
{
	struct wire_reader r = wire_reader_of(in);
	struct wire_reader app = der_enter(&r, DER_APPLICATION);
	struct wire_slice oid = der_get(&app, DER_OID);
	struct wire_reader choice = der_enter(&app, DER_CONTEXT(0));
	struct wire_reader seq = der_enter(&choice, DER_SEQUENCE);

	*init = (struct spnego_init){.count = 0};
	if (!wire_reader_ok(&seq) ||
	    !wire_slice_equal(oid,
			      wire_slice(oid_spnego, sizeof(oid_spnego))) ||
	    !get_mechs(&seq, init)) {
		return false;
	}
	(void)der_get_optional(&seq, 1, DER_BIT_STRING);
	init->token = der_get_optional(&seq, 2, DER_OCTET_STRING);
	/* What follows is a MIC that cannot be there yet, or hints. */
	return wire_reader_ok(&seq);
}

bool spnego_resp_decode(struct wire_slice in, struct spnego_resp *resp)
{
	struct wire_reader r = wire_reader_of(in);
	struct wire_reader choice = der_enter(&r, DER_CONTEXT(1));
	struct wire_reader seq = der_enter(&choice, DER_SEQUENCE);
	struct wire_slice state = der_get_optional(&seq, 0, DER_ENUMERATED);

	*resp = (struct spnego_resp){.state = SPNEGO_NO_STATE};
	if (state.data != NULL) {
		if (state.len != 1 || state.data[0] > SPNEGO_REQUEST_MIC) {
			return false;
		}
		resp->state = state.data[0];
	}
	resp->mech = der_get_optional(&seq, 1, DER_OID);
	resp->token = der_get_optional(&seq, 2, DER_OCTET_STRING);
	resp->mic = der_get_optional(&seq, 3, DER_OCTET_STRING);
	return wire_reader_ok(&seq);
}

/* ------------------------------------------------------------------ writing */

/*
 * Lengths stand before what they count, so DER is easiest written from its end
 * to its beginning: content first, then its header.
 */
struct der_writer {
	uint8_t *buf;
	size_t cap;
	size_t start; /* first byte in use */
	bool failed;
};

/* Headers and constants: far more than any of our tokens has of them. */
#define DER_ROOM 256

static struct der_writer der_writer(TALLOC_CTX *mem_ctx, size_t content)
{
	struct der_writer w = {.cap = content + DER_ROOM};

	w.buf = talloc_size(mem_ctx, w.cap);
	w.start = w.cap;
	w.failed = w.buf == NULL;
	return w;
}

static void der_put(struct der_writer *w, const void *data, size_t len)
{
	if (w->failed || len > w->start) {
		w->failed = true;
		return;
	}
	w->start -= len;
	if (len > 0) {
		memcpy(w->buf + w->start, data, len);
	}
}

/* Gives everything written since 'end' was the start a tag and a length. */
static void der_wrap(struct der_writer *w, uint8_t tag, size_t end)
{
	uint8_t header[6] = {0};
	size_t len = end - w->start;
	size_t bytes = 1;

	if (len < 0x80) {
		header[1] = (uint8_t)len;
	} else {
		for (bytes = 2; bytes < 5 && len >> (8 * (bytes - 1)) != 0;) {
			bytes++;
		}
		header[1] = (uint8_t)(0x80 | (bytes - 1));
		wire_store_be(header + 2, len, bytes - 1);
	}
	header[0] = tag;
	der_put(w, header, 1 + bytes);
}

/* [n] { tag value } */
static void der_put_field(struct der_writer *w, unsigned n, uint8_t tag,
			  struct wire_slice value)
{
	size_t end = w->start;

	der_put(w, value.data, value.len);
	der_wrap(w, tag, end);
	der_wrap(w, DER_CONTEXT(n), end);
}

static bool der_finish(struct der_writer *w, struct wire_slice *out)
{
	if (w->failed) {
		talloc_free(w->buf);
		*out = wire_slice(NULL, 0);
		return false;
	}
	/* A talloc chunk begins where it was allocated: move it there. */
	memmove(w->buf, w->buf + w->start, w->cap - w->start);
	*out = wire_slice(w->buf, w->cap - w->start);
	return true;
}

static void put_mechs(struct der_writer *w, const struct spnego_init *init)
{
	size_t end = w->start;
	unsigned i = 0;

	for (i = init->count; i > 0; i--) {
		size_t oid = w->start;

		der_put(w, init->mech[i - 1].data, init->mech[i - 1].len);
		der_wrap(w, DER_OID, oid);
	}
	der_wrap(w, DER_SEQUENCE, end);
	der_wrap(w, DER_CONTEXT(0), end);
}

bool spnego_init_encode(TALLOC_CTX *mem_ctx, const struct spnego_init *init,
			struct wire_slice *out)
{
	struct der_writer w = der_writer(mem_ctx, init->token.len);
	size_t end = w.start;

	if (init->token.data != NULL) {
		der_put_field(&w, 2, DER_OCTET_STRING, init->token);
	}
	put_mechs(&w, init);
	der_wrap(&w, DER_SEQUENCE, end);
	der_wrap(&w, DER_CONTEXT(0), end);
	/* The OID stands before that, inside the same [APPLICATION 0]. */
	der_put(&w, oid_spnego, sizeof(oid_spnego));
	der_wrap(&w, DER_OID, w.start + sizeof(oid_spnego));
	der_wrap(&w, DER_APPLICATION, end);
	return der_finish(&w, out);
}

bool spnego_resp_encode(TALLOC_CTX *mem_ctx, const struct spnego_resp *resp,
			struct wire_slice *out)
{
	struct der_writer w =
		der_writer(mem_ctx, resp->token.len + resp->mic.len);
	uint8_t state = (uint8_t)resp->state;
	size_t end = w.start;

	if (resp->mic.data != NULL) {
		der_put_field(&w, 3, DER_OCTET_STRING, resp->mic);
	}
	if (resp->token.data != NULL) {
		der_put_field(&w, 2, DER_OCTET_STRING, resp->token);
	}
	if (resp->mech.data != NULL) {
		der_put_field(&w, 1, DER_OID, resp->mech);
	}
	if (resp->state != SPNEGO_NO_STATE) {
		der_put_field(&w, 0, DER_ENUMERATED, wire_slice(&state, 1));
	}
	der_wrap(&w, DER_SEQUENCE, end);
	der_wrap(&w, DER_CONTEXT(1), end);
	return der_finish(&w, out);
}
