/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * diagnose.c - looks at a server's certificate, and at what is mapped here, and
 * says what does not go together.
 */
#include "certs/diagnose.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <tevent.h>

#include "smbquic/port.h"
#include "smbquic/race.h"
#include "smbquic/tls.h"

#define QUIC_PORT	   443
#define DEFAULT_TIMEOUT_MS 10000

/* --- the place ----------------------------------------------------------- */

bool diagnose_place(TALLOC_CTX *mem_ctx, const char *text, char **host,
		    uint16_t *port)
{
	*host = port_split(mem_ctx, text, port);
	return *host != NULL;
}

/* --- sentences ----------------------------------------------------------- */

static void add(struct diagnosis *d, const char *format, ...)
	PRINTF_ATTRIBUTE(2, 3);

static void add(struct diagnosis *d, const char *format, ...)
{
	size_t n = 0;
	va_list args;

	while (d->problems[n] != NULL) {
		n++;
	}
	if (n == DIAGNOSE_MAX_PROBLEMS) {
		return;
	}
	va_start(args, format);
	d->problems[n] = talloc_vasprintf(d->problems, format, args);
	va_end(args);
}

/* --- what is mapped here ------------------------------------------------- */

static void look_at_mapping(struct diagnosis *d)
{
	char *cert_file = NULL;
	char *key_file = NULL;
	char *why = NULL;

	if (!certmap_entry_files(d, d->map_file, d->mapping, &cert_file,
				 &key_file, &why)) {
		add(d, "the mapping of %s cannot be used here: %s",
		    d->mapping->name, why == NULL ? "out of memory" : why);
		return;
	}
	d->mapped = cert_load_pem(d, cert_file, key_file, NULL, &why);
	if (d->mapped == NULL) {
		add(d, "the mapping of %s cannot be used here: %s",
		    d->mapping->name, why == NULL ? "out of memory" : why);
		d->mapped = cert_load_pem(d, cert_file, NULL, NULL, &why);
	}
}

static void look_here(struct diagnosis *d, const char *map_file)
{
	struct certmap_file *file = NULL;
	char *why = NULL;

	if (map_file == NULL || access(map_file, F_OK) != 0) {
		return;
	}
	d->map_file = talloc_strdup(d, map_file);
	file = certmap_file_load(d, map_file, CERTMAP_SERVER, &why);
	if (file == NULL) {
		d->map_why = why == NULL ? "out of memory" : why;
		add(d, "the mapping file here cannot be used: %s", d->map_why);
		return;
	}
	d->mapping = certmap_file_match(file, d->sni);
	if (d->mapping != NULL) {
		look_at_mapping(d);
	} else if (d->sni == NULL) {
		add(d,
		    "who is given an address asks for no name, and %s has no "
		    "default mapping: a server with it refuses; use a name",
		    d->map_file);
	} else {
		add(d,
		    "%s has no mapping for %s: a server with it refuses the "
		    "name",
		    d->map_file, d->sni);
	}
}

static void look_for_own(struct diagnosis *d)
{
	char *why = NULL;

	if (!client_map_find(d, NULL, d->name, &d->client, &why)) {
		d->client_why = why == NULL ? "out of memory" : why;
		add(d, "%s", d->client_why);
	}
}

/* --- the server ---------------------------------------------------------- */

struct visit {
	struct diagnosis *d;
	gnutls_datum_t *chain; /* that was shown */
	unsigned count;
};

/* In the middle of the handshake: keep what is shown. */
static void look(void *private_data, const gnutls_datum_t *chain,
		 unsigned count, bool asks)
{
	struct visit *visit = private_data;
	struct diagnosis *d = visit->d;
	unsigned i = 0;

	d->wants_certificate = asks;
	visit->chain = talloc_zero_array(d, gnutls_datum_t, count + 1);
	for (i = 0; visit->chain != NULL && i < count; i++) {
		visit->chain[i].data = talloc_memdup(
			visit->chain, chain[i].data, chain[i].size);
		if (visit->chain[i].data == NULL) {
			break;
		}
		visit->chain[i].size = chain[i].size;
	}
	visit->count = i;
}

static void take_facts(struct diagnosis *d, const struct transport *t)
{
	const struct transport_facts *f = transport_facts(t);

	d->connected = true;
	d->address = talloc_strdup(
		d, transport_address_string((const struct sockaddr *)&f->peer));
	d->transport = talloc_strdup(d, f->backend);
	d->quic_version = talloc_strdup(d, f->quic_version);
	d->tls_version = talloc_strdup(d, f->tls_version);
	d->tls_cipher = talloc_strdup(d, f->tls_cipher);
	d->alpn = talloc_strdup(d, f->alpn);
}

