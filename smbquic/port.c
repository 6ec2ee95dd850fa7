/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "smbquic/port.h"

#include <stdlib.h>
#include <string.h>

bool port_parse(const char *text, uint16_t *out)
{
	char *end = NULL;
	unsigned long n = 0;

	if (*text < '0' || *text > '9') {
		return false; /* strtoul() takes signs and blanks */
	}
	n = strtoul(text, &end, 10);
	if (*end != '\0' || n == 0 || n > UINT16_MAX) {
		return false;
	}
	*out = (uint16_t)n;
	return true;
}

char *port_split(TALLOC_CTX *mem_ctx, const char *text, uint16_t *port)
{
	const char *colon = strchr(text, ':');
	const char *end = NULL;

	*port = 0;
	if (*text == '[') {
		text++;
		end = strchr(text, ']');
		if (end == NULL || (end[1] != '\0' && end[1] != ':')) {
			return NULL;
		}
		colon = end[1] == ':' ? end + 1 : NULL;
	} else if (colon == NULL || strchr(colon + 1, ':') != NULL) {
		colon = NULL;
		end = text + strlen(text);
	} else {
		end = colon;
	}
	if (end == text || (colon != NULL && !port_parse(colon + 1, port))) {
		return NULL;
	}
	return talloc_strndup(mem_ctx, text, (size_t)(end - text));
}
