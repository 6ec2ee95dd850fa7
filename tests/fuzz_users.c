/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Files of users, in the format of Samba's smbpasswd.
 */
#include "tests/testlib.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "server/users.h"
#include "smbquic/log.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void look(const struct users *users)
{
	size_t i = 0;

	for (i = 0; i < users_count(users); i++) {
		const struct users_entry *entry = users_get(users, i);
		const char *why = NULL;

		if (entry == NULL || users_find(users, entry->name) == NULL) {
			abort();
		}
		if (users_may_log_on(entry, &why) && !entry->has_key) {
			abort();
		}
	}
	if (users_get(users, i) != NULL) {
		abort();
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	TALLOC_CTX *mem_ctx = talloc_new(NULL);
	int fd = memfd_create("users", MFD_CLOEXEC);
	struct users *users = NULL;
	char path[64] = "";
	char *why = NULL;

	log_set_levels("0");
	if (fd != -1 && fchmod(fd, 0600) == 0 &&
	    write(fd, data, size) == (ssize_t)size) {
		snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
		users = users_load(mem_ctx, path, &why);
	}
	if (users != NULL) {
		look(users);
	}
	if (fd != -1) {
		close(fd);
	}
	talloc_free(mem_ctx);
	return 0;
}
