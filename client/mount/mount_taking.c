/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Values of options. */
#include "client/mount/mount_taking.h"

#include <errno.h>
#include <stdlib.h>

#define SIZE_LEAST   ((size_t)4096)
#define SECONDS_MOST 86400.0

bool taking_refuse(struct taking *t, const char *what)
{
	*t->why = talloc_asprintf(t->options, "%s%s%s: %s", t->name,
				  t->value != NULL ? "=" : "",
				  t->value != NULL ? t->value : "", what);
	return false;
}

bool taking_text(struct taking *t, char **where)
{
	talloc_free(*where);
	*where = talloc_strdup(t->options, t->value);
	return *where != NULL || taking_refuse(t, "out of memory");
}

bool taking_const(struct taking *t, const char **where)
{
	*where = talloc_strdup(t->options, t->value);
	return *where != NULL || taking_refuse(t, "out of memory");
}

bool taking_number(struct taking *t, int base, unsigned long long most,
		   unsigned long long *out)
{
	char *end = NULL;

	errno = 0;
	*out = strtoull(t->value, &end, base);
	if (*t->value < '0' || *t->value > '9' || *end != '\0' || errno != 0 ||
	    *out > most) {
		return taking_refuse(t, base == 8 ? "not an octal mode"
						  : "not such a number");
	}
	return true;
}

bool taking_seconds(struct taking *t, double *out)
{
	char *end = NULL;
	double n = strtod(t->value, &end);

	if (*t->value < '0' || *t->value > '9' || *end != '\0' ||
	    !(n >= 0 && n <= SECONDS_MOST)) {
		return taking_refuse(t,
				     "not a number of seconds from 0 to 86400");
	}
	*out = n;
	return true;
}

bool taking_mode(struct taking *t, mode_t *out)
{
	unsigned long long n = 0;

	if (!taking_number(t, 8, 07777, &n)) {
		return false;
	}
	*out = (mode_t)n;
	return true;
}

bool taking_size(struct taking *t, size_t *out)
{
	unsigned long long n = 0;

	/* as mount.cifs takes it: no more than can be had */
	if (!taking_number(t, 10, UINT32_MAX, &n)) {
		return taking_refuse(t, "not a number of bytes");
	}
	if (n < SIZE_LEAST) {
		return taking_refuse(t, "bytes, at least 4096");
	}
	*out = n < TAKING_SIZE_MOST ? (size_t)n : TAKING_SIZE_MOST;
	return true;
}
