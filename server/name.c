/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Rules for the names of files. */

#include <errno.h>
#include <string.h>
#include <strings.h>

#include "server/name.h"
#include "server/store.h"
#include "smbquic/name_map.h"
#include "smbquic/utf16.h"

/* MS-FSCC 2.1.5.2: of a component, and of a stream's name. */
#define MAX_UNITS 255

/* ':' is looked for before. */
static const char forbidden[] = "\"*/:<>?\\|";

/* --- components --------------------------------------------------------- */

static bool control_free(const char *text)
{
	while (*text != '\0') {
		if ((unsigned char)*text < 0x20) {
			return false;
		}
		text++;
	}
	return true;
}

static bool short_enough(const char *name)
{
	ssize_t size = utf16_size(name);

	return size > 0 && size <= MAX_UNITS * 2 &&
	       strlen(name) <= STORE_NAME_MAX;
}

bool name_component_valid(const char *name)
{
	return strpbrk(name, forbidden) == NULL && control_free(name) &&
	       short_enough(name) && strcmp(name, ".") != 0 &&
	       strcmp(name, "..") != 0;
}

static bool is_dots(const char *name)
{
	return strcmp(name, ".") == 0 || strcmp(name, "..") == 0;
}

/* --- paths -------------------------------------------------------------- */

/*
 * MS-FSCC 2.1.5: "name:stream:type". Cuts the stream's part off the path. The
 * root has no name, and streams all the same: ":stream".
 */
static enum name_result parse_stream(char *last, bool root,
				     struct name_path *out)
{
	char *stream = strchr(last, ':');
	char *type = NULL;

	if (stream == NULL) {
		return NAME_OK;
	}
	*stream = '\0';
	stream++;
	type = strchr(stream, ':');
	if (type != NULL) {
		*type = '\0';
		type++;
	}
	if ((*last == '\0' && !root) || strchr(stream, '/') != NULL ||
	    (*stream != '\0' && !short_enough(stream)) ||
	    (*stream == '\0' && type == NULL)) {
		return NAME_INVALID;
	}
	if (type != NULL && strcasecmp(type, "$INDEX_ALLOCATION") == 0 &&
	    (*stream == '\0' || strcasecmp(stream, "$I30") == 0)) {
		out->directory = true;
		return NAME_OK;
	}
	if (type != NULL && strcasecmp(type, "$DATA") != 0) {
		return NAME_INVALID;
	}
	out->stream = *stream != '\0' ? stream : NULL;
	out->data = *stream == '\0';
	return NAME_OK;
}

/* The components taken so far: [path, end). */
struct taken {
	char *path, *end;
};

/* MS-FSCC 2.1.5.1: "." is where we are, ".." what is above it; not above the
 * root. */
static enum name_result take_dots(struct taken *taken, const char *dots)
{
	if (strcmp(dots, ".") == 0) {
		return NAME_OK;
	}
	if (taken->end == taken->path) {
		return NAME_SYNTAX;
	}
	do {
		taken->end--;
	} while (taken->end > taken->path && *taken->end != '/');
	return NAME_OK;
}

/* Both lie in the same text: what is taken never ends behind name. */
static enum name_result take_component(struct taken *taken, const char *name)
{
	size_t n = strlen(name);

	if (is_dots(name)) {
		return take_dots(taken, name);
	}
	if (!name_component_valid(name)) {
		return NAME_INVALID;
	}
	if (taken->end != taken->path) {
		*taken->end++ = '/';
	}
	memmove(taken->end, name, n);
	taken->end += n;
	return NAME_OK;
}

/* Component by component, '\' becoming '/'. */
static enum name_result parse_components(char *path, struct name_path *out)
{
	struct taken taken = {path, path};
	char *at = path;
	bool last = *at == '\0';
	bool root = false;
	enum name_result result = NAME_OK;

	while (result == NAME_OK && !last) {
		char *end = at + strcspn(at, "\\");

		last = *end == '\0';
		*end = '\0';
		if (last) {
			root = *at == ':' && at == path;
			result = parse_stream(at, root, out);
		}
		if (last && is_dots(at)) {
			result = out->stream != NULL || out->data ? NAME_INVALID
								  : result;
			out->directory = true;
		}
		if (result == NAME_OK && !root) {
			result = take_component(&taken, at);
		}
		at = end + 1;
	}
	*taken.end = '\0';
	return result;
}

enum name_result name_path_parse(TALLOC_CTX *mem_ctx, const uint8_t *utf16,
				 size_t len, struct name_path *out)
{
	enum name_result result = NAME_OK;
	char *path = utf16_to_utf8(mem_ctx, wire_slice(utf16, len));
	size_t n = 0;

	*out = (struct name_path){.path = path};
	if (path == NULL) {
		return errno == ENOMEM ? NAME_NO_MEMORY : NAME_INVALID;
	}
	if (path[0] == '\\') {
		return NAME_LEADING;
	}
	n = strlen(path);
	if (n > STORE_PATH_MAX) {
		return NAME_INVALID;
	}
	if (n > 0 && path[n - 1] == '\\') {
		path[n - 1] = '\0';
		out->directory = true;
	}
	result = parse_components(path, out);
	if (result == NAME_OK && out->stream != NULL) {
		out->stream = talloc_strdup(mem_ctx, out->stream);
		result = out->stream == NULL ? NAME_NO_MEMORY : NAME_OK;
	}
	return result;
}

