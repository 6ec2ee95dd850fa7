/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A filter is a program of the kernel's BPF machine that looks at the number
 * of a call: it is written here, for the architecture that this is compiled
 * for, from the list in sandbox_calls.c. The kernel remembers which calls it
 * lets through always, so the length of the list costs nothing.
 */
#include "smbquic/sandbox.h"

#include <errno.h>
#include <linux/audit.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <ucontext.h>
#include <unistd.h>

#include "smbquic/sandbox_private.h"

#if defined(__x86_64__)
#define ARCHITECTURE AUDIT_ARCH_X86_64
#define RESULT(uc)   ((uc)->uc_mcontext.gregs[REG_RAX])
#define HIGHEST_CALL 0x3fffffff /* above are those of x32 */
#elif defined(__i386__)
#define ARCHITECTURE AUDIT_ARCH_I386
#define RESULT(uc)   ((uc)->uc_mcontext.gregs[REG_EAX])
#elif defined(__aarch64__)
#define ARCHITECTURE AUDIT_ARCH_AARCH64
#define RESULT(uc)   ((uc)->uc_mcontext.regs[0])
#elif defined(__arm__)
#define ARCHITECTURE AUDIT_ARCH_ARM
#define RESULT(uc)   ((uc)->uc_mcontext.arm_r0)
#elif defined(__s390x__)
#define ARCHITECTURE AUDIT_ARCH_S390X
#define RESULT(uc)   ((uc)->uc_mcontext.gregs[2])
#elif defined(__riscv) && __riscv_xlen == 64
#define ARCHITECTURE AUDIT_ARCH_RISCV64
#define RESULT(uc)   ((uc)->uc_mcontext.__gregs[REG_A0])
#endif

#ifndef HIGHEST_CALL
#define HIGHEST_CALL 0x7fffffff
#endif

/* --- capabilities ------------------------------------------------------- */

static int drop_bounding(uint64_t keep)
{
	int cap = 0;

	for (cap = 0; cap < 64 && prctl(PR_CAPBSET_READ, cap) >= 0; cap++) {
		if ((keep >> cap & 1) == 0 &&
		    prctl(PR_CAPBSET_READ, cap) == 1 &&
		    prctl(PR_CAPBSET_DROP, cap, 0, 0, 0) != 0 &&
		    errno != EPERM) { /* nobody who could use them either */
			return errno;
		}
	}
	return 0;
}

int sandbox_capabilities(uint64_t keep)
{
	struct __user_cap_header_struct head = {
		.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct data[2] = {{0}};
	int err = drop_bounding(keep);
	bool fewer = false;
	int i = 0;

	if (err != 0) {
		return err;
	}
	if (syscall(SYS_capget, &head, data) != 0) {
		return errno;
	}
	for (i = 0; i < 2; i++) {
		uint32_t mask = (uint32_t)(keep >> (32 * i));

		fewer |= ((data[i].permitted | data[i].inheritable) & ~mask) !=
			 0;
		data[i].permitted &= mask;
		data[i].effective &= mask;
		data[i].inheritable &= mask;
	}
	(void)prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
	/* not called for nothing: a service manager's filter may refuse it */
	if ((fewer && syscall(SYS_capset, &head, data) != 0) ||
	    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) {
		return errno;
	}
	return 0;
}

/* --- what is refused ---------------------------------------------------- */

#ifdef ARCHITECTURE

static const char *program_name = "smbquic";

/* Each refused call is told of once: a bit for each number, set by whichever
 * thread comes first. */
#define TOLD_MAX 1024
static unsigned char told[TOLD_MAX];

/* In a signal handler there is no stdio. */
static void tell(int number)
{
	static const char before[] = ": sandbox: the system call ";
	static const char after[] = " is not allowed (EPERM)\n";
	const char *program = program_name;
	char line[160] = "";
	char digits[12] = "";
	size_t at = 0;
	size_t n = 0;

	do {
		digits[n++] = (char)('0' + number % 10);
		number /= 10;
	} while (number > 0 && n < sizeof(digits));
	for (; *program != '\0' && at < 64; program++) {
		line[at++] = *program;
	}
	memcpy(line + at, before, sizeof(before) - 1);
	at += sizeof(before) - 1;
	while (n > 0) {
		line[at++] = digits[--n];
	}
	memcpy(line + at, after, sizeof(after) - 1);
	at += sizeof(after) - 1;
	(void)!write(STDERR_FILENO, line, at);
}

static void on_refused(int signum, siginfo_t *info, void *context)
{
	ucontext_t *uc = context;
	int number = info->si_syscall;
	int before = errno;

	(void)signum;
	RESULT(uc) = -EPERM;
	if (number < 0 || number >= TOLD_MAX ||
	    !__atomic_exchange_n(&told[number], 1, __ATOMIC_RELAXED)) {
		tell(number < 0 ? 0 : number);
	}
	errno = before;
}

static bool listen_for_refusals(void)
{
	struct sigaction action = {.sa_sigaction = on_refused,
				   .sa_flags = SA_SIGINFO | SA_NODEFER |
					       SA_RESTART};
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGSYS);
	return sigaction(SIGSYS, &action, NULL) == 0 &&
	       pthread_sigmask(SIG_UNBLOCK, &set, NULL) == 0;
}

