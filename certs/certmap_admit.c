/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * certmap_admit.c - may a client with that certificate come in (MS-SMB2
 * 3.3.5.1)? A line in the log and a record for each decision.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <time.h>

#include "certs/access.h"
#include "certs/certmap.h"
#include "certs/client_cert.h"
#include "smbquic/audit.h"
#include "smbquic/tls.h"

#define LOG_MODULE "certmap"
#include "smbquic/log.h"

/* A decision being made. */
struct admission {
	const struct certmap_entry *entry;
	const struct tls_guest *guest;
	struct client_cert *cert; /* NULL: cannot be read */
	uint64_t connection;
	enum audit_result result;
	const char *why; /* the entries that decided, or what went wrong */
};

static const char *const verdicts[] = {
	[AUDIT_ALLOWED] = "allowed",
	[AUDIT_DENIED] = "denied",
	[AUDIT_ERROR] = "cannot be checked",
};

static void say(const struct admission *a)
{
	const struct client_cert *cert = a->cert;
	const char *peer = a->guest->peer == NULL ? "a client" : a->guest->peer;

	if (cert == NULL) {
		log_error("%s: client certificate of %s: %s: %s",
			  a->entry->name, peer, verdicts[a->result], a->why);
		return;
	}
	log_notice("%s: client certificate of %s %s: %s; subject %s, issuer "
		   "%s, serial %s, SHA-1 %s, SHA-256 %s",
		   a->entry->name, peer, verdicts[a->result], a->why,
		   cert->subject, cert->issuer, cert->serial, cert->sha1,
		   cert->sha256);
}

static void record(const struct admission *a)
{
	const struct client_cert *cert = a->cert;
	char connection[24];
	const struct audit_field fields[] = {
		{"connection", connection},
		{"server_name", a->guest->server_name},
		{"mapping", a->entry->name},
		{"entries", a->why},
		{"subject", cert == NULL ? NULL : cert->subject},
		{"issuer", cert == NULL ? NULL : cert->issuer},
		{"serial", cert == NULL ? NULL : cert->serial},
		{"sha1", cert == NULL ? NULL : cert->sha1},
		{"sha256", cert == NULL ? NULL : cert->sha256},
		{NULL, NULL},
	};
	char message[128];

	snprintf(connection, sizeof(connection), "%" PRIu64, a->connection);
	snprintf(message, sizeof(message), "client certificate %s",
		 verdicts[a->result]);
	audit_write("certificate", a->result, a->guest->peer, message, fields);
}

/* By the access list. @return 0, EACCES, EPROTO or ENOMEM; a->why is said then,
 * NULL for ENOMEM. */
static int decide(struct admission *a, TALLOC_CTX *work,
		  const struct tls_identity *identity)
{
	gnutls_x509_trust_list_t trusted = NULL;
	struct access_path *path = NULL;
	char *why = NULL;
	bool allowed = false;

	if (a->entry->skip_client_certificate_access_check) {
		a->why = "without access check";
		return 0;
	}
	gnutls_certificate_get_trust_list(identity->cred, &trusted);
	path = access_path(work, trusted, a->guest->chain, a->guest->count,
			   &why);
	if (path == NULL) {
		a->why = why;
		return why == NULL ? ENOMEM : EPROTO;
	}
	allowed = access_decide(work, a->entry->access, path, &why);
	a->why = why;
	if (why == NULL) {
		return ENOMEM;
	}
	return allowed ? 0 : EACCES;
}

static int judge(struct admission *a, TALLOC_CTX *work,
		 const struct tls_identity *identity)
{
	char *why = NULL;
	int err = 0;

	if (a->guest->count > 0) {
		a->cert = client_cert_new(work, &a->guest->chain[0], &why);
		a->why = why;
	}
	if (a->guest->distrust != NULL) {
		a->why = a->guest->distrust;
		err = EACCES;
	} else if (identity->lists_until != 0 &&
		   identity->lists_until < time(NULL)) {
		a->why = "the revocation list is out of date";
		err = EACCES;
	} else if (a->cert == NULL) {
		err = a->why == NULL ? ENOMEM : EPROTO;
	} else {
		err = decide(a, work, identity);
	}
	a->result = err == 0	    ? AUDIT_ALLOWED
		    : err == EACCES ? AUDIT_DENIED
				    : AUDIT_ERROR;
	a->why = a->why == NULL ? "out of memory" : a->why;
	return err;
}

int certmap_admit(void *private_data, TALLOC_CTX *mem_ctx,
		  struct tls_identity *identity, const struct tls_guest *guest,
		  void **known, char **why)
{
	struct certmap *map =
		talloc_get_type_abort(private_data, struct certmap);
	struct admission a = {
		.entry = certmap_current(map, identity),
		.guest = guest,
		.connection = audit_connection(),
	};
	TALLOC_CTX *work = talloc_new(mem_ctx);
	int err = work == NULL ? ENOMEM : judge(&a, work, identity);

	*why = NULL;
	*known = NULL;
	if (guest->count > 0) { /* else who has the connection says it */
		say(&a);
	}
	record(&a);
	if (err == EACCES) {
		*why = talloc_asprintf(
			mem_ctx,
			"access denied to the client certificate %s: %s",
			a.cert == NULL ? "" : a.cert->subject, a.why);
	} else if (err == EPROTO) {
		*why = talloc_strdup(mem_ctx, a.why);
	} else if (err == 0) {
		a.cert->connection = a.connection;
		*known = talloc_steal(mem_ctx, a.cert);
	}
	talloc_free(work);
	return err != 0 && *why == NULL ? ENOMEM : err;
}
