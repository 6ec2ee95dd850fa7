/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Security descriptors: kept in an extended attribute, or made up of mode and
 * POSIX ACL; how mode and POSIX ACL follow them.
 */

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "server/store_posix.h"
#include "smbquic/smb2.h"

#define LOG_MODULE "store"
#include "smbquic/log.h"

#define POSIX_ACL_XATTR	  "system.posix_acl_access"
#define POSIX_ACL_DEFAULT "system.posix_acl_default"

/* In front of the descriptor in the extended attribute. */
#define KEPT_VERSION 1
#define KEPT_HEADER  (2 + 2 + 4 + 4 + 4 + 8)
#define KEPT_MAX     (KEPT_HEADER + ACL_SIZE_MAX)

/* --- reading ---------------------------------------------------------------
 */

/* What somebody changes who changes the rights on the machine itself. */
struct local_rights {
	uint32_t mode, uid, gid;
	uint64_t posix_acl; /* a hash; 0: none */
};

/* FNV-1a */
static uint64_t hash_of(const uint8_t *data, size_t len)
{
	uint64_t hash = UINT64_C(0xCBF29CE484222325);
	size_t i = 0;

	for (i = 0; i < len; i++) {
		hash = (hash ^ data[i]) * UINT64_C(0x100000001B3);
	}
	return hash;
}

/* 0 bytes: there is none, or what it says cannot be read. */
static size_t read_posix_acl(const char *path, uint8_t buf[ACL_POSIX_SIZE_MAX])
{
	ssize_t n = getxattr(path, POSIX_ACL_XATTR, buf, ACL_POSIX_SIZE_MAX);

	return n > 0 ? (size_t)n : 0;
}

static struct local_rights local_rights(const char *path, const struct stat *st)
{
	uint8_t buf[ACL_POSIX_SIZE_MAX];
	size_t len = read_posix_acl(path, buf);

	return (struct local_rights){
		.mode = st->st_mode & 0777,
		.uid = st->st_uid,
		.gid = st->st_gid,
		.posix_acl = len > 0 ? hash_of(buf, len) : 0,
	};
}

static bool same_rights(const struct local_rights *a,
			const struct local_rights *b)
{
	return a->mode == b->mode && a->uid == b->uid && a->gid == b->gid &&
	       a->posix_acl == b->posix_acl;
}

/* The open one takes the right to read the file; the server has it. */
static ssize_t read_open(const char *path, void *buf, size_t size)
{
	struct posix_cred *cred = posix_cred_current();
	ssize_t n = getxattr(path, POSIX_XATTR_ACL_OPEN, buf, size);

	if (n >= 0 || errno != EACCES || cred == NULL) {
		return n;
	}
	posix_cred_keep(cred);
	if (posix_cred_enter(NULL) == 0) {
		n = getxattr(path, POSIX_XATTR_ACL_OPEN, buf, size);
		if (posix_cred_enter(cred) != 0) {
			n = -1;
		}
	}
	posix_cred_drop(cred);
	return n;
}

/* A thread that acts as a user may read the attribute of the server, too. The
 * protected one counts before the other, which a server without the power to
 * write the first has written: who gives a server that power does not take away
 * what files were protected by. */
static ssize_t read_kept(const char *path, void *buf, size_t size)
{
	ssize_t n = getxattr(path, POSIX_XATTR_ACL, buf, size);

	if (n < 0 && errno == ENODATA) {
		n = read_open(path, buf, size);
	}
	return n;
}

static bool decode_kept(struct posix_sd *sd, size_t len,
			struct local_rights *then)
{
	struct wire_reader r = wire_reader(sd->buf, len);
	uint16_t version = wire_get_u16(&r);

	wire_skip(&r, 2);
	then->mode = wire_get_u32(&r);
	then->uid = wire_get_u32(&r);
	then->gid = wire_get_u32(&r);
	then->posix_acl = wire_get_u64(&r);
	return wire_reader_ok(&r) && version == KEPT_VERSION &&
	       security_descriptor_decode(wire_get_rest(&r), &sd->sd);
}

void posix_sd_free(struct posix_sd *sd)
{
	free(sd->buf);
	free(sd->made);
	sd->buf = NULL;
	sd->made = NULL;
}

