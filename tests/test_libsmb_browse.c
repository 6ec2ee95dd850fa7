/* SPDX-License-Identifier: GPL-3.0-or-later */
/* browse.c, place.c: what is above shares, as far as no server is needed. */
#include "tests/testlib.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "client/libsmbclient/libsmb.h"

static char folder[] = "/tmp/smbquic-browse-XXXXXX";
static char file[sizeof(folder) + 16];

static int set_up(void **state)
{
	SMBCCTX *c = NULL;
	FILE *f = NULL;

	assert_non_null(mkdtemp(folder));
	snprintf(file, sizeof(file), "%s/conf", folder);
	f = fopen(file, "w");
	assert_non_null(f);
	fputs("[global]\nworkgroup = GROUP\n"
	      "[one.example]\ntransport = quic\n"
	      "[two.example]\ntransport = tcp\n",
	      f);
	fclose(f);
	setenv("SMBQUIC_CONFIG", file, 1);
	setenv("SMB_CONF_PATH", "/nonexistent", 1);
	setenv("HOME", folder, 1);
	c = smbc_new_context();
	assert_ptr_equal(smbc_init_context(c), c);
	*state = c;
	return 0;
}

static int tear_down(void **state)
{
	int left = smbc_free_context(*state, 0);

	unlink(file);
	rmdir(folder);
	return left;
}

static void expect(SMBCCTX *c, SMBCFILE *dir, unsigned type, const char *name)
{
	const struct smbc_dirent *entry = c->readdir(c, dir);

	assert_non_null(entry);
	assert_int_equal(entry->smbc_type, type);
	assert_string_equal(entry->name, name);
}

static void test_lists(void **state)
{
	SMBCCTX *c = *state;
	SMBCFILE *dir = c->opendir(c, "smb://");
	struct stat st = {0};

	assert_non_null(dir);
	expect(c, dir, SMBC_WORKGROUP, "GROUP");
	assert_null(c->readdir(c, dir));
	assert_int_equal(c->fstatdir(c, dir, &st), 0);
	assert_true(S_ISDIR(st.st_mode));
	assert_int_equal(c->closedir(c, dir), 0);

	dir = c->opendir(c, "smb://group/");
	assert_non_null(dir);
	expect(c, dir, SMBC_SERVER, "one.example");
	expect(c, dir, SMBC_SERVER, "two.example");
	assert_null(c->readdir(c, dir));
	assert_int_equal(c->closedir(c, dir), 0);
	assert_int_equal(c->closedir(c, dir), -1);
	assert_int_equal(errno, EBADF);
}

static void test_places(void **state)
{
	SMBCCTX *c = *state;
	SMBCCTX *raw = smbc_new_context();
	struct place at = {0};

	assert_int_equal(place_enter_url(NULL, "smb://a/b", &at), EINVAL);
	assert_int_equal(place_leave(&at, EINVAL), -1);
	assert_int_equal(errno, EINVAL);
	/* not initialized */
	assert_int_equal(place_enter_url(raw, "smb://a/b", &at), EINVAL);
	place_leave(&at, EINVAL);
	smbc_free_context(raw, 1);

	assert_int_equal(place_enter_url(c, NULL, &at), EINVAL);
	place_leave(&at, EINVAL);
	assert_int_equal(place_enter_url(c, "http://a/b", &at), EINVAL);
	place_leave(&at, EINVAL);
	/* a share it has to be */
	assert_int_equal(place_enter(c, "smb://a/", &at), EINVAL);
	place_leave(&at, EINVAL);
	assert_int_equal(place_enter_url(c, "smb://a/b/c", &at), 0);
	assert_string_equal(at.url->share, "b");
	assert_null(at.tree);
	assert_int_equal(place_leave(&at, 0), 0);
	assert_null(c->open(c, "smb://a/", O_RDONLY, 0));
	assert_int_equal(errno, EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lists),
		cmocka_unit_test(test_places),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
