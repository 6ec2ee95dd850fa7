/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Bytes of a stranger into the reader of whole messages: frames on a stream,
 * transform headers, compression, chains. Behind 'S' the rest is one sealed
 * message, so that what is unsealed is reached too.
 */
#include <stdlib.h>
#include <string.h>

#include "smbquic/message.h"
#include "tests/testlib.h"

#define SESSION	    1
#define MAX_MESSAGE 70000

static const struct smb2_compress_terms terms = {
	.algorithms = {SMB2_COMPRESSION_PATTERN_V1, SMB2_COMPRESSION_LZ77,
		       SMB2_COMPRESSION_LZ77_HUFFMAN, SMB2_COMPRESSION_LZNT1,
		       SMB2_COMPRESSION_LZ4},
	.count = 5,
	.chained = true,
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct smb2_sealing_key *keyring(uint64_t session_id, void *private_data)
{
	return session_id == SESSION ? private_data : NULL;
}

static struct smb2_sealing_key *new_key(TALLOC_CTX *mem_ctx)
{
	static const uint8_t bytes[16] = "0123456789abcde";
	struct smb2_sealing_key *key = NULL;

	if (crypto_sealing_key_new(mem_ctx, SMB2_CIPHER_AES128_GCM, bytes, 16,
				   &key) != 0) {
		abort();
	}
	return key;
}

/* Look at all that a reader would. */
static void look(const struct message *m)
{
	volatile uint8_t sum = 0;
	unsigned i = 0;
	size_t k = 0;

	for (i = 0; i < m->count; i++) {
		for (k = 0; k < m->pdu[i].len; k++) {
			sum ^= m->pdu[i].data[k];
		}
	}
}

static void sealed(TALLOC_CTX *mem_ctx, const uint8_t *data, size_t size)
{
	struct smb2_sealing_key *key = new_key(mem_ctx);
	struct iovec plain = {.iov_len = size};
	struct message *m = NULL;
	uint8_t *out = talloc_size(mem_ctx, size + CRYPTO_SEAL_OVERHEAD);

	plain.iov_base = talloc_memdup(mem_ctx, data, size);
	if (size == 0 || out == NULL ||
	    crypto_seal(key, SESSION, &plain, 1, out,
			size + CRYPTO_SEAL_OVERHEAD) != 0) {
		return;
	}
	if (message_parse(mem_ctx, out, CRYPTO_TRANSFORM_HEADER_SIZE + size,
			  keyring, new_key(mem_ctx), &terms, MAX_MESSAGE,
			  &m) == 0) {
		look(m);
	}
}

static void stream(TALLOC_CTX *mem_ctx, const uint8_t *data, size_t size)
{
	const struct message_limits limits = {.max_message = MAX_MESSAGE};
	struct tevent_context *ev = tevent_context_init(mem_ctx);
	struct transport *pair[2] = {0};
	struct message_conn *conn = NULL;
	struct message *m = NULL;
	int err = 0;

	testlib_memory_pair(mem_ctx, ev, NULL, pair);
	conn = message_conn_new(mem_ctx, ev, pair[0], &limits, keyring,
				new_key(mem_ctx));
	message_conn_set_compression(conn, &terms);
	if (size > 0) {
		testlib_write_copy(ev, pair[1], data, size);
	}
	transport_shutdown_send(mem_ctx, ev, pair[1], TRANSPORT_CLOSE_DONE,
				NULL);
	do {
		struct tevent_req *req = message_read_send(mem_ctx, ev, conn);

		testlib_wait(ev, req, 5);
		err = message_read_recv(req, mem_ctx, &m);
		if (err == 0 && m != NULL) {
			look(m);
		}
		talloc_free(req);
	} while (err == 0 && m != NULL);
	talloc_free(conn);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	TALLOC_CTX *mem_ctx = talloc_new(NULL);

	if (size > 0 && data[0] == 'S') {
		sealed(mem_ctx, data + 1, size - 1);
	} else {
		stream(mem_ctx, data, size);
	}
	talloc_free(mem_ctx);
	return 0;
}
