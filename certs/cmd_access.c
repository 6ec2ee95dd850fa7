/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * cmd_access.c - the commands for a mapping's access list: grant, block,
 * revoke, unblock, access.
 */
#include <stdio.h>
#include <string.h>

#include "certs/access.h"
#include "certs/command.h"

/* What one of them does. */
struct change {
	bool deny;
	bool remove;
	const char *none; /* when there is nothing to remove */
};

/* --- the entry that is meant --------------------------------------------- */

static bool has_file(const struct args *args)
{
	return args_given(args, PARAM_CERTIFICATE);
}

/* A root is not sent by clients, so its hash matches nothing. */
static void warn_of_root(const struct cert_info *info)
{
	if (info->self_signed && info->ca) {
		command_warn("%s is a root, whose hash matches no client "
			     "(MS-SMB2 3.3.1.18): --identifier-type ISSUER "
			     "--identifier \"%s\" is about what it issued",
			     info->subject, info->subject);
	}
}

/* The SHA-256 of a file's certificate. */
static const char *hash_of_file(struct args *args)
{
	const char *file = args_text(args, PARAM_CERTIFICATE);
	char *why = NULL;
	struct cert *cert = cert_load_pem(args, file, NULL, NULL, &why);

	if (cert == NULL) {
		command_failed("%s", why == NULL ? "out of memory" : why);
		return NULL;
	}
	warn_of_root(cert_info(cert));
	return cert_info(cert)->sha256;
}

/* SHA-1 or SHA-256 show by their length, so the type need not be said. */
static bool guess_kind(struct args *args, const char *identifier,
		       enum access_kind *kind)
{
	const char *type = args_text(args, PARAM_IDENTIFIER_TYPE);
	char *parsed = cert_thumbprint_parse(args, identifier);

	if (type != NULL && !access_kind_parse(type, kind)) {
		command_misused(args,
				"--identifier-type is SHA256, SHA1 or ISSUER, "
				"not \"%s\"",
				type);
		return false;
	}
	if (type == NULL) {
		*kind = parsed == NULL	       ? ACCESS_ISSUER
			: strlen(parsed) == 40 ? ACCESS_SHA1
					       : ACCESS_SHA256;
	}
	return true;
}

static struct access_entry *wanted_entry(struct args *args,
					 const struct change *change, int *rc)
{
	const char *identifier = args_text(args, PARAM_IDENTIFIER);
	enum access_kind kind = ACCESS_SHA256;
	struct access_entry *entry = NULL;
	char *why = NULL;

	*rc = STATUS_USAGE;
	if (has_file(args) == (identifier != NULL)) {
		command_misused(args, "either --identifier or --certificate "
				      "says who is meant");
		return NULL;
	}
	if (identifier != NULL && !guess_kind(args, identifier, &kind)) {
		return NULL;
	}
	if (identifier == NULL) {
		*rc = STATUS_FAILED;
		identifier = hash_of_file(args);
		if (identifier == NULL) {
			return NULL;
		}
	}
	entry = access_entry_new(args, change->deny, kind, identifier,
				 args_text(args, PARAM_DESCRIPTION), &why);
	if (entry == NULL) {
		command_misused(args, "%s",
				why == NULL ? "out of memory" : why);
	} else if (kind == ACCESS_SHA1 && !change->deny && !change->remove) {
		command_warn("SHA-1 is broken, and who wants to get in may "
			     "work on a second certificate with this one: "
			     "SHA-256 is safe");
	}
	return entry;
}

/* --- changing ------------------------------------------------------------ */

static int change_one(struct args *args, struct certmap_file *file,
		      const char *name, const struct change *change,
		      const struct access_entry *wanted)
{
	struct certmap_entry *entry =
		certmap_entry_copy(args, certmap_file_find(file, name));
	struct access_list one = {
		.entries = (struct access_entry *[]){(
			struct access_entry *)(uintptr_t)wanted},
		.count = 1,
	};
	struct access_list *copy = access_list_copy(args, &one);
	char *why = NULL;

	if (entry == NULL || copy == NULL) {
		return command_failed("out of memory");
	}
	if (change->remove) {
		if (!access_list_remove(entry->access, wanted)) {
			return command_failed("%s: %s", entry->name,
					      change->none);
		}
	} else if (!access_list_add(entry->access, copy->entries[0])) {
		return command_failed("%s: there are %d entries already",
				      entry->name, ACCESS_MAX);
	}
	if (!change->remove && !entry->require_client_authentication) {
		command_warn("%s: no client certificate is asked for, so this "
			     "has no effect until RequireClientAuthentication "
			     "is true",
			     entry->name);
	}
	if (!change->remove && entry->skip_client_certificate_access_check) {
		command_warn("%s: this has no effect while "
			     "SkipClientCertificateAccessCheck is true",
			     entry->name);
	}
	return certmap_file_put(file, entry, &why)
		       ? STATUS_DONE
		       : command_failed("%s",
					why == NULL ? "out of memory" : why);
}

