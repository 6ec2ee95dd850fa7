/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * handle_peer.c - a client that asks for handles which outlive connections and
 * servers, and comes back for them.
 *
 *	handle_peer SERVER ADDRESS TRANSPORT CA USER%PASSWORD SHARE COMMAND...
 *
 * Commands are run one after the other, on the file opened last:
 *
 *	open:NAME:GUID:MS	open (or make) it, with a persistent handle that
 *				waits so long; GUID: up to 16 characters
 *	batch:NAME:GUID:MS	likewise, with a batch oplock
 *	lease:NAME:GUID:MS	likewise, with a lease of all, whose key is GUID
 *	delete:NAME:GUID:MS	likewise, to be deleted when it is closed
 *	posix:NAME:GUID:MS	likewise, by the POSIX extensions
 *	plain:NAME		open it, sharing everything
 *	app:NAME:ID:VERSION	open (or make) it, sharing nothing, for that
 *				instance of an application, of that version;
 *				0: of none. HANDLE_PEER in the environment says
 *				which client this is
 *	app-kept:NAME:ID:VERSION likewise, with a persistent handle
 *	reclaim:NAME:GUID:ID	come back for a persistent handle
 *	regain:NAME:GUID:ID	likewise, with its lease
 *	repossess:NAME:GUID:ID	likewise, by the POSIX extensions
 *	return:NAME:ID		come back for a resilient handle
 *	id			print its id, for reclaim and return
 *	lock:OFFSET:LENGTH	exclusively, at once
 *	unlock:OFFSET:LENGTH
 *	write:OFFSET:TEXT
 *	read:OFFSET:LENGTH	print it
 *	rename:NAME		unless there is something of that name
 *	resilient:MS		ask that the handle be resilient
 *	sequence:NUMBER		of the channel: of requests from now on
 *	folder:NAME		open a folder, to be listed
 *	notify			wait for a change in it, and print the first
 *	until:FILE		wait until there is that file here
 *	close
 *	remove:NAME		open it, to be deleted when closed, and close it
 *	hold			say "holding", and end when the server is gone
 *
 * Each prints its name and status. Ends with status 1 after the first request
 * that fails otherwise than by an answer of the server.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "client/client_private.h"
#include "smbquic/fscc.h"
#include "smbquic/smb2_fsctl.h"
#include "smbquic/smb2_posix.h"
#include "smbquic/utf16.h"

#define MAX_WORDS 5

struct peer {
	struct tevent_context *ev;
	struct client_conn *conn;
	struct client_tree *tree;
	struct smb2_file_id id;
	uint16_t sequence;
};

static void die(const char *what, NTSTATUS status, const char *why)
{
	fprintf(stderr, "handle_peer: %s: %s\n", what,
		why != NULL ? why : nt_errstr(status));
	exit(1);
}

static struct smb2_guid guid_of(const char *text)
{
	struct smb2_guid guid = {{0}};

	memcpy(guid.bytes, text, strnlen(text, sizeof(guid.bytes)));
	return guid;
}

static uint64_t number(const char *text)
{
	return strtoull(text, NULL, 0);
}

/* --- one request -----------------------------------------------------------
 */

static struct call *begin(struct peer *peer)
{
	return call_new(peer->conn, peer->conn, peer->tree->session,
			peer->tree);
}

static NTSTATUS finish(struct peer *peer, struct call *call, struct call **out)
{
	struct tevent_req *req = NULL;
	NTSTATUS status = NT_STATUS_OK;

	/* call_transmit() takes it from there */
	peer->tree->session->sequence = peer->sequence;
	req = call_send(peer->conn, peer->conn, call);
	if (req == NULL || !tevent_req_poll(req, peer->ev)) {
		die("request", NT_STATUS_NO_MEMORY, NULL);
	}
	status = call_recv_one(req, peer->conn, out);
	talloc_free(req);
	if (*out == NULL) {
		die("request", status, client_why(peer->conn));
	}
	return status;
}

/* --- opening ---------------------------------------------------------------
 */

