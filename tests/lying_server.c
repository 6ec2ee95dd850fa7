/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * lying_server.c - a server of SMB on TCP that means no good, for the mount.
 *
 *	lying_server PORT-FILE
 *
 * User and password are those of testlib_peer.h; any share will do. What a path
 * is says its last name, see lies[]: folders with names that lead elsewhere or
 * with no end, files longer than long, that are another each time, or of which
 * more is sent than was asked for. The port goes into PORT-FILE.
 */
#include "tests/testlib.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "smbquic/fscc.h"
#include "smbquic/relay_pump.h"
#include "smbquic/utf16.h"
#include "tests/testlib_peer.h"

#define OPENS	 4096 /* whose paths are remembered, the last ones */
#define AT_ONCE	 500  /* entries of an answer */
#define HUGE	 UINT64_MAX
#define QUIET_MS 1000

struct lie {
	const char *name; /* the last of a path */
	uint32_t attributes;
	uint64_t size;
	void (*list)(struct peer *peer, struct fscc_dir_list *list);
	void (*read)(struct peer_reply *reply,
		     const struct smb2_read_request *in);
	const char *entry; /* UTF-16 of a folder's one name, of so many bytes */
	size_t entry_len;
	bool again;   /* lists what it has without an end */
	bool changes; /* is another file each time */
};

static uint64_t counter;
static const struct lie *opened[OPENS];
static bool listed[OPENS];

/* ----------------------------------------------------------------- folders */

static void add_entry(struct fscc_dir_list *list, struct wire_slice name)
{
	const struct fscc_dir_entry entry = {
		.end_of_file = 1,
		.file_attributes = FILE_ATTRIBUTE_ARCHIVE,
		.file_id = ++counter,
		.name = name,
	};

	(void)fscc_dir_add(list, &entry);
}

/* Other names each time. */
static void list_endless(struct peer *peer, struct fscc_dir_list *list)
{
	struct wire_slice name = {0};
	char text[32] = "";
	unsigned i = 0;

	for (i = 0; i < AT_ONCE; i++) {
		snprintf(text, sizeof(text), "entry%llu",
			 (unsigned long long)counter);
		assert_true(utf16_from_utf8(peer, text, &name));
		add_entry(list, name);
	}
}

static void list_itself(struct peer *peer, struct fscc_dir_list *list)
{
	struct fscc_dir_entry entry = {
		.file_attributes = FILE_ATTRIBUTE_DIRECTORY,
		.file_id = 1,
	};

	assert_true(utf16_from_utf8(peer, "itself", &entry.name));
	(void)fscc_dir_add(list, &entry);
}

static void list_nothing(struct peer *peer, struct fscc_dir_list *list)
{
	(void)peer;
	(void)list;
}

/* ------------------------------------------------------------------- files */

static void put_read(struct peer_reply *reply, size_t len)
{
	struct smb2_read_response out = {.data = wire_slice(NULL, len)};

	smb2_read_response_encode(testlib_peer_body(reply), &out);
}

static void read_more(struct peer_reply *reply,
		      const struct smb2_read_request *in)
{
	size_t len = (size_t)in->length + 4096;

	put_read(reply, len);
	memset(wire_put_space(&reply->w, len), 'm', len);
}

static void read_absent(struct peer_reply *reply,
			const struct smb2_read_request *in)
{
	put_read(reply, in->length); /* and no byte of it */
}

static void read_nothing(struct peer_reply *reply,
			 const struct smb2_read_request *in)
{
	(void)in;
	put_read(reply, 0);
	wire_put_u8(&reply->w, 0);
}

#define FOLDER(which) .name = which, .attributes = FILE_ATTRIBUTE_DIRECTORY
#define NAMED(which, text)                                                   \
	{                                                                    \
		FOLDER(which), .entry = text, .entry_len = sizeof(text) - 1, \
	}

