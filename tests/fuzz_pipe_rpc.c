/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * RPC packets into srvsvc, or behind 'W' into wkssvc, in two pieces.
 */
#include "server/pipe_rpc.h"
#include "tests/fixture_server.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct server *server_of_test(void)
{
	static struct fixture *f;

	if (f == NULL) {
		f = fixture_new("[global]\nserver smb transports = tcp:20605\n"
				"[one]\nstore = memory\ncomment = first\n"
				"[two]\nstore = memory\n",
				NULL);
	}
	return f->server;
}

static void drain(struct rpc *rpc)
{
	while (rpc_peek(rpc).len > 0) {
		rpc_consume(rpc, rpc_peek(rpc).len);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	bool wkssvc = size > 0 && data[0] == 'W';
	struct rpc *rpc = rpc_new(NULL, wkssvc ? &pipe_wkssvc : &pipe_srvsvc,
				  server_of_test(), NULL);
	size_t half = size / 2;

	if (wkssvc) {
		data++;
		size--;
		half = size / 2;
	}
	if (rpc_input(rpc, wire_slice(data, half)) &&
	    rpc_input(rpc, wire_slice(data + half, size - half))) {
		drain(rpc);
	}
	talloc_free(rpc);
	return 0;
}
