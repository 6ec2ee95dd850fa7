/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What there is to know of files and of the file systems they lie in. */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "client/libsmbclient/libsmb.h"

/* -------------------------------------------------------------------- facts */

uint64_t name_number(const char *name)
{
	uint64_t n = 14695981039346656037u; /* FNV-1a */

	for (; *name != '\0'; name++) {
		n = (n ^ (uint8_t)*name) * 1099511628211u;
	}
	return n;
}

static void take_facts(const struct fscc_all *all, struct libsmb_facts *out)
{
	*out = (struct libsmb_facts){
		.stat =
			{
				.creation_time = all->basic.creation_time,
				.access_time = all->basic.last_access_time,
				.write_time = all->basic.last_write_time,
				.change_time = all->basic.change_time,
				.allocation_size =
					all->standard.allocation_size,
				.size = all->standard.end_of_file,
				.attributes = all->basic.file_attributes,
			},
		.inode = all->index_number,
		.links = all->standard.number_of_links,
	};
}

int facts_get(struct client_tree *tree, const char *path,
	      struct client_file *file, struct libsmb_facts *out)
{
	const struct client_query query = {
		.type = SMB2_0_INFO_FILE,
		.info_class = FileAllInformation,
	};
	TALLOC_CTX *frame = talloc_new(tree);
	struct wire_slice data = {0};
	struct fscc_all all = {0};
	NTSTATUS status = 0;

	*out = (struct libsmb_facts){0};
	status = file != NULL ? client_query(frame, file, &query, &data)
			      : client_query_path(frame, tree, path,
						  FILE_READ_ATTRIBUTES, &query,
						  &data);
	/* a name that is cut is no name we want */
	if (!NT_STATUS_IS_ERR(status)) {
		if (fscc_all_decode(data, &all)) {
			take_facts(&all, out);
			status = NT_STATUS_OK;
		} else {
			status = NT_STATUS_INVALID_NETWORK_RESPONSE;
		}
	}
	talloc_free(frame);
	return libsmb_errno(status);
}

static mode_t mode_of(uint32_t attributes)
{
	mode_t mode = (attributes & FILE_ATTRIBUTE_DIRECTORY) != 0
			      ? S_IFDIR | 0555
			      : S_IFREG | 0444;

	if ((attributes & FILE_ATTRIBUTE_ARCHIVE) != 0) {
		mode |= S_IXUSR;
	}
	if ((attributes & FILE_ATTRIBUTE_SYSTEM) != 0) {
		mode |= S_IXGRP;
	}
	if ((attributes & FILE_ATTRIBUTE_HIDDEN) != 0) {
		mode |= S_IXOTH;
	}
	if ((attributes & FILE_ATTRIBUTE_READONLY) == 0) {
		mode |= S_IWUSR;
	}
	return mode;
}

void stat_fill(struct stat *st, const struct client_stat *in, uint64_t inode,
	       dev_t dev)
{
	bool folder = (in->attributes & FILE_ATTRIBUTE_DIRECTORY) != 0;

	memset(st, 0, sizeof(*st));
	st->st_dev = dev;
	st->st_ino = inode;
	st->st_mode = mode_of(in->attributes);
	st->st_nlink = folder ? 2 : 1;
	st->st_uid = getuid();
	st->st_gid = getgid();
	st->st_size = (off_t)in->size;
	st->st_blksize = 512;
	st->st_blocks = (blkcnt_t)((in->size + 511) / 512);
	st->st_atim = nttime_to_timespec(in->access_time);
	st->st_mtim = nttime_to_timespec(in->write_time);
	st->st_ctim = nttime_to_timespec(in->change_time);
}

/* Workgroups, servers: they can be listed, and that is all. */
static void stat_list(struct stat *st, const char *name)
{
	const struct client_stat list = {
		.attributes =
			FILE_ATTRIBUTE_DIRECTORY | FILE_ATTRIBUTE_READONLY,
	};

	stat_fill(st, &list, name_number(name), 0);
}

/* -------------------------------------------------------------------- files */

/* From what is kept of its folder, when that is known; its number as well. */
static int facts_of_place(struct place *at, struct libsmb_facts *out)
{
	struct client_stat stat = {0};
	NTSTATUS status = NT_STATUS_OK;

	if (!at->srv->link->read_ahead) {
		return facts_get(at->tree, at->url->path, NULL, out);
	}
	status = client_stat(at->tree, at->url->path, &stat);
	if (NT_STATUS_IS_OK(status) && stat.file_id == 0) {
		return facts_get(at->tree, at->url->path, NULL, out);
	}
	*out = (struct libsmb_facts){.stat = stat, .inode = stat.file_id};
	return libsmb_errno(status);
}

static int stat_place(struct place *at, struct stat *st)
{
	struct libsmb_facts facts = {0};
	int err = facts_of_place(at, &facts);

	if (err == 0) {
		stat_fill(st, &facts.stat,
			  facts.inode != 0 ? facts.inode
					   : name_number(at->url->path),
			  at->srv->dev);
	}
	return err;
}

