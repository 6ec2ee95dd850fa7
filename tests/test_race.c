/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The race over transports and addresses, run with carriers that do what a
 * test says.
 */
#include <errno.h>
#include <netinet/in.h>
#include <string.h>

#include "smbquic/log.h"
#include "smbquic/race.h"
#include "tests/testlib.h"

/* What a scripted carrier does: after delay_ms it fails with err, or succeeds.
 * delay_ms 0 means at once, from within connect_send. */
struct script {
	unsigned delay_ms;
	int err;
	unsigned started, cancelled;
};

static struct script fast, slow;

/* From that port nothing is heard; which were tried, in order. */
static unsigned dead_port;
static unsigned tried[16];
static unsigned tries;

static unsigned note_port(const struct transport_target *to)
{
	const struct sockaddr_in *in = (const void *)to->addr;
	unsigned port = ntohs(in->sin_port);

	if (tries < sizeof(tried) / sizeof(tried[0])) {
		tried[tries++] = port;
	}
	return port;
}

struct scripted_state {
	struct script *script;
	const struct transport_backend *row;
	bool over;
};

static void scripted_cleanup(struct tevent_req *req, enum tevent_req_state how)
{
	struct scripted_state *s = tevent_req_data(req, struct scripted_state);

	if (how == TEVENT_REQ_RECEIVED && !s->over) {
		s->script->cancelled++;
	}
	s->over = true;
}

static void scripted_timer(struct tevent_context *ev, struct tevent_timer *te,
			   struct timeval now, void *private_data)
{
	struct tevent_req *req =
		talloc_get_type_abort(private_data, struct tevent_req);
	struct scripted_state *s = tevent_req_data(req, struct scripted_state);

	(void)ev;
	(void)te;
	(void)now;
	if (!tevent_req_error(req, s->script->err)) {
		tevent_req_done(req);
	}
}

static struct tevent_req *scripted_connect(TALLOC_CTX *mem_ctx,
					   struct tevent_context *ev,
					   struct script *script,
					   const struct transport_backend *row)
{
	struct scripted_state *s = NULL;
	struct tevent_req *req =
		tevent_req_create(mem_ctx, &s, struct scripted_state);

	assert_non_null(req);
	s->script = script;
	s->row = row;
	script->started++;
	tevent_req_set_cleanup_fn(req, scripted_cleanup);
	if (script->delay_ms == 0) {
		scripted_timer(ev, NULL, tevent_timeval_zero(), req);
		return tevent_req_post(req, ev);
	}
	assert_non_null(tevent_add_timer(
		ev, s, tevent_timeval_current_ofs(0, script->delay_ms * 1000),
		scripted_timer, req));
	return req;
}

static int scripted_recv(struct tevent_req *req, TALLOC_CTX *mem_ctx,
			 struct transport **out, char **why)
{
	struct scripted_state *s = tevent_req_data(req, struct scripted_state);
	enum tevent_req_state how = TEVENT_REQ_INIT;
	uint64_t err = 0;

	if (tevent_req_is_error(req, &how, &err)) {
		*why = talloc_asprintf(mem_ctx, "%s said %d", s->row->name,
				       (int)err);
		tevent_req_received(req);
		return (int)err;
	}
	*out = transport_new(mem_ctx, s->row, talloc_new(mem_ctx),
			     &(struct transport_facts){.backend = s->row->name,
						       .alpn = "smb"});
	tevent_req_received(req);
	return 0;
}

static bool always(const char **why)
{
	(void)why;
	return true;
}

static const struct transport_backend fast_row, slow_row;

static struct tevent_req *fast_connect(TALLOC_CTX *mem_ctx,
				       struct tevent_context *ev,
				       const struct transport_target *to)
{
	static struct script dead;

	dead.delay_ms = 900;
	return scripted_connect(mem_ctx, ev,
				note_port(to) == dead_port ? &dead : &fast,
				&fast_row);
}

static struct tevent_req *slow_connect(TALLOC_CTX *mem_ctx,
				       struct tevent_context *ev,
				       const struct transport_target *to)
{
	(void)to;
	return scripted_connect(mem_ctx, ev, &slow, &slow_row);
}

