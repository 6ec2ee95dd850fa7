/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * shell.h - what the files of smbquic-client share. The program knows the
 * library by its public headers alone.
 *
 *	main.c               from the command line to the first command
 *	shell_options.c      the table of options
 *	shell_credentials.c  where user and password come from
 *	shell_probe*.c       --probe: shell_probe.h
 *	shell_connect.c      server, session, share; shares of a server
 *	shell.c              running commands; messages
 *	shell_parse.c        lines to words
 *	shell_line.c         lines from a terminal or a file, ^C
 *	shell_complete.c     completion of names
 *	shell_progress.c     the bar
 *	shell_colour.c       colours of names
 *	shell_walk.c         folders and what is below them
 *	shell_acl.c          access lists as text
 *	shell_format.c       names, times, sizes, attributes as text
 *	shell_get.c, shell_put.c, shell_many.c   transfers: shell_transfer.h
 *	shell_partial.c      what a get leaves that was killed
 *	shell_meta*.c        what goes with them: shell_meta.h
 *	shell_tar*.c         archives: shell_tar.h
 *	cmd_*.c              the commands, by family; their rows: cmd_table.c
 */
#ifndef CLIENT_SHELL_H
#define CLIENT_SHELL_H

#include <stdio.h>

#include "client/client.h"
#include "client/copy_rate.h"
#include "client/target.h"

#define SHELL_PROGRAM "smbquic-client"

struct security_descriptor;
struct shell_handles;
struct shell_places;
struct shell_progress;

/** What was asked for on the command line; a talloc object, its strings are
 *  children of it. */
struct shell_options {
	const char *target;	/**< //server/share or an address */
	bool list;		/**< -L: the shares of target */
	bool probe;		/**< --probe */
	const char **hosts;	/**< that --probe asks, NULL at the end */
	const char *hosts_file; /**< of more of them, "-": standard input */
	unsigned warn_days;	/**< before a certificate ends */
	bool json;
	const char *user;
	const char *domain;
	const char *password;
	bool no_password;
	bool keyring;	   /**< the password is kept in the kernel's */
	bool from_keyring; /**< and came from there */
	bool tickets;	   /**< a ticket cache or keytab, no password */
	bool user_given;   /**< not taken from the environment */
	enum client_kerberos kerberos;
	bool kerberos_given; /**< -k, --use-kerberos and the like */
	const char *ccache;  /**< --use-krb5-ccache */
	const char *keytab;  /**< --client-keytab */
	bool no_ntlm;	     /**< --block-ntlm */
	const char *folder;  /**< -D */
	const char *script;  /**< -c */
	const char *tar;     /**< -T: letters */
	const char **words;  /**< what follows it, NULL at the end */
	bool to_stderr;	     /**< -E */
	bool grepable;	     /**< -g */
	bool quiet;	     /**< -q */
	bool print_facts;    /**< -d */
	bool trust_given;
	const char *transports;	 /**< --transport */
	const char *remember;	 /**< --remember; NULL: the usual file */
	unsigned timeout;	 /**< -t, seconds */
	uint64_t rate;		 /**< --limit-rate, bytes a second; 0: none */
	const char *workstation; /**< -n; NULL: this machine's name */
	const char *realm;	 /**< of the user */
	bool nt_hash;		 /**< the password is its hash, in digits */
	uint8_t *hash;		 /**< then it is here, 16 bytes; else NULL */
	size_t io_size;		 /**< -b */
	const char **notes;	 /**< of options that do nothing */
	unsigned note_count;
	bool timeout_given, reconnect_given;
	struct client_options client;
};

/** What has been copied one way, for smbclient's lines. */
struct shell_rate {
	uint64_t bytes;
	double seconds; /**< in which anything was */
	double until;	/**< of the clock: when it was last; 0: never */
};

/** What "tarmode" and "blocksize" set. */
struct tar_mode {
	bool incremental, reset, no_hidden, no_system, verbose;
	unsigned blocks; /**< 0: the usual */
};

struct shell {
	struct tevent_context *ev;
	const struct shell_options *options;
	struct client_target *target;
	struct client_conn *conn;
	struct client_session *session; /**< NULL: nobody is logged on */
	struct client_tree *tree;	/**< NULL: there is no share */

	char *cwd; /**< a path, see client.h */
	FILE *out;
	const char *colours; /**< LS_COLORS, where out is a terminal */
	bool interactive;    /**< commands come from a terminal */
	bool quit;
	bool interrupted;  /**< ^C during this command */
	int terminated;	   /**< by SIGTERM or SIGHUP: its number, else 0 */
	bool busy;	   /**< a command runs */
	unsigned failures; /**< commands that failed */
	bool failed;	   /**< the command that runs did */

