/* SPDX-License-Identifier: GPL-3.0-or-later */
/* cmd_list.h - the functions behind the rows of cmd_table.c. */
#ifndef CLIENT_CMD_LIST_H
#define CLIENT_CMD_LIST_H

#include "client/shell.h"

/* cmd_folder.c */
void cmd_cd(struct shell *shell, int argc, char **argv);
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