/* 0, ENODATA none is kept, or another error. */
static int load_kept(const struct posix_root *root, const char *path,
		     const struct stat *st, struct posix_sd *sd, bool *stale)
{
	struct local_rights now = {0};
	struct local_rights then = {0};
	uint8_t probe[1];
	ssize_t n = read_kept(path, probe, 0);

	if (n <= 0) {
		return n == 0 || errno == EOPNOTSUPP ? ENODATA : errno;
	}
	sd->buf = malloc(KEPT_MAX);
	if (sd->buf == NULL) {
		return ENOMEM;
	}
	n = read_kept(path, sd->buf, KEPT_MAX);
	if (n < 0) {
		return errno;
	}
	if (!decode_kept(sd, (size_t)n, &then)) {
		return EIO;
	}
	if ((root->acls & STORE_ACLS_MAP) != 0) {
		now = local_rights(path, st);
		*stale = !same_rights(&now, &then);
	}
	return 0;
}

static int make_up(const struct posix_root *root, const char *path,
		   const struct stat *st, struct posix_sd *sd,
		   struct security_descriptor *out)
{
	const struct acl_file file = {
		.uid = st->st_uid, .gid = st->st_gid, .mode = st->st_mode};
	uint8_t buf[ACL_POSIX_SIZE_MAX];
	size_t len = read_posix_acl(path, buf);
	struct acl_posix posix = {0};
	struct wire_writer w = {0};
	bool have = len > 0 && acl_posix_decode(wire_slice(buf, len), &posix);

	sd->made = malloc(ACL_SIZE_MAX);
	if (sd->made == NULL) {
		return ENOMEM;
	}
	w = wire_writer_fixed(sd->made, ACL_SIZE_MAX);
	return acl_from_posix(&w, &root->sids, &file, have ? &posix : NULL, out)
		       ? 0
		       : EFBIG;
}

/* Where the rights were changed on the machine, the DACL is theirs. */
int posix_sd_load(const struct posix_root *root, int fd, const struct stat *st,
		  struct posix_sd *sd)
{
	struct posix_proc_path path = posix_proc(fd);
	struct security_descriptor local = {0};
	bool stale = false;
	int err = ENODATA;

	*sd = (struct posix_sd){0};
	if ((root->acls & STORE_ACLS_KEEP) != 0 &&
	    (S_ISREG(st->st_mode) || S_ISDIR(st->st_mode))) {
		err = load_kept(root, path.path, st, sd, &stale);
	}
	sd->kept = err == 0;
	if (err == ENODATA || stale) {
		err = make_up(root, path.path, st, sd, &local);
		local.sacl = sd->sd.sacl;
		local.control |= sd->sd.control &
				 (SD_SACL_PRESENT | SD_SACL_AUTO_INHERITED |
				  SD_SACL_PROTECTED);
		sd->sd = local;
	}
	return err;
}

int posix_sd_load_counting(const struct posix_root *root, int fd,
			   const struct stat *st, struct posix_sd *sd,
			   bool *kept)
{
	bool stale = false;
	int err = ENODATA;

	*sd = (struct posix_sd){0};
	if ((root->acls & STORE_ACLS_KEEP) != 0 &&
	    (S_ISREG(st->st_mode) || S_ISDIR(st->st_mode))) {
		err = load_kept(root, posix_proc(fd).path, st, sd, &stale);
	}
	*kept = err == 0 && !stale;
	return err == ENODATA ? 0 : err;
}

/* --- writing
 * ------------------------------------------------------------------ */

static int write_posix_acl(const char *path, const char *name,
			   const struct acl_posix *posix)
{
	uint8_t buf[ACL_POSIX_SIZE_MAX + 4 * 8];
	struct wire_writer w = wire_writer_fixed(buf, sizeof(buf));

	if (!acl_posix_encode(&w, posix)) {
		return EFBIG;
	}
	if (setxattr(path, name, buf, w.len, 0) != 0 && errno != EOPNOTSUPP) {
		return errno;
	}
	return 0;
}

static int set_posix_acl(const char *path, const struct acl_posix *posix)
{
	if (posix->count == 0) {
		(void)removexattr(path, POSIX_ACL_XATTR);
		return 0;
	}
	return write_posix_acl(path, POSIX_ACL_XATTR, posix);
}

