/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * cmd_mapping.c - the commands that change and show mappings: new, get, set,
 * remove, with the parameters of Windows' cmdlets.
 */
#include <fnmatch.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

#include "certs/access.h"
#include "certs/command.h"
#include "smbquic/tls.h"

/* --- parameters into a mapping ------------------------------------------ */

static bool is_path(enum param param)
{
	return param == PARAM_CERTIFICATE || param == PARAM_KEY ||
	       param == PARAM_CLIENT_CA || param == PARAM_CLIENT_CRL ||
	       param == PARAM_OCSP_RESPONSE;
}

/* What was given replaces the entry's; flags may be given one by one. */
static bool take_fields(struct args *args, struct certmap_entry *entry,
			char **why)
{
	const struct certmap_field *field = certmap_fields;

	*why = NULL;
	entry->side = command_is_client(args) ? CERTMAP_CLIENT : CERTMAP_SERVER;
	for (; field->key != NULL; field++) {
		enum param param = args_of_field(field);
		char *const *values = args_list(args, param);
		char *text = NULL;

		if (values[0] == NULL) {
			continue;
		}
		if (values[1] != NULL && param != PARAM_FLAGS) {
			*why = talloc_asprintf(args, "%s is given twice",
					       field->property);
			return false;
		}
		text = talloc_strdup(args, values[0]);
		for (values++; *values != NULL; values++) {
			text = talloc_asprintf_append(text, ",%s", *values);
		}
		if (is_path(param) && text[0] != '\0' &&
		    cert_source_is_file(text) &&
		    strcmp(text, TLS_CA_SYSTEM) != 0) {
			text = command_absolute(args, text);
		}
		if (!certmap_field_set(args, entry, field, text, why)) {
			return false;
		}
	}
	return true;
}

/* A pair takes the place of a store, and the other way round. */
static void switch_source(const struct args *args, struct certmap_entry *entry)
{
	bool pair = args_given(args, PARAM_CERTIFICATE) ||
		    args_given(args, PARAM_KEY);
	bool store = args_given(args, PARAM_STORE_NAME) ||
		     args_given(args, PARAM_THUMBPRINT);

	if (pair && !store) {
		entry->store_name = NULL;
		entry->thumbprint = NULL;
	} else if (store && !pair) {
		entry->certificate = NULL;
		entry->key = NULL;
	}
}

/* --- what new and set have in common ------------------------------------ */

static void warn_of_lockout(const struct certmap_entry *entry)
{
	if (entry->require_client_authentication &&
	    !entry->skip_client_certificate_access_check &&
	    !access_list_allows_any(entry->access)) {
		command_warn("%s: client certificates are required, and no "
			     "access entry allows any: nobody will get in "
			     "until the command grant lets somebody, or "
			     "SkipClientCertificateAccessCheck is true",
			     entry->name);
	}
}

/* Puts it into the file in memory when a server would take it. */
static int put_entry(struct args *args, struct certmap_file *file,
		     const struct certmap_entry *entry, struct view **view)
{
	char *why = NULL;
	char *const *problem = NULL;

	if (!certmap_entry_valid(args, entry, &why)) {
		return command_failed("%s: %s", entry->name, why);
	}
	*view = view_load(args, certmap_file_path(file), entry);
	if (*view == NULL || (*view)->problems == NULL) {
		return command_failed("out of memory");
	}
	problem = (*view)->problems;
	if (*problem != NULL && !args_switch(args, PARAM_FORCE)) {
		return command_failed("%s: %s; the %s would refuse it "
				      "(--force stores it all the same)",
				      entry->name, *problem,
				      command_is_client(args) ? "client"
							      : "server");
	}
	for (; *problem != NULL; problem++) {
		command_warn("%s: %s", entry->name, *problem);
	}
	warn_of_lockout(entry);
	if (!certmap_file_put(file, entry, &why)) {
		return command_failed("%s: %s", entry->name,
				      why == NULL ? "out of memory" : why);
	}
	return STATUS_DONE;
}

static int save(struct certmap_file *file)
{
	char *why = NULL;

	return certmap_file_save(file, &why) ? STATUS_DONE
					     : command_failed("%s", why);
}

