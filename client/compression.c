/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Compression: what is offered, and what of a share is compressed. */
#include <string.h>

#include "client/client_private.h"
#include "smbquic/compress.h"

bool client_compression_parse(const char *name, enum client_compression *out)
{
	static const struct {
		const char *name;
		enum client_compression value;
	} names[] = {
		{"no", CLIENT_COMPRESSION_NO},
		{"share", CLIENT_COMPRESSION_SHARE},
		{"yes", CLIENT_COMPRESSION_YES},
	};
	size_t i = 0;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (strcmp(names[i].name, name) == 0) {
			*out = names[i].value;
			return true;
		}
	}
	return false;
}

/* One name into the list, where each may be once. */
static bool add_algorithm(struct negotiate_ids *ids, const char *name,
			  size_t len)
{
	char copy[32] = {0};
	uint16_t id = SMB2_COMPRESSION_NONE;
	unsigned i = 0;

	if (len < sizeof(copy)) {
		memcpy(copy, name, len);
		id = compress_by_name(copy);
	}
	for (i = 0; i < ids->count; i++) {
		if (ids->id[i] == id) {
			return false;
		}
	}
	if (id == SMB2_COMPRESSION_NONE || ids->count == NEGOTIATE_MAX_IDS) {
		return false;
	}
	ids->id[ids->count++] = id;
	return true;
}

static bool parse_algorithms(const char *list, struct negotiate_ids *ids)
{
	size_t len = 0;

	ids->count = 0;
	do {
		len = strcspn(list, ",");
		if (!add_algorithm(ids, list, len)) {
			return false;
		}
		list += len;
	} while (*list++ == ',');
	return true;
}

bool client_compression_algorithms_valid(const char *list)
{
	struct negotiate_ids ids = {.count = 0};

	return parse_algorithms(list, &ids);
}

void compression_offer(const struct client_options *options,
		       struct negotiate_ids *ids)
{
	ids->count = 0;
	if (options->compression == CLIENT_COMPRESSION_NO) {
		return;
	}
	if (options->compression_algorithms == NULL ||
	    !parse_algorithms(options->compression_algorithms, ids)) {
		(void)parse_algorithms(CLIENT_COMPRESSION_ALGORITHMS, ids);
	}
}

/* MS-SMB2 3.2.5.5. What goes through pipes may hold secrets: never. */
bool compression_of_tree(const struct client_conn *conn,
			 const struct smb2_tree_connect_response *tree)
{
	return conn->agreement.compression.count > 0 &&
	       tree->share_type == SMB2_SHARE_TYPE_DISK &&
	       (conn->options.compression == CLIENT_COMPRESSION_YES ||
		(tree->share_flags & SMB2_SHAREFLAG_COMPRESS_DATA) != 0);
}

uint8_t compression_read_flags(const struct client_tree *tree)
{
	return tree->compress ? SMB2_READFLAG_REQUEST_COMPRESSED : 0;
}

/* ------------------------------------------------------------------- facts */

static const char *compression_why(const struct client_conn *conn,
				   const struct client_tree *tree)
{
	if (conn->options.compression == CLIENT_COMPRESSION_NO) {
		return "not offered";
	}
	if (conn->agreement.compression.count == 0) {
		return "the server does not compress";
	}
	if (tree == NULL) {
		return "possible";
	}
	if (!tree->compress) {
		return "possible, but neither we nor the share ask for it";
	}
	return conn->options.compression == CLIENT_COMPRESSION_YES
		       ? "we ask for it"
		       : "the share asks for it";
}

static const char *terms_text(TALLOC_CTX *mem_ctx,
			      const struct smb2_compress_terms *terms)
{
	char *s = talloc_strdup(mem_ctx, "");
	unsigned i = 0;

	for (i = 0; i < terms->count; i++) {
		s = talloc_asprintf_append_buffer(
			s, "%s%s", i == 0 ? "" : ", ",
			compress_name(terms->algorithms[i]));
	}
	return talloc_asprintf_append_buffer(
		s, "; %s", terms->chained ? "chained" : "not chained");
}

void compression_facts(struct client_conn *conn, const struct client_tree *tree,
		       struct client_facts *out)
{
	const struct smb2_compress_terms *terms = &conn->agreement.compression;

	out->compressing = tree != NULL && tree->compress;
	out->compression_why = compression_why(conn, tree);
	if (terms->count > 0) {
		talloc_free((void *)(uintptr_t)conn->compression);
		conn->compression = terms_text(conn, terms);
		out->compression = conn->compression;
	}
	if (conn->message != NULL) {
		const struct message_savings *s =
			message_conn_savings(conn->message);

		out->compressed_plain = s->plain_in + s->plain_out;
		out->compressed_packed = s->packed_in + s->packed_out;
	}
}
