/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * mount.smbquic: a share as a folder of this machine.
 *
 * The process that was started waits until the one that serves says that the
 * kernel has taken the mount, so errors are told where it was typed. mount(8)
 * calls us as "mount.smbquic SOURCE PLACE [-sfnv] [-N SPACE] [-o OPTIONS] [-t
 * TYPE]", and mount.fuse3 as "... PLACE -o OPTIONS" under any name.
 */
#define LOG_MODULE "mount"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <syslog.h>
#include <unistd.h>

#include "client/mount/mount.h"
#include "client/target.h"
#include "config.h"
#include "smbquic/heap.h"
#include "smbquic/keyring.h"
#include "smbquic/log.h"
#include "smbquic/prompt.h"
#include "smbquic/secret.h"

/* mount(8)'s exit status. */
#define EXIT_USAGE 1
#define EXIT_FAIL  32
/* -o may be said more than once. */
#define LISTS_MOST 16

static int complain(const char *what)
{
	fprintf(stderr, MOUNT_PROGRAM ": %s\n",
		what != NULL ? what : "out of memory");
	return EXIT_USAGE;
}

static void help(void)
{
	printf("usage: " MOUNT_PROGRAM
	       " //SERVER/SHARE[/FOLDER] PLACE [-F] [-sfnv] "
	       "[-o OPTION,...]\n"
	       "\n"
	       "  -F, --foreground  stay in the foreground, messages to "
	       "standard error\n"
	       "  -f, --fake        look at the options, and mount nothing\n"
	       "  -s, --sloppy      pass over options that are not known\n"
	       "  -n, -v            of mount(8), and of no effect here\n"
	       "  -V, --version     print the version\n"
	       "  -h, --help        this text\n"
	       "\n"
	       "Options after -o:\n");
	mount_options_help(stdout);
}

/* ------------------------------------------------------------ command line */

struct line {
	const char *source;
	const char *place;
	const char *lists[LISTS_MOST];
	size_t count;
	bool foreground;
	bool fake;
	bool sloppy;
};

static bool take_list(struct mount_options *o, const char *list, char **why)
{
	bool ok = mount_options_parse(o, list, why);

	/* Passwords need not be seen by everyone who lists processes. */
	if (strstr(list, "pass") != NULL || strchr(list, '%') != NULL) {
		memset((char *)(uintptr_t)list, 'x', strlen(list));
	}
	return ok;
}

static int no_such_option(const char *arg)
{
	fprintf(stderr, MOUNT_PROGRAM ": %s: no such option; see --help\n",
		arg);
	return EXIT_USAGE;
}

/* Letters, as mount(8) has them. @return -1: go on, or an exit status. */
static int take_letters(struct line *line, const char *arg)
{
	const char *at = NULL;

	for (at = arg + 1; *at != '\0'; at++) {
		switch (*at) {
		case 'h': help(); return 0;
		case 'V': printf("Version %s\n", SMBQUIC_VERSION); return 0;
		case 'F': line->foreground = true; break;
		case 'f': line->fake = true; break;
		case 's': line->sloppy = true; break;
		case 'n': break;
		case 'v': break;
		case 'N':
			return complain("-N: it cannot mount into another "
					"namespace; enter that with "
					"nsenter(1)");
		default: return no_such_option(arg);
		}
	}
	return arg[1] != '\0' ? -1 : no_such_option(arg);
}

/* @return -1: go on, or an exit status. */
static int take_flag(struct line *line, const char *arg)
{
	static const struct {
		const char *word, *letter;
	} words[] = {
		{"--help", "-h"},	{"--version", "-V"},
		{"--foreground", "-F"}, {"--fake", "-f"},
		{"--sloppy", "-s"},	{"--no-mtab", "-n"},
		{"--verbose", "-v"},	{"--namespace", "-N"},
	};
	size_t i = 0;

	for (i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (strcmp(arg, words[i].word) == 0) {
			return take_letters(line, words[i].letter);
		}
	}
	return arg[1] == '-' ? no_such_option(arg) : take_letters(line, arg);
}

