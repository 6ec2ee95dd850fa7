/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * certmap.c - the identities that a server presents, by name, and their
 * renewal while it runs.
 */
#include "certs/certmap.h"

#include <errno.h>
#include <string.h>

#include "certs/access.h"
#include "certs/cert.h"
#include "smbquic/private_file.h"
#include "smbquic/savefile.h"
#include "smbquic/tls.h"

#define LOG_MODULE "certmap"
#include "smbquic/log.h"

#define ONE_DAY	     86400
#define REFUSAL_LULL 60 /* seconds between two log lines of one mapping */

/* A file that an identity was made from. */
struct watched {
	char *path;
	struct savefile_stamp stamp;
	bool fresh; /* a directory that changed just before */
	time_t seen;
};

/* certificate, key, client CA, store, revocation list, staple */
#define MAX_WATCHED 6

/* A mapping, and what is in use for it. */
struct slot {
	struct certmap_entry *entry;
	struct tls_identity *identity; /* NULL: never was a good one */
	char *problem;		       /* with what the files hold now */
	struct watched watched[MAX_WATCHED];
	size_t num_watched;
	char *subject, *sha1, *sha256; /* of the identity */
	time_t not_after;
	time_t refused; /* last in the log */
	long warned_on; /* day */
};

struct certmap {
	char *file;
	unsigned warn_days;
	bool exists;
	struct savefile_stamp stamp;
	time_t checked;
	struct slot **slots;
	size_t count;
};

/* --- watching ----------------------------------------------------------- */

static bool take_stamp(const char *path, struct savefile_stamp *out)
{
	struct stat st = {0};

	*out = (struct savefile_stamp){.ino = 0};
	if (stat(path, &st) == -1) {
		return false;
	}
	*out = savefile_stamp(&st);
	return true;
}

static bool differs(const char *path, const struct savefile_stamp *stamp,
		    bool existed)
{
	struct stat st = {0};

	if (!existed) {
		return stat(path, &st) == 0;
	}
	return savefile_changed(path, stamp);
}

/* Times of directories are coarse: one that changes again at once has the same
 * time. Such a one is read again the next time. (A file that is replaced has
 * another inode.) */
static bool is_fresh_directory(const char *path)
{
	struct stat st = {0};

	return stat(path, &st) == 0 && S_ISDIR(st.st_mode) &&
	       time(NULL) - st.st_mtim.tv_sec <= 1;
}

/* To be called before the file is read: a change while it is being read is
 * then seen the next time. */
static void watch(struct slot *slot, const char *path, time_t now)
{
	struct watched *w = &slot->watched[slot->num_watched];

	if (path == NULL || slot->num_watched == MAX_WATCHED) {
		return;
	}
	talloc_free(w->path);
	w->path = talloc_strdup(slot, path);
	take_stamp(path, &w->stamp);
	w->fresh = is_fresh_directory(path);
	w->seen = now;
	slot->num_watched++;
}

/* Tokens are not watched: SIGHUP reads them again. */
static void watch_source(struct slot *slot, TALLOC_CTX *mem_ctx,
			 const char *source, time_t now)
{
	char *why = NULL;

	if (source != NULL && !cert_source_is_token(source)) {
		watch(slot, cert_source(mem_ctx, source, &why), now);
	}
}

static bool slot_changed(const struct slot *slot, time_t now)
{
	size_t i = 0;

	for (i = 0; i < slot->num_watched; i++) {
		const struct watched *w = &slot->watched[i];

		if (differs(w->path, &w->stamp, w->stamp.ino != 0) ||
		    (w->fresh && now != w->seen)) {
			return true;
		}
	}
	return false;
}

/* --- loading one -------------------------------------------------------- */

/* The pair of files, watched whether they can be read or not. */
static bool find_files(struct certmap *map, struct slot *slot, time_t now,
		       TALLOC_CTX *mem_ctx, char **cert_file, char **key_file,
		       char **why)
{
	const struct certmap_entry *entry = slot->entry;
	bool found = false;

	slot->num_watched = 0;
	watch_source(slot, mem_ctx, entry->client_ca, now);
	watch_source(slot, mem_ctx, entry->client_crl, now);
	if (entry->store_name != NULL) {
		watch(slot,
		      certmap_store(mem_ctx, map->file, entry->store_name, why),
		      now);
	}
	if (entry->certificate != NULL) {
		watch_source(slot, mem_ctx, entry->certificate, now);
		watch_source(slot, mem_ctx, entry->key, now);
	}
	found = certmap_entry_files(mem_ctx, map->file, entry, cert_file,
				    key_file, why);
	if (found && entry->certificate == NULL) {
		watch(slot, *cert_file, now);
		watch(slot, *key_file, now);
	}
	return found;
}

