/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The record of a persistent handle in a damaged file. The digest would keep
 * out nearly everything: so the input is the body, under a head that is right,
 * and once as a whole file.
 */
#include <stdlib.h>
#include <string.h>

#include "server/persistent_record.h"
#include "smbquic/crypto.h"
#include "tests/testlib.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct wire_slice with_head(TALLOC_CTX *mem_ctx, const uint8_t *body,
				   size_t size)
{
	const struct iovec iov = {(void *)(uintptr_t)body, size};
	uint8_t digest[CRYPTO_PREAUTH_SIZE] = {0};
	struct wire_writer w = wire_writer_talloc(mem_ctx);

	(void)crypto_preauth_update(digest, &iov, 1);
	wire_put(&w, "SMBQOPEN", 8);
	wire_put_u32(&w, 1);
	wire_put_size32(&w, size);
	wire_put(&w, digest, sizeof(digest));
	wire_put(&w, body, size);
	return wire_writer_slice(&w);
}

/* What was understood is written as it was read. */
static void read_back(TALLOC_CTX *mem_ctx, struct wire_slice file)
{
	struct persistent_record record = {0};
	struct wire_slice again = {0};

	if (persistent_record_decode(mem_ctx, file, &record) != NULL) {
		return;
	}
	again = persistent_record_encode(mem_ctx, &record);
	if (again.len > 0 &&
	    persistent_record_decode(mem_ctx, again, &record) != NULL) {
		abort();
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	TALLOC_CTX *mem_ctx = talloc_new(NULL);

	if (size <= PERSISTENT_RECORD_MAX) {
		read_back(mem_ctx, wire_slice(data, size));
		read_back(mem_ctx, with_head(mem_ctx, data, size));
	}
	talloc_free(mem_ctx);
	return 0;
}
