/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The users file: Samba's smbpasswd lines, read, looked up and rewritten.
 */
#include "server/users.h"

#include <errno.h>
#include <nettle/md4.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "smbquic/private_file.h"
#include "smbquic/savefile.h"
#include "smbquic/secret.h"
#include "smbquic/utf16.h"

#define LOG_MODULE "users"
#include "smbquic/log.h"

#define MAX_FILE  (16 * 1024 * 1024)
#define MAX_NAME  256
#define HASH_TEXT (2 * USERS_NT_HASH_SIZE)

/* A line of the file. What is no user is kept as it is. */
struct row {
	char *text; /* NULL where nothing is edited */
	bool is_user;
	struct users_entry entry;
};

struct users {
	char *path;
	struct savefile_stamp stamp;
	int lock; /* descriptor, -1 when this is not for editing */
	struct row *rows;
	size_t count;
	uint8_t *hashes; /* of the rows that were read, in their order */
	char *file;	 /* what they were read from, with hashes in it */
};

/* --- one line ----------------------------------------------------------- */

static const struct flag {
	char letter;
	uint32_t flag;
} flags[] = {
	{'U', USERS_FLAG_NORMAL},      {'D', USERS_FLAG_DISABLED},
	{'N', USERS_FLAG_NO_PASSWORD}, {'X', USERS_FLAG_NO_EXPIRY},
	{'W', USERS_FLAG_MACHINE},     {'S', USERS_FLAG_SERVER},
	{'I', USERS_FLAG_DOMAIN},      {'L', USERS_FLAG_LOCKED},
};
#define NUM_FLAGS (sizeof(flags) / sizeof(flags[0]))

/* "[UD         ]" */
static bool read_flags(const char *text, uint32_t *out)
{
	size_t i = 0;

	*out = 0;
	if (*text++ != '[') {
		return false;
	}
	for (; *text != ']'; text++) {
		for (i = 0; i < NUM_FLAGS && flags[i].letter != *text; i++) {
		}
		if (i < NUM_FLAGS) {
			*out |= flags[i].flag;
		} else if (*text == '\0') {
			return false;
		} /* letters that we do not know say nothing to us */
	}
	return true;
}

static void write_flags(char out[16], uint32_t value)
{
	char letters[NUM_FLAGS + 1] = "";
	size_t n = 0;
	size_t i = 0;

	for (i = 0; i < NUM_FLAGS; i++) {
		if ((value & flags[i].flag) != 0) {
			letters[n++] = flags[i].letter;
		}
	}
	snprintf(out, 16, "[%-11s]", letters);
}

static int hex_digit(char c)
{
	static const char digits[] = "0123456789ABCDEF0123456789abcdef";
	const char *at = c == '\0' ? NULL : strchr(digits, c);

	return at == NULL ? -1 : (int)((at - digits) % 16);
}

/* Other than 32 digits (Samba writes X's, or "NO PASSWORD"): no key. */
static bool read_hash(const char *text, uint8_t out[USERS_NT_HASH_SIZE])
{
	size_t i = 0;

	if (strlen(text) != HASH_TEXT) {
		return false;
	}
	for (i = 0; i < USERS_NT_HASH_SIZE; i++) {
		int high = hex_digit(text[2 * i]);
		int low = hex_digit(text[2 * i + 1]);

		if (high == -1 || low == -1) {
			return false;
		}
		out[i] = high << 4 | low;
	}
	return true;
}

static bool read_number(const char *text, int base, unsigned long max,
			unsigned long *out)
{
	char *end = NULL;

	errno = 0;
	*out = strtoul(text, &end, base);
	return errno == 0 && end != text && *end == '\0' && *out <= max;
}

static bool good_name(const char *name)
{
	const char *c = name;

	for (c = name; *c != '\0'; c++) {
		if ((unsigned char)*c < ' ' || *c == 0x7f) {
			return false;
		}
	}
	return name[0] != '\0' && strlen(name) <= MAX_NAME &&
	       strchr("#@+&", name[0]) == NULL && utf8_valid(name) &&
	       strpbrk(name, "\"/\\[]:;|=,*?<>") == NULL;
}

