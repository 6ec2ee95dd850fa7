/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * certmap_entry.c - one mapping: its members as text and back, and whether
 * they make sense.
 */
#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "certs/access.h"
#include "certs/cert.h"
#include "certs/certmap.h"
#include "smbquic/ini.h"
#include "smbquic/tls.h"

/* --- the table of members ----------------------------------------------- */

#define MEMBER(name) offsetof(struct certmap_entry, name)
#define BOTH	     (CERTMAP_SERVER | CERTMAP_CLIENT)

/* clang-format off */
const struct certmap_field certmap_fields[] = {
	{"certificate", "Certificate", CERTMAP_TEXT, MEMBER(certificate), BOTH},
	{"key", "Key", CERTMAP_TEXT, MEMBER(key), BOTH},
	{"store name", "StoreName", CERTMAP_TEXT, MEMBER(store_name), BOTH},
	{"thumbprint", "Thumbprint", CERTMAP_TEXT, MEMBER(thumbprint), BOTH},
	{"subject", "Subject", CERTMAP_TEXT, MEMBER(subject), BOTH},
	{"issuer name", "IssuerName", CERTMAP_TEXT, MEMBER(issuer_name),
	 CERTMAP_CLIENT},
	{"display name", "DisplayName", CERTMAP_TEXT, MEMBER(display_name),
	 BOTH},
	{"type", "Type", CERTMAP_TEXT, MEMBER(type), BOTH},
	{"flags", "Flags", CERTMAP_FLAGS, MEMBER(flags), BOTH},
	{"require client authentication", "RequireClientAuthentication",
	 CERTMAP_BOOL, MEMBER(require_client_authentication), CERTMAP_SERVER},
	{"skip client certificate access check",
	 "SkipClientCertificateAccessCheck",
	 CERTMAP_BOOL, MEMBER(skip_client_certificate_access_check),
	 CERTMAP_SERVER},
	{"client ca", "ClientCa", CERTMAP_TEXT, MEMBER(client_ca),
	 CERTMAP_SERVER},
	{"client crl", "ClientCrl", CERTMAP_TEXT, MEMBER(client_crl),
	 CERTMAP_SERVER},
	{"ocsp response", "OcspResponse", CERTMAP_TEXT, MEMBER(ocsp_response),
	 CERTMAP_SERVER},
	{"default mapping", "DefaultMapping", CERTMAP_BOOL,
	 MEMBER(default_mapping), CERTMAP_SERVER},
	{NULL, NULL, CERTMAP_TEXT, 0, 0},
};
/* clang-format on */

static const struct {
	const char *name;
	unsigned bit;
} flag_names[] = {
	{"AllowNamedPipe", CERTMAP_ALLOW_NAMED_PIPE},
	{"DefaultCert", CERTMAP_DEFAULT_CERT},
};
#define NUM_FLAGS (sizeof(flag_names) / sizeof(flag_names[0]))

static void *member(struct certmap_entry *entry,
		    const struct certmap_field *field)
{
	return (char *)entry + field->offset;
}

static const void *const_member(const struct certmap_entry *entry,
				const struct certmap_field *field)
{
	return (const char *)entry + field->offset;
}

/* --- text --------------------------------------------------------------- */

static char *flags_text(TALLOC_CTX *mem_ctx, unsigned flags)
{
	char *text = talloc_strdup(mem_ctx, "");
	size_t i = 0;

	for (i = 0; i < NUM_FLAGS; i++) {
		if ((flags & flag_names[i].bit) != 0) {
			text = talloc_asprintf_append_buffer(
				text, "%s%s", *text == '\0' ? "" : ", ",
				flag_names[i].name);
		}
	}
	return flags == 0 ? talloc_asprintf_append_buffer(text, "None") : text;
}

char *certmap_field_text(TALLOC_CTX *mem_ctx, const struct certmap_entry *entry,
			 const struct certmap_field *field)
{
	const void *from = const_member(entry, field);
	const char *text = NULL;

	switch (field->type) {
	case CERTMAP_BOOL:
		return talloc_strdup(mem_ctx,
				     *(const bool *)from ? "yes" : "no");
	case CERTMAP_FLAGS: return flags_text(mem_ctx, *(const unsigned *)from);
	case CERTMAP_TEXT: break;
	}
	text = *(const char *const *)from;
	return text == NULL ? NULL : talloc_strdup(mem_ctx, text);
}

static bool parse_flags(TALLOC_CTX *mem_ctx, const char *text, unsigned *out)
{
	char **items = ini_split(mem_ctx, text);
	size_t i = 0;
	size_t n = 0;

	*out = 0;
	for (i = 0; items != NULL && items[i] != NULL; i++) {
		for (n = 0; n < NUM_FLAGS &&
			    strcasecmp(flag_names[n].name, items[i]) != 0;
		     n++) {
		}
		if (n < NUM_FLAGS) {
			*out |= flag_names[n].bit;
		} else if (strcasecmp(items[i], "None") != 0) {
			talloc_free(items);
			return false;
		}
	}
	talloc_free(items);
	return true;
}

