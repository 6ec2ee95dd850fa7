/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * cmd_props.c - the certificate of a mapping in full, and who trusts it.
 */
#include <stdio.h>

#include "certs/command.h"

struct props {
	struct view *view;
	bool trusted;
	char *trust; /* why, or why not */
};

/* What becomes of the mapping when the certificate is renewed. */
static const char *renewal(const struct certmap_entry *entry)
{
	if (entry->certificate == NULL) {
		return "a renewed certificate has another thumbprint: it needs "
		       "to be mapped anew";
	}
	if (cert_source_is_token(entry->certificate) ||
	    cert_source_is_token(entry->key)) {
		return "what is in a token is read again with SIGHUP";
	}
	return "the server follows the files";
}

static json_t *props_json(const struct props *props)
{
	json_t *json = view_json(props->view);

	if (props->view->cert != NULL) {
		json_object_set_new(json, "Certificate",
				    show_cert_json(props->view->cert));
		json_object_set_new(json, "Trusted",
				    json_boolean(props->trusted));
		json_object_set_new(json, "Trust", json_string(props->trust));
	}
	json_object_set_new(json, "Renewal",
			    json_string(renewal(props->view->entry)));
	return json;
}

static void print_props(const struct props *props)
{
	char *const *problem = props->view->problems;

	printf("%-22s%s\n", "Name", props->view->entry->name);
	if (props->view->cert != NULL) {
		show_cert(props->view->cert, props->trust);
	}
	printf("%-22s%s\n", "Renewal", renewal(props->view->entry));
	if (*problem == NULL) {
		printf("%-22s%s\n", "State", "fit for this name");
	}
	for (; *problem != NULL; problem++) {
		printf("%-22s%s\n", "Refused", *problem);
	}
}

static int load_props(struct args *args, const struct certmap_file *file,
		      const char *name, struct props *props)
{
	const struct certmap_entry *entry = certmap_file_find(file, name);

	if (entry == NULL) {
		return command_failed("there is no mapping of %s in %s", name,
				      certmap_file_path(file));
	}
	props->view = view_load(args, certmap_file_path(file), entry);
	if (props->view == NULL || props->view->problems == NULL) {
		return command_failed("out of memory");
	}
	if (props->view->cert != NULL) {
		props->trusted =
			cert_trusted(args, props->view->cert,
				     args_text(args, PARAM_CA), &props->trust);
	}
	return STATUS_DONE;
}

int cmd_props(struct args *args)
{
	char *const *name = args_list(args, PARAM_NAME);
	const char *path = command_map_file(args);
	struct certmap_file *file = NULL;
	json_t *array = json_array();
	char *why = NULL;
	int rc = STATUS_DONE;

	if (path != NULL) {
		file = certmap_file_load(args, path, CERTMAP_SERVER, &why);
	}
	if (file == NULL) {
		json_decref(array);
		return path == NULL ? STATUS_FAILED : command_failed("%s", why);
	}
	for (; *name != NULL && rc == STATUS_DONE; name++) {
		struct props props = {0};

		rc = load_props(args, file, *name, &props);
		if (rc != STATUS_DONE) {
			break;
		}
		if (args_switch(args, PARAM_JSON)) {
			json_array_append_new(array, props_json(&props));
		} else {
			print_props(&props);
			printf(name[1] == NULL ? "" : "\n");
		}
	}
	if (rc == STATUS_DONE && args_switch(args, PARAM_JSON)) {
		show_json(array);
	} else {
		json_decref(array);
	}
	return rc;
}
