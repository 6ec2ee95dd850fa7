/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>

#include "tests/testlib_pdu.h"

const struct pdu_table *const pdu_tables[] = {
	&pdu_error_table,      &pdu_negotiate_table, &pdu_session_table,
	&pdu_open_table,       &pdu_create_table,    &pdu_io_table,
	&pdu_query_table,      &pdu_ioctl_table,     &pdu_fsctl_table,
	&pdu_fsctl_file_table, &pdu_transform_table, &pdu_fscc_table,
	&pdu_fscc_fs_table,    &pdu_fscc_list_table, &pdu_fscc_dir_table,
	&pdu_security_table,   &pdu_posix_table,
};

const size_t pdu_table_count = sizeof(pdu_tables) / sizeof(pdu_tables[0]);

const struct pdu_row *pdu_row(size_t index)
{
	size_t i = 0;

	for (i = 0; i < pdu_table_count; i++) {
		if (index < pdu_tables[i]->count) {
			return &pdu_tables[i]->rows[index];
		}
		index -= pdu_tables[i]->count;
	}
	return NULL;
}

bool pdu_encode_id(const struct pdu_row *row, struct wire_writer *w,
		   const void *in, uint64_t message_id)
{
	struct smb2_header hdr = {
		.command = row->command,
		.status = row->status,
		.credit_charge = 1,
		.credits = 1,
		.message_id = message_id,
		.tree_id = 5,
		.session_id = 0x1122334455667788,
	};

	if (row->kind == PDU_RAW) {
		wire_rebase(w);
		return row->encode(w, in);
	}
	if (row->kind == PDU_RESPONSE) {
		hdr.flags = SMB2_FLAGS_SERVER_TO_REDIR;
	}
	smb2_header_encode(w, &hdr);
	return row->encode(w, in);
}

bool pdu_encode(const struct pdu_row *row, struct wire_writer *w,
		const void *in)
{
	return pdu_encode_id(row, w, in, 7);
}

/* --------------------------------------------------------------- the checks */

/* In a buffer of exactly this size, so that a sanitizer sees the byte behind.
 */
static uint8_t *exact_copy(struct wire_slice msg)
{
	uint8_t *copy = malloc(msg.len > 0 ? msg.len : 1);

	assert_non_null(copy);
	if (msg.len > 0) {
		memcpy(copy, msg.data, msg.len);
	}
	return copy;
}

/* Decodes, and, to touch every slice, encodes what came out. */
static bool decode_and_use(const struct pdu_row *row, struct wire_slice msg)
{
	TALLOC_CTX *mem_ctx = talloc_new(NULL);
	struct wire_writer w = wire_writer_talloc(mem_ctx);
	uint8_t *copy = exact_copy(msg);
	void *out = calloc(1, row->size);
	bool ok = false;

	assert_non_null(out);
	ok = row->decode(wire_slice(copy, msg.len), out);
	if (ok) {
		pdu_encode(row, &w, out);
	}
	free(out);
	free(copy);
	talloc_free(mem_ctx);
	return ok;
}

static void check_round_trip(const struct pdu_row *row, struct wire_slice msg)
{
	TALLOC_CTX *mem_ctx = talloc_new(NULL);
	struct wire_writer w = wire_writer_talloc(mem_ctx);
	void *out = calloc(1, row->size);

	assert_non_null(out);
	if (!row->decode(msg, out)) {
		fail_msg("%s: own encoding refused", row->name);
	}
	if (!pdu_encode(row, &w, out)) {
		fail_msg("%s: not encoded again", row->name);
	}
	if (!wire_slice_equal(wire_writer_slice(&w), msg)) {
		fail_msg("%s: encoded again it differs", row->name);
	}
	free(out);
	talloc_free(mem_ctx);
}

static void check_truncations(const struct pdu_row *row, struct wire_slice msg)
{
	size_t len = 0;

	for (len = 0; len < msg.len; len++) {
		bool want = len + row->slack >= msg.len;
		bool got = decode_and_use(row, wire_slice(msg.data, len));

		if (got != want) {
			fail_msg("%s: %zu of %zu bytes %s", row->name, len,
				 msg.len, got ? "accepted" : "refused");
		}
	}
}

static void check_lengths(const struct pdu_row *row, struct wire_slice msg)
{
	size_t i = 0;

	for (i = 0; i < sizeof(row->lengths) / sizeof(row->lengths[0]); i++) {
		uint8_t *copy = exact_copy(msg);

		if (row->lengths[i] != 0) {
			assert_true(copy[row->lengths[i]] < 0xFF);
			copy[row->lengths[i]]++;
			if (decode_and_use(row, wire_slice(copy, msg.len))) {
				fail_msg("%s: accepted with the length at %u "
					 "grown",
					 row->name, row->lengths[i]);
			}
		}
		free(copy);
	}
}

/* Whatever the byte: no crash, no read outside, no undefined behaviour. */
static void check_changes(const struct pdu_row *row, struct wire_slice msg)
{
	size_t i = 0;

	for (i = 0; i < msg.len; i++) {
		uint8_t *copy = exact_copy(msg);
		const uint8_t changes[] = {0, 0xFF, (uint8_t)(copy[i] + 1),
					   (uint8_t)(copy[i] - 1)};
		size_t j = 0;

		for (j = 0; j < sizeof(changes); j++) {
			copy[i] = changes[j];
			decode_and_use(row, wire_slice(copy, msg.len));
		}
		free(copy);
	}
}

static void check_small_buffers(const struct pdu_row *row, size_t len)
{
	size_t cap = 0;

	for (cap = 0; cap < len; cap++) {
		uint8_t *buf = malloc(cap > 0 ? cap : 1);
		struct wire_writer w = wire_writer_fixed(buf, cap);

		assert_non_null(buf);
		if (pdu_encode(row, &w, row->sample) || wire_writer_ok(&w)) {
			fail_msg("%s: fits into %zu bytes", row->name, cap);
		}
		free(buf);
	}
}

void pdu_check(const struct pdu_table *table)
{
	size_t i = 0;

	for (i = 0; i < table->count; i++) {
		const struct pdu_row *row = &table->rows[i];
		TALLOC_CTX *mem_ctx = talloc_new(NULL);
		struct wire_writer w = wire_writer_talloc(mem_ctx);
		struct wire_slice msg = {0};

		if (!pdu_encode(row, &w, row->sample)) {
			fail_msg("%s: not encoded", row->name);
		}
		msg = wire_writer_slice(&w);
		check_round_trip(row, msg);
		check_truncations(row, msg);
		check_lengths(row, msg);
		check_changes(row, msg);
		check_small_buffers(row, msg.len);
		talloc_free(mem_ctx);
	}
}
