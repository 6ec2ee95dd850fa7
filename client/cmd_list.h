/* SPDX-License-Identifier: GPL-3.0-or-later */
/* cmd_list.h - the functions behind the rows of cmd_table.c. */
#ifndef CLIENT_CMD_LIST_H
#define CLIENT_CMD_LIST_H

#include "client/shell.h"

/* shell_walk.c */

/** What is called for each entry of a listing. @return false: stop. */
typedef bool (*shell_entry_fn)(struct shell *shell, const char *folder,
			       const struct client_dir_entry *entry,
			       void *private_data);
/** Everything that a mask as typed means: "x" the entry x, "x/" what is in it,
 *  with "recurse" also what is in the folders below. It is an error when
 *  nothing matches, which is said.
 *  @param heads  print each folder's name above it. */
bool shell_walk(struct shell *shell, const char *mask, bool heads,
		shell_entry_fn fn, void *private_data);
/** The same for all that is in a folder, a path; nothing is no error. */
bool shell_walk_folder(struct shell *shell, const char *folder, bool recurse,
		       shell_entry_fn fn, void *private_data);
bool shell_is_dot(const char *name);
bool shell_is_folder(const struct client_dir_entry *entry);
/** The path of what is in a folder; never NULL. */
char *shell_below(TALLOC_CTX *mem_ctx, const char *folder, const char *name);

/* cmd_delete.c */

/** Remove an entry of a folder of the server, with all that is below it; what
 *  fails is said. */
void shell_remove_tree(struct shell *shell, const char *folder,
		       const struct client_dir_entry *entry);

void cmd_del(struct shell *shell, int argc, char **argv);
void cmd_deltree(struct shell *shell, int argc, char **argv);
void cmd_wdel(struct shell *shell, int argc, char **argv);

/* cmd_folder.c */
void cmd_cd(struct shell *shell, int argc, char **argv);
void cmd_cd_up(struct shell *shell, int argc, char **argv);
void cmd_du(struct shell *shell, int argc, char **argv);
void cmd_ls(struct shell *shell, int argc, char **argv);
void cmd_mkdir(struct shell *shell, int argc, char **argv);
void cmd_pwd(struct shell *shell, int argc, char **argv);
void cmd_rmdir(struct shell *shell, int argc, char **argv);

/* cmd_file.c */
void cmd_allinfo(struct shell *shell, int argc, char **argv);
void cmd_rename(struct shell *shell, int argc, char **argv);
void cmd_stat(struct shell *shell, int argc, char **argv);
void cmd_volume(struct shell *shell, int argc, char **argv);

/* cmd_attr.c */

/** "FULL", "CHANGE", "READ", or NULL: these rights have no name. */
const char *shell_rights_name(uint32_t mask);
/** The snapshots that there are of a path, a child of mem_ctx. */
NTSTATUS shell_snapshots(struct shell *shell, TALLOC_CTX *mem_ctx,
			 const char *path, struct client_snapshot_list **out);
void cmd_acl(struct shell *shell, int argc, char **argv);
void cmd_altname(struct shell *shell, int argc, char **argv);
void cmd_setmode(struct shell *shell, int argc, char **argv);
void cmd_snapshots(struct shell *shell, int argc, char **argv);
void cmd_utimes(struct shell *shell, int argc, char **argv);

/* cmd_ea.c */
void cmd_geteas(struct shell *shell, int argc, char **argv);
void cmd_setea(struct shell *shell, int argc, char **argv);

/* cmd_find.c */
void cmd_find(struct shell *shell, int argc, char **argv);
void cmd_tree(struct shell *shell, int argc, char **argv);

/* cmd_read.c */
void cmd_cat(struct shell *shell, int argc, char **argv);
void cmd_head(struct shell *shell, int argc, char **argv);
void cmd_tail(struct shell *shell, int argc, char **argv);

/* cmd_resume.c */
void cmd_reget(struct shell *shell, int argc, char **argv);
void cmd_reput(struct shell *shell, int argc, char **argv);

/* cmd_server.c */
void cmd_notify(struct shell *shell, int argc, char **argv);

/* cmd_copy.c */
void cmd_scopy(struct shell *shell, int argc, char **argv);

/* cmd_session.c */

void cmd_listconnect(struct shell *shell, int argc, char **argv);
void cmd_logoff(struct shell *shell, int argc, char **argv);
void cmd_logon(struct shell *shell, int argc, char **argv);
void cmd_shares(struct shell *shell, int argc, char **argv);
void cmd_tcon(struct shell *shell, int argc, char **argv);
void cmd_tdis(struct shell *shell, int argc, char **argv);
void cmd_tid(struct shell *shell, int argc, char **argv);
void cmd_use(struct shell *shell, int argc, char **argv);
void cmd_vuid(struct shell *shell, int argc, char **argv);

/* cmd_handle.c */

/** Open for reading and writing, or for reading, under a number that is shown.
 *  @param how  access is filled in. */
