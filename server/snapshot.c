/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Previous versions: their names. */

#include <string.h>
#include <time.h>

#include "server/name.h"
#include "server/snapshot.h"
#include "server/store_backend.h"

#define TOKEN_FORMAT "@GMT-%Y.%m.%d-%H.%M.%S"
#define TOKEN_LENGTH (SNAPSHOT_TOKEN_SIZE - 1)
#define NAME_SIZE    256

static bool parse(const char *text, const char *format, NTTIME *when)
{
	struct tm tm = {0};
	const char *end = strptime(text, format, &tm);
	time_t seconds = 0;

	if (end == NULL || *end != '\0') {
		return false;
	}
	seconds = timegm(&tm);
	*when = store_time(seconds, 0);
	return seconds >= 0;
}

bool snapshot_time(const char *name, const char *format, NTTIME *when)
{
	return parse(name, format, when);
}

static size_t format_time(NTTIME when, const char *format, char *buf,
			  size_t size)
{
	struct tm tm = {0};
	int64_t seconds = 0;
	uint32_t nsec = 0;
	time_t t = 0;

	store_time_split(when, &seconds, &nsec);
	t = (time_t)seconds;
	return gmtime_r(&t, &tm) == NULL ? 0 : strftime(buf, size, format, &tm);
}

void snapshot_token(NTTIME when, char buf[SNAPSHOT_TOKEN_SIZE])
{
	if (format_time(when, TOKEN_FORMAT, buf, SNAPSHOT_TOKEN_SIZE) == 0) {
		buf[0] = '\0';
	}
}

static bool is_token(const char *component, size_t len, NTTIME *when)
{
	char text[SNAPSHOT_TOKEN_SIZE];

	if (len != TOKEN_LENGTH) {
		return false;
	}
	memcpy(text, component, len);
	text[len] = '\0';
	return parse(text, TOKEN_FORMAT, when);
}

bool snapshot_take(char *path, NTTIME *when)
{
	char *at = path;

	while (*at != '\0') {
		size_t len = strcspn(at, "/");

		if (!is_token(at, len, when)) {
			at += len + (at[len] == '/');
			continue;
		}
		if (at[len] == '/') {
			memmove(at, at + len + 1, strlen(at + len + 1) + 1);
		} else {
			*at = '\0';
			if (at > path) {
				at[-1] = '\0';
			}
		}
		return true;
	}
	return false;
}

static const char *directory_of(const struct share *share)
{
	return config_string(share->config, share->section,
			     CONFIG_SNAPSHOT_DIRECTORY);
}

bool snapshot_named(const struct share *share, const char *path)
{
	const char *directory = directory_of(share);

	return *directory != '\0' && name_below(path, directory) == NULL;
}

char *snapshot_path(TALLOC_CTX *mem_ctx, const struct share *share, NTTIME when,
		    const char *path)
{
	const char *directory = directory_of(share);
	const char *format = config_string(share->config, share->section,
					   CONFIG_SNAPSHOT_FORMAT);
	char name[NAME_SIZE];

	if (*directory == '\0' ||
	    format_time(when, format, name, sizeof(name)) == 0) {
		return NULL;
	}
	return talloc_asprintf(mem_ctx, "%s/%s%s%s", directory, name,
			       *path != '\0' ? "/" : "", path);
}
