/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What strangers choose and records show: whatever it is, it stays a JSON
 * string of its own. And the settings and files that say which user a
 * certificate stands for. The first byte says which.
 */
#include "tests/testlib.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include <jansson.h>

#include "certs/client_cert.h"
#include "smbquic/audit.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void escape(const char *text)
{
	char out[6 * AUDIT_VALUE_MAX + 64] = "[\"";
	json_t *json = NULL;
	json_error_t error;
	size_t n = 0;

	audit_escape(text, out + 2, sizeof(out) - 8);
	for (n = 0; out[n] != '\0'; n++) {
		if ((unsigned char)out[n] < 0x20) {
			abort();
		}
	}
	memcpy(out + n, "\"]", 3);
	json = json_loads(out, 0, &error);
	if (json == NULL || json_array_size(json) != 1 ||
	    !json_is_string(json_array_get(json, 0))) {
		abort();
	}
	json_decref(json);
}

static void user(TALLOC_CTX *mem_ctx, const char *text, size_t len)
{
	static const char *const names[] = {"alice@example.org", NULL};
	const struct client_cert cert = {
		.subject = "CN=a,O=b",
		.issuer = "CN=c",
		.serial = "01",
		.sha1 = "00112233445566778899AABBCCDDEEFF00112233",
		.sha256 = "00112233445566778899aabbccddeeff"
			  "00112233445566778899aabbccddeeff",
		.common_name = "alice",
		.names = names,
	};
	struct client_user_rule map = {.how = CLIENT_USER_MAP};
	char path[64];
	char *why = NULL;
	struct client_user_rule *rule = client_user_parse(mem_ctx, text, &why);
	int fd = memfd_create("users", MFD_CLOEXEC);

	if (rule != NULL && rule->how != CLIENT_USER_MAP) {
		(void)client_user_is(mem_ctx, rule, &cert, "alice", &why);
	}
	if (fd != -1 && write(fd, text, len) == (ssize_t)len) {
		snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
		map.detail = path;
		if (client_user_is(mem_ctx, &map, &cert, "", &why)) {
			abort(); /* nobody has no name */
		}
		(void)client_user_is(mem_ctx, &map, &cert, "alice", &why);
	}
	if (fd != -1) {
		close(fd);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	TALLOC_CTX *mem_ctx = talloc_new(NULL);
	char *text = NULL;

	if (size > 0) {
		text = talloc_strndup(mem_ctx, (const char *)data + 1,
				      size - 1);
		if (data[0] % 2 == 0) {
			escape(text);
		} else {
			user(mem_ctx, text, strlen(text));
		}
	}
	talloc_free(mem_ctx);
	return 0;
}
