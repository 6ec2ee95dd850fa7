/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * status_file.c - what is open: files, their locks, what clients cache.
 */

#include <inttypes.h>
#include <stdio.h>

#include "server/durable.h"
#include "server/file.h"
#include "server/lock.h"
#include "server/oplock.h"
#include "server/status.h"
#include "smbquic/smb2.h"

struct bit_letter {
	uint32_t bit;
	char letter;
};

static const struct bit_letter caching_letters[] = {
	{SMB2_LEASE_READ_CACHING, 'R'},
	{SMB2_LEASE_WRITE_CACHING, 'W'},
	{SMB2_LEASE_HANDLE_CACHING, 'H'},
	{0, 0},
};

static const struct bit_letter sharing_letters[] = {
	{FILE_SHARE_READ, 'R'},
	{FILE_SHARE_WRITE, 'W'},
	{FILE_SHARE_DELETE, 'D'},
	{0, 0},
};

static const struct bit_letter access_letters[] = {
	{FILE_READ_DATA, 'R'},
	{FILE_WRITE_DATA | FILE_APPEND_DATA, 'W'},
	{SEC_STD_DELETE, 'D'},
	{FILE_EXECUTE, 'X'},
	{0, 0},
};

/* A number with its letters: {"hex": "0x00000003", "text": "RW"}. */
static json_t *bits(uint32_t value, const struct bit_letter *letters)
{
	char hex[16] = "";
	char text[8] = "";
	size_t n = 0;

	snprintf(hex, sizeof(hex), "0x%08" PRIx32, value);
	for (; letters->bit != 0; letters++) {
		if ((value & letters->bit) != 0) {
			text[n++] = letters->letter;
		}
	}
	return json_pack("{s:s, s:s}", "hex", hex, "text", text);
}

static json_t *guid(const struct smb2_guid *id)
{
	char text[2 * sizeof(id->bytes) + 1] = "";
	size_t i = 0;

	for (i = 0; i < sizeof(id->bytes); i++) {
		snprintf(text + 2 * i, 3, "%02x", id->bytes[i]);
	}
	return json_string(text);
}

static const char *service_of(const struct open *open)
{
	if (open->tree != NULL) {
		return open->tree->share->name;
	}
	return open->durable == NULL ? NULL : open->durable->share;
}

static const char *user_of(const struct open *open)
{
	if (open->session != NULL) {
		return open->session->user == NULL ? NULL
						   : open->session->user->name;
	}
	return open->durable == NULL ? NULL : open->durable->user;
}

static const char *name_of(const struct file_open *fo)
{
	return fo->name == NULL || fo->name->path == NULL ? NULL
							  : fo->name->path;
}

/* --- opens -----------------------------------------------------------------
 */

static json_t *oplock_of(const struct file_open *fo)
{
	const struct oplock *oplock = fo->oplock;

	if (oplock == NULL) {
		return json_null();
	}
	return json_pack("{s:s, s:o, s:b}", "kind",
			 oplock->lease ? "lease" : "oplock", "caching",
			 bits(oplock->state, caching_letters), "breaking",
			 oplock->breaking);
}

static json_t *durable_of(const struct open *open)
{
	const struct durable *durable = open->durable;

	if (durable == NULL) {
		return json_null();
	}
	return json_pack("{s:s, s:i, s:b}", "kind",
			 durable->persistent  ? "persistent"
			 : durable->resilient ? "resilient"
					      : "durable",
			 "timeout_ms", (int)durable->timeout, "waits_for_owner",
			 open->session == NULL);
}

static json_t *open_item(const struct open *open, const struct file_open *fo)
{
	return json_pack(
		"{s:o, s:o, s:o, s:o, s:o, s:o, s:b, s:o, s:o, s:o, s:o, s:b,"
		" s:b, s:b}",
		"open_id", status_id(open->persistent_id), "session_id",
		open->session == NULL ? json_null()
				      : status_id(open->session->id),
		"username", status_string(user_of(open)), "service",
		status_string(service_of(open)), "filename",
		status_string(name_of(fo)), "stream",
		status_string(fo->file->stream), "directory",
		fo->file->directory, "access_mask",
		bits(fo->access, access_letters), "sharemode",
		bits(fo->share_access, sharing_letters), "oplock",
		oplock_of(fo), "durable", durable_of(open), "locks",
		lock_holds(fo->file->locks, fo), "delete_pending",
		fo->name != NULL && fo->name->delete_pending, "closing",
		fo->closing);
}