/* name:uid:LM:NT:[flags]:LCT-XXXXXXXX: */
static bool read_entry(struct users *users, struct row *row, uint8_t *hash)
{
	struct users_entry *entry = &row->entry;
	static char none[1];
	char *fields[6] = {NULL};
	char *rest = talloc_strdup(users, row->text);
	char *line = rest;
	size_t len = rest == NULL ? 0 : strlen(rest);
	unsigned long number = 0;
	size_t i = 0;

	for (i = 0; i < 6; i++) {
		fields[i] = rest == NULL ? none : strsep(&rest, ":");
	}
	if (!good_name(fields[0]) ||
	    !read_number(fields[1], 10, UINT32_MAX, &number) ||
	    !read_flags(fields[4], &entry->flags)) {
		explicit_bzero(line, len);
		talloc_free(line);
		return false;
	}
	entry->name = fields[0];
	entry->uid = number;
	entry->nt_hash = hash;
	entry->has_key = read_hash(fields[3], hash);
	secret_wipe_text(fields[2]);
	secret_wipe_text(fields[3]);
	if (strncmp(fields[5], "LCT-", 4) == 0 &&
	    read_number(fields[5] + 4, 16, UINT32_MAX, &number)) {
		entry->changed = number;
	}
	return true;
}

static bool write_entry(struct users *users, struct row *row)
{
	const struct users_entry *entry = &row->entry;
	char hash[HASH_TEXT + 1] = "";
	char letters[16] = "";
	size_t i = 0;

	for (i = 0; i < USERS_NT_HASH_SIZE; i++) {
		snprintf(hash + 2 * i, 3, "%02X", entry->nt_hash[i]);
	}
	if (!entry->has_key) {
		memset(hash, 'X', HASH_TEXT);
	}
	write_flags(letters, entry->flags);
	row->text = talloc_asprintf(
		users, "%s:%lu:%s:%s:%s:LCT-%08lX:", entry->name,
		(unsigned long)entry->uid, "XXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXX",
		hash, letters, (unsigned long)entry->changed);
	explicit_bzero(hash, sizeof(hash));
	return row->text != NULL;
}

/* --- the file ----------------------------------------------------------- */

/* Where lines stay, for editing, that is when they are no longer needed. */
static void wipe_file(struct users *users)
{
	if (users->file != NULL) {
		explicit_bzero(users->file, talloc_get_size(users->file));
		TALLOC_FREE(users->file);
	}
}

static int users_destructor(struct users *users)
{
	size_t i = 0;

	for (i = 0; i < users->count; i++) {
		secret_wipe_text(users->rows[i].text);
	}
	wipe_file(users);
	if (users->lock != -1) {
		close(users->lock);
	}
	return 0;
}

static struct users *users_new(TALLOC_CTX *mem_ctx, const char *path)
{
	struct users *users = talloc_zero(mem_ctx, struct users);

	if (users == NULL) {
		return NULL;
	}
	users->lock = -1;
	users->path = talloc_strdup(users, path);
	talloc_set_destructor(users, users_destructor);
	return users;
}

static struct row *add_row(struct users *users)
{
	struct row *rows = talloc_realloc(users, users->rows, struct row,
					  users->count + 1);

	if (rows == NULL) {
		return NULL;
	}
	users->rows = rows;
	rows[users->count] = (struct row){.is_user = false};
	return &rows[users->count++];
}

static size_t count_lines(const char *text)
{
	size_t count = 1;

	for (; *text != '\0'; text++) {
		count += *text == '\n' ? 1 : 0;
	}
	return count;
}

static bool read_rows(struct users *users, char *text)
{
	char *line = NULL;

	users->hashes =
		secret_new(users, count_lines(text) * USERS_NT_HASH_SIZE);
	if (users->hashes == NULL) {
		return false;
	}
	for (line = strsep(&text, "\n"); line != NULL;
	     line = strsep(&text, "\n")) {
		struct row *row = NULL;

		if (text == NULL && line[0] == '\0') {
			break; /* behind the last newline */
		}
		line[strcspn(line, "\r")] = '\0';
		row = add_row(users);
		if (row == NULL) {
			return false;
		}
		row->text = line;
		row->is_user =
			read_entry(users, row,
				   users->hashes + (users->count - 1) *
							   USERS_NT_HASH_SIZE);
		if (!row->is_user && line[0] != '#' && line[0] != '\0') {
			log_warn("%s:%zu: not a user's line; left out",
				 users->path, users->count);
		}
	}
	return true;
}

