/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The Unix account that a user acts as on the file system.
 */
#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <string.h>
#include <unistd.h>

#include "server/users.h"
#include "smbquic/utf16.h"

#define BUFFER_FIRST 1024
#define BUFFER_LIMIT (1024 * 1024)
#define GROUPS_LIMIT 65536

/* --- asking NSS --------------------------------------------------------- */

/* Calls `ask` with a growing buffer, a child of mem_ctx, until it is enough. */
static int ask_nss(TALLOC_CTX *mem_ctx,
		   int (*ask)(void *state, char *buf, size_t size), void *state)
{
	size_t size = 0;
	int err = ERANGE;

	for (size = BUFFER_FIRST; err == ERANGE && size <= BUFFER_LIMIT;
	     size *= 2) {
		char *buf = talloc_size(mem_ctx, size);

		if (buf == NULL) {
			return ENOMEM;
		}
		err = ask(state, buf, size);
	}
	return err;
}

struct passwd_question {
	const char *name; /* NULL: by uid */
	uid_t uid;
	struct passwd pw;
	struct passwd *found;
};

static int ask_passwd(void *state, char *buf, size_t size)
{
	struct passwd_question *q = state;

	if (q->name == NULL) {
		return getpwuid_r(q->uid, &q->pw, buf, size, &q->found);
	}
	return getpwnam_r(q->name, &q->pw, buf, size, &q->found);
}

struct group_question {
	const char *name;
	struct group gr;
	struct group *found;
};

static int ask_group(void *state, char *buf, size_t size)
{
	struct group_question *q = state;

	return getgrnam_r(q->name, &q->gr, buf, size, &q->found);
}

/* --- making a user ------------------------------------------------------ */

static struct user *user_new(TALLOC_CTX *mem_ctx, const char *name, uid_t uid,
			     gid_t gid)
{
	struct user *user = talloc_zero(mem_ctx, struct user);

	if (user == NULL) {
		return NULL;
	}
	user->name = talloc_strdup(user, name);
	user->uid = uid;
	user->gid = gid;
	if (user->name == NULL) {
		talloc_free(user);
		return NULL;
	}
	return user;
}

/* The process's own ids. */
static struct user *as_process(TALLOC_CTX *mem_ctx, const char *name)
{
	struct user *user = user_new(mem_ctx, name, geteuid(), getegid());
	int count = getgroups(0, NULL);

	if (user == NULL || count == -1) {
		talloc_free(user);
		return NULL;
	}
	user->groups = talloc_array(user, gid_t, count + 1);
	if (user->groups != NULL) {
		count = getgroups(count, user->groups + 1);
	}
	if (user->groups == NULL || count == -1) {
		talloc_free(user);
		return NULL;
	}
	user->groups[0] = user->gid;
	user->num_groups = count + 1;
	return user;
}

static bool list_groups(struct user *user, const char *account)
{
	int count = 64;

	while (count <= GROUPS_LIMIT) {
		int room = count;

		user->groups = talloc_realloc(user, user->groups, gid_t, room);
		if (user->groups == NULL) {
			return false;
		}
		if (getgrouplist(account, user->gid, user->groups, &count) !=
		    -1) {
			user->num_groups = count;
			return true;
		}
		count = count > room ? count : 2 * room;
	}
	return false;
}

static struct user *as_account(TALLOC_CTX *mem_ctx, const char *name,
			       const struct passwd *pw)
{
	struct user *user = user_new(mem_ctx, name, pw->pw_uid, pw->pw_gid);

	if (user != NULL && !list_groups(user, pw->pw_name)) {
		talloc_free(user);
		return NULL;
	}
	return user;
}

static void explain(TALLOC_CTX *mem_ctx, char **error, int err,
		    const char *what, const char *name)
{
	if (err == 0) {
		*error = talloc_asprintf(mem_ctx, "there is no %s %s", what,
					 name);
	} else {
		*error =
			talloc_asprintf(mem_ctx, "cannot look up the %s %s: %s",
					what, name, strerror(err));
	}
}

