/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "tests/testlib_talk.h"

void talk_init(struct talk *t)
{
	*t = (struct talk){.server_status = NT_STATUS_OK};
	negotiate_policy_defaults(&t->client);
	negotiate_policy_defaults(&t->server);
	memset(t->client.guid, 'C', NEGOTIATE_GUID_SIZE);
	memset(t->server.guid, 'S', NEGOTIATE_GUID_SIZE);
	t->client.server_name = "filesrv.example.org";
}

struct iovec talk_iov(struct wire_slice s)
{
	struct iovec iov = {.iov_base = (void *)(uintptr_t)s.data,
			    .iov_len = s.len};

	return iov;
}

/* What the other end gets. */
static struct wire_slice pass(TALLOC_CTX *mem_ctx, struct wire_slice m,
			      middle_fn middle)
{
	struct wire_writer w = wire_writer_talloc(mem_ctx);

	wire_put_slice(&w, m);
	if (middle != NULL) {
		middle(&w);
	}
	assert_true(wire_writer_ok(&w));
	return wire_writer_slice(&w);
}

static void server_side(TALLOC_CTX *mem_ctx, struct talk *t,
			struct wire_slice request)
{
	static const uint8_t salt[NEGOTIATE_SALT_SIZE] = {2};
	struct smb2_header hdr = {
		.command = SMB2_NEGOTIATE,
		.flags = SMB2_FLAGS_SERVER_TO_REDIR,
		.credits = 1,
	};
	struct wire_writer w = wire_writer_talloc(mem_ctx);
	struct smb2_error_response error = {0};
	struct iovec iov = {0};

	t->server_status =
		negotiate_judge_request(&t->server, request, &t->at_server);
	hdr.status = t->server_status;
	smb2_header_encode(&w, &hdr);
	if (NT_STATUS_IS_OK(t->server_status)) {
		assert_null(t->at_server.why);
		assert_true(negotiate_build_response(
			&t->server, &t->at_server, TALK_NOW, salt,
			wire_slice("token", 5), &w));
	} else {
		assert_non_null(t->at_server.why);
		assert_true(smb2_error_response_encode(&w, &error));
	}
	t->sent_response = wire_writer_slice(&w);
	iov = talk_iov(t->sent_response);
	assert_true(negotiate_hash(&t->at_server, &iov, 1));
}

void talk(TALLOC_CTX *mem_ctx, struct talk *t)
{
	static const uint8_t salt[NEGOTIATE_SALT_SIZE] = {1};
	struct smb2_header hdr = {.command = SMB2_NEGOTIATE, .credits = 1};
	struct wire_writer w = wire_writer_talloc(mem_ctx);

	smb2_header_encode(&w, &hdr);
	assert_true(negotiate_build_request(&t->client, salt, &w));
	t->sent_request = wire_writer_slice(&w);
	server_side(mem_ctx, t, pass(mem_ctx, t->sent_request, t->on_request));
	t->got_response = pass(mem_ctx, t->sent_response, t->on_response);
	t->client_status = negotiate_judge_response(
		&t->client, t->sent_request, t->got_response, &t->at_client);
	assert_int_equal(t->at_client.why == NULL,
			 NT_STATUS_IS_OK(t->client_status));
}

void talk_assert_agreed(const struct talk *t)
{
	assert_int_equal(t->server_status, NT_STATUS_OK);
	assert_int_equal(t->client_status, NT_STATUS_OK);
}