/* What is made on the machine itself inherits, too. */
static int set_default_acl(const struct posix_root *root, const char *path,
			   const struct acl_file *dir,
			   const struct security_descriptor *sd)
{
	uint8_t *buf = malloc(2 * ACL_SIZE_MAX);
	struct wire_writer w = wire_writer_fixed(buf, 2 * ACL_SIZE_MAX);
	struct acl_posix posix = {0};
	int err = 0;

	if (buf == NULL) {
		return ENOMEM;
	}
	if (acl_to_posix_default(&w, sd, &root->sids, dir, &posix)) {
		err = write_posix_acl(path, POSIX_ACL_DEFAULT, &posix);
	} else {
		(void)removexattr(path, POSIX_ACL_DEFAULT);
	}
	free(buf);
	return err;
}

/* A mode that lets nobody write does not mean READONLY here. */
static int map_to_posix(struct posix_job *job, int fd, const struct stat *st,
			const struct security_descriptor *sd)
{
	const struct acl_file file = {
		.uid = st->st_uid, .gid = st->st_gid, .mode = st->st_mode};
	struct posix_proc_path path = posix_proc(fd);
	struct acl_posix posix = {0};
	int err = 0;

	acl_to_posix(sd, &job->root->sids, &file, &posix);
	if (!job->root->acl_protected) {
		posix.mode |= S_IRUSR | S_IWUSR; /* for the attribute's sake */
	}
	if (S_ISREG(st->st_mode) && (posix.mode & 0222) == 0) {
		err = posix_do_pin_attributes(job, fd);
	}
	if (err == 0 &&
	    chmod(path.path, (st->st_mode & 07000) | posix.mode) != 0) {
		err = errno;
	}
	if (err == 0) {
		err = set_posix_acl(path.path, &posix);
	}
	return err == 0 && S_ISDIR(st->st_mode)
		       ? set_default_acl(job->root, path.path, &file, sd)
		       : err;
}

static int write_value(struct posix_job *job, const char *path,
		       const uint8_t *value, size_t len)
{
	const char *name = job->root->acl_protected ? POSIX_XATTR_ACL
						    : POSIX_XATTR_ACL_OPEN;
	int err = posix_cred_enter(NULL);

	if (err != 0) {
		return err;
	}
	if (setxattr(path, name, value, len, 0) != 0) {
		err = errno == E2BIG || errno == ERANGE ? ENOSPC : errno;
	} else if (job->root->acl_protected) {
		(void)removexattr(path, POSIX_XATTR_ACL_OPEN);
	}
	return posix_cred_enter(job->cred) == 0 ? err : EPERM;
}

static int write_kept(struct posix_job *job, int fd,
		      const struct security_descriptor *sd)
{
	struct posix_proc_path path = posix_proc(fd);
	struct local_rights now = {0};
	uint8_t *value = malloc(KEPT_MAX);
	struct wire_writer w = wire_writer_fixed(value, KEPT_MAX);
	struct stat st = {0};
	int err = ENOMEM;

	if (value != NULL) {
		err = fstat(fd, &st) == 0 ? 0 : errno;
	}
	if (err == 0) {
		now = local_rights(path.path, &st);
		wire_put_u16(&w, KEPT_VERSION);
		wire_put_u16(&w, 0);
		wire_put_u32(&w, now.mode);
		wire_put_u32(&w, now.uid);
		wire_put_u32(&w, now.gid);
		wire_put_u64(&w, now.posix_acl);
		wire_rebase(&w);
		err = security_descriptor_encode(&w, sd) ? 0 : EFBIG;
	}
	if (err == 0) {
		err = write_value(job, path.path, value, w.len);
	}
	free(value);
	return err;
}

/* Where it cannot be kept, what mode and POSIX ACL can say of it must do. */
static int keep(struct posix_job *job, int fd, const struct stat *st,
		const struct security_descriptor *sd, bool map)
{
	int err = map ? map_to_posix(job, fd, st, sd) : 0;

	if (err == 0 && (job->root->acls & STORE_ACLS_KEEP) != 0) {
		err = write_kept(job, fd, sd);
		if (err == EOPNOTSUPP && map) {
			err = 0;
		}
	}
	return err;
}