static const struct transport_backend fast_row = {
	.name = "first",
	.secure = true,
	.default_port = 443,
	.usable = always,
	.connect_send = fast_connect,
	.connect_recv = scripted_recv,
};
static const struct transport_backend slow_row = {
	.name = "second",
	.default_port = 445,
	.usable = always,
	.connect_send = slow_connect,
	.connect_recv = scripted_recv,
};

struct outcome {
	struct tevent_context *ev;
	int err;
	char *why;
	struct transport *transport;
};

static char *visits;		      /* the file, or NULL */
static const struct race_lane *lanes; /* two; NULL: one of each carrier */

static struct outcome run(TALLOC_CTX *mem_ctx, const char *host)
{
	struct transport_settings settings;
	struct tevent_context *ev = tevent_context_init(mem_ctx);
	int dummy_policy = 0;
	struct race_params params = {
		.server_name = host,
		.lane = {{.via = &fast_row}, {.via = &slow_row}},
		.lanes = 2,
		.head_start_ms = 50,
		.tls = (void *)&dummy_policy,
		.settings = &settings,
	};
	struct outcome out = {.ev = ev};
	struct tevent_req *req = NULL;

	transport_settings_default(&settings);
	settings.visits_file = visits;
	if (lanes != NULL) {
		params.lane[0] = lanes[0];
		params.lane[1] = lanes[1];
	}
	tries = 0;
	req = race_connect_send(mem_ctx, ev, &params);
	testlib_wait(ev, req, 10);
	out.err = race_connect_recv(req, mem_ctx, &out.transport, &out.why);
	talloc_free(req);
	return out;
}

static int setup(void **state)
{
	fast = (struct script){0};
	slow = (struct script){0};
	visits = NULL;
	dead_port = 0;
	lanes = NULL;
	*state = talloc_new(NULL);
	return 0;
}

static int teardown(void **state)
{
	talloc_free(*state);
	return 0;
}

static void test_preferred_alone(void **state)
{
	struct outcome o = {0};

	fast.delay_ms = 5;
	o = run(*state, "127.0.0.1");
	assert_int_equal(o.err, 0);
	assert_string_equal(transport_facts(o.transport)->backend, "first");
	assert_non_null(transport_facts(o.transport)->chosen_because);
	assert_int_equal(slow.started, 0);
}

static void count_warnings(void *private_data, enum log_level level,
			   const char *module, const char *text)
{
	(void)module;
	if (level == LOG_LEVEL_WARN && strstr(text, "without QUIC") != NULL) {
		(*(unsigned *)private_data)++;
	}
}

/* The second is in the clear, so it is said aloud. */
static void test_second_after_the_head_start(void **state)
{
	struct outcome o = {0};
	unsigned warnings = 0;

	log_set_sink(count_warnings, &warnings);

	fast.delay_ms = 5000;
	slow.delay_ms = 5;
	o = run(*state, "127.0.0.1");
	assert_int_equal(o.err, 0);
	assert_string_equal(transport_facts(o.transport)->backend, "second");
	log_set_sink(NULL, NULL);
	assert_int_equal(warnings, 1);
	assert_int_equal(fast.started, 1);
	assert_int_equal(fast.cancelled, 1);
}

static const char *why_of(const struct outcome *o)
{
	return transport_facts(o->transport)->chosen_because;
}

/* Said, remembered when it was so twice, tried last the next time, and
 * forgotten when it works. */
