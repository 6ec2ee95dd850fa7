/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * tls_judge.c - is this the server that was asked for? And if not, why, in
 * words that help.
 */
#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <stdint.h>
#include <string.h>
#include <time.h>
#include <gnutls/x509.h>

#include "smbquic/tls_private.h"

#define LOG_MODULE "tls"
#include "smbquic/log.h"

/* An alert that GnuTLS has no name for (RFC 6066 8). */
#define BAD_STATUS_RESPONSE 113

#define CHAIN_MAX  16
#define NAMES_MAX  20 /* names of a certificate that are shown */
#define NAME_SIZE  256
#define SHA256_HEX 64
#define SHA1_HEX   40

/* One judgement being made. */
struct trial {
	TALLOC_CTX *mem_ctx;
	const struct tls_client_policy *policy;
	const char *server_name;
	unsigned port;
	gnutls_x509_crt_t chain[CHAIN_MAX];
	unsigned count;
	const gnutls_datum_t *staple;
	struct tls_judgement *out;
};

static const struct tls_words of_command_line = {
	.ca = "--ca=FILE",
	.pin = "--pin=sha256:",
	.tofu = "--trust=tofu",
};
static const struct tls_words *words = &of_command_line;

void tls_set_words(const struct tls_words *others)
{
	words = others;
}

/* --- describing a certificate -------------------------------------------- */

static char *add_name(char *names, const char *kind, const char *name)
{
	return talloc_asprintf_append(names, "%s%s%s",
				      names[0] == '\0' ? "" : ", ", kind, name);
}

static char *add_san(char *names, unsigned type, const uint8_t *data,
		     size_t len)
{
	char text[INET6_ADDRSTRLEN] = "?";

	if (type == GNUTLS_SAN_DNSNAME) {
		return add_name(names, "", (const char *)data);
	}
	if (type == GNUTLS_SAN_IPADDRESS) {
		inet_ntop(len == 4 ? AF_INET : AF_INET6, data, text,
			  sizeof(text));
		return add_name(names, "IP ", text);
	}
	return names;
}

/* All names that the certificate is good for; its CN when it has no others. */
static char *names_of(TALLOC_CTX *mem_ctx, gnutls_x509_crt_t cert)
{
	char *names = talloc_strdup(mem_ctx, "");
	uint8_t san[NAME_SIZE + 1] = {0};
	size_t len = 0;
	unsigned i = 0;
	int type = 0;

	for (i = 0; names != NULL && i < NAMES_MAX; i++) {
		memset(san, 0, sizeof(san));
		len = NAME_SIZE;
		type = gnutls_x509_crt_get_subject_alt_name(cert, i, san, &len,
							    NULL);
		if (type == GNUTLS_E_REQUESTED_DATA_NOT_AVAILABLE) {
			break;
		}
		if (type >= 0) {
			names = add_san(names, (unsigned)type, san, len);
		}
	}
	if (names == NULL || names[0] != '\0') {
		return names;
	}
	len = NAME_SIZE;
	memset(san, 0, sizeof(san));
	if (gnutls_x509_crt_get_dn_by_oid(cert, GNUTLS_OID_X520_COMMON_NAME, 0,
					  0, san, &len) == 0) {
		return add_name(names, "CN ", (const char *)san);
	}
	return add_name(names, "", "nobody");
}

static char *date_of(TALLOC_CTX *mem_ctx, time_t when)
{
	struct tm tm;
	char text[32] = "?";

	if (gmtime_r(&when, &tm) != NULL) {
		strftime(text, sizeof(text), "%Y-%m-%d %H:%M UTC", &tm);
	}
	return talloc_strdup(mem_ctx, text);
}

static char *describe(struct trial *t)
{
	gnutls_x509_crt_t leaf = t->chain[0];
	time_t from = gnutls_x509_crt_get_activation_time(leaf);
	time_t to = gnutls_x509_crt_get_expiration_time(leaf);
	time_t now = time(NULL);
	TALLOC_CTX *tmp = talloc_new(t->mem_ctx);
	char *text = talloc_asprintf(
		t->mem_ctx,
		"Asked for: %s. The certificate is for: %s; valid from %s to "
		"%s%s%s; SHA-1 %s, SHA-256 %s.",
		t->server_name, names_of(tmp, leaf), date_of(tmp, from),
		date_of(tmp, to),
		now < from || now > to ? ", and by the clock here it is " : "",
		now < from || now > to ? date_of(tmp, now) : "", t->out->sha1,
		t->out->sha256);

	talloc_free(tmp);
	return text;
}