static bool is_persistent(const struct smb2_create_response *out)
{
	struct wire_slice data = {0};
	struct smb2_durable_v2_response v2 = {0};

	return smb2_create_context_find(out->contexts,
					SMB2_CREATE_DURABLE_HANDLE_REQUEST_V2,
					&data) &&
	       smb2_durable_v2_response_decode(data, &v2) &&
	       (v2.flags & SMB2_DHANDLE_FLAG_PERSISTENT) != 0;
}

static const char *lease_text(struct peer *peer,
			      const struct smb2_create_response *out)
{
	struct wire_slice data = {0};
	struct smb2_lease lease = {0};

	if (!smb2_create_context_find(out->contexts, SMB2_CREATE_REQUEST_LEASE,
				      &data) ||
	    !smb2_lease_decode(data, &lease)) {
		return "";
	}
	return talloc_asprintf(
		peer->conn, ", lease %s%s%s",
		(lease.lease_state & SMB2_LEASE_READ_CACHING) != 0 ? "R" : "",
		(lease.lease_state & SMB2_LEASE_WRITE_CACHING) != 0 ? "W" : "",
		(lease.lease_state & SMB2_LEASE_HANDLE_CACHING) != 0 ? "H"
								     : "");
}

static bool is_posix(const struct smb2_create_response *out)
{
	struct wire_slice data = {0};

	return smb2_create_context_find(out->contexts, SMB2_CREATE_POSIX,
					&data);
}

static void add_posix(struct wire_chain *contexts)
{
	static const uint8_t mode[4] = {0xA4, 0x01}; /* 0644 */

	(void)smb2_create_context_put(
		contexts, wire_slice(SMB2_CREATE_POSIX, SMB2_POSIX_GUID_SIZE),
		wire_slice(mode, sizeof(mode)));
}

static NTSTATUS create(struct peer *peer, struct smb2_create_request *in,
		       const char *name, const char **note)
{
	struct call *call = begin(peer);
	struct call *reply = NULL;
	struct smb2_create_response out = {0};
	struct wire_writer *w = call_add(call, SMB2_CREATE, 0);
	NTSTATUS status = NT_STATUS_OK;

	in->impersonation_level = SMB2_IMPERSONATION_IMPERSONATION;
	if (!utf16_from_utf8(call, name, &in->name) ||
	    !smb2_create_request_encode(w, in)) {
		die(name, NT_STATUS_INVALID_PARAMETER, NULL);
	}
	status = finish(peer, call, &reply);
	if (status == NT_STATUS_OK &&
	    smb2_create_response_decode(reply->part[0].reply.data,
					reply->part[0].reply.len, &out)) {
		peer->id = out.file_id;
		*note = talloc_asprintf(
			peer->conn, "%s%s%s%s",
			is_persistent(&out) ? ", persistent" : "",
			is_posix(&out) ? ", posix" : "",
			out.oplock_level == SMB2_OPLOCK_LEVEL_BATCH ? ", batch"
								    : "",
			lease_text(peer, &out));
	}
	return status;
}

static void add_lease(struct wire_chain *contexts, const char *key)
{
	const struct smb2_lease lease = {
		.version = 2,
		.lease_key = guid_of(key),
		.lease_state = SMB2_LEASE_ALL,
	};

	(void)smb2_lease_add(contexts, &lease);
}

static NTSTATUS do_open(struct peer *peer, char **words, uint8_t level,
			uint32_t options, bool posix, const char **note)
{
	const struct smb2_durable_v2_request v2 = {
		.timeout = (uint32_t)number(words[3]),
		.flags = SMB2_DHANDLE_FLAG_PERSISTENT,
		.create_guid = guid_of(words[2]),
	};
	struct wire_writer list = wire_writer_talloc(peer->conn);
	struct wire_chain contexts = smb2_create_context_list(&list);
	struct smb2_create_request in = {
		.oplock_level = level,
		.desired_access =
			FILE_READ_DATA | FILE_WRITE_DATA | SEC_STD_DELETE,
		.share_access = FILE_SHARE_READ,
		.create_disposition = FILE_OPEN_IF,
		.create_options = options,
	};

	(void)smb2_durable_v2_request_add(&contexts, &v2);
	if (level == SMB2_OPLOCK_LEVEL_LEASE) {
		add_lease(&contexts, words[2]);
	}
	if (posix) {
		add_posix(&contexts);
	}
	in.contexts = wire_writer_slice(&list);
	return create(peer, &in, words[1], note);
}

