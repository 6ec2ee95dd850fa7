/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * linkemu - a link between two network namespaces, as good or bad as wanted.
 *
 *	linkemu -s SOCKET -c NAMESPACE -d NAMESPACE [-i DEVICE] [-r SEED] [-g]
 *		[WORD...]
 *	linkemu -t SOCKET WORD...
 *
 * The first makes a TUN device (-i, "link0") in the client's namespace (-c)
 * and in the server's (-d) and carries packets between them until SIGTERM;
 * it prints "ready" when the devices exist. Giving them addresses, routes and
 * an MTU is the caller's. The second says something to the first and prints
 * its answer:
 *
 *	[up|down] KEY=VALUE...	change the link: up is from the client to the
 *				server, without either both; keys: words.h
 *	[up|down] blackhole TIME	swallow everything for so long
 *	rebind			the client's NAT forgets: new ports outside
 *	move ADDRESS		and a new address outside
 *	forget			a firewall on the way drops, silently, what
 *				belongs to connections that are there now
 *	stats			counts of both directions
 *
 * The words at the start are such a command. Neither end knows of the other
 * side's packets what the link did to them: there are no offloads. With -g the
 * devices are such as cards for fast links are: UDP packets of one flow come
 * and go in trains (train.h); on the link they are single packets as ever.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <arpa/inet.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "tests/linkemu/link.h"
#include "tests/linkemu/nat.h"
#include "tests/linkemu/train.h"
#include "tests/linkemu/words.h"

#ifndef TUN_F_USO4 /* Linux 6.2 */
#define TUN_F_USO4 0x20
#define TUN_F_USO6 0x40
#endif

#define PACKET_MAX 65536
#define BATCH	   64 /* packets of one device before the others' turn */
#define WORDS_MAX  32
#define LINE_MAX_  1024
#define GATHER	   100000 /* ns that a train may wait for more, as in a card */
#define TUN_QUEUE  20000  /* packets that wait for us; else TUN drops them */

enum { UP, DOWN, DIRECTIONS };
static const char *const names[] = {"up", "down"};

struct emulator {
	struct link *link[DIRECTIONS];
	int tun[DIRECTIONS]; /* where packets of that direction come from */
	int control;
	bool trains; /* -g */
	struct train_cut cut;
	struct train_join join;
	struct nat nat;
};

struct arguments {
	const char *control, *tell, *client, *server, *device;
	uint64_t seed;
	bool trains;
};

static volatile sig_atomic_t stopped;

static void on_signal(int number)
{
	(void)number;
	stopped = 1;
}

static void die(const char *what, const char *why)
{
	fprintf(stderr, "linkemu: %s: %s\n", what, why);
	exit(1);
}

static uint64_t now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000000u + (uint64_t)ts.tv_nsec;
}

/* --- devices ------------------------------------------------------------- */

static void enter(const char *ns)
{
	char path[256];
	int fd = -1;

	snprintf(path, sizeof(path), "/run/netns/%s", ns);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd == -1 || setns(fd, CLONE_NEWNET) != 0) {
		die(path, strerror(errno));
	}
	close(fd);
}

static void long_queue(const char *device)
{
	struct ifreq r = {.ifr_qlen = TUN_QUEUE};
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	snprintf(r.ifr_name, sizeof(r.ifr_name), "%s", device);
	if (fd == -1 || ioctl(fd, SIOCSIFTXQLEN, &r) != 0) {
		die("queue length", strerror(errno));
	}
	close(fd);
}

static int make_tun(const char *ns, const char *device, bool trains)
{
	struct ifreq r = {.ifr_flags = IFF_TUN | IFF_NO_PI |
				       (trains ? IFF_VNET_HDR : 0)};
	int fd = -1;

	enter(ns);
	fd = open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC);
	if (fd == -1) {
		die("/dev/net/tun", strerror(errno));
	}
	snprintf(r.ifr_name, sizeof(r.ifr_name), "%s", device);
	if (ioctl(fd, TUNSETIFF, &r) != 0) {
		die(device, strerror(errno));
	}
	if (trains && ioctl(fd, TUNSETOFFLOAD,
			    TUN_F_CSUM | TUN_F_USO4 | TUN_F_USO6) != 0) {
		die("this kernel's TUN has no trains of UDP (-g)",
		    strerror(errno));
	}
	long_queue(device);
	return fd;
}