static void use_identity(struct slot *slot, struct tls_identity *identity,
			 const struct cert_info *info)
{
	if (slot->identity != NULL) {
		/* Connections may hold references to it. */
		talloc_unlink(slot, slot->identity);
	}
	slot->identity = talloc_steal(slot, identity);
	talloc_free(slot->subject);
	talloc_free(slot->sha1);
	talloc_free(slot->sha256);
	slot->subject = talloc_strdup(slot, info->subject);
	slot->sha1 = talloc_strdup(slot, info->sha1);
	slot->sha256 = talloc_strdup(slot, info->sha256);
	slot->not_after = info->not_after;
	slot->warned_on = 0;
}

static bool add_revoked(struct tls_identity *identity,
			const struct certmap_entry *entry, TALLOC_CTX *mem_ctx,
			char **why)
{
	char *file = NULL;

	if (entry->client_crl == NULL) {
		return true;
	}
	file = cert_source(mem_ctx, entry->client_crl, why);
	return file != NULL &&
	       tls_identity_revoked(identity, file, mem_ctx, why);
}

/* Without a staple it still serves; what wants one refuses it. */
static void add_staple(struct slot *slot, struct tls_identity *identity,
		       const char *cert_file, TALLOC_CTX *mem_ctx, time_t now)
{
	const struct certmap_entry *entry = slot->entry;
	struct savefile_stamp stamp;
	char *why = NULL;
	char *file = entry->ocsp_response != NULL
			     ? cert_source(mem_ctx, entry->ocsp_response, &why)
			     : talloc_asprintf(mem_ctx, "%s.ocsp", cert_file);

	if (file != NULL && !cert_source_is_token(file)) {
		watch(slot, file, now);
		if (entry->ocsp_response == NULL && !take_stamp(file, &stamp)) {
			return;
		}
		if (tls_identity_staple(identity, file, mem_ctx, &why)) {
			return;
		}
	}
	if (why != NULL) {
		log_warn("%s: %s; clients are told nothing of it", entry->name,
			 why);
	}
}

struct tls_identity *certmap_entry_identity(TALLOC_CTX *mem_ctx,
					    const struct certmap_entry *entry,
					    const char *cert_file,
					    const char *key_file, char **why)
{
	bool asks = entry->require_client_authentication;
	struct tls_identity *identity = NULL;
	char *client_ca = NULL;

	if (asks) {
		client_ca = cert_source(mem_ctx, entry->client_ca, why);
		if (client_ca == NULL) {
			return NULL;
		}
	}
	identity =
		tls_identity_load(mem_ctx, cert_file, key_file, client_ca, why);
	if (identity == NULL) {
		return NULL;
	}
	if (asks && !add_revoked(identity, entry, mem_ctx, why)) {
		talloc_free(identity);
		return NULL;
	}
	identity->require_client_certificate = asks;
	return identity;
}

static bool load_identity(struct certmap *map, struct slot *slot, time_t now,
			  TALLOC_CTX *mem_ctx, char **why)
{
	const struct certmap_entry *entry = slot->entry;
	struct tls_identity *identity = NULL;
	struct cert *cert = NULL;
	char *cert_file = NULL;
	char *key_file = NULL;
	char **problems = NULL;

	if (!find_files(map, slot, now, mem_ctx, &cert_file, &key_file, why)) {
		return false;
	}
	cert = cert_load_pem(mem_ctx, cert_file, key_file, NULL, why);
	if (cert == NULL) {
		return false;
	}
	problems = cert_server_problems(mem_ctx, cert, entry->name, now);
	if (problems == NULL || problems[0] != NULL) {
		*why = problems == NULL ? NULL : problems[0];
		return false;
	}
	identity = certmap_entry_identity(mem_ctx, entry, cert_file, key_file,
					  why);
	if (identity == NULL) {
		return false;
	}
	add_staple(slot, identity, cert_file, mem_ctx, now);
	identity->mapping = certmap_entry_copy(identity, entry);
	if (identity->mapping == NULL) {
		return false;
	}
	use_identity(slot, identity, cert_info(cert));
	return true;
}

static void warn_of_expiry(struct certmap *map, struct slot *slot, time_t now)
{
	time_t left = slot->not_after - now;
	char *when = NULL;

	if (slot->identity == NULL || slot->warned_on == now / ONE_DAY ||
	    left > (time_t)map->warn_days * ONE_DAY) {
		return;
	}
	slot->warned_on = now / ONE_DAY;
	when = cert_time_string(slot, slot->not_after);
	if (left < 0) {
		log_error("%s: the certificate expired on %s; clients will "
			  "refuse it",
			  slot->entry->name, when);
	} else {
		log_warn("%s: the certificate expires in %lld days, on %s",
			 slot->entry->name, (long long)(left / ONE_DAY), when);
	}
	talloc_free(when);
}

