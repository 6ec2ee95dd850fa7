/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * certmap_file.c - the mapping file as entries, and its rewriting.
 */
#include <ctype.h>
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "certs/access.h"
#include "certs/certmap.h"
#include "smbquic/ini.h"
#include "smbquic/savefile.h"

struct certmap_file {
	char *path;
	enum certmap_side side;
	int lock; /* -1: not for editing */
	struct ini *ini;
	struct certmap_entry **entries;
	size_t count;
};

static int certmap_file_destructor(struct certmap_file *file)
{
	if (file->lock != -1) {
		close(file->lock);
	}
	return 0;
}

static struct certmap_file *certmap_file_new(TALLOC_CTX *mem_ctx,
					     const char *path,
					     enum certmap_side side)
{
	struct certmap_file *file = talloc_zero(mem_ctx, struct certmap_file);

	if (file == NULL) {
		return NULL;
	}
	file->lock = -1;
	file->side = side;
	file->path = talloc_strdup(file, path);
	talloc_set_destructor(file, certmap_file_destructor);
	return file;
}

/* --- reading ------------------------------------------------------------ */

static struct certmap_entry *find(const struct certmap_file *file,
				  const char *name)
{
	size_t i = 0;

	for (i = 0; i < file->count; i++) {
		if (certmap_name_equal(file->entries[i]->name, name)) {
			return file->entries[i];
		}
	}
	return NULL;
}

static bool add_entry(struct certmap_file *file, struct certmap_entry *entry)
{
	struct certmap_entry **entries = talloc_realloc(
		file, file->entries, struct certmap_entry *, file->count + 1);

	if (entries == NULL) {
		return false;
	}
	file->entries = entries;
	entries[file->count++] = talloc_steal(file, entry);
	return true;
}

static const struct certmap_field *find_field(const char *key,
					      enum certmap_side side)
{
	const struct certmap_field *field = certmap_fields;

	while (field->key != NULL && ((field->sides & side) == 0 ||
				      !ini_key_equal(field->key, key))) {
		field++;
	}
	return field->key == NULL ? NULL : field;
}

static bool read_section(struct certmap_file *file, const char *name)
{
	struct certmap_entry *entry = NULL;

	if (find(file, name) != NULL) {
		return true;
	}
	entry = talloc_zero(file, struct certmap_entry);
	if (entry == NULL) {
		return false;
	}
	entry->side = file->side;
	entry->name = talloc_strdup(entry, name);
	return entry->name != NULL && add_entry(file, entry);
}

/* "access 12": entries of the access list, in the order of the file. */
static bool is_access_key(const char *key)
{
	static const char word[] = "access";
	const char *c = key;
	size_t n = 0;

	for (; n < sizeof(word) - 1; c++) {
		if (*c != ' ' && tolower((unsigned char)*c) != word[n++]) {
			return false;
		}
	}
	c += strspn(c, " ");
	return *c != '\0' && strspn(c, "0123456789") == strlen(c);
}

static bool read_access(struct certmap_entry *entry, const char *value,
			char **why)
{
	struct access_entry *one = access_entry_parse(entry, value, why);

	if (one == NULL) {
		return false;
	}
	if (entry->access == NULL) {
		entry->access = talloc_zero(entry, struct access_list);
	}
	if (entry->access == NULL || !access_list_add(entry->access, one)) {
		*why = talloc_asprintf(entry, "more than %d access entries",
				       ACCESS_MAX);
		return false;
	}
	return true;
}

/* False: *why says what is wrong with the line. Unknown keys are not. */
static bool read_line(struct certmap_file *file, const struct ini_line *line,
		      char **why)
{
	const struct certmap_field *field = NULL;

	switch (line->kind) {
	case INI_BLANK: return true;
	case INI_BAD: *why = talloc_strdup(file, line->value); return false;
	case INI_SECTION: return read_section(file, line->section);
	case INI_KEY: break;
	}
	if (line->section == NULL) {
		*why = talloc_strdup(file, "a [name] must come first");
		return false;
	}
	if (file->side == CERTMAP_SERVER && is_access_key(line->key)) {
		return read_access(find(file, line->section), line->value, why);
	}
	field = find_field(line->key, file->side);
	return field == NULL ||
	       certmap_field_set(file, find(file, line->section), field,
				 line->value, why);
}

