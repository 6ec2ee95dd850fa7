/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Options that say how the server is reached, and how what goes there is
 * protected. */
#include "client/mount/mount_taking.h"

#include <string.h>

#include "smbquic/port.h"

/* As mount.cifs. */
#define ECHO_MOST 600

bool server_set_port(struct taking *t)
{
	return port_parse(t->value, &t->options->client.port) ||
	       taking_refuse(t, PORT_WANTED);
}

bool server_set_max_channels(struct taking *t)
{
	unsigned long long n = 0;

	if (!taking_number(t, 10, CLIENT_MAX_CHANNELS, &n) || n == 0) {
		return taking_refuse(t, "a number from 1 to 8");
	}
	t->options->client.max_channels = (unsigned)n;
	return true;
}

/* As the setting of client.conf. */
static bool take_setting(struct taking *t, const char *key)
{
	char *why = NULL;

	return client_options_set(t->options, &t->options->client, key,
				  t->value, &why) ||
	       taking_refuse(t, why == NULL ? "out of memory" : why);
}

bool server_set_quic_version(struct taking *t)
{
	return take_setting(t, "quic version");
}

bool server_set_congestion_control(struct taking *t)
{
	return take_setting(t, "congestion control");
}

bool server_set_ip(struct taking *t)
{
	return taking_const(t, &t->options->client.address);
}

bool server_set_transport(struct taking *t)
{
	char *list = talloc_strdup(t->options, t->value);
	char *at = NULL;

	/* a comma ends an option, so here a plus stands for it */
	for (at = list; at != NULL && *at != '\0'; at++) {
		*at = *at == '+' ? ',' : *at;
	}
	t->options->client.transports = list;
	return list != NULL || taking_refuse(t, "out of memory");
}

/* Trust is a whole: one word of it here, and no other file has a say. */
static void own_trust(struct mount_options *o)
{
	struct tls_client_policy *tls = &o->client.tls;

	if (o->trust_of_conf) {
		tls->ca_file = NULL;
		tls->pin = NULL;
		tls->trust = TLS_TRUST_SYSTEM;
		o->trust_of_conf = false;
		o->trust_given = false;
	}
}

bool server_set_ca(struct taking *t)
{
	own_trust(t->options);
	return taking_const(t, &t->options->client.tls.ca_file);
}

bool server_set_pin(struct taking *t)
{
	own_trust(t->options);
	return taking_const(t, &t->options->client.tls.pin);
}

bool server_set_trust(struct taking *t)
{
	own_trust(t->options);
	t->options->trust_given = true;
	return tls_trust_parse(t->value, &t->options->client.tls.trust) ||
	       taking_refuse(t, "system, ca, pin, tofu or none");
}

bool server_set_cert(struct taking *t)
{
	return taking_const(t, &t->options->client.tls.cert_file);
}

bool server_set_key(struct taking *t)
{
	return taking_const(t, &t->options->client.tls.key_file);
}

/* As mount.cifs has it: 3 is any of 3.x, default what both like best. */
bool server_set_vers(struct taking *t)
{
	struct client_options *c = &t->options->client;

	if (strcmp(t->value, "default") == 0) {
		return true;
	}
	if (strcmp(t->value, "3") == 0) {
		c->min_dialect = SMB2_DIALECT_300;
		c->max_dialect = SMB2_DIALECT_311;
		return true;
	}
	if (strcmp(t->value, "3.1") == 0) {
		c->max_dialect = SMB2_DIALECT_311;
	} else if (!client_dialect_parse(t->value, &c->max_dialect)) {
		return taking_refuse(t, "3.1.1, 3.0.2, 3.0, 2.1 or 2.0.2");
	}
	c->min_dialect = c->max_dialect;
	return true;
}

#define SEC_WORDS "krb5, krb5i, ntlmssp, ntlmsspi or none"

bool server_set_sec(struct taking *t)
{
	const char *how = t->value;

	t->options->anonymous = strcmp(how, "none") == 0;
	if (t->options->anonymous) {
		t->options->kerberos = CLIENT_KERBEROS_OFF;
		return true;
	}
	if (strncmp(how, "krb5", 4) == 0) {
		t->options->kerberos = CLIENT_KERBEROS_REQUIRED;
		how += 4;
	} else if (strncmp(how, "ntlmssp", 7) == 0) {
		t->options->kerberos = CLIENT_KERBEROS_OFF;
		how += 7;
	} else {
		return taking_refuse(t, SEC_WORDS);
	}
	if (strcmp(how, "i") == 0 &&
	    t->options->client.protection == CLIENT_PROTECTION_OFF) {
		t->options->client.protection = CLIENT_PROTECTION_SIGN;
	}
	return *how == '\0' || strcmp(how, "i") == 0 ||
	       taking_refuse(t, SEC_WORDS);
}

bool server_set_seal(struct taking *t)
{
	t->options->client.protection = CLIENT_PROTECTION_ENCRYPT;
	return true;
}

bool server_set_sign(struct taking *t)
{
	if (t->options->client.protection == CLIENT_PROTECTION_OFF) {
		t->options->client.protection = CLIENT_PROTECTION_SIGN;
	}
	return true;
}

bool server_set_option(struct taking *t)
{
	char *cut = strchr(t->value, '=');
	char *why = NULL;
	bool ok = false;

	if (cut == NULL) {
		return taking_refuse(t, "NAME=VALUE");
	}
	*cut = '\0';
	ok = client_options_set(t->options, &t->options->client, t->value,
				cut + 1, &why);
	*cut = '=';
	return ok || taking_refuse(t, why == NULL ? "out of memory" : why);
}

bool server_set_timeout(struct taking *t)
{
	double seconds = 0;

	if (!taking_seconds(t, &seconds)) {
		return false;
	}
	t->options->client.timeout_ms = (unsigned)(seconds * 1000);
	if (seconds > 0) {
		t->options->client.connect_timeout_ms =
			t->options->client.timeout_ms;
	}
	return true;
}

/* Linux' cifs takes a server for dead that has not answered three of them. */
bool server_set_echo_interval(struct taking *t)
{
	unsigned long long n = 0;

	if (!taking_number(t, 10, ECHO_MOST, &n) || n == 0) {
		return taking_refuse(t, "a number of seconds from 1 to 600");
	}
	t->options->client.timeout_ms = (unsigned)n * 3 * 1000;
	return true;
}
