/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a server tells of a file, as stat(2) has it. */
#include <string.h>
#include <sys/sysmacros.h>
#include <time.h>

#include "client/mount/mount.h"
#include "smbquic/posix_security.h"
#include "smbquic/reparse.h"
#include "smbquic/smb2_posix.h"

#define BLOCK	     512
#define ALL_SIZE_MAX 4096

static void fill_owner(const struct mount *mount,
		       const struct client_stat *stat, struct stat *out)
{
	const struct mount_options *o = mount->options;
	uint32_t number = 0;

	out->st_uid = o->uid;
	out->st_gid = o->gid;
	if (!stat->posix) {
		return;
	}
	if (!o->force_uid && posix_owner_number(&stat->owner, &number)) {
		out->st_uid = number;
	}
	if (!o->force_gid && posix_group_number(&stat->group, &number)) {
		out->st_gid = number;
	}
}

/* What clients of Windows made is a file to the server's file system. */
static mode_t posix_mode(const struct client_stat *stat)
{
	mode_t type = reparse_tag_type(stat->reparse_tag);

	if (type == S_IFLNK || S_ISLNK(stat->mode)) {
		return S_IFLNK | 0777;
	}
	return type != 0 ? type | (stat->mode & 07777) : stat->mode;
}

static mode_t plain_mode(const struct mount_options *o,
			 const struct client_stat *stat)
{
	mode_t type = reparse_tag_type(stat->reparse_tag);

	if (type == S_IFLNK) {
		return S_IFLNK | 0777;
	}
	if ((stat->attributes & FILE_ATTRIBUTE_DIRECTORY) != 0 && type == 0) {
		return S_IFDIR | o->dir_mode;
	}
	type = type != 0 ? type : S_IFREG;
	if ((stat->attributes & FILE_ATTRIBUTE_READONLY) != 0) {
		return type | (o->file_mode & ~(mode_t)0222);
	}
	return type | o->file_mode;
}

/* Folders have one; what was removed while it is open has none. Listings of
 * Windows tell nothing of it. */
static nlink_t link_count(const struct client_stat *stat, mode_t mode)
{
	if (S_ISDIR(mode) || (stat->links == 0 && !stat->posix)) {
		return 1;
	}
	return stat->links;
}

/* Servers tell a link's length by the extensions, or not at all. */
bool attr_is_opaque(const struct client_stat *stat)
{
	mode_t mode = stat->posix ? posix_mode(stat) : 0;

	return (S_ISLNK(mode) && stat->size == 0) ||
	       (!stat->posix && stat->reparse_tag == 0 &&
		(stat->attributes & FILE_ATTRIBUTE_REPARSE_POINT) != 0);
}

void attr_told(struct node *node, const struct stat *attr)
{
	node->mode = attr->st_mode;
	node->uid = attr->st_uid;
	node->gid = attr->st_gid;
	node->size = attr->st_size;
	node->write_time = attr->st_mtim;
	node->change_time = attr->st_ctim;
	node_seen(node, attr);
}

static bool same_time(const struct timespec *a, const struct timespec *b)
{
	return a->tv_sec == b->tv_sec && a->tv_nsec == b->tv_nsec;
}

bool attr_is_told(const struct node *node, const struct stat *attr)
{
	return node->size == attr->st_size &&
	       same_time(&node->write_time, &attr->st_mtim) &&
	       same_time(&node->change_time, &attr->st_ctim);
}