/* --- what is made
 * -------------------------------------------------------------- */

static int inherit(struct posix_job *job, int parent, int fd,
		   const struct stat *st)
{
	const struct acl_child child = {
		.owner = sidmap_user(&job->root->sids, st->st_uid),
		.group = sidmap_group(&job->root->sids, st->st_gid),
		.directory = S_ISDIR(st->st_mode),
	};
	struct security_descriptor sd = {0};
	struct posix_sd above = {0};
	struct stat dir = {0};
	uint8_t *buf = NULL;
	bool kept = false;
	int err = fstat(parent, &dir) == 0
			  ? posix_sd_load_counting(job->root, parent, &dir,
						   &above, &kept)
			  : errno;

	if (err == 0 && kept) {
		struct wire_writer w = {0};

		buf = malloc(2 * ACL_SIZE_MAX);
		w = wire_writer_fixed(buf, 2 * ACL_SIZE_MAX);
		err = buf == NULL ? ENOMEM
		      : acl_inherit(&w, &above.sd, &child, &sd)
			      ? keep(job, fd, st, &sd,
				     (job->root->acls & STORE_ACLS_MAP) != 0)
			      : EFBIG;
	}
	free(buf);
	posix_sd_free(&above);
	return err;
}

int posix_do_first_security(struct posix_job *job, int parent, int fd,
			    const struct stat *st)
{
	int err = 0;

	if ((job->root->acls & STORE_ACLS_KEEP) != 0) {
		err = inherit(job, parent, fd, st);
	}
	if (err == 0 && job->len > 0) {
		err = posix_do_change_security(
			job, fd, wire_slice(job->in, job->len), ACL_ALL_PARTS);
	}
	return err;
}

/* --- the operations
 * ------------------------------------------------------------- */

static int posix_do_getsecurity(struct posix_job *job)
{
	struct posix_sd sd = {0};
	struct stat st = {0};
	struct wire_writer w = {0};
	int err = fstat(job->handle->fd, &st) == 0 ? 0 : errno;

	if (err == 0) {
		err = posix_sd_load(job->root, job->handle->fd, &st, &sd);
	}
	if (err == 0) {
		job->out_len = security_descriptor_size(&sd.sd);
		job->out = malloc(job->out_len);
		err = job->out == NULL ? ENOMEM : 0;
	}
	if (err == 0) {
		w = wire_writer_fixed(job->out, job->out_len);
		err = security_descriptor_encode(&w, &sd.sd) ? 0 : EIO;
	}
	posix_sd_free(&sd);
	return err;
}

static int finish_getsecurity(struct store_call *call, struct posix_job *job)
{
	call->value = talloc_memdup(call, job->out, job->out_len);
	call->count = job->out_len;
	return call->value == NULL ? ENOMEM : 0;
}

void posix_getsecurity(struct store_call *call, struct store_file *file)
{
	struct posix_job *job =
		posix_job_new(call, file->store, file->data->handle,
			      posix_do_getsecurity, finish_getsecurity);

	if (job != NULL) {
		posix_job_start(call, file->store, job, NULL);
	}
}

/* The file's owner and group follow, where they are somebody here. */
static int change_ids(struct posix_job *job, int fd, struct stat *st,
		      const struct security_descriptor *sd, uint32_t parts)
{
	uid_t uid = st->st_uid;
	gid_t gid = st->st_gid;

	if ((parts & OWNER_SECURITY_INFORMATION) != 0) {
		(void)sidmap_uid(&job->root->sids, &sd->owner, &uid);
	}
	if ((parts & GROUP_SECURITY_INFORMATION) != 0) {
		(void)sidmap_gid(&job->root->sids, &sd->group, &gid);
	}
	if (uid == st->st_uid && gid == st->st_gid) {
		return 0;
	}
	if (chown(posix_proc(fd).path, uid != st->st_uid ? uid : (uid_t)-1,
		  gid != st->st_gid ? gid : (gid_t)-1) != 0) {
		return errno;
	}
	posix_do_streams_give(job, fd);
	return fstat(fd, st) == 0 ? 0 : errno;
}

