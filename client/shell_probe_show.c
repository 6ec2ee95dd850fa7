/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a probe found: the verdict, text and JSON. */
#include <inttypes.h>
#include <string.h>
#include <time.h>

#include "client/shell_probe.h"

#define DAY 86400

/* ------------------------------------------------------------------- names */

struct name {
	uint32_t value;
	const char *name;
};

static const struct name signings[] = {
	{SMB2_SIGNING_HMAC_SHA256, "HMAC-SHA256"},
	{SMB2_SIGNING_AES_CMAC, "AES-128-CMAC"},
	{SMB2_SIGNING_AES_GMAC, "AES-128-GMAC"},
	{0, NULL},
};

static const struct name ciphers[] = {
	{SMB2_CIPHER_AES128_CCM, "AES-128-CCM"},
	{SMB2_CIPHER_AES128_GCM, "AES-128-GCM"},
	{SMB2_CIPHER_AES256_CCM, "AES-256-CCM"},
	{SMB2_CIPHER_AES256_GCM, "AES-256-GCM"},
	{0, NULL},
};

static const struct name compressions[] = {
	{SMB2_COMPRESSION_LZNT1, "LZNT1"},
	{SMB2_COMPRESSION_LZ77, "LZ77"},
	{SMB2_COMPRESSION_LZ77_HUFFMAN, "LZ77+Huffman"},
	{SMB2_COMPRESSION_PATTERN_V1, "Pattern_V1"},
	{SMB2_COMPRESSION_LZ4, "LZ4"},
	{0, NULL},
};

static const struct name capabilities[] = {
	{SMB2_GLOBAL_CAP_DFS, "DFS"},
	{SMB2_GLOBAL_CAP_LEASING, "leasing"},
	{SMB2_GLOBAL_CAP_LARGE_MTU, "large requests"},
	{SMB2_GLOBAL_CAP_MULTI_CHANNEL, "multichannel"},
	{SMB2_GLOBAL_CAP_PERSISTENT_HANDLES, "persistent handles"},
	{SMB2_GLOBAL_CAP_DIRECTORY_LEASING, "directory leasing"},
	{SMB2_GLOBAL_CAP_ENCRYPTION, "encryption"},
	{SMB2_GLOBAL_CAP_NOTIFICATIONS, "notifications"},
	{0, NULL},
};

static const char *const verdicts[] = {"OK", "WARNING", "CRITICAL", "UNKNOWN"};

static json_t *ids_json(const struct client_probe_ids *ids,
			const struct name *names)
{
	json_t *list = json_array();
	const struct name *n = NULL;
	unsigned i = 0;

	for (i = 0; i < ids->count; i++) {
		for (n = names; n->name != NULL; n++) {
			if (n->value == ids->id[i]) {
				json_array_append_new(list,
						      json_string(n->name));
			}
		}
	}
	return list;
}

static json_t *bits_json(uint32_t bits, const struct name *names)
{
	json_t *list = json_array();

	for (; names->name != NULL; names++) {
		if ((bits & names->value) != 0) {
			json_array_append_new(list, json_string(names->name));
		}
	}
	return list;
}

/* RFC 9000 15, RFC 9369. */
static json_t *versions_json(const struct client_probe_result *r)
{
	json_t *list = json_array();
	char text[16] = "";
	unsigned i = 0;

	for (i = 0; i < r->version_count; i++) {
		switch (r->versions[i]) {
		case 0x00000001u: snprintf(text, sizeof(text), "v1"); break;
		case 0x6b3343cfu: snprintf(text, sizeof(text), "v2"); break;
		default: snprintf(text, sizeof(text), "0x%08x", r->versions[i]);
		}
		json_array_append_new(list, json_string(text));
	}
	return list;
}

/* "a, b", or what stands for nothing. Takes the list. */
static char *joined(TALLOC_CTX *mem_ctx, json_t *list, const char *none)
{
	char *text = shell_need(talloc_strdup(mem_ctx, ""));
	size_t i = 0;
	json_t *item = NULL;

	json_array_foreach(list, i, item)
	{
		text = shell_need(
			talloc_asprintf_append(text, "%s%s", i > 0 ? ", " : "",
					       json_string_value(item)));
	}
	json_decref(list);
	return *text != '\0' ? text : shell_need(talloc_strdup(mem_ctx, none));
}

