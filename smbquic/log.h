/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Logging to standard error, one line a message:
 *
 *	smbquicd: quic: listening on [::]:443
 *	2025-01-31 12:00:00.123456 smbquicd: smb2: ...	(at debug level)
 *	<3>smbquicd: ...				(under systemd)
 *
 * The line is written by one write(2), so threads do not mix. Control
 * characters in the text are shown as \xNN: what a stranger sends cannot forge
 * a line. Each source may name its module before including this header:
 *
 *	#define LOG_MODULE "quic"
 */
#ifndef SMBQUIC_LOG_H
#define SMBQUIC_LOG_H

#include <stdbool.h>
#include <stddef.h>

enum log_level {
	LOG_LEVEL_ERROR = 0,  /* the operation, or the program, failed */
	LOG_LEVEL_WARN = 1,   /* works, but somebody should look */
	LOG_LEVEL_NOTICE = 2, /* worth a line in normal operation */
	LOG_LEVEL_INFO = 3,   /* what is going on */
	LOG_LEVEL_DEBUG = 4,  /* for developers */
};

#ifndef LOG_MODULE
#define LOG_MODULE NULL
#endif

/* Kept by pointer: a literal or argv[0]; the part behind the last '/'. */
void log_set_program(const char *name);

/* The level for every module without one of its own. Default: notice. */
void log_set_level(enum log_level level);

/*
 * "LEVEL [MODULE:LEVEL ...]", separated by blanks or commas, as in smb.conf:
 * a number from 0 to 10 (4 and more is debug) or a name (error, warn, warning,
 * notice, info, debug). False, and nothing changed, when it is not
 * understood.
 */
bool log_set_levels(const char *spec);

/* The levels in force, as log_set_levels() takes them; cut where it does not
 * fit. */
void log_get_text(char *out, size_t size);

/* Whether a message would be written: for messages dear to make. */
bool log_enabled(enum log_level level, const char *module);

/*
 * Every message goes to fn instead of standard error; NULL undoes it. text is
 * the message alone, already escaped.
 */
void log_set_sink(void (*fn)(void *private_data, enum log_level level,
			     const char *module, const char *text),
		  void *private_data);

/* errno is preserved. Use the macros below. */
void log_write(enum log_level level, const char *module, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* The same with fields for the journal, where that is what standard error leads
 * to: SMBQUIC_NAME=value each. A value NULL: no such field. The list ends with
 * a NULL name. */
struct log_field {
	const char *name; /* capitals, digits, '_' */
	const char *value;
};
void log_write_fields(enum log_level level, const char *module,
		      const struct log_field *fields, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));

#define log_error(...)	log_write(LOG_LEVEL_ERROR, LOG_MODULE, __VA_ARGS__)
#define log_warn(...)	log_write(LOG_LEVEL_WARN, LOG_MODULE, __VA_ARGS__)
#define log_notice(...) log_write(LOG_LEVEL_NOTICE, LOG_MODULE, __VA_ARGS__)
#define log_info(...)	log_write(LOG_LEVEL_INFO, LOG_MODULE, __VA_ARGS__)
#define log_debug(...)	log_write(LOG_LEVEL_DEBUG, LOG_MODULE, __VA_ARGS__)

#endif