static json_t *pipe_item(const struct open *open)
{
	return json_pack("{s:o, s:o, s:o, s:o, s:b}", "open_id",
			 status_id(open->persistent_id), "session_id",
			 open->session == NULL ? json_null()
					       : status_id(open->session->id),
			 "username", status_string(user_of(open)), "service",
			 status_string(service_of(open)), "pipe", true);
}

static const struct open *next_open(struct status_walk *walk)
{
	return idtable_next(walk->server->opens, &walk->cursor);
}

bool status_next_open(struct status_walk *walk, json_t **item)
{
	const struct open *open = next_open(walk);

	if (open == NULL) {
		return false;
	}
	if (open->file != NULL) {
		*item = open_item(open, open->file);
	} else if (open->pipe != NULL) {
		*item = pipe_item(open);
	}
	return true;
}

/* --- locks -----------------------------------------------------------------
 */

/* JSON's integers have 63 bits for them: text. */
static json_t *big(uint64_t number)
{
	char text[24] = "";

	snprintf(text, sizeof(text), "%" PRIu64, number);
	return json_string(text);
}

static json_t *lock_item(const struct open *open, const struct file_open *fo)
{
	struct lock_range ranges[STATUS_MAX_RANGES];
	size_t count =
		lock_list(fo->file->locks, fo, ranges, STATUS_MAX_RANGES);
	json_t *list = json_array();
	size_t i = 0;

	for (i = 0; i < count && i < STATUS_MAX_RANGES; i++) {
		json_array_append_new(
			list, json_pack("{s:o, s:o, s:s}", "offset",
					big(ranges[i].offset), "length",
					big(ranges[i].length), "type",
					ranges[i].exclusive ? "W" : "R"));
	}
	return json_pack("{s:o, s:o, s:o, s:o, s:o, s:I, s:o}", "open_id",
			 status_id(open->persistent_id), "session_id",
			 open->session == NULL ? json_null()
					       : status_id(open->session->id),
			 "username", status_string(user_of(open)), "service",
			 status_string(service_of(open)), "filename",
			 status_string(name_of(fo)), "count", (json_int_t)count,
			 "locks", list);
}

bool status_next_lock(struct status_walk *walk, json_t **item)
{
	const struct open *open = next_open(walk);
	const struct file_open *fo = open == NULL ? NULL : open->file;

	if (fo != NULL && lock_holds(fo->file->locks, fo)) {
		*item = lock_item(open, fo);
	}
	return open != NULL;
}

/* --- leases ----------------------------------------------------------------
 */

static json_t *lease_item(const struct open *open, const struct file_open *fo)
{
	const struct oplock *oplock = fo->oplock;

	return json_pack(
		"{s:s, s:o, s:o, s:o, s:b, s:i, s:i, s:o, s:o, s:o, s:b}",
		"kind", oplock->lease ? "lease" : "oplock", "lease_key",
		oplock->lease ? guid(&oplock->key) : json_null(), "client_guid",
		guid(&oplock->client), "caching",
		bits(oplock->state, caching_letters), "breaking",
		oplock->breaking, "epoch", (int)oplock->epoch, "open_files",
		(int)oplock->opens, "username", status_string(user_of(open)),
		"service", status_string(service_of(open)), "filename",
		status_string(name_of(fo)), "directory", fo->file->directory);
}

/* Each once: with the first of those who hold it. */
bool status_next_lease(struct status_walk *walk, json_t **item)
{
	const struct open *open = next_open(walk);
	const struct file_open *fo = open == NULL ? NULL : open->file;

	if (fo != NULL && fo->oplock != NULL && fo->oplock->holders == fo) {
		*item = lease_item(open, fo);
	}
	return open != NULL;
}
