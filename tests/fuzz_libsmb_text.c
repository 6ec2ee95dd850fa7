/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What programs hand on to libsmbclient from who knows where: addresses, names
 * and values of extended attributes, configuration. The first byte says which.
 */
#include "tests/testlib.h"

#include <stdlib.h>
#include <string.h>

#include "client/libsmbclient/xattr_text.h"
#include "smbquic/log.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void quiet(void *private_data, enum log_level level, const char *module,
		  const char *text)
{
	(void)private_data;
	(void)level;
	(void)module;
	(void)text;
}

/* No address leads out of a share, or to a server of a strange name. */
static void address(TALLOC_CTX *mem_ctx, char *text)
{
	size_t room = strlen(text) * 3 + 1;
	char *encoded = talloc_array(mem_ctx, char, (unsigned)room);
	struct libsmb_url *url = NULL;

	if (libsmb_url_parse(mem_ctx, text, &url) == 0) {
		if (strpbrk(url->server, "/\\ \n") != NULL ||
		    strpbrk(url->share, "/\\") != NULL ||
		    strchr(url->path, '/') != NULL ||
		    strstr(url->path, "..\\") == url->path ||
		    strcmp(url->path, "..") == 0 ||
		    strstr(url->path, "\\..\\") != NULL) {
			abort();
		}
	}
	/* what was encoded is what comes out again */
	if (encoded != NULL && smbc_urlencode(encoded, text, (int)room) >= 0) {
		smbc_urldecode(encoded, encoded, room);
		if (strcmp(encoded, text) != 0) {
			abort();
		}
	}
}

static void acl(TALLOC_CTX *mem_ctx, const char *text, const char *label)
{
	struct xattr_acl out = {0};

	if (xattr_acl_parse(mem_ctx, text, label, label == NULL, NULL, NULL,
			    &out) == 0) {
		if (out.count > XATTR_MAX_ACES) {
			abort();
		}
		xattr_acl_sort(out.ace, out.count);
	}
}

static void attribute(TALLOC_CTX *mem_ctx, const char *name)
{
	struct security_descriptor sd = {.has_owner = true};
	struct libsmb_facts facts = {0};
	const struct xattr_source source = {.sd = &sd, .facts = &facts};
	struct xattr_name out = {0};

	sd.owner = sid_everyone;
	if (xattr_name_parse(name, false, &out) &&
	    xattr_text(mem_ctx, &out, &source) == NULL) {
		/* there is a descriptor, but without an ACL */
		if ((out.wanted & XATTR_BIT(XATTR_ACL)) == 0) {
			abort();
		}
	}
}

static void configuration(TALLOC_CTX *mem_ctx, const char *text)
{
	struct client_conf_servers servers = {0};
	struct client_conf config = {0};
	struct client_conf_file *file = NULL;

	if (client_conf_file_parse(mem_ctx, "fuzz", text, &file) == 0) {
		client_conf_file_apply(file, "server", &config);
		client_conf_check(&config);
		client_conf_file_servers(mem_ctx, file, &servers);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	TALLOC_CTX *mem_ctx = talloc_new(NULL);
	struct fscc_basic basic = {0};
	char *text = NULL;

	log_set_sink(quiet, NULL);
	if (size > 0) {
		text = talloc_strndup(mem_ctx, (const char *)data + 1,
				      size - 1);
	}
	switch (text != NULL ? data[0] % 6 : 6) {
	case 0: address(mem_ctx, text); break;
	case 1: attribute(mem_ctx, text); break;
	case 2: acl(mem_ctx, text, NULL); break;
	case 3: acl(mem_ctx, text, "ACL"); break;
	case 4: xattr_dos_parse(text, true, 0, &basic); break;
	case 5: configuration(mem_ctx, text); break;
	default: break;
	}
	talloc_free(mem_ctx);
	return 0;
}
