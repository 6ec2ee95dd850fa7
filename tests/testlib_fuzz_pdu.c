/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdlib.h>

#include "smbquic/reparse.h"
#include "smbquic/utf16.h"
#include "tests/testlib_fuzz_pdu.h"
#include "tests/testlib_pdu.h"

/* First bytes of an input that do not name a row of the tables. */
enum {
	SELECT_COMPOUND = 255,
	SELECT_ERROR = 254,
	SELECT_UTF16 = 253,
	SELECT_UTF8 = 252,
	SELECT_REPARSE = 251,
};

static void must(bool what)
{
	if (!what) {
		abort();
	}
}

/*
 * What is accepted can be encoded and decoded again, and then stays the same.
 * (Only a few values that a peer may send are not to be sent: encoding these
 * fails.)
 */
static void fuzz_row(const struct pdu_row *row, struct wire_slice msg)
{
	TALLOC_CTX *mem_ctx = talloc_new(NULL);
	struct wire_writer first = wire_writer_talloc(mem_ctx);
	struct wire_writer second = wire_writer_talloc(mem_ctx);
	void *out = calloc(1, row->size);

	must(mem_ctx != NULL && out != NULL);
	if (row->decode(msg, out) && pdu_encode(row, &first, out)) {
		struct wire_slice again = wire_writer_slice(&first);

		must(row->decode(again, out));
		must(pdu_encode(row, &second, out));
		must(wire_slice_equal(again, wire_writer_slice(&second)));
	}
	free(out);
	talloc_free(mem_ctx);
}

/* Each PDU by the decoders of its command, those of both directions. */
static void fuzz_compound(struct wire_slice msg)
{
	struct smb2_compound c = smb2_compound(msg.data, msg.len);
	struct smb2_header hdr = {0};
	struct wire_slice pdu = {0};
	size_t i = 0;

	while (smb2_compound_next(&c, &pdu, &hdr)) {
		const struct pdu_row *row = pdu_row(0);

		for (i = 0; row != NULL; i++) {
			row = pdu_row(i);
			if (row != NULL && row->kind != PDU_RAW &&
			    row->command == hdr.command) {
				fuzz_row(row, pdu);
			}
		}
		must(smb2_command_name(hdr.command) != NULL);
		(void)smb2_structure_size(pdu.data, pdu.len);
	}
}

/* What clients look for in an error response. */
static void fuzz_error(struct wire_slice msg)
{
	struct smb2_error_response rsp = {0};
	struct smb2_symlink_error link = {0};
	struct wire_slice data = {0};
	uint32_t needed = 0;

	if (!smb2_error_response_decode(msg.data, msg.len, &rsp)) {
		return;
	}
	if (smb2_error_response_symlink(&rsp, &link)) {
		(void)utf16_valid(link.substitute_name);
		(void)utf16_valid(link.print_name);
	}
	(void)smb2_error_response_length(&rsp, &needed);
	(void)smb2_error_context_find(&rsp, SMB2_ERROR_ID_SHARE_REDIRECT,
				      &data);
}

/* A name that is accepted comes back as it was. */
static void fuzz_utf16(struct wire_slice utf16)
{
	TALLOC_CTX *mem_ctx = talloc_new(NULL);
	char *utf8 = utf16_to_utf8(mem_ctx, utf16);
	struct wire_slice back = {0};

	must((utf8 != NULL) == utf16_valid(utf16));
	if (utf8 != NULL) {
		must(utf8_valid(utf8));
		must(utf16_from_utf8(mem_ctx, utf8, &back));
		must(wire_slice_equal(back, utf16));
		must(utf8_case_equal(utf8, utf8_upper(mem_ctx, utf8)));
	}
	(void)utf16_trim(utf16);
	talloc_free(mem_ctx);
}

