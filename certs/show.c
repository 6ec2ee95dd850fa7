/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * show.c - mappings and certificates as text for people and JSON for scripts.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "certs/command.h"
#include "smbquic/private_file.h"

/* --- a mapping with its certificate ------------------------------------- */

static char **one_problem(TALLOC_CTX *mem_ctx, char *why)
{
	char **list = talloc_zero_array(mem_ctx, char *, 2);

	if (list != NULL) {
		list[0] = why == NULL ? talloc_strdup(list, "out of memory")
				      : why;
	}
	return list;
}

enum certmap_side view_side(const struct certmap_entry *entry)
{
	return entry->side == CERTMAP_CLIENT ? CERTMAP_CLIENT : CERTMAP_SERVER;
}

static char **find_problems(struct view *view)
{
	if (view_side(view->entry) == CERTMAP_CLIENT) {
		return cert_client_problems(view, view->cert, time(NULL));
	}
	return cert_server_problems(view, view->cert, view->entry->name,
				    time(NULL));
}

/* What else keeps them from being used: NULL, or a sentence. */
static char *try_files(struct view *view, const char *cert_file,
		       const char *key_file)
{
	struct tls_identity *identity = NULL;
	char *why = NULL;

	if (view_side(view->entry) == CERTMAP_CLIENT) {
		return private_file_check(view, key_file, "a private key");
	}
	identity = certmap_entry_identity(view, view->entry, cert_file,
					  key_file, &why);
	if (identity == NULL && why == NULL) {
		why = talloc_strdup(view, "out of memory");
	}
	talloc_free(identity);
	return why;
}

struct view *view_load(TALLOC_CTX *mem_ctx, const char *map_file,
		       const struct certmap_entry *entry)
{
	struct view *view = talloc_zero(mem_ctx, struct view);
	char *cert_file = NULL;
	char *key_file = NULL;
	char *why = NULL;

	if (view == NULL) {
		return NULL;
	}
	view->entry = entry;
	if (certmap_entry_files(view, map_file, entry, &cert_file, &key_file,
				&why)) {
		view->cert =
			cert_load_pem(view, cert_file, key_file, NULL, &why);
		if (view->cert == NULL) { /* what can be shown without it */
			char *again = NULL;

			view->cert = cert_load_pem(view, cert_file, NULL, NULL,
						   &again);
		} else if (key_file != NULL) {
			why = try_files(view, cert_file, key_file);
		}
	}
	view->info = view->cert == NULL ? NULL : cert_info(view->cert);
	view->problems =
		why != NULL ? one_problem(view, why) : find_problems(view);
	return view;
}

/* --- tables ------------------------------------------------------------- */

#define COLUMNS 5

static void fill_row(TALLOC_CTX *mem_ctx, const struct view *view,
		     const char *cells[COLUMNS])
{
	const struct certmap_entry *entry = view->entry;
	const struct certmap_field *field = certmap_fields;

	cells[0] = entry->name;
	cells[1] = entry->type == NULL ? "QUIC" : entry->type;
	while (field->type != CERTMAP_FLAGS) {
		field++;
	}
	cells[2] = certmap_field_text(mem_ctx, entry, field);
	cells[3] = view->info == NULL
			   ? "-"
			   : cert_time_string(mem_ctx, view->info->not_after);
	cells[4] = entry->subject != NULL ? entry->subject
		   : view->info == NULL	  ? "-"
					  : view->info->subject;
}

static void print_row(const char *const cells[COLUMNS], const int *widths)
{
	int i = 0;

	for (i = 0; i < COLUMNS - 1; i++) {
		printf("%-*s  ", widths[i], cells[i]);
	}
	printf("%s\n", cells[i]);
}

