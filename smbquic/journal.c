/* SPDX-License-Identifier: GPL-3.0-or-later */

#include "smbquic/journal.h"

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "smbquic/wire.h"

#define MAX_ENTRY 65536

bool journal_is_at(int fd)
{
	const char *stream = getenv("JOURNAL_STREAM");
	unsigned long long device = 0;
	unsigned long long inode = 0;
	struct stat st = {0};

	if (stream == NULL || fstat(fd, &st) != 0) {
		return false;
	}
	if (sscanf(stream, "%llu:%llu", &device, &inode) != 2) {
		return false;
	}
	return st.st_dev == device && st.st_ino == inode;
}

/* NAME=value, or, where a line cannot hold it, NAME, 64 bits of length and the
 * bytes. */
static void put_field(struct wire_writer *w, const struct journal_field *field)
{
	size_t len = strlen(field->value);

	wire_put(w, field->name, strlen(field->name));
	if (strchr(field->value, '\n') == NULL) {
		wire_put_u8(w, '=');
	} else {
		wire_put_u8(w, '\n');
		wire_put_u64(w, len);
	}
	wire_put(w, field->value, len);
	wire_put_u8(w, '\n');
}

int journal_send(const char *path, const struct journal_field *fields,
		 size_t count)
{
	uint8_t entry[MAX_ENTRY];
	struct wire_writer w = wire_writer_fixed(entry, sizeof(entry));
	struct sockaddr_un addr = {.sun_family = AF_UNIX};
	int err = 0;
	int fd = -1;
	size_t i = 0;

	for (i = 0; i < count && i < JOURNAL_MAX_FIELDS; i++) {
		if (fields[i].value != NULL) {
			put_field(&w, &fields[i]);
		}
	}
	if (!wire_writer_ok(&w) || strlen(path) >= sizeof(addr.sun_path)) {
		return EMSGSIZE;
	}
	memcpy(addr.sun_path, path, strlen(path));
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0) {
		return errno;
	}
	if (sendto(fd, w.buf, w.len, MSG_NOSIGNAL | MSG_DONTWAIT,
		   (const struct sockaddr *)&addr, sizeof(addr)) < 0) {
		err = errno;
	}
	close(fd);
	return err;
}
