/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Large local files: their thread, and what goes wrong in it. */
#include "tests/testlib.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "client/client_req.h"
#include "client/copy.h"

#define MIB  ((size_t)1 << 20)
#define SIZE (12 * MIB + 12345)

struct fixture {
	struct tevent_context *ev;
	uint8_t *bytes;
	int from, to;
	unsigned threads; /* the most there were */
};

static int open_in(const char *dir, const char *name)
{
	char *path = talloc_asprintf(NULL, "%s/%s", dir, name);
	int fd = open(path, O_RDWR | O_CREAT | O_TRUNC, 0600);

	assert_true(fd >= 0);
	talloc_free(path);
	return fd;
}

static int setup(void **state)
{
	struct fixture *f = talloc_zero(NULL, struct fixture);
	char *dir = testlib_tmpdir(f);
	size_t i = 0;

	f->ev = tevent_context_init(f);
	f->bytes = talloc_size(f, SIZE);
	for (i = 0; i < SIZE; i++) {
		f->bytes[i] = (uint8_t)(i * 31 + i / 256 + i / 65536);
	}
	f->from = open_in(dir, "from");
	f->to = open_in(dir, "to");
	assert_int_equal(pwrite(f->from, f->bytes, SIZE, 0), SIZE);
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	if (f->from >= 0) {
		close(f->from);
	}
	if (f->to >= 0) {
		close(f->to);
	}
	talloc_free(f);
	return 0;
}

static unsigned count_threads(void)
{
	DIR *dir = opendir("/proc/self/task");
	unsigned count = 0;

	assert_non_null(dir);
	while (readdir(dir) != NULL) {
		count++;
	}
	closedir(dir);
	return count - 2; /* . and .. */
}

static void progress(uint64_t bytes, void *private_data)
{
	struct fixture *f = private_data;
	unsigned now = count_threads();

	(void)bytes;
	f->threads = now > f->threads ? now : f->threads;
}

static NTSTATUS run(struct fixture *f, struct copy_end *from,
		    struct copy_end *to, uint64_t offset, uint64_t *copied,
		    struct copy_end **failed)
{
	struct tevent_req *req =
		copy_send(f, f->ev, from, to, offset, NULL, progress, f);
	NTSTATUS status = NT_STATUS_OK;

	assert_non_null(req);
	testlib_wait(f->ev, req, 20);
	status = copy_recv(req, copied, failed);
	talloc_free(req);
	return status;
}

static struct copy_end *source(struct fixture *f)
{
	struct copy_end *end = copy_local(f, f->from, "from");

	assert_non_null(end);
	end->size = SIZE;
	return end;
}

static struct copy_end *sink(struct fixture *f)
{
	struct copy_end *end = copy_local(f, f->to, "to");

	assert_non_null(end);
	return end;
}

static void assert_written(struct fixture *f, size_t from, size_t to)
{
	uint8_t *got = talloc_zero_size(f, SIZE);

	assert_int_equal(pread(f->to, got + from, to - from, (off_t)from),
			 to - from);
	assert_memory_equal(got + from, f->bytes + from, to - from);
	talloc_free(got);
}

/* One for each file, and none is left. */
static void test_whole(void **state)
{
	struct fixture *f = *state;
	struct copy_end *from = source(f);
	struct copy_end *to = sink(f);
	uint64_t copied = 0;

	assert_int_equal(run(f, from, to, 0, &copied, NULL), NT_STATUS_OK);
	assert_int_equal(copied, SIZE);
	assert_written(f, 0, SIZE);
	assert_int_equal(f->threads, 3);
	talloc_free(from);
	talloc_free(to);
	assert_int_equal(count_threads(), 1);
}

/* What is done before a thread would be there has none. */
static void test_small(void **state)
{
	struct fixture *f = *state;
	struct copy_end *from = source(f);
	uint64_t copied = 0;

	from->size = 4 * MIB;
	assert_int_equal(run(f, from, sink(f), 0, &copied, NULL), NT_STATUS_OK);
	assert_int_equal(copied, 4 * MIB);
	assert_written(f, 0, 4 * MIB);
	assert_int_equal(f->threads, 1);
}

static void test_from_the_middle(void **state)
{
	struct fixture *f = *state;
	uint64_t copied = 0;

	assert_int_equal(run(f, source(f), sink(f), 7 * MIB + 5, &copied, NULL),
			 NT_STATUS_OK);
	assert_int_equal(copied, SIZE - 7 * MIB - 5);
	assert_written(f, 7 * MIB + 5, SIZE);
	assert_int_equal(f->threads, 3);
}

/* The source is shorter than it was; in the middle of a read. */
static void test_cut_short(void **state)
{
	struct fixture *f = *state;
	struct stat st = {0};
	uint64_t copied = 0;

	assert_int_equal(ftruncate(f->from, 9 * MIB + 777), 0);
	assert_int_equal(run(f, source(f), sink(f), 0, &copied, NULL),
			 NT_STATUS_OK);
	assert_int_equal(copied, 9 * MIB + 777);
	assert_int_equal(fstat(f->to, &st), 0);
	assert_int_equal(st.st_size, 9 * MIB + 777);
	assert_written(f, 0, 9 * MIB + 777);
}

