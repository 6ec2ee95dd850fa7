/* SPDX-License-Identifier: GPL-3.0-or-later */

/*
 * The server's configuration: smb.conf syntax, read once into an object that
 * never changes. Reloading makes a new object; whoever uses the old one keeps
 * it alive with talloc_reference() until the last user is gone.
 *
 * Every key is one row of the table in settings.c: name, scope, type, range,
 * default, help. A key in that table is honoured by the server.
 */

#ifndef SERVER_CONFIG_H
#define SERVER_CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <talloc.h>

#include <config.h> /* the build's: where files are */

#define CONFIG_DEFAULT_FILE	  SMBQUIC_SYSCONFDIR "/smbquic/smbquic.conf"
#define CONFIG_DEFAULT_USERS_FILE SMBQUIC_SYSCONFDIR "/smbquic/smbpasswd"

/** CONFIG_NETWORK_THREADS: as many as fit the machine. */
#define CONFIG_THREADS_AUTO (-1)

/* One per row of the table in settings.c, in the order of the manual. */
enum config_key {
	/* [global]: where we listen and what we are called */
	CONFIG_SMB_TRANSPORTS,	     /* transports */
	CONFIG_INTERFACES,	     /* list; empty: all */
	CONFIG_BIND_INTERFACES_ONLY, /* bool */
	CONFIG_SERVER_STRING,	     /* string */
	CONFIG_NETBIOS_NAME,	     /* string; "" in the file: the host's */
	CONFIG_WORKGROUP,	     /* string */

	/* [global]: protocol and protection */
	CONFIG_MIN_PROTOCOL,	       /* int: a dialect, 0x0202 to 0x0311 */
	CONFIG_MAX_PROTOCOL,	       /* int: a dialect */
	CONFIG_SERVER_SIGNING,	       /* int: enum config_signing */
	CONFIG_ENCRYPTION_OVER_QUIC,   /* bool */
	CONFIG_ENCRYPT_USERS,	       /* list of users and @groups */
	CONFIG_REJECT_UNENCRYPTED,     /* bool */
	CONFIG_SIGNING_ALGORITHMS,     /* numbers: as in MS-SMB2 2.2.3.1.7 */
	CONFIG_ENCRYPTION_ALGORITHMS,  /* numbers: as in MS-SMB2 2.2.3.1.2 */
	CONFIG_COMPRESSION_ALGORITHMS, /* numbers: as in MS-SMB2 2.2.3.1.3 */

	/* [global]: how users prove who they are */
	CONFIG_SERVER_NTLM,	    /* bool */
	CONFIG_KERBEROS_METHOD,	    /* int: enum config_kerberos */
	CONFIG_DEDICATED_KEYTAB,    /* string */
	CONFIG_KERBEROS_PRINCIPALS, /* list of patterns */
	CONFIG_EXTENDED_PROTECTION, /* int: enum config_binding */

	/* [global]: files */
	CONFIG_SMB_PASSWD_FILE,		   /* string */
	CONFIG_OBEY_PAM,		   /* bool */
	CONFIG_CERTIFICATE_MAP_FILE,	   /* string */
	CONFIG_CERTIFICATE_WARNING,	   /* int: days */
	CONFIG_CLIENT_CERTIFICATE_USER,	   /* string: client_user_parse() */
	CONFIG_REQUIRE_CLIENT_CERTIFICATE, /* list of users */
	CONFIG_STATE_DIRECTORY,		   /* string */
	CONFIG_PID_FILE,		   /* string; "": none is written */
	CONFIG_LOG_LEVEL,		   /* string for log_set_levels() */
	CONFIG_LOG_FILE,		   /* string; "": stderr */
	CONFIG_AUDIT_LOG,		   /* string; "": none */
	CONFIG_AUDIT_JOURNAL,		   /* int: enum audit_journal */
	CONFIG_BOUNDED_CAPABILITIES,	   /* bool */
	CONFIG_SYSTEM_CALL_FILTER,	   /* int: enum sandbox_filter */
	CONFIG_CORE_DUMPS,		   /* bool */
	CONFIG_METRICS_LISTEN, /* string, metrics_address(); "": none */

	/* [global]: what a stranger may hold */
	CONFIG_MAX_CONNECTIONS,			 /* int; 0: no limit */
	CONFIG_MAX_CONNECTIONS_PER_SOURCE,	 /* int; 0: no limit */
	CONFIG_MAX_HANDSHAKES,			 /* int */
	CONFIG_QUIC_RETRY,			 /* int: enum transport_retry */
	CONFIG_QUIC_VERSION,			 /* int: 1 or 2 */
	CONFIG_EARLY_DATA,			 /* bool */
	CONFIG_HANDSHAKE_TIMEOUT,		 /* int: milliseconds */
	CONFIG_LOGON_TIMEOUT,			 /* int: milliseconds */
	CONFIG_INVALID_AUTHENTICATION_DELAY,	 /* int: milliseconds */
	CONFIG_MAX_FAILED_LOGONS,		 /* int; 0: no limit */
	CONFIG_MAX_FAILED_LOGONS_PER_CONNECTION, /* int; 0: no limit */
	CONFIG_FAILED_LOGON_INTERVAL,		 /* int: milliseconds */
	CONFIG_IDLE_TIMEOUT,			 /* int: milliseconds */
	CONFIG_KEEPALIVE, /* int: milliseconds; 0: none */
	CONFIG_DEADTIME,  /* int: milliseconds; 0: never */

