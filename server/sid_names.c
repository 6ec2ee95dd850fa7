/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The names behind SIDs. */

#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "server/sid_names.h"

#define NSS_BUFFER 65536
#define COUNT(a)   (sizeof(a) / sizeof((a)[0]))

static const struct {
	const char *domain, *name;
	enum sid_kind kind;
	struct sid sid;
} well_known[] = {
	{"", "Everyone", SID_KIND_WELL_KNOWN, {1, 1, {0}}},
	{"", "CREATOR OWNER", SID_KIND_WELL_KNOWN, {3, 1, {0}}},
	{"", "CREATOR GROUP", SID_KIND_WELL_KNOWN, {3, 1, {1}}},
	{"", "OWNER RIGHTS", SID_KIND_WELL_KNOWN, {3, 1, {4}}},
	{"NT AUTHORITY", "NETWORK", SID_KIND_WELL_KNOWN, {5, 1, {2}}},
	{"NT AUTHORITY", "INTERACTIVE", SID_KIND_WELL_KNOWN, {5, 1, {4}}},
	{"NT AUTHORITY", "ANONYMOUS LOGON", SID_KIND_WELL_KNOWN, {5, 1, {7}}},
	{"NT AUTHORITY",
	 "Authenticated Users",
	 SID_KIND_WELL_KNOWN,
	 {5, 1, {11}}},
	{"NT AUTHORITY", "SYSTEM", SID_KIND_WELL_KNOWN, {5, 1, {18}}},
	{"BUILTIN", "Administrators", SID_KIND_ALIAS, {5, 2, {32, 544}}},
	{"BUILTIN", "Users", SID_KIND_ALIAS, {5, 2, {32, 545}}},
	{"BUILTIN", "Guests", SID_KIND_ALIAS, {5, 2, {32, 546}}},
	{"BUILTIN", "Backup Operators", SID_KIND_ALIAS, {5, 2, {32, 551}}},
};

static void set_text(char *dst, size_t size, const char *src)
{
	snprintf(dst, size, "%s", src);
}

static void fill(struct sid_name *out, enum sid_kind kind, const char *domain,
		 const char *name, const struct sid *sid)
{
	out->kind = kind;
	set_text(out->domain, sizeof(out->domain), domain);
	set_text(out->name, sizeof(out->name), name);
	out->sid = *sid;
	out->domain_sid = *sid;
	if (kind != SID_KIND_DOMAIN && sid->count > 0) {
		out->domain_sid.count--;
	}
}

static void fill_user(const struct sid_machine *machine, const char *name,
		      uid_t uid, struct sid_name *out)
{
	struct sid sid = sidmap_user(&machine->map, uid);

	fill(out, SID_KIND_USER,
	     sid.authority == sid_unix_user_domain.authority ? "Unix User"
							     : machine->name,
	     name, &sid);
}

static void fill_group(const struct sid_machine *machine, const char *name,
		       gid_t gid, struct sid_name *out)
{
	struct sid sid = sidmap_group(&machine->map, gid);

	fill(out, SID_KIND_GROUP, "Unix Group", name, &sid);
}

/* --- by SID -----------------------------------------------------------------
 */

static bool user_of(const struct sid_machine *machine, uid_t uid,
		    struct sid_name *out)
{
	char buf[NSS_BUFFER];
	struct passwd pw = {0};
	struct passwd *found = NULL;

	if (getpwuid_r(uid, &pw, buf, sizeof(buf), &found) != 0 ||
	    found == NULL) {
		return false;
	}
	fill_user(machine, pw.pw_name, uid, out);
	return true;
}

static bool group_of(const struct sid_machine *machine, gid_t gid,
		     struct sid_name *out)
{
	char buf[NSS_BUFFER];
	struct group gr = {0};
	struct group *found = NULL;

	if (getgrgid_r(gid, &gr, buf, sizeof(buf), &found) != 0 ||
	    found == NULL) {
		return false;
	}
	fill_group(machine, gr.gr_name, gid, out);
	return true;
}

static bool well_known_of(const struct sid *sid, struct sid_name *out)
{
	size_t i = 0;

	for (i = 0; i < COUNT(well_known); i++) {
		if (sid_equal(sid, &well_known[i].sid)) {
			fill(out, well_known[i].kind, well_known[i].domain,
			     well_known[i].name, sid);
			return true;
		}
	}
	return false;
}

bool sid_name_of(const struct sid_machine *machine, const struct sid *sid,
		 struct sid_name *out)
{
	char text[SID_STRING_SIZE];
	uid_t uid = 0;
	gid_t gid = 0;

	memset(out, 0, sizeof(*out));
	fill(out, SID_KIND_UNKNOWN, "", sid_to_string(sid, text), sid);
	if (well_known_of(sid, out)) {
		return true;
	}
	if (machine->map.machine.count > 0 &&
	    sid_equal(sid, &machine->map.machine)) {
		fill(out, SID_KIND_DOMAIN, machine->name, "", sid);
		return true;
	}
	if (sidmap_uid(&machine->map, sid, &uid)) {
		return user_of(machine, uid, out);
	}
	return sidmap_gid(&machine->map, sid, &gid) &&
	       group_of(machine, gid, out);
}

/* --- by name -----------------------------------------------------------------
 */

static bool find_user(const struct sid_machine *machine, const char *name,
		      struct sid_name *out)
{
	char buf[NSS_BUFFER];
	struct passwd pw = {0};
	struct passwd *found = NULL;

	if (getpwnam_r(name, &pw, buf, sizeof(buf), &found) != 0 ||
	    found == NULL) {
		return false;
	}
	fill_user(machine, pw.pw_name, pw.pw_uid, out);
	return true;
}

static bool find_group(const struct sid_machine *machine, const char *name,
		       struct sid_name *out)
{
	char buf[NSS_BUFFER];
	struct group gr = {0};
	struct group *found = NULL;

	if (getgrnam_r(name, &gr, buf, sizeof(buf), &found) != 0 ||
	    found == NULL) {
		return false;
	}
	fill_group(machine, gr.gr_name, gr.gr_gid, out);
	return true;
}

/* domain "": any. */
static bool find_well_known(const char *domain, const char *name,
			    struct sid_name *out)
{
	size_t i = 0;

	for (i = 0; i < COUNT(well_known); i++) {
		if (strcasecmp(well_known[i].name, name) == 0 &&
		    (*domain == '\0' ||
		     strcasecmp(well_known[i].domain, domain) == 0)) {
			fill(out, well_known[i].kind, well_known[i].domain,
			     well_known[i].name, &well_known[i].sid);
			return true;
		}
	}
	return false;
}

static bool domain_is(const char *domain, const char *wanted)
{
	return *domain == '\0' || strcasecmp(domain, wanted) == 0;
}

bool sid_name_find(const struct sid_machine *machine, const char *name,
		   struct sid_name *out)
{
	const char *slash = strchr(name, '\\');
	char domain[256] = "";

	memset(out, 0, sizeof(*out));
	out->kind = SID_KIND_UNKNOWN;
	if (slash != NULL) {
		snprintf(domain, sizeof(domain), "%.*s", (int)(slash - name),
			 name);
		name = slash + 1;
	}
	if (*name == '\0' || find_well_known(domain, name, out)) {
		return *name != '\0';
	}
	if ((domain_is(domain, machine->name) ||
	     domain_is(domain, "Unix User")) &&
	    find_user(machine, name, out)) {
		return true;
	}
	return (domain_is(domain, machine->name) ||
		domain_is(domain, "Unix Group")) &&
	       find_group(machine, name, out);
}
