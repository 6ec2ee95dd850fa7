/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * shell_partial.h - local files that are being fetched, and what is left of one
 * when its get was killed. Where a file system has neither locks nor extended
 * attributes nothing is taken up; nothing here ever fails.
 */
#ifndef CLIENT_SHELL_PARTIAL_H
#define CLIENT_SHELL_PARTIAL_H

#include "client/shell.h"

/** Reads of less leave gaps that cannot be seen. */
#define PARTIAL_LEAST_IO ((size_t)64 * 1024)

/** What a local file is of, as a text that another version of the file does
 *  not have; NULL: out of memory. */
char *partial_of(TALLOC_CTX *mem_ctx, const struct shell *shell,
		 const char *remote, const struct client_stat *stat);

/** A temporary file begins. @param of  of partial_of(), or NULL. */
void partial_begin(int fd, const char *of, uint64_t size);
/** It is complete, and about to get its name. */
void partial_end(int fd);

/**
 * Take up what is left next to a local file: it gets that name, in the place
 * of a shorter file that has it, and is cut off behind the bytes that are good.
 *
 * @return how many there are; 0: nothing was taken up.
 */
uint64_t partial_adopt(const char *local, const char *of);

/** Remove what is left next to a local file for ten minutes, or a day if reget
 *  could take it up, and say so. */
void partial_sweep(struct shell *shell, const char *local);

#endif