void shell_handle_open(struct shell *shell, const char *verb, const char *path,
		       struct client_open *how);
/** All of them: the share changes. */
void shell_handles_close(struct shell *shell);

void cmd_close(struct shell *shell, int argc, char **argv);
void cmd_lock(struct shell *shell, int argc, char **argv);
void cmd_open(struct shell *shell, int argc, char **argv);
void cmd_unlock(struct shell *shell, int argc, char **argv);

/* cmd_posix.c */

/** @return false: "posix" has not switched them on, which was said. */
bool shell_posix_is_on(struct shell *shell, const char *command);
/** "0644". @return false: it is none, which was said. */
bool shell_parse_mode(struct shell *shell, const char *command,
		      const char *text, uint32_t most, uint32_t *out);
/**
 * One request on what has the path, a link itself.
 *
 * @param out  what it brought, a child of mem_ctx; may be NULL.
 */
NTSTATUS shell_step(struct shell *shell, const char *path, uint32_t access,
		    bool posix, const struct client_step *step,
		    TALLOC_CTX *mem_ctx, struct wire_slice *out);
/** Say that it was done, to this path, or what failed. */
void shell_report(struct shell *shell, NTSTATUS status, const char *done,
		  const char *path);
/** "stat", while they are on. */
void shell_posix_stat(struct shell *shell, const char *path);

void cmd_case_sensitive(struct shell *shell, int argc, char **argv);
void cmd_chmod(struct shell *shell, int argc, char **argv);
void cmd_chown(struct shell *shell, int argc, char **argv);
void cmd_getfacl(struct shell *shell, int argc, char **argv);
void cmd_posix(struct shell *shell, int argc, char **argv);
void cmd_posix_encrypt(struct shell *shell, int argc, char **argv);
void cmd_posix_mkdir(struct shell *shell, int argc, char **argv);
void cmd_posix_open(struct shell *shell, int argc, char **argv);
void cmd_posix_rmdir(struct shell *shell, int argc, char **argv);
void cmd_posix_unlink(struct shell *shell, int argc, char **argv);
void cmd_posix_whoami(struct shell *shell, int argc, char **argv);

/* cmd_link.c */
void cmd_hardlink(struct shell *shell, int argc, char **argv);
void cmd_link(struct shell *shell, int argc, char **argv);
void cmd_mkfifo(struct shell *shell, int argc, char **argv);
void cmd_readlink(struct shell *shell, int argc, char **argv);
void cmd_symlink(struct shell *shell, int argc, char **argv);

/* cmd_print.c */
void cmd_cancel(struct shell *shell, int argc, char **argv);
void cmd_print(struct shell *shell, int argc, char **argv);
void cmd_queue(struct shell *shell, int argc, char **argv);
void cmd_translate(struct shell *shell, int argc, char **argv);

/* cmd_sync.c */
void cmd_sync(struct shell *shell, int argc, char **argv);

/* cmd_tar.c */
void cmd_blocksize(struct shell *shell, int argc, char **argv);
void cmd_tar(struct shell *shell, int argc, char **argv);
void cmd_tarmode(struct shell *shell, int argc, char **argv);

/* cmd_transfer.c */
void cmd_get(struct shell *shell, int argc, char **argv);
void cmd_mget(struct shell *shell, int argc, char **argv);
void cmd_more(struct shell *shell, int argc, char **argv);
void cmd_mput(struct shell *shell, int argc, char **argv);
void cmd_put(struct shell *shell, int argc, char **argv);

/* cmd_edit.c */

void cmd_edit(struct shell *shell, int argc, char **argv);

/* cmd_shell.c */

/** A setting that a word switches on or off, and no word over. */
void shell_set_switch(struct shell *shell, const char *what, bool *value,
		      int argc, char **argv);

void cmd_archive(struct shell *shell, int argc, char **argv);
void cmd_backup(struct shell *shell, int argc, char **argv);
void cmd_newer(struct shell *shell, int argc, char **argv);
void cmd_showacls(struct shell *shell, int argc, char **argv);
void cmd_bang(struct shell *shell, int argc, char **argv);
void cmd_echo(struct shell *shell, int argc, char **argv);
void cmd_help(struct shell *shell, int argc, char **argv);
void cmd_history(struct shell *shell, int argc, char **argv);
void cmd_iosize(struct shell *shell, int argc, char **argv);
void cmd_lcd(struct shell *shell, int argc, char **argv);
void cmd_lowercase(struct shell *shell, int argc, char **argv);
void cmd_mapposix(struct shell *shell, int argc, char **argv);
void cmd_mask(struct shell *shell, int argc, char **argv);
void cmd_prompt(struct shell *shell, int argc, char **argv);
void cmd_quit(struct shell *shell, int argc, char **argv);
void cmd_recurse(struct shell *shell, int argc, char **argv);
void cmd_showconnect(struct shell *shell, int argc, char **argv);
void cmd_timeout(struct shell *shell, int argc, char **argv);

#endif
