/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * certmap.h - which certificate goes with which server name
 * (MS-SMB2 3.3.1.17, ServerCertificateMappingEntry).
 *
 * The mapping file has smb.conf's syntax, a section for each name:
 *
 *     [fs.example.com]
 *     	certificate = /etc/letsencrypt/live/fs.example.com/fullchain.pem
 *     	key = /etc/letsencrypt/live/fs.example.com/privkey.pem
 *     	flags = AllowNamedPipe
 *
 * Two views of it: the file, for who changes it, and struct certmap, the
 * loaded identities that a server presents.
 */
#ifndef CERTS_CERTMAP_H
#define CERTS_CERTMAP_H

#include <stdbool.h>
#include <stddef.h>
#include <talloc.h>
#include <time.h>

#include <config.h> /* the build's: where files are */

#define CERTMAP_DEFAULT_FILE SMBQUIC_SYSCONFDIR "/smbquic/certmap.conf"

/** Whose mappings they are. A server's say which certificate goes with a name
 *  that it is asked for; a client's, with a server that it visits
 *  (MS-SMB2 3.2.1.11, ClientCertificateMappingEntry). */
enum certmap_side { CERTMAP_SERVER = 0x1, CERTMAP_CLIENT = 0x2 };

struct access_list;  /* certs/access.h */
struct tls_guest;    /* smbquic/tls.h */
struct tls_identity; /* smbquic/tls.h */

/* --- one mapping -------------------------------------------------------- */

/** Flags, with Windows' names. */
#define CERTMAP_ALLOW_NAMED_PIPE 0x1u /**< pipes over QUIC (3.3.5.9) */
#define CERTMAP_DEFAULT_CERT	 0x2u /**< has no effect, as on Windows */

/**
 * Strings are NULL when they are not given. The certificate is either a pair
 * of files or a thumbprint in a store; a pair survives its renewal.
 */
struct certmap_entry {
	enum certmap_side side;	 /**< 0: the server's */
	const char *name;	 /**< DNS name, *.DOMAIN or IP address; a
				    client's: the namespace */
	const char *certificate; /**< PEM, chain behind it; absolute path */
	const char *key;	 /**< PEM; absolute path */
	const char *store_name;	 /**< "My" or the path of a directory */
	const char *thumbprint;	 /**< SHA-1 or SHA-256 */
	const char *subject;	 /**< for the reader's sake, as the next two */
	const char *issuer_name; /**< client */
	const char *display_name;
	const char *type;	/**< "QUIC" or NULL, which means the same */
	const char *client_ca;	/**< PEM: what client certificates chain to */
	const char *client_crl; /**< PEM: those that were revoked */
	const char *ocsp_response; /**< DER: what its CA says of ours; NULL:
				      CERTIFICATE.ocsp, when there is one */
	unsigned flags;
	bool default_mapping; /**< for names that have no mapping, and none */
	bool require_client_authentication;
	bool skip_client_certificate_access_check;
	struct access_list *access; /**< certs/access.h; NULL: empty */
};

/** How a member is written in the file (key), given to commands (the key with
 *  hyphens), and called by Windows (property). */
struct certmap_field {
	const char *key;
	const char *property;
	enum { CERTMAP_TEXT, CERTMAP_BOOL, CERTMAP_FLAGS } type;
	size_t offset;
	unsigned sides; /**< whose mappings have it */
};
/** All members but the name; ends with a NULL key. */
extern const struct certmap_field certmap_fields[];

/** A member as text ("yes", "AllowNamedPipe"); NULL: not given. */
char *certmap_field_text(TALLOC_CTX *mem_ctx, const struct certmap_entry *entry,
			 const struct certmap_field *field);
/**
 * Set a member from text; an empty text takes it away.
 * @return false: *why says what is allowed.
 */
bool certmap_field_set(TALLOC_CTX *mem_ctx, struct certmap_entry *entry,
		       const struct certmap_field *field, const char *text,
		       char **why);

/** Whether the members make sense together; no file is looked at. */
bool certmap_entry_valid(TALLOC_CTX *mem_ctx, const struct certmap_entry *entry,
			 char **why);

/** A copy with all its strings. */
struct certmap_entry *certmap_entry_copy(TALLOC_CTX *mem_ctx,
					 const struct certmap_entry *entry);

/** Names without regard to case and a final dot, addresses by value. */
bool certmap_name_equal(const char *a, const char *b);

/** Whether an entry's name covers a server's: the same, or *.DOMAIN with one
 *  label in the place of the star (RFC 6125 6.4.3). */
bool certmap_name_covers(const char *entry_name, const char *server_name);

/**
 * What a server shows for an entry: its certificate and key, and the CA and
 * lists that clients' certificates are judged by.
 *
 * @return NULL: they cannot be used; *why, child of mem_ctx, says it, or is
 *         NULL: no memory.
 */
