/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * settings.h - the table of all settings, and how the text of one becomes a
 * value. Whoever wants a value asks config.h; this is what config.c, the
 * checker and the manual are made from.
 */
#ifndef SERVER_SETTINGS_H
#define SERVER_SETTINGS_H

#include "server/config.h"

enum setting_scope {
	SETTING_GLOBAL,	    /**< in [global] alone */
	SETTING_SHARE,	    /**< in shares; in [global] the shares' default */
	SETTING_SHARE_ONLY, /**< in shares; not inherited from [global] */
};

enum setting_type {
	SETTING_BOOL,
	SETTING_INT,
	SETTING_OCTAL,
	SETTING_ENUM,	 /**< one of the row's names: an int */
	SETTING_NUMBERS, /**< several of the row's names, best first */
	SETTING_STRING,
	SETTING_PATH, /**< absolute, or empty where the default is */
	SETTING_LIST,
	SETTING_PATTERNS,   /**< separated by '/' */
	SETTING_TRANSPORTS, /**< name[:port], ... */
	SETTING_LOG_LEVEL,  /**< a string that log_set_levels() takes */
};

/** How a number is written; what config_int() gives. */
enum setting_unit {
	SETTING_UNIT_NONE,
	SETTING_UNIT_BYTES,   /**< K, M, G; bytes */
	SETTING_UNIT_SECONDS, /**< ms, s, m, h, d, plain: s; milliseconds */
	SETTING_UNIT_MINUTES, /**< the same, plain: m; milliseconds */
};

/** A name in an enumeration. The first of several with one value is the one
 *  that is printed. */
struct setting_name {
	const char *name;
	int value;
};

struct setting {
	const char *name;
	enum setting_scope scope;
	enum setting_type type;
	const char *initial; /**< the default, as it would be written */
	const char *help;    /**< sentences for the manual */
	const struct setting_name *names; /**< ends with a NULL name; for
					       SETTING_BOOL and SETTING_INT:
					       further words */
	int64_t min, max;		  /**< SETTING_INT */
	enum setting_unit unit;
};

/** Another way to write a key. */
struct setting_synonym {
	const char *name;
	enum config_key key;
	bool inverted; /**< yes means no */
};

/** The row of a key. */
const struct setting *setting_row(enum config_key key);
/** Ends with a NULL name. */
extern const struct setting_synonym setting_synonyms[];

/**
 * The key of that name (or synonym) in [global] or in a share.
 *
 * @param inverted  out: the value means its opposite.
 * @return CONFIG_KEY_COUNT when there is none.
 */
enum config_key setting_find(const char *name, bool in_share, bool *inverted);

struct setting_value {
	const char *text; /**< written out as the table would; NULL: not set */
	int64_t number;	  /**< bool, int, octal, enum */
	char **list;	  /**< list, patterns */
	uint16_t *numbers;
	struct config_transport *transports;
	size_t count; /**< of numbers or transports */
};

/**
 * Turns text into a value.
 *
 * @param note  out: on failure what is wrong and what is allowed, else NULL
 *              or a warning; a child of mem_ctx.
 */
bool setting_parse(TALLOC_CTX *mem_ctx, const struct setting *row,
		   const char *text, struct setting_value *out, char **note);

/** "8M", "90s": in the largest unit that loses nothing. */
char *setting_write_number(TALLOC_CTX *mem_ctx, int64_t number,
			   enum setting_unit unit);
/** Digits and an optional unit; false when it is something else. */
bool setting_read_number(const char *text, enum setting_unit unit,
			 int64_t *out);

/** What the row allows, in a few words for messages and the manual. */
char *setting_allowed(TALLOC_CTX *mem_ctx, const struct setting *row);

#endif
