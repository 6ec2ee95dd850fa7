/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * contexts_peer.c - a program on client/contexts.h: opens that say and hear
 * all that an open can.
 *
 *	contexts_peer SERVER ADDRESS TRANSPORT CA PROTECTION USER%PASSWORD SHARE
 *		COMMAND...
 *
 * Commands, in their order; what each finds it prints:
 *
 *	make		"made" with a descriptor, attributes and room set aside
 *	again		it is there: what was for its making changes nothing
 *	rights		what may be done with it, also by steps, and not again
 *			when nothing has changed
 *	room		more room than there is
 *	wrong		what cannot be said
 *	past TIME	"folder\file" as of that snapshot, "@GMT-..."
 *	app		an application that goes on at another client
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client/client.h"
#include "client/contexts.h"
#include "client/properties.h"

#define MIB	  ((uint64_t)1024 * 1024)
#define MADE_DACL 0x001200A9u /* to be read */

struct place {
	struct tevent_context *ev;
	struct client_conn *conn;
	struct client_session *session;
	struct client_tree *tree;
};

static char **place_args;

static void die(const char *what, NTSTATUS status, const char *why)
{
	fprintf(stderr, "contexts_peer: %s: %s\n", what,
		why != NULL ? why : nt_errstr(status));
	exit(1);
}

static void place_open(struct place *place, struct tevent_context *ev,
		       const char *guid)
{
	char **args = place_args;
	struct client_options options = {0};
	struct client_credentials credentials = {0};
	char *who = talloc_strdup(ev, args[6]);
	char *why = NULL;
	char *rest = NULL;
	NTSTATUS status = NT_STATUS_OK;

	place->ev = ev;
	client_options_default(&options);
	options.server = args[1];
	options.address = args[2];
	options.transports = args[3];
	options.tls.trust = TLS_TRUST_CA;
	options.tls.ca_file = args[4];
	options.guid = (const uint8_t *)guid;
	if (!client_protection_parse(args[5], &options.protection)) {
		die("protection", NT_STATUS_INVALID_PARAMETER, args[5]);
	}
	credentials.user = strtok_r(who, "%", &rest);
	credentials.password = strtok_r(NULL, "", &rest);
	status = client_connect(ev, ev, &options, &place->conn, &why);
	if (NT_STATUS_IS_OK(status)) {
		status = client_session_setup(ev, place->conn, &credentials,
					      &place->session);
	}
	if (NT_STATUS_IS_OK(status)) {
		status = client_tree_connect(ev, place->session, args[7],
					     &place->tree);
	}
	if (!NT_STATUS_IS_OK(status)) {
		die("no way in", status, why);
	}
}

static struct client_open how_to(uint32_t access, uint32_t disposition,
				 const struct client_contexts *contexts)
{
	struct client_open how = {0};

	client_open_default(&how);
	how.access = access;
	how.disposition = disposition;
	how.contexts = contexts;
	how.file_id = true;
	return how;
}

/* ------------------------------------------------------------------- making */

static struct wire_slice dacl(struct wire_writer *w, uint32_t mask)
{
	size_t acl = security_acl_begin(w);
	struct security_ace ace = {.type = ACCESS_ALLOWED_ACE_TYPE,
				   .mask = mask};

	(void)sid_from_string("S-1-1-0", &ace.sid);
	(void)security_acl_add(w, acl, &ace);
	return security_acl_end(w, acl);
}

static void show_security(struct place *place)
{
	struct security_descriptor *sd = NULL;
	struct security_acl_walk walk = {0};
	struct security_ace ace = {0};
	char sid[SID_STRING_SIZE] = "";
	NTSTATUS status = client_security(place->ev, place->tree, "made",
					  DACL_SECURITY_INFORMATION, &sd);

	printf("its list: %s\n", nt_errstr(status));
	walk = security_acl(sd != NULL ? sd->dacl : wire_slice(NULL, 0));
	while (security_acl_next(&walk, &ace)) {
		if (strcmp(sid_to_string(&ace.sid, sid), "S-1-1-0") == 0) {
			printf("  everyone may 0x%08" PRIx32 "\n", ace.mask);
		}
	}
}

