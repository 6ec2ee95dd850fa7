/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * testlib.h - what several unit tests need.
 */
#ifndef SMBQUIC_TESTLIB_H
#define SMBQUIC_TESTLIB_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "smbquic/transport.h"

/**
 * Two transports joined in memory: what one writes the other reads. A write
 * ends when its bytes were read at the other end, as QUIC's end with the
 * acknowledgement. Shutting down or freeing one gives the other the end of
 * the stream (shutdown) or ECONNRESET (freed without it).
 *
 * @param facts  of both ends; NULL: an insecure transport named "memory".
 */
/** Memory transports behave as before the end of a handshake:
 *  transport_is_early(). */
extern bool testlib_memory_early;
void testlib_memory_pair(TALLOC_CTX *mem_ctx, struct tevent_context *ev,
			 const struct transport_facts *facts,
			 struct transport *out[2]);

/** Run the loop until the request is done or the seconds are over; the
 *  latter fails the test. */
void testlib_wait(struct tevent_context *ev, struct tevent_req *req,
		  unsigned seconds);

/** Write all bytes and wait; fails the test on an error. */
void testlib_write(struct tevent_context *ev, struct transport *t,
		   const void *data, size_t len);

/** Start writing and do not wait; the bytes are copied and live as long as
 *  the transport. */
void testlib_write_copy(struct tevent_context *ev, struct transport *t,
			const void *data, size_t len);

/** Read exactly len bytes and wait; fails the test on an error. */
void testlib_read(struct tevent_context *ev, struct transport *t, void *data,
		  size_t len);

/** A directory of this test's own below $TMPDIR, removed with mem_ctx. */
char *testlib_tmpdir(TALLOC_CTX *mem_ctx);
/** A folder and all in it. */
void testlib_remove(const char *path);

#endif
