/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Calls of libsmbclient as programs make them, in order, with what comes of
 * them on standard output. It knows Samba's header and nothing of this tree.
 *
 * usage: libsmb_calls ADDRESS-OF-A-FOLDER USER PASSWORD
 */
/* as programs do that were written before it said so */
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"

#define HAVE_UTIME_H 1 /* for the header: utime() is there */
#include <errno.h>
#include <libsmbclient.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SLOW_MS 600000

#define BIG 3000000 /* more than one request carries */

static const char *user, *password, *base;
static char *big;

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

/* Good for a few calls. */
static const char *at(const char *path)
{
	static char buf[4][1024];
	static unsigned turn;
	char *s = buf[turn++ % 4];

	snprintf(s, sizeof(buf[0]), "%s/%s", base, path);
	return s;
}

/* What a call returned: a number, or why not. */
static void say(const char *what, long result)
{
	if (result < 0) {
		printf("%s: %s\n", what, strerror(errno));
	} else {
		printf("%s: %ld\n", what, result);
	}
}

/* As say(), of numbers that are open files. */
static int opened(const char *what, int fd)
{
	say(what, fd < 0 ? -1 : fd >= SMBC_BASE_FD);
	return fd;
}

/* -------------------------------------------------------------------- files */

static void files(void)
{
	char buf[64] = {0};
	struct stat st;
	int fd = opened("creat", smbc_creat(at("one"), 0644));

	say("write", smbc_write(fd, "hello world", 11));
	say("read of what is for writing", smbc_read(fd, buf, 5));
	say("close", smbc_close(fd));
	say("close again", smbc_close(fd));
	fd = opened("open", smbc_open(at("one"), O_RDWR, 0));
	say("read", smbc_read(fd, buf, 5));
	printf("%.5s\n", buf);
	say("seek by 1", smbc_lseek(fd, 1, SEEK_CUR));
	say("read", smbc_read(fd, buf, 63));
	printf("%.5s\n", buf);
	say("read at the end", smbc_read(fd, buf, 63));
	say("seek to the end", smbc_lseek(fd, -3, SEEK_END));
	say("seek before the beginning", smbc_lseek(fd, -1, SEEK_SET));
	say("seek somehow", smbc_lseek(fd, 0, 77));
	say("truncate", smbc_ftruncate(fd, 4));
	say("fstat", smbc_fstat(fd, &st));
	printf("size %ld\n", (long)st.st_size);
	say("close", smbc_close(fd));
	fd = opened("append", smbc_open(at("one"), O_WRONLY | O_APPEND, 0));
	say("write", smbc_write(fd, "!", 1));
	say("close", smbc_close(fd));
	say("stat", smbc_stat(at("one"), &st));
	printf("size %ld, regular %d\n", (long)st.st_size,
	       S_ISREG(st.st_mode) != 0);
	opened("exclusively", smbc_open(at("one"), O_CREAT | O_EXCL, 0));
	opened("what is not", smbc_open(at("none"), O_RDONLY, 0));
	opened("no address", smbc_open("one", O_RDONLY, 0));
	opened("NULL", smbc_open(NULL, O_RDONLY, 0));
	opened("a folder", smbc_open(base, O_RDONLY, 0));
	say("read of no file", smbc_read(1, buf, 1));
	say("rename", smbc_rename(at("one"), at("two")));
	say("stat of the old", smbc_stat(at("one"), &st));
	say("unlink", smbc_unlink(at("two")));
	say("unlink again", smbc_unlink(at("two")));
}

static void big_files(void)
{
	char *back = calloc(1, BIG);
	size_t i = 0;
	int fd = opened("creat", smbc_creat(at("big"), 0644));

	big = malloc(BIG);
	for (i = 0; i < BIG; i++) {
		big[i] = (char)(i * 2654435761u >> 13);
	}
	say("write", smbc_write(fd, big, BIG));
	say("close", smbc_close(fd));
	fd = opened("open", smbc_open(at("big"), O_RDONLY, 0));
	say("read", smbc_read(fd, back, BIG));
	printf("same %d\n", memcmp(big, back, BIG) == 0);
	say("seek", smbc_lseek(fd, BIG / 2, SEEK_SET));
	say("read over the end", smbc_read(fd, back, BIG));
	printf("same %d\n", memcmp(big + BIG / 2, back, BIG / 2) == 0);
	say("close", smbc_close(fd));
	free(back);
}

/* ------------------------------------------------------------------ folders */