/* Owner and group alone need no keeping where the file says the same. */
static bool says_itself(const struct posix_job *job, const struct stat *st,
			const struct security_descriptor *sd, uint32_t parts)
{
	struct sid owner = sidmap_user(&job->root->sids, st->st_uid);
	struct sid group = sidmap_group(&job->root->sids, st->st_gid);

	return (parts & ~(OWNER_SECURITY_INFORMATION |
			  GROUP_SECURITY_INFORMATION)) == 0 &&
	       sid_equal(&owner, &sd->owner) && sid_equal(&group, &sd->group);
}

static int change(struct posix_job *job, int fd, struct stat *st,
		  const struct posix_sd *old,
		  const struct security_descriptor *in, uint32_t parts,
		  struct wire_writer *w)
{
	bool map = (parts & DACL_SECURITY_INFORMATION) != 0 &&
		   (job->root->acls & STORE_ACLS_MAP) != 0;
	struct security_descriptor sd = {0};
	struct acl_who who = {.map = &job->root->sids};
	int err = 0;

	(void)posix_who(job, &who);
	err = acl_change(w, &old->sd, in, parts, &who,
			 (job->root->acls & STORE_ACLS_VERBATIM) != 0, &sd);
	if (err != 0) {
		return err == EPERM ? ESRCH : err;
	}
	err = change_ids(job, fd, st, &sd, parts);
	if (err == 0 && (old->kept || !says_itself(job, st, &sd, parts))) {
		err = keep(job, fd, st, &sd, map);
	}
	return err;
}

/* One that a server with more power has written would still be the one that
 * counts: an error, rather than a list that seems to be set. It has to be found
 * before owner or mode are touched, whose change would take away what counts.
 */
static int overruled(const struct posix_root *root, int fd)
{
	if (root->acl_protected || (root->acls & STORE_ACLS_KEEP) == 0 ||
	    getxattr(posix_proc(fd).path, POSIX_XATTR_ACL, NULL, 0) < 0) {
		return 0;
	}
	log_warn("a security descriptor is not changed: the file has one "
		 "in " POSIX_XATTR_ACL ", which takes bounded capabilities = "
		 "no, and CAP_SYS_ADMIN, to replace");
	return EPERM;
}

int posix_do_change_security(struct posix_job *job, int fd,
			     struct wire_slice data, uint32_t parts)
{
	struct security_descriptor in = {0};
	struct posix_sd old = {0};
	struct stat st = {0};
	uint8_t *buf = malloc(2 * ACL_SIZE_MAX);
	struct wire_writer w = wire_writer_fixed(buf, 2 * ACL_SIZE_MAX);
	int err = buf == NULL ? ENOMEM : 0;

	if (err == 0 && !security_descriptor_decode(data, &in)) {
		err = EINVAL;
	}
	if (parts == ACL_ALL_PARTS) {
		parts = acl_parts_of(&in);
	}
	if (err == 0 && fstat(fd, &st) != 0) {
		err = errno;
	}
	if (err == 0) {
		err = overruled(job->root, fd);
	}
	if (err == 0) {
		err = posix_sd_load(job->root, fd, &st, &old);
	}
	if (err == 0) {
		err = change(job, fd, &st, &old, &in, parts, &w);
	}
	posix_sd_free(&old);
	free(buf);
	return err;
}

static int posix_do_setsecurity(struct posix_job *job)
{
	if ((job->root->acls & STORE_ACLS_SET) == 0) {
		return EOPNOTSUPP;
	}
	return posix_do_change_security(job, job->handle->fd,
					wire_slice(job->in, job->len),
					job->flags);
}

void posix_setsecurity(struct store_call *call, struct store_file *file,
		       uint32_t parts, struct wire_slice sd)
{
	struct posix_job *job =
		posix_job_new(call, file->store, file->data->handle,
			      posix_do_setsecurity, NULL);

	if (job == NULL) {
		return;
	}
	job->flags = parts;
	if (!posix_job_bytes(job, sd)) {
		job->job.release(&job->job);
		store_call_done(call, ENOMEM);
		return;
	}
	posix_job_change(call, file->store, job, NULL);
}
