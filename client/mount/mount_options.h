/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * mount_options.h - what stands behind -o, by the names of mount.cifs where
 * they mean the same.
 */
#ifndef CLIENT_MOUNT_MOUNT_OPTIONS_H
#define CLIENT_MOUNT_MOUNT_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/types.h>
#include <talloc.h>

#include "client/client.h"

enum mount_cache {
	MOUNT_CACHE_STRICT, /**< the kernel keeps what it may */
	MOUNT_CACHE_NONE,   /**< every read and write goes to the server */
	MOUNT_CACHE_LOOSE,  /**< as if nobody else wrote, for actimeo */
};

/** Strings are children of the structure, or constants. */
struct mount_options {
	struct client_options client; /**< but for its server */
	char *user;
	char *domain;
	char *password;
	char *credentials; /**< a file */
	enum client_kerberos kerberos;
	char *ccache;	     /**< of who mounts; NULL: his default */
	uid_t ticket_uid;    /**< whose tickets they are, */
	bool has_ticket_uid; /**< if not those of who mounts */
	bool multiuser;	     /**< everybody has a session of his own */
	char *fuse; /**< options for the kernel, "ro,nosuid"; may be "" */
	uid_t uid;
	gid_t gid;
	bool force_uid, force_gid;
	mode_t file_mode, dir_mode; /**< permissions alone */
	enum mount_cache cache;
	double file_time, dir_time; /**< s: attributes and names are believed */
	bool leases;		    /**< files are opened with them */
	double close_time;	    /**< s: files nobody uses stay open */
	size_t read_size, write_size;
	bool read_only;
	bool soft;	 /**< errors instead of waiting for the server */
	bool file_ids;	 /**< the server's are inode numbers */
	bool map_names;	 /**< as with cifs' mapposix */
	bool send_locks; /**< byte-range locks, to the server */
	bool xattrs;
	bool permissions; /**< the kernel looks at modes */
	bool allow_other;
	bool no_password;
	bool keyring; /**< the password may be in the kernel's */
	bool trust_given;
	bool trust_of_conf; /**< what is known of trust is client.conf's */
	bool anonymous;	    /**< nobody logs on */
	bool auto_unmount;
	bool sloppy;	   /**< what is not known is passed over, too */
	char *name;	   /**< in mount(8); NULL: the share's */
	char *passed_over; /**< "mfsymlinks, nodfs": taken, and of no effect */
	char *snapshot;	   /**< "@GMT-..." of a previous version, or NULL */
};

/** Those that nothing was said of. NULL: out of memory. */
struct mount_options *mount_options_new(TALLOC_CTX *mem_ctx);

/**
 * Take a list: "user=alice,ro". May be called again.
 *
 * @param why  out: on failure a sentence, child of options.
 */
bool mount_options_parse(struct mount_options *options, const char *list,
			 char **why);
/** When all were taken: whether they fit together. */
bool mount_options_check(struct mount_options *options, char **why);

/**
 * What client.conf and the environment say of a server. Before what is said
 * behind -o, which wins.
 *
 * @return false: something of it makes no sense, which was logged.
 */
bool mount_options_conf(struct mount_options *options, const char *server);

/** username, password and domain, each on a line, of a file; what is known
 *  already stays. */
bool mount_options_credentials(struct mount_options *options, const char *file,
			       char **why);

/** "user", "DOMAIN/user", "user%password". */
void mount_options_user(struct mount_options *options, const char *text);

/** All of them, with a line of help each. */
void mount_options_help(FILE *to);

#endif
