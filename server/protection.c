/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "server/protection.h"

#include "smbquic/smb2.h"

/* --- the decisions -------------------------------------------------------- */

/* 3.3.5.5.3: nobody is given one who gave no name, or another's. */
static bool has_key(enum auth_kind kind)
{
	return kind == AUTH_USER;
}

/* What the connection carries can be encrypted, by SMB ... */
static bool can_seal(const struct conn *conn, enum auth_kind kind)
{
	return conn->agreed.cipher != 0 && has_key(kind);
}

/* ... or by anything that counts. */
static bool can_encrypt(const struct conn *conn, enum auth_kind kind)
{
	return can_seal(conn, kind) || conn->agreed.accept_transport_security;
}

static bool rejects(const struct conn *conn)
{
	return config_bool(conn->server->config, NULL,
			   CONFIG_REJECT_UNENCRYPTED);
}

static enum config_encrypt of_server(const struct conn *conn)
{
	return (enum config_encrypt)config_int(conn->server->config, NULL,
					       CONFIG_SMB_ENCRYPT);
}

const char *protection_forbids_logon(const struct conn *conn,
				     const struct user *user,
				     enum auth_kind kind)
{
	/* Who gives no name hears by the session's flag that it will not do
	 * (3.3.5.5.3). */
	if (can_encrypt(conn, kind == AUTH_ANONYMOUS ? AUTH_USER : kind) ||
	    !rejects(conn)) {
		return NULL;
	}
	if (of_server(conn) == CONFIG_ENCRYPT_REQUIRED) {
		return "server smb encrypt";
	}
	return user != NULL && user->must_encrypt ? "server smb encrypt users"
						  : NULL;
}

/* Who cannot, and is here all the same, was let in without. */
bool protection_of_session(const struct conn *conn,
			   const struct session *session)
{
	enum config_encrypt level = of_server(conn);

	if (level == CONFIG_ENCRYPT_REQUIRED || session->user->must_encrypt) {
		return can_encrypt(conn, session->kind) || rejects(conn);
	}
	return level == CONFIG_ENCRYPT_DESIRED && can_seal(conn, session->kind);
}

bool protection_forbids_share(const struct conn *conn,
			      const struct session *session,
			      const struct share *share)
{
	return share->encrypt == CONFIG_ENCRYPT_REQUIRED &&
	       !can_encrypt(conn, session->kind) && rejects(conn);
}

bool protection_of_share(const struct conn *conn, const struct session *session,
			 const struct share *share)
{
	if (share->encrypt == CONFIG_ENCRYPT_REQUIRED) {
		return can_encrypt(conn, session->kind) || rejects(conn);
	}
	return share->encrypt == CONFIG_ENCRYPT_DESIRED &&
	       can_seal(conn, session->kind);
}

/* --- in words ------------------------------------------------------------- */

struct number_name {
	uint16_t number;
	const char *name;
};

static const struct number_name dialects[] = {
	{SMB2_DIALECT_202, "SMB2_02"}, {SMB2_DIALECT_210, "SMB2_10"},
	{SMB2_DIALECT_300, "SMB3_00"}, {SMB2_DIALECT_302, "SMB3_02"},
	{SMB2_DIALECT_311, "SMB3_11"}, {0, NULL},
};

static const struct number_name ciphers[] = {
	{SMB2_CIPHER_AES128_CCM, "AES-128-CCM"},
	{SMB2_CIPHER_AES128_GCM, "AES-128-GCM"},
	{SMB2_CIPHER_AES256_CCM, "AES-256-CCM"},
	{SMB2_CIPHER_AES256_GCM, "AES-256-GCM"},
	{0, NULL},
};

static const struct number_name signings[] = {
	{SMB2_SIGNING_HMAC_SHA256, "HMAC-SHA256"},
	{SMB2_SIGNING_AES_CMAC, "AES-128-CMAC"},
	{SMB2_SIGNING_AES_GMAC, "AES-128-GMAC"},
	{0, NULL},
};

static const char *name_of(const struct number_name *table, uint16_t number)
{
	for (; table->name != NULL; table++) {
		if (table->number == number) {
			return table->name;
		}
	}
	return "-";
}

const char *protection_dialect(uint16_t dialect)
{
	return name_of(dialects, dialect);
}

const char *protection_cipher(uint16_t cipher)
{
	return name_of(ciphers, cipher);
}

const char *protection_signing(uint16_t algorithm)
{
	return name_of(signings, algorithm);
}

char *protection_text(TALLOC_CTX *mem_ctx, const struct conn *conn,
		      const struct session *session, const struct tree *tree,
		      bool sealed)
{
	bool counts = conn->agreed.accept_transport_security;
	bool must = conn_must_seal(conn, session) ||
		    (tree != NULL && tree->encrypt_data && !counts);
	bool is_signed = session->signing_required && session->keys != NULL;

	if (must || sealed) {
		return talloc_asprintf(mem_ctx, "sealed with %s",
				       protection_cipher(session->cipher));
	}
	if (!conn->facts->secure && !is_signed) {
		return talloc_strdup(mem_ctx,
				     tree == NULL ? "protected as the client "
						    "likes"
						  : "not protected");
	}
	return talloc_asprintf(
		mem_ctx, "%s%s%s%s%s",
		conn->facts->secure ? "encrypted by " : "",
		conn->facts->secure ? conn->facts->backend : "",
		conn->facts->secure && is_signed ? ", " : "",
		is_signed ? "signed with " : "",
		is_signed ? protection_signing(session->signing_algorithm)
			  : "");
}
