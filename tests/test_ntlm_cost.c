/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a refused logon costs the server does not depend on whether there is
 * such a user: not measured by a clock, but by what is asked of the libraries
 * that calculate. Their functions are ours here, which count and pass on.
 */
#include <dlfcn.h>
#include <gnutls/crypto.h>
#include <nettle/arcfour.h>
#include <nettle/hmac.h>
#include <nettle/md5.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "tests/testlib_auth.h"

static bool counting;
static char work[4096]; /* "what:bytes " of each call */

static void count(const char *what, size_t len)
{
	size_t at = strlen(work);

	if (counting) {
		snprintf(work + at, sizeof(work) - at, "%s:%zu ", what, len);
	}
}

/* The next one of that name. (ISO C knows no pointer that is data and code.) */
#define PASS_ON(type, name)                        \
	union {                                    \
		void *data;                        \
		type *code;                        \
	} next = {.data = dlsym(RTLD_NEXT, name)}; \
	assert_non_null(next.data)

typedef void hmac_fn(struct hmac_md5_ctx *, size_t, const uint8_t *);
typedef void digest_fn(struct hmac_md5_ctx *, size_t, uint8_t *);
typedef void arcfour_fn(struct arcfour_ctx *, size_t, uint8_t *,
			const uint8_t *);
typedef int random_fn(gnutls_rnd_level_t, void *, size_t);

void nettle_hmac_md5_set_key(struct hmac_md5_ctx *ctx, size_t len,
			     const uint8_t *key)
{
	PASS_ON(hmac_fn, "nettle_hmac_md5_set_key");
	count("key", len);
	next.code(ctx, len, key);
}

void nettle_hmac_md5_update(struct hmac_md5_ctx *ctx, size_t len,
			    const uint8_t *data)
{
	PASS_ON(hmac_fn, "nettle_hmac_md5_update");
	count("hash", len);
	next.code(ctx, len, data);
}

void nettle_hmac_md5_digest(struct hmac_md5_ctx *ctx, size_t len, uint8_t *out)
{
	PASS_ON(digest_fn, "nettle_hmac_md5_digest");
	count("digest", len);
	next.code(ctx, len, out);
}

void nettle_arcfour_crypt(struct arcfour_ctx *ctx, size_t len, uint8_t *out,
			  const uint8_t *in)
{
	PASS_ON(arcfour_fn, "nettle_arcfour_crypt");
	count("rc4", len);
	next.code(ctx, len, out, in);
}

int gnutls_rnd(gnutls_rnd_level_t level, void *data, size_t len)
{
	PASS_ON(random_fn, "gnutls_rnd");
	count("random", len);
	return next.code(level, data, len);
}

/* Into work goes what the server does with the last message. */
static NTSTATUS log_on(const char *user, const char *password)
{
	TALLOC_CTX *tmp = talloc_new(NULL);
	struct auth *client = testlib_client(tmp, "DOM", user, password);
	struct auth *server = testlib_server(tmp);
	struct wire_slice there = {0};
	struct wire_slice back = {0};
	NTSTATUS status = NT_STATUS_MORE_PROCESSING_REQUIRED;

	while (status == NT_STATUS_MORE_PROCESSING_REQUIRED) {
		assert_int_equal(auth_step(client, tmp, back, &there),
				 NT_STATUS_MORE_PROCESSING_REQUIRED);
		work[0] = '\0';
		counting = true;
		status = auth_step(server, tmp, there, &back);
		counting = false;
	}
	talloc_free(tmp);
	return status;
}

/* Names of one length: that of a name is the stranger's own to know. */
static void test_refused(void **state)
{
	char known[sizeof(work)];
	const char *random = "random:16 ";

	(void)state;
	assert_int_equal(log_on("alice", "wrong"), NT_STATUS_LOGON_FAILURE);
	snprintf(known, sizeof(known), "%s", work);
	assert_non_null(strstr(known, "key:16 hash:"));
	assert_int_equal(log_on("nobod", "wrong"), NT_STATUS_LOGON_FAILURE);
	/* the hash that nobody has is made up, in the place of one found */
	assert_memory_equal(work, random, strlen(random));
	assert_string_equal(work + strlen(random), known);
}

/* One who may not log on, and does not know the password. */
static void test_disabled(void **state)
{
	char known[sizeof(work)];

	(void)state;
	assert_int_equal(log_on("ali", "wrong"), NT_STATUS_LOGON_FAILURE);
	snprintf(known, sizeof(known), "%s", work + strlen("random:16 "));
	assert_int_equal(log_on("bob", "wrong"), NT_STATUS_LOGON_FAILURE);
	assert_string_equal(work, known);
}

/* That it counts: who is let in costs more. */
static void test_let_in(void **state)
{
	char refused[sizeof(work)];

	(void)state;
	assert_int_equal(log_on("alice", "wrong"), NT_STATUS_LOGON_FAILURE);
	snprintf(refused, sizeof(refused), "%s", work);
	assert_int_equal(log_on("alice", "secret"), NT_STATUS_OK);
	assert_non_null(strstr(work, "rc4:16 "));
	assert_string_not_equal(work, refused);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_disabled),
		cmocka_unit_test(test_let_in),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
