/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * reget and reput: go on with a copy that broke off. The bytes go under the
 * final name and one behind the other, so that whatever happens what is there
 * is a beginning, which the next try can go on from.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "client/cmd_list.h"
#include "client/shell_partial.h"
#include "client/shell_transfer.h"

#define REPUT_SIZE ((size_t)4 * 1024 * 1024)

struct resume {
	struct shell *shell;
	char *remote;
	const char *local;
	int fd;
	struct client_file *file;
	struct stat here;
	struct client_stat there;
	struct shell_progress *progress;
};

static int resume_destructor(struct resume *r)
{
	if (r->fd >= 0) {
		close(r->fd);
	}
	return 0;
}

static struct resume *resume_new(struct shell *shell, const char *remote,
				 const char *local)
{
	struct resume *r = shell_need(talloc_zero(shell, struct resume));

	r->shell = shell;
	r->fd = -1;
	r->remote = shell_path(r, shell, remote);
	r->local = local != NULL ? local : client_path_name(r->remote);
	talloc_set_destructor(r, resume_destructor);
	return r;
}

static bool open_here(struct resume *r, int flags)
{
	r->fd = open(r->local, flags | O_CLOEXEC | O_NOCTTY, 0666);
	if (r->fd < 0 || fstat(r->fd, &r->here) != 0) {
		shell_fail_errno(r->shell, errno, "%s", r->local);
		return false;
	}
	if (!S_ISREG(r->here.st_mode)) {
		shell_fail_text(r->shell, "%s: not a file", r->local);
		return false;
	}
	return true;
}

/* A link that leads to nothing yet could have the file come into being in
 * another folder. */
static bool make_here(struct resume *r)
{
	struct stat st = {0};
	int fd = -1;

	if (stat(r->local, &st) == 0) {
		return true;
	}
	if (lstat(r->local, &st) == 0 && S_ISLNK(st.st_mode)) {
		shell_fail_text(r->shell,
				"%s: a symbolic link that leads to nothing: "
				"remove it, or make what it leads to",
				r->local);
		return false;
	}
	fd = open(r->local,
		  O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0666);
	if (fd < 0) {
		shell_fail_errno(r->shell, errno, "%s", r->local);
		return false;
	}
	close(fd);
	return true;
}

/* A get that was killed has left more than a copy that was not begun. */
static void take_up(struct resume *r)
{
	char *of = shell_need(partial_of(r, r->shell, r->remote, &r->there));
	char *local = shell_need(local_file_final(r, r->local));
	uint64_t bytes = partial_adopt(local, of);

	if (bytes > 0) {
		shell_say(r->shell,
			  "%s: going on with what a get that broke off had "
			  "left",
			  r->local);
	}
	talloc_free(of);
	talloc_free(local);
}

static bool open_there(struct resume *r, const struct client_open *how)
{
	NTSTATUS status = client_open(r, r->shell->tree, r->remote, how,
				      &r->file, &r->there);

	if (!NT_STATUS_IS_OK(status)) {
		shell_fail(r->shell, status, "\\%s", r->remote);
	}
	return NT_STATUS_IS_OK(status);
}

static bool fits(struct resume *r, uint64_t done, uint64_t size)
{
	if (done > size) {
		shell_fail_text(r->shell,
				"%s: there is more of the copy than of the "
				"file: it is of another one",
				r->local);
		return false;
	}
	r->progress = shell_progress_new(r, r->shell);
	shell_progress_expect(r->progress, size - done, 1);
	shell_progress_name(r->progress, client_path_name(r->remote));
	return true;
}

static bool resume_copy(struct resume *r, struct copy_end *from,
			struct copy_end *to, uint64_t offset,
			const struct copy_limits *limits)
{
	struct transfer t = shell_transfer_new(r->shell, r->progress);
	struct tevent_req *req = NULL;
	struct copy_end *failed = NULL;
	NTSTATUS status = NT_STATUS_OK;

	shell_need(from);
	shell_need(to);
	req = shell_need(copy_send(r, r->shell->ev, from, to, offset,
				   limits != NULL ? limits : &t.limits,
				   t.progress, t.private_data));
	status = shell_wait(r->shell, req);
	if (NT_STATUS_IS_OK(status)) {
		status = copy_recv(req, NULL, &failed);
	}
	talloc_free(req);
	shell_progress_clear(r->progress);
	if (failed != NULL && failed->err != 0) {
		shell_fail_errno(r->shell, failed->err, "%s", r->local);
	} else if (!NT_STATUS_IS_OK(status)) {
		shell_fail(r->shell, status, "\\%s", r->remote);
	}
	return NT_STATUS_IS_OK(status);
}