/* --- verdicts ------------------------------------------------------------ */

static void accept_it(struct trial *t, bool verified, const char *how)
{
	t->out->accepted = true;
	t->out->verified = verified;
	t->out->how = how;
}

/* @param way_on  what the user can do; NULL: the usual. */
static void refuse(struct trial *t, unsigned alert, const char *reason,
		   const char *way_on)
{
	char *usual = NULL;
	char *what = describe(t);

	if (way_on == NULL) {
		usual = talloc_asprintf(
			t->mem_ctx,
			"To go on, name the CA that issued it with %s; "
			"or compare the SHA-256 with the server's and give "
			"%s%s; or trust what is seen first with %s.",
			words->ca, words->pin, t->out->sha256, words->tofu);
		way_on = usual;
	}
	t->out->accepted = false;
	t->out->alert = alert;
	t->out->why_not = talloc_asprintf(
		t->mem_ctx,
		"the server's certificate is not accepted: %s. %s "
		"%s",
		reason, what, way_on);
	talloc_free(what);
	talloc_free(usual);
}

/* --- by chain and name --------------------------------------------------- */

static unsigned status_alert(unsigned status)
{
	if (status & GNUTLS_CERT_REVOKED) {
		return GNUTLS_A_CERTIFICATE_REVOKED;
	}
	if (status & (GNUTLS_CERT_SIGNER_NOT_FOUND | GNUTLS_CERT_SIGNER_NOT_CA |
		      GNUTLS_CERT_SIGNER_CONSTRAINTS_FAILURE)) {
		return GNUTLS_A_UNKNOWN_CA;
	}
	if (status & (GNUTLS_CERT_EXPIRED | GNUTLS_CERT_NOT_ACTIVATED)) {
		return GNUTLS_A_CERTIFICATE_EXPIRED;
	}
	return GNUTLS_A_BAD_CERTIFICATE;
}

static const struct {
	unsigned bit;
	const char *text;
} status_texts[] = {
	{GNUTLS_CERT_REVOKED, "it was revoked"},
	{GNUTLS_CERT_SIGNER_NOT_FOUND, "its issuer is not known here"},
	{GNUTLS_CERT_SIGNER_NOT_CA, "its issuer is not a CA"},
	{GNUTLS_CERT_SIGNER_CONSTRAINTS_FAILURE,
	 "its issuer may not issue certificates for this name"},
	{GNUTLS_CERT_EXPIRED, "it has expired"},
	{GNUTLS_CERT_NOT_ACTIVATED, "it is not valid yet"},
	{GNUTLS_CERT_UNEXPECTED_OWNER, "it is for another name"},
	{GNUTLS_CERT_PURPOSE_MISMATCH, "it is not for servers"},
	{GNUTLS_CERT_INSECURE_ALGORITHM, "it uses a weak algorithm"},
	{GNUTLS_CERT_SIGNATURE_FAILURE, "its signature is wrong"},
	{GNUTLS_CERT_REVOCATION_DATA_SUPERSEDED,
	 "the revocation list is out of date"},
	{GNUTLS_CERT_REVOCATION_DATA_ISSUED_IN_FUTURE,
	 "the revocation list is of the future"},
};

static char *status_text(TALLOC_CTX *mem_ctx, unsigned status)
{
	char *text = talloc_strdup(mem_ctx, "");
	size_t i = 0;

	for (i = 0; i < sizeof(status_texts) / sizeof(status_texts[0]); i++) {
		if (text != NULL && (status & status_texts[i].bit)) {
			text = add_name(text, "", status_texts[i].text);
		}
	}
	if (text != NULL && text[0] == '\0') {
		return add_name(text, "", "it is not valid");
	}
	return text;
}

static size_t literal_address(const char *name, uint8_t address[16])
{
	if (inet_pton(AF_INET, name, address) == 1) {
		return 4;
	}
	return inet_pton(AF_INET6, name, address) == 1 ? 16 : 0;
}

