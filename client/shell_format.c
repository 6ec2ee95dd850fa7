/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What commands print: names, times, sizes, attributes. Scripts read some of
 * it, so it looks as smbclient's. */
#include <inttypes.h>
#include <string.h>
#include <time.h>

#include "client/shell.h"
#include "smbquic/utf16.h"

static const struct {
	uint32_t bit;
	char letter;
} letters[] = {
	{FILE_ATTRIBUTE_DIRECTORY, 'D'},
	{FILE_ATTRIBUTE_ARCHIVE, 'A'},
	{FILE_ATTRIBUTE_HIDDEN, 'H'},
	{FILE_ATTRIBUTE_SYSTEM, 'S'},
	{FILE_ATTRIBUTE_NORMAL, 'N'},
	{FILE_ATTRIBUTE_READONLY, 'R'},
	{FILE_ATTRIBUTE_TEMPORARY, 't'},
	{FILE_ATTRIBUTE_SPARSE_FILE, 's'},
	{FILE_ATTRIBUTE_REPARSE_POINT, 'r'},
	{FILE_ATTRIBUTE_COMPRESSED, 'c'},
	{FILE_ATTRIBUTE_OFFLINE, 'o'},
	{FILE_ATTRIBUTE_NOT_CONTENT_INDEXED, 'n'},
	{FILE_ATTRIBUTE_ENCRYPTED, 'e'},
};

#define LETTERS (sizeof(letters) / sizeof(letters[0]))

const char *shell_attributes(uint32_t attributes)
{
	static char buf[LETTERS + 1];
	char *p = buf;
	size_t i = 0;

	for (i = 0; i < LETTERS; i++) {
		if ((attributes & letters[i].bit) != 0) {
			*p++ = letters[i].letter;
		}
	}
	*p = '\0';
	return buf;
}

void shell_time(NTTIME nttime, char buf[32])
{
	time_t t = nttime_to_unix(nttime);
	struct tm tm = {0};

	if (localtime_r(&t, &tm) == NULL ||
	    strftime(buf, 32, "%a %b %e %H:%M:%S %Y", &tm) == 0) {
		snprintf(buf, 32, "unknown");
	}
}

void shell_size(uint64_t bytes, char buf[16])
{
	static const char *const units[] = {"B",   "KiB", "MiB", "GiB",
					    "TiB", "PiB", "EiB"};
	double n = (double)bytes;
	unsigned i = 0;

	while (n >= 1000 && i + 1 < sizeof(units) / sizeof(units[0])) {
		n /= 1024;
		i++;
	}
	snprintf(buf, 16, i == 0 || n >= 100 ? "%.0f %s" : "%.1f %s", n,
		 units[i]);
}

/* C0 and C1 controls steer terminals, and so may bytes that are no UTF-8. */
static bool is_printable(uint32_t cp)
{
	return cp >= 0x20 && (cp < 0x7f || cp > 0x9f);
}

char *shell_printable(TALLOC_CTX *mem_ctx, const char *text)
{
	size_t left = strlen(text);
	char *copy = shell_need(talloc_array(mem_ctx, char, left + 1));
	char *to = copy;
	uint32_t cp = 0;
	size_t n = 0;

	while (left > 0) {
		n = utf8_get(text, left, &cp);
		if (n > 0 && is_printable(cp)) {
			memcpy(to, text, n);
			to += n;
		} else {
			*to++ = '?';
			n = n > 0 ? n : 1;
		}
		text += n;
		left -= n;
	}
	*to = '\0';
	return copy;
}

void shell_print_entry(struct shell *shell,
		       const struct client_dir_entry *entry)
{
	char *name = shell_printable(shell, entry->name);
	char time[32] = "";
	const char *sgr = NULL;
	size_t len = 0;
	int pad = strlen(name) < 30 ? 30 - (int)strlen(name) : 0;

	shell_time(entry->stat.write_time, time);
	if (shell_colour(shell->colours, entry->name, entry->stat.attributes,
			 &sgr, &len)) {
		fprintf(shell->out, "  \033[%.*sm%s\033[0m%*s", (int)len, sgr,
			name, pad, "");
	} else {
		fprintf(shell->out, "  %s%*s", name, pad, "");
	}
	fprintf(shell->out, "%7.7s %8" PRIu64 "  %s\n",
		shell_attributes(entry->stat.attributes), entry->stat.size,
		time);
	talloc_free(name);
}