static void fuzz_utf8(struct wire_slice bytes)
{
	TALLOC_CTX *mem_ctx = talloc_new(NULL);
	char *utf8 =
		talloc_strndup(mem_ctx, (const char *)bytes.data, bytes.len);
	struct wire_slice utf16 = {0};

	if (bytes.len > 0 && utf16_from_utf8(mem_ctx, utf8, &utf16)) {
		char *back = utf16_to_utf8(mem_ctx, utf16);

		must(back != NULL && strcmp(back, utf8) == 0);
	}
	if (bytes.len > 0) {
		must(utf8_casecmp(utf8, utf8) == 0);
		(void)utf8_case_hash(utf8);
	}
	talloc_free(mem_ctx);
}

/* What a client keeps beside a file, and where it leads. */
static void fuzz_reparse(struct wire_slice bytes)
{
	uint8_t *again = malloc(REPARSE_SIZE_MAX);
	struct wire_writer w = wire_writer_fixed(again, REPARSE_SIZE_MAX);
	struct reparse reparse = {0};
	char text[300];
	bool relative = false;

	must(again != NULL);
	if (reparse_decode(bytes, &reparse) == NT_STATUS_OK) {
		must(reparse_encode(&w, &reparse));
		must(w.len == bytes.len);
		if (reparse_target(&reparse, text, sizeof(text), &relative) >=
		    0) {
			must(utf8_valid(text));
		}
	}
	free(again);
}

void fuzz_pdu_one(const uint8_t *data, size_t len)
{
	const struct pdu_row *row = NULL;
	struct wire_slice msg = {0};

	if (len == 0) {
		return;
	}
	msg = wire_slice(data + 1, len - 1);
	row = pdu_row(data[0]);
	if (row != NULL) {
		fuzz_row(row, msg);
	}
	switch (data[0]) {
	case SELECT_COMPOUND: fuzz_compound(msg); break;
	case SELECT_ERROR: fuzz_error(msg); break;
	case SELECT_UTF16: fuzz_utf16(msg); break;
	case SELECT_UTF8: fuzz_utf8(msg); break;
	case SELECT_REPARSE: fuzz_reparse(msg); break;
	default: break;
	}
}

/* -------------------------------------------------------------------- seeds */

/* All requests in one chain, or all responses. */
static void compound_seed(struct wire_writer *w, enum pdu_kind kind)
{
	const struct pdu_row *row = NULL;
	bool any = false;
	size_t i = 0;

	for (row = pdu_row(0); row != NULL; row = pdu_row(++i)) {
		if (row->kind != kind) {
			continue;
		}
		if (any) {
			smb2_compound_continue(w);
		}
		pdu_encode(row, w, row->sample);
		any = true;
	}
}

/* Those that are not samples of rows. */
static bool extra_seed(size_t index, struct wire_writer *w, const char **name)
{
	static const struct {
		uint8_t selector;
		const char *name;
	} extras[] = {
		{SELECT_COMPOUND, "compound of requests"},
		{SELECT_COMPOUND, "compound of responses"},
		{SELECT_ERROR, "error as a client reads it"},
		{SELECT_UTF16, "utf16"},
		{SELECT_UTF8, "utf8"},
		{SELECT_REPARSE, "reparse point"},
	};
	static const char text[] = "gr\xc3\xbc\xc3\x9f \xf0\x9f\x98\x80";

	if (index >= sizeof(extras) / sizeof(extras[0])) {
		return false;
	}
	*name = extras[index].name;
	wire_put_u8(w, extras[index].selector);
	switch (index) {
	case 0: compound_seed(w, PDU_REQUEST); break;
	case 1: compound_seed(w, PDU_RESPONSE); break;
	case 2: pdu_encode(pdu_row(1), w, pdu_row(1)->sample); break;
	case 3: utf16_put(w, text); break;
	case 4: wire_put(w, text, sizeof(text) - 1); break;
	default: (void)reparse_put_symlink(w, "../a/b"); break;
	}
	return true;
}

bool fuzz_pdu_seed(size_t index, struct wire_writer *w, const char **name)
{
	const struct pdu_row *row = pdu_row(index);
	size_t rows = 0;

	if (row != NULL) {
		*name = row->name;
		wire_put_u8(w, (uint8_t)index);
		return pdu_encode(row, w, row->sample);
	}
	while (pdu_row(rows) != NULL) {
		rows++;
	}
	must(rows < SELECT_REPARSE);
	return extra_seed(index - rows, w, name);
}
