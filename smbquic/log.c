/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>
#include <unistd.h>

#include "smbquic/journal.h"
#include "smbquic/log.h"

#define LOG_LINE_SIZE	2048
#define LOG_MAX_MODULES 16
#define LOG_MODULE_SIZE 24

struct log_module_level {
	char name[LOG_MODULE_SIZE];
	enum log_level level;
};

struct log_levels {
	enum log_level everywhere;
	unsigned int count;
	struct log_module_level modules[LOG_MAX_MODULES];
};

/*
 * Set by the main thread at start and on SIGHUP, read by all: two copies, and
 * an index that says which one is valid.
 */
static struct log_levels log_copies[2] = {{.everywhere = LOG_LEVEL_NOTICE}};
static atomic_uint log_current;

static const char *log_program = "smbquic";

static void (*log_sink)(void *private_data, enum log_level level,
			const char *module, const char *text);
static void *log_sink_data;

static const struct {
	const char *name;
	enum log_level level;
} log_names[] = {
	{"error", LOG_LEVEL_ERROR},  {"warn", LOG_LEVEL_WARN},
	{"warning", LOG_LEVEL_WARN}, {"notice", LOG_LEVEL_NOTICE},
	{"info", LOG_LEVEL_INFO},    {"debug", LOG_LEVEL_DEBUG},
};

/* Syslog's numbers, for systemd's "<n>". */
static const int log_priorities[] = {
	[LOG_LEVEL_ERROR] = 3, [LOG_LEVEL_WARN] = 4,  [LOG_LEVEL_NOTICE] = 5,
	[LOG_LEVEL_INFO] = 6,  [LOG_LEVEL_DEBUG] = 7,
};

void log_set_program(const char *name)
{
	const char *slash = strrchr(name, '/');

	log_program = slash != NULL ? slash + 1 : name;
}

/* ----------------------------------------------------------------- levels */

static const struct log_levels *log_get_levels(void)
{
	return &log_copies[atomic_load(&log_current)];
}

static void log_put_levels(const struct log_levels *levels)
{
	unsigned int other = 1 - atomic_load(&log_current);

	log_copies[other] = *levels;
	atomic_store(&log_current, other);
}

void log_set_level(enum log_level level)
{
	struct log_levels levels = *log_get_levels();

	levels.everywhere = level;
	log_put_levels(&levels);
}

static bool log_parse_level(const char *s, enum log_level *level)
{
	char *end = NULL;
	long number = 0;
	size_t i = 0;

	for (i = 0; i < sizeof(log_names) / sizeof(log_names[0]); i++) {
		if (strcasecmp(s, log_names[i].name) == 0) {
			*level = log_names[i].level;
			return true;
		}
	}
	number = strtol(s, &end, 10);
	if (end == s || *end != '\0' || number < 0 || number > 10) {
		return false;
	}
	*level = number < LOG_LEVEL_DEBUG ? (enum log_level)number
					  : LOG_LEVEL_DEBUG;
	return true;
}

static bool log_parse_word(char *word, struct log_levels *levels)
{
	char *colon = strchr(word, ':');
	struct log_module_level *module = NULL;

	if (colon == NULL) {
		return log_parse_level(word, &levels->everywhere);
	}
	*colon = '\0';
	if (colon == word || colon - word >= LOG_MODULE_SIZE ||
	    levels->count == LOG_MAX_MODULES) {
		return false;
	}
	module = &levels->modules[levels->count];
	snprintf(module->name, sizeof(module->name), "%s", word);
	levels->count++;
	return log_parse_level(colon + 1, &module->level);
}

bool log_set_levels(const char *spec)
{
	struct log_levels levels = {.everywhere = log_get_levels()->everywhere};
	char copy[512] = "";
	char *save = NULL;
	char *word = NULL;

	if (strlen(spec) >= sizeof(copy)) {
		return false;
	}
	snprintf(copy, sizeof(copy), "%s", spec);
	word = strtok_r(copy, " \t,", &save);
	if (word == NULL) {
		return false;
	}
	while (word != NULL) {
		if (!log_parse_word(word, &levels)) {
			return false;
		}
		word = strtok_r(NULL, " \t,", &save);
	}
	log_put_levels(&levels);
	return true;
}

static const char *log_level_name(enum log_level level)
{
	size_t i = 0;

	while (log_names[i].level != level) {
		i++;
	}
	return log_names[i].name;
}

void log_get_text(char *out, size_t size)
{
	const struct log_levels *levels = log_get_levels();
	size_t n = (size_t)snprintf(out, size, "%s",
				    log_level_name(levels->everywhere));
	unsigned int i = 0;

	for (i = 0; i < levels->count && n < size; i++) {
		n += (size_t)snprintf(out + n, size - n, " %s:%s",
				      levels->modules[i].name,
				      log_level_name(levels->modules[i].level));
	}
}

bool log_enabled(enum log_level level, const char *module)
{
	const struct log_levels *levels = log_get_levels();
	unsigned int i = 0;

	for (i = 0; module != NULL && i < levels->count; i++) {
		if (strcasecmp(levels->modules[i].name, module) == 0) {
			return level <= levels->modules[i].level;
		}
	}
	return level <= levels->everywhere;
}

