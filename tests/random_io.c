/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Does to a file what chance says, and looks whether it has what it should:
 *
 *	random_io FILE OPERATIONS SEED [SIZE]
 *
 * Reads, writes, appends, truncates, maps, punches holes, zeroes, copies
 * within the file, flushes, closes and opens again, each at random places; a
 * copy in memory says what must be there. Prints one line; when something is
 * wrong, where, and exits with 1. What a file system cannot do (EOPNOTSUPP,
 * EINVAL of copies) is left out.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/falloc.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define PIECE 65536

static struct {
	const char *name;
	int fd;
	uint8_t *image; /* what must be there */
	size_t size;	/* of the file */
	size_t most;
	uint64_t random;
	unsigned long number; /* of the operation */
	unsigned long skipped;
} f;

static uint64_t draw(uint64_t below)
{
	f.random ^= f.random << 13;
	f.random ^= f.random >> 7;
	f.random ^= f.random << 17;
	return below > 0 ? f.random % below : 0;
}

static void die(const char *what)
{
	printf("operation %lu: %s: %s\n", f.number, what, strerror(errno));
	exit(1);
}

static void wrong(const char *what, size_t at)
{
	printf("operation %lu: %s: wrong byte at %zu of %zu\n", f.number, what,
	       at, f.size);
	exit(1);
}

static void compare(const char *what, const uint8_t *got, size_t at, size_t len)
{
	size_t i = 0;

	for (i = 0; i < len; i++) {
		if (got[i] != f.image[at + i]) {
			wrong(what, at + i);
		}
	}
}

static void range(size_t limit, size_t *at, size_t *len)
{
	*at = draw(limit);
	*len = 1 + draw(PIECE);
	if (*len > limit - *at) {
		*len = limit - *at;
	}
}

static void fill(uint8_t *p, size_t len)
{
	size_t i = 0;

	for (i = 0; i < len; i++) {
		p[i] = (uint8_t)draw(256);
	}
}

static void grown(size_t end)
{
	if (end > f.size) {
		f.size = end;
	}
}

/* -------------------------------------------------------------- operations */

static void do_read(void)
{
	uint8_t buf[PIECE];
	size_t at = 0, len = 0;
	ssize_t got = 0;

	if (f.size == 0) {
		return;
	}
	range(f.size, &at, &len);
	got = pread(f.fd, buf, len, (off_t)at);
	if (got != (ssize_t)len) {
		die("read");
	}
	compare("read", buf, at, len);
}

static void do_write(void)
{
	size_t at = 0, len = 0;

	range(f.most, &at, &len);
	fill(f.image + at, len);
	if (pwrite(f.fd, f.image + at, len, (off_t)at) != (ssize_t)len) {
		die("write");
	}
	grown(at + len);
}

static void do_truncate(void)
{
	size_t size = draw(f.most);

	if (ftruncate(f.fd, (off_t)size) != 0) {
		die("truncate");
	}
	if (size < f.size) {
		memset(f.image + size, 0, f.size - size);
	}
	f.size = size;
}

static void do_map(bool writes)
{
	size_t at = 0, len = 0, page = 4096, base = 0;
	uint8_t *p = NULL;

	if (f.size == 0) {
		return;
	}
	range(f.size, &at, &len);
	base = at / page * page;
	p = mmap(NULL, len + at - base, PROT_READ | PROT_WRITE, MAP_SHARED,
		 f.fd, (off_t)base);
	if (p == MAP_FAILED) {
		die("mmap");
	}
	if (writes) {
		fill(f.image + at, len);
		memcpy(p + at - base, f.image + at, len);
		if (msync(p, len + at - base, MS_SYNC) != 0) {
			die("msync");
		}
	} else {
		compare("map", p + at - base, at, len);
	}
	munmap(p, len + at - base);
}

static void do_map_read(void)
{
	do_map(false);
}

static void do_map_write(void)
{
	do_map(true);
}

static void do_zero(int mode)
{
	size_t at = 0, len = 0;

	if (f.size == 0) {
		return;
	}
	range(f.size, &at, &len);
	if (fallocate(f.fd, mode | FALLOC_FL_KEEP_SIZE, (off_t)at,
		      (off_t)len) != 0) {
		if (errno != EOPNOTSUPP) {
			die("fallocate");
		}
		f.skipped++;
		return;
	}
	memset(f.image + at, 0, len);
}

