/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What CHANGE_NOTIFY tells: events of a store in memory, remembered, filtered,
 * bounded.
 */
#include "server/notify.h"
#include "server/store.h"
#include "smbquic/fscc.h"
#include "smbquic/smb2.h"
#include "smbquic/utf16.h"
#include "tests/store_now.h"
#include "tests/testlib.h"

#define NAMES (FILE_NOTIFY_CHANGE_FILE_NAME | FILE_NOTIFY_CHANGE_DIR_NAME)

struct world {
	struct tevent_context *ev;
	struct store *store;
	struct store_file *root;
	struct notify *notify;
};

static struct store_file *open_file(struct world *w, const char *path,
				    unsigned flags)
{
	struct store_file *file = NULL;
	struct tevent_req *req =
		store_open_send(w, w->ev, w->store, NULL, path, flags, 0);

	testlib_wait(w->ev, req, 5);
	assert_int_equal(store_open_recv(req, w, &file, NULL), 0);
	talloc_free(req);
	return file;
}

static void make(struct world *w, const char *path)
{
	talloc_free(open_file(w, path,
			      STORE_OPEN_WRITE | STORE_OPEN_CREATE |
				      STORE_OPEN_EXCLUSIVE));
}

/* A store tells of events from the loop. */
static void settle(struct world *w)
{
	struct tevent_req *req = tevent_wakeup_send(
		w, w->ev, tevent_timeval_current_ofs(0, 20000));

	testlib_wait(w->ev, req, 5);
	talloc_free(req);
}

static void rename_to(struct world *w, const char *from, const char *to)
{
	struct store_file *file = open_file(w, from, STORE_OPEN_READ);
	struct tevent_req *req =
		store_rename_send(w, w->ev, file, from, to, false);

	testlib_wait(w->ev, req, 5);
	assert_int_equal(store_rename_recv(req, w, NULL), 0);
	talloc_free(req);
	talloc_free(file);
	settle(w);
}

/* "+a -b >c <d" for added, removed, old name, new name. */
static char *told(struct world *w, size_t max)
{
	static const char *const signs = "?+-~><";
	struct wire_slice data = {0};
	struct wire_walker list = {0};
	struct fscc_notify entry = {0};
	char *out = talloc_strdup(w, "");

	assert_int_equal(notify_take(w->notify, w, max, &data), NT_STATUS_OK);
	list = fscc_notifies(data);
	while (fscc_notify_next(&list, &entry)) {
		out = talloc_asprintf_append(
			out, "%s%c%s", out[0] != '\0' ? " " : "",
			signs[entry.action], utf16_to_utf8(w, entry.name));
	}
	assert_true(wire_walker_ok(&list));
	return out;
}

static void wait_ready(struct world *w)
{
	struct tevent_req *req = notify_wait_send(w, w->ev, w->notify);

	testlib_wait(w->ev, req, 5);
	assert_true(notify_wait_recv(req));
	talloc_free(req);
}

static void start(struct world *w, uint32_t filter, size_t limit)
{
	w->notify = notify_new(w, w->ev, w->root, false, filter, limit);
	assert_non_null(w->notify);
	assert_true(notify_begins(w->notify));
	wait_ready(w);
	assert_false(notify_begins(w->notify));
	assert_false(notify_failed(w->notify));
}

static int setup(void **state)
{
	struct world *w = talloc_zero(NULL, struct world);
	const struct store_options options = {.share = "test"};
	char *why = NULL;

	w->ev = tevent_context_init(w);
	assert_int_equal(
		store_now(w, w->ev, "memory", NULL, &options, &w->store, &why),
		0);
	w->root = open_file(w, "", STORE_OPEN_READ | STORE_OPEN_DIRECTORY);
	*state = w;
	return 0;
}

static int teardown(void **state)
{
	talloc_free(*state);
	return 0;
}

static void test_names(void **state)
{
	struct world *w = *state;

	start(w, NAMES, 4096);
	assert_false(notify_ready(w->notify));
	make(w, "one");
	wait_ready(w);
	assert_string_equal(told(w, 4096), "+one");
	assert_false(notify_ready(w->notify));
	rename_to(w, "one", "two");
	assert_true(notify_ready(w->notify));
	assert_string_equal(told(w, 4096), ">one <two");
}

