/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "smbquic/sid.h"

#define SID_REVISION	  1
#define SID_AUTHORITY_MAX UINT64_C(0xFFFFFFFFFFFF)
#define UNIX_AUTHORITY	  22
#define UNIX_USERS	  1
#define UNIX_GROUPS	  2

const struct sid sid_everyone = {1, 1, {0}};
const struct sid sid_creator_owner = {3, 1, {0}};
const struct sid sid_creator_group = {3, 1, {1}};
const struct sid sid_anonymous = {5, 1, {7}};
const struct sid sid_authenticated_users = {5, 1, {11}};
const struct sid sid_system = {5, 1, {18}};
const struct sid sid_administrators = {5, 2, {32, 544}};
const struct sid sid_users = {5, 2, {32, 545}};
const struct sid sid_unix_user_domain = {UNIX_AUTHORITY, 1, {UNIX_USERS}};
const struct sid sid_unix_group_domain = {UNIX_AUTHORITY, 1, {UNIX_GROUPS}};

/* 2.4.2.2: the authority alone is big-endian. */
bool sid_get(struct wire_reader *r, struct sid *out)
{
	uint8_t revision = wire_get_u8(r);
	size_t i = 0;

	*out = (struct sid){0};
	out->count = wire_get_u8(r);
	out->authority = wire_get_be(r, 6);
	if (revision != SID_REVISION || out->count > SID_MAX_SUB_AUTHORITIES) {
		out->count = 0;
		wire_reader_fail(r);
		return false;
	}
	for (i = 0; i < out->count; i++) {
		out->sub_authorities[i] = wire_get_u32(r);
	}
	return wire_reader_ok(r);
}

bool sid_decode(struct wire_slice data, struct sid *out)
{
	struct wire_reader r = wire_reader_of(data);

	return sid_get(&r, out);
}

bool sid_encode(struct wire_writer *w, const struct sid *in)
{
	size_t i = 0;

	if (in->count > SID_MAX_SUB_AUTHORITIES ||
	    in->authority > SID_AUTHORITY_MAX) {
		wire_writer_fail(w);
		return false;
	}
	wire_put_u8(w, SID_REVISION);
	wire_put_u8(w, in->count);
	wire_put_be(w, in->authority, 6);
	for (i = 0; i < in->count; i++) {
		wire_put_u32(w, in->sub_authorities[i]);
	}
	return wire_writer_ok(w);
}

size_t sid_size(const struct sid *sid)
{
	return 8 + 4 * (size_t)sid->count;
}

bool sid_equal(const struct sid *a, const struct sid *b)
{
	return a->authority == b->authority && a->count == b->count &&
	       memcmp(a->sub_authorities, b->sub_authorities,
		      4 * (size_t)a->count) == 0;
}

/* 2.4.2.1: an authority of more than 32 bits is written in hexadecimal. */
char *sid_to_string(const struct sid *sid, char *buf)
{
	size_t n = 0;
	size_t i = 0;

	if (sid->authority > UINT32_MAX) {
		n = (size_t)snprintf(buf, SID_STRING_SIZE, "S-1-0x%012" PRIX64,
				     sid->authority);
	} else {
		n = (size_t)snprintf(buf, SID_STRING_SIZE, "S-1-%" PRIu64,
				     sid->authority);
	}
	for (i = 0; i < sid->count; i++) {
		n += (size_t)snprintf(buf + n, SID_STRING_SIZE - n, "-%" PRIu32,
				      sid->sub_authorities[i]);
	}
	return buf;
}

/* One number of the string; *s moves on behind it. Digits first, no sign. */
static bool parse_number(const char **s, int base, uint64_t max, uint64_t *out)
{
	const char *digits =
		base == 16 ? "0123456789abcdefABCDEF" : "0123456789";
	size_t len = strspn(*s, digits);
	char *end = NULL;

	if (len == 0 || len > 12) {
		return false;
	}
	*out = strtoull(*s, &end, base);
	if (end != *s + len || *out > max) {
		return false;
	}
	*s = end;
	return true;
}

bool sid_from_string(const char *s, struct sid *out)
{
	uint64_t number = 0;
	int base = 10;

	*out = (struct sid){0};
	if (strncmp(s, "S-1-", 4) != 0 && strncmp(s, "s-1-", 4) != 0) {
		return false;
	}
	s += 4;
	if (strncmp(s, "0x", 2) == 0 || strncmp(s, "0X", 2) == 0) {
		base = 16;
		s += 2;
	}
	if (!parse_number(&s, base, SID_AUTHORITY_MAX, &out->authority)) {
		return false;
	}
	while (*s == '-' && out->count < SID_MAX_SUB_AUTHORITIES) {
		s++;
		if (!parse_number(&s, 10, UINT32_MAX, &number)) {
			return false;
		}
		out->sub_authorities[out->count++] = (uint32_t)number;
	}
	return *s == '\0';
}

bool sid_append(const struct sid *base, uint32_t rid, struct sid *out)
{
	if (base->count >= SID_MAX_SUB_AUTHORITIES) {
		return false;
	}
	*out = *base;
	out->sub_authorities[out->count++] = rid;
	return true;
}

/* --------------------------------------------------------- Unix identities */

static struct sid unix_sid(uint32_t kind, uint32_t id)
{
	struct sid sid = {UNIX_AUTHORITY, 2, {kind, id}};

	return sid;
}

static bool unix_id(const struct sid *sid, uint32_t kind, uint32_t *id)
{
	if (sid->authority != UNIX_AUTHORITY || sid->count != 2 ||
	    sid->sub_authorities[0] != kind) {
		return false;
	}
	*id = sid->sub_authorities[1];
	return true;
}

struct sid sid_from_uid(uint32_t uid)
{
	return unix_sid(UNIX_USERS, uid);
}

struct sid sid_from_gid(uint32_t gid)
{
	return unix_sid(UNIX_GROUPS, gid);
}

bool sid_to_uid(const struct sid *sid, uint32_t *uid)
{
	return unix_id(sid, UNIX_USERS, uid);
}

bool sid_to_gid(const struct sid *sid, uint32_t *gid)
{
	return unix_id(sid, UNIX_GROUPS, gid);
}
