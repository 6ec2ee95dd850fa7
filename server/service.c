/* SPDX-License-Identifier: GPL-3.0-or-later */

#include "server/service.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <syslog.h>
#include <unistd.h>

#include "smbquic/log.h"
#include "smbquic/sandbox.h"
#include "smbquic/secret.h"

/* Fewer descriptors than these are worth a word. */
#define ENOUGH_DESCRIPTORS 4096

/* There is one service in a process. */
static int parent_fd = -1;
static int pid_fd = -1;
static char *pid_path;
static bool logs_to_file;

void service_raise_descriptors(void)
{
	struct rlimit limit = {0};

	if (getrlimit(RLIMIT_NOFILE, &limit) != 0) {
		return;
	}
	if (limit.rlim_cur != limit.rlim_max) {
		limit.rlim_cur = limit.rlim_max;
		setrlimit(RLIMIT_NOFILE, &limit);
	}
	if (limit.rlim_cur < ENOUGH_DESCRIPTORS) {
		log_warn("only %ju descriptors are permitted (ulimit -Hn): an "
			 "open file and a connection cost one each",
			 (uintmax_t)limit.rlim_cur);
	}
}

/* --- confinement -----------------------------------------------------------
 */

/* What serving files as somebody else takes; a caller of ours may have less. */
static const uint64_t needed =
	1u << CAP_SETUID | 1u << CAP_SETGID | 1u << CAP_DAC_OVERRIDE |
	1u << CAP_DAC_READ_SEARCH | 1u << CAP_CHOWN | 1u << CAP_FOWNER |
	1u << CAP_FSETID | 1u << CAP_NET_BIND_SERVICE;

static bool bound_capabilities(const struct config *config)
{
	uint64_t keep = needed;
	int err = 0;

	if (!config_bool(config, NULL, CONFIG_BOUNDED_CAPABILITIES)) {
		keep |= 1u << CAP_SYS_ADMIN;
	}
	if (config_bool(config, NULL, CONFIG_OBEY_PAM)) {
		keep |= 1u << CAP_AUDIT_WRITE; /* libpam insists */
	}
	err = sandbox_capabilities(keep);
	if (err != 0) {
		log_error("capabilities cannot be given up: %s", strerror(err));
		errno = err;
	}
	return err == 0;
}

static bool filter_calls(const struct config *config)
{
	enum sandbox_filter how = (enum sandbox_filter)config_int(
		config, NULL, CONFIG_SYSTEM_CALL_FILTER);
	unsigned also = config_bool(config, NULL, CONFIG_OBEY_PAM)
				? SANDBOX_EXECUTES
				: 0;
	int err = sandbox_filter(how, also, "smbquicd");

	if (err == ENOSYS) {
		log_warn("no system call filter: this kernel, or this build, "
			 "has none");
		return true;
	}
	if (err != 0) {
		log_error("system call filter: %s", strerror(err));
		errno = err;
	}
	return err == 0;
}

bool service_confine(const struct config *config)
{
	secret_guard_process(config_bool(config, NULL, CONFIG_CORE_DUMPS));
	return bound_capabilities(config) && filter_calls(config);
}

/* --- background ------------------------------------------------------------
 */

/* The parent's part: what became of the child? */
static void wait_for_child(int fd)
{
	char byte = 0;
	ssize_t n = 0;

	do {
		n = read(fd, &byte, 1);
	} while (n < 0 && errno == EINTR);
	_exit(n == 1 ? 0 : 1);
}

bool service_background(void)
{
	int fds[2] = {-1, -1};
	pid_t pid = 0;

	if (pipe2(fds, O_CLOEXEC) != 0) {
		return false;
	}
	pid = fork();
	if (pid < 0) {
		close(fds[0]);
		close(fds[1]);
		return false;
	}
	if (pid > 0) {
		close(fds[1]);
		wait_for_child(fds[0]);
	}
	close(fds[0]);
	parent_fd = fds[1];
	setsid();
	return chdir("/") == 0;
}

static void to_syslog(void *private_data, enum log_level level,
		      const char *module, const char *text)
{
	static const int priorities[] = {
		[LOG_LEVEL_ERROR] = LOG_ERR,	 [LOG_LEVEL_WARN] = LOG_WARNING,
		[LOG_LEVEL_NOTICE] = LOG_NOTICE, [LOG_LEVEL_INFO] = LOG_INFO,
		[LOG_LEVEL_DEBUG] = LOG_DEBUG,
	};

	(void)private_data;
	syslog(priorities[level], "%s%s%s", module == NULL ? "" : module,
	       module == NULL ? "" : ": ", text);
}

void service_ready(void)
{
	int null = -1;

	if (parent_fd < 0) {
		return;
	}
	null = open("/dev/null", O_RDWR | O_CLOEXEC);
	if (null >= 0) {
		dup2(null, STDIN_FILENO);
		dup2(null, STDOUT_FILENO);
		if (!logs_to_file) {
			openlog("smbquicd", LOG_PID, LOG_DAEMON);
			log_set_sink(to_syslog, NULL);
			dup2(null, STDERR_FILENO);
		}
		close(null);
	}
	if (write(parent_fd, "r", 1) != 1) {
		/* The parent is gone: nobody wants to know. */
	}
	close(parent_fd);
	parent_fd = -1;
}

bool service_log_to(const char *path)
{
	int fd = -1;

	if (path[0] == '\0') {
		return true;
	}
	fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0640);
	if (fd < 0) {
		return false;
	}
	if (dup2(fd, STDERR_FILENO) < 0) {
		close(fd);
		return false;
	}
	close(fd);
	logs_to_file = true;
	return true;
}

/* --- pid file --------------------------------------------------------------
 */

bool service_pid_file(const char *path)
{
	char text[32] = "";
	int len = 0;

	if (path[0] == '\0') {
		return true;
	}
	pid_fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0644);
	if (pid_fd < 0) {
		return false;
	}
	if (flock(pid_fd, LOCK_EX | LOCK_NB) != 0) {
		close(pid_fd);
		pid_fd = -1;
		return false;
	}
	len = snprintf(text, sizeof(text), "%d\n", (int)getpid());
	if (ftruncate(pid_fd, 0) != 0 ||
	    write(pid_fd, text, (size_t)len) < len) {
		return false;
	}
	pid_path = realpath(path, NULL);
	return true;
}

void service_pid_file_remove(void)
{
	if (pid_path != NULL) {
		unlink(pid_path);
		free(pid_path);
		pid_path = NULL;
	}
	if (pid_fd >= 0) {
		close(pid_fd);
		pid_fd = -1;
	}
}
