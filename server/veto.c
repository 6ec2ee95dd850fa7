/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Names that a share neither shows nor lets be made. */

#include <errno.h>
#include <string.h>

#include "server/name.h"
#include "server/veto.h"

struct veto {
	size_t count;
	struct name_pattern *patterns[];
};

struct veto *veto_new(TALLOC_CTX *mem_ctx, const struct share *share, bool *ok)
{
	const char *const *list =
		config_list(share->config, share->section, CONFIG_VETO_FILES);
	struct veto *veto = NULL;
	size_t n = 0;

	*ok = true;
	while (list[n] != NULL) {
		n++;
	}
	if (n == 0) {
		return NULL;
	}
	veto = talloc_zero_size(mem_ctx,
				sizeof(*veto) + n * sizeof(veto->patterns[0]));
	for (size_t i = 0; veto != NULL && i < n; i++) {
		struct name_pattern *pattern = name_pattern_text(veto, list[i]);

		if (pattern != NULL) {
			veto->patterns[veto->count] = pattern;
			veto->count++;
		} else if (errno == ENOMEM) {
			TALLOC_FREE(veto);
		}
	}
	*ok = veto != NULL;
	return veto;
}

bool veto_name(const struct veto *veto, const char *name)
{
	for (size_t i = 0; veto != NULL && i < veto->count; i++) {
		if (name_pattern_match(veto->patterns[i], name)) {
			return true;
		}
	}
	return false;
}

bool veto_path(const struct veto *veto, const char *path)
{
	char name[STORE_NAME_MAX + 1];

	while (veto != NULL && *path != '\0') {
		size_t len = strcspn(path, "/");

		if (len <= STORE_NAME_MAX) {
			memcpy(name, path, len);
			name[len] = '\0';
			if (veto_name(veto, name)) {
				return true;
			}
		}
		path += len;
		path += *path == '/' ? 1 : 0;
	}
	return false;
}
