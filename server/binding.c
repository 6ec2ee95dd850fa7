/* SPDX-License-Identifier: GPL-3.0-or-later */

#include "server/binding.h"

/* Where SESSION_SETUP has its flags, behind StructureSize (2.2.5). */
#define FLAGS_OFFSET (SMB2_HEADER_SIZE + 2)

struct session *binding_session(const struct request *r)
{
	struct session *session = NULL;

	if (r->header.command != SMB2_SESSION_SETUP ||
	    r->pdu.len <= FLAGS_OFFSET ||
	    (r->pdu.data[FLAGS_OFFSET] & SMB2_SESSION_FLAG_BINDING) == 0) {
		return NULL;
	}
	session = idtable_find(r->conn->server->sessions, r->session_id);
	return session == NULL || session->state == SESSION_ENDED ? NULL
								  : session;
}

/* --- rules -----------------------------------------------------------------
 */

static bool uses_gmac(uint16_t algorithm)
{
	return algorithm == SMB2_SIGNING_AES_GMAC;
}

/* A message id names a nonce of AES-GMAC, so Windows lets none of it change.
 */
static bool gmac_there_only(const struct request *r, const struct session *s)
{
	return uses_gmac(s->signing_algorithm) &&
	       !uses_gmac(r->conn->agreed.signing_algorithm);
}

static bool gmac_here_only(const struct request *r, const struct session *s)
{
	return uses_gmac(r->conn->agreed.signing_algorithm) &&
	       !uses_gmac(s->signing_algorithm);
}

static bool dialect_has_none(const struct request *r, const struct session *s)
{
	(void)s;
	return r->conn->agreed.dialect < SMB2_DIALECT_300;
}

static bool switched_off(const struct request *r, const struct session *s)
{
	(void)s;
	return !config_bool(r->conn->server->config, NULL,
			    CONFIG_MULTI_CHANNEL);
}

static bool other_dialect(const struct request *r, const struct session *s)
{
	return r->conn->agreed.dialect != s->dialect;
}

static bool other_cipher(const struct request *r, const struct session *s)
{
	return r->conn->agreed.cipher != s->cipher;
}

static bool is_in_progress(const struct request *r, const struct session *s)
{
	(void)r;
	return s->state == SESSION_IN_PROGRESS;
}

static bool is_expired(const struct request *r, const struct session *s)
{
	(void)r;
	return s->state == SESSION_EXPIRED;
}

static bool is_nobody(const struct request *r, const struct session *s)
{
	(void)r;
	return s->state == SESSION_VALID && s->kind != AUTH_USER;
}

static bool is_unsigned(const struct request *r, const struct session *s)
{
	(void)s;
	return !r->signed_ok;
}

static bool is_here(const struct request *r, const struct session *s)
{
	(void)s;
	return r->channel != NULL && r->channel->valid;
}

static const struct {
	bool (*broken)(const struct request *r, const struct session *s);
	NTSTATUS status;
} rules[] = {
	{gmac_there_only, NT_STATUS_REQUEST_OUT_OF_SEQUENCE},
	{gmac_here_only, NT_STATUS_NOT_SUPPORTED},
	{dialect_has_none, NT_STATUS_REQUEST_NOT_ACCEPTED},
	{switched_off, NT_STATUS_REQUEST_NOT_ACCEPTED},
	{other_dialect, NT_STATUS_INVALID_PARAMETER},
	{other_cipher, NT_STATUS_INVALID_PARAMETER},
	{is_in_progress, NT_STATUS_REQUEST_NOT_ACCEPTED},
	{is_expired, NT_STATUS_NETWORK_SESSION_EXPIRED},
	{is_nobody, NT_STATUS_NOT_SUPPORTED},
	{is_unsigned, NT_STATUS_INVALID_PARAMETER},
	{is_here, NT_STATUS_REQUEST_NOT_ACCEPTED},
};

NTSTATUS binding_check(const struct request *r, const struct session *session)
{
	for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++) {
		if (rules[i].broken(r, session)) {
			return rules[i].status;
		}
	}
	return NT_STATUS_OK;
}