	/* [global]: sizes and threads */
	CONFIG_SMB2_MAX_READ,	   /* int: bytes */
	CONFIG_SMB2_MAX_WRITE,	   /* int: bytes */
	CONFIG_SMB2_MAX_TRANS,	   /* int: bytes */
	CONFIG_SMB2_MAX_CREDITS,   /* int */
	CONFIG_SMB2_MAX_ASYNC,	   /* int */
	CONFIG_CHANGE_NOTIFY,	   /* bool */
	CONFIG_MULTI_CHANNEL,	   /* bool */
	CONFIG_SESSION_LIFETIME,   /* int: ms */
	CONFIG_WORKER_THREADS,	   /* int */
	CONFIG_NETWORK_THREADS,	   /* int; CONFIG_THREADS_AUTO */
	CONFIG_CONGESTION_CONTROL, /* int, enum transport_congestion */

	/* [global]: guests */
	CONFIG_MAP_TO_GUEST,	   /* enum auth_guest */
	CONFIG_GUEST_ACCOUNT,	   /* string */
	CONFIG_RESTRICT_ANONYMOUS, /* int */

	/* Shares: what and where. A value in [global] is their default. */
	CONFIG_PATH,	   /* string, macros not yet expanded */
	CONFIG_COMMENT,	   /* string */
	CONFIG_AVAILABLE,  /* bool */
	CONFIG_BROWSEABLE, /* bool */
	CONFIG_STORE,	   /* int: enum config_store */
	CONFIG_CONTINUOUS, /* bool */
	CONFIG_MSDFS_ROOT, /* bool */

	/* Shares: who. Lists of user names and @groups. */
	CONFIG_READ_ONLY,     /* bool */
	CONFIG_VALID_USERS,   /* list; empty: everybody with an account */
	CONFIG_INVALID_USERS, /* list */
	CONFIG_READ_LIST,     /* list */
	CONFIG_WRITE_LIST,    /* list */
	CONFIG_FORCE_USER,    /* string; "": the user who logged on */
	CONFIG_FORCE_GROUP,   /* string; "": the user's own */
	CONFIG_HOSTS_ALLOW,   /* list */
	CONFIG_HOSTS_DENY,    /* list */
	CONFIG_GUEST_OK,      /* bool */
	CONFIG_CLIENT_CERTIFICATE_REQUIRED, /* bool */
	CONFIG_SMB_ENCRYPT,   /* int: enum config_encrypt; [global] too */
	CONFIG_COMPRESS_DATA, /* int: enum config_compress */
	CONFIG_SHARE_MAX_CONNECTIONS, /* int; 0: no limit */

	/* Shares: how files are made and shown */
	CONFIG_CREATE_MASK,	   /* int: octal */
	CONFIG_DIRECTORY_MASK,	   /* int: octal */
	CONFIG_HIDE_DOT_FILES,	   /* bool */
	CONFIG_HIDE_UNREADABLE,	   /* bool */
	CONFIG_NT_ACL_SUPPORT,	   /* bool */
	CONFIG_STORE_NT_ACLS,	   /* bool */
	CONFIG_IGNORE_SYSTEM_ACLS, /* bool */
	CONFIG_ACL_CANONICAL_FLAG, /* bool */
	CONFIG_FOLLOW_SYMLINKS,	   /* bool */
	CONFIG_UNIX_EXTENSIONS,	   /* bool */
	CONFIG_SNAPSHOT_DIRECTORY, /* string */
	CONFIG_SNAPSHOT_FORMAT,	   /* string, as for strftime */
	CONFIG_VETO_FILES,	   /* list of patterns with * and ? */
	CONFIG_CASE_SENSITIVE,	   /* bool */
	CONFIG_STRICT_SYNC,	   /* bool */
	CONFIG_SET_ID_BITS,	   /* bool */
	CONFIG_STRICT_ALLOCATE,	   /* bool */
	CONFIG_MAX_FILE_SIZE,	   /* int: bytes; 0: no limit */
	CONFIG_NAMED_STREAMS,	   /* bool */
	CONFIG_MANGLED_NAMES,	   /* int: 1 yes */

	CONFIG_KEY_COUNT
};

enum config_kerberos {
	CONFIG_KERBEROS_OFF,
	CONFIG_KERBEROS_SYSTEM_KEYTAB,
	CONFIG_KERBEROS_DEDICATED_KEYTAB,
};

