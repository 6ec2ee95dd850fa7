/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * RPC packets into srvsvc, or behind 'W' into wkssvc, behind 'L' into lsarpc,
 * in two pieces.
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
	const struct rpc_interface *iface = &pipe_srvsvc;
	struct server *server = server_of_test();
	struct rpc *rpc = NULL;
	size_t half = 0;

	if (size > 0 && (data[0] == 'W' || data[0] == 'L')) {
		iface = data[0] == 'W' ? &pipe_wkssvc : &pipe_lsarpc;
		data++;
		size--;
	}
	half = size / 2;
	rpc = rpc_new(NULL, iface, server, NULL);
	if (rpc_input(rpc, wire_slice(data, half)) &&
	    rpc_input(rpc, wire_slice(data + half, size - half))) {
		while (rpc_busy(rpc)) {
			tevent_loop_once(server->ev);
		}
		drain(rpc);
	}
	talloc_free(rpc);
	return 0;
}
