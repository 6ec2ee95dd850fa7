/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The kernel's requests: read from its device when there are some, until there
 * are so many in hand that more have to wait. Those that ask for nothing, such
 * as what is forgotten, are read all the same, one batch at a time.
 */
#define LOG_MODULE "fuse"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>

#include "client/mount/mount.h"
#include "smbquic/alarm.h"
#include "smbquic/log.h"

/* Requests taken before the network has its turn. */
#define BATCH 32
/* Of the kernel's, for what it does in the background: reading ahead. */
#define BACKGROUND 128
/* For what still has to be done at the end. */
#define SETTLE_SECONDS 10

static void serve_init(void *userdata, struct fuse_conn_info *conn)
{
	static const unsigned wanted =
		FUSE_CAP_ASYNC_READ | FUSE_CAP_PARALLEL_DIROPS |
		FUSE_CAP_AUTO_INVAL_DATA | FUSE_CAP_READDIRPLUS |
		FUSE_CAP_READDIRPLUS_AUTO | FUSE_CAP_ASYNC_DIO;
	struct mount *mount = userdata;

	conn->want = conn->capable & wanted;
	if (mount->options->send_locks) {
		conn->want |= conn->capable &
			      (FUSE_CAP_POSIX_LOCKS | FUSE_CAP_FLOCK_LOCKS);
	}
	conn->max_read = (unsigned)mount->read_size;
	conn->max_write = (unsigned)mount->write_size;
	conn->max_readahead = (unsigned)mount->read_size;
	conn->max_background = BACKGROUND;
	conn->congestion_threshold = BACKGROUND * 3 / 4;
	conn->time_gran = 100;
	if (mount->ready != NULL) {
		mount->ready(mount);
	}
}

static void serve_destroy(void *userdata)
{
	struct mount *mount = userdata;

	mount->ended = true;
}

static const struct fuse_lowlevel_ops operations = {
	.init = serve_init,
	.destroy = serve_destroy,
	.lookup = op_lookup,
	.forget = op_forget,
	.forget_multi = op_forget_multi,
	.getattr = op_getattr,
	.setattr = op_setattr,
	.readlink = op_readlink,
	.mknod = op_mknod,
	.mkdir = op_mkdir,
	.unlink = op_unlink,
	.rmdir = op_rmdir,
	.symlink = op_symlink,
	.rename = op_rename,
	.link = op_link,
	.open = op_open_file,
	.create = op_create,
	.read = op_read,
	.write = op_write,
	.flush = op_flush,
	.release = op_release,
	.fsync = op_fsync,
	.opendir = op_opendir,
	.readdir = op_readdir,
	.readdirplus = op_readdirplus,
	.releasedir = op_releasedir,
	.fsyncdir = op_fsyncdir,
	.statfs = op_statfs,
	.fallocate = op_fallocate,
	.lseek = op_lseek,
	.copy_file_range = op_copy,
	.getxattr = op_getxattr,
	.listxattr = op_listxattr,
	.setxattr = op_setxattr,
	.removexattr = op_removexattr,
};

/* ------------------------------------------------------------------- buffer */

struct kept {
	void *mem;
};

static int kept_destructor(struct kept *kept)
{
	free(kept->mem);
	return 0;
}

TALLOC_CTX *serve_take_buffer(TALLOC_CTX *mem_ctx, struct mount *mount)
{
	struct kept *kept = talloc_zero(mem_ctx, struct kept);

	if (kept != NULL) {
		kept->mem = mount->buf.mem;
		mount->buf = (struct fuse_buf){.fd = -1};
		talloc_set_destructor(kept, kept_destructor);
	}
	return kept;
}

/* ------------------------------------------------------------------ reading */

static void serve_input(struct tevent_context *ev, struct tevent_fd *fde,
			uint16_t flags, void *private_data)
{
	struct mount *mount = private_data;
	unsigned i = 0;
	int got = 1;

	(void)ev;
	(void)fde;
	(void)flags;
	for (i = 0; i < BATCH && got > 0 && mount->ops < MOUNT_OPS_MOST; i++) {
		got = fuse_session_receive_buf(mount->session, &mount->buf);
		if (got > 0) {
			fuse_session_process_buf(mount->session, &mount->buf);
		}
	}
	if (fuse_session_exited(mount->session)) {
		mount->ended = true;
		TALLOC_FREE(mount->input);
	} else if (mount->ops >= MOUNT_OPS_MOST) {
		tevent_fd_set_flags(mount->input, 0);
	}
}

void serve_more(struct mount *mount)
{
	if (mount->input != NULL && mount->ops == MOUNT_OPS_MOST - 1) {
		tevent_fd_set_flags(mount->input, TEVENT_FD_READ);
	}
}