static const struct lie lies[] = {
	{FOLDER("")},
	{FOLDER("itself"), .list = list_itself},
	{FOLDER("endless"), .list = list_endless, .again = true},
	{FOLDER("nothing"), .list = list_nothing, .again = true},
	NAMED("parent", ".\0.\0"),
	NAMED("outside", ".\0.\0\\\0x\0"),
	NAMED("slash", "a\0/\0b\0"),
	NAMED("backslash", "a\0\\\0b\0"),
	NAMED("zero", "a\0\0\0b\0"),
	NAMED("empty", ""),
	NAMED("half", "a\0\0\xD8"),
	NAMED("odd", "a\0b"),
	{.name = "huge", .size = HUGE},
	{.name = "negative", .size = (uint64_t)1 << 63},
	{.name = "more", .size = 100000, .read = read_more},
	{.name = "absent", .size = 100000, .read = read_absent},
	{.name = "less", .size = 100000, .read = read_nothing},
	{.name = "another", .size = 10, .changes = true},
	{.name = "kind", .size = 10, .changes = true},
};

static const struct lie *lie_of(const char *path)
{
	const char *name = strrchr(path, '\\');
	size_t i = 0;

	name = name != NULL ? name + 1 : path;
	for (i = 0; i < sizeof(lies) / sizeof(lies[0]); i++) {
		if (strcmp(lies[i].name, name) == 0) {
			return &lies[i];
		}
	}
	return NULL;
}

/* --------------------------------------------------------------- requests */

static uint64_t id_of(const struct lie *lie)
{
	return lie->changes ? ++counter : 1; /* all others are one */
}

static uint32_t attributes_of(const struct lie *lie)
{
	if (strcmp(lie->name, "kind") == 0 && counter % 2 == 0) {
		return FILE_ATTRIBUTE_DIRECTORY;
	}
	return lie->attributes != 0 ? lie->attributes : FILE_ATTRIBUTE_ARCHIVE;
}

static void answer_create(struct peer *peer, const struct message_pdu *pdu,
			  struct peer_reply *reply)
{
	struct wire_writer w = wire_writer_talloc(peer);
	struct wire_chain list = smb2_create_context_list(&w);
	struct smb2_create_request in = {0};
	struct smb2_create_response out = {0};
	struct smb2_qfid_response id = {0};
	const struct lie *lie = NULL;
	char *path = NULL;

	assert_true(smb2_create_request_decode(pdu->data, pdu->len, &in));
	path = utf16_to_utf8(peer, in.name);
	lie = lie_of(path);
	talloc_free(path);
	if (lie == NULL) {
		testlib_peer_error(reply, NT_STATUS_OBJECT_NAME_NOT_FOUND);
		return;
	}
	peer->opened++;
	opened[peer->opened % OPENS] = lie;
	listed[peer->opened % OPENS] = false;
	id.disk_file_id = id_of(lie);
	smb2_qfid_response_add(&list, &id);
	out.create_action = FILE_OPENED;
	out.end_of_file = lie->size;
	out.file_attributes = attributes_of(lie);
	out.file_id.volatile_id = peer->opened;
	out.contexts = wire_writer_slice(&w);
	smb2_create_response_encode(testlib_peer_body(reply), &out);
	talloc_free(w.buf);
}

/* A related request means what was opened last. */
static uint64_t which(const struct peer *peer, const struct smb2_file_id *id)
{
	return (id->volatile_id == SMB2_FILE_ID_ANY ? peer->opened
						    : id->volatile_id) %
	       OPENS;
}

static void answer_list(struct peer *peer, const struct message_pdu *pdu,
			struct peer_reply *reply)
{
	struct smb2_query_directory_request in = {0};
	struct wire_writer w = wire_writer_talloc(peer);
	struct fscc_dir_list list = {0};
	const struct lie *lie = NULL;
	uint64_t at = 0;

	assert_true(
		smb2_query_directory_request_decode(pdu->data, pdu->len, &in));
	at = which(peer, &in.file_id);
	lie = opened[at];
	if (lie == NULL || (listed[at] && !lie->again)) {
		testlib_peer_error(reply, NT_STATUS_NO_MORE_FILES);
		return;
	}
	listed[at] = true;
	list = fscc_dir_list(&w, in.information_class, in.output_buffer_length);
	if (lie->list != NULL) {
		lie->list(peer, &list);
	} else if (lie->entry != NULL) {
		add_entry(&list, wire_slice(lie->entry, lie->entry_len));
	}
	reply->header.status = NT_STATUS_OK;
	smb2_buffer_response_encode(testlib_peer_body(reply),
				    wire_writer_slice(&w));
	talloc_free(w.buf);
}