static unsigned verify(struct trial *t, gnutls_x509_trust_list_t trusted)
{
	uint8_t address[16];
	size_t len = literal_address(t->server_name, address);
	unsigned status = GNUTLS_CERT_INVALID;
	gnutls_typed_vdata_st wanted[2] = {
		{.type = GNUTLS_DT_DNS_HOSTNAME,
		 .data = (unsigned char *)(uintptr_t)t->server_name},
		{.type = GNUTLS_DT_KEY_PURPOSE_OID,
		 .data = (unsigned char *)(uintptr_t)GNUTLS_KP_TLS_WWW_SERVER},
	};

	if (len != 0) {
		wanted[0] = (gnutls_typed_vdata_st){
			.type = GNUTLS_DT_IP_ADDRESS,
			.data = address,
			.size = (unsigned)len,
		};
	}
	if (gnutls_x509_trust_list_verify_crt2(trusted, t->chain, t->count,
					       wanted, 2, 0, &status,
					       NULL) != 0) {
		return GNUTLS_CERT_INVALID;
	}
	return status;
}

/* Another CA helps only where the CA is the trouble; NULL: the usual. */
static char *way_on_from(struct trial *t, unsigned status)
{
	const char *first = "Tell who runs the server";

	if (status & (GNUTLS_CERT_SIGNER_NOT_FOUND | GNUTLS_CERT_SIGNER_NOT_CA |
		      GNUTLS_CERT_SIGNATURE_FAILURE)) {
		return NULL;
	}
	if (status & GNUTLS_CERT_UNEXPECTED_OWNER) {
		first = words->other_name != NULL
				? words->other_name
				: "Ask for a name that it is for";
	}
	return talloc_asprintf(t->mem_ctx,
			       "%s; to go on all the same, compare the SHA-256 "
			       "with the server's and give %s%s.",
			       first, words->pin, t->out->sha256);
}

/* @return false: there was a list to look at, and it is unfit. */
static bool add_lists(struct trial *t, gnutls_x509_trust_list_t trusted)
{
	const char *file = t->policy->crl_file;
	char *reason = NULL;
	time_t until = 0;

	if (file == NULL) {
		return true;
	}
	if (tls_lists_until(file, &until) < 0 ||
	    gnutls_x509_trust_list_add_trust_file(
		    trusted, NULL, file, GNUTLS_X509_FMT_PEM, 0, 0) <= 0) {
		reason = talloc_asprintf(
			t->mem_ctx, "there is no revocation list in %s", file);
	} else if (until == 0 || until >= time(NULL)) {
		return true;
	} else {
		reason = talloc_asprintf(
			t->mem_ctx, "the revocation list in %s is out of date",
			file);
	}
	refuse(t, GNUTLS_A_BAD_CERTIFICATE,
	       reason != NULL ? reason : "out of memory", NULL);
	talloc_free(reason);
	return false;
}

/* The CA's own words of today. */
static void judge_now(struct trial *t, gnutls_x509_trust_list_t trusted,
		      const char *how)
{
	const char *against = tls_staple_judge(trusted, t->chain, t->count,
					       t->staple, time(NULL));

	if (against == NULL) {
		accept_it(t, true, how);
		return;
	}
	refuse(t,
	       strcmp(against, TLS_STAPLE_REVOKED) == 0
		       ? GNUTLS_A_CERTIFICATE_REVOKED
		       : BAD_STATUS_RESPONSE,
	       against, "Tell who runs the server.");
}

static void judge_chain(struct trial *t, gnutls_x509_trust_list_t trusted,
			const char *how)
{
	unsigned status = 0;
	char *text = NULL;
	char *way_on = NULL;

	if (!add_lists(t, trusted)) {
		return;
	}
	status = verify(t, trusted);
	if (status == 0) {
		judge_now(t, trusted, how);
		return;
	}
	text = status_text(t->mem_ctx, status);
	way_on = way_on_from(t, status);
	refuse(t, status_alert(status), text != NULL ? text : "out of memory",
	       way_on);
	talloc_free(way_on);
	talloc_free(text);
}

