/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * option_text.h - options with a text, for tables of popt.
 *
 * popt forgets the text of an option that is given again, and with it the
 * memory. So rows say OPTION_TEXT() in the place of an address, and the
 * program calls option_text_next() in the place of poptGetNextOpt(): what was
 * given last is there, and what was before is freed.
 */
#ifndef SMBQUIC_OPTION_TEXT_H
#define SMBQUIC_OPTION_TEXT_H

#include <popt.h>
#include <stddef.h>
#include <stdlib.h>

#include "smbquic/secret.h"

/** A program's own values are less. */
#define OPTION_TEXT_FIRST 0x10000

/** Members 4 and 5 of a row of type POPT_ARG_STRING.
 *  @param member  a char * of the structure of that tag; NULL: not given. */
#define OPTION_TEXT(tag, member) \
	NULL, OPTION_TEXT_FIRST + (int)offsetof(struct tag, member)

/**
 * @param texts  the structure: its texts are malloc()ed, and the caller's.
 * @return as poptGetNextOpt(), of the other options alone.
 */
static inline int option_text_next(poptContext context, void *texts)
{
	int option = poptGetNextOpt(context);

	while (option >= OPTION_TEXT_FIRST) {
		char **text = (char **)(void *)((char *)texts +
						(option - OPTION_TEXT_FIRST));

		secret_wipe_text(*text);
		free(*text);
		*text = poptGetOptArg(context);
		option = poptGetNextOpt(context);
	}
	return option;
}

#endif
