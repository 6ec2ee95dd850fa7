/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A whole negotiation between two policies. Somebody in the middle is a
 * function that changes a message between the two.
 */
#ifndef SMBQUIC_TESTLIB_TALK_H
#define SMBQUIC_TESTLIB_TALK_H

#include "negotiate/negotiate.h"
#include "smbquic/smb2_pdu.h"

#define TALK_NOW 0x01D0AECBADF5A1A1ull

/* Changes a message on its way; the writer holds all of it. */
typedef void (*middle_fn)(struct wire_writer *message);

struct talk {
	struct negotiate_policy client;
	struct negotiate_policy server;
	middle_fn on_request;
	middle_fn on_response;

	struct wire_slice sent_request; /* as the client sent it */
	struct wire_slice sent_response;
	struct wire_slice got_response; /* as the client got it */
	NTSTATUS server_status;
	NTSTATUS client_status;
	struct negotiate_agreement at_server;
	struct negotiate_agreement at_client;
};

/* Defaults on both sides, with GUIDs of their own. */
void talk_init(struct talk *t);

/* Request, judgement, response, judgement. */
void talk(TALLOC_CTX *mem_ctx, struct talk *t);

/* Both ends are content. */
void talk_assert_agreed(const struct talk *t);

/* A message as crypto.h wants it. */
struct iovec talk_iov(struct wire_slice s);

#endif