static NTSTATUS run_open(struct peer *peer, char **words, const char **note)
{
	return do_open(peer, words, SMB2_OPLOCK_LEVEL_NONE, 0, false, note);
}

static NTSTATUS run_batch(struct peer *peer, char **words, const char **note)
{
	return do_open(peer, words, SMB2_OPLOCK_LEVEL_BATCH, 0, false, note);
}

static NTSTATUS run_lease(struct peer *peer, char **words, const char **note)
{
	return do_open(peer, words, SMB2_OPLOCK_LEVEL_LEASE, 0, false, note);
}

static NTSTATUS run_delete(struct peer *peer, char **words, const char **note)
{
	return do_open(peer, words, SMB2_OPLOCK_LEVEL_NONE,
		       FILE_DELETE_ON_CLOSE, false, note);
}

static NTSTATUS run_posix(struct peer *peer, char **words, const char **note)
{
	return do_open(peer, words, SMB2_OPLOCK_LEVEL_NONE, 0, true, note);
}

static NTSTATUS run_plain(struct peer *peer, char **words, const char **note)
{
	struct smb2_create_request in = {
		.desired_access = FILE_READ_DATA | FILE_WRITE_DATA,
		.share_access = FILE_SHARE_ALL,
		.create_disposition = FILE_OPEN,
	};

	return create(peer, &in, words[1], note);
}

static NTSTATUS do_app(struct peer *peer, char **words, bool keep,
		       const char **note)
{
	const struct smb2_durable_v2_request v2 = {
		.flags = SMB2_DHANDLE_FLAG_PERSISTENT,
		.create_guid = guid_of(words[2]),
	};
	const struct smb2_guid id = guid_of(words[2]);
	const struct smb2_app_instance_version version = {
		.low = number(words[3]),
	};
	struct wire_writer list = wire_writer_talloc(peer->conn);
	struct wire_chain contexts = smb2_create_context_list(&list);
	struct smb2_create_request in = {
		.desired_access = FILE_READ_DATA | FILE_WRITE_DATA,
		.create_disposition = FILE_OPEN_IF,
	};

	if (keep) {
		(void)smb2_durable_v2_request_add(&contexts, &v2);
	}
	(void)smb2_app_instance_id_add(&contexts, &id);
	if (version.low != 0) {
		(void)smb2_app_instance_version_add(&contexts, &version);
	}
	in.contexts = wire_writer_slice(&list);
	return create(peer, &in, words[1], note);
}

static NTSTATUS run_app(struct peer *peer, char **words, const char **note)
{
	return do_app(peer, words, false, note);
}

static NTSTATUS run_app_kept(struct peer *peer, char **words, const char **note)
{
	return do_app(peer, words, true, note);
}

static NTSTATUS come_back(struct peer *peer, char **words, uint8_t level,
			  bool posix, const char **note)
{
	const struct smb2_durable_v2_reconnect back = {
		.file_id = {.persistent_id = number(words[3])},
		.create_guid = guid_of(words[2]),
		.flags = SMB2_DHANDLE_FLAG_PERSISTENT,
	};
	struct wire_writer list = wire_writer_talloc(peer->conn);
	struct wire_chain contexts = smb2_create_context_list(&list);
	struct smb2_create_request in = {.oplock_level = level};

	(void)smb2_durable_v2_reconnect_add(&contexts, &back);
	if (level == SMB2_OPLOCK_LEVEL_LEASE) {
		add_lease(&contexts, words[2]);
	}
	if (posix) {
		add_posix(&contexts);
	}
	in.contexts = wire_writer_slice(&list);
	return create(peer, &in, words[1], note);
}

static NTSTATUS run_reclaim(struct peer *peer, char **words, const char **note)
{
	return come_back(peer, words, SMB2_OPLOCK_LEVEL_BATCH, false, note);
}

static NTSTATUS run_regain(struct peer *peer, char **words, const char **note)
{
	return come_back(peer, words, SMB2_OPLOCK_LEVEL_LEASE, false, note);
}