static void connect_to(struct diagnosis *d, const struct diagnose_question *q,
		       struct visit *visit)
{
	const struct tls_client_policy tls = {
		.trust = TLS_TRUST_NONE, /* judged afterwards */
		.cert_file = d->client.certificate,
		.key_file = d->client.key,
		.look = look,
		.private_data = visit,
	};
	struct transport_settings settings;
	struct race_params race = {
		.server_name = d->name,
		.address = q->address,
		.lane = {{.via = &transport_quic_user,
			  .port = q->port == 0 ? QUIC_PORT : q->port}},
		.lanes = 1,
		.tls = &tls,
		.settings = &settings,
	};
	TALLOC_CTX *work = talloc_new(d);
	struct tevent_context *ev = tevent_context_init(work);
	struct tevent_req *req = NULL;
	struct transport *t = NULL;
	char *why = NULL;

	transport_settings_default(&settings);
	settings.connect_timeout_ms =
		q->timeout_ms == 0 ? DEFAULT_TIMEOUT_MS : q->timeout_ms;
	req = ev == NULL ? NULL : race_connect_send(work, ev, &race);
	if (req == NULL || !tevent_req_poll(req, ev)) {
		d->why = "out of memory";
	} else if (race_connect_recv(req, work, &t, &why) == 0) {
		take_facts(d, t);
	} else {
		d->why = why == NULL ? "out of memory" : talloc_steal(d, why);
	}
	talloc_free(work);
}

/* --- the judgement ------------------------------------------------------- */

static void judge_presented(struct diagnosis *d,
			    const struct diagnose_question *q,
			    const struct visit *visit)
{
	char *why = NULL;
	char **problem = NULL;

	if (visit->count == 0) {
		return;
	}
	d->presented = cert_from_der(d, visit->chain, visit->count, &why);
	if (d->presented == NULL) {
		add(d, "the server presents %s",
		    why == NULL ? "out of memory" : why);
		return;
	}
	problem = cert_peer_problems(d, d->presented, d->name, time(NULL));
	for (; problem != NULL && *problem != NULL; problem++) {
		add(d, "%s", *problem);
	}
	d->trusted = cert_trusted(d, d->presented, q->ca_file, &why);
	d->trust = why == NULL ? "out of memory" : why;
	if (!d->trusted) {
		add(d,
		    "its chain is not trusted here (%s): a client needs its "
		    "CA (--ca) or its SHA-256 (--pin)",
		    d->trust);
	}
}

static void judge_both(struct diagnosis *d)
{
	char **problem = NULL;

	d->same = d->presented != NULL && d->mapped != NULL &&
		  strcmp(cert_info(d->presented)->sha256,
			 cert_info(d->mapped)->sha256) == 0;
	if (d->same || d->mapped == NULL) {
		return;
	}
	problem =
		cert_peer_problems(d, d->mapped, d->mapping->name, time(NULL));
	for (; problem != NULL && *problem != NULL; problem++) {
		add(d, "as mapped by %s, %s", d->map_file, *problem);
	}
	if (d->presented != NULL) {
		add(d,
		    "another certificate is presented than %s maps: the server "
		    "that answers has other mappings, or refused the new "
		    "certificate (its log says why)",
		    d->map_file);
	}
}

static void judge_client(struct diagnosis *d)
{
	if (d->wants_certificate && d->client.name == NULL &&
	    d->client_why == NULL) {
		add(d,
		    "the server wants a client certificate, and none is mapped "
		    "to %s here (smbquic-certmap client-new)",
		    d->name);
	}
}

struct diagnosis *diagnose(TALLOC_CTX *mem_ctx,
			   const struct diagnose_question *question)
{
	struct diagnosis *d = talloc_zero(mem_ctx, struct diagnosis);
	struct visit visit = {.d = d};
	unsigned char bytes[16];

	if (d == NULL) {
		return NULL;
	}
	d->problems = talloc_zero_array(d, char *, DIAGNOSE_MAX_PROBLEMS + 1);
	d->name = talloc_strdup(d, question->name);
	if (d->problems == NULL || d->name == NULL) {
		talloc_free(d);
		return NULL;
	}
	/* RFC 6066 3: no addresses in the SNI. */
	d->sni = cert_address(d->name, bytes) > 0 ? NULL : d->name;
	look_here(d, question->map_file);
	look_for_own(d);
	connect_to(d, question, &visit);
	if (!d->connected) {
		add(d, "%s", d->why);
	}
	judge_presented(d, question, &visit);
	judge_both(d);
	judge_client(d);
	return d;
}