static void judge_system(struct trial *t)
{
	gnutls_x509_trust_list_t trusted;

	if (gnutls_x509_trust_list_init(&trusted, 0) != 0) {
		return;
	}
	gnutls_x509_trust_list_add_system_trust(trusted, 0, 0);
	judge_chain(t, trusted, "chain to the system's CAs and name verified");
	gnutls_x509_trust_list_deinit(trusted, 1);
}

static void judge_ca(struct trial *t)
{
	const char *file = t->policy->ca_file;
	gnutls_x509_trust_list_t trusted;
	char *reason = NULL;

	if (gnutls_x509_trust_list_init(&trusted, 0) != 0) {
		return;
	}
	if (file == NULL ||
	    gnutls_x509_trust_list_add_trust_file(
		    trusted, file, NULL, GNUTLS_X509_FMT_PEM, 0, 0) <= 0) {
		reason = talloc_asprintf(t->mem_ctx,
					 "there is no CA certificate in %s",
					 file != NULL ? file : "(no file)");
		refuse(t, GNUTLS_A_UNKNOWN_CA, reason, NULL);
		talloc_free(reason);
	} else {
		judge_chain(t, trusted,
			    "chain to the given CA and name verified");
	}
	gnutls_x509_trust_list_deinit(trusted, 1);
}

/* --- by the certificate itself ------------------------------------------- */

/* The digits of a SHA-256 or a SHA-1. @return false: it is neither. */
static bool normalise_pin(const char *pin, char out[SHA256_HEX + 1])
{
	size_t want = 0;
	size_t n = 0;

	if (pin == NULL) {
		return false;
	}
	if (strncasecmp(pin, "sha256:", 7) == 0) {
		want = SHA256_HEX;
		pin += 7;
	} else if (strncasecmp(pin, "sha1:", 5) == 0) {
		want = SHA1_HEX;
		pin += 5;
	}
	for (; *pin != '\0'; pin++) {
		if (*pin == ':') {
			continue;
		}
		if (!isxdigit((unsigned char)*pin) || n == SHA256_HEX) {
			return false;
		}
		out[n++] = (char)tolower((unsigned char)*pin);
	}
	out[n] = '\0';
	return (n == SHA256_HEX || n == SHA1_HEX) && (want == 0 || n == want);
}

bool tls_pin_valid(const char *pin)
{
	char hex[SHA256_HEX + 1];

	return normalise_pin(pin, hex);
}

static void judge_pin(struct trial *t)
{
	char pin[SHA256_HEX + 1];
	const char *have = t->out->sha256;
	bool is_sha1 = false;

	if (!normalise_pin(t->policy->pin, pin)) {
		refuse(t, GNUTLS_A_BAD_CERTIFICATE,
		       "the pin is neither a SHA-256 of 64 hexadecimal digits "
		       "nor a SHA-1 of 40",
		       NULL);
		return;
	}
	is_sha1 = strlen(pin) == SHA1_HEX;
	if (is_sha1) {
		have = t->out->sha1;
	}
	if (strcmp(pin, have) != 0) {
		refuse(t, GNUTLS_A_BAD_CERTIFICATE,
		       "it is not the one that was pinned", NULL);
		return;
	}
	if (is_sha1) {
		log_warn("the certificate is pinned by its SHA-1, and SHA-1 is "
			 "broken: pin sha256:%s",
			 t->out->sha256);
	}
	accept_it(t, true, is_sha1 ? "pinned SHA-1" : "pinned SHA-256");
}

static void refuse_changed(struct trial *t, const char *old)
{
	const char *file = t->policy->known_hosts;
	char *reason = talloc_asprintf(
		t->mem_ctx,
		"IT HAS CHANGED since this server was first seen (then sha256:"
		"%s): the server has a new certificate, or somebody is in "
		"between",
		old);
	char *way_on = talloc_asprintf(
		t->mem_ctx,
		"If you know that it is new, remove the line of %s, port %u, "
		"from %s and connect again.",
		t->server_name, t->port, file);

	refuse(t, GNUTLS_A_BAD_CERTIFICATE, reason, way_on);
	talloc_free(reason);
	talloc_free(way_on);
}