static int take_word(struct line *line, const char *word)
{
	if (line->source == NULL) {
		line->source = word;
	} else if (line->place == NULL) {
		line->place = word;
	} else {
		return complain("too much on the command line");
	}
	return -1;
}

static int take_line(int argc, char **argv, struct line *line)
{
	int status = -1;
	int i = 0;

	for (i = 1; i < argc && status < 0; i++) {
		if (strcmp(argv[i], "-o") == 0 && i + 1 < argc) {
			i++;
			if (line->count == LISTS_MOST) {
				return complain("-o: too many of them");
			}
			line->lists[line->count++] = argv[i];
		} else if (strcmp(argv[i], "-t") == 0 && i + 1 < argc) {
			i++;
		} else if (argv[i][0] == '-') {
			status = take_flag(line, argv[i]);
		} else {
			status = take_word(line, argv[i]);
		}
	}
	if (status < 0 && line->place == NULL) {
		status = complain("which share, and where? Try "
				  "mount.smbquic //server/share /mnt, or "
				  "--help");
	}
	return status;
}

/* What was said nearest to the mount wins: client.conf and the environment,
 * the address, and the options. */
static int take_options(struct mount *mount, const struct line *line,
			const struct client_target *target)
{
	struct mount_options *o = mount->options;
	char *why = NULL;
	size_t i = 0;

	o->sloppy = line->sloppy;
	if (!mount_options_conf(o, mount->server)) {
		return EXIT_USAGE;
	}
	if (target->transport != NULL) {
		o->client.transports = target->transport;
	}
	if (target->port != 0) {
		o->client.port = target->port;
	}
	for (i = 0; i < line->count; i++) {
		if (!take_list(o, line->lists[i], &why)) {
			return complain(why);
		}
	}
	if (*o->passed_over != '\0') {
		fprintf(stderr,
			MOUNT_PROGRAM ": warning: of no effect here: %s\n",
			o->passed_over);
	}
	return -1;
}

static void take_user(struct mount_options *o,
		      const struct client_target *target)
{
	if (o->user == NULL && target->user != NULL) {
		o->user = talloc_strdup(o, target->user);
		if (target->domain != NULL) {
			o->domain = talloc_strdup(o, target->domain);
		}
		if (o->password == NULL && target->password != NULL) {
			o->password = talloc_strdup(o, target->password);
		}
	}
	secret_wipe_text(target->password);
}

static int take_target(struct mount *mount, const struct line *line)
{
	struct client_target *target = NULL;
	const char *bad = NULL;
	int status = -1;

	if (!client_target_parse(mount, line->source, &target, &bad)) {
		fprintf(stderr, MOUNT_PROGRAM ": %s: %s\n", line->source, bad);
		return EXIT_USAGE;
	}
	if (target->share == NULL) {
		fprintf(stderr, MOUNT_PROGRAM ": %s: which share?\n",
			line->source);
		return EXIT_USAGE;
	}
	mount->source = line->source;
	mount->server = target->server;
	mount->share = target->share;
	mount->folder = target->path;
	status = take_options(mount, line, target);
	if (status < 0) {
		take_user(mount->options, target);
	}
	if (status < 0 && mount->options->snapshot != NULL) {
		mount->folder = talloc_asprintf(
			mount, "%s%s%s", mount->options->snapshot,
			*target->path != '\0' ? "\\" : "", target->path);
		status = mount->folder != NULL ? -1 : complain(NULL);
	}
	return status;
}

/* Its process was killed, perhaps: the kernel then says so of the folder. */
static int no_place(const char *place, int err)
{
	if (err == ENOTCONN) {
		fprintf(stderr,
			MOUNT_PROGRAM ": %s: a mount is there whose process "
				      "has ended: umount %s, and mount again\n",
			place, place);
	} else {
		fprintf(stderr, MOUNT_PROGRAM ": %s: %s\n", place,
			strerror(err));
	}
	return EXIT_USAGE;
}

