/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A ticket is asked for in a thread: the loop goes on meanwhile. */
#include "tests/testlib.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "client/client_private.h"

struct place {
	struct tevent_context *ev;
	int kdc; /* listens, and says nothing */
};

static int setup(void **state)
{
	struct place *p = talloc_zero(NULL, struct place);
	struct sockaddr_in addr = {.sin_family = AF_INET,
				   .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t len = sizeof(addr);
	char *path = talloc_asprintf(p, "%s/krb5.conf", testlib_tmpdir(p));
	FILE *file = fopen(path, "w");

	p->ev = tevent_context_init(p);
	p->kdc = socket(AF_INET, SOCK_STREAM, 0);
	assert_int_equal(bind(p->kdc, (struct sockaddr *)&addr, len), 0);
	assert_int_equal(listen(p->kdc, 5), 0);
	assert_int_equal(getsockname(p->kdc, (struct sockaddr *)&addr, &len),
			 0);
	assert_non_null(file);
	fprintf(file,
		"[libdefaults]\ndefault_realm = UNIT.TEST\n"
		"dns_lookup_kdc = false\nudp_preference_limit = 1\n"
		"[realms]\nUNIT.TEST = {\n\tkdc = 127.0.0.1:%u\n}\n",
		ntohs(addr.sin_port));
	fclose(file);
	setenv("KRB5_CONFIG", path, 1);
	setenv("KRB5CCNAME", "MEMORY:nobody", 1);
	*state = p;
	return 0;
}

static int teardown(void **state)
{
	struct place *p = *state;

	if (p->kdc >= 0) {
		close(p->kdc);
	}
	talloc_free(p);
	return 0;
}

static void tick(struct tevent_context *ev, struct tevent_timer *te,
		 struct timeval now, void *private_data)
{
	(void)ev;
	(void)te;
	(void)now;
	*(bool *)private_data = true;
}

static const struct client_credentials alice = {
	.user = "alice",
	.password = "secret",
	.kerberos = CLIENT_KERBEROS_REQUIRED,
};

static void test_failure(void **state)
{
	struct place *p = *state;
	struct client_credentials nobody = alice;
	struct kerberos_ticket *ticket = NULL;
	struct tevent_req *req = NULL;
	char *why = NULL;

	nobody.password = NULL;
	req = ticket_get_send(p, p->ev, &nobody, "server",
			      wire_slice("bytes", 5));
	assert_non_null(req);
	assert_true(tevent_req_poll(req, p->ev));
	assert_int_equal(ticket_get_recv(req, p, &ticket, &why),
			 NT_STATUS_NO_SUCH_LOGON_SESSION);
	assert_null(ticket);
	assert_non_null(strstr(why, "cifs/server"));
}

/* A KDC that takes its time stops neither the loop nor one who gives up. */
static void test_loop_goes_on(void **state)
{
	struct place *p = *state;
	struct tevent_req *req = ticket_get_send(p, p->ev, &alice, "server",
						 wire_slice(NULL, 0));
	bool ticked = false;

	assert_non_null(req);
	tevent_add_timer(p->ev, p, tevent_timeval_current_ofs(0, 100000), tick,
			 &ticked);
	while (!ticked) {
		assert_int_equal(tevent_loop_once(p->ev), 0);
	}
	assert_true(tevent_req_is_in_progress(req));
	talloc_free(req);
	/* The thread hears that the KDC is gone, and cleans up. */
	close(p->kdc);
	p->kdc = -1;
	usleep(200000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_failure, setup, teardown),
		cmocka_unit_test_setup_teardown(test_loop_goes_on, setup,
						teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