static void say_loaded(const struct slot *slot, const char *sha256_before,
		       const char *problem_before)
{
	if (sha256_before != NULL && problem_before == NULL &&
	    strcmp(sha256_before, slot->sha256) == 0) {
		return;
	}
	log_notice("%s: %s certificate %s, SHA-1 %s, SHA-256 %s",
		   slot->entry->name,
		   sha256_before == NULL ? "using" : "now using", slot->subject,
		   slot->sha1, slot->sha256);
}

static void say_problem(const struct slot *slot, const char *problem_before)
{
	if (problem_before != NULL &&
	    strcmp(problem_before, slot->problem) == 0) {
		return;
	}
	log_error("%s: %s; %s", slot->entry->name, slot->problem,
		  slot->identity == NULL
			  ? "connections to this name are refused"
			  : "the certificate that was loaded before stays in "
			    "use");
}

/* Reads the files; what was in use stays so when they are bad. */
static void slot_load(struct certmap *map, struct slot *slot, time_t now)
{
	TALLOC_CTX *mem_ctx = talloc_new(slot);
	char *sha256 = talloc_strdup(mem_ctx, slot->sha256);
	char *problem = talloc_steal(mem_ctx, slot->problem);
	char *why = NULL;

	slot->problem = NULL;
	if (load_identity(map, slot, now, mem_ctx, &why)) {
		say_loaded(slot, sha256, problem);
		warn_of_expiry(map, slot, now);
	} else {
		slot->problem = talloc_strdup(
			slot, why == NULL ? "out of memory" : why);
		say_problem(slot, problem);
	}
	talloc_free(mem_ctx);
}

/* --- loading all -------------------------------------------------------- */

static struct slot *find_slot(const struct certmap *map, const char *name)
{
	size_t i = 0;

	for (i = 0; i < map->count; i++) {
		if (certmap_name_equal(map->slots[i]->entry->name, name)) {
			return map->slots[i];
		}
	}
	return NULL;
}

static bool same_entry(const struct certmap_entry *a,
		       const struct certmap_entry *b)
{
	const struct certmap_field *field = certmap_fields;
	bool same = true;

	for (; same && field->key != NULL; field++) {
		char *one = certmap_field_text(NULL, a, field);
		char *two = certmap_field_text(NULL, b, field);

		same = one == NULL || two == NULL ? one == two
						  : strcmp(one, two) == 0;
		talloc_free(one);
		talloc_free(two);
	}
	return same && access_list_equal(a->access, b->access);
}

/* The slot of that entry, the old one where there is one. */
static struct slot *take_slot(struct certmap *map, struct slot **slots,
			      const struct certmap_entry *entry, time_t now,
			      bool force)
{
	struct slot *slot = find_slot(map, entry->name);
	bool changed = slot == NULL || force ||
		       !same_entry(slot->entry, entry) ||
		       slot_changed(slot, now);

	if (slot == NULL) {
		slot = talloc_zero(slots, struct slot);
		if (slot == NULL) {
			return NULL;
		}
	} else {
		talloc_steal(slots, slot);
	}
	if (changed) {
		talloc_free(slot->entry);
		slot->entry = certmap_entry_copy(slot, entry);
		slot_load(map, slot, now);
	}
	return slot;
}

/* Mappings that are no longer in the file are freed with the old array. */
static bool load_map(struct certmap *map, time_t now, bool force, char **why)
{
	TALLOC_CTX *mem_ctx = talloc_new(map);
	struct certmap_file *file = NULL;
	struct slot **slots = NULL;
	char *open_to = private_file_writable(mem_ctx, map->file, CERTMAP_SAYS);
	size_t count = 0;
	size_t i = 0;

	if (open_to != NULL) {
		log_warn("%s", open_to);
	}
	map->exists = take_stamp(map->file, &map->stamp);
	file = certmap_file_load(mem_ctx, map->file, CERTMAP_SERVER, why);
	if (file == NULL) {
		*why = talloc_steal(map, *why);
		talloc_free(mem_ctx);
		return false;
	}
	count = certmap_file_count(file);
	slots = talloc_zero_array(map, struct slot *, count + 1);
	for (i = 0; slots != NULL && i < count; i++) {
		slots[i] = take_slot(map, slots, certmap_file_get(file, i), now,
				     force);
	}
	talloc_free(mem_ctx);
	talloc_free(map->slots);
	map->slots = slots;
	map->count = slots == NULL ? 0 : count;
	if (count == 0) {
		log_warn("%s: %s; connections over QUIC are refused", map->file,
			 map->exists ? "there are no certificate mappings"
				     : "there is no such file");
	}
	return true;
}

