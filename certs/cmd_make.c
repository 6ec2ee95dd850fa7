/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * cmd_make.c - new certificates (make), and others' (import), written as PEM
 * pairs.
 */
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "certs/command.h"
#include "smbquic/prompt.h"
#include "smbquic/savefile.h"

#define MAX_DAYS	  36500
#define MAX_PASSWORD_FILE 4096

/* --- where they go ------------------------------------------------------ */

/* A file's name from a server's or a person's. */
static char *clean_stem(TALLOC_CTX *mem_ctx, const char *name)
{
	char *stem = talloc_strdup(mem_ctx, name);
	char *c = NULL;

	for (c = stem; c != NULL && *c != '\0'; c++) {
		if (!isalnum((unsigned char)*c) && strchr("-._@", *c) == NULL) {
			*c = '_';
		}
	}
	if (stem != NULL && (stem[0] == '.' || stem[0] == '-')) {
		stem[0] = '_';
	}
	return stem;
}

static int check_free(const struct args *args, const char *file)
{
	if (access(file, F_OK) == 0 && !args_switch(args, PARAM_FORCE)) {
		return command_failed("%s exists; --force replaces it", file);
	}
	return STATUS_DONE;
}

static int write_pair(struct args *args, const struct cert *cert,
		      const char *cert_file, const char *key_file)
{
	char *why = NULL;
	int rc = check_free(args, cert_file);

	if (rc == STATUS_DONE) {
		rc = check_free(args, key_file);
	}
	if (rc == STATUS_DONE &&
	    !cert_save_pem(args, cert, cert_file, key_file, &why)) {
		rc = command_failed("%s", why == NULL ? "out of memory" : why);
	}
	return rc;
}

static void print_pair(struct args *args, const struct cert *cert,
		       const char *cert_file, const char *key_file)
{
	json_t *json = NULL;

	if (!args_switch(args, PARAM_JSON)) {
		show_cert(cert, NULL);
		printf("%-22s%s\n%-22s%s\n", "Certificate file", cert_file,
		       "Key file", key_file);
		return;
	}
	json = show_cert_json(cert);
	json_object_set_new(json, "CertificateFile", json_string(cert_file));
	json_object_set_new(json, "KeyFile", json_string(key_file));
	show_json(json);
}

/* --- make --------------------------------------------------------------- */

static const struct {
	const char *name;
	enum cert_purpose purpose;
	unsigned days;
} purposes[] = {
	{"ca", CERT_CA, 3650},
	{"server", CERT_SERVER, 365},
	{"client", CERT_CLIENT, 365},
};
#define NUM_PURPOSES (sizeof(purposes) / sizeof(purposes[0]))

static int take_purpose(struct args *args, struct cert_request *request)
{
	const char *text = args_text(args, PARAM_PURPOSE);
	size_t i = 0;

	while (i < NUM_PURPOSES && strcmp(purposes[i].name, text) != 0) {
		i++;
	}
	if (i == NUM_PURPOSES) {
		return command_misused(args,
				       "\"%s\" is not ca, server or "
				       "client",
				       text);
	}
	request->purpose = purposes[i].purpose;
	request->days = purposes[i].days;
	return STATUS_DONE;
}

static int take_days(struct args *args, struct cert_request *request)
{
	const char *text = args_text(args, PARAM_DAYS);
	char *end = NULL;
	unsigned long days = 0;

	if (text == NULL) {
		return STATUS_DONE;
	}
	days = strtoul(text, &end, 10);
	if (!isdigit((unsigned char)text[0]) || *end != '\0' || days < 1 ||
	    days > MAX_DAYS) {
		return command_misused(args, "--days is 1 to %d, not \"%s\"",
				       MAX_DAYS, text);
	}
	request->days = days;
	return STATUS_DONE;
}

static int take_issuer(struct args *args, struct cert_request *request)
{
	const char *ca = args_text(args, PARAM_CA);
	const char *key = args_text(args, PARAM_CA_KEY);
	char *why = NULL;

	if (ca == NULL && key == NULL) {
		return STATUS_DONE;
	}
	if (ca == NULL || key == NULL) {
		return command_misused(args, "--ca and --ca-key go together");
	}
	request->issuer = cert_load_pem(args, ca, key, NULL, &why);
	return request->issuer == NULL ? command_failed("%s", why)
				       : STATUS_DONE;
}

/* The key beside the certificate: x.pem and x.key. */
static char *key_beside(TALLOC_CTX *mem_ctx, const char *cert_file)
{
	const char *dot = strrchr(cert_file, '.');
	const char *slash = strrchr(cert_file, '/');

	if (dot == NULL || (slash != NULL && dot < slash)) {
		dot = cert_file + strlen(cert_file);
	}
	return talloc_asprintf(mem_ctx, "%.*s.key", (int)(dot - cert_file),
			       cert_file);
}

