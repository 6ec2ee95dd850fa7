/* SPDX-License-Identifier: GPL-3.0-or-later */
/* cmd_list.h - the functions behind the rows of cmd_table.c. */
#ifndef CLIENT_CMD_LIST_H
#define CLIENT_CMD_LIST_H

#include "client/shell.h"

/* cmd_folder.c */

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

/** Remove an entry of a folder of the server, with all that is below it; what
 *  fails is said. */
void shell_remove_tree(struct shell *shell, const char *folder,
		       const struct client_dir_entry *entry);

void cmd_cd(struct shell *shell, int argc, char **argv);
void cmd_cd_up(struct shell *shell, int argc, char **argv);
void cmd_deltree(struct shell *shell, int argc, char **argv);
void cmd_du(struct shell *shell, int argc, char **argv);
void cmd_ls(struct shell *shell, int argc, char **argv);
void cmd_mkdir(struct shell *shell, int argc, char **argv);
void cmd_pwd(struct shell *shell, int argc, char **argv);
void cmd_rmdir(struct shell *shell, int argc, char **argv);

/* cmd_file.c */
void cmd_allinfo(struct shell *shell, int argc, char **argv);
void cmd_del(struct shell *shell, int argc, char **argv);
void cmd_rename(struct shell *shell, int argc, char **argv);
void cmd_stat(struct shell *shell, int argc, char **argv);
void cmd_volume(struct shell *shell, int argc, char **argv);

/* cmd_attr.c */
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
void cmd_listconnect(struct shell *shell, int argc, char **argv);
void cmd_notify(struct shell *shell, int argc, char **argv);
void cmd_scopy(struct shell *shell, int argc, char **argv);
void cmd_shares(struct shell *shell, int argc, char **argv);
void cmd_use(struct shell *shell, int argc, char **argv);

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

/* cmd_shell.c */
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
