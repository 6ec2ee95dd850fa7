/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What stands behind -o of a mount, and files with credentials: the first byte
 * says which.
 */
#include "tests/testlib.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "client/mount/mount_options.h"
#include "smbquic/log.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must_say(bool ok, const char *why)
{
	if (!ok && why == NULL) {
		abort(); /* what is refused is refused with a sentence */
	}
}

static void take_list(struct mount_options *o, const uint8_t *data, size_t size)
{
	char *list = talloc_strndup(o, (const char *)data, size);
	char *why = NULL;
	bool ok = mount_options_parse(o, list, &why);

	must_say(ok, why);
	if (ok) {
		must_say(mount_options_check(o, &why), why);
	}
}

static void take_file(struct mount_options *o, const uint8_t *data, size_t size)
{
	int fd = memfd_create("credentials", MFD_CLOEXEC);
	char path[64] = "";
	char *why = NULL;

	if (fd < 0) {
		return;
	}
	if (fchmod(fd, 0600) == 0 && write(fd, data, size) == (ssize_t)size) {
		snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
		must_say(mount_options_credentials(o, path, &why), why);
	}
	close(fd);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct mount_options *o = mount_options_new(NULL);

	log_set_levels("0");
	if (o != NULL && size > 0) {
		if ((data[0] & 1) == 0) {
			take_list(o, data + 1, size - 1);
		} else {
			take_file(o, data + 1, size - 1);
		}
	}
	log_set_levels("0");
	talloc_free(o);
	return 0;
}