/* ----------------------------------------------------------------- verdict */

enum probe_verdict probe_worse(enum probe_verdict a, enum probe_verdict b)
{
	static const int badness[] = {
		[PROBE_OK] = 0,
		[PROBE_WARNING] = 1,
		[PROBE_UNKNOWN] = 2,
		[PROBE_CRITICAL] = 3,
	};

	return badness[a] >= badness[b] ? a : b;
}

static long days_left(const struct client_probe_result *r, time_t now)
{
	time_t end = cert_info(r->cert)->not_after;

	return (long)((end - now) / DAY);
}

static enum probe_verdict say(TALLOC_CTX *mem_ctx, char **why,
			      enum probe_verdict verdict, const char *format,
			      ...) __attribute__((format(printf, 4, 5)));

static enum probe_verdict say(TALLOC_CTX *mem_ctx, char **why,
			      enum probe_verdict verdict, const char *format,
			      ...)
{
	va_list args;

	va_start(args, format);
	*why = shell_need(talloc_vasprintf(mem_ctx, format, args));
	va_end(args);
	return verdict;
}

/* It speaks SMB over QUIC: will clients take its certificate, and how long? */
static enum probe_verdict judge_certificate(TALLOC_CTX *mem_ctx,
					    const struct probe_host *host,
					    time_t now, char **why)
{
	const struct client_probe_result *r = host->result;
	bool judged = host->options.tls.trust != TLS_TRUST_NONE;

	if (r->cert == NULL) {
		return say(mem_ctx, why, PROBE_CRITICAL,
			   "the server showed no certificate that can be read");
	}
	if (judged && !r->trusted) {
		return say(mem_ctx, why, PROBE_CRITICAL, "%s",
			   r->trust != NULL ? r->trust : "out of memory");
	}
	if (days_left(r, now) < (long)host->warn_days) {
		return say(mem_ctx, why, PROBE_WARNING,
			   "the certificate ends in %ld days",
			   days_left(r, now));
	}
	return say(mem_ctx, why, PROBE_OK,
		   "SMB %s over QUIC %s, certificate %s for %ld days",
		   client_dialect_name(r->quic.dialect), r->quic_version,
		   judged ? "good" : "not judged, valid", days_left(r, now));
}

enum probe_verdict probe_judge(TALLOC_CTX *mem_ctx,
			       const struct probe_host *host, time_t now,
			       char **why)
{
	const struct client_probe_result *r = host->result;

	if (r == NULL) {
		return say(mem_ctx, why, PROBE_UNKNOWN, "out of memory");
	}
	if (r->name_why != NULL) {
		return say(mem_ctx, why, PROBE_UNKNOWN, "%s", r->name_why);
	}
	if (!r->quic.negotiated && r->client_certificate &&
	    host->options.tls.cert_file == NULL) {
		return say(mem_ctx, why, PROBE_WARNING,
			   "the server wants a client certificate and tells "
			   "nothing without: give --client-cert and "
			   "--client-key");
	}
	if (!r->quic.negotiated) {
		return say(mem_ctx, why, PROBE_CRITICAL,
			   "no SMB over QUIC: %s%s",
			   r->quic.why != NULL ? r->quic.why : "out of memory",
			   r->tcp.negotiated ? " (direct TCP answers)" : "");
	}
	return judge_certificate(mem_ctx, host, now, why);
}

/* -------------------------------------------------------------------- text */

struct printer {
	FILE *to;
	TALLOC_CTX *mem_ctx;
};

static void line(const struct printer *p, const char *label, const char *format,
		 ...) __attribute__((format(printf, 3, 4)));

/* What comes from the server may not steer the terminal. */
static void line(const struct printer *p, const char *label, const char *format,
		 ...)
{
	va_list args;
	char *text = NULL;

	va_start(args, format);
	text = shell_need(talloc_vasprintf(p->mem_ctx, format, args));
	va_end(args);
	fprintf(p->to, "  %-21s %s\n", label,
		shell_printable(p->mem_ctx, text));
}

static double ms(uint64_t us)
{
	return (double)us / 1000;
}

