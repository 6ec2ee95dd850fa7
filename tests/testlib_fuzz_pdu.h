/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What fuzz_pdu does with an input, and its seeds, for the fuzz target and for
 * test_fuzz_pdu.
 */
#ifndef SMBQUIC_TESTLIB_FUZZ_PDU_H
#define SMBQUIC_TESTLIB_FUZZ_PDU_H

#include "smbquic/wire.h"

/*
 * The first byte selects a row of the tables in testlib_pdu.h, or a compound
 * chain, an error response, UTF-16, UTF-8; the rest is the message. Aborts
 * when an accepted message does not survive encoding and decoding.
 */
void fuzz_pdu_one(const uint8_t *data, size_t len);

/* The index-th seed; false behind the last. */
bool fuzz_pdu_seed(size_t index, struct wire_writer *w, const char **name);

#endif
