/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/testlib.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "client/client_req.h"
#include "client/copy.h"

#define SIZE 100000

struct fixture {
	struct tevent_context *ev;
	uint8_t *from;
	uint8_t *to;
};

static int setup(void **state)
{
	struct fixture *f = talloc_zero(NULL, struct fixture);
	size_t i = 0;

	f->ev = tevent_context_init(f);
	f->from = talloc_size(f, SIZE);
	f->to = talloc_zero_size(f, SIZE);
	for (i = 0; i < SIZE; i++) {
		f->from[i] = (uint8_t)(i * 31 + i / 256);
	}
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	talloc_free(*state);
	return 0;
}

/* ------------------------------------------------ an end with bad manners */

/*
 * Reads are answered late, in an order of the test's choice, and short;
 * writes are counted. What is asked for is checked against the limits.
 */
struct odd {
	const uint8_t *data;
	size_t size;
	size_t most;	/* bytes that one read brings */
	bool backwards; /* the last request is answered first */
	unsigned now;	/* in flight */
	unsigned peak;
	size_t bytes_now;
	size_t bytes_peak;
	uint64_t fail_at;
	size_t end_at; /* the source turns out to be shorter */
};

struct odd_state {
	struct odd *odd;
	uint64_t offset;
	size_t len;
	struct copy_block *block;
};

static void odd_fire(struct tevent_context *ev, struct tevent_timer *te,
		     struct timeval now, void *private_data)
{
	struct tevent_req *req =
		talloc_get_type_abort(private_data, struct tevent_req);
	struct odd_state *state = tevent_req_data(req, struct odd_state);
	struct odd *odd = state->odd;
	size_t end = odd->end_at != 0 ? odd->end_at : odd->size;

	(void)ev;
	(void)te;
	(void)now;
	odd->now--;
	odd->bytes_now -= state->len;
	if (odd->fail_at != 0 && state->offset >= odd->fail_at) {
		req_failed(req, NT_STATUS_ACCESS_DENIED);
		return;
	}
	if (state->offset < end) {
		size_t n = end - state->offset;

		n = n < state->len ? n : state->len;
		n = odd->most != 0 && odd->most < n ? odd->most : n;
		state->block = talloc_zero(state, struct copy_block);
		state->block->data = odd->data + state->offset;
		state->block->len = n;
	}
	tevent_req_done(req);
}

static struct tevent_req *odd_read_send(TALLOC_CTX *mem_ctx,
					struct tevent_context *ev,
					struct copy_end *end, uint64_t offset,
					size_t len)
{
	struct odd *odd = end->private_data;
	struct odd_state *state = NULL;
	struct tevent_req *req =
		tevent_req_create(mem_ctx, &state, struct odd_state);
	unsigned us = odd->backwards ? 3000 - (unsigned)(offset / 100) : 10;

	state->odd = odd;
	state->offset = offset;
	state->len = len;
	odd->now++;
	odd->bytes_now += len;
	odd->peak = odd->now > odd->peak ? odd->now : odd->peak;
	odd->bytes_peak = odd->bytes_now > odd->bytes_peak ? odd->bytes_now
							   : odd->bytes_peak;
	tevent_add_timer(ev, state, tevent_timeval_current_ofs(0, us), odd_fire,
			 req);
	return req;
}

static NTSTATUS odd_read_recv(struct tevent_req *req, TALLOC_CTX *mem_ctx,
			      struct copy_block **block)
{
	struct odd_state *state = tevent_req_data(req, struct odd_state);
	NTSTATUS status = req_status(req);

	*block = talloc_move(mem_ctx, &state->block);
	tevent_req_received(req);
	return status;
}

static const struct copy_end_ops odd_ops = {
	.kind = "odd",
	.read_send = odd_read_send,
	.read_recv = odd_read_recv,
};

