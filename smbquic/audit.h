/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * audit.h - records of who was let in and who was not, for machines: a JSON
 * object a line in a file, and fields in systemd's journal.
 *
 *	{"timestamp":"2026-01-31T12:00:00.123456Z","event":"logon",
 *	 "result":"denied","address":"192.0.2.1",...}
 *
 * The first four members are always there, in this order, so that programs can
 * look for them at the beginning of a line. Values are escaped: nothing that a
 * stranger chose can look like a member or a line. In the journal a record is a
 * message with the same members as fields SMBQUIC_EVENT, SMBQUIC_RESULT...
 *
 * One for the process, of the main thread.
 */
#ifndef SMBQUIC_AUDIT_H
#define SMBQUIC_AUDIT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** Bytes of a value; what is longer is cut and ends in "...". */
#define AUDIT_VALUE_MAX 1024
/** Fields of a record; more are left out. */
#define AUDIT_FIELDS_MAX 32

enum audit_result {
	AUDIT_ALLOWED,
	AUDIT_DENIED,
	AUDIT_ERROR, /**< it could not be found out */
};

/** key: lower case letters, digits and '_'. A value NULL: no such member. */
struct audit_field {
	const char *key;
	const char *value;
};

enum audit_journal {
	AUDIT_JOURNAL_NO,
	AUDIT_JOURNAL_YES,
	AUDIT_JOURNAL_AUTO, /**< when standard error is one already */
};

/**
 * Where records go from now on, also after a rotation: again opens the file
 * anew. Files are made with mode 0640.
 *
 * @param file  NULL or "": none.
 * @return 0, or errno: the file cannot be opened, and what was set before
 *         stays.
 */
int audit_start(const char *file, enum audit_journal journal);

/** A number for a connection that nobody has had yet. */
uint64_t audit_connection(void);

/**
 * @param event    "certificate", "logon", "share".
 * @param peer     "192.0.2.1:5000", "[2001:db8::1]:5000"; NULL: not known.
 *                 Becomes the members address and port.
 * @param message  a sentence for people.
 * @param fields   ends with a NULL key.
 */
void audit_write(const char *event, enum audit_result result, const char *peer,
		 const char *message, const struct audit_field *fields);

/* --- for tests ----------------------------------------------------------- */

/** in as a JSON string, without quotes: control characters, quotes, and what is
 *  not UTF-8 are escaped. out is terminated. */
void audit_escape(const char *in, char *out, size_t size);

#endif
