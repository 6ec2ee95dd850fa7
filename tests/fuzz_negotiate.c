/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a stranger may say to negotiate, to either side. The first byte chooses
 * the side and the policy, the rest is the message.
 */
#include <stdlib.h>

#include "negotiate/negotiate.h"
#include "smbquic/smb2_pdu.h"

enum { TO_SERVER, TO_CLIENT, SMB1_TO_SERVER, VALIDATE, SIDES };

static const uint8_t salt[NEGOTIATE_SALT_SIZE];

static struct negotiate_policy policy(unsigned bits)
{
	struct negotiate_policy p = {0};

	negotiate_policy_defaults(&p);
	p.capabilities = 0xFF;
	p.min_dialect = SMB2_DIALECT_202;
	p.quic = (bits & 1) != 0;
	p.secure_transport = (bits & 2) != 0;
	p.accept_transport_security = true;
	p.encryption_required = (bits & 4) != 0;
	p.signing.count = (bits & 8) != 0 ? 0 : 3;
	p.ciphers.count = (bits & 16) != 0 ? 0 : 4;
	return p;
}

/* A server's answer to whatever it accepted is well-formed. */
static void answer(const struct negotiate_policy *p,
		   struct negotiate_agreement *a)
{
	struct smb2_header hdr = {.flags = SMB2_FLAGS_SERVER_TO_REDIR};
	struct smb2_negotiate_response rsp = {0};
	struct wire_writer w = wire_writer_talloc(NULL);
	struct wire_slice token = wire_slice("token", 5);

	w.mem_ctx = talloc_new(NULL);
	if (!smb2_header_encode(&w, &hdr) ||
	    !negotiate_build_response(p, a, 0, salt, token, &w) ||
	    !smb2_negotiate_response_decode(w.buf, w.len, &rsp) ||
	    rsp.dialect != a->dialect) {
		abort();
	}
	talloc_free(w.mem_ctx);
}

static void to_server(const struct negotiate_policy *p, struct wire_slice in)
{
	struct negotiate_agreement a = {0};
	NTSTATUS status = negotiate_judge_request(p, in, &a);

	if (NT_STATUS_IS_OK(status)) {
		if (p->quic && a.dialect != SMB2_DIALECT_311) {
			abort();
		}
		answer(p, &a);
	} else if (a.why == NULL) {
		abort();
	}
}

static void to_client(const struct negotiate_policy *p, struct wire_slice in)
{
	struct negotiate_agreement a = {0};
	NTSTATUS status = negotiate_judge_response(p, in, in, &a);

	if (!NT_STATUS_IS_OK(status)) {
		return;
	}
	if ((p->encryption_required && a.cipher == 0 &&
	     !a.accept_transport_security) ||
	    (a.accept_transport_security && !p->secure_transport) ||
	    (p->signing_required && !a.signing_required)) {
		abort();
	}
}

static void validate(const struct negotiate_policy *p, struct wire_slice in)
{
	struct negotiate_agreement a = {.dialect = SMB2_DIALECT_300};
	uint8_t buf[64] = {0};
	struct wire_writer w = wire_writer_fixed(buf, sizeof(buf));

	(void)negotiate_validate_answer(p, &a, in, sizeof(buf), &w);
	(void)negotiate_validate_check(&a, in);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct negotiate_agreement a = {0};
	struct negotiate_policy p = {0};
	struct wire_slice in = {0};

	if (size == 0) {
		return 0;
	}
	p = policy(data[0] / SIDES);
	in = wire_slice(data + 1, size - 1);
	switch (data[0] % SIDES) {
	case TO_SERVER: to_server(&p, in); break;
	case TO_CLIENT: to_client(&p, in); break;
	case SMB1_TO_SERVER:
		if (NT_STATUS_IS_OK(negotiate_judge_smb1(&p, in, &a))) {
			answer(&p, &a);
		}
		break;
	case VALIDATE: validate(&p, in); break;
	default: break;
	}
	return 0;
}