/* ----------------------------------------------------------------- mounting */

/* The share and the program show in mount(8); ',' would end an option. */
static char *serve_options(struct mount *mount)
{
	const struct mount_options *o = mount->options;
	char *name = talloc_strdup(mount, "");
	const char *at = NULL;

	for (at = o->name != NULL ? o->name : mount->source;
	     name != NULL && *at != '\0'; at++) {
		name = talloc_asprintf_append(
			name, "%s%c", *at == ',' || *at == '\\' ? "\\" : "",
			*at);
	}
	if (name == NULL) {
		return NULL;
	}
	return talloc_asprintf(
		mount, "fsname=%s,subtype=smbquic,max_read=%zu%s%s%s%s%s", name,
		mount->read_size, o->allow_other ? ",allow_other" : "",
		o->permissions ? ",default_permissions" : "",
		o->auto_unmount ? ",auto_unmount" : "",
		*o->fuse != '\0' ? "," : "", o->fuse);
}

static bool serve_start(struct mount *mount, char **why)
{
	int fd = fuse_session_fd(mount->session);
	int flags = fcntl(fd, F_GETFL);

	if (flags < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) != 0) {
		*why = talloc_asprintf(mount, "/dev/fuse: %s", strerror(errno));
		return false;
	}
	mount->buf = (struct fuse_buf){.fd = -1};
	mount->input = tevent_add_fd(mount->ev, mount, fd, TEVENT_FD_READ,
				     serve_input, mount);
	if (mount->input == NULL || !notify_start(mount)) {
		*why = talloc_asprintf(mount, "no more threads, or memory: %s",
				       strerror(errno));
		return false;
	}
	return true;
}

bool serve_mount(struct mount *mount, char **why)
{
	char *options = serve_options(mount);
	char *argv[] = {(char *)(uintptr_t)MOUNT_PROGRAM,
			(char *)(uintptr_t) "-o", options, NULL};
	struct fuse_args args = FUSE_ARGS_INIT(3, argv);
	struct fuse_lowlevel_ops ops = operations;

	*why = NULL;
	if (mount->options->send_locks) {
		ops.getlk = op_getlk;
		ops.setlk = op_setlk;
		ops.flock = op_flock;
	}
	if (options != NULL) {
		mount->session =
			fuse_session_new(&args, &ops, sizeof(ops), mount);
	}
	fuse_opt_free_args(&args);
	if (mount->session == NULL) {
		*why = talloc_strdup(mount, "libfuse cannot start: see above");
		return false;
	}
	if (fuse_session_mount(mount->session, mount->place) != 0) {
		*why = talloc_asprintf(mount, "%s: cannot mount there",
				       mount->place);
		fuse_session_destroy(mount->session);
		mount->session = NULL;
		return false;
	}
	return serve_start(mount, why);
}

/* So that the loop looks again. */
static void serve_tock(void *private_data)
{
	(void)private_data;
}

static void serve_tick(void *private_data)
{
	bool *over = private_data;

	*over = true;
}

/* What waits to be written is, and the kernel was told what it has to know:
 * as long as both get on. */
static void serve_settle(struct mount *mount)
{
	TALLOC_CTX *frame = talloc_new(mount);
	bool over = false;

	open_file_write_all(mount);
	(void)alarm_add(mount->ev, frame, SETTLE_SECONDS * 1000, serve_tick,
			&over);
	while (!over && (!notify_stop(mount) || mount->closing > 0) &&
	       link_works(mount)) {
		(void)alarm_add(mount->ev, frame, 10, serve_tock, NULL);
		if (tevent_loop_once(mount->ev) != 0) {
			break;
		}
	}
	talloc_free(frame);
	if (!notify_stop(mount)) {
		/* pages that never come: nobody waits for them any more */
		(void)umount2(mount->place, MNT_FORCE | MNT_DETACH);
	}
}

/* After umount -f libfuse takes it for unmounted; where files are open it is
 * not. */
static void serve_let_go(const struct mount *mount)
{
	struct stat st = {0};

	if (stat(mount->place, &st) != 0 && errno == ENOTCONN) {
		(void)umount2(mount->place, MNT_DETACH | UMOUNT_NOFOLLOW);
	}
}

void serve_unmount(struct mount *mount)
{
	mount->ended = true;
	if (mount->session != NULL) {
		serve_settle(mount);
	}
	TALLOC_FREE(mount->input);
	if (mount->session != NULL) {
		fuse_session_unmount(mount->session);
		fuse_session_destroy(mount->session);
		mount->session = NULL;
		serve_let_go(mount);
	}
	free(mount->buf.mem);
	mount->buf.mem = NULL;
}