static void print_quic(const struct printer *p,
		       const struct client_probe_result *r)
{
	if (!r->udp_answers) {
		line(p, "UDP:", "no answer: %s",
		     r->udp_why != NULL ? r->udp_why : "unknown");
	} else if (r->udp_us != 0) {
		line(p, "UDP:", "answers after %.2f ms", ms(r->udp_us));
	} else {
		line(p, "UDP:", "answers");
	}
	if (r->udp_answers) {
		line(p, "QUIC versions:", "%s",
		     joined(p->mem_ctx, versions_json(r), "not told"));
	}
	if (!r->quic.connected) {
		line(p, "QUIC:", "no: %s",
		     r->quic.why != NULL ? r->quic.why : "unknown");
		return;
	}
	line(p, "QUIC:", "%s to %s after %.2f ms", r->quic_version,
	     r->quic.address, ms(r->quic.connect_us));
	line(p, "ALPN:", "%s", r->alpn);
	line(p, "TLS:", "%s, %s", r->tls_version, r->tls_cipher);
	line(p, "Retry:", "%s",
	     r->retry ? "yes, addresses are validated" : "no");
}

static void print_names(const struct printer *p, const struct cert_info *info)
{
	char *text = shell_need(talloc_strdup(p->mem_ctx, ""));
	size_t i = 0;

	for (i = 0; info->names[i] != NULL; i++) {
		text = shell_need(talloc_asprintf_append(
			text, "%s%s", i > 0 ? ", " : "", info->names[i]));
	}
	line(p, "  names:", "%s", *text != '\0' ? text : "none");
}

static void print_certificate(const struct printer *p,
			      const struct client_probe_result *r, time_t now)
{
	const struct cert_info *info = NULL;

	line(p, "Client certificate:", "%s",
	     r->client_certificate ? "wanted" : "not wanted");
	if (r->cert == NULL) {
		line(p, "Certificate:", "%s", r->cert_why);
		return;
	}
	info = cert_info(r->cert);
	line(p, "Certificate:", "%s", info->subject);
	print_names(p, info);
	line(p, "  issuer:", "%s", info->issuer);
	line(p, "  valid:", "%s to %s, %ld days left",
	     cert_time_string(p->mem_ctx, info->not_before),
	     cert_time_string(p->mem_ctx, info->not_after), days_left(r, now));
	line(p, "  key, signature:", "%s, %s", info->key, info->signature);
	line(p, "  SHA-1:", "%s", info->sha1);
	line(p, "  SHA-256:", "%s", info->sha256);
	line(p, "  trust:", "%s", r->trust != NULL ? r->trust : "unknown");
}

static const char *const pipes_words[] = {
	[PROBE_PIPES_UNKNOWN] = "unknown",
	[PROBE_PIPES_REFUSED] = "refused over QUIC",
	[PROBE_PIPES_ALLOWED] = "allowed",
};

/* As the certificate's times: the zones of two machines may differ. */
static void clock_text(NTTIME nttime, char buf[32])
{
	time_t t = nttime_to_unix(nttime);
	struct tm tm = {0};

	if (gmtime_r(&t, &tm) == NULL ||
	    strftime(buf, 32, "%Y-%m-%d %H:%M:%S UTC", &tm) == 0) {
		snprintf(buf, 32, "unknown");
	}
}

static void print_smb(const struct printer *p, const struct probe_host *host)
{
	const struct client_probe_smb *s = &host->result->quic;
	struct timespec then = nttime_to_timespec(s->server_time);
	char when[32] = "";

	if (!s->negotiated) {
		line(p, "SMB:", "%s", s->why != NULL ? s->why : "unknown");
		return;
	}
	line(p, "SMB dialect:", "%s, after %.2f ms",
	     client_dialect_name(s->dialect), ms(s->negotiate_us));
	line(p, "Signing:", "%s; %s",
	     joined(p->mem_ctx, ids_json(&s->signing, signings), "unknown"),
	     s->signing_required ? "required" : "not required");
	line(p, "Ciphers:", "%s%s",
	     joined(p->mem_ctx, ids_json(&s->ciphers, ciphers), "none"),
	     s->complete ? "" : " (perhaps more)");
	line(p, "Compression:", "%s%s",
	     joined(p->mem_ctx, ids_json(&s->compression, compressions),
		    "none"),
	     s->compression_chained ? ", chained" : "");
	line(p, "Transport security:", "%s",
	     s->accepts_transport ? "accepted in place of SMB encryption"
				  : "not accepted in place of SMB encryption");
	line(p, "Capabilities:", "%s",
	     joined(p->mem_ctx, bits_json(s->capabilities, capabilities),
		    "none"));
	line(p, "Largest requests:",
	     "read %" PRIu32 ", write %" PRIu32 ", transact %" PRIu32,
	     s->max_read, s->max_write, s->max_transact);
	line(p, "Named pipes:", "%s%s%s", pipes_words[host->pipes],
	     host->pipes_why != NULL ? ": " : "",
	     host->pipes_why != NULL ? host->pipes_why : "");
	clock_text(s->server_time, when);
	line(p, "Server's clock:", "%s", then.tv_sec != 0 ? when : "not told");
}

