/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Opening, and coming back for what was open. */
#include <inttypes.h>

#include "smbquic/smb2_posix.h"
#include "smbquic/utf16.h"
#include "tests/handle_peer.h"

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

NTSTATUS peer_create(struct peer *peer, struct smb2_create_request *in,
		     const char *name, const char **note)
{
	struct call *call = peer_begin(peer);
	struct call *reply = NULL;
	struct smb2_create_response out = {0};
	struct wire_writer *w = call_add(call, SMB2_CREATE, 0);
	NTSTATUS status = NT_STATUS_OK;

	in->impersonation_level = SMB2_IMPERSONATION_IMPERSONATION;
	if (!utf16_from_utf8(call, name, &in->name) ||
	    !smb2_create_request_encode(w, in)) {
		peer_die(name, NT_STATUS_INVALID_PARAMETER, NULL);
	}
	status = peer_finish(peer, call, &reply);
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
		.lease_key = peer_guid(key),
		.lease_state = SMB2_LEASE_ALL,
	};

	(void)smb2_lease_add(contexts, &lease);
}

static void add_wishes(struct wire_chain *contexts, uint8_t level,
		       const char *key, bool posix)
{
	if (level == SMB2_OPLOCK_LEVEL_LEASE) {
		add_lease(contexts, key);
	}
	if (posix) {
		add_posix(contexts);
	}
}

static NTSTATUS do_open(struct peer *peer, char **words, uint8_t level,
			uint32_t options, bool posix, const char **note)
{
	const struct smb2_durable_v2_request v2 = {
		.timeout = (uint32_t)peer_number(words[3]),
		.flags = SMB2_DHANDLE_FLAG_PERSISTENT,
		.create_guid = peer_guid(words[2]),
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
	add_wishes(&contexts, level, words[2], posix);
	in.contexts = wire_writer_slice(&list);
	return peer_create(peer, &in, words[1], note);
}

NTSTATUS run_open(struct peer *peer, char **words, const char **note)
{
	return do_open(peer, words, SMB2_OPLOCK_LEVEL_NONE, 0, false, note);
}

NTSTATUS run_batch(struct peer *peer, char **words, const char **note)
{
	return do_open(peer, words, SMB2_OPLOCK_LEVEL_BATCH, 0, false, note);
}

NTSTATUS run_lease(struct peer *peer, char **words, const char **note)
{
	return do_open(peer, words, SMB2_OPLOCK_LEVEL_LEASE, 0, false, note);
}

NTSTATUS run_delete(struct peer *peer, char **words, const char **note)
{
	return do_open(peer, words, SMB2_OPLOCK_LEVEL_NONE,
		       FILE_DELETE_ON_CLOSE, false, note);
}

NTSTATUS run_posix(struct peer *peer, char **words, const char **note)
{
	return do_open(peer, words, SMB2_OPLOCK_LEVEL_NONE, 0, true, note);
}

NTSTATUS run_plain(struct peer *peer, char **words, const char **note)
{
	struct smb2_create_request in = {
		.desired_access = FILE_READ_DATA | FILE_WRITE_DATA,
		.share_access = FILE_SHARE_ALL,
		.create_disposition = FILE_OPEN,
	};

	return peer_create(peer, &in, words[1], note);
}

static NTSTATUS do_app(struct peer *peer, char **words, bool keep,
		       const char **note)
{
	const struct smb2_durable_v2_request v2 = {
		.flags = SMB2_DHANDLE_FLAG_PERSISTENT,
		.create_guid = peer_guid(words[2]),
	};
	const struct smb2_guid id = peer_guid(words[2]);
	const struct smb2_app_instance_version version = {
		.low = peer_number(words[3]),
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
	return peer_create(peer, &in, words[1], note);
}

NTSTATUS run_app(struct peer *peer, char **words, const char **note)
{
	return do_app(peer, words, false, note);
}

NTSTATUS run_app_kept(struct peer *peer, char **words, const char **note)
{
	return do_app(peer, words, true, note);
}

static NTSTATUS come_back(struct peer *peer, char **words, uint8_t level,
			  bool posix, const char **note)
{
	const struct smb2_durable_v2_reconnect back = {
		.file_id = {.persistent_id = peer_number(words[3])},
		.create_guid = peer_guid(words[2]),
		.flags = SMB2_DHANDLE_FLAG_PERSISTENT,
	};
	struct wire_writer list = wire_writer_talloc(peer->conn);
	struct wire_chain contexts = smb2_create_context_list(&list);
	struct smb2_create_request in = {.oplock_level = level};

	(void)smb2_durable_v2_reconnect_add(&contexts, &back);
	add_wishes(&contexts, level, words[2], posix);
	in.contexts = wire_writer_slice(&list);
	return peer_create(peer, &in, words[1], note);
}

NTSTATUS run_reclaim(struct peer *peer, char **words, const char **note)
{
	return come_back(peer, words, SMB2_OPLOCK_LEVEL_BATCH, false, note);
}

NTSTATUS run_regain(struct peer *peer, char **words, const char **note)
{
	return come_back(peer, words, SMB2_OPLOCK_LEVEL_LEASE, false, note);
}

NTSTATUS run_repossess(struct peer *peer, char **words, const char **note)
{
	return come_back(peer, words, SMB2_OPLOCK_LEVEL_NONE, true, note);
}

NTSTATUS run_return(struct peer *peer, char **words, const char **note)
{
	const struct smb2_file_id id = {.persistent_id = peer_number(words[2])};
	struct wire_writer list = wire_writer_talloc(peer->conn);
	struct wire_chain contexts = smb2_create_context_list(&list);
	struct smb2_create_request in = {.oplock_level = 0};

	(void)smb2_durable_reconnect_add(&contexts, &id);
	in.contexts = wire_writer_slice(&list);
	return peer_create(peer, &in, words[1], note);
}

NTSTATUS run_id(struct peer *peer, char **words, const char **note)
{
	(void)words;
	*note = talloc_asprintf(peer->conn, " 0x%016" PRIx64,
				peer->id.persistent_id);
	return NT_STATUS_OK;
}

NTSTATUS run_folder(struct peer *peer, char **words, const char **note)
{
	struct smb2_create_request in = {
		.desired_access = FILE_LIST_DIRECTORY,
		.share_access = FILE_SHARE_ALL,
		.create_disposition = FILE_OPEN,
		.create_options = FILE_DIRECTORY_FILE,
	};

	return peer_create(peer, &in, words[1], note);
}
