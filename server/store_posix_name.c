/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Names of the disk and names of the client.
 *
 * Linux takes every byte but '/' and NUL in a name; Windows wants UTF-16
 * without control characters and without " * : < > ? \ | and no blank or dot
 * at the end. What Windows cannot have is shown as a character of Unicode's
 * private area, as Apple's and Linux' SMB clients write it, too ("SFM"):
 *
 *	U+F001..F01F	control characters 0x01..0x1F
 *	U+F020..F027	" * : < > ? \ |
 *	U+F028, U+F029	blank, dot, as the last character
 *	U+F780..F7FF	bytes 0x80..0xFF that are no UTF-8
 *
 * The way back is taken only where it leads to the same name again, so no two
 * names of the disk are confused. Reserved device names (CON, NUL ...) need no
 * mapping: they mean something to a client's programs only.
 */

#include <string.h>

#include "server/store_posix.h"
#include "smbquic/utf16.h"

#define MAP_CONTROL 0xF000u
#define MAP_SPECIAL 0xF020u
#define MAP_BLANK   0xF028u
#define MAP_DOT	    0xF029u
#define MAP_BYTE    0xF700u

static const char special[] = "\"*:<>?\\|";

struct out {
	char *at, *end;
	bool full;
};

static void out_byte(struct out *out, unsigned byte)
{
	if (out->at == out->end) {
		out->full = true;
		return;
	}
	*out->at = (char)byte;
	out->at++;
}

/* All of the private area takes three bytes. */
static void out_mapped(struct out *out, uint32_t cp)
{
	out_byte(out, 0xE0 | cp >> 12);
	out_byte(out, 0x80 | (cp >> 6 & 0x3F));
	out_byte(out, 0x80 | (cp & 0x3F));
}

static bool out_end(struct out *out)
{
	*out->at = '\0';
	return !out->full;
}

/* What stands for this ASCII character on the client's side; 0: itself. */
static uint32_t map_ascii(unsigned char c, bool last)
{
	const char *p = strchr(special, c);

	if (c < 0x20) {
		return MAP_CONTROL + c;
	}
	if (p != NULL) {
		return MAP_SPECIAL + (uint32_t)(p - special);
	}
	if (last && c == ' ') {
		return MAP_BLANK;
	}
	if (last && c == '.') {
		return MAP_DOT;
	}
	return 0;
}

/* The byte that this stands for on the disk; 0: none. */
static unsigned unmap(uint32_t cp, bool last)
{
	if (cp > MAP_CONTROL && cp < MAP_SPECIAL) {
		return cp - MAP_CONTROL;
	}
	if (cp >= MAP_SPECIAL && cp < MAP_BLANK) {
		return (unsigned char)special[cp - MAP_SPECIAL];
	}
	if (last && cp == MAP_BLANK) {
		return ' ';
	}
	if (last && cp == MAP_DOT) {
		return '.';
	}
	if (cp >= MAP_BYTE + 0x80 && cp <= MAP_BYTE + 0xFF) {
		return cp - MAP_BYTE;
	}
	return 0;
}

bool posix_name_to_client(const char *local, char *out, size_t size)
{
	struct out o = {.at = out, .end = out + size - 1};
	size_t left = strlen(local);

	while (left > 0) {
		uint32_t cp = 0;
		size_t n = utf8_get(local, left, &cp);
		uint32_t mapped = 0;

		if (n == 0) {
			out_mapped(&o, MAP_BYTE + (unsigned char)*local);
			n = 1;
		} else if (n == 1) {
			mapped = map_ascii((unsigned char)*local, left == 1);
			if (mapped != 0) {
				out_mapped(&o, mapped);
			} else {
				out_byte(&o, (unsigned char)*local);
			}
		} else {
			size_t i = 0;

			for (i = 0; i < n; i++) {
				out_byte(&o, (unsigned char)local[i]);
			}
		}
		local += n;
		left -= n;
	}
	return out_end(&o);
}

static bool unmap_name(const char *client, char *out, size_t size,
		       bool *changed)
{
	struct out o = {.at = out, .end = out + size - 1};
	size_t left = strlen(client);

	*changed = false;
	while (left > 0) {
		uint32_t cp = 0;
		size_t n = utf8_get(client, left, &cp);
		unsigned byte = n == 3 ? unmap(cp, left == n) : 0;
		size_t i = 0;

		if (n == 0) {
			return false;
		}
		if (byte != 0) {
			out_byte(&o, byte);
			*changed = true;
		}
		for (i = 0; byte == 0 && i < n; i++) {
			out_byte(&o, (unsigned char)client[i]);
		}
		client += n;
		left -= n;
	}
	return out_end(&o);
}

static bool is_dots(const char *name)
{
	return strcmp(name, ".") == 0 || strcmp(name, "..") == 0;
}

bool posix_name_to_local(const char *client, char *out, size_t size)
{
	char back[3 * STORE_NAME_MAX + 1];
	bool changed = false;

	if (strlen(client) > STORE_NAME_MAX ||
	    !unmap_name(client, out, size, &changed)) {
		return false;
	}
	if (!changed) {
		return true;
	}
	if (!is_dots(out) && posix_name_to_client(out, back, sizeof(back)) &&
	    strcmp(back, client) == 0) {
		return true;
	}
	if (strlen(client) >= size) {
		return false;
	}
	memcpy(out, client, strlen(client) + 1);
	return true;
}

/* Component by component. */
static bool map_path(const char *path, char *out, size_t size,
		     bool (*map)(const char *, char *, size_t))
{
	char name[STORE_NAME_MAX + 1];
	size_t len = 0;

	*out = '\0';
	while (*path != '\0') {
		size_t n = strcspn(path, "/");

		if (n > STORE_NAME_MAX || len + 2 > size) {
			return false;
		}
		memcpy(name, path, n);
		name[n] = '\0';
		if (!map(name, out + len, size - len)) {
			return false;
		}
		len += strlen(out + len);
		path += n;
		if (*path == '/') {
			if (len + 2 > size) {
				return false;
			}
			path++;
			out[len] = '/';
			len++;
			out[len] = '\0';
		}
	}
	return true;
}

bool posix_path_to_client(const char *local, char *out, size_t size)
{
	return map_path(local, out, size, posix_name_to_client);
}

bool posix_path_to_local(const char *client, char *out, size_t size)
{
	return map_path(client, out, size, posix_name_to_local);
}
