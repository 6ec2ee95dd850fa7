/* SPDX-License-Identifier: GPL-3.0-or-later */

#include "server/state_dir.h"

#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "smbquic/crypto.h"
#include "smbquic/savefile.h"

#define LOG_MODULE "state"
#include "smbquic/log.h"

#define DIRECTORY_MODE 0700
#define FILE_MODE      0600
#define OTHERS_MAY     (S_IRWXG | S_IRWXO)
#define OTHERS_WRITE   (S_IWGRP | S_IWOTH)

struct state_dir {
	const char *path;
	int lock; /* a descriptor, or -1 */
};

/* --- the directory ---------------------------------------------------------
 */

/* mkdir -p. @return 0 or an errno value. */
static int make_all(char *path)
{
	char *slash = NULL;

	if (mkdir(path, DIRECTORY_MODE) == 0 || errno == EEXIST) {
		return 0;
	}
	if (errno != ENOENT) {
		return errno;
	}
	for (slash = strchr(path + 1, '/'); slash != NULL;
	     slash = strchr(slash + 1, '/')) {
		int err = 0;

		*slash = '\0';
		if (mkdir(path, DIRECTORY_MODE) != 0 && errno != EEXIST) {
			err = errno;
		}
		*slash = '/';
		if (err != 0) {
			return err;
		}
	}
	return mkdir(path, DIRECTORY_MODE) == 0 || errno == EEXIST ? 0 : errno;
}

/* @return NULL, or what is wrong with it. */
static const char *unfit(const char *path)
{
	struct stat st = {0};

	if (stat(path, &st) != 0) {
		return strerror(errno);
	}
	if (!S_ISDIR(st.st_mode)) {
		return strerror(ENOTDIR);
	}
	if (st.st_uid != geteuid()) {
		return "it belongs to another user";
	}
	if ((st.st_mode & OTHERS_WRITE) != 0) {
		return "others than its owner may write there";
	}
	return NULL;
}

/* @return NULL, or why it cannot be had. */
static const char *take(struct state_dir *dir)
{
	char *name = state_dir_path(dir, dir, "lock");

	if (name == NULL) {
		return strerror(ENOMEM);
	}
	dir->lock = open(name, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW,
			 FILE_MODE);
	talloc_free(name);
	if (dir->lock == -1) {
		return strerror(errno);
	}
	if (flock(dir->lock, LOCK_EX | LOCK_NB) != 0) {
		return errno == EWOULDBLOCK ? "another smbquicd has it"
					    : strerror(errno);
	}
	return NULL;
}

static int state_dir_destructor(struct state_dir *dir)
{
	if (dir->lock != -1) {
		close(dir->lock);
	}
	return 0;
}

const char *state_dir_fault(const char *path)
{
	return access(path, F_OK) == 0 ? unfit(path) : NULL;
}

struct state_dir *state_dir_open(TALLOC_CTX *mem_ctx, const char *path,
				 char **why)
{
	struct state_dir *dir = talloc_zero(mem_ctx, struct state_dir);
	char *copy = dir == NULL ? NULL : talloc_strdup(dir, path);
	const char *wrong = NULL;
	int err = 0;

	*why = NULL;
	if (copy == NULL) {
		talloc_free(dir);
		return NULL;
	}
	dir->path = copy;
	dir->lock = -1;
	talloc_set_destructor(dir, state_dir_destructor);
	err = make_all(copy);
	wrong = err != 0 ? strerror(err) : unfit(path);
	if (wrong == NULL) {
		wrong = take(dir);
	}
	if (wrong != NULL) {
		*why = talloc_asprintf(mem_ctx, "state directory %s: %s", path,
				       wrong);
		talloc_free(dir);
		return NULL;
	}
	return dir;
}

char *state_dir_path(TALLOC_CTX *mem_ctx, const struct state_dir *dir,
		     const char *name)
{
	return talloc_asprintf(mem_ctx, "%s/%s", dir->path, name);
}

