/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A hostile server against the client. The first byte says from where on it
 * is hostile; the rest are chunks, one for each request that the client sends
 * then:
 *
 *	kind, length (16 bits, little-endian), bytes
 *
 * 'N' from NEGOTIATE on, 'L' from the logon on, 'P' and 'X' where properties of
 * files, changes and leases are at work, the latter by the POSIX extensions,
 * 'S' and 'T' are the stubs of answers to questions for accounts, anything else
 * where files are. Kinds: below.
 */
#include "tests/fixture_client.h"

#include "client/client_private.h"
#include "client/copy.h"
#include "client/dir_cache.h"
#include "client/multichannel_private.h"
#include "client/properties.h"
#include "client/rpc_private.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum kind {
	KIND_BODY,    /* the bytes are the body, the status is success */
	KIND_STATUS,  /* the first four are a status, then the body */
	KIND_RIGHT,   /* the right answer */
	KIND_HEADER,  /* the bytes change the header, the body is right */
	KIND_PENDING, /* an interim response before the right answer */
	KIND_MESSAGE, /* the bytes are a message */
	KIND_STREAM,  /* the bytes are what they are */
	KIND_SILENT,
	KIND_COUNT,
};

#define IDLE_TURNS 30

static struct {
	struct wire_reader r;
	bool used_up;
	unsigned running;
} input;

/* The next chunk; false at the end of the input. */
static bool next_chunk(enum kind *kind, struct wire_slice *bytes)
{
	size_t len = 0;

	*kind = (enum kind)(wire_get_u8(&input.r) % KIND_COUNT);
	len = wire_get_u16(&input.r);
	if (!wire_reader_ok(&input.r)) {
		input.used_up = true;
		return false;
	}
	if (len > wire_left(&input.r)) {
		len = wire_left(&input.r);
	}
	*bytes = wire_get(&input.r, len);
	return true;
}

static void change_header(struct smb2_header *header, struct wire_slice bytes)
{
	struct wire_reader r = wire_reader_of(bytes);

	header->status = wire_get_u32(&r);
	header->credits = wire_get_u16(&r);
	header->flags ^= wire_get_u32(&r);
	header->message_id += wire_get_u8(&r);
	header->async_id = wire_get_u64(&r);
	header->tree_id = wire_get_u32(&r);
	header->session_id ^= wire_get_u8(&r);
	header->command ^= wire_get_u8(&r);
}

static void send_pending(struct peer *peer, const struct peer_reply *reply)
{
	struct peer_reply pending = *reply;

	pending.w = wire_writer_talloc(peer);
	wire_put_zeros(&pending.w, SMB2_HEADER_SIZE);
	testlib_peer_error(&pending, NT_STATUS_PENDING);
	pending.header.flags |= SMB2_FLAGS_ASYNC_COMMAND;
	pending.header.async_id = 5;
	testlib_peer_send(peer, &pending);
}

static void hostile(struct peer *peer, const struct message_pdu *pdu,
		    struct peer_reply *reply)
{
	struct wire_slice bytes = {0};
	struct wire_reader r = {0};
	enum kind kind = KIND_RIGHT;

	(void)pdu;
	if (!next_chunk(&kind, &bytes)) {
		reply->silent = true;
		return;
	}
	r = wire_reader_of(bytes);
	switch (kind) {
	case KIND_STATUS:
		reply->header.status = wire_get_u32(&r);
		wire_put_slice(testlib_peer_body(reply), wire_get_rest(&r));
		break;
	case KIND_BODY:
		reply->header.status = NT_STATUS_OK;
		wire_put_slice(testlib_peer_body(reply), bytes);
		break;
	case KIND_HEADER: change_header(&reply->header, bytes); break;
	case KIND_PENDING: send_pending(peer, reply); break;
	case KIND_MESSAGE:
		reply->silent = true;
		testlib_peer_raw(peer, bytes.data, bytes.len);
		break;
	case KIND_STREAM:
		reply->silent = true;
		testlib_write_copy(peer->ev, message_conn_transport(peer->conn),
				   bytes.data, bytes.len);
		break;
	case KIND_SILENT: reply->silent = true; break;
	default: break;
	}
}

/* ------------------------------------------------------- what is at work */

static void touch(struct wire_slice s)
{
	volatile uint8_t sum = 0;
	size_t i = 0;

	for (i = 0; i < s.len; i++) {
		sum ^= s.data[i];
	}
}

static void done_list(struct tevent_req *req)
{
	struct client_dir_list *list = NULL;
	size_t i = 0;

	(void)client_list_recv(req, req, &list);
	for (i = 0; list != NULL && i < list->count; i++) {
		touch(wire_slice(list->entry[i].name,
				 strlen(list->entry[i].name)));
	}
	talloc_free(req);
	input.running--;
}