int cmd_make(struct args *args)
{
	const char *cert_file = args_text(args, PARAM_CERTIFICATE);
	const char *key_file = args_text(args, PARAM_KEY);
	const char *dir = args_text(args, PARAM_OUT);
	struct cert_request request = {
		.names = (const char *const *)args_list(args, PARAM_NAME),
	};
	struct cert *cert = NULL;
	char *why = NULL;
	int rc = take_purpose(args, &request);

	if (rc == STATUS_DONE) {
		rc = take_days(args, &request);
	}
	if (rc == STATUS_DONE) {
		rc = take_issuer(args, &request);
	}
	if (rc != STATUS_DONE) {
		return rc;
	}
	cert = cert_make(args, &request, time(NULL), &why);
	if (cert == NULL) {
		return command_failed("%s",
				      why == NULL ? "out of memory" : why);
	}
	if (cert_file == NULL) {
		cert_file = talloc_asprintf(args, "%s%s%s.pem",
					    dir == NULL ? "" : dir,
					    dir == NULL ? "" : "/",
					    clean_stem(args, request.names[0]));
	}
	if (key_file == NULL) {
		key_file = key_beside(args, cert_file);
	}
	rc = write_pair(args, cert, cert_file, key_file);
	if (rc == STATUS_DONE) {
		print_pair(args, cert, cert_file, key_file);
	}
	return rc;
}

/* --- import ------------------------------------------------------------- */

static char *read_password(struct args *args, const char *file)
{
	const char *from = args_text(args, PARAM_PASSWORD_FILE);
	char *question = talloc_asprintf(args, "Password of %s: ", file);
	char *text = NULL;
	size_t len = 0;

	if (from == NULL) {
		text = prompt_password(args, question);
		if (text == NULL) {
			command_failed("%s needs a password, and there is no "
				       "terminal to ask for it; give it with "
				       "--password-file",
				       file);
		}
		return text;
	}
	text = savefile_read(args, from, MAX_PASSWORD_FILE, &len, NULL);
	if (text == NULL) {
		command_failed("cannot read %s: %s", from, strerror(errno));
	} else {
		text[strcspn(text, "\r\n")] = '\0';
	}
	return text;
}

static struct cert *import_pem(struct args *args, const char *file, char **why)
{
	const char *key = args_text(args, PARAM_KEY);
	char *password = NULL;

	if (key == NULL) {
		key = file; /* both in one */
	}
	if (cert_file_is_encrypted(key)) {
		password = read_password(args, key);
		if (password == NULL) {
			return NULL;
		}
	}
	return cert_load_pem(args, file, key, password, why);
}

static struct cert *import_pkcs12(struct args *args, const char *file,
				  char **why)
{
	char *password = NULL;

	if (args_given(args, PARAM_KEY)) {
		*why = talloc_asprintf(args,
				       "%s is no PEM file: its key is in it, "
				       "or it has none",
				       file);
		return NULL;
	}
	if (access(file, R_OK) == 0) {
		password = read_password(args, file);
		if (password == NULL) {
			return NULL;
		}
	}
	return cert_load_pkcs12(args, file, password, why);
}

/* The first DNS name or address, else the common name. */
static const char *own_name(const struct cert_info *info)
{
	const char *const *name = info->names;

	for (; *name != NULL; name++) {
		if (strncmp(*name, "DNS:", 4) == 0 ||
		    strncmp(*name, "IP:", 3) == 0) {
			return strchr(*name, ':') + 1;
		}
	}
	return info->common_name[0] == '\0' ? info->sha1 : info->common_name;
}

/* --out, else the store "My"; made when it is not there. */
static char *import_dir(struct args *args)
{
	const char *map_file = NULL;
	char *dir = NULL;
	char *why = NULL;

	if (args_given(args, PARAM_OUT)) {
		return talloc_strdup(args, args_text(args, PARAM_OUT));
	}
	map_file = command_map_file(args);
	if (map_file == NULL) {
		return NULL;
	}
	dir = certmap_store(args, map_file, "My", &why);
	if (dir != NULL && mkdir(dir, 0755) == -1 && errno != EEXIST) {
		command_failed("cannot make the store %s: %s", dir,
			       strerror(errno));
		return NULL;
	}
	return dir;
}

static void warn_of_problems(struct args *args, const struct cert *cert)
{
	char **problem = cert_client_problems(args, cert, time(NULL));

	if (problem != NULL && problem[0] == NULL) {
		return; /* fit for a client */
	}
	problem = cert_server_problems(args, cert, NULL, time(NULL));

	for (; problem != NULL && *problem != NULL; problem++) {
		command_warn("%s", *problem);
	}
}

int cmd_import(struct args *args)
{
	const char *file = args_text(args, PARAM_FILE);
	struct cert *cert = NULL;
	char *cert_file = NULL;
	char *key_file = NULL;
	char *dir = NULL;
	char *stem = NULL;
	char *why = NULL;
	int rc = STATUS_DONE;

	cert = cert_file_is_pem(file) ? import_pem(args, file, &why)
				      : import_pkcs12(args, file, &why);
	if (cert == NULL) {
		return why == NULL ? STATUS_FAILED : command_failed("%s", why);
	}
	if (!cert_info(cert)->key_fits) {
		return command_failed("%s: %s", file,
				      cert_info(cert)->has_key
					      ? "the private key does not "
						"belong to the certificate"
					      : "there is no private key");
	}
	dir = import_dir(args);
	if (dir == NULL) {
		return STATUS_FAILED;
	}
	stem = clean_stem(args, own_name(cert_info(cert)));
	cert_file = talloc_asprintf(args, "%s/%s.pem", dir, stem);
	key_file = talloc_asprintf(args, "%s/%s.key", dir, stem);
	rc = write_pair(args, cert, cert_file, key_file);
	if (rc == STATUS_DONE) {
		warn_of_problems(args, cert);
		print_pair(args, cert, cert_file, key_file);
	}
	return rc;
}
