/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Security identifiers; numbers are sections of MS-DTYP.
 */
#ifndef SMBQUIC_SID_H
#define SMBQUIC_SID_H

#include "smbquic/wire.h"

/* -------------------------------------------------------------- SID 2.4.2.2 */

#define SID_MAX_SUB_AUTHORITIES 15
#define SID_MAX_SIZE		(8 + 4 * SID_MAX_SUB_AUTHORITIES)
/* "S-1-" and the numbers, with terminator. */
#define SID_STRING_SIZE 192

struct sid {
	uint64_t authority; /* 48 bits */
	uint8_t count;
	uint32_t sub_authorities[SID_MAX_SUB_AUTHORITIES];
};

/* Reads one SID and moves on behind it. False: the reader failed. */
bool sid_get(struct wire_reader *r, struct sid *out);
/* The SID at the front of data. */
bool sid_decode(struct wire_slice data, struct sid *out);
bool sid_encode(struct wire_writer *w, const struct sid *in);
size_t sid_size(const struct sid *sid);
bool sid_equal(const struct sid *a, const struct sid *b);

/* "S-1-5-21-1-2-3-1000", 2.4.2.1. buf has SID_STRING_SIZE bytes; returned. */
char *sid_to_string(const struct sid *sid, char *buf);
bool sid_from_string(const char *s, struct sid *out);

/* The SID with one more sub-authority; false when it has fifteen. */
bool sid_append(const struct sid *base, uint32_t rid, struct sid *out);

/* Well-known ones, 2.4.2.4. */
extern const struct sid sid_everyone;		 /* S-1-1-0 */
extern const struct sid sid_creator_owner;	 /* S-1-3-0 */
extern const struct sid sid_creator_group;	 /* S-1-3-1 */
extern const struct sid sid_anonymous;		 /* S-1-5-7 */
extern const struct sid sid_authenticated_users; /* S-1-5-11 */
extern const struct sid sid_system;		 /* S-1-5-18 */
extern const struct sid sid_administrators;	 /* S-1-5-32-544 */
extern const struct sid sid_users;		 /* S-1-5-32-545 */
extern const struct sid sid_unix_user_domain;	 /* S-1-22-1 */
extern const struct sid sid_unix_group_domain;	 /* S-1-22-2 */

/* S-1-22-1-UID and S-1-22-2-GID, the forms that Samba uses. */
struct sid sid_from_uid(uint32_t uid);
struct sid sid_from_gid(uint32_t gid);
bool sid_to_uid(const struct sid *sid, uint32_t *uid);
bool sid_to_gid(const struct sid *sid, uint32_t *gid);

#endif
