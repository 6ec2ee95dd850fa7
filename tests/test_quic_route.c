/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The table of keys, against a plain array.
 */
#include "tests/testlib.h"

#include <string.h>

#include "smbquic/quic_private.h"

#define COUNT 5000u

static const uint8_t secret[16] = "0123456789abcdef";

static struct quic_key key_of(uint32_t n, uint8_t len)
{
	struct quic_key key = {.len = len};

	memcpy(key.data, &n, len < sizeof(n) ? len : sizeof(n));
	return key;
}

static void test_add_find_remove(void **state)
{
	struct quic_route *t = quic_route_new(NULL, secret);
	static char values[COUNT];
	struct quic_key key;
	uint32_t i = 0;

	(void)state;
	for (i = 0; i < COUNT; i++) {
		key = key_of(i, (uint8_t)(4 + i % 17));
		assert_null(quic_route_find(t, &key));
		assert_true(quic_route_add(t, &key, &values[i]));
		assert_false(quic_route_add(t, &key, &values[0]));
	}
	assert_int_equal(quic_route_count(t), COUNT);
	for (i = 0; i < COUNT; i += 2) {
		key = key_of(i, (uint8_t)(4 + i % 17));
		quic_route_remove(t, &key);
		quic_route_remove(t, &key);
	}
	assert_int_equal(quic_route_count(t), COUNT / 2);
	for (i = 0; i < COUNT; i++) {
		key = key_of(i, (uint8_t)(4 + i % 17));
		assert_ptr_equal(quic_route_find(t, &key),
				 i % 2 == 0 ? NULL : &values[i]);
	}
	talloc_free(t);
}

/* The length is part of the key. */
static void test_lengths(void **state)
{
	struct quic_route *t = quic_route_new(NULL, secret);
	static char values[QUIC_KEY_MAX + 1];
	struct quic_key key = {0};
	uint8_t len = 0;

	(void)state;
	for (len = 0; len <= QUIC_KEY_MAX; len++) {
		key.len = len;
		assert_true(quic_route_add(t, &key, &values[len]));
	}
	for (len = 0; len <= QUIC_KEY_MAX; len++) {
		key.len = len;
		assert_ptr_equal(quic_route_find(t, &key), &values[len]);
	}
	talloc_free(t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_add_find_remove),
		cmocka_unit_test(test_lengths),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