static struct copy_end odd_end(struct odd *odd)
{
	return (struct copy_end){
		.ops = &odd_ops,
		.name = "odd",
		.size = odd->size,
		.private_data = odd,
	};
}

/* ------------------------------------------------------------------ tests */

static void count_progress(uint64_t bytes, void *private_data)
{
	*(uint64_t *)private_data += bytes;
}

static NTSTATUS run(struct fixture *f, struct copy_end *from,
		    struct copy_end *to, uint64_t offset,
		    const struct copy_limits *limits, uint64_t *copied,
		    struct copy_end **failed)
{
	uint64_t progress = 0;
	struct tevent_req *req = copy_send(f, f->ev, from, to, offset, limits,
					   count_progress, &progress);
	NTSTATUS status = 0;

	assert_non_null(req);
	testlib_wait(f->ev, req, 20);
	status = copy_recv(req, copied, failed);
	if (NT_STATUS_IS_OK(status)) {
		assert_true(progress == *copied);
	}
	talloc_free(req);
	return status;
}

static void test_memory_to_memory(void **state)
{
	static const size_t sizes[] = {0, 1, 511, 512, 513, 4096, SIZE};
	struct fixture *f = *state;
	const struct copy_limits limits = {.io_size = 512, .requests = 4};
	uint64_t copied = 0;
	size_t i = 0;

	for (i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		struct copy_end *a = copy_memory(f, f->from, sizes[i]);
		struct copy_end *b = copy_memory(f, f->to, SIZE);

		memset(f->to, 0, SIZE);
		assert_int_equal(run(f, a, b, 0, &limits, &copied, NULL), 0);
		assert_int_equal(copied, sizes[i]);
		assert_memory_equal(f->from, f->to, sizes[i]);
	}
}

static void test_from_offset(void **state)
{
	struct fixture *f = *state;
	uint64_t copied = 0;

	assert_int_equal(run(f, copy_memory(f, f->from, SIZE),
			     copy_memory(f, f->to, SIZE), 70000, NULL, &copied,
			     NULL),
			 0);
	assert_int_equal(copied, SIZE - 70000);
	assert_memory_equal(f->from + 70000, f->to + 70000, SIZE - 70000);
	assert_int_equal(f->to[69999], 0);
}

static void test_limits(void **state)
{
	struct fixture *f = *state;
	struct odd odd = {.data = f->from, .size = SIZE};
	struct copy_end end = odd_end(&odd);
	struct copy_limits limits = {.io_size = 1000, .requests = 7};
	uint64_t copied = 0;

	assert_int_equal(run(f, &end, copy_memory(f, f->to, SIZE), 0, &limits,
			     &copied, NULL),
			 0);
	assert_memory_equal(f->from, f->to, SIZE);
	assert_int_equal(odd.peak, 7);
	odd = (struct odd){.data = f->from, .size = SIZE};
	limits = (struct copy_limits){.io_size = 1000, .bytes = 3500};
	assert_int_equal(run(f, &end, copy_memory(f, f->to, SIZE), 0, &limits,
			     &copied, NULL),
			 0);
	assert_int_equal(odd.bytes_peak, 3000);
}

static void test_short_and_backwards(void **state)
{
	struct fixture *f = *state;
	struct odd odd = {
		.data = f->from, .size = SIZE, .most = 700, .backwards = true};
	struct copy_end end = odd_end(&odd);
	const struct copy_limits limits = {.io_size = 1000, .requests = 16};
	uint64_t copied = 0;

	assert_int_equal(run(f, &end, copy_memory(f, f->to, SIZE), 0, &limits,
			     &copied, NULL),
			 0);
	assert_int_equal(copied, SIZE);
	assert_memory_equal(f->from, f->to, SIZE);
}

