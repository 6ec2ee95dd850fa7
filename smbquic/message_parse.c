/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Taking a message apart: unseal, decompress, split. */
#include <assert.h>
#include <errno.h>

#include "smbquic/message_private.h"
#include "smbquic/smb2.h"
#include "smbquic/wire.h"

/* How many PDUs the chain has (MS-SMB2 3.3.5.2.7); zero: it is not one. */
static unsigned count_pdus(const uint8_t *data, size_t len)
{
	struct smb2_compound chain = smb2_compound(data, len);
	struct smb2_header header = {0};
	struct wire_slice pdu = {0};
	unsigned count = 0;

	while (smb2_compound_next(&chain, &pdu, &header)) {
		count++;
	}
	return smb2_compound_ok(&chain) ? count : 0;
}

static void split_pdus(struct message *m)
{
	struct smb2_compound chain = smb2_compound(m->data, m->len);
	struct wire_slice slice = {0};
	unsigned i = 0;

	for (i = 0; i < m->count; i++) {
		struct message_pdu *pdu = &m->pdu[i];
		bool more = smb2_compound_next(&chain, &slice, &pdu->header);

		assert(more);
		pdu->data = m->data + (slice.data - m->data);
		pdu->len = slice.len;
		pdu->last = i + 1 == m->count;
	}
}

static uint32_t protocol_id(const uint8_t *data, size_t len)
{
	struct wire_reader r = wire_reader(data, len);

	return wire_get_u32(&r);
}

static int unseal(struct message_opened *o, message_keyring_fn keyring,
		  void *private_data)
{
	struct smb2_transform_header header = {0};
	struct smb2_sealing_key *key = NULL;
	int err = 0;

	if (!smb2_transform_header_decode(o->plain, o->len, &header)) {
		return EBADMSG;
	}
	key = keyring(header.session_id, private_data);
	if (key == NULL) {
		return ENOKEY;
	}
	err = crypto_unseal(key, o->plain, o->len);
	if (err != 0) {
		return err;
	}
	o->sealed = true;
	o->session_id = header.session_id;
	o->plain += SMB2_TRANSFORM_SIZE;
	o->len -= SMB2_TRANSFORM_SIZE;
	return 0;
}

int message_open(uint8_t *data, size_t len, message_keyring_fn keyring,
		 void *private_data, const struct smb2_compress_terms *terms,
		 size_t max, struct message_opened *out)
{
	int err = 0;

	*out = (struct message_opened){
		.owner = data,
		.plain = data,
		.len = len,
	};
	if (protocol_id(out->plain, out->len) == SMB2_TRANSFORM_MAGIC) {
		err = unseal(out, keyring, private_data);
	}
	if (err == 0 &&
	    protocol_id(out->plain, out->len) == SMB2_COMPRESSION_MAGIC) {
		err = smb2_decompress_size(terms, out->plain, out->len, max,
					   &out->unpacked);
	}
	return err;
}

/* 3.3.5.2.1.2 */
int message_unpack(const struct message_opened *o,
		   const struct smb2_compress_terms *terms, uint8_t *plain)
{
	return smb2_decompress(terms, o->plain, o->len, plain, o->unpacked);
}

void message_unpacked(struct message_opened *o, uint8_t *plain)
{
	o->packed = o->len;
	o->owner = plain;
	o->plain = plain;
	o->len = o->unpacked;
	o->unpacked = 0;
}

/* The message; NULL: no memory. It takes what owns the bytes. */
static struct message *message_new(TALLOC_CTX *mem_ctx,
				   const struct message_opened *o,
				   unsigned count)
{
	size_t size =
		sizeof(struct message) + count * sizeof(struct message_pdu);
	struct message *m = talloc_zero_size(mem_ctx, size);

	if (m == NULL) {
		return NULL;
	}
	talloc_set_name_const(m, "struct message");
	talloc_steal(m, o->owner);
	m->sealed = o->sealed;
	m->session_id = o->session_id;
	m->packed = o->packed;
	m->smb1 = count == 0;
	m->data = o->plain;
	m->len = o->len;
	m->count = count;
	split_pdus(m);
	return m;
}

int message_make(TALLOC_CTX *mem_ctx, const struct message_opened *o,
		 struct message **out)
{
	uint32_t id = protocol_id(o->plain, o->len);
	unsigned count = 0;

	if (id == SMB2_MAGIC) {
		count = count_pdus(o->plain, o->len);
	}
	if (count == 0 && (o->sealed || o->packed > 0 || id != SMB1_MAGIC)) {
		return EBADMSG;
	}
	*out = message_new(mem_ctx, o, count);
	return *out == NULL ? ENOMEM : 0;
}

int message_unpack_here(TALLOC_CTX *mem_ctx, struct message_opened *o,
			const struct smb2_compress_terms *terms)
{
	uint8_t *plain = talloc_size(mem_ctx, o->unpacked);
	int err = plain == NULL ? ENOMEM : message_unpack(o, terms, plain);

	if (err != 0) {
		talloc_free(plain);
		return err;
	}
	message_unpacked(o, plain);
	return 0;
}

int message_parse(TALLOC_CTX *mem_ctx, uint8_t *data, size_t len,
		  message_keyring_fn keyring, void *private_data,
		  const struct smb2_compress_terms *terms, size_t max,
		  struct message **out)
{
	static const struct smb2_compress_terms none;
	struct message_opened o = {0};
	int err = 0;

	*out = NULL;
	terms = terms == NULL ? &none : terms;
	err = message_open(data, len, keyring, private_data, terms, max, &o);
	if (err == 0 && o.unpacked > 0) {
		err = message_unpack_here(mem_ctx, &o, terms);
	}
	if (err != 0) {
		return err;
	}
	err = message_make(mem_ctx, &o, out);
	if (o.owner != data) {
		/* Of two, the one that is not needed any more. */
		talloc_free(err == 0 ? data : o.owner);
	}
	return err;
}

bool message_verify(const struct message_pdu *pdu, struct smb2_signing_key *key)
{
	const struct iovec iov = {.iov_base = pdu->data, .iov_len = pdu->len};

	return crypto_verify(key, &iov, 1) == 0;
}
