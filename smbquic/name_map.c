/* SPDX-License-Identifier: GPL-3.0-or-later */

#include "smbquic/name_map.h"

#include <string.h>

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

static bool map_name(const char *local, bool pattern, char *out, size_t size)
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
			mapped = pattern && strchr("*? .", *local) != NULL
					 ? 0
					 : map_ascii((unsigned char)*local,
						     left == 1);
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

bool name_map_to_smb(const char *local, char *out, size_t size)
{
	return map_name(local, false, out, size);
}

bool name_map_pattern(const char *local, char *out, size_t size)
{
	return map_name(local, strpbrk(local, "*?") != NULL, out, size);
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

bool name_map_to_disk(const char *client, char *out, size_t size)
{
	char back[3 * NAME_MAP_MAX + 1];
	bool changed = false;

	if (strlen(client) > NAME_MAP_MAX ||
	    !unmap_name(client, out, size, &changed)) {
		return false;
	}
	if (!changed) {
		return true;
	}
	if (!is_dots(out) && name_map_to_smb(out, back, sizeof(back)) &&
	    strcmp(back, client) == 0) {
		return true;
	}
	if (strlen(client) >= size) {
		return false;
	}
	memcpy(out, client, strlen(client) + 1);
	return true;
}
