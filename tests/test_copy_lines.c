/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/testlib.h"

#include <string.h>

#include "client/copy.h"

#define SIZE 100000

/* Each way in blocks of that size, so that a CR and its LF are apart. */
static size_t convert(bool to_crlf, const char *in, size_t len, size_t io_size,
		      uint8_t *out)
{
	const struct copy_limits limits = {.io_size = io_size};
	TALLOC_CTX *frame = talloc_new(NULL);
	struct tevent_context *ev = tevent_context_init(frame);
	struct copy_end *from =
		copy_memory(frame, (uint8_t *)(uintptr_t)in, len);
	struct copy_end *to = copy_memory(frame, out, SIZE);
	struct tevent_req *req = NULL;
	uint64_t copied = 0;
	size_t n = 0;

	memset(out, '#', SIZE);
	if (to_crlf) {
		from = copy_to_crlf(frame, from);
	} else {
		to = copy_to_lf(frame, to, len);
	}
	req = copy_send(frame, ev, from, to, 0, &limits, NULL, NULL);
	testlib_wait(ev, req, 10);
	assert_int_equal(copy_recv(req, &copied, NULL), NT_STATUS_OK);
	for (n = SIZE; n > 0 && out[n - 1] == '#'; n--) {
		/* so much was written */
	}
	assert_int_equal(copied, to_crlf ? n : len);
	talloc_free(frame);
	return n;
}

static void check(bool to_crlf, const char *in, const char *want)
{
	static uint8_t out[SIZE];
	size_t n = convert(to_crlf, in, strlen(in), 512, out);

	assert_int_equal(n, strlen(want));
	assert_memory_equal(out, want, n);
}

static void test_to_crlf(void **state)
{
	(void)state;
	check(true, "", "");
	check(true, "a", "a");
	check(true, "\n", "\r\n");
	check(true, "a\nb\n\nc", "a\r\nb\r\n\r\nc");
	check(true, "a\r\nb\rc\n", "a\r\nb\rc\r\n");
}

static void test_to_lf(void **state)
{
	(void)state;
	check(false, "", "");
	check(false, "a\r\nb\r\n\r\n", "a\nb\n\n");
	check(false, "\r", "\r");
	check(false, "\r\r\n\r", "\r\n\r");
	check(false, "a\rb\n", "a\rb\n");
}

/* Across the blocks that are read and written. */
static void test_blocks(void **state)
{
	static const size_t sizes[] = {512, 513, 1000, 4096, SIZE};
	static char text[40000];
	static uint8_t there[SIZE];
	static uint8_t back[SIZE];
	size_t i = 0;
	size_t k = 0;
	size_t n = 0;

	(void)state;
	for (i = 0; i < sizeof(text); i++) {
		text[i] = i % 3 == 0 || i % 7 == 0 ? '\n' : 'x';
	}
	for (k = 0; k < sizeof(sizes) / sizeof(sizes[0]); k++) {
		n = convert(true, text, sizeof(text), sizes[k], there);
		assert_true(n > sizeof(text));
		assert_int_equal(
			convert(false, (char *)there, n, sizes[k], back),
			sizeof(text));
		assert_memory_equal(back, text, sizeof(text));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_to_crlf),
		cmocka_unit_test(test_to_lf),
		cmocka_unit_test(test_blocks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
