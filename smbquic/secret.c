/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "smbquic/secret.h"

#include <fcntl.h>
#include <features.h>
#include <gnutls/gnutls.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifdef __GLIBC__
#include <malloc.h>
#endif

/* The same number everywhere; older headers do not have it. */
#ifndef SYS_memfd_secret
#define SYS_memfd_secret 447
#endif

/* --- memory ------------------------------------------------------------- */

struct secret {
	void *data;
	size_t size; /* whole pages */
};

static int secret_destructor(struct secret *secret)
{
	explicit_bzero(secret->data, secret->size);
	munmap(secret->data, secret->size);
	return 0;
}

/* A descriptor is needed for as long as it takes to map it. */
static void *map_unseen(size_t size)
{
	int fd = (int)syscall(SYS_memfd_secret, O_CLOEXEC);
	void *data = MAP_FAILED;

	if (fd == -1) {
		return MAP_FAILED;
	}
	if (ftruncate(fd, (off_t)size) == 0) {
		data = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd,
			    0);
	}
	close(fd);
	return data;
}

static void *map_plain(size_t size)
{
	void *data = mmap(NULL, size, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (data != MAP_FAILED) {
		(void)mlock(data, size);
	}
	return data;
}

void *secret_new(TALLOC_CTX *mem_ctx, size_t size)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	struct secret *secret = NULL;

	if (size > SIZE_MAX / 2) {
		return NULL;
	}
	secret = talloc_zero(mem_ctx, struct secret);
	if (secret == NULL) {
		return NULL;
	}
	secret->size = size == 0 ? page : (size + page - 1) / page * page;
	secret->data = map_unseen(secret->size);
	if (secret->data == MAP_FAILED) {
		secret->data = map_plain(secret->size);
	}
	if (secret->data == MAP_FAILED) {
		talloc_free(secret);
		return NULL;
	}
	(void)madvise(secret->data, secret->size, MADV_DONTDUMP);
	(void)madvise(secret->data, secret->size, MADV_DONTFORK);
	talloc_set_destructor(secret, secret_destructor);
	return secret->data;
}

char *secret_text(TALLOC_CTX *mem_ctx, const char *text)
{
	size_t size = strlen(text) + 1;
	char *copy = secret_new(mem_ctx, size);

	if (copy != NULL) {
		memcpy(copy, text, size);
	}
	return copy;
}

static int wipe_whole(char *text)
{
	explicit_bzero(text, talloc_get_size(text));
	return 0;
}

char *secret_strdup(TALLOC_CTX *mem_ctx, const char *text)
{
	char *copy = talloc_strdup(mem_ctx, text);

	if (copy != NULL) {
		talloc_set_destructor(copy, wipe_whole);
	}
	return copy;
}

void secret_wipe_text(const char *text)
{
	if (text != NULL) {
		explicit_bzero((void *)(uintptr_t)text, strlen(text));
	}
}

char *secret_take_env(TALLOC_CTX *mem_ctx, const char *name)
{
	char *value = getenv(name);
	char *copy = value == NULL ? NULL : secret_text(mem_ctx, value);

	if (copy != NULL) {
		secret_wipe_text(value);
		unsetenv(name);
	}
	return copy;
}

/* --- the process -------------------------------------------------------- */

#ifdef __GLIBC__
static void free_wiped(void *data)
{
	if (data != NULL) {
		explicit_bzero(data, malloc_usable_size(data));
		free(data);
	}
}

static void wipe_on_free(void)
{
	(gnutls_free) = free_wiped;
}
#else
static void wipe_on_free(void)
{
}
#endif

bool secret_dumps_wanted(void)
{
	const char *text = getenv("SMBQUIC_CORE_DUMPS");

	return text != NULL && *text != '\0' && strcmp(text, "no") != 0 &&
	       strcmp(text, "0") != 0;
}

void secret_guard_process(bool dumps)
{
	wipe_on_free();
	(void)prctl(PR_SET_DUMPABLE, dumps ? 1 : 0, 0, 0, 0);
}
