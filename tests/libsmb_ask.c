/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A program that does with libsmbclient what its standard input says, and does
 * nothing meanwhile. It knows Samba's header and nothing of this tree.
 *
 *	libsmb_ask ADDRESS-OF-A-FOLDER USER PASSWORD
 *
 *	list PATH	how many names
 *	stats PATH	stat() of each of them: how many, and bytes in all
 *	stat PATH	its size, or the error
 *	open PATH	for reading and writing; closes what was open
 *	read LENGTH	at most 100 bytes from there
 *	write TEXT	there
 *	seek OFFSET
 *	close
 *	remove PATH
 *	quit
 *
 * Each prints a line that begins with "= ".
 */
/* as programs do that were written before it said so */
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"

#include <errno.h>
#include <libsmbclient.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TEXT_MAX 100
#define SLOW_MS	 600000 /* under valgrind */

static const char *base, *user, *password;
static int fd = -1;

static void ask(const char *server, const char *share, char *workgroup,
		int workgroup_size, char *name, int name_size, char *secret,
		int secret_size)
{
	(void)server;
	(void)share;
	(void)workgroup;
	(void)workgroup_size;
	snprintf(name, (size_t)name_size, "%s", user);
	snprintf(secret, (size_t)secret_size, "%s", password);
}

static void say(const char *what, long long n)
{
	if (n < 0) {
		printf("= %s: %s\n", what, strerror(errno));
	} else {
		printf("= %s %lld\n", what, n);
	}
}

/* @param each  also ask what each of them is */
static void list(const char *url, int each)
{
	struct smbc_dirent *entry = NULL;
	char path[2048];
	struct stat st = {0};
	long long count = 0;
	long long bytes = 0;
	int dir = smbc_opendir(url);

	if (dir < 0) {
		say("list", dir);
		return;
	}
	for (entry = smbc_readdir((unsigned)dir); entry != NULL;
	     entry = smbc_readdir((unsigned)dir)) {
		if (entry->name[0] == '.') {
			continue;
		}
		count++;
		snprintf(path, sizeof(path), "%s/%s", url, entry->name);
		if (each && smbc_stat(path, &st) == 0) {
			bytes += st.st_size;
		}
	}
	smbc_closedir(dir);
	printf(each ? "= %lld names, %lld bytes\n" : "= %lld names\n", count,
	       bytes);
}

static void stat_of(const char *url)
{
	struct stat st = {0};
	int result = smbc_stat(url, &st);

	say("stat", result < 0 ? result : (long long)st.st_size);
}

static void read_some(size_t len)
{
	char buf[TEXT_MAX + 1] = {0};
	ssize_t n = smbc_read(fd, buf, len < TEXT_MAX ? len : TEXT_MAX);

	if (n < 0) {
		say("read", n);
	} else {
		printf("= read %s\n", buf);
	}
}

static void open_file(const char *url)
{
	if (fd >= 0) {
		smbc_close(fd);
	}
	fd = smbc_open(url, O_RDWR, 0);
	say("open", fd < 0 ? fd : 0);
}

/* @return 0: there is no such word. */
static int run(const char *word, const char *rest)
{
	char url[1024];

	snprintf(url, sizeof(url), "%s/%s", base, rest);
	if (strcmp(word, "list") == 0 || strcmp(word, "stats") == 0) {
		list(url, strcmp(word, "stats") == 0);
	} else if (strcmp(word, "stat") == 0) {
		stat_of(url);
	} else if (strcmp(word, "open") == 0) {
		open_file(url);
	} else if (strcmp(word, "read") == 0) {
		read_some(strtoul(rest, NULL, 10));
	} else if (strcmp(word, "write") == 0) {
		say("write", smbc_write(fd, rest, strlen(rest)));
	} else if (strcmp(word, "seek") == 0) {
		say("seek", smbc_lseek(fd, strtoll(rest, NULL, 10), SEEK_SET));
	} else if (strcmp(word, "close") == 0) {
		say("close", smbc_close(fd));
		fd = -1;
	} else if (strcmp(word, "remove") == 0) {
		say("remove", smbc_unlink(url));
	} else {
		return 0;
	}
	return 1;
}

int main(int argc, char **argv)
{
	char line[1024];

	if (argc != 4) {
		fprintf(stderr, "libsmb_ask: three arguments are needed\n");
		return 2;
	}
	base = argv[1];
	user = argv[2];
	password = argv[3];
	setvbuf(stdout, NULL, _IOLBF, 0);
	if (smbc_init(ask, 0) != 0) {
		perror("libsmb_ask: smbc_init");
		return 1;
	}
	if (getenv("SLOW") != NULL) {
		smbc_setTimeout(smbc_set_context(NULL), SLOW_MS);
	}
	while (fgets(line, sizeof(line), stdin) != NULL) {
		char *rest = strchr(line, ' ');

		line[strcspn(line, "\n")] = '\0';
		if (strcmp(line, "quit") == 0) {
			break;
		}
		if (rest != NULL) {
			*rest++ = '\0';
		}
		if (!run(line, rest != NULL ? rest : "")) {
			printf("= there is no \"%s\"\n", line);
		}
	}
	if (fd >= 0) {
		smbc_close(fd);
	}
	return smbc_free_context(smbc_set_context(NULL), 1);
}
