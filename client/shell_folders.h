/* SPDX-License-Identifier: GPL-3.0-or-later */
/* shell_folders.h - what the shell keeps of folders between commands. */
#ifndef CLIENT_SHELL_FOLDERS_H
#define CLIENT_SHELL_FOLDERS_H

#include "client/shell.h"

/** A command is about to run: may it be answered from what is kept? If so, what
 *  the server has said meanwhile counts; else nothing is kept any longer. */
void shell_folders_use(struct shell *shell,
		       const struct shell_command *command);
/** Nothing is. */
void shell_folders_end(struct shell *shell);

/** client_list() and client_stat(), but answered from what is kept, however
 *  long ago the server has answered anything. */
NTSTATUS shell_list(TALLOC_CTX *mem_ctx, struct shell *shell,
		    const char *folder, const char *pattern,
		    struct client_dir_list **out);
NTSTATUS shell_stat(struct shell *shell, const char *path,
		    struct client_stat *stat);

/** The line of the free space, as it was a moment ago; NULL: ask. */
const char *shell_space(const struct shell *shell);
void shell_space_keep(struct shell *shell, const char *line);

#endif