static void print_views(const struct args *args, struct view *const *views,
			size_t count)
{
	json_t *array = NULL;
	size_t i = 0;

	if (!args_switch(args, PARAM_JSON)) {
		view_print_table(views, count);
		return;
	}
	array = json_array();
	for (i = 0; i < count; i++) {
		json_array_append_new(array, view_json(views[i]));
	}
	show_json(array);
}

/* "a, b and c" would need care; "a, b" does. */
static char *join_names(struct args *args, const struct certmap_entry **list,
			size_t count)
{
	char *text = talloc_strdup(args, "");
	size_t i = 0;

	for (i = 0; i < count; i++) {
		text = talloc_asprintf_append(text, "%s%s", i == 0 ? "" : ", ",
					      list[i]->name);
	}
	return text;
}

/* A user's first mapping; that it cannot be made is seen with the file. */
static void make_folder(struct args *args, const char *path)
{
	char *folder = talloc_strdup(args, path);
	char *slash = NULL;

	for (slash = strchr(folder + 1, '/'); slash != NULL;
	     slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		(void)mkdir(folder, 0700);
		*slash = '/';
	}
}

static struct certmap_file *open_file(struct args *args, bool edit)
{
	enum certmap_side side =
		command_is_client(args) ? CERTMAP_CLIENT : CERTMAP_SERVER;
	const char *path = command_map_file(args);
	struct certmap_file *file = NULL;
	char *why = NULL;

	if (path == NULL) {
		return NULL;
	}
	/* Who only asks what would be done needs no lock. */
	edit = edit && !args_switch(args, PARAM_WHAT_IF);
	if (edit && side == CERTMAP_CLIENT) {
		make_folder(args, path);
	}
	file = edit ? certmap_file_edit(args, path, side, &why)
		    : certmap_file_load(args, path, side, &why);
	if (file == NULL) {
		command_failed("%s", why == NULL ? "out of memory" : why);
	}
	return file;
}

/* --- new ---------------------------------------------------------------- */

int cmd_new(struct args *args)
{
	struct certmap_entry entry = {0};
	struct certmap_file *file = NULL;
	struct view *view = NULL;
	char *why = NULL;
	char *question = NULL;
	int rc = STATUS_DONE;

	entry.name = args_list(args, command_name(args))[0];
	if (args_list(args, command_name(args))[1] != NULL) {
		return command_misused(args, "one %s at a time",
				       command_is_client(args) ? "--namespace"
							       : "--name");
	}
	if (!take_fields(args, &entry, &why)) {
		return command_misused(args, "%s", why);
	}
	if (entry.thumbprint != NULL && entry.store_name == NULL) {
		entry.store_name = "My";
	}
	file = open_file(args, true);
	if (file == NULL) {
		return STATUS_FAILED;
	}
	if (certmap_file_find(file, entry.name) != NULL) {
		return command_failed("%s has a mapping already; the command "
				      "%sset changes it",
				      entry.name,
				      command_is_client(args) ? "client-" : "");
	}
	rc = put_entry(args, file, &entry, &view);
	if (rc != STATUS_DONE) {
		return rc;
	}
	if (args_switch(args, PARAM_WHAT_IF)) {
		printf("What if: a mapping of %s would be made in %s.\n",
		       entry.name, certmap_file_path(file));
		return STATUS_DONE;
	}
	question = talloc_asprintf(args, "Make a mapping of %s? [y/N] ",
				   entry.name);
	rc = command_confirm(args, false, question);
	if (rc == STATUS_DONE) {
		rc = save(file);
	}
	if (rc == STATUS_DONE) {
		print_views(args, &view, 1);
	}
	return rc;
}

/* --- choosing mappings --------------------------------------------------- */

static bool any_matches(char *const *patterns, const char *text)
{
	if (patterns[0] == NULL) {
		return true;
	}
	for (; *patterns != NULL; patterns++) {
		if (text != NULL &&
		    fnmatch(*patterns, text, FNM_CASEFOLD) == 0) {
			return true;
		}
	}
	return false;
}

/* What is the name of a mapping, such as *.DOMAIN, means that one alone. */
static bool name_matches(const struct certmap_file *file, char *const *patterns,
			 const char *name)
{
	char *const *pattern = patterns;

	for (; *pattern != NULL; pattern++) {
		if (certmap_file_find(file, *pattern) != NULL
			    ? certmap_name_equal(*pattern, name)
			    : fnmatch(*pattern, name, FNM_CASEFOLD) == 0) {
			return true;
		}
	}
	return patterns[0] == NULL;
}

