/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * cmd_diagnose.c - everything that must go together for a name, as lines for
 * people and JSON for scripts. A name, a subject or a sentence that a stranger
 * chose is printed so that it cannot pass for something else.
 */
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "certs/command.h"
#include "certs/diagnose.h"

#define LABEL "%-22s"

static void line(const char *label, const char *text)
{
	printf(LABEL, label);
	for (; *text != '\0'; text++) {
		if (iscntrl((unsigned char)*text)) {
			printf("\\x%02x", (unsigned char)*text);
		} else {
			putchar(*text);
		}
	}
	putchar('\n');
}

/* What is mapped and what is presented, in two lines when they differ. */
static void beside(const char *label, const char *mapped, const char *presented)
{
	if (mapped != NULL && presented != NULL &&
	    strcmp(mapped, presented) == 0) {
		line(label, presented);
		return;
	}
	if (mapped != NULL) {
		printf(LABEL, label);
		line("mapped:", mapped);
		label = "";
	}
	if (presented != NULL) {
		printf(LABEL, label);
		line("presented:", presented);
	}
}

static char *names_of(TALLOC_CTX *mem_ctx, const struct cert_info *info)
{
	char *text = talloc_strdup(mem_ctx, "");
	const char *const *name = info->names;

	for (; text != NULL && *name != NULL; name++) {
		text = talloc_asprintf_append(text, "%s%s",
					      *text == '\0' ? "" : ", ", *name);
	}
	return text == NULL || *text == '\0' ? talloc_strdup(mem_ctx, "none")
					     : text;
}

static char *validity_of(TALLOC_CTX *mem_ctx, const struct cert_info *info)
{
	return talloc_asprintf(mem_ctx, "%s to %s",
			       cert_time_string(mem_ctx, info->not_before),
			       cert_time_string(mem_ctx, info->not_after));
}

/* A row is a text of a certificate. */
static const struct {
	const char *label;
	size_t offset;
} rows[] = {
	{"Subject", offsetof(struct cert_info, subject)},
	{"Issuer", offsetof(struct cert_info, issuer)},
	{"Serial number", offsetof(struct cert_info, serial)},
	{"Thumbprint (SHA-1)", offsetof(struct cert_info, sha1)},
	{"SHA-256", offsetof(struct cert_info, sha256)},
	{"Public key", offsetof(struct cert_info, key)},
};

static const char *member(const struct cert_info *info, size_t offset)
{
	return info == NULL
		       ? NULL
		       : *(const char *const *)((const char *)info + offset);
}

static void print_certificates(const struct diagnosis *d)
{
	TALLOC_CTX *mem_ctx = talloc_new(NULL);
	const struct cert_info *a =
		d->mapped == NULL ? NULL : cert_info(d->mapped);
	const struct cert_info *b =
		d->presented == NULL ? NULL : cert_info(d->presented);
	size_t i = 0;

	beside("Names", a == NULL ? NULL : names_of(mem_ctx, a),
	       b == NULL ? NULL : names_of(mem_ctx, b));
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		beside(rows[i].label, member(a, rows[i].offset),
		       member(b, rows[i].offset));
	}
	beside("Valid", a == NULL ? NULL : validity_of(mem_ctx, a),
	       b == NULL ? NULL : validity_of(mem_ctx, b));
	talloc_free(mem_ctx);
}

static void print_mapping(const struct diagnosis *d)
{
	char *text = NULL;

	if (d->map_file == NULL) {
		return;
	}
	if (d->mapping == NULL) {
		text = talloc_asprintf(NULL, "none in %s", d->map_file);
	} else {
		text = talloc_asprintf(
			NULL, "%s in %s%s", d->mapping->name, d->map_file,
			d->mapping->default_mapping ? " (the default)" : "");
	}
	line("Mapping", text == NULL ? "" : text);
	talloc_free(text);
}

static void print_connection(const struct diagnosis *d)
{
	if (!d->connected) {
		line("Connection", "none");
		return;
	}
	printf(LABEL "%s to %s, QUIC %s, %s, %s\n", "Connection", d->transport,
	       d->address, d->quic_version, d->tls_version, d->tls_cipher);
	line("ALPN", d->alpn == NULL ? "none" : d->alpn);
}

