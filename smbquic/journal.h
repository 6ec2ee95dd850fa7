/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * journal.h - entries of systemd's journal with fields of their own, by its
 * native protocol (systemd.io, "Native Journal Protocol"), without its library.
 */
#ifndef SMBQUIC_JOURNAL_H
#define SMBQUIC_JOURNAL_H

#include <stdbool.h>
#include <stddef.h>

#define JOURNAL_SOCKET	   "/run/systemd/journal/socket"
#define JOURNAL_MAX_FIELDS 40

/** A name of capitals, digits and underscores, and any text; NULL: the field
 *  is left out. */
struct journal_field {
	const char *name;
	const char *value;
};

/** Does that descriptor lead to the journal ($JOURNAL_STREAM,
 *  systemd.exec(5))? */
bool journal_is_at(int fd);

/**
 * Send an entry. Does not block: what the journal has no room for is lost.
 * @param path    JOURNAL_SOCKET.
 * @param fields  at most JOURNAL_MAX_FIELDS; MESSAGE and PRIORITY among them.
 * @return 0 or an errno value; EMSGSIZE: longer than a datagram may be.
 */
int journal_send(const char *path, const struct journal_field *fields,
		 size_t count);

#endif