static bool thumbprint_matches(struct args *args, const struct view *view)
{
	char *const *wanted = args_list(args, PARAM_THUMBPRINT);

	if (wanted[0] == NULL) {
		return true;
	}
	for (; *wanted != NULL; wanted++) {
		char *parsed = cert_thumbprint_parse(args, *wanted);

		if (parsed == NULL) {
			continue;
		}
		if (view->cert != NULL
			    ? cert_has_thumbprint(view->cert, parsed)
			    : view->entry->thumbprint != NULL &&
				      strcasecmp(view->entry->thumbprint,
						 parsed) == 0) {
			return true;
		}
	}
	return false;
}

/* Flags and the two conditions are compared as the values they mean. */
static bool value_matches(struct args *args, const struct certmap_entry *entry,
			  const struct certmap_field *field)
{
	char *const *wanted = args_list(args, args_of_field(field));
	char *have = certmap_field_text(args, entry, field);

	if (wanted[0] == NULL) {
		return true;
	}
	for (; *wanted != NULL; wanted++) {
		struct certmap_entry other = {0};
		char *why = NULL;

		if (certmap_field_set(args, &other, field, *wanted, &why) &&
		    strcmp(certmap_field_text(args, &other, field), have) ==
			    0) {
			return true;
		}
	}
	return false;
}

static bool view_matches(struct args *args, const struct view *view)
{
	const struct certmap_entry *entry = view->entry;
	const struct certmap_field *field = certmap_fields;
	const char *subject = entry->subject;
	const char *issuer = entry->issuer_name;

	if (issuer == NULL && view->info != NULL) {
		issuer = view->info->issuer;
	}
	if (subject == NULL && view->info != NULL) {
		subject = view->info->subject;
	}
	for (; field->key != NULL; field++) {
		if (field->type != CERTMAP_TEXT &&
		    (field->sides & view_side(entry)) != 0 &&
		    !value_matches(args, entry, field)) {
			return false;
		}
	}
	return any_matches(args_list(args, PARAM_SUBJECT), subject) &&
	       any_matches(args_list(args, PARAM_ISSUER_NAME), issuer) &&
	       any_matches(args_list(args, PARAM_DISPLAY_NAME),
			   entry->display_name) &&
	       any_matches(args_list(args, PARAM_STORE_NAME),
			   entry->store_name) &&
	       any_matches(args_list(args, PARAM_TYPE), "QUIC") &&
	       thumbprint_matches(args, view);
}

/* All that names and filters leave; NULL at the end, *count without it. */
static struct view **select_views(struct args *args,
				  const struct certmap_file *file,
				  size_t *count)
{
	size_t total = certmap_file_count(file);
	struct view **views = talloc_zero_array(args, struct view *, total + 1);
	size_t i = 0;

	*count = 0;
	for (i = 0; views != NULL && i < total; i++) {
		const struct certmap_entry *entry = certmap_file_get(file, i);
		struct view *view = NULL;

		if (!name_matches(file, args_list(args, command_name(args)),
				  entry->name)) {
			continue;
		}
		view = view_load(views, certmap_file_path(file), entry);
		if (view != NULL && view_matches(args, view)) {
			views[(*count)++] = view;
		}
	}
	return views;
}

static bool pattern_finds(struct args *args, const struct certmap_file *file,
			  const char *pattern)
{
	char *const patterns[] = {talloc_strdup(args, pattern), NULL};
	size_t i = 0;

	while (i < certmap_file_count(file) &&
	       !any_matches(patterns, certmap_file_get(file, i)->name)) {
		i++;
	}
	return i < certmap_file_count(file);
}

/* Names without * and ? must exist; false: said which does not. */
static bool names_exist(struct args *args, const struct certmap_file *file)
{
	char *const *name = args_list(args, command_name(args));
	bool all = true;

	for (; *name != NULL; name++) {
		const char *rest =
			strncmp(*name, "*.", 2) == 0 ? *name + 2 : *name;

		/* *.DOMAIN is a name as well as a pattern. */
		if (strpbrk(rest, "*?[") == NULL &&
		    certmap_file_find(file, *name) == NULL &&
		    (rest == *name || !pattern_finds(args, file, *name))) {
			command_failed("there is no mapping of %s in %s", *name,
				       certmap_file_path(file));
			all = false;
		}
	}
	return all;
}

