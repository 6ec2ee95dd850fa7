/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a server counts, how it is written, and requests that are no more than
 * strange.
 */
#include "server/metrics.h"
#include "tests/fixture_files.h"

#include <netinet/in.h>

#include "server/ask.h"

#define GET "GET /metrics HTTP/1.1\r\n"

static char *answer_to(TALLOC_CTX *mem_ctx, struct server *server,
		       const char *request)
{
	struct wire_writer all = wire_writer_talloc(mem_ctx);
	void *answer =
		metrics_request_begin(mem_ctx, server, request,
				      request == NULL ? 0 : strlen(request));
	bool more = true;

	assert_non_null(answer);
	while (more) {
		struct wire_writer out = wire_writer_talloc(answer);

		more = metrics_answer_page(answer, &out);
		assert_true(wire_writer_ok(&out));
		assert_true(out.len > 0 && out.len < 2 * ASK_PAGE);
		wire_put(&all, out.buf, out.len);
	}
	wire_put(&all, "", 1);
	return (char *)all.buf;
}

static void test_answered(void **state)
{
	struct metrics m = {0};
	const struct metrics_command *c = &m.commands[SMB2_READ];

	(void)state;
	metrics_answered(&m, SMB2_READ, false, 100000); /* 0.1 ms: the bound */
	metrics_answered(&m, SMB2_READ, true, 100001);
	metrics_answered(&m, SMB2_READ, false, UINT64_MAX / 2);
	assert_int_equal(c->answered, 3);
	assert_int_equal(c->failed, 1);
	assert_int_equal(c->buckets[0], 1);
	assert_int_equal(c->buckets[1], 1);
	assert_int_equal(c->buckets[METRICS_BUCKETS], 1);
	metrics_answered(&m, SMB2_CHANGE_NOTIFY, false, 5);
	assert_int_equal(m.commands[SMB2_CHANGE_NOTIFY].answered, 1);
	assert_int_equal(m.commands[SMB2_CHANGE_NOTIFY].buckets[0], 0);
	metrics_answered(&m, METRICS_COMMANDS, false, 5); /* ignored */
	metrics_answered(&m, 0xFFFF, false, 5);
}

static void test_text(void **state)
{
	struct files *t = files_new_config(
		FILES_GLOBAL "[data]\nstore = memory\nread only = no\n"
			     "[\xc3\xa4]\nstore = memory\n");
	char *text = NULL;

	(void)state;
	files_make(t, "one");
	assert_int_equal(files_there(t, "two"),
			 NT_STATUS_OBJECT_NAME_NOT_FOUND);
	text = answer_to(t, t->f->server, GET "\r\n");
	assert_non_null(strstr(text, "HTTP/1.1 200 OK\r\n"));
	assert_non_null(strstr(text, "\nsmbquic_open_files 1\n"));
	assert_non_null(strstr(text, "\nsmbquic_sessions 1\n"));
	assert_non_null(strstr(text,
			       "smbquic_requests_total{command=\"CREATE\","
			       "result=\"ok\"} 1\n"));
	assert_non_null(strstr(text,
			       "smbquic_requests_total{command=\"CREATE\","
			       "result=\"error\"} 1\n"));
	assert_non_null(strstr(text, "smbquic_request_duration_seconds_bucket{"
				     "command=\"CREATE\",le=\"+Inf\"} 2\n"));
	assert_non_null(
		strstr(text, "smbquic_tree_connects{share=\"data\"} 1\n"));
	assert_non_null(
		strstr(text, "smbquic_tree_connects{share=\"??\"} 0\n"));
	assert_non_null(strstr(text, "\nprocess_open_fds "));
	talloc_free(t);
}

static void test_requests(void **state)
{
	static const char *const cases[][2] = {
		{"GET /metrics?x=y HTTP/1.0\r\n\r\n", "200"},
		{"GET / HTTP/1.1\r\n\r\n", "404"},
		{"GET /metrics2 HTTP/1.1\r\n\r\n", "404"},
		{"GET /metric HTTP/1.1\r\n\r\n", "404"},
		{"POST /metrics HTTP/1.1\r\n\r\n", "405"},
		{"get /metrics HTTP/1.1\r\n\r\n", "405"},
		{"GET /metrics\r\n\r\n", "400"},
		{"GET /metrics HTTP/2.0\r\n\r\n", "400"},
		{"GET /metrics HTTP/1.\n\n", "400"},
		{"GET  HTTP/1.1\r\n\r\n", "404"},
		{" \r\n\r\n", "400"},
		{"\r\n\r\n", "400"},
		{"\n\n", "400"},
		{NULL, "431"},
	};
	struct files *t =
		files_new_config(FILES_GLOBAL "[data]\nstore = memory\n");
	size_t i = 0;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char *text = answer_to(t, t->f->server, cases[i][0]);

		assert_memory_equal(text, "HTTP/1.1 ", 9);
		assert_memory_equal(text + 9, cases[i][1], 3);
	}
	assert_null(strstr(
		answer_to(t, t->f->server, "HEAD /metrics HTTP/1.1\r\n\r\n"),
		"smbquic_"));
	talloc_free(t);
}

static void test_whole(void **state)
{
	const char *text = GET "a: b\r\n\r\nmore";
	size_t whole = strlen(text) - 4;
	size_t i = 0;

	(void)state;
	for (i = 0; i < whole; i++) {
		assert_int_equal(metrics_request_whole(text, i), 0);
	}
	assert_int_equal(metrics_request_whole(text, whole), whole);
	assert_int_equal(metrics_request_whole(text, whole + 4), whole);
	assert_int_equal(metrics_request_whole("\n\n", 2), 2);
	assert_int_equal(metrics_request_whole("\r\n\r\n", 4), 4);
	assert_int_equal(metrics_request_whole("\r\r\n", 3), 0);
}

static void test_address(void **state)
{
	struct sockaddr_storage out = {0};

	(void)state;
	assert_int_equal(metrics_address("127.0.0.1:9922", &out),
			 sizeof(struct sockaddr_in));
	assert_int_equal(out.ss_family, AF_INET);
	assert_int_equal(metrics_address("[::1]:9922", &out),
			 sizeof(struct sockaddr_in6));
	assert_int_equal(metrics_address("", &out), 0);
	assert_int_equal(metrics_address("9922", &out), 0);
	assert_int_equal(metrics_address(":9922", &out), 0);
	assert_int_equal(metrics_address("127.0.0.1:", &out), 0);
	assert_int_equal(metrics_address("localhost:9922", &out), 0);
	assert_int_equal(metrics_address("::1:9922", &out), 0);
	assert_int_equal(metrics_address("127.0.0.1:http", &out), 0);
	assert_int_equal(metrics_address("127.0.0.1:99999", &out), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_answered), cmocka_unit_test(test_text),
		cmocka_unit_test(test_requests), cmocka_unit_test(test_whole),
		cmocka_unit_test(test_address),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