static void put_all(struct peer *peer, struct wire_writer *w,
		    const struct lie *lie)
{
	struct fscc_all all = {.index_number = id_of(lie)};

	(void)peer;
	all.basic.file_attributes = attributes_of(lie);
	all.standard.end_of_file = lie->size;
	all.standard.allocation_size = lie->size;
	all.standard.number_of_links = UINT32_MAX;
	fscc_all_encode(w, &all);
}

static void answer_query(struct peer *peer, const struct message_pdu *pdu,
			 struct peer_reply *reply)
{
	const struct fscc_fs_full_size none = {
		.total_allocation_units = HUGE,
		.actual_available_allocation_units = HUGE,
	};
	struct smb2_query_info_request in = {0};
	struct wire_writer w = wire_writer_talloc(peer);
	const struct lie *lie = NULL;

	assert_true(smb2_query_info_request_decode(pdu->data, pdu->len, &in));
	lie = opened[which(peer, &in.file_id)];
	if (in.info_type == SMB2_0_INFO_FILESYSTEM) {
		fscc_fs_full_size_encode(&w, &none);
	} else if (lie != NULL && in.file_info_class == FileAllInformation) {
		put_all(peer, &w, lie);
	} else {
		/* attributes: of a length that goes far beyond the answer */
		wire_put_u32(&w, 0x7FFFFFFC);
		wire_put_u32(&w, 0xFFFFFF00);
	}
	reply->header.status = NT_STATUS_OK;
	smb2_buffer_response_encode(testlib_peer_body(reply),
				    wire_writer_slice(&w));
	talloc_free(w.buf);
}

static void answer(struct peer *peer, const struct message_pdu *pdu,
		   struct peer_reply *reply)
{
	struct smb2_read_request in = {0};
	const struct lie *lie = NULL;

	switch (pdu->header.command) {
	case SMB2_CREATE: answer_create(peer, pdu, reply); break;
	case SMB2_QUERY_DIRECTORY: answer_list(peer, pdu, reply); break;
	case SMB2_QUERY_INFO: answer_query(peer, pdu, reply); break;
	case SMB2_READ:
		assert_true(smb2_read_request_decode(pdu->data, pdu->len, &in));
		lie = opened[which(peer, &in.file_id)];
		if (lie != NULL && lie->read != NULL) {
			reply->header.status = NT_STATUS_OK;
			lie->read(reply, &in);
		}
		break;
	default: break;
	}
}

/* ------------------------------------------------------------ connections */

static void over(struct tevent_req *subreq)
{
	void *client = tevent_req_callback_data_void(subreq);

	(void)relay_pump_recv(subreq, NULL);
	talloc_free(client);
}

static void accepted(struct transport *t, void *private_data)
{
	struct tevent_context *ev = private_data;
	void *client = talloc_new(ev);
	struct peer *peer = testlib_peer(client, ev);
	struct tevent_req *subreq = NULL;

	peer->hook = answer;
	talloc_steal(client, t);
	subreq = relay_pump_send(client, ev, t, peer->client_end, QUIET_MS);
	assert_non_null(subreq);
	tevent_req_set_callback(subreq, over, client);
}

int main(int argc, char **argv)
{
	struct sockaddr_in here = {
		.sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	struct tevent_context *ev = tevent_context_init(NULL);
	const struct transport_listen how = {
		.addr = (struct sockaddr *)&here,
		.addr_len = sizeof(here),
		.accept = accepted,
		.private_data = ev,
	};
	struct transport_listener *l = NULL;
	char *why = NULL;
	FILE *f = NULL;

	if (argc != 2) {
		fprintf(stderr, "usage: lying_server PORT-FILE\n");
		return 2;
	}
	if (transport_listen(ev, ev, &transport_tcp, &how, &l, &why) != 0) {
		fprintf(stderr, "lying_server: %s\n", why);
		return 1;
	}
	f = fopen(argv[1], "w");
	if (f == NULL) {
		perror(argv[1]);
		return 1;
	}
	fprintf(f, "%u\n",
		ntohs(((const struct sockaddr_in *)transport_listener_address(
			       l))
			      ->sin_port));
	fclose(f);
	return tevent_loop_wait(ev);
}
