/* SPDX-License-Identifier: GPL-3.0-or-later */
/* fixture_certmap.h - a mapping file, certificates for it, and what was said.
 */
#ifndef SMBQUIC_FIXTURE_CERTMAP_H
#define SMBQUIC_FIXTURE_CERTMAP_H

#include "tests/testlib.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "certs/cert.h"
#include "certs/certmap.h"
#include "smbquic/log.h"
#include "smbquic/savefile.h"

#define DAY 86400

struct fixture {
	char *dir;
	char *map_file;
	char *log; /* what was said since it was last emptied */
	time_t now;
};

static inline void remember(void *private_data, enum log_level level,
			    const char *module, const char *text)
{
	struct fixture *f = private_data;

	(void)level;
	(void)module;
	f->log = talloc_asprintf_append(f->log, "%s\n", text);
}

static inline int setup(void **state)
{
	struct fixture *f = talloc_zero(NULL, struct fixture);

	f->dir = testlib_tmpdir(f);
	f->map_file = talloc_asprintf(f, "%s/certmap.conf", f->dir);
	f->log = talloc_strdup(f, "");
	f->now = time(NULL);
	log_set_sink(remember, f);
	*state = f;
	return 0;
}

static inline int teardown(void **state)
{
	log_set_sink(NULL, NULL);
	talloc_free(*state);
	return 0;
}

static inline void clear_log(struct fixture *f)
{
	talloc_free(f->log);
	f->log = talloc_strdup(f, "");
}

static inline void expect_log(struct fixture *f, const char *text)
{
	if (strstr(f->log, text) == NULL) {
		fail_msg("no \"%s\" in:\n%s", text, f->log);
	}
}

static inline char *path(struct fixture *f, const char *name)
{
	return talloc_asprintf(f, "%s/%s", f->dir, name);
}

static inline void write_text(const char *file, const char *text)
{
	assert_int_equal(savefile_write(file, 0600, true, text, strlen(text)),
			 0);
}

/* A certificate of that name as STEM.pem and STEM.key; its SHA-256. */
static inline const char *make_pair(struct fixture *f, const char *name,
				    const char *stem, enum cert_purpose purpose,
				    time_t from, unsigned days)
{
	const char *const names[] = {name, NULL};
	const struct cert_request request = {
		.purpose = purpose,
		.names = names,
		.days = days,
	};
	char *why = NULL;
	struct cert *cert = cert_make(f, &request, from, &why);

	assert_non_null(cert);
	assert_true(cert_save_pem(
		f, cert, talloc_asprintf(f, "%s/%s.pem", f->dir, stem),
		talloc_asprintf(f, "%s/%s.key", f->dir, stem), &why));
	return cert_info(cert)->sha256;
}

static inline const char *make_server(struct fixture *f, const char *name)
{
	return make_pair(f, name, name, CERT_SERVER, f->now, 90);
}

/* A section for a pair of files. */
static inline char *section(struct fixture *f, const char *name,
			    const char *stem, const char *more)
{
	return talloc_asprintf(f,
			       "[%s]\n\tcertificate = %s/%s.pem\n"
			       "\tkey = %s/%s.key\n%s",
			       name, f->dir, stem, f->dir, stem, more);
}

static inline struct certmap *load(struct fixture *f, const char *text)
{
	char *why = NULL;
	struct certmap *map = NULL;

	write_text(f->map_file, text);
	clear_log(f);
	map = certmap_new(f, f->map_file, 30, &why);
	if (map == NULL) {
		fail_msg("%s", why);
	}
	return map;
}

/* A time at which the map looks at its files again, whatever time it is. */
static inline time_t later(void)
{
	return time(NULL) + 10;
}

#endif