struct tls_identity *certmap_entry_identity(TALLOC_CTX *mem_ctx,
					    const struct certmap_entry *entry,
					    const char *cert_file,
					    const char *key_file, char **why);

/**
 * The pair of files of an entry: its own, or those the store has.
 *
 * @param map_file  "My" is the directory "certs" beside it.
 */
bool certmap_entry_files(TALLOC_CTX *mem_ctx, const char *map_file,
			 const struct certmap_entry *entry, char **cert_file,
			 char **key_file, char **why);

/** The directory that a store's name stands for; NULL: *why. */
char *certmap_store(TALLOC_CTX *mem_ctx, const char *map_file,
		    const char *store_name, char **why);

/* --- the file ----------------------------------------------------------- */

struct certmap_file;

/** Read it. A file that does not exist has no entries. NULL: *why. */
struct certmap_file *certmap_file_load(TALLOC_CTX *mem_ctx, const char *path,
				       enum certmap_side side, char **why);
/** The same with a lock, until it is freed. */
struct certmap_file *certmap_file_edit(TALLOC_CTX *mem_ctx, const char *path,
				       enum certmap_side side, char **why);
const char *certmap_file_path(const struct certmap_file *file);
size_t certmap_file_count(const struct certmap_file *file);
const struct certmap_entry *certmap_file_get(const struct certmap_file *file,
					     size_t i);
const struct certmap_entry *certmap_file_find(const struct certmap_file *file,
					      const char *name);
/** The entry for a server of that name: its own, else one that covers it, else
 *  the default; NULL stands for no name. */
const struct certmap_entry *certmap_file_match(const struct certmap_file *file,
					       const char *server_name);

/** Add or replace the entry of that name. Keys that we do not know and
 *  comments stay. */
bool certmap_file_put(struct certmap_file *file,
		      const struct certmap_entry *entry, char **why);
bool certmap_file_remove(struct certmap_file *file, const char *name);
/** Write it whole, atomically. */
bool certmap_file_save(struct certmap_file *file, char **why);

/* --- what a server presents --------------------------------------------- */

/** Mappings with their identities. A talloc object. */
struct certmap;

/** What a map's file says, for private_file_writable(). */
#define CERTMAP_SAYS "which certificates are shown, and who is let in"

/**
 * Load all. Mappings whose certificate is unfit are kept, refuse connections
 * and are in the log; so is a file that does not exist, until it does.
 *
 * @param warn_days  how long before expiry the log begins to warn.
 * @return NULL: the file has errors, *why is a sentence.
 */
struct certmap *certmap_new(TALLOC_CTX *mem_ctx, const char *file,
			    unsigned warn_days, char **why);

/**
 * A tls_choose_fn: private_data is the struct certmap. Notices changed files,
 * looking at most once a second. tls_identity.mapping is the entry (const
 * struct certmap_entry), as long as the identity.
 *
 * @return 0; ENOENT no mapping of that name; EKEYREJECTED its certificate is
 *         unfit. The log says why.
 */
int certmap_choose(void *private_data, const char *server_name,
		   struct tls_identity **out);
/**
 * A tls_admit_fn for the same identities: the access check of MS-SMB2 3.3.1.18
 * by the list that the mapping has now. One line in the log and one record
 * (smbquic/audit.h) for each decision, with the entries that decided. What is
 * known is a struct client_cert (certs/client_cert.h).
 */
int certmap_admit(void *private_data, TALLOC_CTX *mem_ctx,
		  struct tls_identity *identity, const struct tls_guest *guest,
		  void **known, char **why);
/** The mapping of an identity as it is now. */
const struct certmap_entry *certmap_current(
	const struct certmap *map, const struct tls_identity *identity);
/** certmap_choose() at a given time, for tests. */
int certmap_find(struct certmap *map, const char *server_name, time_t now,
		 struct tls_identity **out);

/** Read everything again (SIGHUP). What is bad now is in the log, and what was
 *  good before stays in use. False: the mapping file itself was bad. */
bool certmap_reload(struct certmap *map);

/** The absolute paths of what it is made from now, whether they are there or
 *  not: the mapping file, then what each mapping names. */
void certmap_each_watched(const struct certmap *map,
			  void (*each)(const char *path, void *private_data),
			  void *private_data);

/** To be called now and then (every hour): notices changes and warns of
 *  certificates that expire soon, once a day. */
void certmap_check(struct certmap *map, time_t now);

/** For showing: a snapshot that is good until the next call into the map. */
struct certmap_state {
	const struct certmap_entry *entry;
	const char *problem;		     /**< NULL: in use */
	const char *subject, *sha1, *sha256; /**< NULL: nothing in use */
	time_t not_after;
};
size_t certmap_count(const struct certmap *map);
struct certmap_state certmap_state(const struct certmap *map, size_t i);

#endif