static void show_eas(struct place *place)
{
	struct client_ea_list *list = NULL;
	NTSTATUS status = client_eas(place->ev, place->tree, "made", &list);
	size_t i = 0;

	printf("its attributes: %s\n", nt_errstr(status));
	for (i = 0; list != NULL && i < list->count; i++) {
		/* a server may have some of its own */
		if (strncasecmp(list->ea[i].name, "TEST", 4) == 0) {
			printf("  %s: %.*s\n", list->ea[i].name,
			       (int)list->ea[i].value.len,
			       (const char *)list->ea[i].value.data);
		}
	}
}

/* As if it were made, with other values each time. */
static void make(struct place *place, uint32_t disposition, uint32_t mask,
		 const char *value)
{
	struct wire_writer w = wire_writer_talloc(place->ev);
	const struct security_descriptor sd = {
		.control = SD_DACL_PRESENT,
		.dacl = dacl(&w, mask),
	};
	struct client_ea ea[] = {{.name = "TEST1"}, {.name = "TEST2"}};
	const struct client_ea_list eas = {.count = 2, .ea = ea};
	const struct client_contexts wishes = {
		.maximal_access = true,
		.allocation_size = MIB,
		.security = &sd,
		.eas = &eas,
	};
	const struct client_open how =
		how_to(FILE_READ_ATTRIBUTES |
			       (disposition == FILE_CREATE
					? FILE_WRITE_DATA | FILE_WRITE_EA
					: 0),
		       disposition, &wishes);
	struct client_file *file = NULL;
	struct client_stat stat = {0};
	struct client_told told = {0};
	NTSTATUS status = NT_STATUS_OK;

	ea[0].value = wire_slice(value, strlen(value));
	ea[1].value = wire_slice("second", 6);
	status =
		client_open(place->ev, place->tree, "made", &how, &file, &stat);
	printf("opened: %s\n", nt_errstr(status));
	if (!NT_STATUS_IS_OK(status)) {
		return;
	}
	client_file_told(file, &told);
	printf("%s room, %s\n",
	       stat.allocation_size >= MIB ? "enough" : "not enough",
	       told.file_id != 0 && told.file_id == stat.file_id &&
			       told.volume_id != 0
		       ? "known by file and disk"
		       : "not known");
	client_close(file);
	talloc_free(file);
	show_security(place);
	show_eas(place);
}

static void run_make(struct place *place, const char *word)
{
	(void)word;
	make(place, FILE_CREATE, MADE_DACL, "first");
}

static void run_again(struct place *place, const char *word)
{
	(void)word;
	make(place, FILE_OPEN, 0x001F01FF, "other");
}

/* ------------------------------------------------------------------- rights */

static void run_rights(struct place *place, const char *word)
{
	struct client_contexts wishes = {.maximal_access = true};
	const struct client_open how =
		how_to(FILE_READ_ATTRIBUTES, FILE_OPEN, &wishes);
	struct client_steps_result *result = NULL;
	struct client_file *file = NULL;
	struct client_stat stat = {0};
	struct client_told told = {0};
	NTSTATUS status =
		client_open(place->ev, place->tree, "made", &how, &file, &stat);

	(void)word;
	if (!NT_STATUS_IS_OK(status)) {
		die("made", status, NULL);
	}
	client_file_told(file, &told);
	printf("told %d, %s: reading %d, listed as told %d\n", told.maximal,
	       nt_errstr(told.maximal_status),
	       (told.maximal_access & FILE_READ_DATA) != 0,
	       told.maximal_access == stat.maximal_access);
	client_close(file);
	talloc_free(file);
	status = client_steps(place->ev, place->tree, "made", &how, NULL, 0,
			      &result);
	printf("by steps: %s, the same %d\n", nt_errstr(status),
	       result != NULL &&
		       result->stat.maximal_access == told.maximal_access);
	wishes.maximal_unless = stat.change_time;
	status =
		client_open(place->ev, place->tree, "made", &how, &file, &stat);
	if (!NT_STATUS_IS_OK(status)) {
		die("made", status, NULL);
	}
	client_file_told(file, &told);
	printf("unless it has changed: told %d, %s, 0x%" PRIx32 "\n",
	       told.maximal, nt_errstr(told.maximal_status),
	       told.maximal_access);
	client_close(file);
	talloc_free(file);
}