static bool read_file(struct users *users, char **error)
{
	struct stat st = {0};
	size_t len = 0;
	char *text = savefile_read(users, users->path, MAX_FILE, &len, &st);

	if (text == NULL) {
		*error = talloc_asprintf(
			talloc_parent(users), "cannot read %s: %s", users->path,
			errno == EINVAL ? "it is not a file" : strerror(errno));
		return false;
	}
	users->file = text;
	*error = private_file_exposed(talloc_parent(users), users->path, &st,
				      "what is as good as passwords");
	if (*error != NULL) {
		return false;
	}
	users->stamp = savefile_stamp(&st);
	if (strlen(text) != len || !read_rows(users, text)) {
		*error = talloc_asprintf(talloc_parent(users),
					 "%s is not a users file", users->path);
		return false;
	}
	return true;
}

struct users *users_load(TALLOC_CTX *mem_ctx, const char *path, char **error)
{
	struct users *users = users_new(mem_ctx, path);
	size_t i = 0;

	*error = NULL;
	if (users == NULL) {
		return NULL;
	}
	if (!read_file(users, error)) {
		talloc_free(users);
		return NULL;
	}
	for (i = 0; i < users->count; i++) {
		users->rows[i].text = NULL;
	}
	wipe_file(users);
	return users;
}

bool users_changed(const struct users *users)
{
	return savefile_changed(users->path, &users->stamp);
}

/* --- looking ------------------------------------------------------------ */

size_t users_count(const struct users *users)
{
	size_t count = 0;
	size_t i = 0;

	for (i = 0; i < users->count; i++) {
		count += users->rows[i].is_user ? 1 : 0;
	}
	return count;
}

const struct users_entry *users_get(const struct users *users, size_t n)
{
	size_t i = 0;

	for (i = 0; i < users->count; i++) {
		if (users->rows[i].is_user && n-- == 0) {
			return &users->rows[i].entry;
		}
	}
	return NULL;
}

/* All are looked at, so that the time does not tell a stranger whether there is
 * one of that name. */
static struct row *find_row(const struct users *users, const char *name)
{
	struct row *found = NULL;
	size_t i = users->count;

	while (i > 0) {
		i--;
		if (users->rows[i].is_user &&
		    utf8_case_equal(users->rows[i].entry.name, name)) {
			found = &users->rows[i];
		}
	}
	return found;
}

const struct users_entry *users_find(const struct users *users,
				     const char *name)
{
	const struct row *row = users == NULL ? NULL : find_row(users, name);

	return row == NULL ? NULL : &row->entry;
}

bool users_may_log_on(const struct users_entry *entry, const char **why)
{
	const uint32_t machines =
		USERS_FLAG_MACHINE | USERS_FLAG_SERVER | USERS_FLAG_DOMAIN;

	*why = NULL;
	if ((entry->flags & USERS_FLAG_DISABLED) != 0) {
		*why = "the account is disabled";
	} else if ((entry->flags & USERS_FLAG_LOCKED) != 0) {
		*why = "the account is locked";
	} else if ((entry->flags & machines) != 0) {
		*why = "the account is a machine's";
	} else if (!entry->has_key ||
		   (entry->flags & USERS_FLAG_NO_PASSWORD) != 0) {
		*why = "the account has no password";
	}
	return *why == NULL;
}

bool users_nt_hash(const char *password, uint8_t hash[USERS_NT_HASH_SIZE])
{
	struct wire_slice wide = {0};
	struct md4_ctx md4;

	if (!utf16_from_utf8(NULL, password, &wide)) {
		return false;
	}
	md4_init(&md4);
	md4_update(&md4, wide.len, wide.data);
	md4_digest(&md4, USERS_NT_HASH_SIZE, hash);
	explicit_bzero(&md4, sizeof(md4));
	explicit_bzero((void *)wide.data, wide.len);
	talloc_free((void *)wide.data);
	return true;
}

