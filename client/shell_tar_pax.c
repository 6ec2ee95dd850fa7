/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The records of an extended header (POSIX.1-2017, pax, "pax Extended
 * Header"). */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client/shell_tar_format.h"

/* ------------------------------------------------------------------ written */

/* A '=' would end the key. */
static char *key_encode(TALLOC_CTX *mem_ctx, const char *key)
{
	static const char hex[] = "0123456789ABCDEF";
	char *out = talloc_size(mem_ctx, 3 * strlen(key) + 1);
	char *to = out;

	for (; out != NULL && *key != '\0'; key++) {
		if (*key == '%' || *key == '=') {
			*to++ = '%';
			*to++ = hex[(unsigned char)*key >> 4];
			*to++ = hex[(unsigned char)*key & 15];
		} else {
			*to++ = *key;
		}
	}
	if (out != NULL) {
		*to = '\0';
	}
	return out;
}

/* What a record of so many bytes behind its length has as its length, which
 * counts itself. */
static size_t whole_length(size_t rest)
{
	size_t digits = 1;
	size_t power = 10;

	while (rest + digits >= power) {
		digits++;
		power *= 10;
	}
	return rest + digits;
}

void tar_records_add(TALLOC_CTX *mem_ctx, struct tar_records *r,
		     const char *key, struct wire_slice value)
{
	char *name = key_encode(mem_ctx, key);
	size_t len = 0;
	uint8_t *data = NULL;
	int head = 0;

	if (name != NULL && !r->failed) {
		/* " ", "=" and "\n" */
		len = whole_length(strlen(name) + value.len + 3);
		data = talloc_realloc(mem_ctx, r->data, uint8_t,
				      r->len + len + 1);
	}
	r->failed = r->failed || data == NULL;
	if (!r->failed) {
		r->data = data;
		data += r->len;
		head = snprintf((char *)data, len + 1, "%zu %s=", len, name);
		if (value.len > 0) {
			memcpy(data + head, value.data, value.len);
		}
		data[len - 1] = '\n';
		r->len += len;
	}
	talloc_free(name);
}

void tar_records_add_text(TALLOC_CTX *mem_ctx, struct tar_records *r,
			  const char *key, const char *value)
{
	tar_records_add(mem_ctx, r, key, wire_slice(value, strlen(value)));
}

void tar_records_add_time(TALLOC_CTX *mem_ctx, struct tar_records *r,
			  const char *key, struct timespec time)
{
	char text[40] = "";

	if (time.tv_nsec == 0) {
		snprintf(text, sizeof(text), "%lld", (long long)time.tv_sec);
	} else {
		snprintf(text, sizeof(text), "%lld.%09ld",
			 (long long)time.tv_sec, time.tv_nsec);
	}
	tar_records_add_text(mem_ctx, r, key, text);
}

/* --------------------------------------------------------------------- read */

/* In place; any other '%' stands for itself. */
static void key_decode(char *key)
{
	char *to = key;

	while (*key != '\0') {
		if (strncasecmp(key, "%25", 3) == 0 ||
		    strncasecmp(key, "%3d", 3) == 0) {
			*to++ = key[1] == '2' ? '%' : '=';
			key += 3;
		} else {
			*to++ = *key++;
		}
	}
	*to = '\0';
}

bool tar_records_take(struct tar_records *left, char **key,
		      struct wire_slice *value)
{
	char *at = (char *)left->data;
	char *name = NULL;
	char *sign = NULL;
	size_t len = 0;

	if (left->len == 0) {
		return false;
	}
	len = strtoul(at, &name, 10);
	if (name == at || *name != ' ' || len > left->len ||
	    at + len <= name + 1 || at[len - 1] != '\n') {
		return false;
	}
	at[len - 1] = '\0';
	name++;
	sign = strchr(name, '=');
	if (sign == NULL) {
		return false;
	}
	*sign++ = '\0';
	*value = wire_slice(sign, (size_t)(at + len - 1 - sign));
	key_decode(name);
	*key = name;
	left->data += len;
	left->len -= len;
	return true;
}

bool tar_time(const char *text, struct timespec *out)
{
	char *end = NULL;
	long digit = 100000000;

	if (*text < '0' || *text > '9') {
		return false; /* before 1970, or no number */
	}
	out->tv_sec = (time_t)strtoll(text, &end, 10);
	out->tv_nsec = 0;
	if (*end == '.') {
		for (end++; *end >= '0' && *end <= '9'; end++) {
			out->tv_nsec += digit * (*end - '0');
			digit /= 10;
		}
	}
	return *end == '\0';
}