/* No room, in the middle of a write. */
static void test_full(void **state)
{
	struct fixture *f = *state;
	struct copy_end *from = source(f);
	struct copy_end *to = sink(f);
	struct copy_end *failed = NULL;
	struct rlimit before = {0}, limit = {0};
	struct stat st = {0};
	uint64_t copied = 0;
	NTSTATUS status = NT_STATUS_OK;

	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
	limit = before;
	limit.rlim_cur = 6 * MIB + 4096;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
	status = run(f, from, to, 0, &copied, &failed);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
	assert_int_equal(status, ntstatus_from_errno(EFBIG));
	assert_ptr_equal(failed, to);
	assert_int_equal(to->err, EFBIG);
	assert_int_equal(from->err, 0);
	assert_int_equal(f->threads, 3);
	assert_int_equal(copied, 6 * MIB);
	assert_int_equal(fstat(f->to, &st), 0);
	assert_int_equal(st.st_size, 6 * MIB + 4096);
	assert_written(f, 0, 6 * MIB + 4096);
}

/* A file that cannot be read: it is told of the right end. */
static void test_unreadable(void **state)
{
	struct fixture *f = *state;
	char *path = talloc_asprintf(f, "/proc/self/fd/%d", f->from);
	int fd = open(path, O_WRONLY);
	struct copy_end *from = copy_local(f, fd, "from");
	struct copy_end *failed = NULL;
	uint64_t copied = 0;

	assert_true(fd >= 0);
	from->size = SIZE;
	assert_int_equal(run(f, from, sink(f), 5 * MIB, &copied, &failed),
			 ntstatus_from_errno(EBADF));
	assert_ptr_equal(failed, from);
	assert_int_equal(from->err, EBADF);
	assert_int_equal(copied, 0);
	close(fd);
}

/* The copy is given up while the threads are at it, its descriptors are closed
 * at once, and other files get their numbers: nothing of it comes there. */
static void test_given_up(void **state)
{
	struct fixture *f = *state;
	char *dir = testlib_tmpdir(f);
	struct copy_end *from = source(f);
	struct copy_end *to = sink(f);
	struct tevent_req *req =
		copy_send(f, f->ev, from, to, 0, NULL, progress, f);
	struct stat st = {0};
	int other = -1;

	while (f->threads < 3 && tevent_req_is_in_progress(req)) {
		assert_int_equal(tevent_loop_once(f->ev), 0);
	}
	assert_true(tevent_req_is_in_progress(req));
	talloc_free(req);
	close(f->to);
	other = open_in(dir, "other");
	assert_int_equal(other, f->to);
	talloc_free(from);
	talloc_free(to);
	assert_int_equal(fstat(other, &st), 0);
	assert_int_equal(st.st_size, 0);
	assert_int_equal(count_threads(), 1);
}

struct ender {
	struct copy_end *from, *to;
	bool called;
};

static void end_all(struct tevent_req *req)
{
	struct ender *ender = tevent_req_callback_data_void(req);

	talloc_free(req);
	TALLOC_FREE(ender->to);
	TALLOC_FREE(ender->from);
	ender->called = true;
}

/* Who hears that it has failed takes the ends away, while more of it is on its
 * way. */
static void test_ended_within(void **state)
{
	struct fixture *f = *state;
	struct ender ender = {.from = source(f), .to = sink(f)};
	struct rlimit before = {0}, limit = {0};
	struct stat st = {0};
	int fd = 0;
	struct tevent_req *req = NULL;

	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
	limit = before;
	limit.rlim_cur = 6 * MIB;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
	req = copy_send(f, f->ev, ender.from, ender.to, 0, NULL, NULL, NULL);
	tevent_req_set_callback(req, end_all, &ender);
	while (!ender.called) {
		assert_int_equal(tevent_loop_once(f->ev), 0);
	}
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
	assert_int_equal(count_threads(), 1);
	/* nobody has kept a descriptor of it */
	close(f->from);
	close(f->to);
	f->from = -1;
	f->to = -1;
	for (fd = 0; fd < 64; fd++) {
		assert_true(fstat(fd, &st) != 0 || !S_ISREG(st.st_mode) ||
			    st.st_size < (off_t)(5 * MIB));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_whole, setup, teardown),
		cmocka_unit_test_setup_teardown(test_small, setup, teardown),
		cmocka_unit_test_setup_teardown(test_from_the_middle, setup,
						teardown),
		cmocka_unit_test_setup_teardown(test_cut_short, setup,
						teardown),
		cmocka_unit_test_setup_teardown(test_full, setup, teardown),
		cmocka_unit_test_setup_teardown(test_unreadable, setup,
						teardown),
		cmocka_unit_test_setup_teardown(test_given_up, setup, teardown),
		cmocka_unit_test_setup_teardown(test_ended_within, setup,
						teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