/* A component as the disk has it: as a store shows that. */
static enum name_result posix_component(char **path, const char *name)
{
	char disk[3 * NAME_MAP_MAX + 1];
	char shown[3 * NAME_MAP_MAX + 1];

	if (strcmp(name, "..") == 0) {
		return NAME_SYNTAX;
	}
	if (*name == '\0' || strcmp(name, ".") == 0 ||
	    strlen(name) > NAME_MAP_MAX ||
	    !name_map_to_disk(name, disk, sizeof(disk)) ||
	    !name_map_to_smb(disk, shown, sizeof(shown)) ||
	    strlen(shown) > STORE_NAME_MAX) {
		return NAME_INVALID;
	}
	*path = talloc_asprintf_append_buffer(*path, "%s%s",
					      **path != '\0' ? "/" : "", shown);
	return *path != NULL ? NAME_OK : NAME_NO_MEMORY;
}

enum name_result name_posix_parse(TALLOC_CTX *mem_ctx, const uint8_t *utf16,
				  size_t len, struct name_path *out)
{
	enum name_result result = NAME_OK;
	char *text = utf16_to_utf8(mem_ctx, wire_slice(utf16, len));
	char *at = text;

	*out = (struct name_path){.path = talloc_strdup(mem_ctx, "")};
	if (text == NULL || out->path == NULL) {
		return text != NULL || errno == ENOMEM ? NAME_NO_MEMORY
						       : NAME_INVALID;
	}
	if (strlen(text) > STORE_PATH_MAX) {
		return NAME_INVALID;
	}
	at += *at == '/';
	while (result == NAME_OK && *at != '\0') {
		size_t n = strcspn(at, "/");
		bool last = at[n] == '\0' || at[n + 1] == '\0';

		out->directory = at[n] != '\0' && last;
		at[n] = '\0';
		result = posix_component(&out->path, at);
		at += n + (last ? 0 : 1);
		if (last) {
			break;
		}
	}
	if (result == NAME_OK && strlen(out->path) > STORE_PATH_MAX) {
		result = NAME_INVALID;
	}
	talloc_free(text);
	return result;
}

enum name_result name_stream_parse(TALLOC_CTX *mem_ctx, const uint8_t *utf16,
				   size_t len, char **stream)
{
	char *text = utf16_to_utf8(mem_ctx, wire_slice(utf16, len));
	/* as it would stand behind a file's name */
	char *whole = NULL;
	struct name_path path = {0};
	enum name_result result = NAME_INVALID;

	*stream = NULL;
	if (text == NULL) {
		return errno == ENOMEM ? NAME_NO_MEMORY : NAME_INVALID;
	}
	whole = talloc_asprintf(mem_ctx, "x%s", text);
	if (whole == NULL) {
		return NAME_NO_MEMORY;
	}
	if (text[0] == ':' && strchr(text, '\\') == NULL) {
		result = parse_stream(whole, false, &path);
	}
	if (result != NAME_OK || path.directory) {
		return NAME_INVALID;
	}
	if (path.stream != NULL) {
		*stream = talloc_strdup(mem_ctx, path.stream);
		return *stream != NULL ? NAME_OK : NAME_NO_MEMORY;
	}
	return NAME_OK;
}

char *name_with_stream(TALLOC_CTX *mem_ctx, const char *path,
		       const char *stream)
{
	return stream != NULL ? talloc_asprintf(mem_ctx, "%s:%s", path, stream)
			      : talloc_strdup(mem_ctx, path);
}

const char *name_last(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash != NULL ? slash + 1 : path;
}

char *name_parent(TALLOC_CTX *mem_ctx, const char *path)
{
	const char *slash = strrchr(path, '/');

	return talloc_strndup(mem_ctx, path,
			      slash != NULL ? (size_t)(slash - path) : 0);
}

char *name_to_client(TALLOC_CTX *mem_ctx, const char *path)
{
	char *copy = talloc_strdup(mem_ctx, path);
	char *p = copy;

	while (p != NULL && *p != '\0') {
		*p = *p == '/' ? '\\' : *p;
		p++;
	}
	return copy;
}

const char *name_below(const char *path, const char *parent)
{
	size_t len = strlen(parent);

	if (len == 0) {
		return path;
	}
	if (strncmp(path, parent, len) != 0) {
		return NULL;
	}
	if (path[len] == '\0') {
		return path + len;
	}
	return path[len] == '/' ? path + len + 1 : NULL;
}

bool name_equal(const char *a, const char *b)
{
	return utf8_case_equal(a, b);
}
