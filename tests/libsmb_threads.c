/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * libsmbclient in threads, over idle times and over fork(). It knows Samba's
 * header and nothing of this tree.
 *
 * usage: libsmb_threads ADDRESS-OF-A-FOLDER USER PASSWORD IDLE-SECONDS
 */
#include <errno.h>
#include <libsmbclient.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define SLOW_MS 600000

#define THREADS 4
#define ROUNDS	20
#define BYTES	70000

static const char *base, *user, *password;
static pthread_t main_thread;

static void ask(SMBCCTX *c, const char *server, const char *share,
		char *workgroup, int workgroup_size, char *name, int name_size,
		char *secret, int secret_size)
{
	const pthread_t *asker = smbc_getOptionUserData(c);

	(void)server;
	(void)share;
	(void)workgroup;
	(void)workgroup_size;
	if (!pthread_equal(*asker, pthread_self())) {
		printf("asked in another thread\n");
	}
	snprintf(name, (size_t)name_size, "%s", user);
	snprintf(secret, (size_t)secret_size, "%s", password);
}

static SMBCCTX *new_context(pthread_t *self)
{
	SMBCCTX *c = smbc_new_context();

	*self = pthread_self();
	smbc_setOptionUserData(c, self);
	smbc_setFunctionAuthDataWithContext(c, ask);
	if (getenv("SLOW") != NULL) {
		smbc_setTimeout(c, SLOW_MS); /* under valgrind */
	}
	return smbc_init_context(c);
}

static void path(char *buf, size_t size, const char *name, unsigned n)
{
	snprintf(buf, size, "%s/%s%u", base, name, n);
}

/* One round: a file of one's own is written, read, and removed. */
static int one_round(SMBCCTX *c, unsigned id, unsigned n, char *buf)
{
	char back[BYTES];
	char url[1024];
	SMBCFILE *file = NULL;
	int good = 0;

	path(url, sizeof(url), "thread", id);
	memset(buf, (int)(id * 16 + n), BYTES);
	file = smbc_getFunctionOpen(c)(c, url, O_RDWR | O_CREAT | O_TRUNC, 0);
	if (file == NULL) {
		return 0;
	}
	good = smbc_getFunctionWrite(c)(c, file, buf, BYTES) == BYTES &&
	       smbc_getFunctionLseek(c)(c, file, 0, SEEK_SET) == 0 &&
	       smbc_getFunctionRead(c)(c, file, back, BYTES) == BYTES &&
	       memcmp(buf, back, BYTES) == 0;
	return smbc_getFunctionClose(c)(c, file) == 0 && good &&
	       smbc_getFunctionUnlink(c)(c, url) == 0;
}

static void *work(void *private_data)
{
	unsigned id = *(unsigned *)private_data;
	char *buf = malloc(BYTES);
	pthread_t self;
	SMBCCTX *c = new_context(&self);
	unsigned good = 0;
	unsigned n = 0;

	for (n = 0; c != NULL && n < ROUNDS; n++) {
		good += (unsigned)one_round(c, id, n, buf);
	}
	*(unsigned *)private_data = good;
	free(buf);
	if (c == NULL || smbc_free_context(c, 1) != 0) {
		*(unsigned *)private_data = 0;
	}
	return NULL;
}

static void threads(void)
{
	pthread_t thread[THREADS];
	unsigned result[THREADS];
	unsigned all = 0;
	unsigned i = 0;

	for (i = 0; i < THREADS; i++) {
		result[i] = i;
		pthread_create(&thread[i], NULL, work, &result[i]);
	}
	for (i = 0; i < THREADS; i++) {
		pthread_join(thread[i], NULL);
		all += result[i];
	}
	printf("rounds in threads: %u\n", all);
}

/* The same context in several threads, one after another: that is allowed. */
static void *stat_there(void *private_data)
{
	SMBCCTX *c = private_data;
	pthread_t self = pthread_self();
	struct stat st;

	smbc_setOptionUserData(c, &self);
	printf("stat in another thread: %d\n",
	       smbc_getFunctionStat(c)(c, base, &st));
	return NULL;
}

/* A child has what it opens, not what it inherited; the parent's stays. */
static void child(SMBCCTX *c, SMBCFILE *inherited)
{
	char buf[8] = {0};
	char url[1024];
	SMBCFILE *file = NULL;
	ssize_t n = smbc_getFunctionRead(c)(c, inherited, buf, 4);

	printf("child, of the parent's: %s\n",
	       n < 0 ? strerror(errno) : "it reads");
	path(url, sizeof(url), "forked", 0);
	file = smbc_getFunctionOpen(c)(c, url, O_RDONLY, 0);
	printf("child, its own: %d%s\n", file != NULL,
	       file == NULL ? strerror(errno) : "");
	if (file != NULL) {
		n = smbc_getFunctionRead(c)(c, file, buf, 4);
		printf("child reads: %.*s\n", n > 0 ? (int)n : 0, buf);
	}
	printf("child, free: %d\n", smbc_free_context(c, 1));
	fflush(stdout);
}

static void forks(SMBCCTX *c)
{
	char buf[8] = {0};
	char url[1024];
	SMBCFILE *file = NULL;
	int status = 0;
	pid_t pid = 0;

	path(url, sizeof(url), "forked", 0);
	file = smbc_getFunctionOpen(c)(c, url, O_RDWR | O_CREAT, 0);
	printf("write: %zd\n", smbc_getFunctionWrite(c)(c, file, "1234", 4));
	smbc_getFunctionLseek(c)(c, file, 0, SEEK_SET);
	fflush(stdout);
	pid = fork();
	if (pid == 0) {
		child(c, file);
		_exit(0);
	}
	waitpid(pid, &status, 0);
	printf("child ended with %d\n", status);
	printf("parent reads: %zd\n", smbc_getFunctionRead(c)(c, file, buf, 4));
	smbc_getFunctionClose(c)(c, file);
	smbc_getFunctionUnlink(c)(c, url);
}

int main(int argc, char **argv)
{
	pthread_t thread;
	SMBCCTX *c = NULL;
	SMBCFILE *dir = NULL;
	struct stat st;

	if (argc != 5) {
		fprintf(stderr, "usage: libsmb_threads FOLDER USER PASSWORD "
				"IDLE-SECONDS\n");
		return 2;
	}
	base = argv[1];
	user = argv[2];
	password = argv[3];
	threads();
	c = new_context(&main_thread);
	printf("stat: %d\n", smbc_getFunctionStat(c)(c, base, &st));
	pthread_create(&thread, NULL, stat_there, c);
	pthread_join(thread, NULL);
	smbc_setOptionUserData(c, &main_thread);
	dir = smbc_getFunctionOpendir(c)(c, base);
	sleep((unsigned)strtoul(argv[4], NULL, 10));
	printf("after a pause: %d\n",
	       smbc_getFunctionReaddir(c)(c, dir) != NULL);
	printf("free, with something open: %d\n", smbc_free_context(c, 0));
	smbc_getFunctionClosedir(c)(c, dir);
	forks(c);
	printf("free: %d\n", smbc_free_context(c, 0));
	return 0;
}
