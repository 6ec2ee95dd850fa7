/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The headers of an archive, as "tar x" reads them; what it would put
 * somewhere stays below the folder that it is put into. */
#include "tests/testlib.h"

#include <stdlib.h>
#include <string.h>

#include "client/shell_meta.h"

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

/* What goes with it beside its bytes, and into another archive. */
static void keep(TALLOC_CTX *mem_ctx, const struct tar_entry *entry)
{
	static const struct transfer all = {.keep_acls = true,
					    .keep_streams = true};
	struct meta_local *meta = meta_from_archive(mem_ctx, &all, entry);
	struct tar_entry again = {.kind = TAR_FILE, .name = "a"};
	struct wire_slice bytes = {0};
	size_t i = 0;

	if (meta == NULL ||
	    !meta_to_archive(meta, meta, meta_archive_created(entry), &again) ||
	    !tar_encode(meta, &again, &bytes) || bytes.len % TAR_BLOCK != 0) {
		abort();
	}
	for (i = 0; i < meta->count; i++) {
		if (meta_local_find(meta, meta->stream[i].name) !=
		    &meta->stream[i]) {
			abort();
		}
	}
	talloc_free(meta);
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
			keep(frame, &entry);
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
