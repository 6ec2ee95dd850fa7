/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The stream of a stranger into a whole server: NEGOTIATE, SESSION_SETUP, and
 * whatever else may come before anybody has logged on. Behind 'Q' the
 * connection counts as QUIC.
 */
#include <stdlib.h>

#include "smbquic/log.h"
#include "server/server.h"
#include "tests/fixture_server.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct fixture *fixture_of_test(void)
{
	static struct fixture *f;

	if (f == NULL) {
		log_set_level(LOG_LEVEL_ERROR);
		f = fixture_new("[global]\nserver smb transports = tcp:20606\n"
				"server min protocol = SMB2_02\n"
				"invalid authentication delay = 0\n"
				"[one]\nstore = memory\n",
				"alice:65534:XXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXX:"
				"36AA83BDCAB3C9FDAF321CA42A31C3FC:"
				"[U          ]:LCT-00000001:\n");
		talloc_free(f->conn);
	}
	return f;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fixture *f = fixture_of_test();
	TALLOC_CTX *mem_ctx = talloc_new(f);
	struct transport *pair[2] = {NULL, NULL};

	f->facts.secure = size > 0 && data[0] == 'Q';
	if (f->facts.secure) {
		data++;
		size--;
	}
	testlib_memory_pair(mem_ctx, f->ev, &f->facts, pair);
	if (conn_new(f->server, pair[0]) == NULL) {
		abort();
	}
	if (size > 0) {
		testlib_write_copy(f->ev, pair[1], data, size);
	}
	transport_shutdown_send(mem_ctx, f->ev, pair[1], TRANSPORT_CLOSE_DONE,
				NULL);
	while (f->server->conns != NULL) {
		tevent_loop_once(f->ev);
	}
	if (idtable_count(f->server->sessions) != 0) {
		abort();
	}
	talloc_free(mem_ctx);
	return 0;
}
