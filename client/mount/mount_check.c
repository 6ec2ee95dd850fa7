/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Options as a whole: what holds where nothing is said, and what does not go
 * together. */
#include "client/mount/mount_taking.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "client/conf.h"
#include "smbquic/race.h"

/* As Linux' cifs. */
#define CLOSE_SECONDS 1.0

struct mount_options *mount_options_new(TALLOC_CTX *mem_ctx)
{
	struct mount_options *o = talloc_zero(mem_ctx, struct mount_options);

	if (o == NULL) {
		return NULL;
	}
	client_options_default(&o->client);
	o->client.posix = true;
	o->leases = true;
	o->close_time = CLOSE_SECONDS;
	o->client.timeout_ms = 30000;
	o->fuse = talloc_strdup(o, "");
	o->passed_over = talloc_strdup(o, "");
	o->uid = getuid();
	o->gid = getgid();
	o->file_mode = 0755;
	o->dir_mode = 0755;
	o->file_time = 1;
	o->dir_time = 1;
	o->read_size = TAKING_SIZE_MOST;
	o->write_size = TAKING_SIZE_MOST;
	o->file_ids = true;
	o->map_names = true;
	o->send_locks = true;
	o->xattrs = true;
	o->permissions = true;
	o->allow_other = getuid() == 0;
	return o;
}

static bool check_trust(struct mount_options *o, char **why)
{
	struct tls_client_policy *tls = &o->client.tls;

	if (!o->trust_given && tls->pin != NULL) {
		tls->trust = TLS_TRUST_PIN;
	} else if (!o->trust_given && tls->ca_file != NULL) {
		tls->trust = TLS_TRUST_CA;
	}
	if (tls->trust == TLS_TRUST_TOFU && tls->known_hosts == NULL) {
		tls->known_hosts = client_conf_state_file(
			o, "XDG_CONFIG_HOME", ".config", "known_hosts");
	}
	if (tls->trust == TLS_TRUST_TOFU && tls->known_hosts == NULL) {
		*why = talloc_strdup(o, "trust=tofu needs HOME, for the file "
					"of known servers");
	} else if (tls->trust == TLS_TRUST_CA && tls->ca_file == NULL) {
		*why = talloc_strdup(o, "trust=ca needs ca=FILE");
	} else if (tls->trust == TLS_TRUST_PIN && tls->pin == NULL) {
		*why = talloc_strdup(o, "trust=pin needs pin=sha256:HEX");
	} else if (tls->pin != NULL && !tls_pin_valid(tls->pin)) {
		*why = talloc_asprintf(o,
				       "pin=%s: neither a SHA-256 of 64 "
				       "hexadecimal digits nor a SHA-1 of 40",
				       tls->pin);
	} else if ((tls->cert_file == NULL) != (tls->key_file == NULL)) {
		*why = talloc_strdup(o, "cert= and key= need each other");
	}
	return *why == NULL;
}

static bool can_read(struct mount_options *o, const char *file, char **why)
{
	if (file == NULL || access(file, R_OK) == 0) {
		return true;
	}
	*why = talloc_asprintf(o, "%s: %s", file, strerror(errno));
	return false;
}

static bool check_transports(struct mount_options *o, char **why)
{
	struct race_params lanes = {0};
	char *bad = NULL;

	if (race_parse_lanes(o, o->client.transports, 0, &lanes, &bad)) {
		return true;
	}
	*why = talloc_asprintf(o, "transport=%s: %s", o->client.transports,
			       bad != NULL ? bad : "out of memory");
	return false;
}

/* With sessions of everybody's it is for the server to say who may what. */
static bool check_tickets(struct mount_options *o, char **why)
{
	bool kerberos = o->kerberos != CLIENT_KERBEROS_OFF;

	if (o->multiuser && !kerberos) {
		*why = talloc_strdup(o, "multiuser needs sec=krb5: nobody "
					"else's password is known");
	} else if (o->has_ticket_uid && !kerberos) {
		*why = talloc_strdup(o, "cruid= needs sec=krb5");
	} else if (o->has_ticket_uid && o->ticket_uid != geteuid() &&
		   geteuid() != 0) {
		*why = talloc_strdup(o, "cruid= of another is for root");
	} else if (o->multiuser && geteuid() != 0) {
		*why = talloc_strdup(o, "multiuser is for root, who may use "
					"the tickets of others");
	}
	o->permissions = o->permissions && !o->multiuser;
	return *why == NULL;
}

bool mount_options_check(struct mount_options *o, char **why)
{
	*why = NULL;
	if (o->cache == MOUNT_CACHE_NONE) {
		o->file_time = 0;
		o->dir_time = 0;
	}
	return check_tickets(o, why) && check_transports(o, why) &&
	       check_trust(o, why) && can_read(o, o->client.tls.ca_file, why) &&
	       can_read(o, o->client.tls.cert_file, why) &&
	       can_read(o, o->client.tls.key_file, why);
}