/* --- editing ------------------------------------------------------------ */

struct users *users_edit(TALLOC_CTX *mem_ctx, const char *path, char **error)
{
	struct users *users = users_new(mem_ctx, path);

	*error = NULL;
	if (users == NULL) {
		return NULL;
	}
	users->lock = savefile_lock(path);
	if (users->lock == -1) {
		*error = talloc_asprintf(mem_ctx, "cannot lock %s: %s", path,
					 errno == EAGAIN ? "another program is "
							   "changing it"
							 : strerror(errno));
		talloc_free(users);
		return NULL;
	}
	if (access(path, F_OK) == -1 && errno == ENOENT) {
		return users;
	}
	if (!read_file(users, error)) {
		talloc_free(users);
		return NULL;
	}
	return users;
}

/* The account's uid; none: our own where all act as we do, else nobody's. */
static uid_t uid_of(const char *name)
{
	const struct passwd *pw = getpwnam(name);

	if (pw != NULL) {
		return pw->pw_uid;
	}
	return geteuid() == 0 ? (uid_t)-1 : geteuid();
}

bool users_set_password(struct users *users, const char *name,
			const char *password, char **error)
{
	struct row *row = find_row(users, name);

	if (row == NULL && !good_name(name)) {
		*error = talloc_asprintf(
			users, "\"%s\" cannot be a user's name", name);
		return false;
	}
	if (password[0] == '\0') {
		*error = talloc_strdup(users, "the password is empty");
		return false;
	}
	if (row == NULL) {
		row = add_row(users);
		if (row == NULL) {
			return false;
		}
		row->is_user = true;
		row->entry.name = talloc_strdup(users, name);
		row->entry.uid = uid_of(name);
		row->entry.flags = USERS_FLAG_NORMAL;
		row->entry.nt_hash = secret_new(users, USERS_NT_HASH_SIZE);
		if (row->entry.nt_hash == NULL) {
			return false;
		}
	}
	if (!users_nt_hash(password, row->entry.nt_hash)) {
		*error = talloc_strdup(users, "the password is not UTF-8 text");
		return false;
	}
	row->entry.has_key = true;
	row->entry.flags &= ~USERS_FLAG_NO_PASSWORD;
	row->entry.changed = time(NULL);
	return write_entry(users, row);
}

static struct row *expect_row(struct users *users, const char *name,
			      char **error)
{
	struct row *row = find_row(users, name);

	if (row == NULL) {
		*error = talloc_asprintf(users, "there is no user %s in %s",
					 name, users->path);
	}
	return row;
}

bool users_set_enabled(struct users *users, const char *name, bool enabled,
		       char **error)
{
	struct row *row = expect_row(users, name, error);

	if (row == NULL) {
		return false;
	}
	row->entry.flags &= ~USERS_FLAG_DISABLED;
	if (!enabled) {
		row->entry.flags |= USERS_FLAG_DISABLED;
	}
	return write_entry(users, row);
}

bool users_delete(struct users *users, const char *name, char **error)
{
	struct row *row = expect_row(users, name, error);
	size_t after = 0;

	if (row == NULL) {
		return false;
	}
	after = users->rows + users->count - row - 1;
	memmove(row, row + 1, after * sizeof(*row));
	users->count--;
	return true;
}

bool users_save(struct users *users, char **error)
{
	char *text = talloc_strdup(users, "");
	size_t i = 0;
	int err = 0;

	for (i = 0; i < users->count; i++) {
		text = talloc_asprintf_append_buffer(text, "%s\n",
						     users->rows[i].text);
	}
	err = text == NULL ? ENOMEM
			   : savefile_write(users->path, 0600, true, text,
					    strlen(text));
	secret_wipe_text(text);
	talloc_free(text);
	if (err != 0) {
		*error = talloc_asprintf(users, "cannot write %s: %s",
					 users->path, strerror(err));
	}
	return err == 0;
}