static int take_place(struct mount *mount, const char *place)
{
	struct stat st = {0};

	mount->place = realpath(place, NULL);
	if (mount->place == NULL || stat(mount->place, &st) != 0) {
		return no_place(place, errno);
	}
	return S_ISDIR(st.st_mode) ? -1 : no_place(place, ENOTDIR);
}

/* -------------------------------------------------------------- who we are */

static bool password_from(struct mount_options *o, int fd, const char *what)
{
	o->password = prompt_read_line(o, fd);
	if (o->password == NULL) {
		fprintf(stderr, MOUNT_PROGRAM ": %s: %s\n", what,
			prompt_strerror(errno));
	}
	return o->password != NULL;
}

/* PASSWD, PASSWD_FD and PASSWD_FILE, as mount.cifs has them. */
static bool password_from_environment(struct mount_options *o)
{
	const char *password = secret_take_env(o, "PASSWD");
	const char *number = getenv("PASSWD_FD");
	const char *file = getenv("PASSWD_FILE");
	char *end = NULL;
	unsigned long n = 0;
	bool good = true;
	int fd = -1;

	if (password != NULL) {
		o->password = talloc_strdup(o, password);
	} else if (number != NULL) {
		n = strtoul(number, &end, 10);
		if (end == number || *end != '\0' || n > INT_MAX) {
			complain("PASSWD_FD: not a number");
			return false;
		}
		good = password_from(o, (int)n, "PASSWD_FD");
	} else if (file != NULL) {
		fd = open(file, O_RDONLY | O_CLOEXEC);
		good = password_from(o, fd, file);
		if (fd >= 0) {
			close(fd);
		}
	}
	return good;
}

/* Where there is none, things go on as without it. */
static void password_from_keyring(const struct mount *mount)
{
	struct mount_options *o = mount->options;

	if (!o->keyring || o->password != NULL) {
		return;
	}
	o->password = keyring_password(o, mount->server, o->domain, o->user);
	if (o->password == NULL && errno != ENOKEY) {
		o->keyring = false;
		fprintf(stderr, MOUNT_PROGRAM ": keyring: no password: %s\n",
			keyring_why(errno));
	}
}

static bool ask_password(struct mount_options *o)
{
	char *prompt = talloc_asprintf(
		o, "Password for %s%s%s: ", o->domain != NULL ? o->domain : "",
		o->domain != NULL ? "\\" : "", o->user);

	o->password = prompt_password(o, prompt);
	if (o->password == NULL) {
		fprintf(stderr,
			MOUNT_PROGRAM ": no password for %s: give one with "
				      "credentials=FILE or PASSWD (%s%s)\n",
			o->user, o->keyring ? "the keyring has none; " : "",
			strerror(errno));
	}
	return o->password != NULL;
}

/* Kerberos: tickets that there are, or such as a password gives. KRB5CCNAME is
 * of who mounts, and of nobody else. */
static int take_tickets(const struct mount *mount)
{
	struct mount_options *o = mount->options;
	const char *cache = getenv("KRB5CCNAME");

	if (cache != NULL && !o->has_ticket_uid) {
		o->ccache = talloc_strdup(o, cache);
		if (o->ccache == NULL) {
			return complain(NULL);
		}
	}
	unsetenv("KRB5CCNAME");
	if (o->user != NULL && o->password == NULL && !o->has_ticket_uid &&
	    !password_from_environment(o)) {
		return EXIT_USAGE;
	}
	if (o->user != NULL && !o->has_ticket_uid) {
		password_from_keyring(mount);
	}
	return -1;
}