/* There is one default at most. */
static bool only_default(struct certmap_file *file,
			 const struct certmap_entry *entry, char **why)
{
	size_t i = 0;

	for (i = 0; entry->default_mapping && i < file->count; i++) {
		const struct certmap_entry *other = file->entries[i];

		if (other->default_mapping &&
		    !certmap_name_equal(other->name, entry->name)) {
			*why = talloc_asprintf(file,
					       "%s is the default mapping "
					       "already",
					       other->name);
			return false;
		}
	}
	return true;
}

static bool read_entries(struct certmap_file *file, char **why)
{
	TALLOC_CTX *mem_ctx = talloc_parent(file);
	char *text = NULL;
	size_t i = 0;

	for (i = 0; i < ini_count(file->ini); i++) {
		const struct ini_line *line = ini_line(file->ini, i);

		if (!read_line(file, line, &text)) {
			*why = talloc_asprintf(
				mem_ctx, "%s:%u: %s", file->path, line->number,
				text == NULL ? "out of memory" : text);
			return false;
		}
	}
	for (i = 0; i < file->count; i++) {
		if (!certmap_entry_valid(file, file->entries[i], &text) ||
		    !only_default(file, file->entries[i], &text)) {
			*why = talloc_asprintf(mem_ctx, "%s: [%s]: %s",
					       file->path,
					       file->entries[i]->name, text);
			return false;
		}
	}
	return true;
}

static bool read_file(struct certmap_file *file, char **why)
{
	file->ini = ini_load(file, file->path, NULL);
	if (file->ini == NULL && errno == ENOENT) {
		file->ini = ini_new(file);
		return file->ini != NULL;
	}
	if (file->ini == NULL) {
		*why = talloc_asprintf(
			talloc_parent(file), "cannot read %s: %s", file->path,
			errno == EINVAL ? "it is not a file" : strerror(errno));
		return false;
	}
	return read_entries(file, why);
}

struct certmap_file *certmap_file_load(TALLOC_CTX *mem_ctx, const char *path,
				       enum certmap_side side, char **why)
{
	struct certmap_file *file = certmap_file_new(mem_ctx, path, side);

	*why = NULL;
	if (file != NULL && !read_file(file, why)) {
		talloc_free(file);
		return NULL;
	}
	return file;
}

struct certmap_file *certmap_file_edit(TALLOC_CTX *mem_ctx, const char *path,
				       enum certmap_side side, char **why)
{
	struct certmap_file *file = certmap_file_new(mem_ctx, path, side);

	*why = NULL;
	if (file == NULL) {
		return NULL;
	}
	file->lock = savefile_lock(path);
	if (file->lock == -1) {
		*why = talloc_asprintf(mem_ctx, "cannot lock %s: %s", path,
				       errno == EAGAIN ? "another program is "
							 "changing it"
						       : strerror(errno));
		talloc_free(file);
		return NULL;
	}
	if (!read_file(file, why)) {
		talloc_free(file);
		return NULL;
	}
	return file;
}

/* --- looking ------------------------------------------------------------ */

const char *certmap_file_path(const struct certmap_file *file)
{
	return file->path;
}

size_t certmap_file_count(const struct certmap_file *file)
{
	return file->count;
}

const struct certmap_entry *certmap_file_get(const struct certmap_file *file,
					     size_t i)
{
	return i < file->count ? file->entries[i] : NULL;
}

const struct certmap_entry *certmap_file_find(const struct certmap_file *file,
					      const char *name)
{
	return find(file, name);
}

const struct certmap_entry *certmap_file_match(const struct certmap_file *file,
					       const char *server_name)
{
	const struct certmap_entry *entry =
		server_name == NULL ? NULL : find(file, server_name);
	size_t i = 0;

	for (i = 0; entry == NULL && server_name != NULL && i < file->count;
	     i++) {
		if (certmap_name_covers(file->entries[i]->name, server_name)) {
			entry = file->entries[i];
		}
	}
	for (i = 0; entry == NULL && i < file->count; i++) {
		if (file->entries[i]->default_mapping) {
			entry = file->entries[i];
		}
	}
	return entry;
}