/* ---------------------------------------------------------------- writing */

void log_set_sink(void (*fn)(void *private_data, enum log_level level,
			     const char *module, const char *text),
		  void *private_data)
{
	log_sink = fn;
	log_sink_data = private_data;
}

/* Control characters become \xNN; a text that is too long ends in "...". */
static void log_escape(const char *in, char *out, size_t size)
{
	size_t n = 0;

	for (; *in != '\0' && n + 8 < size; in++) {
		unsigned char c = (unsigned char)*in;

		if (c < 0x20 || c == 0x7F) {
			n += (size_t)snprintf(out + n, size - n, "\\x%02X", c);
		} else {
			out[n++] = (char)c;
		}
	}
	snprintf(out + n, size - n, "%s", *in != '\0' ? "..." : "");
}

static void log_timestamp(char *buf, size_t size)
{
	struct timespec now = {0};
	struct tm tm = {0};
	size_t n = 0;

	clock_gettime(CLOCK_REALTIME, &now);
	localtime_r(&now.tv_sec, &tm);
	n = strftime(buf, size, "%Y-%m-%d %H:%M:%S", &tm);
	snprintf(buf + n, size - n, ".%06ld ", now.tv_nsec / 1000);
}

static void log_line(enum log_level level, const char *module, const char *text)
{
	char line[LOG_LINE_SIZE + 128] = "";
	char priority[8] = "";
	char stamp[48] = "";
	int len = 0;
	ssize_t written = 0;

	if (journal_is_at(STDERR_FILENO)) {
		snprintf(priority, sizeof(priority), "<%d>",
			 log_priorities[level]);
	} else if (log_enabled(LOG_LEVEL_DEBUG, module)) {
		log_timestamp(stamp, sizeof(stamp));
	}
	len = snprintf(line, sizeof(line), "%s%s%s: %s%s%s\n", priority, stamp,
		       log_program, module != NULL ? module : "",
		       module != NULL ? ": " : "", text);
	if (len >= (int)sizeof(line)) {
		len = sizeof(line) - 1;
		line[len - 1] = '\n';
	}
	/* Nobody to tell when standard error itself is broken. */
	written = write(STDERR_FILENO, line, (size_t)len);
	(void)written;
}

#define LOG_MAX_FIELDS 16
#define LOG_FIELD_NAME 40

/* @return false: the line goes out without its fields. */
static bool log_entry(enum log_level level, const char *module,
		      const struct log_field *fields, const char *text)
{
	const char *path = getenv("SMBQUIC_JOURNAL_SOCKET");
	char names[LOG_MAX_FIELDS][LOG_FIELD_NAME];
	char priority[8] = "";
	struct journal_field all[LOG_MAX_FIELDS + 4] = {
		{"MESSAGE", text},
		{"PRIORITY", priority},
		{"SYSLOG_IDENTIFIER", log_program},
		{"SMBQUIC_MODULE", module},
	};
	size_t count = 4;

	if (!journal_is_at(STDERR_FILENO)) {
		return false;
	}
	snprintf(priority, sizeof(priority), "%d", log_priorities[level]);
	for (; fields->name != NULL && count < LOG_MAX_FIELDS + 4; fields++) {
		char *name = names[count - 4];

		snprintf(name, LOG_FIELD_NAME, "SMBQUIC_%s", fields->name);
		all[count++] = (struct journal_field){name, fields->value};
	}
	return journal_send(path == NULL ? JOURNAL_SOCKET : path, all, count) ==
	       0;
}

static void log_out(enum log_level level, const char *module,
		    const struct log_field *fields, const char *raw)
{
	char text[LOG_LINE_SIZE] = "";

	log_escape(raw, text, sizeof(text));
	if (log_sink != NULL) {
		log_sink(log_sink_data, level, module, text);
	} else if (fields == NULL || !log_entry(level, module, fields, text)) {
		log_line(level, module, text);
	}
}

void log_write(enum log_level level, const char *module, const char *fmt, ...)
{
	char raw[LOG_LINE_SIZE] = "";
	int saved_errno = errno;
	va_list ap;

	if (!log_enabled(level, module)) {
		return;
	}
	va_start(ap, fmt);
	errno = saved_errno;
	vsnprintf(raw, sizeof(raw), fmt, ap);
	va_end(ap);
	log_out(level, module, NULL, raw);
	errno = saved_errno;
}

void log_write_fields(enum log_level level, const char *module,
		      const struct log_field *fields, const char *fmt, ...)
{
	char raw[LOG_LINE_SIZE] = "";
	int saved_errno = errno;
	va_list ap;

	if (!log_enabled(level, module)) {
		return;
	}
	va_start(ap, fmt);
	errno = saved_errno;
	vsnprintf(raw, sizeof(raw), fmt, ap);
	va_end(ap);
	log_out(level, module, fields, raw);
	errno = saved_errno;
}