static NTSTATUS run_repossess(struct peer *peer, char **words,
			      const char **note)
{
	return come_back(peer, words, SMB2_OPLOCK_LEVEL_NONE, true, note);
}

static NTSTATUS run_return(struct peer *peer, char **words, const char **note)
{
	const struct smb2_file_id id = {.persistent_id = number(words[2])};
	struct wire_writer list = wire_writer_talloc(peer->conn);
	struct wire_chain contexts = smb2_create_context_list(&list);
	struct smb2_create_request in = {.oplock_level = 0};

	(void)smb2_durable_reconnect_add(&contexts, &id);
	in.contexts = wire_writer_slice(&list);
	return create(peer, &in, words[1], note);
}

static NTSTATUS run_id(struct peer *peer, char **words, const char **note)
{
	(void)words;
	*note = talloc_asprintf(peer->conn, " 0x%016" PRIx64,
				peer->id.persistent_id);
	return NT_STATUS_OK;
}

/* --- using it --------------------------------------------------------------
 */

static NTSTATUS lock(struct peer *peer, char **words, uint32_t flags)
{
	const struct smb2_lock_element element = {
		.offset = number(words[1]),
		.length = number(words[2]),
		.flags = flags,
	};
	const struct smb2_lock_request in = {
		.lock_count = 1,
		.file_id = peer->id,
	};
	struct call *call = begin(peer);
	struct call *reply = NULL;

	(void)smb2_lock_request_encode(call_add(call, SMB2_LOCK, 0), &in,
				       &element);
	return finish(peer, call, &reply);
}

static NTSTATUS run_lock(struct peer *peer, char **words, const char **note)
{
	(void)note;
	return lock(peer, words,
		    SMB2_LOCKFLAG_EXCLUSIVE_LOCK |
			    SMB2_LOCKFLAG_FAIL_IMMEDIATELY);
}

static NTSTATUS run_unlock(struct peer *peer, char **words, const char **note)
{
	(void)note;
	return lock(peer, words, SMB2_LOCKFLAG_UNLOCK);
}

static NTSTATUS run_write(struct peer *peer, char **words, const char **note)
{
	const struct smb2_write_request in = {
		.data = wire_slice(words[2], strlen(words[2])),
		.offset = number(words[1]),
		.file_id = peer->id,
	};
	struct call *call = begin(peer);
	struct call *reply = NULL;

	(void)note;
	(void)smb2_write_request_encode(call_add(call, SMB2_WRITE, in.data.len),
					&in);
	call_payload(call, in.data, NULL);
	return finish(peer, call, &reply);
}

static NTSTATUS run_read(struct peer *peer, char **words, const char **note)
{
	const struct smb2_read_request in = {
		.length = (uint32_t)number(words[2]),
		.offset = number(words[1]),
		.file_id = peer->id,
	};
	struct call *call = begin(peer);
	struct call *reply = NULL;
	struct smb2_read_response out = {0};
	NTSTATUS status = NT_STATUS_OK;

	(void)smb2_read_request_encode(call_add(call, SMB2_READ, in.length),
				       &in);
	status = finish(peer, call, &reply);
	if (status == NT_STATUS_OK &&
	    smb2_read_response_decode(reply->part[0].reply.data,
				      reply->part[0].reply.len, &out)) {
		*note = talloc_asprintf(peer->conn, " \"%.*s\"",
					(int)out.data.len,
					(const char *)out.data.data);
	}
	return status;
}

static NTSTATUS run_rename(struct peer *peer, char **words, const char **note)
{
	struct smb2_set_info_request in = {
		.info_type = SMB2_0_INFO_FILE,
		.file_info_class = FileRenameInformation,
		.file_id = peer->id,
	};
	struct call *call = begin(peer);
	struct call *reply = NULL;
	struct fscc_rename to = {0};
	struct wire_writer data = wire_writer_talloc(call);

	(void)note;
	if (!utf16_from_utf8(call, words[1], &to.name) ||
	    !fscc_rename_encode(&data, false, &to)) {
		die(words[1], NT_STATUS_INVALID_PARAMETER, NULL);
	}
	in.buffer = wire_writer_slice(&data);
	(void)smb2_set_info_request_encode(call_add(call, SMB2_SET_INFO, 0),
					   &in);
	return finish(peer, call, &reply);
}

