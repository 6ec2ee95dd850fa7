/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The table of carriers, and the wrappers that hold them to the contract.
 */
#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "smbquic/log.h"
#include "tests/testlib.h"

static struct sockaddr_storage loopback(int family)
{
	struct sockaddr_storage out = {.ss_family = (sa_family_t)family};

	if (family == AF_INET6) {
		((struct sockaddr_in6 *)&out)->sin6_addr = in6addr_loopback;
	} else {
		((struct sockaddr_in *)&out)->sin_addr.s_addr =
			htonl(INADDR_LOOPBACK);
	}
	return out;
}

static void test_backend_names(void **state)
{
	const char *why = NULL;

	(void)state;
	assert_ptr_equal(transport_backend_find("tcp", NULL), &transport_tcp);
	assert_non_null(transport_backend_find("quic", &why));
	assert_non_null(why);
	assert_null(transport_backend_find("netbios", NULL));
}

static void hear(void *private_data, enum log_level level, const char *module,
		 const char *text)
{
	char **all = private_data;

	(void)module;
	assert_int_equal(level, LOG_LEVEL_WARN);
	*all = talloc_asprintf_append(*all, "%s\n", text);
}

/* @return what the log has of the settings that have no effect. */
static char *lacking(TALLOC_CTX *mem_ctx, const struct transport_backend *via,
		     const struct transport_settings *settings, bool threads)
{
	char *all = talloc_strdup(mem_ctx, "");

	log_set_sink(hear, &all);
	transport_log_lacking(via, settings, threads);
	log_set_sink(NULL, NULL);
	return all;
}

/* What a carrier has not is said when it is asked for, and only then. */
static void test_lacking(void **state)
{
	TALLOC_CTX *mem_ctx = talloc_new(NULL);
	struct transport_settings s;

	(void)state;
	transport_settings_default(&s);
	assert_string_equal(lacking(mem_ctx, &transport_quic_kernel, &s, false),
			    "");
	s.congestion = TRANSPORT_CONGESTION_BBR;
	s.early_data = true;
	assert_string_equal(lacking(mem_ctx, &transport_quic_user, &s, true),
			    "");
	assert_string_equal(lacking(mem_ctx, &transport_tcp, &s, true), "");
	assert_string_equal(
		lacking(mem_ctx, &transport_quic_kernel, &s, true),
		"quic-kernel has no BBR, and sends by CUBIC: what asks for it "
		"has no effect there\n"
		"quic-kernel has no 0-RTT: what asks for it has no effect "
		"there\n"
		"quic-kernel has no network threads: what asks for it has no "
		"effect there\n");
	talloc_free(mem_ctx);
}

/* The row says it of itself: no row that can migrate says that it cannot. */
static void test_lacks_are_true(void **state)
{
	const struct transport_backend *const *row = transport_backends();

	(void)state;
	for (; *row != NULL; row++) {
		if (strncmp((*row)->name, "quic", 4) == 0) {
			assert_int_equal((*row)->migrate == NULL,
					 ((*row)->lacks &
					  TRANSPORT_LACKS_MIGRATION) != 0);
			assert_int_equal((*row)->is_early == NULL,
					 ((*row)->lacks &
					  TRANSPORT_LACKS_EARLY_DATA) != 0);
		}
	}
}

static void test_address_string(void **state)
{
	struct sockaddr_storage a = loopback(AF_INET);
	struct sockaddr_storage b = loopback(AF_INET6);

	(void)state;
	((struct sockaddr_in *)&a)->sin_port = htons(443);
	((struct sockaddr_in6 *)&b)->sin6_port = htons(65535);
	assert_string_equal(transport_address_string((struct sockaddr *)&a),
			    "127.0.0.1:443");
	assert_string_equal(transport_address_string((struct sockaddr *)&b),
			    "[::1]:65535");
}

/* What does not work on this machine says so, and does not run. */
static bool never(const char **why)
{
	*why = "the moon is wrong";
	return false;
}

static void test_not_usable(void **state)
{
	static const struct transport_backend row = {.name = "tide",
						     .usable = never};
	TALLOC_CTX *mem_ctx = talloc_new(NULL);
	struct tevent_context *ev = tevent_context_init(mem_ctx);
	struct sockaddr_storage addr = loopback(AF_INET);
	const struct transport_target to = {
		.addr = (struct sockaddr *)&addr,
		.addr_len = sizeof(struct sockaddr_in),
	};
	struct transport *t = NULL;
	char *why = NULL;
	struct tevent_req *req = NULL;

	(void)state;
	req = transport_connect_send(mem_ctx, ev, &row, &to);
	testlib_wait(ev, req, 5);
	assert_int_equal(transport_connect_recv(req, mem_ctx, &t, &why),
			 ENOTSUP);
	assert_null(t);
	assert_string_equal(why, "tide does not work here: the moon is wrong");
	talloc_free(mem_ctx);
}

static void test_settings(void **state)
{
	struct transport_settings s = {0};

	(void)state;
	setenv("SSLKEYLOGFILE", "/tmp/keys", 1);
	setenv("QLOGDIR", "", 1);
	transport_settings_default(&s);
	assert_string_equal(s.keylog_file, "/tmp/keys");
	assert_null(s.qlog_dir);
	assert_true(s.keepalive_ms < s.idle_timeout_ms);
	assert_true(s.stream_window <= s.max_window);
	unsetenv("SSLKEYLOGFILE");
}

/* Two ends in memory: choice, statistics, and a read at a time. */
static void test_pair(void **state)
{
	TALLOC_CTX *mem_ctx = talloc_new(NULL);
	struct tevent_context *ev = tevent_context_init(mem_ctx);
	struct transport_stats stats = {0};
	struct transport *pair[2] = {0};
	char text[6] = "";

	(void)state;
	testlib_memory_pair(mem_ctx, ev, NULL, pair);
	transport_set_choice(pair[0], "for the test");
	assert_string_equal(transport_facts(pair[0])->chosen_because,
			    "for the test");
	testlib_write_copy(ev, pair[0], "hello", 6);
	testlib_read(ev, pair[1], text, 6);
	assert_string_equal(text, "hello");
	transport_stats(pair[1], &stats);
	assert_int_equal(stats.bytes_in, 6);
	assert_null(transport_error(pair[0]));
	talloc_free(mem_ctx);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_backend_names),
		cmocka_unit_test(test_lacking),
		cmocka_unit_test(test_lacks_are_true),
		cmocka_unit_test(test_address_string),
		cmocka_unit_test(test_not_usable),
		cmocka_unit_test(test_settings),
		cmocka_unit_test(test_pair),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