static void done_stat(struct tevent_req *req)
{
	struct client_stat stat = {0};

	(void)client_stat_recv(req, &stat);
	talloc_free(req);
	input.running--;
}

static void done_small(struct tevent_req *req)
{
	struct client_stat stat = {0};
	struct wire_slice data = {0};
	TALLOC_CTX *owner = NULL;

	(void)client_get_small_recv(req, req, &owner, &data, &stat);
	touch(data);
	talloc_free(req);
	input.running--;
}

static void done_shares(struct tevent_req *req)
{
	struct client_share_list *list = NULL;
	size_t i = 0;

	(void)client_shares_recv(req, req, &list);
	for (i = 0; list != NULL && i < list->count; i++) {
		touch(wire_slice(list->share[i].name,
				 strlen(list->share[i].name)));
	}
	talloc_free(req);
	input.running--;
}

static void done_query(struct tevent_req *req)
{
	struct wire_slice data = {0};

	(void)client_query_path_recv(req, req, &data);
	touch(data);
	talloc_free(req);
	input.running--;
}

static void done_commit(struct tevent_req *req)
{
	(void)client_upload_commit_recv(req);
	talloc_free(req);
	input.running--;
}

static void done_upload(struct tevent_req *req)
{
	struct fixture *f = tevent_req_callback_data(req, struct fixture);
	struct client_file *file = NULL;
	struct tevent_req *next = NULL;

	(void)client_upload_recv(req, f->tree, &file);
	talloc_free(req);
	if (file != NULL) {
		next = client_upload_commit_send(f->tree, file, "final", NULL);
	}
	if (next == NULL) {
		input.running--;
		return;
	}
	tevent_req_set_callback(next, done_commit, f);
}

static void done_upload_small(struct tevent_req *req)
{
	(void)client_upload_small_recv(req);
	talloc_free(req);
	input.running--;
}

static void done_copy(struct tevent_req *req)
{
	(void)copy_recv(req, NULL, NULL);
	talloc_free(req);
	input.running--;
}

static void done_open(struct tevent_req *req)
{
	struct fixture *f = tevent_req_callback_data(req, struct fixture);
	struct client_file *file = NULL;
	struct tevent_req *next = NULL;
	struct client_stat stat = {0};

	(void)client_open_recv(req, f->tree, &file, &stat);
	talloc_free(req);
	if (file != NULL) {
		next = copy_send(f->tree, f->ev,
				 copy_remote(f->tree, file, "x", 5000000),
				 copy_null(f->tree, 0), 0, NULL, NULL, NULL);
	}
	if (next == NULL) {
		input.running--;
		return;
	}
	tevent_req_set_callback(next, done_copy, f);
}

static void watch(struct fixture *f, struct tevent_req *req, tevent_req_fn done)
{
	if (req != NULL) {
		input.running++;
		tevent_req_set_callback(req, done, f);
	}
}

static void start_all(struct fixture *f)
{
	const struct client_query query = {
		.type = SMB2_0_INFO_FILE,
		.info_class = FileStreamInformation,
	};
	const struct fscc_basic basic = {.last_write_time = 1};
	struct client_open how = {0};
	uint8_t *bytes = talloc_zero_size(f, 10);

	client_open_default(&how);
	how.oplock = SMB2_OPLOCK_LEVEL_BATCH;
	watch(f, client_list_send(f, f->tree, "d", "*"), done_list);
	watch(f, client_stat_send(f, f->tree, "x"), done_stat);
	watch(f, client_get_small_send(f, f->tree, "x", 65536), done_small);
	watch(f, client_shares_send(f, f->session), done_shares);
	watch(f, client_query_path_send(f, f->tree, "x", 1, &query),
	      done_query);
	watch(f,
	      client_upload_send(f, f->tree, "t", wire_slice(bytes, 10), bytes),
	      done_upload);
	watch(f, client_open_send(f, f->tree, "x", &how), done_open);
	bytes = talloc_zero_size(f, 10);
	watch(f,
	      client_upload_small_send(f, f->tree, "t", "u",
				       wire_slice(bytes, 10), bytes, &basic),
	      done_upload_small);
}

/* ------------------------------------------------------------- properties */

static void done_streams(struct tevent_req *req)
{
	struct client_stream_list *list = NULL;
	size_t i = 0;

	(void)client_streams_recv(req, req, &list);
	for (i = 0; list != NULL && i < list->count; i++) {
		touch(wire_slice(list->stream[i].name,
				 strlen(list->stream[i].name)));
	}
	talloc_free(req);
	input.running--;
}

