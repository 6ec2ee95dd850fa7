/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SIDs of this machine's users and groups. */

#include "server/sidmap.h"

#define RID_ADMINISTRATOR 500u
#define RID_FIRST	  1000u /* even: users, odd: groups */
#define RID_LAST_ID	  ((UINT32_MAX - RID_FIRST) / 2)

struct sid sidmap_user(const struct sidmap *map, uid_t uid)
{
	struct sid sid = {0};
	uint32_t rid = uid == 0 ? RID_ADMINISTRATOR : RID_FIRST + 2 * uid;

	if (map->machine.count == 0 || uid > RID_LAST_ID ||
	    !sid_append(&map->machine, rid, &sid)) {
		return sid_from_uid(uid);
	}
	return sid;
}

struct sid sidmap_group(const struct sidmap *map, gid_t gid)
{
	(void)map;
	return sid_from_gid(gid);
}

/* The number at its end, if it is one of the machine's. */
static bool machine_rid(const struct sidmap *map, const struct sid *sid,
			uint32_t *rid)
{
	struct sid domain = *sid;

	if (map->machine.count == 0 || sid->count != map->machine.count + 1) {
		return false;
	}
	domain.count--;
	*rid = sid->sub_authorities[domain.count];
	return sid_equal(&domain, &map->machine);
}

bool sidmap_uid(const struct sidmap *map, const struct sid *sid, uid_t *uid)
{
	uint32_t number = 0;

	if (sid_to_uid(sid, &number)) {
		*uid = number;
		return true;
	}
	if (!machine_rid(map, sid, &number)) {
		return false;
	}
	if (number == RID_ADMINISTRATOR) {
		*uid = 0;
		return true;
	}
	*uid = (number - RID_FIRST) / 2;
	return number > RID_FIRST && number % 2 == 0;
}

bool sidmap_gid(const struct sidmap *map, const struct sid *sid, gid_t *gid)
{
	uint32_t number = 0;

	if (sid_to_gid(sid, &number)) {
		*gid = number;
		return true;
	}
	if (!machine_rid(map, sid, &number)) {
		return false;
	}
	*gid = (number - RID_FIRST) / 2;
	return number > RID_FIRST && number % 2 == 1;
}
