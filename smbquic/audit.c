/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * audit.c - a record is built in memory and written by one write(2) or one
 * datagram to the journal (journal.h).
 */
#include "smbquic/audit.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define LOG_MODULE "audit"
#include "smbquic/journal.h"
#include "smbquic/log.h"

#define KEY_MAX	    48
#define ADDRESS_MAX 64
/* Every byte of a value may become six. */
#define ESCAPED_MAX (6 * AUDIT_VALUE_MAX + 8)

static const char *const results[] = {
	[AUDIT_ALLOWED] = "allowed",
	[AUDIT_DENIED] = "denied",
	[AUDIT_ERROR] = "error",
};

/* Syslog's: notice, warning, error. */
static const char *const priorities[] = {
	[AUDIT_ALLOWED] = "5",
	[AUDIT_DENIED] = "4",
	[AUDIT_ERROR] = "3",
};

static struct {
	int fd; /* 0: none */
	int journal;
	bool failing; /* said that nothing can be written */
	uint64_t last;
} audit;

/* --- text that grows, within a bound ------------------------------------- */

/* A record of as many members as there may be, all of them long, is half of
 * it. */
static char record[AUDIT_FIELDS_MAX * (ESCAPED_MAX + KEY_MAX)];

struct text {
	size_t len;
};

static void put(struct text *t, const char *data, size_t len)
{
	if (len <= sizeof(record) - t->len) {
		memcpy(record + t->len, data, len);
		t->len += len;
	}
}

static void put_string(struct text *t, const char *s)
{
	put(t, s, strlen(s));
}

/* --- escaping ------------------------------------------------------------ */

/* Bytes of the character that begins there; 0: it is no UTF-8. */
static size_t utf8_len(const unsigned char *s)
{
	static const struct {
		unsigned char mask, lead;
		uint32_t least;
	} forms[] = {
		{0xE0, 0xC0, 0x80}, {0xF0, 0xE0, 0x800}, {0xF8, 0xF0, 0x10000}};
	uint32_t c = 0;
	size_t n = 0;
	size_t i = 0;

	if (s[0] < 0x80) {
		return 1;
	}
	while (n < 3 && (s[0] & forms[n].mask) != forms[n].lead) {
		n++;
	}
	if (n == 3) {
		return 0;
	}
	c = s[0] & (unsigned char)~forms[n].mask;
	for (i = 1; i <= n + 1; i++) {
		if ((s[i] & 0xC0) != 0x80) {
			return 0;
		}
		c = c << 6 | (s[i] & 0x3F);
	}
	return c >= forms[n].least && c <= 0x10FFFF &&
			       (c < 0xD800 || c > 0xDFFF)
		       ? n + 2
		       : 0;
}

/* U+0080 to U+009F are control characters as well, for terminals. */
static bool is_c1(const unsigned char *s, size_t len)
{
	return len == 2 && s[0] == 0xC2 && s[1] < 0xA0;
}

void audit_escape(const char *in, char *out, size_t size)
{
	const unsigned char *s = (const unsigned char *)in;
	size_t taken = 0;
	size_t n = 0;

	while (*s != '\0' && taken < AUDIT_VALUE_MAX && n + 16 < size) {
		size_t len = utf8_len(s);

		if (len == 0 || is_c1(s, len)) {
			n += (size_t)snprintf(out + n, size - n, "\\\\x%02x",
					      len == 0 ? s[0] : s[1]);
			len = len == 0 ? 1 : len;
		} else if (*s < 0x20 || *s == 0x7F) {
			n += (size_t)snprintf(out + n, size - n, "\\u%04x", *s);
		} else {
			if (*s == '"' || *s == '\\') {
				out[n++] = '\\';
			}
			memcpy(out + n, s, len);
			n += len;
		}
		s += len;
		taken += len;
	}
	snprintf(out + n, size - n, "%s", *s == '\0' ? "" : "...");
}

/* --- JSON ---------------------------------------------------------------- */

static void put_member(struct text *t, const char *key, const char *value)
{
	char escaped[ESCAPED_MAX];

	if (value == NULL) {
		return;
	}
	audit_escape(value, escaped, sizeof(escaped));
	put_string(t, t->len == 0 ? "{\"" : ",\"");
	put_string(t, key);
	put_string(t, "\":\"");
	put_string(t, escaped);
	put_string(t, "\"");
}

static void write_file(const struct text *t)
{
	ssize_t n = write(audit.fd, record, t->len);

	if (n == (ssize_t)t->len) {
		audit.failing = false;
	} else if (!audit.failing) {
		audit.failing = true;
		log_error("audit records cannot be written: %s",
			  n == -1 ? strerror(errno) : "no space");
	}
}