/* --- control ------------------------------------------------------------- */

static void control_address(const char *path, struct sockaddr_un *out)
{
	*out = (struct sockaddr_un){.sun_family = AF_UNIX};
	if (strlen(path) >= sizeof(out->sun_path)) {
		die(path, "too long for a socket");
	}
	memcpy(out->sun_path, path, strlen(path));
}

static int listen_control(const char *path)
{
	struct sockaddr_un a;
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	control_address(path, &a);
	unlink(path);
	if (fd == -1 || bind(fd, (struct sockaddr *)&a, sizeof(a)) != 0) {
		die(path, strerror(errno));
	}
	return fd;
}

static void set_shape(struct emulator *e, size_t first, size_t last,
		      char **words, size_t count, char *answer, size_t room)
{
	size_t d = 0;
	size_t i = 0;

	for (d = first; d <= last; d++) {
		struct link_shape shape = *link_shape(e->link[d]);

		for (i = 0; i < count; i++) {
			const char *wrong = words_shape(words[i], &shape);

			if (wrong != NULL) {
				snprintf(answer, room, "error: %s: %s\n",
					 words[i], wrong);
				return;
			}
		}
		link_set_shape(e->link[d], &shape);
	}
}

static void blackhole(struct emulator *e, size_t first, size_t last,
		      const char *text, char *answer, size_t room)
{
	uint64_t length = 0;
	size_t d = 0;

	if (!words_time(text, &length)) {
		snprintf(answer, room, "error: %s: no time\n", text);
		return;
	}
	for (d = first; d <= last; d++) {
		link_blackhole(e->link[d], now() + length);
	}
}

static void move(struct emulator *e, const char *text, char *answer,
		 size_t room)
{
	struct in_addr a;

	if (inet_pton(AF_INET, text, &a) != 1) {
		snprintf(answer, room, "error: %s: no IPv4 address\n", text);
		return;
	}
	nat_move(&e->nat, a);
}

static void stats(struct emulator *e, char *answer, size_t room)
{
	size_t d = 0;
	size_t used = 0;

	for (d = 0; d < DIRECTIONS && used < room; d++) {
		const struct link_counts *c = link_counts(e->link[d]);

		used += (size_t)snprintf(
			answer + used, room - used,
			"%s packets=%llu bytes=%llu delivered=%llu lost=%llu "
			"overflowed=%llu blackholed=%llu too-large=%llu "
			"duplicated=%llu reordered=%llu corrupted=%llu\n",
			names[d], (unsigned long long)c->packets,
			(unsigned long long)c->bytes,
			(unsigned long long)c->delivered,
			(unsigned long long)c->lost,
			(unsigned long long)c->overflowed,
			(unsigned long long)c->blackholed,
			(unsigned long long)c->too_large,
			(unsigned long long)c->duplicated,
			(unsigned long long)c->reordered,
			(unsigned long long)c->corrupted);
	}
}

/* One command; what is to be said of it. */
static void command(struct emulator *e, char **words, size_t count,
		    char *answer, size_t room)
{
	size_t first = UP;
	size_t last = DOWN;

	snprintf(answer, room, "ok\n");
	if (count > 0 && (strcmp(words[0], names[UP]) == 0 ||
			  strcmp(words[0], names[DOWN]) == 0)) {
		first = last = strcmp(words[0], names[UP]) == 0 ? UP : DOWN;
		words++;
		count--;
	}
	if (count == 2 && strcmp(words[0], "blackhole") == 0) {
		blackhole(e, first, last, words[1], answer, room);
	} else if (count == 1 && strcmp(words[0], "rebind") == 0) {
		nat_rebind(&e->nat);
	} else if (count == 1 && strcmp(words[0], "forget") == 0) {
		nat_forget(&e->nat);
	} else if (count == 2 && strcmp(words[0], "move") == 0) {
		move(e, words[1], answer, room);
	} else if (count == 1 && strcmp(words[0], "stats") == 0) {
		stats(e, answer, room);
	} else {
		set_shape(e, first, last, words, count, answer, room);
	}
}

