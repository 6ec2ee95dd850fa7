/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Session tickets over the kernel's QUIC socket, with itself and with the
 * userspace stack at the other end: what was agreed upon in one visit is
 * resumed in the next, by whichever of the two, and judged again.
 */
#include "tests/fixture_quic_kernel.h"

static const uint8_t secret[TRANSPORT_SECRET_SIZE] =
	"a secret that outlives a server";

/* As start(), with keys of before. */
static void start_again(struct place *p)
{
	union udp_address a = loopback(AF_INET);
	struct transport_listen how = {
		.addr = &a.sa,
		.addr_len = udp_address_len(&a),
		.tls = &p->server_policy,
		.settings = &p->settings,
		.secret = secret,
		.accept = on_accept,
		.private_data = p,
	};

	if (p->listener != NULL) {
		/* the port stands for the server */
		memcpy(&a, transport_listener_address(p->listener),
		       sizeof(a.in));
		TALLOC_FREE(p->listener);
	}
	/* a kernel lets go of a port a moment later */
	for (unsigned i = 0; i < 100; i++) {
		if (transport_listen(p, p->ev, p->far, &how, &p->listener,
				     &p->why) == 0) {
			return;
		}
		loop_for(p, 50);
	}
	fail_msg("%s", p->why);
}

static struct place *place_with_memory(const struct transport_backend *near,
				       const struct transport_backend *far)
{
	struct place *p = new_place(near, far);

	p->settings.visits_file =
		talloc_asprintf(p, "%s/visits", testlib_tmpdir(p));
	start_again(p);
	return p;
}

/* @return whether both ends say that the session was resumed; bytes went both
 * ways. */
static bool visit(struct place *p)
{
	struct transport *t = do_connect(p);
	bool resumed = transport_facts(t)->resumed;

	assert_int_equal(transport_facts(p->server)->resumed, resumed);
	assert_string_equal(transport_facts(t)->tls_version,
			    resumed ? "TLS1.3, resumed" : "TLS1.3");
	carry(p, t, p->server, 100000);
	carry(p, p->server, t, 100000);
	talloc_free(t);
	TALLOC_FREE(p->server);
	loop_for(p, 50);
	return resumed;
}

static void resumed_pair(const struct transport_backend *near,
			 const struct transport_backend *far)
{
	struct place *p = place_with_memory(near, far);

	assert_false(visit(p));
	assert_true(visit(p));
	assert_true(visit(p)); /* a resumed one gives a ticket as well */
	start_again(p);
	assert_true(visit(p));
	p->settings.visits_file = NULL;
	assert_false(visit(p));
	talloc_free(p);
}

static void test_resumed(void **state)
{
	(void)state;
	each_pair(resumed_pair);
}

/* Each of the two goes on with what the other was given, by either. */
static void test_exchanged(void **state)
{
	struct place *p = NULL;

	(void)state;
	if (!have_kernel()) {
		skip();
	}
	p = place_with_memory(&transport_quic_user, &transport_quic_user);
	assert_false(visit(p));
	p->far = &transport_quic_kernel;
	start_again(p);
	assert_true(visit(p));
	p->near = &transport_quic_kernel;
	assert_true(visit(p));
	p->far = &transport_quic_user;
	start_again(p);
	assert_true(visit(p));
	talloc_free(p);
}

/* No certificate comes, and it is judged all the same: as it is known now. */
static void test_judged_again(void **state)
{
	struct transport *t = NULL;
	struct place *p = NULL;
	FILE *f = NULL;

	(void)state;
	if (!have_kernel()) {
		skip();
	}
	p = place_with_memory(&transport_quic_kernel, &transport_quic_kernel);
	p->client_policy.trust = TLS_TRUST_TOFU;
	p->client_policy.known_hosts =
		talloc_asprintf(p, "%s.known", p->settings.visits_file);
	assert_false(visit(p));
	assert_true(visit(p));
	f = fopen(p->client_policy.known_hosts, "r+e");
	assert_non_null(f);
	/* the last thing of its line is the hash */
	assert_int_equal(fseek(f, -9, SEEK_END), 0);
	assert_true(fputs("00000000\n", f) >= 0);
	assert_int_equal(fclose(f), 0);
	assert_int_equal(try_connect(p, "localhost", &t), EACCES);
	assert_non_null(strstr(p->why, "IT HAS CHANGED"));
	talloc_free(p);
}

/* Who wants to see a client's certificate gives no tickets. */
static void test_certificate_wanted(void **state)
{
	struct place *p = NULL;

	(void)state;
	if (!have_kernel()) {
		skip();
	}
	p = place_with_memory(&transport_quic_kernel, &transport_quic_kernel);
	assert_false(visit(p));
	p->identity->require_client_certificate = true;
	assert_int_not_equal(try_connect(p, "localhost", &p->server), 0);
	talloc_free(p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_resumed),
		cmocka_unit_test(test_exchanged),
		cmocka_unit_test(test_judged_again),
		cmocka_unit_test(test_certificate_wanted),
	};

	cmocka_set_test_filter(getenv("SMBQUIC_TEST"));
	setvbuf(stdout, NULL, _IOLBF, 0);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
