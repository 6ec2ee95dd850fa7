/* SPDX-License-Identifier: GPL-3.0-or-later */

/*
 * The users file, in Samba's smbpasswd line format, and the Unix accounts
 * behind its names.
 *
 *     name:uid:LM hash:NT hash:[U          ]:LCT-XXXXXXXX:
 *
 * Comments and lines that we do not understand stay in the file when it is
 * rewritten.
 */

#ifndef SERVER_USERS_H
#define SERVER_USERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <talloc.h>

#define USERS_NT_HASH_SIZE 16

/* Letters between the brackets. */
#define USERS_FLAG_NORMAL      0x01u /* U */
#define USERS_FLAG_DISABLED    0x02u /* D */
#define USERS_FLAG_NO_PASSWORD 0x04u /* N: never accepted here */
#define USERS_FLAG_NO_EXPIRY   0x08u /* X */
#define USERS_FLAG_MACHINE     0x10u /* W */
#define USERS_FLAG_SERVER      0x20u /* S */
#define USERS_FLAG_DOMAIN      0x40u /* I */
#define USERS_FLAG_LOCKED      0x80u /* L */

struct users; /* a loaded file */

/* One line. Belongs to its `struct users`. */
struct users_entry {
	const char *name;
	uid_t uid;    /* as written in the file */
	bool has_key; /* nt_hash is set: there is a password */
	/* USERS_NT_HASH_SIZE bytes in memory of smbquic/secret.h */
	uint8_t *nt_hash;
	uint32_t flags;
	int64_t changed; /* when the password was set, Unix time */
};

/*
 * Reads the file. It must be a regular file that others cannot read. NULL with
 * a sentence in *error (below mem_ctx) on failure. A file that does not exist
 * is an error here; users_edit() begins an empty one.
 */
struct users *users_load(TALLOC_CTX *mem_ctx, const char *path, char **error);

/* Whether the file on disk is no longer the one that was read. */
bool users_changed(const struct users *users);

size_t users_count(const struct users *users);
const struct users_entry *users_get(const struct users *users, size_t i);

/* By name without regard to case; NULL when there is none, and when no file
 * could be read (users is NULL). */
const struct users_entry *users_find(const struct users *users,
				     const char *name);

/* Whether this entry may log on; if not, *why is a few words for the log. */
bool users_may_log_on(const struct users_entry *entry, const char **why);

/* MD4 of the password in UTF-16LE; false when it is not valid UTF-8. */
bool users_nt_hash(const char *password, uint8_t hash[USERS_NT_HASH_SIZE]);

/*
 * Editing: users_edit() locks and loads (or begins) the file, the functions
 * below change the copy in memory, users_save() writes it whole under a
 * temporary name with mode 0600 and renames it. Freeing the object gives the
 * lock up; without users_save() nothing has changed. All give a sentence in
 * *error when they return NULL or false.
 */
struct users *users_edit(TALLOC_CTX *mem_ctx, const char *path, char **error);
bool users_set_password(struct users *users, const char *name,
			const char *password, char **error); /* or adds */
bool users_set_enabled(struct users *users, const char *name, bool enabled,
		       char **error);
bool users_delete(struct users *users, const char *name, char **error);
bool users_save(struct users *users, char **error);

/* Who acts on the file system. */
struct user {
	const char *name; /* as in the users file */
	uid_t uid;
	gid_t gid;
	size_t num_groups;
	gid_t *groups; /* all of them, gid among them */
	/* `server smb encrypt users` has him; false unless the server asked */
	bool must_encrypt;
};

/*
 * The Unix account behind an entry: that of the same name, else (not for root)
 * that of its uid field. When the process is not root every user acts as the
 * process itself, and no account needs to exist. May block (NSS), so that it is
 * best called from a worker thread, with a mem_ctx of its own there.
 */
struct user *users_resolve(TALLOC_CTX *mem_ctx, const struct users_entry *entry,
			   char **error);

/*
 * The same for `force user` (the account replaces the user's) and `force group`
 * (the primary group alone), NULL for the one that is not forced. `group` may
 * begin with '+': only for members.
 * When the process is not root these leave the user as it is.
 */
struct user *user_force(TALLOC_CTX *mem_ctx, const struct user *user,
			const char *account, const char *group, char **error);

/*
 * Whether a list such as `valid users` names this user: names without regard
 * to case, and groups as @group, +group or &group. May block (NSS).
 */
bool user_listed(const struct user *user, const char *const *list);

#endif /* SERVER_USERS_H */