static void run_room(struct place *place, const char *word)
{
	const struct client_contexts wishes = {.allocation_size =
						       MIB * MIB * MIB / 4};
	struct client_open how = how_to(FILE_WRITE_DATA, FILE_CREATE, &wishes);
	struct client_file *file = NULL;
	struct client_stat stat = {0};
	NTSTATUS status =
		client_open(place->ev, place->tree, "vast", &how, &file, NULL);

	(void)word;
	printf("too much room: %s\n", nt_errstr(status));
	talloc_free(file);
	status = client_stat(place->tree, "vast", &stat);
	printf("what is left of it: %s\n", nt_errstr(status));
}

static void run_wrong(struct place *place, const char *word)
{
	struct client_ea ea = {.name = ""};
	const struct client_ea_list eas = {.count = 1, .ea = &ea};
	const struct client_contexts wishes = {.eas = &eas};
	const struct client_open how =
		how_to(FILE_WRITE_DATA, FILE_CREATE, &wishes);
	struct client_steps_result *result = NULL;
	struct client_dir_list *list = NULL;
	struct client_file *file = NULL;
	struct client_stat stat = {0};
	bool end = false;

	(void)word;
	printf("an attribute without a name: %s, by steps %s, of a folder "
	       "%s\n",
	       nt_errstr(client_open(place->ev, place->tree, "none", &how,
				     &file, NULL)),
	       nt_errstr(client_steps(place->ev, place->tree, "none", &how,
				      NULL, 0, &result)),
	       nt_errstr(client_dir_open(place->ev, place->tree, "none", &how,
					 "*", &file, &list, &end, NULL)));
	printf("what is left of it: %s\n",
	       nt_errstr(client_stat(place->tree, "none", &stat)));
}

/* --------------------------------------------------------------------- past */

static void show_file(struct place *place, struct client_file *file)
{
	char text[64] = "";
	size_t done = 0;
	NTSTATUS status = client_read(file, 0, text, sizeof(text) - 1, &done);

	(void)place;
	text[strcspn(text, "\n")] = '\0';
	printf("  %s: %s\n", nt_errstr(status), text);
	talloc_free(file);
}

static void run_past(struct place *place, const char *word)
{
	struct client_contexts wishes = {.snapshot =
						 client_snapshot_time(word)};
	struct client_open how = how_to(FILE_GENERIC_READ, FILE_OPEN, &wishes);
	struct client_dir_list *list = NULL;
	struct client_file *file = NULL;
	bool end = false;
	NTSTATUS status = NT_STATUS_OK;
	size_t i = 0;

	printf("a time of no snapshot's: %d %d\n",
	       client_snapshot_time("@GMT-2024.01.31-23.59.59x") != 0,
	       client_snapshot_time("yesterday") != 0);
	status = client_open(place->ev, place->tree, "folder\\file", &how,
			     &file, NULL);
	printf("the file then: %s\n", nt_errstr(status));
	if (file != NULL) {
		show_file(place, file);
	}
	how.lease = SMB2_LEASE_READ_CACHING;
	how.access = FILE_LIST_DIRECTORY;
	how.options = FILE_DIRECTORY_FILE;
	status = client_dir_open(place->ev, place->tree, "folder", &how, "*",
				 &file, &list, &end, NULL);
	printf("the folder then: %s\n", nt_errstr(status));
	for (i = 0; list != NULL && i < list->count; i++) {
		if (list->entry[i].name[0] != '.') {
			printf("  %s\n", list->entry[i].name);
		}
	}
	talloc_free(file);
	wishes.snapshot += 10000000;
	how = how_to(FILE_GENERIC_READ, FILE_OPEN, &wishes);
	status = client_open(place->ev, place->tree, "folder\\file", &how,
			     &file, NULL);
	printf("a second later: %s\n", nt_errstr(status));
	wishes.snapshot = 0;
	status = client_open(place->ev, place->tree, "folder\\file", &how,
			     &file, NULL);
	printf("now: %s\n", nt_errstr(status));
	if (file != NULL) {
		show_file(place, file);
	}
}