static void answer_control(struct emulator *e)
{
	struct sockaddr_un from;
	socklen_t from_len = sizeof(from);
	char line[LINE_MAX_ + 1];
	char answer[LINE_MAX_];
	char *words[WORDS_MAX];
	ssize_t n = recvfrom(e->control, line, LINE_MAX_, 0,
			     (struct sockaddr *)&from, &from_len);
	size_t count = 0;

	if (n < 0) {
		return;
	}
	line[n] = '\0';
	count = words_split(line, words, WORDS_MAX);
	command(e, words, count, answer, sizeof(answer));
	sendto(e->control, answer, strlen(answer), 0, (struct sockaddr *)&from,
	       from_len);
}

/* The other end: say the words, print the answer. */
static int tell(const char *path, char **words, int count)
{
	struct sockaddr_un a;
	struct sockaddr_un self = {.sun_family = AF_UNIX};
	struct timeval limit = {.tv_sec = 10};
	char line[LINE_MAX_] = "";
	size_t used = 0;
	ssize_t n = 0;
	int i = 0;
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	control_address(path, &a);
	for (i = 0; i < count; i++) {
		used += (size_t)snprintf(line + used, sizeof(line) - used,
					 "%s ", words[i]);
		if (used >= sizeof(line)) {
			die(words[i], "too many words");
		}
	}
	/* the kernel chooses a name to answer to */
	if (fd == -1 ||
	    bind(fd, (struct sockaddr *)&self, sizeof(sa_family_t)) != 0 ||
	    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit)) ||
	    sendto(fd, line, used, 0, (struct sockaddr *)&a, sizeof(a)) < 0) {
		die(path, strerror(errno));
	}
	n = recv(fd, line, sizeof(line), 0);
	if (n < 0) {
		die(path, strerror(errno));
	}
	fwrite(line, 1, (size_t)n, stdout);
	return n >= 6 && memcmp(line, "error:", 6) == 0;
}

/* --- carrying ------------------------------------------------------------ */

static void put(struct emulator *e, int d, uint8_t *packet, size_t len)
{
	if (d == UP && !nat_out(&e->nat, packet, len)) {
		return;
	}
	link_put(e->link[d], packet, len, now());
}

static void put_train(struct emulator *e, int d, uint8_t *frame, size_t len)
{
	uint8_t *packet = NULL;

	if (!train_cut_begin(&e->cut, frame, len)) {
		return;
	}
	for (packet = train_cut_next(&e->cut, &len); packet != NULL;
	     packet = train_cut_next(&e->cut, &len)) {
		put(e, d, packet, len);
	}
}

static void take_in(struct emulator *e, int d)
{
	static uint8_t frame[TRAIN_HEAD + PACKET_MAX];
	int i = 0;

	for (i = 0; i < BATCH; i++) {
		ssize_t n = read(e->tun[d], frame, sizeof(frame));

		if (n <= 0) {
			return;
		}
		if (e->trains) {
			put_train(e, d, frame, (size_t)n);
		} else {
			put(e, d, frame, (size_t)n);
		}
	}
}

static void deliver(struct emulator *e, int d, const uint8_t *frame, size_t len)
{
	if (write(e->tun[DIRECTIONS - 1 - d], frame, len) < 0 &&
	    errno != EAGAIN && errno != EIO && errno != EINVAL) {
		die("write", strerror(errno));
	}
}

static void deliver_train(struct emulator *e, int d)
{
	const uint8_t *frame = NULL;
	size_t len = train_join_take(&e->join, &frame);

	if (len > 0) {
		deliver(e, d, frame, len);
	}
}

static void let_out(struct emulator *e, int d)
{
	size_t len = 0;
	int i = 0;

	for (i = 0; i < BATCH; i++) {
		uint8_t *packet = link_take(e->link[d], now(), &len);

		if (packet == NULL) {
			break;
		}
		if (d == DOWN && !nat_in(&e->nat, packet, len)) {
			continue;
		}
		if (!e->trains) {
			deliver(e, d, packet, len);
		} else if (!train_join_add(&e->join, packet, len)) {
			deliver_train(e, d);
			(void)train_join_add(&e->join, packet, len);
		}
	}
	deliver_train(e, d);
}

static uint64_t first_due(const struct emulator *e)
{
	uint64_t up = link_due(e->link[UP]);
	uint64_t down = link_due(e->link[DOWN]);

	return up < down ? up : down;
}