/* --- changing ----------------------------------------------------------- */

/* Members that are as if not said are not written. */
static bool says_nothing(const struct certmap_field *field, const char *text)
{
	return text == NULL ||
	       (field->type == CERTMAP_BOOL && strcmp(text, "no") == 0) ||
	       (field->type == CERTMAP_FLAGS && strcmp(text, "None") == 0);
}

/* Their numbers go from 1 on without a gap. */
static bool write_access(struct certmap_file *file, const char *name,
			 const struct access_list *list)
{
	char **old = talloc_zero_array(file, char *, ini_count(file->ini) + 1);
	bool ok = old != NULL;
	size_t count = 0;
	size_t i = 0;

	for (i = 0; ok && i < ini_count(file->ini); i++) {
		const struct ini_line *line = ini_line(file->ini, i);

		if (line->kind == INI_KEY && line->section != NULL &&
		    ini_key_equal(line->section, name) &&
		    is_access_key(line->key)) {
			old[count++] = talloc_strdup(old, line->key);
		}
	}
	for (i = 0; i < count; i++) {
		ini_unset(file->ini, name, old[i]);
	}
	talloc_free(old);
	for (i = 0; ok && list != NULL && i < list->count; i++) {
		char *key = talloc_asprintf(file, "access %zu", i + 1);
		char *text = access_entry_text(file, list->entries[i]);

		ok = key != NULL && text != NULL &&
		     ini_set(file->ini, name, key, text);
		talloc_free(text);
		talloc_free(key);
	}
	return ok;
}

static bool write_entry(struct certmap_file *file,
			const struct certmap_entry *entry, char **why)
{
	const struct certmap_field *field = certmap_fields;

	if (!ini_add_section(file->ini, entry->name)) {
		return false;
	}
	for (; field->key != NULL; field++) {
		char *text = NULL;

		if ((field->sides & file->side) == 0) {
			continue;
		}
		text = certmap_field_text(file, entry, field);
		if (says_nothing(field, text)) {
			ini_unset(file->ini, entry->name, field->key);
		} else if (!ini_set(file->ini, entry->name, field->key, text)) {
			*why = talloc_asprintf(
				file, "%s: \"%s\" cannot stand in a file",
				field->property, text);
			return false;
		}
		talloc_free(text);
	}
	return write_access(file, entry->name, entry->access);
}

bool certmap_file_put(struct certmap_file *file,
		      const struct certmap_entry *entry, char **why)
{
	struct certmap_entry *old = find(file, entry->name);
	struct certmap_entry *copy = NULL;
	size_t i = 0;

	*why = NULL;
	if (!certmap_entry_valid(file, entry, why) ||
	    !only_default(file, entry, why)) {
		return false;
	}
	copy = certmap_entry_copy(file, entry);
	if (copy == NULL) {
		return false;
	}
	if (old == NULL) {
		return add_entry(file, copy) && write_entry(file, copy, why);
	}
	copy->name = talloc_strdup(copy, old->name); /* as in the file */
	while (file->entries[i] != old) {
		i++;
	}
	file->entries[i] = copy;
	talloc_free(old);
	return write_entry(file, copy, why);
}

bool certmap_file_remove(struct certmap_file *file, const char *name)
{
	struct certmap_entry *entry = find(file, name);
	size_t i = 0;

	if (entry == NULL) {
		return false;
	}
	ini_remove_section(file->ini, entry->name);
	while (file->entries[i] != entry) {
		i++;
	}
	file->count--;
	memmove(&file->entries[i], &file->entries[i + 1],
		(file->count - i) * sizeof(file->entries[0]));
	talloc_free(entry);
	return true;
}

bool certmap_file_save(struct certmap_file *file, char **why)
{
	char *text = ini_text(file, file->ini);
	int err = ENOMEM;

	*why = NULL;
	if (text != NULL) {
		err = savefile_write(file->path, 0644, false, text,
				     strlen(text));
	}
	talloc_free(text);
	if (err != 0) {
		*why = talloc_asprintf(file, "cannot write %s: %s", file->path,
				       strerror(err));
	}
	return err == 0;
}