/* Is a logon bound to the certificate of its connection? */
enum config_binding {
	CONFIG_BINDING_OFF,	 /* nobody looks */
	CONFIG_BINDING_ALLOWED,	 /* when the client does it, it must be right */
	CONFIG_BINDING_REQUIRED, /* over QUIC */
};

enum config_signing {
	CONFIG_SIGNING_DISABLED, /* never asked for; given when required */
	CONFIG_SIGNING_AUTO,	 /* when the client asks for it */
	CONFIG_SIGNING_MANDATORY,
};

enum config_encrypt {
	CONFIG_ENCRYPT_OFF,	    /* refused even to clients that want it */
	CONFIG_ENCRYPT_IF_REQUIRED, /* when the client insists */
	CONFIG_ENCRYPT_DESIRED,	    /* with every client that can */
	CONFIG_ENCRYPT_REQUIRED,    /* clients that cannot are refused */
};

enum config_compress {
	CONFIG_COMPRESS_NO,    /* never, even when a client asks */
	CONFIG_COMPRESS_ASKED, /* when a client asks */
	CONFIG_COMPRESS_YES,   /* clients are told to ask */
};

enum config_store {
	CONFIG_STORE_POSIX,
	CONFIG_STORE_MEMORY,
};

struct config;
struct config_share;

/* One entry of `server smb transports`. */
struct config_transport {
	const char *name; /* "quic", "tcp", "quic-kernel" */
	uint16_t port;	  /* never 0: the transport's own where none is said */
};

enum config_severity { CONFIG_WARNING, CONFIG_ERROR };

/*
 * Is told every finding as a whole sentence without a newline, beginning with
 * "file:line: " where there is one.
 */
typedef void (*config_report_fn)(void *private_data,
				 enum config_severity severity,
				 const char *text);

/*
 * Reads FILE and what it includes. `overrides` (NULL-terminated, may be NULL)
 * holds "key=value" strings for [global]; they win over the file.
 * NULL when the file cannot be read or any error was reported; all findings
 * are reported, not just the first. Unknown keys are warnings.
 */
struct config *config_load(TALLOC_CTX *mem_ctx, const char *file,
			   const char *const *overrides,
			   config_report_fn report, void *private_data);

/* The file it was read from, as given. */
const char *config_file(const struct config *cfg);

/* Shares in the order of the file; [global] is not one. */
size_t config_share_count(const struct config *cfg);
const struct config_share *config_share(const struct config *cfg, size_t i);

/* By name without regard to case; NULL when there is none. */
const struct config_share *config_share_find(const struct config *cfg,
					     const char *name);
const char *config_share_name(const struct config_share *share);

/*
 * Getters. `share` NULL means [global]. For a share's key the share's own value
 * comes first, then that in [global], then the default. Asking for a key with
 * a getter of another type, or for a global key with a share, is a mistake of
 * the caller and aborts. What is returned lives as long as `cfg`; strings and
 * lists are never NULL.
 */
bool config_bool(const struct config *cfg, const struct config_share *share,
		 enum config_key key);
int64_t config_int(const struct config *cfg, const struct config_share *share,
		   enum config_key key);
const char *config_string(const struct config *cfg,
			  const struct config_share *share,
			  enum config_key key);
const char *const *config_list(const struct config *cfg,
			       const struct config_share *share,
			       enum config_key key); /* NULL-terminated */
const uint16_t *config_numbers(const struct config *cfg, enum config_key key,
			       size_t *count); /* best first */
const struct config_transport *config_transports(const struct config *cfg,
						 size_t *count);
/* Whether a transport needs certificates. `only`: all of them do. */
bool config_wants_certificates(const struct config *cfg, bool *only);

/* What %U %S %I %m stand for; NULL leaves the macro as it is written. */
struct config_macros {
	const char *user;    /* %U: who logged on */
	const char *share;   /* %S */
	const char *address; /* %I: the client's address */
	const char *machine; /* %m: the client's name */
};

/*
 * A copy of `text` with macros replaced. A '/' inside a value becomes '_', and
 * a value of "." or ".." too, so that no client can steer a path. NULL: no
 * memory.
 */
char *config_expand(TALLOC_CTX *mem_ctx, const char *text,
		    const struct config_macros *macros);

/* The effective configuration in its own syntax; `all` adds the defaults. */
void config_print(FILE *out, const struct config *cfg, bool all);

/*
 * For `smbquicd --check-config`: loads, reports to stderr what is wrong, what
 * is unwise, and what a server that starts with it would complain of (nothing
 * is made or listened on), prints the result to stdout. The exit status: 0, or
 * 1 when there were errors.
 */
int config_check(const char *file, const char *const *overrides, bool all);

/* The settings as entries of smbquic.conf(5), in roff. */
void config_print_manual(FILE *out);

#endif /* SERVER_CONFIG_H */