/* When something is to be let out. */
static uint64_t next_turn(const struct emulator *e)
{
	uint64_t due = first_due(e);

	return e->trains && due != LINK_NEVER ? due + GATHER : due;
}

static void carry(struct emulator *e)
{
	struct pollfd fds[] = {{.fd = e->tun[UP], .events = POLLIN},
			       {.fd = e->tun[DOWN], .events = POLLIN},
			       {.fd = e->control, .events = POLLIN}};
	sigset_t none;

	sigemptyset(&none);
	while (!stopped) {
		uint64_t due = next_turn(e);
		uint64_t at = now();
		uint64_t wait = due > at ? due - at : 0;
		struct timespec ts = {.tv_sec = (time_t)(wait / 1000000000u),
				      .tv_nsec = (long)(wait % 1000000000u)};
		int n = ppoll(fds, 3, due == LINK_NEVER ? NULL : &ts, &none);

		if (n < 0) {
			continue;
		}
		if (fds[2].revents != 0) {
			answer_control(e);
		}
		if (fds[0].revents != 0) {
			take_in(e, UP);
		}
		if (fds[1].revents != 0) {
			take_in(e, DOWN);
		}
		if (next_turn(e) <= now()) {
			let_out(e, UP);
			let_out(e, DOWN);
		}
	}
}

static void catch_signals(void)
{
	struct sigaction sa = {.sa_handler = on_signal};
	sigset_t block;

	sigemptyset(&block);
	sigaddset(&block, SIGTERM);
	sigaddset(&block, SIGINT);
	/* they come in while ppoll waits, and never just before it */
	sigprocmask(SIG_BLOCK, &block, NULL);
	sigaction(SIGTERM, &sa, NULL);
	sigaction(SIGINT, &sa, NULL);
}

/* A wire does not wait for the programs at its ends. */
static void hurry(void)
{
	prctl(PR_SET_TIMERSLACK, 1, 0, 0, 0);
	setpriority(PRIO_PROCESS, 0, -15);
}

static int emulate(const struct arguments *a, char **words, size_t count)
{
	struct emulator *e = talloc_zero(NULL, struct emulator);
	char answer[LINE_MAX_];
	int d = 0;

	catch_signals();
	hurry();
	e->control = listen_control(a->control);
	e->trains = a->trains;
	for (d = 0; d < DIRECTIONS; d++) {
		e->link[d] = link_new(e, a->seed * DIRECTIONS + (uint64_t)d);
		e->tun[d] = make_tun(d == UP ? a->client : a->server, a->device,
				     a->trains);
	}
	command(e, words, count, answer, sizeof(answer));
	if (strcmp(answer, "ok\n") != 0) {
		fputs(answer, stderr);
		return 2;
	}
	puts("ready");
	fflush(stdout);
	carry(e);
	unlink(a->control);
	talloc_free(e);
	return 0;
}

static bool option(struct arguments *a, int c)
{
	char *end = NULL;

	switch (c) {
	case 's': a->control = optarg; return true;
	case 't': a->tell = optarg; return true;
	case 'c': a->client = optarg; return true;
	case 'd': a->server = optarg; return true;
	case 'i': a->device = optarg; return true;
	case 'g': a->trains = true; return true;
	case 'r':
		a->seed = strtoull(optarg, &end, 10);
		return end != optarg && *end == '\0';
	default: return false;
	}
}

int main(int argc, char **argv)
{
	struct arguments a = {.device = "link0", .seed = 1};
	bool good = true;
	int c = 0;

	for (c = getopt(argc, argv, "+s:t:c:d:i:r:g"); c != -1 && good;
	     c = getopt(argc, argv, "+s:t:c:d:i:r:g")) {
		good = option(&a, c);
	}
	if (good && a.tell != NULL) {
		return tell(a.tell, argv + optind, argc - optind);
	}
	if (!good || a.control == NULL || a.client == NULL ||
	    a.server == NULL) {
		fputs("usage: linkemu -s SOCKET -c NAMESPACE -d NAMESPACE "
		      "[-i DEVICE] [-r SEED] [-g] [WORD...]\n"
		      "       linkemu -t SOCKET WORD...\n",
		      stderr);
		return 2;
	}
	return emulate(&a, argv + optind, (size_t)(argc - optind));
}