/* A pipe gets the bytes in order though they come in disorder. */
static void test_sequential_sink(void **state)
{
	struct fixture *f = *state;
	struct odd odd = {
		.data = f->from, .size = 60000, .most = 900, .backwards = true};
	struct copy_end end = odd_end(&odd);
	const struct copy_limits limits = {.io_size = 1000, .requests = 16};
	uint64_t copied = 0;
	int fd[2] = {-1, -1};

	assert_int_equal(pipe(fd), 0);
	assert_int_equal(run(f, &end, copy_stream(f, fd[1], "pipe"), 0, &limits,
			     &copied, NULL),
			 0);
	close(fd[1]);
	assert_int_equal(copied, 60000);
	assert_int_equal(read(fd[0], f->to, SIZE), 60000);
	assert_memory_equal(f->from, f->to, 60000);
	close(fd[0]);
}

static void test_sequential_source(void **state)
{
	struct fixture *f = *state;
	struct copy_end *end = NULL;
	uint64_t copied = 0;
	int fd[2] = {-1, -1};

	assert_int_equal(pipe(fd), 0);
	assert_int_equal(write(fd[1], f->from, 50000), 50000);
	close(fd[1]);
	end = copy_stream(f, fd[0], "pipe");
	assert_true(end->size == COPY_SIZE_UNKNOWN);
	assert_int_equal(run(f, end, copy_memory(f, f->to, SIZE), 0, NULL,
			     &copied, NULL),
			 0);
	assert_int_equal(copied, 50000);
	assert_memory_equal(f->from, f->to, 50000);
	close(fd[0]);
}

/* A source that is shorter than it said: no hang, and no bytes behind it. */
static void test_shrinks(void **state)
{
	struct fixture *f = *state;
	struct odd odd = {.data = f->from,
			  .size = SIZE,
			  .end_at = 31500,
			  .backwards = true};
	struct copy_end end = odd_end(&odd);
	const struct copy_limits limits = {.io_size = 1000, .requests = 16};
	uint64_t copied = 0;
	int fd[2] = {-1, -1};

	assert_int_equal(run(f, &end, copy_memory(f, f->to, SIZE), 0, &limits,
			     &copied, NULL),
			 0);
	assert_int_equal(copied, 31500);
	assert_int_equal(pipe(fd), 0);
	assert_int_equal(run(f, &end, copy_stream(f, fd[1], "pipe"), 0, &limits,
			     &copied, NULL),
			 0);
	assert_int_equal(copied, 31500);
	close(fd[0]);
	close(fd[1]);
}

static void test_unknown_size(void **state)
{
	struct fixture *f = *state;
	struct odd odd = {.data = f->from, .size = SIZE};
	struct copy_end end = odd_end(&odd);
	uint64_t copied = 0;

	end.size = COPY_SIZE_UNKNOWN;
	assert_int_equal(run(f, &end, copy_memory(f, f->to, SIZE), 0,
			     &(struct copy_limits){.io_size = 3000}, &copied,
			     NULL),
			 0);
	assert_int_equal(copied, SIZE);
	assert_memory_equal(f->from, f->to, SIZE);
}

static void test_failures(void **state)
{
	struct fixture *f = *state;
	struct odd odd = {.data = f->from, .size = SIZE, .fail_at = 40000};
	struct copy_end end = odd_end(&odd);
	struct copy_end *small = copy_memory(f, f->to, 5000);
	struct copy_end *failed = NULL;
	uint64_t copied = 0;

	assert_int_equal(run(f, &end, copy_memory(f, f->to, SIZE), 0,
			     &(struct copy_limits){.io_size = 1000}, &copied,
			     &failed),
			 NT_STATUS_ACCESS_DENIED);
	assert_ptr_equal(failed, &end);
	assert_int_equal(run(f, copy_memory(f, f->from, SIZE), small, 0,
			     &(struct copy_limits){.io_size = 1000}, &copied,
			     &failed),
			 NT_STATUS_DISK_FULL);
	assert_ptr_equal(failed, small);
	assert_int_equal(small->err, ENOSPC);
}