/* ---------------------------------------------------------------------- app */

static NTSTATUS app_open(struct place *place, const struct smb2_guid *id,
			 uint64_t version, struct client_file **out)
{
	const struct smb2_app_instance_version as = {.low = version};
	const struct client_contexts wishes = {
		.app_instance = id,
		.app_version = version != 0 ? &as : NULL,
	};
	struct client_open how = how_to(FILE_GENERIC_READ | FILE_GENERIC_WRITE,
					FILE_OPEN_IF, &wishes);

	how.share = 0;
	return client_open(place->ev, place->tree, "machine", &how, out, NULL);
}

static void run_app(struct place *place, const char *word)
{
	const struct smb2_guid id = {.bytes = "an application."};
	struct client_file *here = NULL;
	struct client_file *there = NULL;
	struct place other = {0};
	char text[8] = "";
	size_t done = 0;

	(void)word;
	place_open(&other, place->ev, "another client 2");
	printf("it has it: %s\n", nt_errstr(app_open(place, &id, 1, &here)));
	printf("nobody else: %s\n",
	       nt_errstr(app_open(&other, NULL, 0, &there)));
	printf("nor itself, no later: %s\n",
	       nt_errstr(app_open(&other, &id, 1, &there)));
	printf("later: %s\n", nt_errstr(app_open(&other, &id, 2, &there)));
	printf("it has gone on: %s\n",
	       nt_errstr(client_read(here, 0, text, sizeof(text), &done)));
	printf("elsewhere: %s\n", nt_errstr(client_write(there, 0, "x", 1)));
	talloc_free(there);
	talloc_free(here);
	talloc_free(other.conn);
}

static const struct {
	const char *name;
	bool word;
	void (*run)(struct place *place, const char *word);
} commands[] = {
	{"make", false, run_make},     {"again", false, run_again},
	{"rights", false, run_rights}, {"room", false, run_room},
	{"wrong", false, run_wrong},   {"past", true, run_past},
	{"app", false, run_app},
};

int main(int argc, char **argv)
{
	struct tevent_context *ev = tevent_context_init(NULL);
	struct place place = {0};
	int i = 0;
	size_t c = 0;

	if (argc < 9) {
		fprintf(stderr, "usage: contexts_peer SERVER ADDRESS TRANSPORT "
				"CA PROTECTION USER%%PASSWORD SHARE "
				"COMMAND...\n");
		return 2;
	}
	place_args = argv;
	place_open(&place, ev, "a client, this 1");
	for (i = 8; i < argc; i++) {
		for (c = 0; c < sizeof(commands) / sizeof(commands[0]); c++) {
			if (strcmp(argv[i], commands[c].name) == 0) {
				break;
			}
		}
		if (c == sizeof(commands) / sizeof(commands[0]) ||
		    (commands[c].word && i + 1 == argc)) {
			die(argv[i], NT_STATUS_INVALID_PARAMETER, NULL);
		}
		printf("== %s\n", argv[i]);
		i += commands[c].word ? 1 : 0;
		commands[c].run(&place, argv[i]);
		fflush(stdout);
	}
	client_disconnect(place.conn);
	talloc_free(ev);
	return 0;
}
