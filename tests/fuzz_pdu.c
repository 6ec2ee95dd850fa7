/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Every decoder of the codec. Seeds: tests/corpus/pdu, made by
 * "test_fuzz_pdu tests/corpus/pdu".
 */
#include "smbquic/wire.h"
#include "tests/testlib_fuzz_pdu.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	fuzz_pdu_one(data, size);
	return 0;
}
