/* SPDX-License-Identifier: GPL-3.0-or-later */
/* mount_conf.c - what client.conf and the environment say, and nobody here. */
#include "client/mount/mount_options.h"

#include "client/conf.h"
#include "smbquic/log.h"

static void take_dialects(struct client_options *c,
			  const struct client_conf *conf)
{
	uint16_t dialect = 0;

	if (conf->min_dialect != NULL &&
	    client_dialect_parse(conf->min_dialect, &dialect)) {
		c->min_dialect = dialect;
	}
	if (conf->max_dialect != NULL &&
	    client_dialect_parse(conf->max_dialect, &dialect)) {
		c->max_dialect = dialect;
	}
	if (c->max_dialect < c->min_dialect) {
		c->min_dialect = c->max_dialect;
	}
}

static void take_protection(struct client_options *c,
			    const struct client_conf *conf)
{
	if (conf->protection != NULL) {
		client_protection_parse(conf->protection, &c->protection);
	}
	if (conf->compress != NULL) {
		client_compression_parse(conf->compress, &c->compression);
	}
}

static bool take_settings(struct mount_options *o,
			  const struct client_conf *conf)
{
	char *why = NULL;
	size_t i = 0;

	for (i = 0; i < CLIENT_CONF_SETTINGS; i++) {
		if (conf->setting[i] != NULL &&
		    !client_options_set(o, &o->client,
					client_conf_setting_key(i),
					conf->setting[i], &why)) {
			log_error("%s", why != NULL ? why : "out of memory");
			return false;
		}
	}
	return true;
}

bool mount_options_conf(struct mount_options *o, const char *server)
{
	struct client_conf_file *file = NULL;
	struct client_conf conf = {0};

	if (client_conf_find(o, &file) != 0) {
		return false; /* it has said why */
	}
	client_conf_file_apply(file, server, &conf);
	client_conf_environment(o, &conf);
	if (!client_conf_check(&conf)) {
		return false;
	}
	if (conf.transport != NULL) {
		o->client.transports = conf.transport;
	}
	o->client.port = conf.port;
	o->client.address = conf.address;
	o->domain = conf.workgroup != NULL ? talloc_strdup(o, conf.workgroup)
					   : NULL;
	client_conf_trust(&conf, &o->client.tls);
	o->trust_of_conf =
		conf.ca != NULL || conf.pin != NULL || conf.trust != NULL;
	o->trust_given = o->trust_of_conf;
	take_dialects(&o->client, &conf);
	take_protection(&o->client, &conf);
	return take_settings(o, &conf);
}
