/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * compat.c, print.c, functions.c: the calls of a program that has no context
 * come to the slots of one, under numbers; here the slots are ours.
 */
#include "tests/testlib.h"

#include <errno.h>
#include <string.h>

#include "client/libsmbclient/libsmb.h"

#define MANY 200 /* more than the table has room for at first */

static struct {
	unsigned opened, closed;
	SMBCFILE *last;	  /* that a slot was called with */
	const char *text; /* what there is to read */
	size_t at;
	char printed[64];
	size_t most;   /* that one write takes */
	int write_err; /* instead of that */
} fake;

static SMBCFILE *fake_open(SMBCCTX *c, const char *url, int flags, mode_t mode)
{
	(void)c;
	(void)flags;
	(void)mode;
	if (strcmp(url, "smb://none") == 0) {
		errno = ENOENT;
		return NULL;
	}
	fake.opened++;
	fake.at = 0;
	return (SMBCFILE *)(uintptr_t)(0x1000 * fake.opened);
}

static int fake_close(SMBCCTX *c, SMBCFILE *file)
{
	(void)c;
	fake.closed++;
	fake.last = file;
	return 0;
}

static ssize_t fake_read(SMBCCTX *c, SMBCFILE *file, void *buf, size_t count)
{
	size_t left = strlen(fake.text) - fake.at;
	size_t n = left < 5 ? left : 5;

	(void)c;
	(void)count;
	fake.last = file;
	memcpy(buf, fake.text + fake.at, n);
	fake.at += n;
	return (ssize_t)n;
}

static ssize_t fake_write(SMBCCTX *c, SMBCFILE *file, const void *buf,
			  size_t count)
{
	size_t n = count < fake.most ? count : fake.most;
	size_t used = strlen(fake.printed);

	(void)c;
	fake.last = file;
	if (fake.write_err != 0) {
		errno = fake.write_err;
		return -1;
	}
	assert_true(used + n < sizeof(fake.printed));
	memcpy(fake.printed + used, buf, n);
	return (ssize_t)n;
}

static SMBCFILE *fake_job(SMBCCTX *c, const char *url)
{
	return fake_open(c, url, 0, 0);
}

static SMBCCTX *fake_context(void)
{
	SMBCCTX *c = smbc_new_context();

	assert_non_null(c);
	smbc_setFunctionOpen(c, fake_open);
	smbc_setFunctionClose(c, fake_close);
	smbc_setFunctionRead(c, fake_read);
	smbc_setFunctionWrite(c, fake_write);
	smbc_setFunctionOpenPrintJob(c, fake_job);
	memset(&fake, 0, sizeof(fake));
	fake.text = "";
	fake.most = 64;
	return c;
}

/* Before smbc_init() nothing is there, and everything says so. */
static void test_without(void **state)
{
	struct stat st = {0};
	char buf[8];

	(void)state;
	assert_null(smbc_set_context(NULL));
	errno = 0;
	assert_int_equal(smbc_open("smb://a/b/c", O_RDONLY, 0), -1);
	assert_int_equal(errno, EINVAL);
	assert_int_equal(smbc_read(SMBC_BASE_FD, buf, 1), -1);
	assert_int_equal(smbc_stat("smb://a/b/c", &st), -1);
	assert_int_equal(smbc_opendir("smb://a/b"), -1);
	assert_int_equal(smbc_rename("smb://a/b/c", "smb://a/b/d"), -1);
	assert_int_equal(smbc_getxattr("smb://a/b/c", "system.*", buf, 1), -1);
	assert_int_equal(smbc_list_print_jobs("smb://a/b", NULL), -1);
	assert_int_equal(errno, EINVAL);
}