struct certmap *certmap_new(TALLOC_CTX *mem_ctx, const char *file,
			    unsigned warn_days, char **why)
{
	struct certmap *map = talloc_zero(mem_ctx, struct certmap);

	*why = NULL;
	if (map == NULL) {
		return NULL;
	}
	map->file = talloc_strdup(map, file);
	map->warn_days = warn_days;
	map->checked = time(NULL);
	if (!load_map(map, map->checked, true, why)) {
		*why = talloc_steal(mem_ctx, *why);
		talloc_free(map);
		return NULL;
	}
	return map;
}

static bool load_again(struct certmap *map, time_t now, bool force)
{
	char *why = NULL;

	if (load_map(map, now, force, &why)) {
		return true;
	}
	log_error("%s; the mappings that were loaded before stay in use",
		  why == NULL ? "out of memory" : why);
	talloc_free(why);
	return false;
}

bool certmap_reload(struct certmap *map)
{
	map->checked = time(NULL);
	return load_again(map, map->checked, true);
}

void certmap_check(struct certmap *map, time_t now)
{
	size_t i = 0;

	map->checked = now;
	if (differs(map->file, &map->stamp, map->exists)) {
		(void)load_again(map, now, false);
	}
	for (i = 0; i < map->count; i++) {
		if (slot_changed(map->slots[i], now)) {
			slot_load(map, map->slots[i], now);
		}
		warn_of_expiry(map, map->slots[i], now);
	}
}

void certmap_each_watched(const struct certmap *map,
			  void (*each)(const char *path, void *private_data),
			  void *private_data)
{
	size_t i = 0;
	size_t k = 0;

	each(map->file, private_data);
	for (i = 0; i < map->count; i++) {
		for (k = 0; k < map->slots[i]->num_watched; k++) {
			each(map->slots[i]->watched[k].path, private_data);
		}
	}
}

/* --- choosing ----------------------------------------------------------- */

/* The mapping of that name, else one that covers it, else the default. NULL
 * stands for no name. */
static struct slot *match_slot(const struct certmap *map, const char *name)
{
	struct slot *slot = name == NULL ? NULL : find_slot(map, name);
	size_t i = 0;

	for (i = 0; slot == NULL && name != NULL && i < map->count; i++) {
		if (certmap_name_covers(map->slots[i]->entry->name, name)) {
			slot = map->slots[i];
		}
	}
	for (i = 0; slot == NULL && i < map->count; i++) {
		if (map->slots[i]->entry->default_mapping) {
			slot = map->slots[i];
		}
	}
	return slot;
}

/* Strangers may ask often; the log need not hear it each time. */
static int refuse(struct slot *slot, time_t now, int err, const char *why)
{
	if (now - slot->refused >= REFUSAL_LULL || now < slot->refused) {
		slot->refused = now;
		log_error("%s: connection refused: %s", slot->entry->name, why);
	}
	return err;
}

int certmap_find(struct certmap *map, const char *server_name, time_t now,
		 struct tls_identity **out)
{
	struct slot *slot = NULL;

	*out = NULL;
	if (now != map->checked) {
		certmap_check(map, now);
	}
	slot = match_slot(map, server_name);
	if (slot == NULL) {
		return ENOENT;
	}
	if (slot->identity == NULL) {
		return refuse(slot, now, EKEYREJECTED, slot->problem);
	}
	/* One from before, its successor being bad, must not ask for less. */
	if (slot->entry->require_client_authentication &&
	    !slot->identity->require_client_certificate) {
		return refuse(slot, now, EKEYREJECTED, slot->problem);
	}
	*out = slot->identity;
	return 0;
}

int certmap_choose(void *private_data, const char *server_name,
		   struct tls_identity **out)
{
	struct certmap *map =
		talloc_get_type_abort(private_data, struct certmap);

	return certmap_find(map, server_name, time(NULL), out);
}

/* As it is now: an identity stays in use when its successor is bad, but not
 * the list that somebody was taken from. */
const struct certmap_entry *certmap_current(const struct certmap *map,
					    const struct tls_identity *identity)
{
	static const struct certmap_entry gone = {.name = "a removed mapping"};
	const struct certmap_entry *entry = identity->mapping;
	const struct slot *slot = find_slot(map, entry->name);

	return slot == NULL ? &gone : slot->entry;
}

/* --- showing ------------------------------------------------------------ */

size_t certmap_count(const struct certmap *map)
{
	return map->count;
}

struct certmap_state certmap_state(const struct certmap *map, size_t i)
{
	const struct slot *slot = map->slots[i];

	return (struct certmap_state){
		.entry = slot->entry,
		.problem = slot->problem,
		.subject = slot->subject,
		.sha1 = slot->sha1,
		.sha256 = slot->sha256,
		.not_after = slot->not_after,
	};
}
