/* SPDX-License-Identifier: GPL-3.0-or-later */
/* config_private.h - shared by the config*.c alone. */
#ifndef SERVER_CONFIG_PRIVATE_H
#define SERVER_CONFIG_PRIVATE_H

#include "server/settings.h"

struct config_share {
	const char *name;
	struct setting_value values[CONFIG_KEY_COUNT]; /* those set here */
};

struct config {
	const char *file;
	struct setting_value initial[CONFIG_KEY_COUNT];
	struct config_share *global;
	struct config_share **shares;
	size_t count;
};

/* The value in force: the share's, the global one, the default. */
const struct setting_value *config_value(const struct config *cfg,
					 const struct config_share *share,
					 enum config_key key);

/** As config_load(), but what was understood is there for the checker though
 *  there were errors. NULL: out of memory. @param good  out: no errors. */
struct config *config_look(TALLOC_CTX *mem_ctx, const char *file,
			   const char *const *overrides,
			   config_report_fn report, void *private_data,
			   bool *good);

/** Choices that are allowed, and not wise: a warning each. */
void config_advise(const struct config *cfg, config_report_fn report,
		   void *private_data);

#endif
