/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What an administrator writes into an access list, names of issuers, and the
 * certificates of a client. The first byte says which.
 */
#include "tests/testlib.h"

#include <stdlib.h>
#include <string.h>

#include "certs/access.h"
#include "certs/dn.h"
#include "smbquic/wire.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void entry(TALLOC_CTX *mem_ctx, const char *text)
{
	char *why = NULL;
	struct access_entry *one = access_entry_parse(mem_ctx, text, &why);
	struct access_entry *two = NULL;

	if (one == NULL) {
		return;
	}
	two = access_entry_parse(mem_ctx, access_entry_text(mem_ctx, one),
				 &why);
	if (two == NULL || !access_entry_same(one, two)) {
		abort();
	}
}

static void name(TALLOC_CTX *mem_ctx, const char *text)
{
	struct dn *dn = dn_parse(mem_ctx, text);

	if (dn != NULL && !dn_equal(dn, dn)) {
		abort();
	}
}

/* Each with two bytes of length before it. */
static void chain(TALLOC_CTX *mem_ctx, const uint8_t *data, size_t size)
{
	struct wire_reader r = wire_reader(data, size);
	gnutls_datum_t certs[20];
	gnutls_x509_trust_list_t trusted;
	unsigned count = 0;
	char *why = NULL;

	while (count < 20 && wire_left(&r) > 2) {
		size_t len = wire_get_be16(&r);
		const uint8_t *from = NULL;

		len = len > wire_left(&r) ? wire_left(&r) : len;
		from = wire_get(&r, len).data;
		certs[count].data = (unsigned char *)(uintptr_t)from;
		certs[count++].size = (unsigned)len;
	}
	if (gnutls_x509_trust_list_init(&trusted, 0) == 0) {
		struct access_path *path =
			access_path(mem_ctx, trusted, certs, count, &why);

		if (path != NULL && access_decide(mem_ctx, NULL, path, &why)) {
			abort();
		}
		gnutls_x509_trust_list_deinit(trusted, 0);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	TALLOC_CTX *mem_ctx = talloc_new(NULL);
	char *text = NULL;

	if (size > 0) {
		text = talloc_strndup(mem_ctx, (const char *)data + 1,
				      size - 1);
		switch (data[0] % 3) {
		case 0: entry(mem_ctx, text); break;
		case 1: name(mem_ctx, text); break;
		default: chain(mem_ctx, data + 1, size - 1); break;
		}
	}
	talloc_free(mem_ctx);
	return 0;
}
