/* SPDX-License-Identifier: GPL-3.0-or-later */
/* From an address to its share. */
#include <errno.h>

#include "client/libsmbclient/libsmb.h"

int place_enter_url(SMBCCTX *c, const char *url, struct place *out)
{
	*out = (struct place){0};
	if (!libsmb_enter(c)) {
		return errno;
	}
	out->c = c;
	behind_settle_all(c);
	if (url == NULL) {
		return EINVAL;
	}
	return libsmb_url_parse(c->internal, url, &out->url);
}

int place_enter(SMBCCTX *c, const char *url, struct place *out)
{
	int err = place_enter_url(c, url, out);

	if (err != 0) {
		return err;
	}
	if (*out->url->share == '\0') {
		return EINVAL;
	}
	err = server_find(c, out->url, NULL, &out->srv);
	if (err == 0) {
		out->tree = out->srv->tree;
	}
	return err == 0 && out->tree == NULL ? EINVAL : err;
}

int place_leave(struct place *place, int err)
{
	talloc_free(place->url);
	if (place->c != NULL) {
		libsmb_leave(place->c);
	}
	if (err != 0) {
		errno = err;
		return -1;
	}
	return 0;
}