static void done_eas(struct tevent_req *req)
{
	struct client_ea_list *list = NULL;
	size_t i = 0;

	(void)client_eas_recv(req, req, &list);
	for (i = 0; list != NULL && i < list->count; i++) {
		touch(wire_slice(list->ea[i].name, strlen(list->ea[i].name)));
		touch(list->ea[i].value);
	}
	talloc_free(req);
	input.running--;
}

static void done_security(struct tevent_req *req)
{
	struct security_descriptor *sd = NULL;
	struct security_acl_walk walk = {0};
	struct security_ace ace = {0};
	char text[SID_STRING_SIZE];

	(void)client_security_recv(req, req, &sd);
	if (sd != NULL) {
		walk = security_acl(sd->dacl);
		while (security_acl_next(&walk, &ace)) {
			touch(wire_slice(sid_to_string(&ace.sid, text), 1));
		}
	}
	talloc_free(req);
	input.running--;
}

static void done_snapshots(struct tevent_req *req)
{
	struct client_snapshot_list *list = NULL;
	size_t i = 0;

	(void)client_snapshots_recv(req, req, &list);
	for (i = 0; list != NULL && i < list->count; i++) {
		touch(wire_slice(list->name[i], strlen(list->name[i])));
	}
	talloc_free(req);
	input.running--;
}

static void done_notify(struct tevent_req *req)
{
	struct client_change_list *list = NULL;
	struct wire_slice data = {0};
	size_t i = 0;

	(void)client_notify_recv(req, req, &data);
	(void)client_changes(req, data, &list);
	for (i = 0; list != NULL && i < list->count; i++) {
		touch(wire_slice(list->change[i].name,
				 strlen(list->change[i].name)));
	}
	talloc_free(req);
	input.running--;
}

static void done_server_copy(struct tevent_req *req)
{
	(void)client_server_copy_recv(req);
	talloc_free(req);
	input.running--;
}

/* And what its server says of its network cards. */
static void done_ioctl(struct tevent_req *req)
{
	const struct sockaddr_in peer = {.sin_family = AF_INET};
	struct interfaces ways = {0};
	struct wire_slice out = {0};

	(void)client_ioctl_recv(req, req, &out);
	(void)interfaces_choose(
		out, (const struct sockaddr *)(const void *)&peer, true, &ways);
	talloc_free(req);
	input.running--;
}

static void done_leased(struct tevent_req *req)
{
	struct fixture *f = tevent_req_callback_data(req, struct fixture);
	struct client_file *file = NULL;
	struct client_stat stat = {0};

	(void)client_open_recv(req, f->tree, &file, &stat);
	talloc_free(req);
	input.running--;
}

static void start_properties(struct fixture *f, struct client_file *from,
			     struct client_file *to)
{
	const uint32_t what = OWNER_SECURITY_INFORMATION |
			      GROUP_SECURITY_INFORMATION |
			      DACL_SECURITY_INFORMATION;
	struct client_open how = {0};

	client_open_default(&how);
	how.lease = SMB2_LEASE_ALL;
	how.file_id = true;
	watch(f, client_streams_send(f, f->tree, "x"), done_streams);
	watch(f, client_eas_send(f, f->tree, "x"), done_eas);
	watch(f, client_security_send(f, f->tree, "x", what), done_security);
	watch(f, client_snapshots_send(f, from), done_snapshots);
	watch(f, client_notify_send(f, from, 1, false), done_notify);
	watch(f, client_server_copy_send(from, from, to, 70000, NULL, NULL),
	      done_server_copy);
	watch(f,
	      client_ioctl_send(f, f->tree, NULL,
				FSCTL_QUERY_NETWORK_INTERFACE_INFO,
				wire_slice(NULL, 0), 65536),
	      done_ioctl);
	watch(f, client_open_send(f, f->tree, "x", &how), done_leased);
	watch(f, client_list_send(f, f->tree, "d", "*"), done_list);
	watch(f, client_stat_send(f, f->tree, "d\\x"), done_stat);
}

/* -------------------------------------------------------------- the stage */

static void wake(struct tevent_context *ev, struct tevent_timer *te,
		 struct timeval now, void *private_data)
{
	(void)ev;
	(void)te;
	(void)now;
	(void)private_data;
}

/* One turn of the loop that does not wait. */
static void turn(struct fixture *f)
{
	struct tevent_timer *te =
		tevent_add_timer(f->ev, f, tevent_timeval_zero(), wake, NULL);

	tevent_loop_once(f->ev);
	(void)te;
}