static void do_punch(void)
{
	do_zero(FALLOC_FL_PUNCH_HOLE);
}

static void do_zero_range(void)
{
	do_zero(FALLOC_FL_ZERO_RANGE);
}

static void do_copy(void)
{
	size_t at = 0, len = 0, to = 0;
	loff_t from_offset = 0, to_offset = 0;
	ssize_t got = 0;

	if (f.size < 2) {
		return;
	}
	range(f.size / 2, &at, &len);
	to = f.size / 2 + draw(f.size / 2);
	len = len < f.most - to ? len : f.most - to;
	from_offset = (loff_t)at;
	to_offset = (loff_t)to;
	got = copy_file_range(f.fd, &from_offset, f.fd, &to_offset, len, 0);
	if (got < 0) {
		if (errno != EOPNOTSUPP && errno != EINVAL && errno != EXDEV) {
			die("copy_file_range");
		}
		f.skipped++;
		return;
	}
	memmove(f.image + to, f.image + at, (size_t)got);
	grown(to + (size_t)got);
}

static void do_holes(void)
{
	off_t data = 0, hole = 0;
	off_t at = 0;

	while (at < (off_t)f.size) {
		data = lseek(f.fd, at, SEEK_DATA);
		if (data < 0 && errno == ENXIO) {
			data = (off_t)f.size;
		}
		if (data < at || data > (off_t)f.size) {
			die("SEEK_DATA");
		}
		for (; at < data; at++) {
			if (f.image[at] != 0) {
				wrong("SEEK_DATA", (size_t)at);
			}
		}
		if (at == (off_t)f.size) {
			return;
		}
		hole = lseek(f.fd, at, SEEK_HOLE);
		if (hole <= at || hole > (off_t)f.size) {
			die("SEEK_HOLE");
		}
		at = hole;
	}
}

static void do_sync(void)
{
	if (fsync(f.fd) != 0) {
		die("fsync");
	}
}

static void do_reopen(void)
{
	struct stat st = {0};

	if (close(f.fd) != 0) {
		die("close");
	}
	f.fd = open(f.name, O_RDWR);
	if (f.fd < 0 || fstat(f.fd, &st) != 0) {
		die("open");
	}
	if ((size_t)st.st_size != f.size) {
		errno = 0;
		die("size after opening again");
	}
}

static void do_append(void)
{
	int fd = open(f.name, O_WRONLY | O_APPEND);
	size_t len = 1 + draw(PIECE);

	len = len < f.most - f.size ? len : f.most - f.size;
	fill(f.image + f.size, len);
	if (fd < 0 || write(fd, f.image + f.size, len) != (ssize_t)len) {
		die("append");
	}
	close(fd);
	grown(f.size + len);
}

/* Each as often as it stands there. */
static void (*const operations[])(void) = {
	do_read,   do_read,	  do_read,     do_write, do_write,
	do_write,  do_truncate,	  do_map_read, do_read,	 do_map_write,
	do_punch,  do_zero_range, do_copy,     do_holes, do_sync,
	do_reopen, do_append,
};

int main(int argc, char **argv)
{
	size_t kinds = sizeof(operations) / sizeof(operations[0]);
	unsigned long count = 0;

	if (argc < 4) {
		fprintf(stderr, "usage: random_io FILE COUNT SEED [SIZE]\n");
		return 2;
	}
	count = strtoul(argv[2], NULL, 10);
	f.random = 0x9E3779B97F4A7C15u ^ strtoull(argv[3], NULL, 10);
	f.most = argc > 4 ? strtoul(argv[4], NULL, 10) : 1024 * 1024;
	f.name = argv[1];
	f.image = calloc(1, f.most + PIECE);
	f.fd = open(f.name, O_RDWR | O_CREAT | O_TRUNC, 0644);
	if (f.image == NULL || f.fd < 0) {
		die(f.name);
	}
	for (f.number = 0; f.number < count; f.number++) {
		operations[draw(kinds)]();
	}
	do_reopen();
	while (f.size > 0 && f.number < count + 100) {
		do_read();
		f.number++;
	}
	close(f.fd);
	printf("%lu operations, %s\n", count,
	       f.skipped > 0 ? "some not possible here" : "all right");
	return 0;
}