/* PowerShell writes $true. */
static bool parse_bool(const char *text, bool *out)
{
	return ini_bool(text[0] == '$' ? text + 1 : text, out);
}

static bool set_text(TALLOC_CTX *mem_ctx, struct certmap_entry *entry,
		     const struct certmap_field *field, const char *text,
		     char **why)
{
	char *copy = NULL;

	if (field->offset == MEMBER(thumbprint) && text[0] != '\0') {
		copy = cert_thumbprint_parse(mem_ctx, text);
		if (copy == NULL) {
			*why = talloc_asprintf(
				mem_ctx,
				"\"%s\" is no thumbprint: 40 hexadecimal "
				"digits of SHA-1 or 64 of SHA-256 are wanted",
				text);
			return false;
		}
	} else if (text[0] != '\0') {
		copy = talloc_strdup(mem_ctx, text);
	}
	*(const char **)member(entry, field) = copy;
	return true;
}

bool certmap_field_set(TALLOC_CTX *mem_ctx, struct certmap_entry *entry,
		       const struct certmap_field *field, const char *text,
		       char **why)
{
	*why = NULL;
	switch (field->type) {
	case CERTMAP_BOOL:
		if (text[0] == '\0') {
			*(bool *)member(entry, field) = false;
			return true;
		}
		if (parse_bool(text, member(entry, field))) {
			return true;
		}
		*why = talloc_asprintf(mem_ctx,
				       "%s is true or false, not \"%s\"",
				       field->property, text);
		return false;
	case CERTMAP_FLAGS:
		if (parse_flags(mem_ctx, text, member(entry, field))) {
			return true;
		}
		*why = talloc_asprintf(mem_ctx,
				       "%s are None, AllowNamedPipe and "
				       "DefaultCert, not \"%s\"",
				       field->property, text);
		return false;
	case CERTMAP_TEXT: break;
	}
	return set_text(mem_ctx, entry, field, text, why);
}

struct certmap_entry *certmap_entry_copy(TALLOC_CTX *mem_ctx,
					 const struct certmap_entry *entry)
{
	struct certmap_entry *copy = talloc(mem_ctx, struct certmap_entry);
	const struct certmap_field *field = certmap_fields;

	if (copy == NULL) {
		return NULL;
	}
	*copy = *entry;
	copy->name = talloc_strdup(copy, entry->name);
	for (; field->key != NULL; field++) {
		const char **text = NULL;

		if (field->type == CERTMAP_TEXT) {
			text = member(copy, field);
			*text = *text == NULL ? NULL
					      : talloc_strdup(copy, *text);
		}
	}
	copy->access = access_list_copy(copy, entry->access);
	if (copy->access == NULL) {
		talloc_free(copy);
		return NULL;
	}
	return copy;
}

/* --- names -------------------------------------------------------------- */

bool certmap_name_equal(const char *a, const char *b)
{
	unsigned char bytes[2][16];
	size_t len[2] = {strlen(a), strlen(b)};
	size_t size = cert_address(a, bytes[0]);

	if (size > 0) {
		return cert_address(b, bytes[1]) == size &&
		       memcmp(bytes[0], bytes[1], size) == 0;
	}
	len[0] -= len[0] > 0 && a[len[0] - 1] == '.' ? 1 : 0;
	len[1] -= len[1] > 0 && b[len[1] - 1] == '.' ? 1 : 0;
	return len[0] == len[1] && strncasecmp(a, b, len[0]) == 0;
}

bool certmap_name_covers(const char *entry_name, const char *server_name)
{
	unsigned char bytes[16];
	const char *dot = strchr(server_name, '.');

	if (strncmp(entry_name, "*.", 2) != 0) {
		return certmap_name_equal(entry_name, server_name);
	}
	return dot != NULL && dot != server_name && server_name[0] != '*' &&
	       cert_address(server_name, bytes) == 0 &&
	       certmap_name_equal(entry_name + 2, dot + 1);
}

static bool good_name(const char *name)
{
	unsigned char bytes[16];
	const char *c = NULL;

	if (cert_address(name, bytes) > 0) {
		return true;
	}
	/* *.org would be half of the world. */
	if (strncmp(name, "*.", 2) == 0) {
		name += 2;
		c = strchr(name, '.');
		if (c == NULL || c[1] == '\0' ||
		    cert_address(name, bytes) > 0) {
			return false;
		}
	}
	for (c = name; *c != '\0'; c++) {
		if (!isalnum((unsigned char)*c) && strchr("-_.", *c) == NULL) {
			return false;
		}
	}
	return name[0] != '\0' && name[0] != '.' && name[0] != '-' &&
	       strlen(name) <= 253 && strstr(name, "..") == NULL &&
	       strcasecmp(name, "global") != 0;
}