static void test_blocked(void **state)
{
	struct outcome o = {0};

	visits = talloc_asprintf(*state, "%s/visits", testlib_tmpdir(*state));
	fast.delay_ms = 900;
	slow.delay_ms = 20;
	o = run(*state, "127.0.0.1");
	assert_int_equal(o.err, 0);
	assert_string_equal(transport_facts(o.transport)->backend, "second");
	assert_non_null(strstr(why_of(&o), "is UDP blocked?"));
	assert_non_null(strstr(why_of(&o), "127.0.0.1:443/udp"));
	assert_int_equal(fast.started, 1);
	talloc_free(o.transport);
	o = run(*state, "127.0.0.1");
	assert_non_null(strstr(why_of(&o), "127.0.0.1:443/udp within"));
	assert_int_equal(fast.started, 2);
	talloc_free(o.transport);
	o = run(*state, "127.0.0.1");
	assert_string_equal(transport_facts(o.transport)->backend, "second");
	assert_non_null(strstr(why_of(&o), "a while ago"));
	/* it did not hold the connection up, and may answer yet */
	assert_int_equal(fast.started, 3);
	assert_int_equal(fast.cancelled, 2);
	talloc_free(o.transport);
	/* nobody else answers: so it is tried after all */
	slow.delay_ms = 0;
	slow.err = ECONNREFUSED;
	fast.delay_ms = 1;
	o = run(*state, "127.0.0.1");
	assert_int_equal(o.err, 0);
	assert_string_equal(transport_facts(o.transport)->backend, "first");
	/* and first again from then on */
	slow.started = 0;
	slow.err = 0;
	o = run(*state, "127.0.0.1");
	assert_string_equal(transport_facts(o.transport)->backend, "first");
	assert_non_null(strstr(why_of(&o), "preferred"));
}

static void wait_a_while(struct tevent_context *ev, unsigned ms)
{
	struct tevent_req *req = tevent_wakeup_send(
		ev, ev, tevent_timeval_current_ofs(0, ms * 1000));

	testlib_wait(ev, req, 10);
	talloc_free(req);
}

/* One lost packet, and an answer to the next one: nothing is remembered. */
static void test_late_answer(void **state)
{
	struct outcome o = {0};
	unsigned i = 0;

	visits = talloc_asprintf(*state, "%s/visits", testlib_tmpdir(*state));
	fast.delay_ms = 400;
	slow.delay_ms = 20;
	for (i = 1; i <= 3; i++) {
		o = run(*state, "127.0.0.1");
		assert_string_equal(transport_facts(o.transport)->backend,
				    "second");
		assert_non_null(strstr(why_of(&o), "127.0.0.1:443/udp within"));
		wait_a_while(o.ev, 600);
		assert_int_equal(fast.started, i);
		assert_int_equal(fast.cancelled, 0);
		talloc_free(o.transport);
	}
	/* the winner goes first: nobody listens on, nothing is left behind */
	o = run(*state, "127.0.0.1");
	talloc_free(o.transport);
	assert_int_equal(fast.cancelled, 1);
}

/* A refusal is an answer. */
static void test_refused_is_not_blocked(void **state)
{
	struct outcome o = {0};
	unsigned i = 0;

	visits = talloc_asprintf(*state, "%s/visits", testlib_tmpdir(*state));
	fast.err = ECONNREFUSED;
	for (i = 1; i <= 2; i++) {
		o = run(*state, "127.0.0.1");
		assert_string_equal(transport_facts(o.transport)->backend,
				    "second");
		assert_int_equal(fast.started, i);
	}
}

/* The one that answered starts first the next time, and alone; when it does not
 * answer any longer the other has its turn. */
static void test_winner_first(void **state)
{
	static const struct race_lane two[] = {
		{.via = &fast_row, .port = 1},
		{.via = &fast_row, .port = 2},
	};
	struct outcome o = {0};

	visits = talloc_asprintf(*state, "%s/visits", testlib_tmpdir(*state));
	lanes = two;
	fast.delay_ms = 5;
	dead_port = 1;
	o = run(*state, "127.0.0.1");
	assert_int_equal(o.err, 0);
	assert_int_equal(tries, 2);
	assert_int_equal(tried[0], 1);
	talloc_free(o.transport);
	o = run(*state, "127.0.0.1");
	assert_int_equal(tries, 1);
	assert_int_equal(tried[0], 2);
	talloc_free(o.transport);
	/* it is silent: the other one has its turn, and is remembered */
	dead_port = 2;
	o = run(*state, "127.0.0.1");
	assert_int_equal(o.err, 0);
	assert_int_equal(tries, 2);
	assert_int_equal(tried[0], 2);
	talloc_free(o.transport);
	o = run(*state, "127.0.0.1");
	assert_int_equal(tries, 1);
	assert_int_equal(tried[0], 1);
	talloc_free(o.transport);
	/* without a file it begins as ever */
	visits = NULL;
	dead_port = 1;
	o = run(*state, "127.0.0.1");
	assert_int_equal(tries, 2);
	talloc_free(o.transport);
}