static void print_tcp(const struct printer *p, const struct probe_host *host)
{
	const struct client_probe_smb *s = &host->result->tcp;

	if (host->options.skip_tcp) {
		line(p, "Direct TCP:", "not looked at");
	} else if (!s->negotiated) {
		line(p, "Direct TCP:", "no: %s",
		     s->why != NULL ? s->why : "unknown");
	} else {
		line(p, "Direct TCP:",
		     "SMB %s at %s, after %.2f ms; signing "
		     "%s; ciphers %s",
		     client_dialect_name(s->dialect), s->address,
		     ms(s->connect_us + s->negotiate_us),
		     s->signing_required ? "required" : "not required",
		     joined(p->mem_ctx, ids_json(&s->ciphers, ciphers),
			    "none"));
	}
}

void probe_print(FILE *to, const struct probe_host *host, bool brief,
		 time_t now)
{
	const struct client_probe_result *r = host->result;
	const struct printer p = {
		.to = to,
		.mem_ctx = shell_need(talloc_new(NULL)),
	};
	char *why = NULL;
	enum probe_verdict verdict = probe_judge(p.mem_ctx, host, now, &why);

	fprintf(to, "%s: %s: %s\n", shell_printable(p.mem_ctx, host->typed),
		verdicts[verdict], shell_printable(p.mem_ctx, why));
	if (!brief && r != NULL && r->name_why == NULL) {
		print_quic(&p, r);
		if (r->cert != NULL || r->cert_why != NULL) {
			print_certificate(&p, r, now);
		}
		if (r->quic.connected) {
			print_smb(&p, host);
		}
		print_tcp(&p, host);
		line(&p, "All of it:", "%.2f ms%s", ms(r->total_us),
		     r->timed_out ? ", the rest was given up" : "");
	}
	talloc_free(p.mem_ctx);
}

/* -------------------------------------------------------------------- JSON */

/* Text of the server's need not be UTF-8, which JSON has to be. */
static void set_text(json_t *json, const char *key, const char *text)
{
	char *clean = NULL;

	if (text == NULL) {
		json_object_set_new(json, key, json_null());
		return;
	}
	clean = shell_printable(NULL, text);
	json_object_set_new(json, key, json_string(clean));
	talloc_free(clean);
}

static void set_ms(json_t *json, const char *key, uint64_t us)
{
	json_object_set_new(json, key, json_real(ms(us)));
}

static void set_bool(json_t *json, const char *key, bool value)
{
	json_object_set_new(json, key, json_boolean(value));
}

static json_t *cert_json(const struct client_probe_result *r, time_t now)
{
	const struct cert_info *info = cert_info(r->cert);
	json_t *json = json_object();
	json_t *names = json_array();
	char *when = NULL;
	size_t i = 0;

	set_text(json, "subject", info->subject);
	set_text(json, "issuer", info->issuer);
	for (i = 0; info->names[i] != NULL; i++) {
		char *name = shell_printable(NULL, info->names[i]);

		json_array_append_new(names, json_string(name));
		talloc_free(name);
	}
	json_object_set_new(json, "names", names);
	when = cert_time_string(NULL, info->not_before);
	set_text(json, "not_before", when);
	talloc_free(when);
	when = cert_time_string(NULL, info->not_after);
	set_text(json, "not_after", when);
	talloc_free(when);
	json_object_set_new(json, "days_left", json_integer(days_left(r, now)));
	set_text(json, "key", info->key);
	set_text(json, "signature", info->signature);
	set_text(json, "sha1", info->sha1);
	set_text(json, "sha256", info->sha256);
	json_object_set_new(json, "chain_length",
			    json_integer((json_int_t)info->chain_len));
	set_bool(json, "trusted", r->trusted);
	set_text(json, "trust", r->trust);
	return json;
}

