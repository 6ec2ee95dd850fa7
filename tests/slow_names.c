/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * slow_names.c - loaded before the C library: a directory of users that does
 * not answer. Looking up "tortoise" takes for as long as the file named by
 * SLOW_NAMES_GATE is there; then it is nobody. It makes the file
 * SLOW_NAMES_SEEN when it is asked first.
 */
#include <dlfcn.h>
#include <fcntl.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

typedef int getpwnam_fn(const char *name, struct passwd *pw, char *buf,
			size_t size, struct passwd **out);

int getpwnam_r(const char *name, struct passwd *pw, char *buf, size_t size,
	       struct passwd **out)
{
	getpwnam_fn *real = (getpwnam_fn *)dlsym(RTLD_NEXT, "getpwnam_r");
	const char *gate = getenv("SLOW_NAMES_GATE");
	const char *seen = getenv("SLOW_NAMES_SEEN");

	if (strcmp(name, "tortoise") != 0 || gate == NULL || seen == NULL) {
		return real(name, pw, buf, size, out);
	}
	close(open(seen, O_CREAT | O_WRONLY | O_CLOEXEC, 0600));
	while (access(gate, F_OK) == 0) {
		usleep(20000);
	}
	*out = NULL;
	return 0;
}