static void finish_get(struct resume *r)
{
	struct timespec times[2] = {{.tv_nsec = UTIME_NOW}, {0}};

	times[1] = nttime_to_timespec(r->there.write_time);
	if (r->there.write_time != 0) {
		(void)futimens(r->fd, times);
	}
	if (fsync(r->fd) != 0) {
		shell_fail_errno(r->shell, errno, "%s", r->local);
		return;
	}
	shell_say(r->shell, "getting file \\%s of size %llu as %s from %llu on",
		  r->remote, (unsigned long long)r->there.size, r->local,
		  (unsigned long long)r->here.st_size);
}

void cmd_reget(struct shell *shell, int argc, char **argv)
{
	struct resume *r =
		resume_new(shell, argv[1], argc > 2 ? argv[2] : NULL);
	struct client_open how = {0};
	uint64_t done = 0;

	client_open_default(&how);
	how.options = FILE_NON_DIRECTORY_FILE | FILE_SEQUENTIAL_ONLY;
	if (argc == 2 && !client_name_is_safe(r->local)) {
		shell_fail(shell, NT_STATUS_OBJECT_NAME_INVALID, "\\%s",
			   r->remote);
		talloc_free(r);
		return;
	}
	if (open_there(r, &how)) {
		take_up(r);
	}
	if (r->file != NULL && make_here(r) && open_here(r, O_WRONLY)) {
		done = (uint64_t)r->here.st_size;
		if (fits(r, done, r->there.size) &&
		    lseek(r->fd, 0, SEEK_END) >= 0 &&
		    resume_copy(
			    r,
			    copy_remote(r, r->file, r->remote, r->there.size),
			    copy_stream(r, r->fd, r->local), done, NULL)) {
			finish_get(r);
		}
	}
	talloc_free(r);
}

static void finish_put(struct resume *r)
{
	struct fscc_basic basic = {
		.last_write_time = nttime_from_timespec(r->here.st_mtim),
	};
	struct wire_writer w = wire_writer_talloc(r);
	NTSTATUS status = NT_STATUS_OK;

	fscc_basic_encode(&w, &basic);
	/* A file without its time is better than none. */
	(void)client_set(r->file, SMB2_0_INFO_FILE, FileBasicInformation, 0,
			 wire_writer_slice(&w));
	status = client_close(r->file);
	if (!NT_STATUS_IS_OK(status)) {
		shell_fail(r->shell, status, "\\%s", r->remote);
		return;
	}
	shell_say(r->shell, "putting file %s as \\%s from %llu on", r->local,
		  r->remote, (unsigned long long)r->there.size);
}

void cmd_reput(struct shell *shell, int argc, char **argv)
{
	/* one behind the other: see above */
	const struct copy_limits limits = {
		.io_size = REPUT_SIZE, .requests = 1, .rate = &shell->rate};
	const struct client_open how = {
		.access = FILE_WRITE_DATA | FILE_READ_ATTRIBUTES |
			  FILE_WRITE_ATTRIBUTES | SEC_STD_SYNCHRONIZE,
		.share = FILE_SHARE_READ,
		.disposition = FILE_OPEN_IF,
		.options = FILE_NON_DIRECTORY_FILE,
		.attributes = FILE_ATTRIBUTE_NORMAL,
	};
	const char *cut = strrchr(argv[1], '/');
	const char *name = cut != NULL ? cut + 1 : argv[1];
	struct resume *r =
		resume_new(shell, argc > 2 ? argv[2] : name, argv[1]);

	if (open_here(r, O_RDONLY) && open_there(r, &how) &&
	    fits(r, r->there.size, (uint64_t)r->here.st_size) &&
	    resume_copy(r, copy_local(r, r->fd, r->local),
			copy_remote(r, r->file, r->remote, 0), r->there.size,
			&limits)) {
		finish_put(r);
	}
	talloc_free(r);
}
