/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The seeds of fuzz_pdu, and each of them changed at random (the same changes
 * every time). With the name of a folder it writes the seeds there instead.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>

#include "smbquic/wire.h"
#include "tests/testlib_fuzz_pdu.h"

enum {
	CHANGES_OF_EACH = 300,
};

static uint32_t next_random(uint32_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 17;
	*state ^= *state << 5;
	return *state;
}

/* A copy of exactly the right size: changed, cut, or both. */
static void run_changed(struct wire_slice seed, uint32_t *random)
{
	size_t len = seed.len;
	uint8_t *copy = NULL;
	uint32_t changes = next_random(random) % 4;

	if (next_random(random) % 4 == 0) {
		len = 1 + next_random(random) % len;
	}
	copy = malloc(len);
	assert_non_null(copy);
	memcpy(copy, seed.data, len);
	while (changes-- > 0) {
		size_t at = next_random(random) % len;

		copy[at] = (uint8_t)next_random(random);
	}
	fuzz_pdu_one(copy, len);
	free(copy);
}

static void test_seeds(void **state)
{
	uint32_t random = 2463534242u;
	const char *name = NULL;
	size_t index = 0;
	bool more = true;

	(void)state;
	while (more) {
		TALLOC_CTX *mem_ctx = talloc_new(NULL);
		struct wire_writer w = wire_writer_talloc(mem_ctx);
		int i = 0;

		more = fuzz_pdu_seed(index, &w, &name);
		if (more) {
			assert_true(wire_writer_ok(&w));
			fuzz_pdu_one(w.buf, w.len);
		}
		for (i = 0; more && i < CHANGES_OF_EACH; i++) {
			run_changed(wire_writer_slice(&w), &random);
		}
		index++;
		talloc_free(mem_ctx);
	}
	assert_true(index > 100);
}

/* "CREATE request, root" becomes create-request-root. */
static void file_name(const char *folder, const char *name, char *path,
		      size_t size)
{
	size_t n = (size_t)snprintf(path, size, "%s/", folder);

	for (; *name != '\0' && n + 1 < size; name++) {
		unsigned char c = (unsigned char)*name;

		if (isalnum(c)) {
			path[n++] = (char)tolower(c);
		} else if (path[n - 1] != '-') {
			path[n++] = '-';
		}
	}
	path[n] = '\0';
}

static int write_seeds(const char *folder)
{
	TALLOC_CTX *mem_ctx = talloc_new(NULL);
	struct wire_writer w = wire_writer_talloc(mem_ctx);
	const char *name = NULL;
	size_t index = 0;

	while (fuzz_pdu_seed(index, &w, &name)) {
		char path[4096] = "";
		FILE *f = NULL;

		file_name(folder, name, path, sizeof(path));
		f = fopen(path, "wb");
		if (f == NULL || fwrite(w.buf, w.len, 1, f) != 1 ||
		    fclose(f) != 0) {
			perror(path);
			return 1;
		}
		w = wire_writer_talloc(mem_ctx);
		index++;
	}
	talloc_free(mem_ctx);
	return 0;
}

int main(int argc, char *argv[])
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_seeds),
	};

	if (argc > 1) {
		return write_seeds(argv[1]);
	}
	return cmocka_run_group_tests(tests, NULL, NULL);
}