/* --- sense -------------------------------------------------------------- */

static bool check_source(TALLOC_CTX *mem_ctx, const struct certmap_entry *entry,
			 char **why)
{
	bool pair = entry->certificate != NULL || entry->key != NULL;
	bool store = entry->store_name != NULL || entry->thumbprint != NULL;

	if (pair && store) {
		*why = talloc_strdup(mem_ctx,
				     "a mapping has either a certificate and "
				     "a key file, or a store and a thumbprint");
	} else if (!pair && !store) {
		*why = talloc_strdup(mem_ctx,
				     "which certificate? A certificate and a "
				     "key file are missing, or a store and a "
				     "thumbprint");
	} else if (pair && (entry->certificate == NULL || entry->key == NULL)) {
		*why = talloc_strdup(
			mem_ctx, entry->key == NULL ? "the key file is missing"
						    : "the certificate file is "
						      "missing");
	} else if (pair &&
		   (!cert_source_valid(mem_ctx, entry->certificate, why) ||
		    !cert_source_valid(mem_ctx, entry->key, why))) {
		return false;
	} else if (store &&
		   (entry->store_name == NULL || entry->thumbprint == NULL)) {
		*why = talloc_strdup(mem_ctx,
				     entry->thumbprint == NULL
					     ? "the thumbprint is missing"
					     : "the store's name is missing");
	} else {
		return true;
	}
	return false;
}

bool certmap_entry_valid(TALLOC_CTX *mem_ctx, const struct certmap_entry *entry,
			 char **why)
{
	*why = NULL;
	if (!good_name(entry->name)) {
		*why = talloc_asprintf(mem_ctx,
				       "\"%s\" is neither a DNS name (perhaps "
				       "with *. before a domain) nor an IP "
				       "address",
				       entry->name);
		return false;
	}
	if (entry->type != NULL && strcasecmp(entry->type, "QUIC") != 0) {
		*why = talloc_asprintf(mem_ctx, "the type is QUIC, not \"%s\"",
				       entry->type);
		return false;
	}
	if (entry->require_client_authentication && entry->client_ca == NULL) {
		*why = talloc_strdup(mem_ctx,
				     "client certificates are required, but "
				     "the file with the CA that they must "
				     "come from is missing (client ca)");
		return false;
	}
	if (entry->skip_client_certificate_access_check &&
	    entry->client_ca != NULL &&
	    strcmp(entry->client_ca, TLS_CA_SYSTEM) == 0) {
		*why = talloc_strdup(mem_ctx,
				     "without access check every client with a "
				     "certificate of any public CA would come "
				     "in: name the CA's file");
		return false;
	}
	return check_source(mem_ctx, entry, why);
}

/* --- where the files are ------------------------------------------------ */

char *certmap_store(TALLOC_CTX *mem_ctx, const char *map_file,
		    const char *store_name, char **why)
{
	const char *slash = strrchr(map_file, '/');

	*why = NULL;
	if (store_name[0] == '/') {
		return talloc_strdup(mem_ctx, store_name);
	}
	if (strcasecmp(store_name, "My") != 0) {
		*why = talloc_asprintf(mem_ctx,
				       "the store is My or the absolute path "
				       "of a directory, not \"%s\"",
				       store_name);
		return NULL;
	}
	if (slash == NULL) {
		return talloc_strdup(mem_ctx, "certs");
	}
	return talloc_asprintf(mem_ctx, "%.*s/certs", (int)(slash - map_file),
			       map_file);
}

bool certmap_entry_files(TALLOC_CTX *mem_ctx, const char *map_file,
			 const struct certmap_entry *entry, char **cert_file,
			 char **key_file, char **why)
{
	char *store = NULL;
	bool found = false;

	*why = NULL;
	if (entry->certificate != NULL) {
		*cert_file = cert_source(mem_ctx, entry->certificate, why);
		*key_file = *cert_file == NULL
				    ? NULL
				    : cert_source(mem_ctx, entry->key, why);
		return *cert_file != NULL && *key_file != NULL;
	}
	store = certmap_store(mem_ctx, map_file, entry->store_name, why);
	if (store == NULL) {
		return false;
	}
	found = cert_find(mem_ctx, store, entry->thumbprint, cert_file,
			  key_file, why);
	if (found && *key_file == NULL) {
		*why = talloc_asprintf(mem_ctx,
				       "the store %s has no private key for %s",
				       store, *cert_file);
		found = false;
	}
	talloc_free(store);
	return found;
}