double attr_now(void)
{
	struct timespec ts = {0};

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

static void keep(struct node *node, const struct stat *attr)
{
	if (node->attr == NULL) {
		node->attr = talloc(node, struct stat);
	}
	if (node->attr != NULL) {
		*node->attr = *attr;
		node->attr_at = attr_now();
	}
}

void attr_keep(const struct op *op, struct node *node, const struct stat *attr)
{
	if (node->directory || op->changes != node->changes) {
		return;
	}
	keep(node, attr);
}

void attr_keep_folder(struct node *node, const struct stat *attr)
{
	keep(node, attr);
}

double attr_kept_time(const struct mount *mount, const struct node *node)
{
	double time = node->directory ? mount->options->dir_time
				      : mount->options->file_time;
	double left = node->attr_at + time - attr_now();

	return left > 0 ? left : 0;
}

const struct stat *attr_kept(const struct mount *mount, const struct node *node)
{
	if (node->attr == NULL ||
	    (!node->directory &&
	     (!node_is_leased(node) || node_is_dirty(node))) ||
	    attr_kept_time(mount, node) == 0) {
		return NULL;
	}
	return node->attr;
}

void attr_changed(struct node *node)
{
	const struct node_name *name = NULL;

	if (node != NULL) {
		TAILQ_FOREACH(name, &node->names, of_node)
		{
			watch_doubt(name->parent, name->text);
		}
		node->changes++;
		node->changed_at = attr_now();
		TALLOC_FREE(node->attr);
	}
}

void attr_removed(const struct node *node, struct stat *out)
{
	*out = (struct stat){
		.st_ino = node->file_id != 0 ? node->file_id : node->serial,
		.st_mode = S_IFDIR | (node->mode & 07777),
		.st_uid = node->uid,
		.st_gid = node->gid,
	};
}

void attr_fill(const struct mount *mount, const struct node *node,
	       const struct client_stat *stat, struct stat *out)
{
	uint64_t size = 0;

	*out = (struct stat){0};
	out->st_ino = mount->options->file_ids && stat->file_id != 0
			      ? stat->file_id
			      : node->serial;
	out->st_mode = stat->posix ? posix_mode(stat)
				   : plain_mode(mount->options, stat);
	out->st_nlink = link_count(stat, out->st_mode);
	fill_owner(mount, stat, out);
	out->st_size = stat->size > INT64_MAX ? INT64_MAX : (off_t)stat->size;
	if (S_ISDIR(out->st_mode)) {
		out->st_size = 0;
	} else if (S_ISREG(out->st_mode) && node_size(node, &size)) {
		out->st_size = (off_t)size; /* with what waits here */
	}
	out->st_blksize = (blksize_t)mount->write_size;
	out->st_blocks = (blkcnt_t)((stat->allocation_size / BLOCK) +
				    (stat->allocation_size % BLOCK != 0));
	out->st_atim = nttime_to_timespec(stat->access_time);
	out->st_mtim = nttime_to_timespec(stat->write_time);
	out->st_ctim = nttime_to_timespec(stat->change_time);
}

struct node_facts attr_facts(const struct mount *mount,
			     const struct client_stat *stat)
{
	bool directory = (stat->attributes & FILE_ATTRIBUTE_DIRECTORY) != 0;

	if (stat->posix) {
		directory = S_ISDIR(posix_mode(stat));
	} else if (reparse_tag_type(stat->reparse_tag) != 0) {
		directory = false;
	}
	return (struct node_facts){
		.file_id = mount->options->file_ids ? stat->file_id : 0,
		.creation_time = stat->creation_time,
		.directory = directory,
	};
}

double attr_time(const struct mount *mount, const struct node *node)
{
	const struct mount_options *o = mount->options;

	if (node->directory) {
		return o->dir_time;
	}
	if (o->cache == MOUNT_CACHE_NONE) {
		return 0;
	}
	/* While it is open data is believed as long as the size and time that
	 * go with it. */
	return o->cache == MOUNT_CACHE_STRICT && node_is_open(node) &&
			       !node_is_leased(node)
		       ? 0
		       : o->file_time;
}

/* ----------------------------------------------------------------- queries */

struct client_query attr_query(bool posix)
{
	return (struct client_query){
		.type = SMB2_0_INFO_FILE,
		.info_class = posix ? FilePosixInformation : FileAllInformation,
		.max = ALL_SIZE_MAX,
	};
}

static bool take_all(struct wire_slice data, struct client_stat *out)
{
	struct fscc_all all = {0};
	uint32_t tag = out->reparse_tag;

	if (!fscc_all_decode(data, &all)) {
		return false;
	}
	*out = (struct client_stat){
		.creation_time = all.basic.creation_time,
		.access_time = all.basic.last_access_time,
		.write_time = all.basic.last_write_time,
		.change_time = all.basic.change_time,
		.allocation_size = all.standard.allocation_size,
		.size = all.standard.end_of_file,
		.attributes = all.basic.file_attributes,
		.file_id = all.index_number,
		.links = all.standard.number_of_links,
		.reparse_tag = tag,
	};
	return true;
}

bool attr_take(struct wire_slice data, bool posix, struct client_stat *out)
{
	struct smb2_posix_info in = {0};

	if (!posix) {
		return take_all(data, out);
	}
	if (!smb2_posix_info_decode(data, &in)) {
		return false;
	}
	*out = (struct client_stat){
		.creation_time = in.creation_time,
		.access_time = in.last_access_time,
		.write_time = in.last_write_time,
		.change_time = in.change_time,
		.allocation_size = in.allocation_size,
		.size = in.end_of_file,
		.attributes = in.file_attributes,
		.file_id = in.inode,
		.posix = true,
		.mode = smb2_posix_st_mode(in.posix.mode),
		.links = in.posix.links,
		.reparse_tag = in.posix.reparse_tag,
		.owner = in.posix.owner,
		.group = in.posix.group,
	};
	return true;
}