static void print_client(const struct diagnosis *d)
{
	char *text = NULL;

	if (d->presented != NULL) {
		line("Client certificate",
		     d->wants_certificate ? "wanted" : "not wanted");
	}
	if (d->client.name != NULL) {
		text = talloc_asprintf(NULL, "%s, mapped to %s in %s",
				       d->client.certificate, d->client.name,
				       d->client.file);
		line("Ours", text == NULL ? "" : text);
		talloc_free(text);
	}
}

static void print_diagnosis(const struct diagnosis *d)
{
	char *const *problem = d->problems;

	line("Name typed", d->name);
	line("Asked for (SNI)",
	     d->sni == NULL ? "nothing, as it is an address" : d->sni);
	print_mapping(d);
	print_connection(d);
	print_certificates(d);
	if (d->trust != NULL) {
		line("Trust", d->trust);
	}
	print_client(d);
	if (*problem == NULL) {
		line("State", "a client gets in");
	}
	for (; *problem != NULL; problem++) {
		line("Fails", *problem);
	}
}

static json_t *text_or_null(const char *text)
{
	return text == NULL ? json_null() : json_string(text);
}

static json_t *diagnosis_json(const struct diagnosis *d)
{
	json_t *problems = json_array();
	json_t *json = json_object();
	char *const *problem = d->problems;

	for (; *problem != NULL; problem++) {
		json_array_append_new(problems, json_string(*problem));
	}
	json_object_set_new(json, "Name", text_or_null(d->name));
	json_object_set_new(json, "Sni", text_or_null(d->sni));
	json_object_set_new(json, "MappingFile", text_or_null(d->map_file));
	json_object_set_new(
		json, "Mapping",
		text_or_null(d->mapping == NULL ? NULL : d->mapping->name));
	json_object_set_new(json, "Mapped",
			    d->mapped == NULL ? json_null()
					      : show_cert_json(d->mapped));
	json_object_set_new(json, "Connected", json_boolean(d->connected));
	json_object_set_new(json, "Address", text_or_null(d->address));
	json_object_set_new(json, "QuicVersion", text_or_null(d->quic_version));
	json_object_set_new(json, "TlsVersion", text_or_null(d->tls_version));
	json_object_set_new(json, "TlsCipher", text_or_null(d->tls_cipher));
	json_object_set_new(json, "Alpn", text_or_null(d->alpn));
	json_object_set_new(json, "Presented",
			    d->presented == NULL
				    ? json_null()
				    : show_cert_json(d->presented));
	json_object_set_new(json, "SameAsMapped",
			    d->mapped == NULL || d->presented == NULL
				    ? json_null()
				    : json_boolean(d->same));
	json_object_set_new(json, "Trusted", json_boolean(d->trusted));
	json_object_set_new(json, "Trust", text_or_null(d->trust));
	json_object_set_new(json, "ClientCertificateWanted",
			    d->presented == NULL
				    ? json_null()
				    : json_boolean(d->wants_certificate));
	json_object_set_new(json, "ClientCertificate",
			    text_or_null(d->client.certificate));
	json_object_set_new(json, "ClientMapping",
			    text_or_null(d->client.name));
	json_object_set_new(json, "Problems", problems);
	return json;
}

int cmd_diagnose(struct args *args)
{
	struct diagnose_question q = {
		.address = args_text(args, PARAM_ADDRESS),
		.ca_file = args_text(args, PARAM_CA),
		.map_file = command_map_file(args),
	};
	const struct diagnosis *d = NULL;
	const char *host = args_text(args, PARAM_HOST);
	char *name = NULL;

	if (q.map_file == NULL) {
		return STATUS_FAILED;
	}
	if (!diagnose_place(args, host, &name, &q.port)) {
		return command_misused(
			args, "\"%s\" is not HOST, HOST:PORT or [ADDRESS]:PORT",
			host);
	}
	q.name = name;
	d = diagnose(args, &q);
	if (d == NULL) {
		return command_failed("out of memory");
	}
	if (args_switch(args, PARAM_JSON)) {
		show_json(diagnosis_json(d));
	} else {
		print_diagnosis(d);
	}
	return d->problems[0] == NULL ? STATUS_DONE : STATUS_FAILED;
}
