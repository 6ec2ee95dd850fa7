/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Taking a message apart: unseal, decompress, split. */
#include <assert.h>
#include <errno.h>

#include "smbquic/message.h"
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

/* What is known of the bytes so far, from outside to inside. */
struct opened {
	uint8_t *owner; /* the talloc chunk that plain is in */
	uint8_t *plain;
	size_t len;
	bool sealed;
	uint64_t session_id;
	size_t packed;
};

static int unseal(struct opened *o, message_keyring_fn keyring,
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

/* 3.3.5.2.1.2. The size is looked at before there is memory for it. */
static int unpack(TALLOC_CTX *mem_ctx, struct opened *o,
		  const struct smb2_compress_terms *terms, size_t max)
{
	static const struct smb2_compress_terms none;
	uint8_t *plain = NULL;
	size_t size = 0;
	int err = 0;

	if (terms == NULL) {
		terms = &none;
	}
	err = smb2_decompress_size(terms, o->plain, o->len, max, &size);
	if (err != 0) {
		return err;
	}
	plain = talloc_size(mem_ctx, size);
	if (plain == NULL) {
		return ENOMEM;
	}
	err = smb2_decompress(terms, o->plain, o->len, plain, size);
	if (err != 0) {
		talloc_free(plain);
		return err;
	}
	o->packed = o->len;
	o->owner = plain;
	o->plain = plain;
	o->len = size;
	return 0;
}

/* The message; NULL: no memory. It takes what owns the bytes. */
static struct message *message_new(TALLOC_CTX *mem_ctx, const struct opened *o,
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

static int make_message(TALLOC_CTX *mem_ctx, const struct opened *o,
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

int message_parse(TALLOC_CTX *mem_ctx, uint8_t *data, size_t len,
		  message_keyring_fn keyring, void *private_data,
		  const struct smb2_compress_terms *terms, size_t max,
		  struct message **out)
{
	struct opened o = {.owner = data, .plain = data, .len = len};
	int err = 0;

	*out = NULL;
	if (protocol_id(o.plain, o.len) == SMB2_TRANSFORM_MAGIC) {
		err = unseal(&o, keyring, private_data);
	}
	if (err == 0 && protocol_id(o.plain, o.len) == SMB2_COMPRESSION_MAGIC) {
		err = unpack(mem_ctx, &o, terms, max);
	}
	if (err != 0) {
		return err;
	}
	err = make_message(mem_ctx, &o, out);
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
