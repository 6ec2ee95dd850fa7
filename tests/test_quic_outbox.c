/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Trains on their way out, with a socket that does what it is told: the source
 * file is compiled in here, and its udp_send() is ours.
 */
#include "tests/testlib.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "smbquic/quic_endpoint_private.h"

static int scripted_send(struct udp_socket *s, const struct udp_train *train,
			 size_t *sent);

#define udp_send scripted_send
#include "smbquic/quic_outbox.c"
#undef udp_send

/* What the next sends take, and answer; then all, and 0. */
struct step {
	size_t takes;
	int err;
};

static struct {
	struct step steps[8];
	unsigned count, next, calls;
	char sent[256];
	size_t len;
} script;

static int scripted_send(struct udp_socket *s, const struct udp_train *train,
			 size_t *sent)
{
	struct step step = {.takes = train->len};

	(void)s;
	script.calls++;
	if (script.next < script.count) {
		step = script.steps[script.next++];
	}
	assert_true(step.takes <= train->len);
	assert_true(script.len + step.takes < sizeof(script.sent));
	memcpy(script.sent + script.len, train->data, step.takes);
	script.len += step.takes;
	script.sent[script.len] = '\0';
	*sent = step.takes;
	return step.err;
}

struct fixture {
	struct tevent_context *ev;
	struct quic_endpoint *e;
	int fds[2];
};

static int setup(void **state)
{
	static const uint8_t secret[16] = "0123456789abcdef";
	struct fixture *f = talloc_zero(NULL, struct fixture);

	memset(&script, 0, sizeof(script));
	f->ev = tevent_context_init(f);
	f->e = talloc_zero(f, struct quic_endpoint);
	assert_int_equal(socketpair(AF_UNIX, SOCK_DGRAM, 0, f->fds), 0);
	f->e->fde = tevent_add_fd(f->ev, f->e, f->fds[0], TEVENT_FD_READ, NULL,
				  NULL);
	assert_true(quic_slots_init(&f->e->slots, f->e, secret));
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;
	int fds[] = {f->fds[0], f->fds[1]};

	talloc_free(f);
	close(fds[0]);
	close(fds[1]);
	return 0;
}

/* From a buffer that changes afterwards, as the endpoint's does. */
static bool send_text(struct fixture *f, const char *text)
{
	char buf[32] = "";
	struct udp_train t = {
		.segment = 2, .len = strlen(text), .data = (uint8_t *)buf};
	bool gone = false;

	memcpy(buf, text, strlen(text));
	gone = quic_outbox_send(f->e, &t);
	memset(buf, '!', sizeof(buf));
	return gone;
}

static bool waits(const struct fixture *f)
{
	return (tevent_fd_get_flags(f->e->fde) & TEVENT_FD_WRITE) != 0;
}

static void test_goes_out(void **state)
{
	struct fixture *f = *state;

	assert_true(send_text(f, "one"));
	assert_true(send_text(f, "two"));
	assert_string_equal(script.sent, "onetwo");
	assert_false(waits(f));
	assert_null(f->e->kept);
}

static void test_kept_in_order(void **state)
{
	struct fixture *f = *state;

	script.steps[0] = (struct step){.takes = 4, .err = EAGAIN};
	script.count = 1;
	assert_false(send_text(f, "aabbcc"));
	assert_string_equal(script.sent, "aabb");
	assert_true(waits(f));
	/* the socket is not asked while something waits */
	assert_false(send_text(f, "dd"));
	assert_false(send_text(f, "ee"));
	assert_int_equal(script.calls, 1);

	quic_outbox_writable(f->e);
	assert_string_equal(script.sent, "aabbccddee");
	assert_false(waits(f));
	assert_null(f->e->kept);
	assert_null(f->e->kept_last);
	assert_true(send_text(f, "ff"));
	assert_string_equal(script.sent, "aabbccddeeff");
}

static void test_full_again(void **state)
{
	struct fixture *f = *state;

	script.steps[0] = (struct step){.err = EAGAIN};
	script.steps[1] = (struct step){.takes = 2, .err = EAGAIN};
	script.steps[2] = (struct step){.takes = 0, .err = EAGAIN};
	script.count = 3;
	assert_false(send_text(f, "aabbcc"));
	assert_false(send_text(f, "dd"));
	quic_outbox_writable(f->e);
	assert_true(waits(f));
	quic_outbox_writable(f->e);
	assert_true(waits(f));
	assert_string_equal(script.sent, "aa");
	quic_outbox_writable(f->e);
	assert_string_equal(script.sent, "aabbccdd");
	assert_false(waits(f));
}

/* Those that wanted to send get their turn when all is gone. */
static void test_stalled_slots(void **state)
{
	struct fixture *f = *state;
	struct quic_slot *a = quic_slot_new(&f->e->slots, f->e);
	struct quic_slot *b = quic_slot_new(&f->e->slots, f->e);

	script.steps[0] = (struct step){.err = EAGAIN};
	script.steps[1] = (struct step){.err = EAGAIN};
	script.count = 2;
	assert_false(send_text(f, "aa"));
	a->stalled = true;
	quic_outbox_writable(f->e);
	assert_true(a->stalled);
	assert_false(a->marked);
	quic_outbox_writable(f->e);
	assert_false(a->stalled);
	assert_true(a->marked);
	assert_false(b->marked);
}

/* The error is an earlier datagram's: this one goes all the same. */
static void test_error_of_an_earlier_one(void **state)
{
	struct fixture *f = *state;

	script.steps[0] = (struct step){.err = ECONNREFUSED};
	script.count = 1;
	assert_true(send_text(f, "aa"));
	assert_int_equal(f->e->send_error, ECONNREFUSED);
	assert_string_equal(script.sent, "aa");
	assert_int_equal(script.calls, 2);
	assert_false(waits(f));
}

/* What cannot go at all is lost, as any datagram may be, and blocks nobody. */
static void test_error_that_stays(void **state)
{
	struct fixture *f = *state;

	script.steps[0] = (struct step){.err = EAGAIN};
	script.steps[1] = (struct step){.err = ENETUNREACH};
	script.steps[2] = (struct step){.err = ENETUNREACH};
	script.count = 3;
	assert_false(send_text(f, "aa"));
	assert_false(send_text(f, "bb"));
	quic_outbox_writable(f->e);
	assert_int_equal(f->e->send_error, ENETUNREACH);
	assert_string_equal(script.sent, "bb");
	assert_false(waits(f));
	assert_null(f->e->kept);
}

/* What still waits belongs to the endpoint. */
static void test_freed_while_it_waits(void **state)
{
	struct fixture *f = *state;

	script.steps[0] = (struct step){.err = EAGAIN};
	script.count = 1;
	assert_false(send_text(f, "aa"));
	assert_false(send_text(f, "bb"));
	TALLOC_FREE(f->e);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_goes_out),
		TEST(test_kept_in_order),
		TEST(test_full_again),
		TEST(test_stalled_slots),
		TEST(test_error_of_an_earlier_one),
		TEST(test_error_that_stays),
		TEST(test_freed_while_it_waits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