/* An end that cannot be written is refused, not called. */
static void test_wrong_way(void **state)
{
	struct fixture *f = *state;
	struct odd odd = {.data = f->from, .size = SIZE};
	struct copy_end end = odd_end(&odd);
	uint64_t copied = 0;

	assert_int_equal(run(f, copy_memory(f, f->from, SIZE), &end, 0, NULL,
			     &copied, NULL),
			 NT_STATUS_INVALID_PARAMETER);
}

static void test_cancel(void **state)
{
	struct fixture *f = *state;
	struct odd odd = {.data = f->from, .size = SIZE};
	struct copy_end end = odd_end(&odd);
	struct tevent_req *req =
		copy_send(f, f->ev, &end, copy_memory(f, f->to, SIZE), 0, NULL,
			  NULL, NULL);

	assert_true(tevent_req_is_in_progress(req));
	talloc_free(req);
	assert_int_equal(tevent_loop_wait(f->ev), 0);
}

static void test_local_file(void **state)
{
	struct fixture *f = *state;
	char *dir = testlib_tmpdir(f);
	char *a = talloc_asprintf(f, "%s/a", dir);
	char *b = talloc_asprintf(f, "%s/b", dir);
	uint64_t copied = 0;
	int from = open(a, O_RDWR | O_CREAT, 0600);
	int to = open(b, O_RDWR | O_CREAT, 0600);

	assert_int_equal(write(from, f->from, SIZE), SIZE);
	assert_int_equal(run(f, copy_local(f, from, a), copy_local(f, to, b), 0,
			     &(struct copy_limits){.io_size = 4096}, &copied,
			     NULL),
			 0);
	assert_int_equal(copied, SIZE);
	assert_int_equal(pread(to, f->to, SIZE, 0), SIZE);
	assert_memory_equal(f->from, f->to, SIZE);
	close(from);
	close(to);
}

static void test_local_errors(void **state)
{
	struct fixture *f = *state;
	struct copy_end *full = NULL;
	struct copy_end *failed = NULL;
	uint64_t copied = 0;
	int fd = open("/dev/full", O_WRONLY);

	assert_true(fd >= 0);
	full = copy_stream(f, fd, "full");
	assert_int_equal(
		run(f, copy_null(f, 9999), full, 0, NULL, &copied, &failed),
		NT_STATUS_DISK_FULL);
	assert_ptr_equal(failed, full);
	assert_int_equal(full->err, ENOSPC);
	close(fd);
	assert_null(copy_stream(f, -1, "closed"));
}

/* The reader of a pipe goes while we wait for room in it. */
static void test_reader_goes(void **state)
{
	struct fixture *f = *state;
	struct copy_end *failed = NULL;
	struct copy_end *to = NULL;
	struct tevent_req *req = NULL;
	int fd[2] = {-1, -1};

	signal(SIGPIPE, SIG_IGN);
	assert_int_equal(pipe(fd), 0);
	to = copy_stream(f, fd[1], "pipe");
	req = copy_send(f, f->ev, copy_null(f, 1 << 20), to, 0, NULL, NULL,
			NULL);
	while (tevent_req_is_in_progress(req) && to->err == 0) {
		struct pollfd p = {.fd = fd[1], .events = POLLOUT};

		if (fd[0] >= 0 && poll(&p, 1, 0) == 0) {
			close(fd[0]);
			fd[0] = -1;
		}
		tevent_loop_once(f->ev);
	}
	testlib_wait(f->ev, req, 5);
	assert_int_not_equal(copy_recv(req, NULL, &failed), NT_STATUS_OK);
	assert_ptr_equal(failed, to);
	assert_int_equal(to->err, EPIPE);
	talloc_free(req);
	close(fd[1]);
}