static json_t *smb_json(const struct client_probe_smb *s)
{
	json_t *json = json_object();
	char guid[33] = "";
	size_t i = 0;

	set_bool(json, "connected", s->connected);
	set_bool(json, "negotiated", s->negotiated);
	set_text(json, "error", s->why);
	set_text(json, "address", s->address);
	if (s->connected) {
		set_ms(json, "connect_ms", s->connect_us);
	}
	if (!s->negotiated) {
		return json;
	}
	for (i = 0; i < sizeof(s->server_guid); i++) {
		snprintf(guid + 2 * i, 3, "%02x", s->server_guid[i]);
	}
	set_ms(json, "negotiate_ms", s->negotiate_us);
	set_text(json, "dialect", client_dialect_name(s->dialect));
	set_bool(json, "signing_required", s->signing_required);
	json_object_set_new(json, "signing", ids_json(&s->signing, signings));
	json_object_set_new(json, "ciphers", ids_json(&s->ciphers, ciphers));
	json_object_set_new(json, "compression",
			    ids_json(&s->compression, compressions));
	set_bool(json, "compression_chained", s->compression_chained);
	set_bool(json, "complete", s->complete);
	set_bool(json, "accepts_transport_security", s->accepts_transport);
	json_object_set_new(json, "capabilities",
			    bits_json(s->capabilities, capabilities));
	json_object_set_new(json, "max_read", json_integer(s->max_read));
	json_object_set_new(json, "max_write", json_integer(s->max_write));
	json_object_set_new(json, "max_transact",
			    json_integer(s->max_transact));
	set_text(json, "server_guid", guid);
	json_object_set_new(json, "server_time",
			    json_integer(nttime_to_unix(s->server_time)));
	return json;
}

static json_t *quic_json(const struct probe_host *host, time_t now)
{
	static const char *const words[] = {"unknown", "refused", "allowed"};
	const struct client_probe_result *r = host->result;
	json_t *json = smb_json(&r->quic);

	set_text(json, "version", r->quic_version);
	set_text(json, "alpn", r->alpn);
	set_text(json, "tls_version", r->tls_version);
	set_text(json, "tls_cipher", r->tls_cipher);
	set_bool(json, "retry", r->retry);
	set_bool(json, "client_certificate_wanted", r->client_certificate);
	set_text(json, "pipes", words[host->pipes]);
	set_text(json, "pipes_error", host->pipes_why);
	json_object_set_new(json, "certificate",
			    r->cert != NULL ? cert_json(r, now) : json_null());
	return json;
}

json_t *probe_json(const struct probe_host *host, time_t now)
{
	const struct client_probe_result *r = host->result;
	json_t *json = json_object();
	json_t *udp = NULL;
	char *why = NULL;
	enum probe_verdict verdict = probe_judge(NULL, host, now, &why);

	set_text(json, "host", host->typed);
	set_text(json, "status", verdicts[verdict]);
	set_text(json, "text", why);
	talloc_free(why);
	if (r == NULL || r->name_why != NULL) {
		return json;
	}
	udp = json_object();
	set_bool(udp, "answers", r->udp_answers);
	set_text(udp, "error", r->udp_answers ? NULL : r->udp_why);
	if (r->udp_us != 0) {
		set_ms(udp, "ms", r->udp_us);
	}
	json_object_set_new(udp, "quic_versions", versions_json(r));
	json_object_set_new(json, "udp", udp);
	json_object_set_new(json, "quic", quic_json(host, now));
	json_object_set_new(json, "tcp",
			    host->options.skip_tcp ? json_null()
						   : smb_json(&r->tcp));
	set_ms(json, "total_ms", r->total_us);
	set_bool(json, "timed_out", r->timed_out);
	return json;
}