/* --- get ---------------------------------------------------------------- */

int cmd_get(struct args *args)
{
	struct certmap_file *file = open_file(args, false);
	struct view **views = NULL;
	size_t count = 0;

	if (file == NULL || !names_exist(args, file)) {
		return STATUS_FAILED;
	}
	views = select_views(args, file, &count);
	if (count == 0 && !args_switch(args, PARAM_JSON)) {
		fprintf(stderr, "%s: there are no such mappings in %s\n",
			PROGRAM, certmap_file_path(file));
		return STATUS_DONE;
	}
	print_views(args, views, count);
	return STATUS_DONE;
}

/* --- set ---------------------------------------------------------------- */

static int change(struct args *args, struct certmap_file *file,
		  const char *name, struct view **view)
{
	struct certmap_entry *entry =
		certmap_entry_copy(args, certmap_file_find(file, name));
	char *why = NULL;

	if (entry == NULL) {
		return command_failed("out of memory");
	}
	switch_source(args, entry);
	if (!take_fields(args, entry, &why)) {
		return command_misused(args, "%s", why);
	}
	if (entry->thumbprint != NULL && entry->store_name == NULL) {
		entry->store_name = "My";
	}
	return put_entry(args, file, entry, view);
}

int cmd_set(struct args *args)
{
	char *const *names = args_list(args, command_name(args));
	struct certmap_file *file = open_file(args, true);
	struct view **views = NULL;
	size_t count = 0;
	int rc = STATUS_DONE;

	if (file == NULL || !names_exist(args, file)) {
		return STATUS_FAILED;
	}
	while (names[count] != NULL) {
		count++;
	}
	views = talloc_zero_array(args, struct view *, count + 1);
	for (count = 0; names[count] != NULL; count++) {
		if (certmap_file_find(file, names[count]) == NULL) {
			return command_failed("%s: set takes whole names",
					      names[count]);
		}
		rc = change(args, file, names[count], &views[count]);
		if (rc != STATUS_DONE) {
			return rc;
		}
	}
	if (args_switch(args, PARAM_WHAT_IF)) {
		printf("What if: %zu mapping%s would be changed in %s.\n",
		       count, count == 1 ? "" : "s", certmap_file_path(file));
		return STATUS_DONE;
	}
	rc = command_confirm(args, false, "Change the mappings? [y/N] ");
	if (rc == STATUS_DONE) {
		rc = save(file);
	}
	if (rc == STATUS_DONE && args_switch(args, PARAM_PASS_THRU)) {
		print_views(args, views, count);
	}
	return rc;
}

/* --- remove ------------------------------------------------------------- */

static int remove_views(struct args *args, struct certmap_file *file,
			struct view **views, size_t count)
{
	const struct certmap_entry **entries =
		talloc_array(args, const struct certmap_entry *, count);
	char *names = NULL;
	char *question = NULL;
	size_t i = 0;
	int rc = STATUS_DONE;

	/* The file's own entries go away; these stay to be printed. */
	for (i = 0; i < count; i++) {
		entries[i] = certmap_entry_copy(args, views[i]->entry);
		views[i]->entry = entries[i];
	}
	names = join_names(args, entries, count);
	if (args_switch(args, PARAM_WHAT_IF)) {
		printf("What if: the mapping of %s would be removed from %s.\n",
		       names, certmap_file_path(file));
		return STATUS_DONE;
	}
	question = talloc_asprintf(
		args, "Remove the certificate mapping of %s? [y/N] ", names);
	rc = command_confirm(args, true, question);
	if (rc != STATUS_DONE) {
		return rc;
	}
	for (i = 0; i < count; i++) {
		certmap_file_remove(file, entries[i]->name);
	}
	rc = save(file);
	if (rc == STATUS_DONE && args_switch(args, PARAM_PASS_THRU)) {
		print_views(args, views, count);
	}
	return rc;
}

int cmd_remove(struct args *args)
{
	struct certmap_file *file = open_file(args, true);
	struct view **views = NULL;
	size_t count = 0;

	if (file == NULL || !names_exist(args, file)) {
		return STATUS_FAILED;
	}
	views = select_views(args, file, &count);
	if (count == 0) {
		return command_failed("there are no such mappings in %s",
				      certmap_file_path(file));
	}
	return remove_views(args, file, views, count);
}
