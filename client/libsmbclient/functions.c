/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The slots of a context: which function does what. A program takes one out to
 * call it, or puts one of its own there. Each has a pair of functions, all
 * alike.
 */
#include "client/libsmbclient/libsmb.h"

#define SLOT(Name, type, place)                          \
	type smbc_getFunction##Name(SMBCCTX *c)          \
	{                                                \
		return c->place;                         \
	}                                                \
	void smbc_setFunction##Name(SMBCCTX *c, type fn) \
	{                                                \
		c->place = fn;                           \
	}

/* clang-format off */
/* calls, in the part that programs see */
SLOT(Open, smbc_open_fn, open)
SLOT(Creat, smbc_creat_fn, creat)
SLOT(Read, smbc_read_fn, read)
SLOT(Write, smbc_write_fn, write)
SLOT(Unlink, smbc_unlink_fn, unlink)
SLOT(Rename, smbc_rename_fn, rename)
SLOT(Lseek, smbc_lseek_fn, lseek)
SLOT(Stat, smbc_stat_fn, stat)
SLOT(Fstat, smbc_fstat_fn, fstat)
SLOT(Close, smbc_close_fn, close_fn)
SLOT(Opendir, smbc_opendir_fn, opendir)
SLOT(Closedir, smbc_closedir_fn, closedir)
SLOT(Readdir, smbc_readdir_fn, readdir)
SLOT(ReaddirPlus, smbc_readdirplus_fn, readdirplus)
SLOT(ReaddirPlus2, smbc_readdirplus2_fn, readdirplus2)
SLOT(Getdents, smbc_getdents_fn, getdents)
SLOT(Mkdir, smbc_mkdir_fn, mkdir)
SLOT(Rmdir, smbc_rmdir_fn, rmdir)
SLOT(Telldir, smbc_telldir_fn, telldir)
SLOT(Lseekdir, smbc_lseekdir_fn, lseekdir)
SLOT(Fstatdir, smbc_fstatdir_fn, fstatdir)
SLOT(Chmod, smbc_chmod_fn, chmod)
SLOT(Utimes, smbc_utimes_fn, utimes)
SLOT(Setxattr, smbc_setxattr_fn, setxattr)
SLOT(Getxattr, smbc_getxattr_fn, getxattr)
SLOT(Removexattr, smbc_removexattr_fn, removexattr)
SLOT(Listxattr, smbc_listxattr_fn, listxattr)
SLOT(PrintFile, smbc_print_file_fn, print_file)
SLOT(OpenPrintJob, smbc_open_print_job_fn, open_print_job)
SLOT(ListPrintJobs, smbc_list_print_jobs_fn, list_print_jobs)
SLOT(UnlinkPrintJob, smbc_unlink_print_job_fn, unlink_print_job)

/* and in the hidden part */
SLOT(StatVFS, smbc_statvfs_fn, internal->statvfs)
SLOT(FstatVFS, smbc_fstatvfs_fn, internal->fstatvfs)
SLOT(Ftruncate, smbc_ftruncate_fn, internal->ftruncate)
SLOT(Splice, smbc_splice_fn, internal->splice)
SLOT(Notify, smbc_notify_fn, internal->notify)
SLOT(FGetxattr, smbc_fgetxattr_fn, internal->fgetxattr)

/* callbacks */
SLOT(AuthDataWithContext, smbc_get_auth_data_with_context_fn, internal->auth_with_context)
SLOT(AuthData, smbc_get_auth_data_fn, callbacks.auth_fn)
SLOT(CheckServer, smbc_check_server_fn, callbacks.check_server_fn)
SLOT(RemoveUnusedServer, smbc_remove_unused_server_fn, callbacks.remove_unused_server_fn)
SLOT(AddCachedServer, smbc_add_cached_srv_fn, callbacks.add_cached_srv_fn)
SLOT(GetCachedServer, smbc_get_cached_srv_fn, callbacks.get_cached_srv_fn)
SLOT(RemoveCachedServer, smbc_remove_cached_srv_fn, callbacks.remove_cached_srv_fn)
SLOT(PurgeCachedServers, smbc_purge_cached_fn, callbacks.purge_cached_fn)
/* clang-format on */
