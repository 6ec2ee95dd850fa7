/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Local files that are being fetched. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "client/shell_meta.h"
#include "client/shell_partial.h"

struct local_file {
	int fd;
	char *name;	 /* the final one, symbolic links followed */
	char *temporary; /* NULL: written in place */
	mode_t mode;
	bool marked; /* local_file_is_of() */
	struct copy_end *end;
};

static int local_file_destructor(struct local_file *file)
{
	if (file->fd > STDERR_FILENO) {
		close(file->fd);
	}
	if (file->temporary != NULL) {
		unlink(file->temporary);
	}
	return 0;
}

mode_t local_default_mode(void)
{
	mode_t mask = umask(0);

	umask(mask);
	return 0666 & ~mask;
}

int local_open(const char *name, int flags)
{
	struct stat st = {0};
	bool fifo = stat(name, &st) == 0 && S_ISFIFO(st.st_mode);
	int wait = fifo ? O_NONBLOCK : 0;
	int fd = open(name, flags | wait | O_NOCTTY | O_CLOEXEC);

	if (fd >= 0 && fifo) {
		fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) & ~O_NONBLOCK);
	} else if (fd < 0 && errno == ENXIO && fifo) {
		errno = EPIPE;
	}
	return fd;
}

/* What no rename can put in its place: the bytes go into it. */
static int open_in_place(struct local_file *file)
{
	file->fd = local_open(file->name, O_WRONLY);
	if (file->fd < 0) {
		return errno;
	}
	file->end = copy_stream(file, file->fd, file->name);
	return file->end != NULL ? 0 : ENOMEM;
}

static int open_temporary(struct local_file *file)
{
	const char *cut = strrchr(file->name, '/');
	int len = cut != NULL ? (int)(cut - file->name) + 1 : 0;
	char *temporary =
		talloc_asprintf(file, "%.*s.smbquic-XXXXXX", len, file->name);

	if (temporary == NULL) {
		return ENOMEM;
	}
	file->fd = mkostemp(temporary, O_CLOEXEC);
	if (file->fd < 0) {
		return errno;
	}
	file->temporary = temporary;
	partial_begin(file->fd, NULL, 0);
	file->end = copy_local(file, file->fd, file->name);
	if (file->end == NULL) {
		return ENOMEM;
	}
	file->end->fresh = true;
	return 0;
}

/* The name itself, or what it is a symbolic link to. */
static char *final_name(TALLOC_CTX *mem_ctx, const char *name)
{
	char *real = realpath(name, NULL);
	char *copy = talloc_strdup(mem_ctx, real != NULL ? real : name);

	free(real);
	return copy;
}

static int local_file_open(struct local_file *file, const char *name)
{
	struct stat st = {0};

	if (strcmp(name, TRANSFER_STDIO) == 0) {
		file->fd = STDOUT_FILENO;
		file->end = copy_stream(file, file->fd, "standard output");
		return file->end != NULL ? 0 : ENOMEM;
	}
	file->name = final_name(file, name);
	if (file->name == NULL) {
		return ENOMEM;
	}
	if (stat(file->name, &st) != 0) {
		file->mode = local_default_mode();
		return errno == ENOENT ? open_temporary(file) : errno;
	}
	if (S_ISDIR(st.st_mode)) {
		return EISDIR;
	}
	file->mode = st.st_mode & 07777;
	return S_ISREG(st.st_mode) ? open_temporary(file) : open_in_place(file);
}

int local_file_create(TALLOC_CTX *mem_ctx, const char *name,
		      struct local_file **out)
{
	struct local_file *file = talloc_zero(mem_ctx, struct local_file);
	int err = 0;

	*out = NULL;
	if (file == NULL) {
		return ENOMEM;
	}
	file->fd = -1;
	talloc_set_destructor(file, local_file_destructor);
	err = local_file_open(file, name);
	if (err != 0) {
		talloc_free(file);
		return err;
	}
	*out = file;
	return 0;
}

struct copy_end *local_file_end(struct local_file *file)
{
	return file->end;
}

void local_file_is_of(struct local_file *file, const char *of, uint64_t size)
{
	if (file->temporary != NULL) {
		partial_begin(file->fd, of, size);
		file->marked = true;
	}
}

char *local_file_final(TALLOC_CTX *mem_ctx, const char *name)
{
	return final_name(mem_ctx, name);
}

const char *local_file_now(const struct local_file *file)
{
	return file->temporary;
}

int local_file_commit(struct local_file *file, const struct client_stat *stat)
{
	struct timespec times[2] = {{.tv_nsec = UTIME_NOW}, {0}};

	if (file->temporary == NULL) {
		return 0;
	}
	meta_set_attributes(file->temporary, stat->attributes);
	times[1] = nttime_to_timespec(stat->write_time);
	if (stat->write_time != 0) {
		/* A file without its times is better than no file. */
		(void)futimens(file->fd, times);
	}
	if (file->marked) {
		partial_end(file->fd);
	}
	if (fchmod(file->fd, file->mode) != 0) {
		return errno;
	}
	/* Some file systems tell of a full disk only now. */
	if (close(file->fd) != 0) {
		file->fd = -1;
		return errno;
	}
	file->fd = -1;
	if (rename(file->temporary, file->name) != 0) {
		return errno;
	}
	TALLOC_FREE(file->temporary);
	return 0;
}

void shell_make_folders(const char *file)
{
	char *path = shell_need(talloc_strdup(NULL, file));
	char *p = NULL;

	for (p = strchr(path + 1, '/'); p != NULL; p = strchr(p + 1, '/')) {
		*p = '\0';
		(void)mkdir(path, 0700);
		*p = '/';
	}
	talloc_free(path);
}