/* Until nothing happens any more; then the server hangs up. */
static void play(struct fixture *f, const unsigned *running)
{
	unsigned seen = 0;
	unsigned idle = 0;

	while (*running > 0 && idle < IDLE_TURNS) {
		turn(f);
		idle = f->peer->messages == seen ? idle + 1 : 0;
		seen = f->peer->messages;
	}
	testlib_peer_hang_up(f->peer);
	for (idle = 0; idle < IDLE_TURNS; idle++) {
		turn(f);
	}
	if (*running > 0) {
		abort(); /* something waits for ever */
	}
}

static void done_connect(struct tevent_req *req)
{
	struct fixture *f = tevent_req_callback_data(req, struct fixture);

	(void)client_connect_recv(req, f, &f->conn, &f->why);
	talloc_free(req);
	input.running--;
}

static void done_setup(struct tevent_req *req)
{
	struct fixture *f = tevent_req_callback_data(req, struct fixture);

	(void)client_session_setup_recv(req, f, &f->session);
	talloc_free(req);
	input.running--;
}

static void stage_connect(struct fixture *f)
{
	f->peer->hook = hostile;
	watch(f, connect_over_send(f, f->ev, f->peer->client_end, &f->options),
	      done_connect);
	play(f, &input.running);
}

static void stage_logon(struct fixture *f)
{
	const struct client_credentials credentials = {
		.user = PEER_USER,
		.password = PEER_PASSWORD,
	};

	(void)fixture_connect(f);
	f->peer->hook = hostile;
	watch(f, client_session_setup_send(f, f->conn, &credentials),
	      done_setup);
	play(f, &input.running);
}

static void stage_files(struct fixture *f)
{
	(void)fixture_connect(f);
	(void)fixture_log_on(f);
	(void)client_tree_connect(f, f->session, "share", &f->tree);
	if (f->tree == NULL) {
		abort(); /* nobody was hostile yet */
	}
	f->peer->hook = hostile;
	f->peer->unsigned_reply = true;
	start_all(f);
	play(f, &input.running);
}

static void stage_properties(struct fixture *f, bool posix)
{
	struct client_dir_cache_options options = {0};
	struct client_file *from = NULL;
	struct client_file *to = NULL;

	fixture_up(f);
	f->conn->agreement.server_capabilities |=
		SMB2_GLOBAL_CAP_LEASING | SMB2_GLOBAL_CAP_DIRECTORY_LEASING;
	f->conn->agreement.capabilities |= SMB2_GLOBAL_CAP_DIRECTORY_LEASING;
	f->conn->agreement.posix = posix;
	client_tree_use_posix(f->tree, posix);
	client_dir_cache_default(&options);
	options.unleased_ms = 1000;
	from = fixture_open(f);
	to = fixture_open(f);
	if (!NT_STATUS_IS_OK(client_tree_cache(f->tree, &options))) {
		abort(); /* nobody was hostile yet */
	}
	f->peer->hook = hostile;
	f->peer->unsigned_reply = true;
	start_properties(f, from, to);
	play(f, &input.running);
	talloc_free(from);
	talloc_free(to);
}

/* Names of two SIDs, or SIDs of two names. */
static void stage_accounts(struct wire_slice stub, bool by_name)
{
	struct client_account_list *list =
		talloc_zero(NULL, struct client_account_list);
	size_t i = 0;

	list->count = 2;
	list->account =
		talloc_zero_array(list, struct client_account, list->count);
	if (by_name) {
		(void)lsarpc_get_sids(stub, list);
	} else if (lsarpc_get_names(stub, list)) {
		for (i = 0; i < list->count; i++) {
			const char *name = list->account[i].known
						   ? list->account[i].name
						   : "";

			touch(wire_slice(name, strlen(name)));
		}
	}
	talloc_free(list);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	void *state = NULL;
	struct fixture *f = NULL;

	if (size > 0 && (data[0] == 'S' || data[0] == 'T')) {
		stage_accounts(wire_slice(data + 1, size - 1), data[0] == 'T');
		return 0;
	}
	fixture_setup(&state);
	f = state;
	f->options.protection = CLIENT_PROTECTION_OFF;
	f->options.timeout_ms = 0;
	f->peer->policy.signing_required = false;
	input.r =
		wire_reader(data + (size > 0 ? 1 : 0), size > 0 ? size - 1 : 0);
	input.used_up = false;
	input.running = 0;
	if (size > 0 && data[0] == 'N') {
		stage_connect(f);
	} else if (size > 0 && data[0] == 'L') {
		stage_logon(f);
	} else if (size > 0 && (data[0] == 'P' || data[0] == 'X')) {
		stage_properties(f, data[0] == 'X');
	} else {
		stage_files(f);
	}
	fixture_teardown(&state);
	return 0;
}