static void refuse_unreadable(struct trial *t, int err)
{
	char *reason = talloc_asprintf(
		t->mem_ctx, "the file of known servers, %s, cannot be used: %s",
		t->policy->known_hosts, strerror(err));

	refuse(t, GNUTLS_A_BAD_CERTIFICATE, reason, NULL);
	talloc_free(reason);
}

static void judge_tofu(struct trial *t)
{
	char *old = NULL;

	if (t->policy->known_hosts == NULL) {
		refuse(t, GNUTLS_A_BAD_CERTIFICATE,
		       "there is no file of known servers to look it up in",
		       NULL);
		return;
	}
	switch (tls_known_host(t->mem_ctx, t->policy->known_hosts,
			       t->server_name, t->port, t->out->sha256, &old)) {
	case KNOWN_HOST_SAME:
		accept_it(t, true, "the certificate seen before");
		break;
	case KNOWN_HOST_ADDED:
		accept_it(t, true, "seen for the first time, remembered");
		break;
	case KNOWN_HOST_CHANGED: refuse_changed(t, old); break;
	case KNOWN_HOST_ERROR: refuse_unreadable(t, errno); break;
	}
	talloc_free(old);
}

static void judge_none(struct trial *t)
{
	accept_it(t, false, "not verified");
}

/* --- the judge ----------------------------------------------------------- */

static void (*const judges[])(struct trial *t) = {
	[TLS_TRUST_SYSTEM] = judge_system, [TLS_TRUST_CA] = judge_ca,
	[TLS_TRUST_PIN] = judge_pin,	   [TLS_TRUST_TOFU] = judge_tofu,
	[TLS_TRUST_NONE] = judge_none,
};

static bool import_chain(struct trial *t, const gnutls_datum_t *chain,
			 unsigned count)
{
	for (t->count = 0; t->count < count && t->count < CHAIN_MAX;
	     t->count++) {
		gnutls_x509_crt_t *cert = &t->chain[t->count];

		if (gnutls_x509_crt_init(cert) != 0) {
			return false;
		}
		if (gnutls_x509_crt_import(*cert, &chain[t->count],
					   GNUTLS_X509_FMT_DER) != 0) {
			gnutls_x509_crt_deinit(*cert);
			break;
		}
	}
	return t->count > 0;
}

static bool introduce(struct trial *t, const gnutls_datum_t *leaf)
{
	gnutls_datum_t subject = {0};

	if (gnutls_x509_crt_get_dn3(t->chain[0], &subject, 0) == 0) {
		t->out->subject = talloc_strndup(
			t->mem_ctx, (const char *)subject.data, subject.size);
		gnutls_free(subject.data);
	}
	t->out->sha1 = tls_sha1_hex(t->mem_ctx, leaf);
	t->out->sha256 = tls_sha256_hex(t->mem_ctx, leaf);
	t->out->end_point = tls_end_point_hex(t->mem_ctx, t->chain[0]);
	return t->out->sha1 != NULL && t->out->sha256 != NULL &&
	       t->out->end_point != NULL;
}

bool tls_judge(TALLOC_CTX *mem_ctx, const struct tls_client_policy *policy,
	       const char *server_name, unsigned port,
	       const gnutls_datum_t *chain, unsigned count,
	       const gnutls_datum_t *staple, struct tls_judgement *out)
{
	struct trial t = {.mem_ctx = mem_ctx,
			  .staple = staple,
			  .policy = policy,
			  .server_name = server_name,
			  .port = port,
			  .out = out};
	bool ok = false;
	unsigned i = 0;

	*out = (struct tls_judgement){.alert = GNUTLS_A_INTERNAL_ERROR};
	if (import_chain(&t, chain, count)) {
		ok = introduce(&t, &chain[0]);
	} else {
		out->alert = GNUTLS_A_BAD_CERTIFICATE;
		out->why_not = talloc_strdup(
			mem_ctx, "the server sent no certificate that can be "
				 "read");
		ok = out->why_not != NULL;
	}
	if (ok && t.count > 0) {
		judges[policy->trust](&t);
		ok = out->accepted || out->why_not != NULL;
	}
	for (i = 0; i < t.count; i++) {
		gnutls_x509_crt_deinit(t.chain[i]);
	}
	return ok;
}