static int compare(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static void list(const char *url)
{
	char *name[32] = {0};
	struct smbc_dirent *entry = NULL;
	size_t n = 0;
	size_t i = 0;
	int dh = opened("opendir", smbc_opendir(url));

	while (dh >= 0 && n < 32) {
		entry = smbc_readdir((unsigned)dh);
		if (entry == NULL || strlen(entry->name) != entry->namelen ||
		    asprintf(&name[n], "%u %s%s%s", entry->smbc_type,
			     entry->name, entry->commentlen > 0 ? " " : "",
			     entry->comment) < 0) {
			break;
		}
		n++;
	}
	qsort(name, n, sizeof(name[0]), compare);
	for (i = 0; i < n; i++) {
		printf("  %s\n", name[i]);
		free(name[i]);
	}
	if (dh >= 0) {
		say("closedir", smbc_closedir(dh));
	}
}

static void positions(void)
{
	char buf[4096];
	const struct libsmb_file_info *info = NULL;
	struct smbc_dirent *first = NULL;
	char name[256] = {0};
	struct stat st = {0};
	off_t where = 0;
	int used = 0;
	int dh = opened("opendir", smbc_opendir(at("sub")));

	say("telldir", (long)(where = smbc_telldir(dh)) > 0);
	first = smbc_readdir((unsigned)dh);
	snprintf(name, sizeof(name), "%s", first->name);
	say("lseekdir", smbc_lseekdir(dh, where));
	printf("same %d\n",
	       strcmp(smbc_readdir((unsigned)dh)->name, name) == 0);
	say("lseekdir to nowhere", smbc_lseekdir(dh, 1000000));
	say("rewind", smbc_lseekdir(dh, 0));
	used = smbc_getdents((unsigned)dh, (void *)buf, (int)sizeof(buf));
	printf("getdents %d\n", used > 0);
	say("getdents at the end",
	    smbc_getdents((unsigned)dh, (void *)buf, (int)sizeof(buf)));
	say("rewind", smbc_lseekdir(dh, 0));
	say("getdents into too little",
	    smbc_getdents((unsigned)dh, (void *)buf, 8));
	for (info = smbc_readdirplus2((unsigned)dh, &st); info != NULL;
	     info = smbc_readdirplus2((unsigned)dh, &st)) {
		if (strcmp(info->name, "file") == 0) {
			printf("plus %s %lu %ld %d\n", info->name,
			       (unsigned long)info->size, (long)st.st_size,
			       info->mtime_ts.tv_sec == st.st_mtime);
		}
	}
	say("rewind", smbc_lseekdir(dh, 0));
	for (info = smbc_readdirplus((unsigned)dh); info != NULL;
	     info = smbc_readdirplus((unsigned)dh)) {
		if (strcmp(info->name, "file") == 0) {
			printf("plus %s %lu\n", info->name,
			       (unsigned long)info->size);
		}
	}
	say("fstat of a folder", smbc_fstat(dh, &st));
	printf("folder %d\n", S_ISDIR(st.st_mode) != 0);
	say("closedir", smbc_closedir(dh));
	say("readdir of no folder", smbc_readdir(1) == NULL ? -1 : 0);
}

static void folders(void)
{
	struct statvfs fs = {0};
	char share[1024];
	int dh = 0;
	int fd = 0;

	say("mkdir", smbc_mkdir(at("sub"), 0755));
	say("mkdir again", smbc_mkdir(at("sub"), 0755));
	fd = smbc_creat(at("sub/file"), 0644);
	say("write", smbc_write(fd, "1234567", 7));
	say("close", smbc_close(fd));
	list(at("sub"));
	list(at("nowhere"));
	list(at("sub/file"));
	positions();
	say("rmdir of what is full", smbc_rmdir(at("sub")));
	say("unlink of a folder", smbc_unlink(at("sub")));
	say("unlink", smbc_unlink(at("sub/file")));
	say("rmdir", smbc_rmdir(at("sub")));
	snprintf(share, sizeof(share), "%s", base);
	say("statvfs", smbc_statvfs(share, &fs));
	printf("blocks %d\n", fs.f_blocks > 0 && fs.f_bsize > 0);
	memset(&fs, 0, sizeof(fs));
	dh = opened("opendir", smbc_opendir(base));
	say("fstatvfs", smbc_fstatvfs(dh, &fs));
	printf("blocks %d\n", fs.f_blocks > 0 && fs.f_bsize > 0);
	say("closedir", smbc_closedir(dh));
	say("fstatvfs", smbc_fstatvfs(dh, &fs));
}

/* --------------------------------------------------------------- attributes */

static void show_xattr(const char *name)
{
	char value[4096] = {0};
	int size = smbc_getxattr(at("file"), name, NULL, 0);
	int n = smbc_getxattr(at("file"), name, value, sizeof(value));

	if (n < 0) {
		say(name, n);
		return;
	}
	printf("%s: %s%s\n", name, strlen(value) > 60 ? "long" : value,
	       size == n && strlen(value) == (size_t)n ? "" : " (odd)");
}

static int set_xattr(const char *name, const char *value, int flags)
{
	return smbc_setxattr(at("file"), name, value, strlen(value), flags);
}

static void xattrs(void)
{
	char few[4] = {0};
	char names[4096] = {0};

	say("listxattr", smbc_listxattr(at("file"), names, sizeof(names)) > 0);
	printf("first %s\n", names);
	say("listxattr into too little", smbc_listxattr(at("file"), few, 4));
	say("getxattr into too little",
	    smbc_getxattr(at("file"), "system.nt_sec_desc.*", few, 4));
	show_xattr("system.*");
	show_xattr("system.nt_sec_desc.revision");
	show_xattr("system.nt_sec_desc.sacl");
	show_xattr("user.comment");
	say("acl",
	    set_xattr("system.nt_sec_desc.acl:S-1-1-0", "ALLOWED/0/READ", 0));
	show_xattr("system.nt_sec_desc.acl:S-1-1-0");
	say("acl that is there",
	    set_xattr("system.nt_sec_desc.acl:S-1-1-0", "ALLOWED/0/FULL",
		      SMBC_XATTR_FLAG_CREATE));
	say("acl that is not there",
	    set_xattr("system.nt_sec_desc.acl:S-1-5-7", "ALLOWED/0/FULL",
		      SMBC_XATTR_FLAG_REPLACE));
	say("acl, but how",
	    set_xattr("system.nt_sec_desc.acl:S-1-1-0", "?", 0));
	say("remove",
	    smbc_removexattr(at("file"), "system.nt_sec_desc.acl:S-1-1-0"));
	show_xattr("system.nt_sec_desc.acl:S-1-1-0");
	say("remove the owner",
	    smbc_removexattr(at("file"), "system.nt_sec_desc.owner"));
	say("mode", set_xattr("system.dos_attr.mode", "0x23", 0));
	show_xattr("system.dos_attr.mode");
	say("all",
	    set_xattr("system.dos_attr.*",
		      "MODE:0x20,A_TIME:1000000000,M_TIME:1100000000", 0));
	show_xattr("system.dos_attr.m_time");
}

/* The same by number; and of what the last name is, a link or not. */
static void other_xattrs(void)
{
	static const char acl[] = "system.nt_sec_desc.acl:S-1-1-0";
	static const char value[] = "ALLOWED/0/READ";
	char buf[4096] = {0};
	int fd = opened("open", smbc_open(at("file"), O_RDWR, 0));

	say("flistxattr", smbc_flistxattr(fd, buf, sizeof(buf)) > 0);
	say("fsetxattr", smbc_fsetxattr(fd, acl, value, strlen(value), 0));
	memset(buf, 0, sizeof(buf));
	say("fgetxattr", smbc_fgetxattr(fd, acl, buf, sizeof(buf)) > 0);
	printf("%s\n", buf);
	say("fremovexattr", smbc_fremovexattr(fd, acl));
	say("fgetxattr", smbc_fgetxattr(fd, acl, buf, sizeof(buf)));
	say("close", smbc_close(fd));
	say("fgetxattr", smbc_fgetxattr(fd, acl, buf, sizeof(buf)));
	say("fsetxattr", smbc_fsetxattr(fd, acl, value, strlen(value), 0));
	say("llistxattr", smbc_llistxattr(at("file"), buf, sizeof(buf)) > 0);
	say("lsetxattr",
	    smbc_lsetxattr(at("file"), acl, value, strlen(value), 0));
	memset(buf, 0, sizeof(buf));
	say("lgetxattr", smbc_lgetxattr(at("file"), acl, buf, sizeof(buf)) > 0);
	printf("%s\n", buf);
	say("lremovexattr", smbc_lremovexattr(at("file"), acl));
	say("lgetxattr", smbc_lgetxattr(at("file"), acl, buf, sizeof(buf)));
}

static void attributes(void)
{
	struct utimbuf both = {1000000000, 1400000000};
	struct timeval times[2] = {{1200000000, 0}, {1300000000, 500000}};
	struct stat st = {0};
	int fd = smbc_creat(at("file"), 0644);

	say("close", smbc_close(fd));
	say("utimes", smbc_utimes(at("file"), times));
	say("stat", smbc_stat(at("file"), &st));
	printf("%ld %ld.%ld\n", (long)st.st_atime, (long)st.st_mtime,
	       st.st_mtim.tv_nsec / 1000000);
	say("utime", smbc_utime(at("file"), &both));
	say("stat", smbc_stat(at("file"), &st));
	printf("%ld %ld\n", (long)st.st_atime, (long)st.st_mtime);
	say("chmod", smbc_chmod(at("file"), 0444 | S_IXOTH));
	say("stat", smbc_stat(at("file"), &st));
	printf("%o\n", (unsigned)st.st_mode);
	say("chmod", smbc_chmod(at("file"), 0644));
	say("stat", smbc_stat(at("file"), &st));
	printf("%o\n", (unsigned)st.st_mode);
	say("stat of nothing", smbc_stat(at("none"), &st));
	xattrs();
	other_xattrs();
	say("unlink", smbc_unlink(at("file")));
}

/* --------------------------------------------- with a context, and its slots
 */

static int progress(off_t n, void *priv)
{
	*(off_t *)priv = n;
	return 1;
}

static void copy_there(SMBCCTX *c)
{
	char *back = calloc(1, BIG);
	off_t told = 0;
	SMBCFILE *from = smbc_getFunctionOpen(c)(c, at("big"), O_RDONLY, 0);
	SMBCFILE *to = smbc_getFunctionOpen(c)(c, at("copy"),
					       O_RDWR | O_CREAT | O_TRUNC, 0);

	say("splice",
	    smbc_getFunctionSplice(c)(c, from, to, BIG + 5, progress, &told));
	printf("told %ld\n", (long)told);
	say("seek", smbc_getFunctionLseek(c)(c, to, 0, SEEK_SET));
	say("read", smbc_getFunctionRead(c)(c, to, back, BIG));
	printf("same %d\n", memcmp(big, back, BIG) == 0);
	say("close", smbc_getFunctionClose(c)(c, from));
	say("close", smbc_getFunctionClose(c)(c, to));
	free(back);
}

static int changes;

static int changed(const struct smbc_notify_callback_action *actions,
		   size_t count, void *private_data)
{
	size_t i = 0;

	(void)private_data;
	for (i = 0; i < count; i++) {
		printf("  %u %s\n", actions[i].action, actions[i].filename);
	}
	changes++;
	if (changes == 1) { /* nothing happened yet: make it happen */
		int fd = smbc_creat(at("new"), 0644);

		smbc_close(fd);
		return 0;
	}
	return count > 0;
}

static void notify(void)
{
	int dh = opened("opendir", smbc_opendir(base));

	say("notify", smbc_notify(dh, 0, SMBC_NOTIFY_CHANGE_FILE_NAME, 1000,
				  changed, NULL));
	say("closedir", smbc_closedir(dh));
	say("unlink", smbc_unlink(at("new")));
}

static void printing(void)
{
	say("print", smbc_print_file(at("big"), base));
	say("print job", smbc_open_print_job(base));
	say("print jobs", smbc_list_print_jobs(base, NULL));
	say("no print job", smbc_unlink_print_job(base, 1));
}

int main(int argc, char **argv)
{
	SMBCCTX *c = NULL;
	struct stat st = {0};
	char text[16];

	if (argc != 4) {
		fprintf(stderr, "usage: libsmb_calls FOLDER USER PASSWORD\n");
		return 2;
	}
	setvbuf(stdout, NULL, _IOLBF, 0);
	base = argv[1];
	user = argv[2];
	password = argv[3];
	say("before smbc_init", smbc_open(base, O_RDONLY, 0));
	say("without a function", smbc_init(NULL, 0));
	say("init", smbc_init(ask, 0));
	c = smbc_set_context(NULL);
	smbc_setOptionNoAutoAnonymousLogin(c, 1);
	printf("timeout %d, level %d\n", smbc_getTimeout(c),
	       smbc_getOptionSmbEncryptionLevel(c));
	if (getenv("SLOW") != NULL) {
		smbc_setTimeout(c, SLOW_MS); /* under valgrind */
	}
	smbc_option_set(c, "smb_encrypt_level", "request");
	printf("level %s\n", (char *)smbc_option_get(c, "smb_encrypt_level"));
	smbc_setOptionSmbEncryptionLevel(c, SMBC_ENCRYPTLEVEL_DEFAULT);
	files();
	big_files();
	folders();
	attributes();
	copy_there(c);
	notify();
	printing();
	say("unlink", smbc_unlink(at("copy")));
	say("unlink", smbc_unlink(at("big")));
	say("purge", smbc_getFunctionPurgeCachedServers(c)(c));
	smbc_setOptionSmbEncryptionLevel(c, SMBC_ENCRYPTLEVEL_REQUEST);
	say("encrypted, if that can be", smbc_stat(base, &st));
	user = "nobody"; /* of whom it hears only where nobody said who */
	smbc_set_credentials("", argv[2], argv[3], 0, "");
	say("purge", smbc_getFunctionPurgeCachedServers(c)(c));
	say("as who was set", smbc_stat(base, &st));
	smbc_set_credentials("", "", "", 0, "");
	say("purge", smbc_getFunctionPurgeCachedServers(c)(c));
	say("as nobody", smbc_mkdir(at("no"), 0));
	say("free", smbc_free_context(c, 1));
	smbc_urlencode(text, "a b", sizeof(text));
	printf("%s\n", text);
	free(big);
	return 0;
}