/* --- random bytes that stay ------------------------------------------------
 */

static int digit(char c)
{
	static const char digits[] = "0123456789abcdef";
	const char *at = c == '\0' ? NULL : strchr(digits, c);

	return at == NULL ? -1 : (int)(at - digits);
}

static bool from_hex(const char *text, size_t len, uint8_t *out, size_t size)
{
	if (len != 2 * size + 1 || text[2 * size] != '\n') {
		return false;
	}
	for (size_t i = 0; i < size; i++) {
		int high = digit(text[2 * i]);
		int low = digit(text[2 * i + 1]);

		if (high < 0 || low < 0) {
			return false;
		}
		out[i] = (uint8_t)(high << 4 | low);
	}
	return true;
}

/* @return 0; ENOENT: there is none; else why the one there is no good. */
static int load(const char *path, uint8_t *out, size_t size)
{
	struct stat st = {0};
	size_t len = 0;
	char *text = savefile_read(NULL, path, 2 * STATE_DIR_SECRET_MAX + 1,
				   &len, &st);
	bool good = false;

	if (text == NULL) {
		return errno;
	}
	good = from_hex(text, len, out, size);
	crypto_wipe(text, len);
	talloc_free(text);
	if (st.st_uid != geteuid() || (st.st_mode & OTHERS_MAY) != 0) {
		return EPERM;
	}
	return good ? 0 : EINVAL;
}

static int save(const char *path, const uint8_t *bytes, size_t size)
{
	char text[2 * STATE_DIR_SECRET_MAX + 2] = "";
	int err = 0;

	for (size_t i = 0; i < size; i++) {
		snprintf(text + 2 * i, 3, "%02x", bytes[i]);
	}
	text[2 * size] = '\n';
	err = savefile_write(path, FILE_MODE, true, text, 2 * size + 1);
	crypto_wipe(text, sizeof(text));
	return err;
}

static const char *damage(int err)
{
	switch (err) {
	case EPERM: return "others than the server could read or write it";
	case EINVAL:
	case EFBIG: return "it is damaged";
	default: return strerror(err);
	}
}

int state_dir_secret(struct state_dir *dir, const char *name, uint8_t *out,
		     size_t size)
{
	char *path = NULL;
	int err = ENOENT;

	if (dir != NULL) {
		path = state_dir_path(NULL, dir, name);
		err = path == NULL ? ENOMEM : load(path, out, size);
	}
	if (err == 0) {
		talloc_free(path);
		return 0;
	}
	if (err != ENOENT) {
		log_warn("%s: %s; it is made anew", path == NULL ? name : path,
			 damage(err));
	}
	if (crypto_random(out, size) != 0) {
		err = EIO;
	} else if (dir == NULL) {
		err = 0;
	} else {
		err = path == NULL ? ENOMEM : save(path, out, size);
	}
	talloc_free(path);
	return err;
}

/* --- where -----------------------------------------------------------------
 */

static const char *home(void)
{
	const char *path = getenv("HOME");
	const struct passwd *pw = NULL;

	if (path != NULL && path[0] == '/') {
		return path;
	}
	pw = getpwuid(geteuid());
	return pw != NULL && pw->pw_dir != NULL && pw->pw_dir[0] == '/'
		       ? pw->pw_dir
		       : NULL;
}

char *state_dir_default(TALLOC_CTX *mem_ctx, const char *system)
{
	const char *base = getenv("XDG_STATE_HOME");
	const char *path = NULL;

	if (geteuid() == 0) {
		return talloc_strdup(mem_ctx, system);
	}
	if (base != NULL && base[0] == '/') {
		return talloc_asprintf(mem_ctx, "%s/smbquic", base);
	}
	path = home();
	return path == NULL ? talloc_strdup(mem_ctx, system)
			    : talloc_asprintf(mem_ctx,
					      "%s/.local/state/smbquic", path);
}