static void write_json(const struct audit_field *all)
{
	struct text t = {0};

	for (; all->key != NULL; all++) {
		put_member(&t, all->key, all->value);
	}
	put_string(&t, "}\n");
	write_file(&t);
}

/* --- the journal --------------------------------------------------------- */

/* Ours begin so, and are capitals. */
static const char *own_name(struct text *t, const char *key)
{
	const char *name = record + t->len;

	put_string(t, "SMBQUIC_");
	for (; *key != '\0'; key++) {
		const char c = (char)toupper((unsigned char)*key);

		put(t, &c, 1);
	}
	put(t, "", 1);
	return name;
}

/* No longer than in the file: a long name must not keep a record back. */
static const char *bounded(struct text *t, const char *value)
{
	const char *copy = record + t->len;

	put(t, value, strnlen(value, AUDIT_VALUE_MAX));
	put(t, "", 1);
	return copy;
}

static void write_journal(const struct audit_field *all,
			  enum audit_result result, const char *message)
{
	const char *path = getenv("SMBQUIC_JOURNAL_SOCKET");
	struct text t = {0};
	struct journal_field fields[AUDIT_FIELDS_MAX + 3] = {
		{"MESSAGE", bounded(&t, message)},
		{"PRIORITY", priorities[result]},
		{"SYSLOG_IDENTIFIER", "smbquicd"},
	};
	size_t count = 3;
	int err = 0;

	for (; all->key != NULL; all++) {
		if (all->value != NULL) {
			const char *name = own_name(&t, all->key);

			fields[count++] = (struct journal_field){
				name, bounded(&t, all->value)};
		}
	}
	/* A journal that is full or gone must not hold up the server. */
	err = journal_send(path == NULL ? JOURNAL_SOCKET : path, fields, count);
	if (err != 0 && !audit.failing) {
		log_error("audit records do not reach the journal: %s",
			  strerror(err));
	}
	audit.failing = err != 0;
}

/* --- where to ------------------------------------------------------------ */

int audit_start(const char *file, enum audit_journal journal)
{
	int fd = 0;

	if (file != NULL && *file != '\0') {
		fd = open(file,
			  O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY,
			  0640);
		if (fd == -1) {
			return errno;
		}
	}
	if (audit.fd > 0) {
		close(audit.fd);
	}
	audit.fd = fd;
	audit.failing = false;
	audit.journal = journal == AUDIT_JOURNAL_YES ||
			(journal == AUDIT_JOURNAL_AUTO &&
			 getenv("JOURNAL_STREAM") != NULL);
	return 0;
}

uint64_t audit_connection(void)
{
	audit.last++;
	return audit.last;
}

/* --- a record ------------------------------------------------------------ */

static void timestamp(char *out, size_t size)
{
	struct timespec now = {0};
	struct tm tm = {0};
	size_t n = 0;

	clock_gettime(CLOCK_REALTIME, &now);
	gmtime_r(&now.tv_sec, &tm);
	n = strftime(out, size, "%Y-%m-%dT%H:%M:%S", &tm);
	snprintf(out + n, size - n, ".%06ldZ", now.tv_nsec / 1000);
}

/* "[a]:b" and "a:b" into a and b. @return the port; NULL: there is none. */
static const char *split_peer(const char *peer, char *address, size_t size)
{
	const char *colon = peer == NULL ? NULL : strrchr(peer, ':');
	const char *begin = peer;
	size_t len = 0;

	snprintf(address, size, "%s", peer == NULL ? "unknown" : peer);
	if (colon == NULL) {
		return NULL;
	}
	len = (size_t)(colon - peer);
	if (peer[0] == '[' && len > 1 && peer[len - 1] == ']') {
		begin++;
		len -= 2;
	}
	snprintf(address, size, "%.*s", (int)len, begin);
	return colon + 1;
}

void audit_write(const char *event, enum audit_result result, const char *peer,
		 const char *message, const struct audit_field *fields)
{
	struct audit_field all[AUDIT_FIELDS_MAX + 1] = {{NULL, NULL}};
	char address[ADDRESS_MAX];
	char when[48];
	const char *port = split_peer(peer, address, sizeof(address));
	size_t n = 0;

	if (audit.fd == 0 && !audit.journal) {
		return;
	}
	timestamp(when, sizeof(when));
	all[n++] = (struct audit_field){"timestamp", when};
	all[n++] = (struct audit_field){"event", event};
	all[n++] = (struct audit_field){"result", results[result]};
	all[n++] = (struct audit_field){"address", address};
	all[n++] = (struct audit_field){"port", port};
	all[n++] = (struct audit_field){"message", message};
	for (; fields->key != NULL && n < AUDIT_FIELDS_MAX; fields++) {
		all[n++] = *fields;
	}
	if (audit.fd != 0) {
		write_json(all);
	}
	if (audit.journal) {
		write_journal(all, result, message);
	}
}
