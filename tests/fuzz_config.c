/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Configurations. What is accepted can be asked for every setting of every
 * share, and its own print is accepted too.
 */
#include "tests/testlib.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "server/config.h"
#include "server/settings.h"
#include "smbquic/log.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void report(void *private_data, enum config_severity severity,
		   const char *text)
{
	size_t *words = private_data;

	(void)severity;
	*words += strlen(text);
}

static struct config *load(TALLOC_CTX *mem_ctx, const void *data, size_t size)
{
	int fd = memfd_create("config", MFD_CLOEXEC);
	struct config *config = NULL;
	char path[64] = "";
	size_t words = 0;

	if (fd == -1) {
		return NULL;
	}
	if (write(fd, data, size) == (ssize_t)size) {
		snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
		config = config_load(mem_ctx, path, NULL, report, &words);
	}
	close(fd);
	return config;
}

static void expand(TALLOC_CTX *mem_ctx, const char *text)
{
	const struct config_macros macros = {.user = "../u",
					     .share = "s",
					     .address = "::1",
					     .machine = ".."};

	if (config_expand(mem_ctx, text, &macros) == NULL) {
		abort();
	}
}

static void print_again(TALLOC_CTX *mem_ctx, const struct config *config)
{
	char *text = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&text, &len);

	config_print(out, config, true);
	fclose(out);
	if (load(mem_ctx, text, len) == NULL) {
		abort();
	}
	free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	TALLOC_CTX *mem_ctx = talloc_new(NULL);
	struct config *config = NULL;

	log_set_levels("0");
	/* other files are not the subject, and not this program's to read */
	if (memmem(data, size, "include", 7) == NULL) {
		config = load(mem_ctx, data, size);
	}
	if (config != NULL) {
		expand(mem_ctx, config_string(config, NULL, CONFIG_PATH));
		print_again(mem_ctx, config);
	}
	talloc_free(mem_ctx);
	return 0;
}
