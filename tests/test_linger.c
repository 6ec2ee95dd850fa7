/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Files that nobody uses, without the rest of a mount: the clock and the end of
 * a file are this test's. */
#include "tests/testlib.h"

#include "client/mount/mount.h"
#include "smbquic/alarm.h"

#define MOST 512
#define ROOM 64

static double now;
static struct open_file *ended[MOST];
static unsigned ended_count;

double attr_now(void)
{
	return now;
}

void open_file_end(struct open_file *open)
{
	assert_true(ended_count < MOST);
	ended[ended_count++] = open;
	linger_end(open);
}

static int setup(void **state)
{
	struct mount *mount = talloc_zero(NULL, struct mount);

	assert_non_null(mount);
	mount->ev = tevent_context_init(mount);
	mount->options = talloc_zero(mount, struct mount_options);
	assert_non_null(mount->ev);
	assert_non_null(mount->options);
	mount->options->close_time = 100;
	TAILQ_INIT(&mount->lingering_files);
	now = 1000;
	ended_count = 0;
	*state = mount;
	return 0;
}

static int teardown(void **state)
{
	talloc_free(*state);
	return 0;
}

static struct open_file *lingers(struct mount *mount)
{
	struct open_file *open = talloc_zero(mount, struct open_file);

	assert_non_null(open);
	open->mount = mount;
	assert_true(linger_begin(open));
	return open;
}

/* Let the alarm ring that stands for that time of the test's clock. */
static void ring_at(struct mount *mount, double when)
{
	const unsigned before = ended_count;
	struct tevent_req *wait = NULL;

	now = when;
	assert_non_null(mount->linger_timer);
	wait = alarm_wait_send(mount, mount->ev, 2000);
	assert_non_null(wait);
	while (ended_count == before && tevent_req_is_in_progress(wait)) {
		assert_int_equal(tevent_loop_once(mount->ev), 0);
	}
	talloc_free(wait);
}

/* Those whose time is over go together, the oldest first; who came later stays,
 * and has an alarm. */
static void test_by_dozens(void **state)
{
	struct mount *mount = *state;
	struct open_file *first = NULL;
	struct open_file *second = NULL;
	struct open_file *third = NULL;

	mount->options->close_time = 0.04;
	first = lingers(mount);
	second = lingers(mount);
	now += 0.03;
	third = lingers(mount);
	assert_int_equal(mount->lingering, 3);
	ring_at(mount, 1000.05);
	assert_int_equal(ended_count, 2);
	assert_ptr_equal(ended[0], first);
	assert_ptr_equal(ended[1], second);
	assert_int_equal(mount->lingering, 1);
	ring_at(mount, 1000.08);
	assert_int_equal(ended_count, 3);
	assert_ptr_equal(ended[2], third);
	assert_int_equal(mount->lingering, 0);
	assert_null(mount->linger_timer);
}

/* Who is used again does not go, and the alarm finds nothing to do. */
static void test_used_again(void **state)
{
	struct mount *mount = *state;
	struct open_file *used = NULL;
	struct open_file *unused = NULL;

	mount->options->close_time = 0.04;
	used = lingers(mount);
	unused = lingers(mount);
	linger_end(used);
	assert_false(used->lingers);
	linger_end(used); /* once is enough */
	assert_int_equal(mount->lingering, 1);
	ring_at(mount, 1001);
	assert_int_equal(ended_count, 1);
	assert_ptr_equal(ended[0], unused);
}

/* One more than there may be: the oldest make room, and not for it alone. */
static void test_too_many(void **state)
{
	struct mount *mount = *state;
	struct open_file *oldest = lingers(mount);
	unsigned i = 0;

	for (i = 1; i < MOST; i++) {
		lingers(mount);
	}
	assert_int_equal(ended_count, 0);
	lingers(mount);
	assert_int_equal(ended_count, ROOM);
	assert_ptr_equal(ended[0], oldest);
	assert_int_equal(mount->lingering, MOST - ROOM + 1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_by_dozens),
		TEST(test_used_again),
		TEST(test_too_many),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
