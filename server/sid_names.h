/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * sid_names.h - the names behind SIDs, and back: accounts of this machine
 * (NSS), and the well-known ones (MS-DTYP 2.4.2.4). Functions block and touch
 * plain memory only: for worker threads.
 */
#ifndef SERVER_SID_NAMES_H
#define SERVER_SID_NAMES_H

#include "server/sidmap.h"

/** SID_NAME_USE (MS-LSAT 2.2.13). */
enum sid_kind {
	SID_KIND_USER = 1,
	SID_KIND_GROUP = 2,
	SID_KIND_DOMAIN = 3,
	SID_KIND_ALIAS = 4,
	SID_KIND_WELL_KNOWN = 5,
	SID_KIND_UNKNOWN = 8,
};

struct sid_name {
	enum sid_kind kind;
	char name[256];	  /**< UTF-8 */
	char domain[256]; /**< "" for those that have none */
	struct sid sid, domain_sid;
};

/** Whose names; copied into questions. */
struct sid_machine {
	struct sidmap map;
	char name[16]; /**< the domain of its users */
};

/** @return false: unknown; then out has the SID, and its number as name. */
bool sid_name_of(const struct sid_machine *machine, const struct sid *sid,
		 struct sid_name *out);

/** "name", "DOMAIN\name"; without regard to case where the
 *  system does. @return false: unknown. */
bool sid_name_find(const struct sid_machine *machine, const char *name,
		   struct sid_name *out);

#endif