static void test_null(void **state)
{
	struct fixture *f = *state;
	uint64_t copied = 0;

	assert_int_equal(run(f, copy_null(f, 5u << 20), copy_null(f, 0), 0,
			     NULL, &copied, NULL),
			 0);
	assert_int_equal(copied, 5u << 20);
	memset(f->to, 1, SIZE);
	assert_int_equal(run(f, copy_null(f, SIZE), copy_memory(f, f->to, SIZE),
			     0, NULL, &copied, NULL),
			 0);
	assert_int_equal(f->to[0] | f->to[SIZE - 1], 0);
}

/* Blocks of zeros are passed over, where that is asked for and a sink begins
 * with zeros; the last one is written, so that the file gets its length. */
static void test_holes(void **state)
{
	struct fixture *f = *state;
	struct copy_limits limits = {.io_size = 10000};
	struct copy_end *from = copy_memory(f, f->from, SIZE);
	unsigned i = 0;

	memset(f->from, 0, SIZE);
	f->from[35000] = 1;
	for (i = 0; i < 3; i++) {
		struct copy_end *to = copy_memory(f, f->to, SIZE);
		struct tevent_req *req = NULL;
		uint64_t copied = 0;
		size_t at = 0;

		memset(f->to, 'x', SIZE);
		limits.holes = i > 0;
		to->fresh = i > 1;
		req = copy_send(f, f->ev, from, to, 0, &limits, NULL, NULL);
		testlib_wait(f->ev, req, 10);
		assert_int_equal(copy_recv(req, &copied, NULL), NT_STATUS_OK);
		assert_int_equal(copied, SIZE);
		for (at = 0; at < SIZE; at++) {
			bool hole =
				i == 2 && at / 10000 != 3 && at / 10000 != 9;

			assert_int_equal(f->to[at], hole ? 'x' : f->from[at]);
		}
		talloc_free(req);
	}
}

/* What a source has no data in is not read: a fresh sink is not written there
 * but at its end, any other gets zeros. */
static void test_data(void **state)
{
	static struct copy_range some[] = {
		{1000, 2500}, {3500, 10}, {50000, 20000}, {90000, 1}};
	static struct copy_range none[1];
	static const struct {
		struct copy_range *range;
		size_t count;
	} maps[] = {{some, 4}, {none, 0}};
	const struct copy_limits limits = {.io_size = 3000, .requests = 7};
	struct fixture *f = *state;
	size_t map = 0;
	size_t at = 0;
	size_t k = 0;
	unsigned fresh = 0;

	for (map = 0; map < 2; map++) {
		for (fresh = 0; fresh < 2; fresh++) {
			struct odd odd = {.data = f->from,
					  .size = SIZE,
					  .most = 900,
					  .backwards = true};
			struct copy_end from = odd_end(&odd);
			struct copy_end *to = copy_memory(f, f->to, SIZE);
			uint64_t copied = 0;

			from.data = maps[map].range;
			from.data_count = maps[map].count;
			to->fresh = fresh != 0;
			memset(f->to, 'x', SIZE);
			assert_int_equal(
				run(f, &from, to, 0, &limits, &copied, NULL),
				0);
			assert_int_equal(copied, SIZE);
			for (at = 0; at < SIZE; at++) {
				uint8_t want =
					fresh && at != SIZE - 1 ? 'x' : 0;

				for (k = 0; k < from.data_count; k++) {
					if (at >= from.data[k].offset &&
					    at - from.data[k].offset <
						    from.data[k].len) {
						want = f->from[at];
					}
				}
				assert_int_equal(f->to[at], want);
			}
			talloc_free(to);
		}
	}
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_holes, setup, teardown),
		T(test_data),
		T(test_memory_to_memory),
		T(test_from_offset),
		T(test_limits),
		T(test_short_and_backwards),
		T(test_sequential_sink),
		T(test_sequential_source),
		T(test_shrinks),
		T(test_unknown_size),
		T(test_failures),
		T(test_wrong_way),
		T(test_cancel),
		T(test_local_file),
		T(test_local_errors),
		T(test_reader_goes),
		T(test_null),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