	/* Set by commands. */
	bool recurse;
	bool ask;	  /**< "prompt" */
	unsigned timeout; /**< seconds */
	bool lowercase;
	bool map_names;	   /**< client_tree_map_names() */
	bool posix;	   /**< the POSIX extensions are used */
	bool case_counts;  /**< "case_sensitive": for this alone */
	bool backup;	   /**< FILE_OPEN_FOR_BACKUP_INTENT */
	bool show_acls;	   /**< of ls */
	bool translate;	   /**< of print, get, put, mget, mput */
	bool keep_acls;	   /**< of the get, put or sync that runs; */
	bool keep_streams; /**< likewise */
	bool keep_times;   /**< likewise */
	unsigned archive;  /**< 0 to 3, as smbclient's levels */
	NTTIME newer;	   /**< only what was written after it; 0: all */
	char *mask;
	size_t io_size; /**< 0: as large as useful */
	struct copy_rate rate;
	struct shell_rate got, sent;
	struct tar_mode tar;

	bool folders_kept;   /**< see shell_folders.h */
	char *space;	     /**< likewise, and until when; or NULL */
	int64_t space_until; /**< seconds of CLOCK_MONOTONIC */

	struct shell_handles *handles; /**< files of "open"; may be NULL */
	struct shell_places *places;   /**< other logons and shares, or NULL */
};

/* ---------------------------------------------------------------- shell.c */

/** What a word of a command names, for completion. */
enum shell_word {
	SHELL_WORD_NONE,
	SHELL_WORD_REMOTE,
	SHELL_WORD_REMOTE_FOLDER,
	SHELL_WORD_LOCAL,
	SHELL_WORD_LOCAL_FOLDER,
	SHELL_WORD_COMMAND,
	SHELL_WORD_SHARE,
};

/** What must be there for a command to run. */
enum shell_needs {
	SHELL_NEEDS_NOTHING, /**< but the connection */
	SHELL_NEEDS_LOGON,
	SHELL_NEEDS_SHARE,
};

struct shell_command {
	const char *name;
	int min_words; /**< after the name */
	int max_words; /**< -1: any number */
	enum shell_needs needs;
	enum shell_word first;
	enum shell_word other; /**< the words behind the first */
	/** argv[0] is the name; argv[argc] is NULL. Says itself what failed,
	    by shell_fail() and its like. */
	void (*run)(struct shell *shell, int argc, char **argv);
	const char *usage; /**< what follows the name */
	const char *help;  /**< a line */
};

/** All rows, in the order of the alphabet, up to one without name. */
extern const struct shell_command shell_commands[];

const struct shell_command *shell_command_find(const char *name);

/** Run a line of commands. @return false: one failed, or ^C. */
bool shell_run_line(struct shell *shell, const char *line);
/** Run one command, its words as they are; argv[argc] is NULL. */
bool shell_run_words(struct shell *shell, int argc, char **argv);

/**
 * Something failed: "smbquic-client: what: why (NT_STATUS_...)" on stderr. The
 * command counts as failed.
 */
void shell_fail(struct shell *shell, NTSTATUS status, const char *what, ...)
	__attribute__((format(printf, 3, 4)));
/** The same for errno values. */
void shell_fail_errno(struct shell *shell, int err, const char *what, ...)
	__attribute__((format(printf, 3, 4)));
/** The same with a sentence of one's own. */
void shell_fail_text(struct shell *shell, const char *what, ...)
	__attribute__((format(printf, 2, 3)));
/** A message on stderr that -q keeps quiet. */
void shell_say(const struct shell *shell, const char *what, ...)
	__attribute__((format(printf, 2, 3)));

/** A path as the user types it, as a path of the share. Never NULL: out of
 *  memory ends the program. Child of mem_ctx. */
char *shell_path(TALLOC_CTX *mem_ctx, const struct shell *shell,
		 const char *typed);

/** Wait for a request of the library: as client_wait(). */
NTSTATUS shell_wait(struct shell *shell, struct tevent_req *req);

/** Out of memory: say so and end. */
void *shell_need(void *pointer);

/* ---------------------------------------------------------- shell_parse.c */

struct shell_words {
	int argc;
	char **argv; /**< argv[argc] is NULL */
	/** Everything behind the first word, as it was typed. */
	const char *rest;
};

/**
 * Take one command off a line: up to a ';' outside of double quotes. Quotes
 * group and are taken away; a backslash is only a backslash.
 *
 * @param next  out: what follows the command; NULL at the end.
 * @param why   out: on failure a constant text.
 */
bool shell_split(TALLOC_CTX *mem_ctx, const char *line, struct shell_words *out,
		 const char **next, const char **why);

/** A word in quotes if it needs them. */
char *shell_quote(TALLOC_CTX *mem_ctx, const char *word);

/* ---------------------------------------------------------- shell_line.c */

/** Read commands until the end of input or "quit". */
void shell_interact(struct shell *shell);

/** Ask on the terminal. @return false: not "y", or ^C. */
bool shell_ask(struct shell *shell, const char *question);

/** ^C interrupts the command, or clears the line. SIGTERM and SIGHUP interrupt
 *  it and end the shell, so that nothing half-done stays; a second one ends
 *  the program at once. */
