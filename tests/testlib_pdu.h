/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Every message and structure of the codec as a row of a table: the sample and
 * the pair of functions. The unit tests check each row, the fuzz target picks
 * one by number, the seeds of its corpus and the capture that tshark judges
 * are made of the samples.
 */
#ifndef SMBQUIC_TESTLIB_PDU_H
#define SMBQUIC_TESTLIB_PDU_H

#include "smbquic/smb2_pdu.h"

enum pdu_kind {
	PDU_REQUEST,  /* an SMB2 header goes first */
	PDU_RESPONSE, /* likewise */
	PDU_RAW,      /* nothing goes first */
};

struct pdu_row {
	const char *name;
	enum pdu_kind kind;
	uint16_t command;
	NTSTATUS status;
	bool (*encode)(struct wire_writer *w, const void *in);
	bool (*decode)(struct wire_slice msg, void *out);
	size_t size; /* of the struct behind in and out */
	const void *sample;
	/* so many bytes may be missing at the end */
	size_t slack;
	/* where lengths and counts are; one more must be refused; 0 ends */
	uint16_t lengths[4];
};

struct pdu_table {
	const struct pdu_row *rows;
	size_t count;
};

extern const struct pdu_table pdu_error_table;
extern const struct pdu_table pdu_negotiate_table;
extern const struct pdu_table pdu_session_table;
extern const struct pdu_table pdu_open_table;
extern const struct pdu_table pdu_create_table;
extern const struct pdu_table pdu_io_table;
extern const struct pdu_table pdu_query_table;
extern const struct pdu_table pdu_ioctl_table;
extern const struct pdu_table pdu_fsctl_table;
extern const struct pdu_table pdu_fsctl_file_table;
extern const struct pdu_table pdu_posix_table;
extern const struct pdu_table pdu_transform_table;
extern const struct pdu_table pdu_fscc_table;
extern const struct pdu_table pdu_fscc_fs_table;
extern const struct pdu_table pdu_fscc_list_table;
extern const struct pdu_table pdu_fscc_dir_table;
extern const struct pdu_table pdu_security_table;

/* All of them, in this order. */
extern const struct pdu_table *const pdu_tables[];
extern const size_t pdu_table_count;

/* The index-th row of all tables; NULL behind the last. */
const struct pdu_row *pdu_row(size_t index);

/* Header, where the kind has one, and body. */
bool pdu_encode(const struct pdu_row *row, struct wire_writer *w,
		const void *in);

/* As above, the message id given. */
bool pdu_encode_id(const struct pdu_row *row, struct wire_writer *w,
		   const void *in, uint64_t message_id);

/*
 * Round trip; every truncation; every length grown by one; every byte changed
 * in four ways; every size of a buffer that is too small. With cmocka's
 * asserts.
 */
void pdu_check(const struct pdu_table *table);

/* ------------------------------------------------------- for the tables */

/* A static slice from a literal; UTF-16 as "a\0b\0". */
#define BYTES(literal)                                                         \
	{                                                                      \
		.data = (const uint8_t *)(literal), .len = sizeof(literal) - 1 \
	}

#define PDU_TABLE(name, rows_of)                                 \
	const struct pdu_table name = {                          \
		.rows = (rows_of),                               \
		.count = sizeof(rows_of) / sizeof((rows_of)[0]), \
	}

/* Adaptors for the two forms of decode functions. */
#define PDU_MESSAGE(name)                                             \
	static bool name##_enc(struct wire_writer *w, const void *in) \
	{                                                             \
		return name##_encode(w, in);                          \
	}                                                             \
                                                                      \
	static bool name##_dec(struct wire_slice msg, void *out)      \
	{                                                             \
		return name##_decode(msg.data, msg.len, out);         \
	}

#define PDU_BODY(name)                                                \
	static bool name##_enc(struct wire_writer *w, const void *in) \
	{                                                             \
		return name##_encode(w, in);                          \
	}                                                             \
                                                                      \
	static bool name##_dec(struct wire_slice msg, void *out)      \
	{                                                             \
		return name##_decode(msg, out);                       \
	}

#define PDU_FUNCTIONS(fn) .encode = fn##_enc, .decode = fn##_dec

#define PDU_SAMPLE(variable) .size = sizeof(variable), .sample = &(variable)

#endif