static int change_all(struct args *args, const struct change *change)
{
	char *const *name = args_list(args, PARAM_NAME);
	const char *path = command_map_file(args);
	struct certmap_file *file = NULL;
	struct access_entry *wanted = NULL;
	char *why = NULL;
	char *question = NULL;
	int rc = STATUS_DONE;

	wanted = path == NULL ? NULL : wanted_entry(args, change, &rc);
	if (wanted == NULL) {
		return path == NULL ? STATUS_FAILED : rc;
	}
	file = args_switch(args, PARAM_WHAT_IF)
		       ? certmap_file_load(args, path, CERTMAP_SERVER, &why)
		       : certmap_file_edit(args, path, CERTMAP_SERVER, &why);
	if (file == NULL) {
		return command_failed("%s",
				      why == NULL ? "out of memory" : why);
	}
	rc = STATUS_DONE;
	for (; *name != NULL && rc == STATUS_DONE; name++) {
		rc = certmap_file_find(file, *name) == NULL
			     ? command_failed("there is no mapping of %s in %s",
					      *name, path)
			     : change_one(args, file, *name, change, wanted);
	}
	if (rc != STATUS_DONE) {
		return rc;
	}
	question = access_entry_text(args, wanted);
	if (args_switch(args, PARAM_WHAT_IF)) {
		printf("What if: the entry \"%s\" would be %s.\n", question,
		       change->remove ? "removed" : "added");
		return STATUS_DONE;
	}
	question = talloc_asprintf(args, "%s \"%s\"? [y/N] ",
				   change->remove ? "Remove the entry"
						  : "Add the entry",
				   question);
	rc = command_confirm(args, false, question);
	if (rc == STATUS_DONE && !certmap_file_save(file, &why)) {
		rc = command_failed("%s", why);
	}
	return rc;
}

int cmd_grant(struct args *args)
{
	static const struct change change = {.deny = false};

	return change_all(args, &change);
}

int cmd_block(struct args *args)
{
	static const struct change change = {.deny = true};

	return change_all(args, &change);
}

int cmd_revoke(struct args *args)
{
	static const struct change change = {
		.remove = true,
		.none = "nothing like that was granted",
	};

	return change_all(args, &change);
}

int cmd_unblock(struct args *args)
{
	static const struct change change = {
		.deny = true,
		.remove = true,
		.none = "nothing like that was blocked",
	};

	return change_all(args, &change);
}

/* --- showing ------------------------------------------------------------- */

static json_t *entry_json(const char *name, const struct access_entry *entry)
{
	return json_pack("{s:s, s:s, s:s, s:s, s:s?}", "Name", name,
			 "AccessControlType", entry->deny ? "Deny" : "Allow",
			 "IdentifierType", access_kind_name(entry->kind),
			 "Identifier", entry->identifier, "Description",
			 entry->description);
}

static void print_entry(const char *name, const struct access_entry *entry)
{
	printf("%-24s  %-6s  %-6s  %s%s%s\n", name,
	       entry->deny ? "Deny" : "Allow", access_kind_name(entry->kind),
	       entry->identifier, entry->description == NULL ? "" : "  # ",
	       entry->description == NULL ? "" : entry->description);
}

static bool is_wanted(char *const *names, const char *name)
{
	if (names[0] == NULL) {
		return true;
	}
	while (*names != NULL && !certmap_name_equal(*names, name)) {
		names++;
	}
	return *names != NULL;
}

int cmd_access(struct args *args)
{
	char *const *names = args_list(args, PARAM_NAME);
	const char *path = command_map_file(args);
	struct certmap_file *file = NULL;
	bool json = args_switch(args, PARAM_JSON);
	json_t *array = NULL;
	char *why = NULL;
	size_t i = 0;
	size_t n = 0;

	if (path == NULL) {
		return STATUS_FAILED;
	}
	file = certmap_file_load(args, path, CERTMAP_SERVER, &why);
	if (file == NULL) {
		return command_failed("%s",
				      why == NULL ? "out of memory" : why);
	}
	for (i = 0; names[i] != NULL; i++) {
		if (certmap_file_find(file, names[i]) == NULL) {
			return command_failed("there is no mapping of %s in %s",
					      names[i], path);
		}
	}
	array = json_array();
	if (!json) {
		printf("%-24s  %-6s  %-6s  %s\n", "Name", "Access", "Type",
		       "Identifier");
	}
	for (i = 0; i < certmap_file_count(file); i++) {
		const struct certmap_entry *entry = certmap_file_get(file, i);
		const struct access_list *list = entry->access;

		if (!is_wanted(names, entry->name)) {
			continue;
		}
		for (n = 0; list != NULL && n < list->count; n++) {
			if (json) {
				json_array_append_new(
					array, entry_json(entry->name,
							  list->entries[n]));
			} else {
				print_entry(entry->name, list->entries[n]);
			}
		}
	}
	if (json) {
		show_json(array);
	} else {
		json_decref(array);
	}
	return STATUS_DONE;
}