static void test_numbers(void **state)
{
	SMBCCTX *c = fake_context();
	int fd[MANY];
	unsigned i = 0;
	char buf[8];

	(void)state;
	smbc_set_context(c);
	for (i = 0; i < MANY; i++) {
		fd[i] = smbc_open("smb://a/b/c", O_RDWR, 0);
		assert_int_equal(fd[i], SMBC_BASE_FD + (int)i);
	}
	assert_int_equal(smbc_open("smb://none", O_RDONLY, 0), -1);
	assert_int_equal(errno, ENOENT);
	assert_int_equal(smbc_write(fd[150], "x", 1), 1);
	assert_ptr_equal(fake.last, (void *)(uintptr_t)(0x1000 * 151));
	/* a number that is free is the next one's, and nobody else's before */
	assert_int_equal(smbc_close(fd[70]), 0);
	assert_ptr_equal(fake.last, (void *)(uintptr_t)(0x1000 * 71));
	assert_int_equal(smbc_close(fd[70]), -1);
	assert_int_equal(errno, EBADF);
	assert_int_equal(smbc_read(fd[70], buf, 1), -1);
	assert_int_equal(errno, EBADF);
	assert_int_equal(smbc_creat("smb://a/b/c", 0), -1); /* not faked */
	assert_int_equal(smbc_open("smb://a/b/c", O_RDWR, 0), fd[70]);
	/* what is no number at all */
	assert_int_equal(smbc_close(-1), -1);
	assert_int_equal(smbc_close(3), -1);
	assert_int_equal(smbc_close(SMBC_BASE_FD + 100000), -1);
	assert_int_equal(errno, EBADF);
	for (i = 0; i < MANY; i++) {
		assert_int_equal(smbc_close(fd[i]), 0);
	}
	assert_int_equal(fake.closed, fake.opened);
	smbc_free_context(c, 1);
}

static void test_print(void **state)
{
	SMBCCTX *c = fake_context();

	(void)state;
	smbc_set_context(c);
	fake.text = "this is to be printed";
	assert_int_equal(smbc_print_file("smb://a/b/c", "smb://a/p"), 0);
	assert_string_equal(fake.printed, fake.text);
	assert_int_equal(fake.closed, 2);

	assert_int_equal(smbc_print_file("smb://none", "smb://a/p"), -1);
	assert_int_equal(errno, ENOENT);
	assert_int_equal(fake.closed, 2);
	assert_int_equal(smbc_print_file("smb://a/b/c", "smb://none"), -1);
	assert_int_equal(errno, ENOENT);
	assert_int_equal(fake.closed, 3);
	fake.write_err = ENOSPC;
	assert_int_equal(smbc_print_file("smb://a/b/c", "smb://a/p"), -1);
	assert_int_equal(errno, ENOSPC);
	assert_int_equal(fake.closed, 5);
	fake.write_err = 0;
	fake.most = 2;	/* a job that does not take all of it */
	errno = EAGAIN; /* of something before */
	assert_int_equal(smbc_print_file("smb://a/b/c", "smb://a/p"), -1);
	assert_int_equal(errno, EIO);
	assert_int_equal(smbc_print_file(NULL, "smb://a/p"), -1);
	assert_int_equal(errno, EINVAL);
	assert_int_equal(smbc_unlink_print_job("smb://a/p", -1), -1);
	assert_int_equal(errno, EINVAL);
	smbc_free_context(c, 1);
}

/* What was put into a slot comes out of it, and out of no other. */
static void test_slots(void **state)
{
	SMBCCTX *c = smbc_new_context();
	smbc_read_fn read_before = smbc_getFunctionRead(c);

	(void)state;
	assert_non_null(read_before);
	assert_non_null(smbc_getFunctionNotify(c));
	assert_non_null(smbc_getFunctionFGetxattr(c));
	smbc_setFunctionWrite(c, fake_write);
	assert_ptr_equal(smbc_getFunctionWrite(c), fake_write);
	assert_ptr_equal(smbc_getFunctionRead(c), read_before);
	assert_ptr_equal(c->write, fake_write);
	smbc_setFunctionSplice(c, NULL);
	assert_null(smbc_getFunctionSplice(c));
	assert_non_null(smbc_getFunctionFtruncate(c));
	smbc_free_context(c, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_without),
		cmocka_unit_test(test_numbers),
		cmocka_unit_test(test_print),
		cmocka_unit_test(test_slots),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