struct user *users_resolve(TALLOC_CTX *mem_ctx, const struct users_entry *entry,
			   char **error)
{
	struct passwd_question q = {.name = entry->name, .uid = entry->uid};
	TALLOC_CTX *buffers = NULL;
	struct user *user = NULL;
	int err = 0;

	*error = NULL;
	if (geteuid() != 0) {
		return as_process(mem_ctx, entry->name);
	}
	buffers = talloc_new(mem_ctx);
	err = ask_nss(buffers, ask_passwd, &q);
	if (q.found == NULL && err == 0 && entry->uid != 0 &&
	    entry->uid != (uid_t)-1) {
		q.name = NULL;
		err = ask_nss(buffers, ask_passwd, &q);
	}
	if (q.found == NULL) {
		explain(mem_ctx, error, err, "Unix account", entry->name);
	} else {
		user = as_account(mem_ctx, entry->name, q.found);
	}
	talloc_free(buffers);
	return user;
}

/* --- force user, force group -------------------------------------------- */

static struct user *copy_user(TALLOC_CTX *mem_ctx, const struct user *user)
{
	struct user *copy = user_new(mem_ctx, user->name, user->uid, user->gid);

	if (copy == NULL) {
		return NULL;
	}
	copy->num_groups = user->num_groups;
	copy->groups = talloc_memdup(copy, user->groups,
				     user->num_groups * sizeof(gid_t));
	if (copy->groups == NULL) {
		talloc_free(copy);
		return NULL;
	}
	return copy;
}

static bool has_group(const struct user *user, gid_t gid)
{
	size_t i = 0;

	for (i = 0; i < user->num_groups; i++) {
		if (user->groups[i] == gid) {
			return true;
		}
	}
	return false;
}

static bool set_group(struct user *user, const char *group, char **error)
{
	struct group_question q = {.name = group + strspn(group, "+")};
	TALLOC_CTX *buffers = talloc_new(user);
	int err = ask_nss(buffers, ask_group, &q);
	gid_t *groups = NULL;

	if (q.found == NULL) {
		explain(talloc_parent(user), error, err, "Unix group", q.name);
		talloc_free(buffers);
		return false;
	}
	talloc_free(buffers);
	if (group[0] == '+' && !has_group(user, q.gr.gr_gid)) {
		return true;
	}
	user->gid = q.gr.gr_gid;
	if (has_group(user, user->gid)) {
		return true;
	}
	groups =
		talloc_realloc(user, user->groups, gid_t, user->num_groups + 1);
	if (groups == NULL) {
		return false;
	}
	groups[user->num_groups++] = user->gid;
	user->groups = groups;
	return true;
}

struct user *user_force(TALLOC_CTX *mem_ctx, const struct user *user,
			const char *account, const char *group, char **error)
{
	struct passwd_question q = {.name = account};
	struct user *forced = NULL;
	TALLOC_CTX *buffers = NULL;
	int err = 0;

	*error = NULL;
	if (geteuid() != 0 || account == NULL) {
		forced = copy_user(mem_ctx, user);
	} else {
		buffers = talloc_new(mem_ctx);
		err = ask_nss(buffers, ask_passwd, &q);
		if (q.found == NULL) {
			explain(mem_ctx, error, err, "Unix account", account);
		} else {
			forced = as_account(mem_ctx, user->name, q.found);
		}
		talloc_free(buffers);
	}
	if (forced != NULL && geteuid() == 0 && group != NULL &&
	    !set_group(forced, group, error)) {
		talloc_free(forced);
		return NULL;
	}
	return forced;
}

/* --- lists -------------------------------------------------------------- */

static bool in_group(const struct user *user, const char *group)
{
	struct group_question q = {.name = group};
	TALLOC_CTX *buffers = talloc_new(NULL);
	bool member = false;

	(void)ask_nss(buffers, ask_group, &q);
	if (q.found != NULL) {
		member = has_group(user, q.gr.gr_gid);
	}
	talloc_free(buffers);
	return member;
}

bool user_listed(const struct user *user, const char *const *list)
{
	for (; *list != NULL; list++) {
		size_t marks = strspn(*list, "@+&");

		if (marks == 0 ? utf8_case_equal(*list, user->name)
			       : in_group(user, *list + marks)) {
			return true;
		}
	}
	return false;
}
