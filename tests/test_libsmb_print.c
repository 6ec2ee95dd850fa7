/* SPDX-License-Identifier: GPL-3.0-or-later */
/* print.c: a file becomes a job by the functions of its two contexts, which
 * programs may have replaced by their own. */
#include "tests/testlib.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "client/libsmbclient/libsmb.h"

/* How they answer, and what they were asked. */
static struct {
	int open_err, job_err, read_err, write_err, close_err;
	bool short_write;
	size_t left; /* to be read */
	size_t written;
	unsigned opened, closed;
} says;

/* Nobody looks into them. */
static char file_there, job_there;

static SMBCFILE *refuse(int err)
{
	errno = err;
	return NULL;
}

static SMBCFILE *fake_open(SMBCCTX *c, const char *name, int flags, mode_t mode)
{
	(void)c;
	(void)mode;
	assert_string_equal(name, "smb://one/share/file");
	assert_int_equal(flags, O_RDONLY);
	if (says.open_err != 0) {
		return refuse(says.open_err);
	}
	says.opened++;
	return (SMBCFILE *)(void *)&file_there;
}

static SMBCFILE *fake_job(SMBCCTX *c, const char *name)
{
	(void)c;
	assert_string_equal(name, "smb://two/printer");
	if (says.job_err != 0) {
		return refuse(says.job_err);
	}
	says.opened++;
	return (SMBCFILE *)(void *)&job_there;
}

static ssize_t fake_read(SMBCCTX *c, SMBCFILE *file, void *buf, size_t count)
{
	size_t n = says.left < count ? says.left : count;

	(void)c;
	assert_ptr_equal(file, &file_there);
	if (n == 0 && says.read_err != 0) {
		errno = says.read_err;
		return -1;
	}
	memset(buf, 'x', n);
	says.left -= n;
	return (ssize_t)n;
}

static ssize_t fake_write(SMBCCTX *c, SMBCFILE *file, const void *buf,
			  size_t count)
{
	(void)c;
	assert_ptr_equal(file, &job_there);
	assert_int_equal(*(const char *)buf, 'x');
	if (says.write_err != 0) {
		errno = says.write_err;
		return -1;
	}
	says.written += count;
	return (ssize_t)count - says.short_write;
}

static int fake_close(SMBCCTX *c, SMBCFILE *file)
{
	(void)c;
	says.closed++;
	if (file == (SMBCFILE *)(void *)&job_there && says.close_err != 0) {
		errno = says.close_err;
		return -1;
	}
	return 0;
}

static SMBCCTX *context(void)
{
	SMBCCTX *c = smbc_new_context();

	assert_non_null(c);
	smbc_setFunctionOpen(c, fake_open);
	smbc_setFunctionOpenPrintJob(c, fake_job);
	smbc_setFunctionRead(c, fake_read);
	smbc_setFunctionWrite(c, fake_write);
	smbc_setFunctionClose(c, fake_close);
	return c;
}

/* @return 0 or errno. */
static int print(SMBCCTX *c)
{
	int rc = 0;

	errno = 0;
	rc = libsmb_print_file(c, "smb://one/share/file", c,
			       "smb://two/printer");
	assert_int_equal(rc, errno != 0 ? -1 : 0);
	assert_int_equal(says.opened, says.closed);
	return errno;
}

static void test_print_file(void **state)
{
	SMBCCTX *c = context();

	(void)state;
	memset(&says, 0, sizeof(says));
	says.left = 200001; /* more than one piece */
	assert_int_equal(print(c), 0);
	assert_int_equal(says.written, 200001);
	assert_int_equal(says.opened, 2);
	assert_int_equal(print(c), 0); /* an empty one is a job, too */
	assert_int_equal(smbc_free_context(c, 1), 0);
}

static void test_failures(void **state)
{
	const struct {
		int *place;
		int err;
	} rows[] = {
		{&says.open_err, ENOENT},  {&says.job_err, ENODEV},
		{&says.read_err, EIO},	   {&says.write_err, ENOSPC},
		{&says.close_err, EDQUOT},
	};
	SMBCCTX *c = context();
	size_t i = 0;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		memset(&says, 0, sizeof(says));
		says.left = 10;
		*rows[i].place = rows[i].err;
		assert_int_equal(print(c), rows[i].err);
	}
	memset(&says, 0, sizeof(says));
	says.left = 10;
	says.short_write = true;
	assert_int_equal(print(c), EIO);
	/* the first failure is the one that is told */
	memset(&says, 0, sizeof(says));
	says.left = 10;
	says.write_err = ENOSPC;
	says.close_err = EDQUOT;
	assert_int_equal(print(c), ENOSPC);
	assert_int_equal(smbc_free_context(c, 1), 0);
}

static void no_job(struct print_job_info *job)
{
	(void)job;
}

static void test_arguments(void **state)
{
	SMBCCTX *c = context();

	(void)state;
	memset(&says, 0, sizeof(says));
	assert_int_equal(libsmb_print_file(NULL, "a", c, "b"), -1);
	assert_int_equal(errno, EINVAL);
	assert_int_equal(libsmb_print_file(c, NULL, c, "b"), -1);
	assert_int_equal(errno, EINVAL);
	assert_int_equal(libsmb_print_file(c, "a", c, NULL), -1);
	assert_int_equal(errno, EINVAL);
	assert_int_equal(libsmb_list_print_jobs(c, "smb://two/printer", NULL),
			 -1);
	assert_int_equal(errno, EINVAL);
	assert_int_equal(libsmb_unlink_print_job(c, "smb://two/printer", -1),
			 -1);
	assert_int_equal(errno, EINVAL);
	/* what is no address is no printer */
	assert_int_equal(libsmb_list_print_jobs(c, "printer", no_job), -1);
	assert_int_equal(errno, EINVAL);
	assert_null(libsmb_open_print_job(c, "printer"));
	assert_int_equal(errno, EINVAL);
	assert_int_equal(says.opened, 0);
	assert_int_equal(smbc_free_context(c, 1), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_print_file),
		cmocka_unit_test(test_failures),
		cmocka_unit_test(test_arguments),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
