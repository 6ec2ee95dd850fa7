/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Acting as a user. On Linux user and groups belong to a thread; it is glibc
 * that makes setresuid(2) change all threads of a process. So these are the
 * bare system calls, and only the calling thread changes.
 *
 * A thread that acts as a user has that effective uid (and with it the file
 * system uid), gid and groups; going from effective uid 0 to another clears
 * the effective capabilities, going back restores them from the permitted
 * ones, which stay since the real and the saved uid stay 0. So neither the
 * power to override permissions nor reserved blocks nor quota exemptions leak
 * into what is done for a user.
 */

#include <errno.h>
#include <linux/capability.h>
#include <linux/securebits.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "server/store_posix.h"
#include "smbquic/log.h"
#include "smbquic/thread_user.h"

/* Whom a thread acts as (a reference); none: as the process. */
static pthread_key_t current_key;
static pthread_once_t current_once = PTHREAD_ONCE_INIT;

/* The process's own groups, taken when the first store is made. */
static gid_t *own_groups;
static int num_own_groups;

/* All of them? */
static bool have_capabilities(uint32_t wanted)
{
	struct __user_cap_header_struct head = {
		.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct data[2] = {{0}};

	return syscall(SYS_capget, &head, data) == 0 &&
	       (data[0].effective & wanted) == wanted;
}

bool posix_cred_is_admin(void)
{
	return have_capabilities(1u << CAP_SYS_ADMIN);
}

/* Whether another uid would keep root's capabilities. */
static bool capabilities_stick(void)
{
	int bits = prctl(PR_GET_SECUREBITS);

	return bits < 0 || (bits & SECBIT_NO_SETUID_FIXUP) != 0;
}

static bool remember_own_groups(void)
{
	int n = getgroups(0, NULL);

	if (own_groups != NULL) {
		return true;
	}
	if (n < 0) {
		return false;
	}
	own_groups = calloc((size_t)n + 1, sizeof(gid_t));
	if (own_groups == NULL) {
		return false;
	}
	num_own_groups = getgroups(n, own_groups);
	return num_own_groups >= 0;
}

bool posix_cred_usable(const char **why)
{
	*why = NULL;
	if (!remember_own_groups()) {
		*why = "out of memory";
		return false;
	}
	if (geteuid() != 0) {
		return false;
	}
	if (getuid() != 0 ||
	    !have_capabilities(1u << CAP_SETUID | 1u << CAP_SETGID)) {
		*why = "the server runs as root but may not act as its users "
		       "(it lacks CAP_SETUID or CAP_SETGID)";
		return false;
	}
	if (capabilities_stick()) {
		*why = "the server's capabilities would stay with its users "
		       "(securebits has no-setuid-fixup)";
		return false;
	}
	return true;
}

/* --- the shared form ---------------------------------------------------- */

struct posix_cred *posix_cred_keep(struct posix_cred *cred)
{
	if (cred != NULL) {
		atomic_fetch_add(&cred->refs, 1);
	}
	return cred;
}

void posix_cred_drop(struct posix_cred *cred)
{
	if (cred != NULL && atomic_fetch_sub(&cred->refs, 1) == 1) {
		free(cred);
	}
}

static void cred_drop_void(void *shared)
{
	posix_cred_drop(shared);
}

struct posix_cred *posix_cred_get(const struct store_cred *cred)
{
	struct store_cred *writable = (struct store_cred *)cred;
	size_t size = cred->num_groups * sizeof(gid_t);
	struct posix_cred *shared = cred->shared;

	if (shared == NULL) {
		shared = calloc(1, sizeof(*shared) + size);
		if (shared == NULL) {
			return NULL;
		}
		atomic_init(&shared->refs, 1);
		shared->uid = cred->uid;
		shared->gid = cred->gid;
		shared->num_groups = cred->num_groups;
		memcpy(shared->groups, cred->groups, size);
		writable->shared = shared;
		writable->drop = cred_drop_void;
	}
	return posix_cred_keep(shared);
}

/* --- in threads --------------------------------------------------------- */

static void make_current_key(void)
{
	if (pthread_key_create(&current_key, cred_drop_void) != 0) {
		abort();
	}
}

static struct posix_cred *get_current(void)
{
	pthread_once(&current_once, make_current_key);
	return pthread_getspecific(current_key);
}

static void set_current(struct posix_cred *cred)
{
	if (pthread_setspecific(current_key, cred) != 0) {
		abort();
	}
}

/* A thread with somebody's rights that cannot lay them down must not go on. */
static void leave(struct posix_cred *cred)
{
	if (thread_set_user(0) != 0 || thread_set_group(getgid()) != 0 ||
	    thread_set_groups((size_t)num_own_groups, own_groups) != 0) {
		log_error("cannot leave the rights of uid %u: %s",
			  (unsigned)cred->uid, strerror(errno));
		abort();
	}
	set_current(NULL);
	posix_cred_drop(cred);
}

int posix_cred_enter(struct posix_cred *cred)
{
	struct posix_cred *current = get_current();
	int err = 0;

	if (cred == current) {
		return 0;
	}
	if (current != NULL) {
		leave(current);
	}
	if (cred == NULL) {
		return 0;
	}
	set_current(posix_cred_keep(cred));
	if (thread_set_groups(cred->num_groups, cred->groups) == 0 &&
	    thread_set_group(cred->gid) == 0 &&
	    thread_set_user(cred->uid) == 0) {
		return 0;
	}
	err = errno;
	log_error("cannot act as uid %u, gid %u: %s", (unsigned)cred->uid,
		  (unsigned)cred->gid, strerror(err));
	leave(cred);
	return err;
}

struct posix_cred *posix_cred_current(void)
{
	return get_current();
}

uid_t posix_cred_uid(void)
{
	const struct posix_cred *current = get_current();

	return current == NULL ? geteuid() : current->uid;
}

/* A server that is no root acts, and is asked, as itself for everybody. */
bool posix_who(const struct posix_job *job, struct acl_who *who)
{
	const struct posix_cred *cred = job->cred;

	who->map = &job->root->sids;
	if (cred != NULL) {
		who->uid = cred->uid;
		who->gid = cred->gid;
		who->num_groups = cred->num_groups;
		who->groups = cred->groups;
		return true;
	}
	who->uid = geteuid();
	who->gid = getegid();
	who->num_groups = (size_t)num_own_groups;
	who->groups = own_groups;
	return !job->root->switches;
}
