/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <errno.h>

#include "tests/testlib.h"
#include "tests/testlib_quic.h"

/* A client that takes itself for connected is told that it is not. */
static void test_unheard_end_of_handshake(void **state)
{
	struct quic_world *w = quic_world_new(NULL);

	(void)state;
	w->delay = 600 * NGTCP2_MILLISECONDS;
	quic_world_connect(w);
	/* it has asked twice by now, and the answer is on its way */
	quic_world_run(w, 1100 * NGTCP2_MILLISECONDS);
	w->client.mute = true;
	quic_world_run(w, 2 * NGTCP2_SECONDS);
	assert_int_equal(w->client.opened, 0);
	assert_int_equal(w->server.opened, -1);
	quic_world_run(w, 10 * NGTCP2_SECONDS);
	assert_int_equal(w->server.opened, ETIMEDOUT);
	assert_non_null(quic_conn_end(w->client.conn));
	assert_string_equal(quic_conn_end(w->client.conn)->why,
			    "192.0.2.2:443 refuses the connection: the "
			    "handshake took too long");
	talloc_free(w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_unheard_end_of_handshake),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
