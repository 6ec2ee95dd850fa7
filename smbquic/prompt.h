/* SPDX-License-Identifier: GPL-3.0-or-later */
/* prompt.h - passwords from a terminal or from standard input. */
#ifndef SMBQUIC_PROMPT_H
#define SMBQUIC_PROMPT_H

#include <stdbool.h>
#include <talloc.h>

/** Longest line that is taken. */
#define PROMPT_MAX 1024

/**
 * Asks on the controlling terminal, with echo off. An interrupt restores the
 * terminal before it takes its course.
 *
 * @return NULL with errno: ENXIO or ENOTTY there is no terminal; EINTR;
 *         ENODATA end of input; EMSGSIZE the line is too long; EILSEQ there is
 *         a zero byte in it. The memory is wiped when it is freed.
 */
char *prompt_password(TALLOC_CTX *mem_ctx, const char *prompt);

/** Asks yes or no on the controlling terminal; no unless the answer begins
 *  with y. Without a terminal false with errno ENXIO or ENOTTY, else 0. */
bool prompt_confirm(const char *question);

/** One line without its newline, or carriage return and newline, no byte more;
 *  NULL with errno as above. */
char *prompt_read_line(TALLOC_CTX *mem_ctx, int fd);

/** A few words on errno of these. */
const char *prompt_strerror(int err);

#endif