/* --- the filter --------------------------------------------------------- */

#define FILTER_MAX 1024

struct program {
	struct sock_filter code[FILTER_MAX];
	unsigned short len;
};

static void put(struct program *p, struct sock_filter instruction)
{
	if (p->len < FILTER_MAX) {
		p->code[p->len++] = instruction;
	}
}

static void put_load(struct program *p, size_t offset)
{
	put(p, (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
					    (uint32_t)offset));
}

static void put_return(struct program *p, uint32_t action)
{
	put(p, (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, action));
}

/* Unless the accumulator and value match, the next n are left out. */
static void put_unless(struct program *p, unsigned op, uint32_t value,
		       uint8_t n)
{
	put(p, (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_K | op, value, 0, n));
}

#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
#define LOW_HALF sizeof(uint32_t)
#else
#define LOW_HALF 0
#endif

/* The low half of an argument: what is looked at is an int or a flag. */
static size_t argument(int n)
{
	return offsetof(struct seccomp_data, args) +
	       (size_t)n * sizeof(uint64_t) + LOW_HALF;
}

#define NAME_SPACES                                                  \
	(CLONE_NEWNS | CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNET | \
	 CLONE_NEWIPC | CLONE_NEWUTS | CLONE_NEWCGROUP)

#ifdef __s390x__
#define CLONE_FLAGS 1
#else
#define CLONE_FLAGS 0
#endif

/* The same number everywhere; older headers do not have it. */
#ifndef SYS_clone3
#define SYS_clone3 435
#endif

/* Threads and processes, in the name spaces that are there. clone3() hides its
 * flags in memory; C libraries take clone() where it does not exist. */
static void put_clone(struct program *p, uint32_t refusal)
{
	put_unless(p, BPF_JEQ, SYS_clone3, 1);
	put_return(p, SECCOMP_RET_ERRNO | ENOSYS);
	put_unless(p, BPF_JEQ, SYS_clone, 4);
	put_load(p, argument(CLONE_FLAGS));
	put_unless(p, BPF_JSET, NAME_SPACES, 1);
	put_return(p, refusal);
	put_return(p, SECCOMP_RET_ALLOW);
}

static void put_socket(struct program *p, uint32_t refusal)
{
	static const int families[] = {AF_UNIX, AF_INET, AF_INET6, AF_NETLINK};
	const size_t n = sizeof(families) / sizeof(families[0]);
	size_t i = 0;

	put_unless(p, BPF_JEQ, SYS_socket, (uint8_t)(2 * n + 2));
	put_load(p, argument(0));
	for (i = 0; i < n; i++) {
		put_unless(p, BPF_JEQ, (uint32_t)families[i], 1);
		put_return(p, SECCOMP_RET_ALLOW);
	}
	put_return(p, refusal);
}

static void write_filter(struct program *p, unsigned also, uint32_t refusal)
{
	size_t i = 0;

	put_load(p, offsetof(struct seccomp_data, arch));
	put_unless(p, BPF_JEQ, ARCHITECTURE, 1);
	put(p, (struct sock_filter)BPF_STMT(BPF_JMP | BPF_JA, 1));
	put_return(p, SECCOMP_RET_KILL_PROCESS);
	put_load(p, offsetof(struct seccomp_data, nr));
	put_unless(p, BPF_JGT, HIGHEST_CALL, 1);
	put_return(p, refusal);
	put_clone(p, refusal);
	put_socket(p, refusal);
	if (also & SANDBOX_EXECUTES) {
		put_unless(p, BPF_JEQ, SYS_execve, 1);
		put_return(p, SECCOMP_RET_ALLOW);
	}
	for (i = 0; sandbox_calls[i] >= 0; i++) {
		put_unless(p, BPF_JEQ, (uint32_t)sandbox_calls[i], 1);
		put_return(p, SECCOMP_RET_ALLOW);
	}
	put_return(p, refusal);
}

int sandbox_filter(enum sandbox_filter how, unsigned also, const char *name)
{
	static struct program program; /* too large for a stack */
	struct sock_fprog prog = {.filter = program.code};

	if (how == SANDBOX_OFF) {
		return 0;
	}
	program_name = name;
	program.len = 0;
	write_filter(&program, also,
		     how == SANDBOX_KILL ? SECCOMP_RET_KILL_PROCESS
					 : SECCOMP_RET_TRAP);
	prog.len = program.len;
	if (program.len == FILTER_MAX) {
		return E2BIG;
	}
	if (how == SANDBOX_REFUSE && !listen_for_refusals()) {
		return errno;
	}
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 ||
	    prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &prog) != 0) {
		return errno == EINVAL ? ENOSYS : errno;
	}
	return 0;
}

#else

int sandbox_filter(enum sandbox_filter how, unsigned also, const char *name)
{
	(void)also;
	(void)name;
	return how == SANDBOX_OFF ? 0 : ENOSYS;
}

#endif

bool sandbox_allows(long number)
{
	size_t i = 0;

	for (i = 0; sandbox_calls[i] >= 0; i++) {
		if (sandbox_calls[i] == number) {
			return true;
		}
	}
	return false;
}