bool shell_catch_signals(struct shell *shell);

void shell_print_history(struct shell *shell);

/* ------------------------------------------------------ shell_complete.c */

/** Readline's generator of a list: all completions of the word that ends at
 *  the cursor. An array of malloc'ed strings in readline's form, or NULL. */
char **shell_complete(struct shell *shell, const char *line, const char *text,
		      int start);

/* --------------------------------------------------------- shell_local.c */

/** Make the folders above a file, for us alone; it may fail. */
void shell_make_folders(const char *file);

/* -------------------------------------------------------- shell_format.c */

/** "DAHSNR...", at least one letter unless there are none; static buffer. */
const char *shell_attributes(uint32_t attributes);
/** "Sat Nov 21 01:22:26 2026", in a buffer of that call. */
void shell_time(NTTIME time, char buf[32]);
/** "1.5 GiB" */
void shell_size(uint64_t bytes, char buf[16]);
/** For people to read: control characters, and what is no UTF-8, become '?'.
 *  Child of mem_ctx. */
char *shell_printable(TALLOC_CTX *mem_ctx, const char *text);
/** The directory line of ls. */
void shell_print_entry(struct shell *shell,
		       const struct client_dir_entry *entry);

/* -------------------------------------------------------- shell_colour.c */

/**
 * How a name is to be coloured.
 *
 * @param colours  as LS_COLORS has them; may be NULL.
 * @param sgr      out: into colours, len digits and semicolons.
 * @return false: not at all.
 */
bool shell_colour(const char *colours, const char *name, uint32_t attributes,
		  const char **sgr, size_t *len);

/* ---------------------------------------------------------- shell_walk.c */

/** @return false: so deep is no tree, which was said. */
bool shell_not_too_deep(struct shell *shell, const char *folder,
			unsigned depth);
/** Do "archive" and "newer" leave it in? Folders always. */
bool shell_takes(const struct shell *shell, const struct client_stat *stat);

/* ----------------------------------------------------------- shell_acl.c */

/** As smbclient's ls does with "showacls". */
void shell_print_descriptor(FILE *to, const struct security_descriptor *sd);

/* ------------------------------------------------------ shell_progress.c */

/** A bar on stderr, if that is a terminal and -q was not given. */
struct shell_progress *shell_progress_new(TALLOC_CTX *mem_ctx,
					  struct shell *shell);
/** More is to be done. */
void shell_progress_expect(struct shell_progress *p, uint64_t bytes,
			   unsigned files);
/** Some was done. */
void shell_progress_add(struct shell_progress *p, uint64_t bytes,
			unsigned files);
/** Is there a bar at all? */
bool shell_progress_shown(const struct shell_progress *p);
/** What is shown in front. */
void shell_progress_name(struct shell_progress *p, const char *name);
/** Take it from the screen, for other output or for good. */
void shell_progress_clear(struct shell_progress *p);
/** The text of the bar, for a line of that width; for tests. */
void shell_progress_render(char *buf, size_t size, unsigned width,
			   const char *name, uint64_t done, uint64_t total,
			   double seconds);

/* ------------------------------------------------------- shell_options.c */

/** @return -1: go on; otherwise the status to exit with. */
int shell_options_parse(int argc, const char **argv, struct shell_options *out);

/* --------------------------------------------------- shell_credentials.c */

/** Fill in what is missing: from a file (-A), the environment, a prompt. */
bool shell_credentials_file(struct shell_options *options, const char *file);
/** The password of smb://user:password@server/share, if text is such, becomes
 *  X's. */
void shell_hide_password(char *text);
bool shell_credentials_complete(struct shell_options *options,
				const struct client_target *target);
/** What was completed, for a logon; its strings are those of the options. */
struct client_credentials shell_credentials(const struct shell_options *o);
/** The server has accepted them, or has not: with --keyring the password is
 *  kept, or forgotten. */
void shell_credentials_judged(const struct shell_options *o,
			      const struct client_target *target, bool good);
/** "[DOMAIN/]user[%pass]" */
bool shell_credentials_user(struct shell_options *options, const char *text);

/* ------------------------------------------------------- shell_connect.c */

/** Connect, log on, and connect to the share, if there is one. */
bool shell_connect(struct shell *shell);
/** The settings that a tree keeps, of the one that is used. */
void shell_tree_settings(struct shell *shell);
/** The same of any tree. @return false: without the POSIX extensions, which
 *  were asked for. */
bool shell_settings_of(const struct shell *shell, struct client_tree *tree);
/** Where certificates that were seen first are kept. */
char *shell_known_hosts(TALLOC_CTX *mem_ctx);
/** -L */
void shell_list_shares(struct shell *shell);
/** What was negotiated, line by line. */
void shell_print_facts(struct shell *shell, FILE *to);

/* --------------------------------------------------------- shell_probe.c */

/** --probe. @return the status to exit with. */
int shell_probe(struct shell_options *options);

#endif
