/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Mapping files of servers and of clients. The first byte says whose; the
 * rest is the file, and a line of it the name that is looked up.
 */
#include "tests/testlib.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "certs/certmap.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What was read can be written, and is the same when it is read again. */
static void same(TALLOC_CTX *mem_ctx, const struct certmap_entry *entry)
{
	const struct certmap_field *field = certmap_fields;
	struct certmap_entry other = {.side = entry->side, .name = entry->name};

	for (; field->key != NULL; field++) {
		char *text = certmap_field_text(mem_ctx, entry, field);
		char *again = NULL;
		char *why = NULL;

		if (text == NULL || *text == '\0') {
			continue;
		}
		if (!certmap_field_set(mem_ctx, &other, field, text, &why)) {
			abort();
		}
		again = certmap_field_text(mem_ctx, &other, field);
		if (again == NULL || strcmp(text, again) != 0) {
			abort();
		}
	}
}

static void look(TALLOC_CTX *mem_ctx, const char *path, enum certmap_side side,
		 const char *name)
{
	char *why = NULL;
	struct certmap_file *file =
		certmap_file_load(mem_ctx, path, side, &why);
	const struct certmap_entry *entry = NULL;
	size_t i = 0;

	for (i = 0; file != NULL && i < certmap_file_count(file); i++) {
		entry = certmap_file_get(file, i);
		same(mem_ctx, entry);
		if (certmap_file_find(file, entry->name) == NULL) {
			abort();
		}
	}
	if (file != NULL) {
		entry = certmap_file_match(file, name);
		if (entry != NULL && !entry->default_mapping &&
		    !certmap_name_equal(entry->name, name) &&
		    !certmap_name_covers(entry->name, name)) {
			abort();
		}
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	TALLOC_CTX *mem_ctx = talloc_new(NULL);
	int fd = memfd_create("map", MFD_CLOEXEC);
	char path[64];
	char *name = NULL;

	if (size > 0 && fd != -1 &&
	    write(fd, data + 1, size - 1) == (ssize_t)(size - 1)) {
		snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
		name = talloc_strndup(mem_ctx, (const char *)data + 1,
				      size - 1);
		name[strcspn(name, "\n")] = '\0';
		look(mem_ctx, path,
		     data[0] % 2 == 0 ? CERTMAP_SERVER : CERTMAP_CLIENT, name);
	}
	if (fd != -1) {
		close(fd);
	}
	talloc_free(mem_ctx);
	return 0;
}
