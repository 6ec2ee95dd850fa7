/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <ctype.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "tests/testlib_hex.h"

static int digit(char c)
{
	if (c >= '0' && c <= '9') {
		return c - '0';
	}
	c = (char)tolower((unsigned char)c);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

struct wire_slice testlib_hex(TALLOC_CTX *mem_ctx, const char *text)
{
	uint8_t *bytes = talloc_zero_size(mem_ctx, strlen(text) / 2 + 1);
	size_t n = 0;
	const char *p = NULL;

	assert_non_null(bytes);
	for (p = text; *p != '\0'; p++) {
		if (isspace((unsigned char)*p)) {
			continue;
		}
		assert_true(digit(*p) >= 0);
		bytes[n / 2] = (uint8_t)(bytes[n / 2] << 4 | digit(*p));
		n++;
	}
	assert_int_equal(n % 2, 0);
	return wire_slice(bytes, n / 2);
}

void testlib_assert_hex(const void *data, size_t len, const char *text)
{
	struct wire_slice want = testlib_hex(NULL, text);

	assert_int_equal(len, want.len);
	assert_memory_equal(data, want.data, len);
	talloc_free((void *)(uintptr_t)want.data);
}