/* One in the clear does not pass a secure one because it won once. */
static void test_no_downgrade_by_memory(void **state)
{
	struct outcome o = {0};

	visits = talloc_asprintf(*state, "%s/visits", testlib_tmpdir(*state));
	fast.err = ECONNREFUSED;
	o = run(*state, "127.0.0.1");
	assert_string_equal(transport_facts(o.transport)->backend, "second");
	talloc_free(o.transport);
	fast.err = 0;
	slow.started = 0;
	o = run(*state, "127.0.0.1");
	assert_string_equal(transport_facts(o.transport)->backend, "first");
	assert_int_equal(slow.started, 0);
	talloc_free(o.transport);
}

static void test_failure_starts_the_next_at_once(void **state)
{
	struct timeval before = tevent_timeval_current();
	struct timeval after = {0};
	struct outcome o = {0};

	fast.err = ECONNREFUSED;
	o = run(*state, "127.0.0.1");
	after = tevent_timeval_current();
	assert_int_equal(o.err, 0);
	assert_string_equal(transport_facts(o.transport)->backend, "second");
	assert_non_null(strstr(transport_facts(o.transport)->chosen_because,
			       "first said"));
	assert_true(tevent_timeval_until(&before, &after).tv_sec < 5);
}

static void test_all_fail(void **state)
{
	struct outcome o = {0};

	fast.err = ETIMEDOUT;
	slow.err = ECONNREFUSED;
	o = run(*state, "127.0.0.1");
	assert_int_equal(o.err, ETIMEDOUT);
	assert_null(o.transport);
	assert_non_null(strstr(o.why, "first said"));
	assert_non_null(strstr(o.why, "second said"));
}

/* No way around a certificate that was refused. */
static void test_refused_certificate_ends_it(void **state)
{
	struct outcome o = {0};

	fast.err = EACCES;
	o = run(*state, "127.0.0.1");
	assert_int_equal(o.err, EACCES);
	assert_int_equal(slow.started, 0);
}

static void test_unknown_name(void **state)
{
	struct outcome o = run(*state, "no-such-host.invalid");

	assert_true(o.err == ENOENT || o.err == EAGAIN);
	assert_non_null(strstr(o.why, "no-such-host.invalid"));
	assert_int_equal(fast.started, 0);
}

static void test_lanes(void **state)
{
	struct race_params p = {0};
	char *why = NULL;

	assert_true(race_parse_lanes(*state, "auto", 0, &p, &why));
	assert_int_equal(p.lanes, 2);
	assert_true(p.lane[0].via->secure);
	assert_string_equal(p.lane[1].via->name, "tcp");
	assert_int_equal(p.lane[1].port, 0);
	assert_true(
		race_parse_lanes(*state, "tcp:4450, quic-user", 9, &p, &why));
	assert_int_equal(p.lane[0].port, 4450);
	assert_int_equal(p.lane[1].port, 9);
}

static void test_bad_lanes(void **state)
{
	static const char *const bad[] = {
		"",	  "smoke",
		"tcp:",	  "tcp:0",
		"tcp:x",  "tcp:70000",
		"tcp:-1", "tcp:445x",
		",",	  "tcp,tcp,tcp,tcp,tcp",
	};
	struct race_params p = {0};
	char *why = NULL;
	size_t i = 0;

	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_false(race_parse_lanes(*state, bad[i], 0, &p, &why));
		assert_non_null(why);
	}
}

#define race_test(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		race_test(test_preferred_alone),
		race_test(test_second_after_the_head_start),
		race_test(test_blocked),
		race_test(test_late_answer),
		race_test(test_refused_is_not_blocked),
		race_test(test_winner_first),
		race_test(test_no_downgrade_by_memory),
		race_test(test_failure_starts_the_next_at_once),
		race_test(test_all_fail),
		race_test(test_refused_certificate_ends_it),
		race_test(test_unknown_name),
		race_test(test_lanes),
		race_test(test_bad_lanes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