static void print_more(const struct view *view)
{
	const struct certmap_entry *entry = view->entry;
	char *const *problem = view->problems;

	if (entry->display_name != NULL) {
		printf("    %-13s%s\n", "Display name", entry->display_name);
	}
	if (entry->certificate != NULL) {
		printf("    %-13s%s\n    %-13s%s\n", "Certificate",
		       entry->certificate, "Key", entry->key);
	} else {
		printf("    %-13s%s\n", "Store", entry->store_name);
	}
	if (view->info != NULL) {
		printf("    %-13s%s\n    %-13s%s\n", "SHA-1", view->info->sha1,
		       "SHA-256", view->info->sha256);
	} else if (entry->thumbprint != NULL) {
		printf("    %-13s%s\n", "Thumbprint", entry->thumbprint);
	}
	if (entry->default_mapping) {
		printf("    %-13sfor names without mapping, and for none\n",
		       "Default");
	}
	if (entry->require_client_authentication) {
		printf("    %-13srequired, from %s%s\n", "Client cert",
		       entry->client_ca,
		       entry->skip_client_certificate_access_check
			       ? ", without access check"
			       : "");
	}
	for (; problem != NULL && *problem != NULL; problem++) {
		printf("    %-13s%s\n", "Refused", *problem);
	}
}

void view_print_table(struct view *const *views, size_t count)
{
	static const char *const titles[COLUMNS] = {"Name", "Type", "Flags",
						    "Expires", "Subject"};
	TALLOC_CTX *mem_ctx = talloc_new(NULL);
	const char *(*cells)[COLUMNS] = NULL;
	int widths[COLUMNS] = {0};
	size_t n = 0;
	int i = 0;

	cells = talloc_zero_size(mem_ctx, (count + 1) * sizeof(*cells));
	if (cells == NULL) {
		talloc_free(mem_ctx);
		return;
	}
	memcpy(cells[0], titles, sizeof(titles));
	if (count > 0 && view_side(views[0]->entry) == CERTMAP_CLIENT) {
		cells[0][0] = "Namespace";
	}
	for (n = 0; n < count; n++) {
		fill_row(mem_ctx, views[n], cells[n + 1]);
	}
	for (n = 0; n <= count; n++) {
		for (i = 0; i < COLUMNS; i++) {
			int len = strlen(cells[n][i]);

			widths[i] = len > widths[i] ? len : widths[i];
		}
	}
	print_row(cells[0], widths);
	for (n = 0; n < count; n++) {
		print_row(cells[n + 1], widths);
		print_more(views[n]);
	}
	talloc_free(mem_ctx);
}

/* --- JSON --------------------------------------------------------------- */

static json_t *json_list(const char *const *list)
{
	json_t *array = json_array();

	for (; list != NULL && *list != NULL; list++) {
		json_array_append_new(array, json_string(*list));
	}
	return array;
}

static void set_time(json_t *json, const char *key, time_t when)
{
	struct tm tm = {0};
	char text[32] = "";

	if (gmtime_r(&when, &tm) != NULL) {
		strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &tm);
	}
	json_object_set_new(json, key, json_string(text));
}

static json_t *info_json(const struct cert_info *info)
{
	json_t *json =
		json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:b, s:b}",
			  "Subject", info->subject, "Issuer", info->issuer,
			  "SerialNumber", info->serial, "SignatureAlgorithm",
			  info->signature, "PublicKey", info->key, "Thumbprint",
			  info->sha1, "Sha256", info->sha256, "SelfSigned",
			  info->self_signed, "IsCa", info->ca);

	json_object_set_new(json, "Names", json_list(info->names));
	json_object_set_new(json, "ExtendedKeyUsage",
			    json_list(info->purposes));
	json_object_set_new(json, "KeyUsage", json_string(info->key_usage));
	set_time(json, "NotBefore", info->not_before);
	set_time(json, "NotAfter", info->not_after);
	return json;
}

json_t *show_cert_json(const struct cert *cert)
{
	const struct cert_info *info = cert_info(cert);
	json_t *json = info_json(info);
	json_t *chain = json_array();
	size_t n = 0;

	json_object_set_new(json, "HasPrivateKey",
			    json_boolean(info->key_fits));
	for (n = 1; n < info->chain_len; n++) {
		struct cert_info *next = cert_chain_info(NULL, cert, n);

		json_array_append_new(chain, info_json(next));
		talloc_free(next);
	}
	json_object_set_new(json, "Chain", chain);
	return json;
}