static int take_credentials(const struct mount *mount)
{
	struct mount_options *o = mount->options;
	char *why = NULL;

	if (o->credentials != NULL &&
	    !mount_options_credentials(o, o->credentials, &why)) {
		return complain(why);
	}
	if (o->anonymous) {
		o->user = NULL;
		o->password = NULL;
		return -1;
	}
	if (o->kerberos != CLIENT_KERBEROS_OFF) {
		return take_tickets(mount);
	}
	if (o->user == NULL && getenv("USER") != NULL) {
		mount_options_user(o, getenv("USER"));
	}
	if (o->user == NULL || *o->user == '\0') {
		return complain("who are you? Name a user with username=");
	}
	if (o->password == NULL && o->no_password) {
		o->password = talloc_strdup(o, "");
	}
	if (o->password == NULL && !password_from_environment(o)) {
		return EXIT_USAGE;
	}
	password_from_keyring(mount);
	if (o->password == NULL && !ask_password(o)) {
		return EXIT_USAGE;
	}
	return -1;
}

/* ------------------------------------------------------------- background */

/* What is told to the one who started us: a byte, when it works. Until then we
 * are of its process group: an automounter's may go where others have to wait
 * for this mount. */
struct waiting {
	int fd;
	bool foreground;
};

static void to_syslog(void *private_data, enum log_level level,
		      const char *module, const char *text)
{
	static const int priorities[] = {LOG_ERR, LOG_WARNING, LOG_NOTICE,
					 LOG_INFO, LOG_DEBUG};

	(void)private_data;
	syslog(priorities[level], "%s%s%s", module != NULL ? module : "",
	       module != NULL ? ": " : "", text);
}

static void leave_terminal(void)
{
	int null = open("/dev/null", O_RDWR);

	openlog(MOUNT_PROGRAM, LOG_PID, LOG_DAEMON);
	log_set_sink(to_syslog, NULL);
	if (null >= 0) {
		dup2(null, STDIN_FILENO);
		dup2(null, STDOUT_FILENO);
		dup2(null, STDERR_FILENO);
		if (null > STDERR_FILENO) {
			close(null);
		}
	}
}

static void tell_ready(struct mount *mount)
{
	struct waiting *w = mount->ready_data;

	if (w->foreground) {
		fprintf(stderr, MOUNT_PROGRAM ": %s is at %s\n", mount->source,
			mount->place);
		return;
	}
	leave_terminal();
	setsid();
	if (write(w->fd, "", 1) != 1) {
		log_warn("nobody waits for the mount any more");
	}
	close(w->fd);
}

/* @return -1 in the child, else the exit status. */
static int wait_for_child(struct waiting *w)
{
	int pipes[2] = {-1, -1};
	int status = 0;
	char byte = 0;
	pid_t pid = 0;

	if (pipe2(pipes, O_CLOEXEC) != 0) {
		return complain(strerror(errno));
	}
	pid = fork();
	if (pid < 0) {
		return complain(strerror(errno));
	}
	if (pid == 0) {
		close(pipes[0]);
		w->fd = pipes[1];
		return -1;
	}
	close(pipes[1]);
	if (read(pipes[0], &byte, 1) == 1) {
		return 0;
	}
	/* it has said why */
	if (waitpid(pid, &status, 0) == pid && WIFEXITED(status) &&
	    WEXITSTATUS(status) != 0) {
		return WEXITSTATUS(status);
	}
	return EXIT_FAIL;
}

/* ----------------------------------------------------------------- serving */

static void on_signal(struct tevent_context *ev, struct tevent_signal *se,
		      int signum, int count, void *siginfo, void *private_data)
{
	struct mount *mount = private_data;

	(void)ev;
	(void)se;
	(void)count;
	(void)siginfo;
	log_info("signal %d", signum);
	mount->ended = true;
}

