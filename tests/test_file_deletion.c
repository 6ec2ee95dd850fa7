/* SPDX-License-Identifier: GPL-3.0-or-later */
/* file_deletion.c: what goes with its last open, sooner or later. */
#include "tests/fixture_files.h"

#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "server/file.h"

/* Longer than CLOSE waits, shorter than a client does. */
#define SHORT_MS 1500

struct disk {
	struct files *t;
	char *dir;
	struct rlimit before;
};

static int setup(void **state)
{
	struct disk *d = talloc_zero(NULL, struct disk);

	d->t = talloc_steal(d, files_new_disk(&d->dir));
	files_close(d->t, files_make_dir(d->t, "in"));
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &d->before), 0);
	*state = d;
	return 0;
}

static int teardown(void **state)
{
	struct disk *d = *state;

	setrlimit(RLIMIT_NOFILE, &d->before);
	talloc_free(d);
	return 0;
}

static bool is_there(const struct disk *d, const char *name)
{
	char *path = talloc_asprintf(NULL, "%s/%s", d->dir, name);
	bool yes = access(path, F_OK) == 0;

	talloc_free(path);
	return yes;
}

static struct smb2_file_id make(struct disk *d, const char *name)
{
	return files_open(d->t, (struct create_args){
					.name = name,
					.disposition = FILE_CREATE,
					.options = FILE_DELETE_ON_CLOSE,
				});
}

/* From here on nothing is opened any more. */
static void exhaust(struct disk *d)
{
	int next = open("/dev/null", O_RDONLY);
	struct rlimit now = d->before;

	assert_true(next >= 0);
	close(next);
	now.rlim_cur = (rlim_t)next;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &now), 0);
}

static void relieve(struct disk *d)
{
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &d->before), 0);
}

static void until_gone(struct disk *d, const char *name)
{
	unsigned i = 0;

	for (i = 0; i < FIXTURE_SECONDS * 20 && is_there(d, name); i++) {
		fixture_idle(d->t->f, 50);
	}
	assert_false(is_there(d, name));
}

static void test_at_once(void **state)
{
	struct disk *d = *state;

	assert_int_equal(files_close(d->t, make(d, "a")), NT_STATUS_OK);
	assert_false(is_there(d, "a"));
	assert_int_equal(file_deletions(d->t->f->server->files), 0);
}

/* In the root it takes no descriptor. */
static void test_in_root(void **state)
{
	struct disk *d = *state;
	struct smb2_file_id id = make(d, "a");

	exhaust(d);
	assert_int_equal(files_close(d->t, id), NT_STATUS_OK);
	assert_false(is_there(d, "a"));
	relieve(d);
}

/* Elsewhere CLOSE waits for it a little, */
static void test_short_lack(void **state)
{
	struct disk *d = *state;
	struct smb2_file_id id = make(d, "in\\a");
	struct wire_writer w = files_close_pdu(d->t, id, 0);
	uint64_t close = 0;

	exhaust(d);
	close = files_send(d->t, &w);
	fixture_idle(d->t->f, 50);
	assert_true(is_there(d, "in/a"));
	relieve(d);
	assert_int_equal(files_wait(d->t, close), NT_STATUS_OK);
	assert_false(is_there(d, "in/a"));
}

/* not for ever; the name is nobody's until it is gone. */
static void test_long_lack(void **state)
{
	struct disk *d = *state;
	struct smb2_file_id id = make(d, "in\\a");

	exhaust(d);
	assert_int_equal(files_close(d->t, id), NT_STATUS_OK);
	assert_true(is_there(d, "in/a"));
	assert_int_equal(file_deletions(d->t->f->server->files), 1);
	relieve(d);
	until_gone(d, "in/a");
	assert_int_equal(
		files_status(d->t,
			     (struct create_args){.name = "in\\a",
						  .disposition = FILE_OPEN}),
		NT_STATUS_OBJECT_NAME_NOT_FOUND);
	assert_int_equal(file_deletions(d->t->f->server->files), 0);
}

/* The client is gone, as is nearly always so with what it left. */
static void test_without_client(void **state)
{
	struct disk *d = *state;

	make(d, "in\\a");
	make(d, "in\\b");
	exhaust(d);
	session_end(d->t->session, NULL);
	fixture_idle(d->t->f, SHORT_MS);
	assert_true(is_there(d, "in/a"));
	assert_true(is_there(d, "in/b"));
	relieve(d);
	until_gone(d, "in/a");
	until_gone(d, "in/b");
}

/* What cannot be deleted is not tried for ever. */
static void test_refused(void **state)
{
	struct disk *d = *state;
	struct smb2_file_id id = make(d, "a");
	char *path = talloc_asprintf(d, "%s/a", d->dir);

	assert_int_equal(unlink(path), 0);
	assert_int_equal(files_close(d->t, id), NT_STATUS_OK);
	assert_int_equal(file_deletions(d->t->f->server->files), 0);
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_at_once),    TEST(test_in_root),
		TEST(test_short_lack), TEST(test_long_lack),
		TEST(test_refused),    TEST(test_without_client),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
