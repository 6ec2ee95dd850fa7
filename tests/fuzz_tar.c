/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The headers of an archive, as "tar x" reads them; what it would put
 * somewhere stays below the folder that it is put into. */
#include "tests/testlib.h"

#include <stdlib.h>
#include <string.h>

#include "client/shell_tar.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void place(TALLOC_CTX *mem_ctx, const struct tar_entry *entry)
{
	const char *why = NULL;
	char *path = tar_place(mem_ctx, "in", entry->name, true, &why);

	if ((path == NULL) != (why != NULL)) {
		abort();
	}
	if (path != NULL &&
	    (strncmp(path, "in", 2) != 0 ||
	     (path[2] != '\0' && path[2] != '\\') ||
	     strstr(path, "\\..\\") != NULL || strchr(path, '/') != NULL)) {
		abort();
	}
	talloc_free(path);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	TALLOC_CTX *frame = talloc_new(NULL);
	struct tar_parser *parser = tar_parser_new(frame);
	enum tar_step step = TAR_MORE;
	struct tar_entry entry = {0};
	const char *why = NULL;
	size_t at = 0;

	while (size - at >= TAR_BLOCK && step != TAR_END && step != TAR_BAD) {
		step = tar_parse(parser, data + at, &entry, &why);
		at += TAR_BLOCK;
		if (step == TAR_ENTRY) {
			place(frame, &entry);
			if (entry.size > size - at) {
				break;
			}
			at += entry.size;
			at += tar_padding(entry.size) < size - at
				      ? tar_padding(entry.size)
				      : size - at;
		}
	}
	talloc_free(frame);
	return 0;
}