static NTSTATUS run_resilient(struct peer *peer, char **words,
			      const char **note)
{
	struct smb2_ioctl_request in = {
		.ctl_code = FSCTL_LMR_REQUEST_RESILIENCY,
		.file_id = peer->id,
		.flags = SMB2_0_IOCTL_IS_FSCTL,
	};
	struct call *call = begin(peer);
	struct call *reply = NULL;
	struct wire_writer data = wire_writer_talloc(call);

	(void)note;
	(void)smb2_resiliency_request_encode(&data, (uint32_t)number(words[1]));
	in.input = wire_writer_slice(&data);
	(void)smb2_ioctl_request_encode(call_add(call, SMB2_IOCTL, 0), &in);
	return finish(peer, call, &reply);
}

static NTSTATUS run_sequence(struct peer *peer, char **words, const char **note)
{
	(void)note;
	peer->sequence = (uint16_t)number(words[1]);
	return NT_STATUS_OK;
}

static NTSTATUS run_folder(struct peer *peer, char **words, const char **note)
{
	struct smb2_create_request in = {
		.desired_access = FILE_LIST_DIRECTORY,
		.share_access = FILE_SHARE_ALL,
		.create_disposition = FILE_OPEN,
		.create_options = FILE_DIRECTORY_FILE,
	};

	return create(peer, &in, words[1], note);
}

static NTSTATUS run_notify(struct peer *peer, char **words, const char **note)
{
	const struct smb2_change_notify_request in = {
		.output_buffer_length = 4096,
		.file_id = peer->id,
		.completion_filter = FILE_NOTIFY_CHANGE_FILE_NAME |
				     FILE_NOTIFY_CHANGE_DIR_NAME,
	};
	struct call *call = begin(peer);
	struct call *reply = NULL;
	struct wire_slice data = {0};
	struct wire_walker list = {0};
	struct fscc_notify event = {0};
	NTSTATUS status = NT_STATUS_OK;

	(void)words;
	(void)smb2_change_notify_request_encode(
		call_add(call, SMB2_CHANGE_NOTIFY, in.output_buffer_length),
		&in);
	status = finish(peer, call, &reply);
	if (status == NT_STATUS_OK &&
	    smb2_buffer_response_decode(reply->part[0].reply.data,
					reply->part[0].reply.len, &data)) {
		list = fscc_notifies(data);
		if (fscc_notify_next(&list, &event)) {
			*note = talloc_asprintf(
				peer->conn, " %s",
				utf16_to_utf8(peer->conn, event.name));
		}
	}
	return status;
}

static NTSTATUS run_until(struct peer *peer, char **words, const char **note)
{
	(void)note;
	while (access(words[1], F_OK) != 0) {
		if (!tevent_req_poll(
			    tevent_wakeup_send(
				    peer->conn, peer->ev,
				    tevent_timeval_current_ofs(0, 20000)),
			    peer->ev)) {
			return NT_STATUS_NO_MEMORY;
		}
	}
	return NT_STATUS_OK;
}

static NTSTATUS run_close(struct peer *peer, char **words, const char **note)
{
	const struct smb2_close_request in = {.file_id = peer->id};
	struct call *call = begin(peer);
	struct call *reply = NULL;

	(void)words;
	(void)note;
	(void)smb2_close_request_encode(call_add(call, SMB2_CLOSE, 0), &in);
	return finish(peer, call, &reply);
}

static NTSTATUS run_remove(struct peer *peer, char **words, const char **note)
{
	struct smb2_create_request in = {
		.desired_access = SEC_STD_DELETE,
		.share_access = FILE_SHARE_ALL,
		.create_disposition = FILE_OPEN,
		.create_options = FILE_DELETE_ON_CLOSE,
	};
	NTSTATUS status = create(peer, &in, words[1], note);

	return status == NT_STATUS_OK ? run_close(peer, words, note) : status;
}

static NTSTATUS run_hold(struct peer *peer, char **words, const char **note)
{
	(void)words;
	(void)note;
	printf("holding\n");
	fflush(stdout);
	while (client_why(peer->conn) == NULL) {
		(void)tevent_loop_once(peer->ev);
	}
	exit(0);
}