static json_t *field_json(const struct certmap_entry *entry,
			  const struct certmap_field *field)
{
	char *text = certmap_field_text(NULL, entry, field);
	json_t *json = NULL;

	if (field->type == CERTMAP_BOOL) {
		json = json_boolean(strcmp(text, "yes") == 0);
	} else {
		json = text == NULL ? json_null() : json_string(text);
	}
	talloc_free(text);
	return json;
}

/* Names as Windows' objects have them. */
json_t *view_json(const struct view *view)
{
	const struct certmap_entry *entry = view->entry;
	const struct cert_info *info = view->info;
	const struct certmap_field *field = certmap_fields;
	json_t *json = json_pack(
		"{s:s}",
		view_side(entry) == CERTMAP_CLIENT ? "Namespace" : "Name",
		entry->name);

	for (; field->key != NULL; field++) {
		if ((field->sides & view_side(entry)) == 0) {
			continue;
		}
		json_object_set_new(json, field->property,
				    field_json(entry, field));
	}
	json_object_set_new(json, "Type", json_string("QUIC"));
	if (info != NULL) {
		json_object_set_new(json, "Subject",
				    json_string(entry->subject == NULL
							? info->subject
							: entry->subject));
		if (view_side(entry) == CERTMAP_CLIENT) {
			json_object_set_new(
				json, "IssuerName",
				json_string(entry->issuer_name == NULL
						    ? info->issuer
						    : entry->issuer_name));
		}
		json_object_set_new(json, "Thumbprint",
				    json_string(info->sha1));
		json_object_set_new(json, "Sha256", json_string(info->sha256));
		set_time(json, "NotAfter", info->not_after);
	}
	json_object_set_new(json, "Problems",
			    json_list((const char *const *)view->problems));
	return json;
}

void show_json(json_t *json)
{
	char *text = json_dumps(json, JSON_INDENT(2) | JSON_PRESERVE_ORDER);

	printf("%s\n", text == NULL ? "null" : text);
	free(text);
	json_decref(json);
}

/* --- a certificate ------------------------------------------------------ */

static void print_line(const char *title, const char *text)
{
	printf("%-22s%s\n", title, text);
}

static void print_list(const char *title, const char *const *list,
		       const char *none)
{
	if (*list == NULL) {
		print_line(title, none);
		return;
	}
	printf("%-22s", title);
	for (; *list != NULL; list++) {
		printf("%s%s", *list, list[1] == NULL ? "\n" : ", ");
	}
}

void show_cert(const struct cert *cert, const char *trust)
{
	const struct cert_info *info = cert_info(cert);
	TALLOC_CTX *mem_ctx = talloc_new(NULL);
	size_t n = 0;

	print_line("Subject", info->subject);
	print_line("Issuer", info->issuer);
	print_line("Self-signed", info->self_signed ? "yes" : "no");
	print_line("Serial number", info->serial);
	print_line("Thumbprint (SHA-1)", info->sha1);
	print_line("SHA-256", info->sha256);
	print_line("Signature algorithm", info->signature);
	print_line("Public key", info->key);
	print_line("Not before", cert_time_string(mem_ctx, info->not_before));
	print_line("Not after", cert_time_string(mem_ctx, info->not_after));
	print_list("Names", info->names, "none");
	print_list("Extended key usage", info->purposes, "any");
	print_line("Key usage",
		   info->key_usage[0] == '\0' ? "any" : info->key_usage);
	print_line("Private key", !info->has_key   ? "none"
				  : info->key_fits ? "present"
						   : "of another certificate");
	if (trust != NULL) {
		print_line("Trust", trust);
	}
	for (n = 1; n < info->chain_len; n++) {
		struct cert_info *next = cert_chain_info(mem_ctx, cert, n);

		print_line(n == 1 ? "Chain" : "", next->subject);
		printf("%-22sSHA-1 %s\n%-22sSHA-256 %s\n", "", next->sha1, "",
		       next->sha256);
	}
	talloc_free(mem_ctx);
}
