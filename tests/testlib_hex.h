/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Bytes in tests are written as hexadecimal text. */
#ifndef SMBQUIC_TESTLIB_HEX_H
#define SMBQUIC_TESTLIB_HEX_H

#include "smbquic/wire.h"

/* The bytes of the text, on mem_ctx; blanks do not count. Fails the test when
 * it is not hexadecimal. */
struct wire_slice testlib_hex(TALLOC_CTX *mem_ctx, const char *text);

/* The bytes are those of the text. */
void testlib_assert_hex(const void *data, size_t len, const char *text);

#endif
