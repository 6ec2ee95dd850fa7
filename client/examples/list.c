/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * list ADDRESS: what is in a folder, and what each file has beside its bytes.
 * One call after another, each of which waits: the simplest way.
 *
 *	cc -o list list.c $(pkg-config --cflags --libs smbquic-client)
 *	PASSWD=... ./list smb://alice@files.example.org/projects
 */
#include <inttypes.h>
#include <string.h>

#include "client/properties.h"
#include "place.h"

static void show_streams(struct place *place, const char *path)
{
	struct client_stream_list *list = NULL;
	size_t i = 0;

	if (!NT_STATUS_IS_OK(client_streams(place, place->tree, path, &list))) {
		return;
	}
	for (i = 0; i < list->count; i++) {
		if (list->stream[i].name[0] != '\0') {
			printf("\tstream %s, %" PRIu64 " bytes\n",
			       list->stream[i].name, list->stream[i].size);
		}
	}
	talloc_free(list);
}

static void show_eas(struct place *place, const char *path)
{
	struct client_ea_list *list = NULL;
	size_t i = 0;

	if (!NT_STATUS_IS_OK(client_eas(place, place->tree, path, &list))) {
		return;
	}
	for (i = 0; i < list->count; i++) {
		printf("\tattribute %s, %zu bytes\n", list->ea[i].name,
		       list->ea[i].value.len);
	}
	talloc_free(list);
}

static void show_access(struct place *place, const char *path)
{
	struct security_descriptor *sd = NULL;
	struct security_acl_walk walk = {0};
	struct security_ace ace = {0};
	char sid[SID_STRING_SIZE] = "";

	if (!NT_STATUS_IS_OK(client_security(place, place->tree, path,
					     OWNER_SECURITY_INFORMATION |
						     DACL_SECURITY_INFORMATION,
					     &sd))) {
		return;
	}
	if (sd->has_owner) {
		printf("\towner %s\n", sid_to_string(&sd->owner, sid));
	}
	walk = security_acl(sd->dacl);
	while (security_acl_next(&walk, &ace)) {
		printf("\taccess %s %08" PRIx32 "\n",
		       sid_to_string(&ace.sid, sid), ace.mask);
	}
	talloc_free(sd);
}

static NTSTATUS show(struct place *place, const char *folder)
{
	struct client_dir_list *list = NULL;
	NTSTATUS status = client_list(place, place->tree, folder, "*", &list);
	size_t i = 0;

	for (i = 0; NT_STATUS_IS_OK(status) && i < list->count; i++) {
		const struct client_dir_entry *entry = &list->entry[i];
		char *path = NULL;

		if (strcmp(entry->name, ".") == 0 ||
		    strcmp(entry->name, "..") == 0) {
			continue;
		}
		path = client_path_join(list, folder, entry->name);
		printf("%s, %" PRIu64 " bytes\n", entry->name,
		       entry->stat.size);
		show_streams(place, path);
		show_eas(place, path);
		show_access(place, path);
	}
	talloc_free(list);
	return status;
}

int main(int argc, char **argv)
{
	struct place *place = argc == 2 ? place_open(argv[1]) : NULL;
	NTSTATUS status = NT_STATUS_OK;

	if (place == NULL) {
		return EXIT_FAILURE;
	}
	status = show(place, place->target->path);
	if (!NT_STATUS_IS_OK(status)) {
		fprintf(stderr, "%s: %s\n", argv[1], nt_errtext(status));
	}
	place_close(place);
	return NT_STATUS_IS_OK(status) ? EXIT_SUCCESS : EXIT_FAILURE;
}