static void test_filter(void **state)
{
	struct world *w = *state;

	start(w, FILE_NOTIFY_CHANGE_DIR_NAME, 4096);
	make(w, "file");
	settle(w);
	assert_false(notify_ready(w->notify));
	talloc_free(
		open_file(w, "dir", STORE_OPEN_CREATE | STORE_OPEN_DIRECTORY));
	settle(w);
	assert_string_equal(told(w, 4096), "+dir");
}

static void write_to(struct world *w, struct store_file *file)
{
	char *buf = talloc_strdup(w, "x");
	struct tevent_req *req =
		store_pwrite_send(w, w->ev, file, buf, 1, 0, buf);

	testlib_wait(w->ev, req, 5);
	assert_int_equal(store_pwrite_recv(req), 0);
	talloc_free(req);
}

/* A change in many steps is told once, if nothing else comes in between. */
static void test_in_steps(void **state)
{
	struct world *w = *state;
	struct store_file *one = NULL;
	struct store_file *two = NULL;

	make(w, "one");
	make(w, "two");
	one = open_file(w, "one", STORE_OPEN_WRITE);
	two = open_file(w, "two", STORE_OPEN_WRITE);
	start(w, FILE_NOTIFY_CHANGE_LAST_WRITE, 4096);
	write_to(w, one);
	write_to(w, one);
	write_to(w, two);
	write_to(w, one);
	settle(w);
	assert_string_equal(told(w, 4096), "~one ~two ~one");
	write_to(w, one);
	settle(w);
	assert_string_equal(told(w, 4096), "~one");
}

/* More than the buffer holds: look for yourself, and then it begins anew. */
static void test_overflow(void **state)
{
	struct world *w = *state;
	struct wire_slice data = {0};
	unsigned i = 0;

	start(w, NAMES, 200);
	for (i = 0; i < 20; i++) {
		make(w, talloc_asprintf(w, "file-%u", i));
	}
	settle(w);
	assert_true(notify_ready(w->notify));
	assert_int_equal(notify_take(w->notify, w, 200, &data),
			 NT_STATUS_NOTIFY_ENUM_DIR);
	assert_int_equal(data.len, 0);
	assert_false(notify_ready(w->notify));
	make(w, "later");
	settle(w);
	assert_string_equal(told(w, 200), "+later");
}

static void test_does_not_fit(void **state)
{
	struct world *w = *state;
	struct wire_slice data = {0};

	start(w, NAMES, 4096);
	make(w, "a-name-of-some-length");
	settle(w);
	assert_int_equal(notify_take(w->notify, w, 16, &data),
			 NT_STATUS_NOTIFY_ENUM_DIR);
	assert_int_equal(data.len, 0);
}

static void test_closed(void **state)
{
	struct world *w = *state;
	struct tevent_req *req = NULL;

	start(w, NAMES, 4096);
	req = notify_wait_send(w, w->ev, w->notify);
	TALLOC_FREE(w->notify);
	testlib_wait(w->ev, req, 5);
	assert_false(notify_wait_recv(req));
}

static void test_wait_abandoned(void **state)
{
	struct world *w = *state;

	start(w, NAMES, 4096);
	talloc_free(notify_wait_send(w, w->ev, w->notify));
	make(w, "one");
	settle(w);
	assert_true(notify_ready(w->notify));
}

/* What cannot be watched says so to all, and is tried again. */
static void test_failed(void **state)
{
	struct world *w = *state;
	struct wire_slice data = {0};
	struct store_file *file =
		open_file(w, "file", STORE_OPEN_WRITE | STORE_OPEN_CREATE);

	w->notify = notify_new(w, w->ev, file, false, NAMES, 4096);
	assert_non_null(w->notify);
	assert_false(notify_ready(w->notify));
	wait_ready(w);
	assert_false(notify_begins(w->notify));
	assert_true(notify_failed(w->notify));
	assert_true(notify_ready(w->notify));
	assert_int_equal(notify_take(w->notify, w, 4096, &data),
			 NT_STATUS_NOT_A_DIRECTORY);
}

#define notify_test(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		notify_test(test_names),
		notify_test(test_filter),
		notify_test(test_in_steps),
		notify_test(test_overflow),
		notify_test(test_does_not_fit),
		notify_test(test_failed),
		notify_test(test_closed),
		notify_test(test_wait_abandoned),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