/* --- all of them -----------------------------------------------------------
 */

static const struct {
	const char *name;
	int words;
	NTSTATUS (*run)(struct peer *peer, char **words, const char **note);
} commands[] = {
	{"open", 4, run_open},
	{"batch", 4, run_batch},
	{"lease", 4, run_lease},
	{"delete", 4, run_delete},
	{"posix", 4, run_posix},
	{"plain", 2, run_plain},
	{"app", 4, run_app},
	{"app-kept", 4, run_app_kept},
	{"reclaim", 4, run_reclaim},
	{"regain", 4, run_regain},
	{"repossess", 4, run_repossess},
	{"return", 3, run_return},
	{"id", 1, run_id},
	{"lock", 3, run_lock},
	{"unlock", 3, run_unlock},
	{"write", 3, run_write},
	{"read", 3, run_read},
	{"rename", 2, run_rename},
	{"resilient", 2, run_resilient},
	{"sequence", 2, run_sequence},
	{"remove", 2, run_remove},
	{"folder", 2, run_folder},
	{"notify", 1, run_notify},
	{"until", 2, run_until},
	{"close", 1, run_close},
	{"hold", 1, run_hold},
};

static void run(struct peer *peer, char *command)
{
	char *words[MAX_WORDS] = {NULL};
	const char *note = "";
	NTSTATUS status = NT_STATUS_OK;
	int count = 0;
	char *rest = NULL;

	for (char *word = strtok_r(command, ":", &rest);
	     word != NULL && count < MAX_WORDS;
	     word = strtok_r(NULL, ":", &rest)) {
		words[count++] = word;
	}
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
		if (count == commands[i].words &&
		    strcmp(words[0], commands[i].name) == 0) {
			status = commands[i].run(peer, words, &note);
			printf("%s: %s%s\n", words[0], nt_errstr(status), note);
			fflush(stdout);
			return;
		}
	}
	die(command, NT_STATUS_INVALID_PARAMETER, "no such command");
}

static void log_on(struct peer *peer, char **argv)
{
	struct client_options options = {0};
	struct client_credentials credentials = {0};
	struct client_session *session = NULL;
	const char *which = getenv("HANDLE_PEER");
	struct smb2_guid guid =
		guid_of(which != NULL ? which : "handle_peer.c 01");
	char *percent = strchr(argv[5], '%');
	char *why = NULL;
	NTSTATUS status = NT_STATUS_OK;

	if (percent == NULL) {
		die(argv[5], NT_STATUS_INVALID_PARAMETER, "no password");
	}
	*percent = '\0';
	client_options_default(&options);
	options.server = argv[1];
	options.address = argv[2];
	options.transports = argv[3];
	options.tls.trust = TLS_TRUST_CA;
	options.tls.ca_file = argv[4];
	options.guid = guid.bytes;
	options.posix = true;
	options.capabilities = SMB2_GLOBAL_CAP_PERSISTENT_HANDLES;
	credentials.user = argv[5];
	credentials.password = percent + 1;
	status =
		client_connect(peer->ev, peer->ev, &options, &peer->conn, &why);
	if (status != NT_STATUS_OK) {
		die("connect", status, why);
	}
	status = client_session_setup(peer->conn, peer->conn, &credentials,
				      &session);
	if (status == NT_STATUS_OK) {
		status = client_tree_connect(peer->conn, session, argv[6],
					     &peer->tree);
	}
	if (status != NT_STATUS_OK) {
		die("log on", status, client_why(peer->conn));
	}
}

int main(int argc, char **argv)
{
	struct peer peer = {.ev = tevent_context_init(NULL)};

	if (argc < 8) {
		fprintf(stderr,
			"usage: handle_peer SERVER ADDRESS TRANSPORT CA "
			"USER%%PASSWORD SHARE COMMAND...\n");
		return 2;
	}
	log_on(&peer, argv);
	for (int i = 7; i < argc; i++) {
		run(&peer, argv[i]);
	}
	/* the connection ends; nothing is closed and nobody logs off */
	talloc_free(peer.ev);
	return 0;
}