static bool catch_signals(struct mount *mount)
{
	static const int signals[] = {SIGTERM, SIGINT, SIGHUP};
	size_t i = 0;

	signal(SIGPIPE, SIG_IGN);
	for (i = 0; i < sizeof(signals) / sizeof(signals[0]); i++) {
		/* what holds when nobody listens to it any more */
		signal(signals[i], SIG_IGN);
		if (tevent_add_signal(mount->ev, mount, signals[i], 0,
				      on_signal, mount) == NULL) {
			return false;
		}
	}
	return true;
}

static size_t smaller(size_t a, size_t b)
{
	return a < b ? a : b;
}

static int serve(struct mount *mount)
{
	struct client_facts facts = {0};
	char *why = NULL;

	mount->ev = tevent_context_init(mount);
	mount->nodes = node_table_new(mount);
	if (mount->ev == NULL || mount->nodes == NULL ||
	    !catch_signals(mount)) {
		complain(NULL);
		return EXIT_FAIL;
	}
	TAILQ_INIT(&mount->waiting);
	TAILQ_INIT(&mount->open_files);
	TAILQ_INIT(&mount->lingering_files);
	TAILQ_INIT(&mount->users);
	TAILQ_INIT(&mount->watches);
	mount->leases = mount->options->leases &&
			mount->options->cache != MOUNT_CACHE_NONE;
	if (!link_up(mount, &why)) {
		complain(why);
		return EXIT_FAIL;
	}
	client_facts(client_tree_conn(link_tree(mount)), NULL, NULL, &facts);
	mount->read_size = smaller(mount->options->read_size, facts.max_read);
	mount->write_size =
		smaller(mount->options->write_size, facts.max_write);
	if (!serve_mount(mount, &why)) {
		complain(why);
		serve_unmount(mount);
		return EXIT_FAIL;
	}
	while (!mount->ended) {
		if (tevent_loop_once(mount->ev) != 0) {
			log_error("the event loop failed: %s", strerror(errno));
			break;
		}
	}
	return 0;
}

/* By the process that serves, since it stays. */
static bool keep_password(struct mount_options *o)
{
	char *kept = NULL;

	if (o->password == NULL) {
		return true; /* tickets do */
	}
	kept = secret_text(o, o->password);
	secret_wipe_text(o->password);
	o->password = kept;
	return kept != NULL;
}

static int run(struct mount *mount, struct line *line)
{
	struct waiting w = {.fd = -1, .foreground = line->foreground};
	int status = -1;

	if (!line->foreground) {
		status = wait_for_child(&w);
		if (status >= 0) {
			return status;
		}
	}
	if (!keep_password(mount->options)) {
		return complain(NULL);
	}
	mount->ready = tell_ready;
	mount->ready_data = &w;
	status = serve(mount);
	serve_unmount(mount);
	link_down(mount);
	return status;
}

/* As they stand behind -o. */
static const struct tls_words words = {
	.ca = "ca=FILE",
	.pin = "pin=sha256:",
	.tofu = "trust=tofu",
};

int main(int argc, char **argv)
{
	struct mount *mount = talloc_zero(NULL, struct mount);
	struct line line = {0};
	char *why = NULL;
	int status = -1;

	log_set_program(MOUNT_PROGRAM);
	log_set_level(LOG_LEVEL_NOTICE);
	secret_guard_process(secret_dumps_wanted());
	(void)heap_keep();
	if (mount != NULL) {
		mount->options = mount_options_new(mount);
	}
	if (mount == NULL || mount->options == NULL) {
		return complain(NULL);
	}
	tls_set_words(&words);
	status = take_line(argc, argv, &line);
	if (status < 0) {
		status = take_target(mount, &line);
	}
	if (status < 0 && !mount_options_check(mount->options, &why)) {
		status = complain(why);
	}
	if (status < 0) {
		status = take_place(mount, line.place);
	}
	if (status < 0 && line.fake) {
		status = 0;
	}
	if (status < 0) {
		status = take_credentials(mount);
	}
	if (status < 0) {
		status = run(mount, &line);
	}
	free((char *)(uintptr_t)mount->place);
	talloc_free(mount);
	return status;
}