int libsmb_stat(SMBCCTX *c, const char *url, struct stat *st)
{
	struct place at = {0};
	int err = place_enter_url(c, url, &at);

	if (err == 0 && st == NULL) {
		err = EINVAL;
	} else if (err == 0 && *at.url->share == '\0') {
		if (*at.url->server != '\0') {
			err = server_find(c, at.url, "IPC$", &at.srv);
		}
		if (err == 0) {
			stat_list(st, at.url->server);
		}
		return place_leave(&at, err);
	}
	if (err == 0) {
		err = server_find(c, at.url, NULL, &at.srv);
	}
	if (err == 0) {
		at.tree = at.srv->tree;
		err = at.tree != NULL ? stat_place(&at, st) : EINVAL;
	}
	return place_leave(&at, err);
}

static int stat_open(SMBCFILE *file, struct stat *st)
{
	struct libsmb_facts facts = {0};
	int err = 0;

	if (file->folder && file->srv == NULL) {
		stat_list(st, file->url);
		return 0;
	}
	if (file->srv == NULL || (!file->folder && file->file == NULL)) {
		return EBADF;
	}
	if (file->srv->tree == NULL) {
		stat_list(st, file->url);
		return 0;
	}
	err = libsmb_errno(behind_settle(file));
	if (err == 0) {
		err = facts_get(file->srv->tree, file->path, file->file,
				&facts);
	}
	if (err == 0) {
		stat_fill(st, &facts.stat,
			  facts.inode != 0 ? facts.inode
					   : name_number(file->path),
			  file->srv->dev);
	}
	return err;
}

int libsmb_fstat(SMBCCTX *c, SMBCFILE *file, struct stat *st)
{
	int err = EBADF;

	if (!libsmb_enter(c)) {
		return -1;
	}
	if (libsmb_has_file(c, file)) {
		err = st == NULL ? EINVAL : stat_open(file, st);
	}
	return libsmb_return(c, err);
}

int libsmb_fstatdir(SMBCCTX *c, SMBCFILE *dir, struct stat *st)
{
	return libsmb_fstat(c, dir, st);
}

/* ------------------------------------------------------------- file systems */

static NTSTATUS query_fs(struct client_tree *tree, TALLOC_CTX *mem_ctx,
			 uint8_t info_class, struct wire_slice *out)
{
	const struct client_query query = {
		.type = SMB2_0_INFO_FILESYSTEM,
		.info_class = info_class,
	};
	NTSTATUS status = client_query_path(mem_ctx, tree, "",
					    FILE_READ_ATTRIBUTES, &query, out);

	return NT_STATUS_IS_ERR(status) ? status : NT_STATUS_OK;
}

static void take_features(const struct fscc_fs_attribute *a, struct statvfs *st)
{
	if ((a->attributes & FILE_CASE_SENSITIVE_SEARCH) == 0) {
		st->f_flag |= SMBC_VFS_FEATURE_CASE_INSENSITIVE;
	}
	if ((a->attributes & FILE_READ_ONLY_VOLUME) != 0) {
		st->f_flag |= SMBC_VFS_FEATURE_RDONLY;
	}
	st->f_namemax = a->maximum_component_name_length;
}

/* f_frsize is the number of sectors in a unit, as in Samba's library. */
static int fill_statvfs(SMBCSRV *srv, struct statvfs *st)
{
	TALLOC_CTX *frame = talloc_new(srv);
	struct fscc_fs_full_size size = {0};
	struct fscc_fs_attribute attribute = {0};
	struct wire_slice data = {0};
	NTSTATUS status =
		query_fs(srv->tree, frame, FileFsFullSizeInformation, &data);

	memset(st, 0, sizeof(*st));
	if (NT_STATUS_IS_OK(status) && fscc_fs_full_size_decode(data, &size)) {
		st->f_bsize = size.bytes_per_sector;
		st->f_frsize = size.sectors_per_allocation_unit;
		st->f_blocks = size.total_allocation_units;
		st->f_bfree = size.actual_available_allocation_units;
		st->f_bavail = size.caller_available_allocation_units;
	}
	st->f_flag = SMBC_VFS_FEATURE_NO_UNIXCIFS;
	st->f_fsid = srv->dev;
	if (NT_STATUS_IS_OK(status)) {
		status = query_fs(srv->tree, frame, FileFsAttributeInformation,
				  &data);
	}
	if (NT_STATUS_IS_OK(status) &&
	    fscc_fs_attribute_decode(data, &attribute)) {
		take_features(&attribute, st);
	}
	talloc_free(frame);
	return libsmb_errno(status);
}

int libsmb_statvfs(SMBCCTX *c, char *url, struct statvfs *st)
{
	struct stat there = {0};
	struct place at = {0};
	int err = place_enter(c, url, &at);

	if (err == 0) {
		err = st == NULL ? EINVAL : stat_place(&at, &there);
	}
	if (err == 0) {
		err = fill_statvfs(at.srv, st);
	}
	return place_leave(&at, err);
}

int libsmb_fstatvfs(SMBCCTX *c, SMBCFILE *file, struct statvfs *st)
{
	int err = EBADF;

	if (!libsmb_enter(c)) {
		return -1;
	}
	if (libsmb_has_file(c, file) && file->srv != NULL &&
	    file->srv->tree != NULL) {
		err = st == NULL ? EINVAL : fill_statvfs(file->srv, st);
	}
	return libsmb_return(c, err);
}
