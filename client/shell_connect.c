/* SPDX-License-Identifier: GPL-3.0-or-later */
/* From an address to a share, or to the list of shares. */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "client/cmd_list.h"
#include "smbquic/alarm.h"

/* From one attempt to the next, when nobody is there. */
#define FIRST_PAUSE_MS	 100
#define LONGEST_PAUSE_MS 2000

/* -------------------------------------------------------------- connecting */

char *shell_known_hosts(TALLOC_CTX *mem_ctx)
{
	const char *config = getenv("XDG_CONFIG_HOME");
	const char *home = getenv("HOME");

	if (config != NULL && *config == '/') {
		return talloc_asprintf(mem_ctx, "%s/smbquic/known_hosts",
				       config);
	}
	return talloc_asprintf(mem_ctx, "%s/.config/smbquic/known_hosts",
			       home != NULL ? home : "");
}

/* Where it is remembered how servers were reached. */
static char *visits_file(TALLOC_CTX *mem_ctx)
{
	const char *cache = getenv("XDG_CACHE_HOME");
	const char *home = getenv("HOME");

	if (cache != NULL && *cache == '/') {
		return talloc_asprintf(mem_ctx, "%s/smbquic/visits", cache);
	}
	return home == NULL || *home != '/'
		       ? NULL
		       : talloc_asprintf(mem_ctx, "%s/.cache/smbquic/visits",
					 home);
}

static const char *remember_in(struct shell *shell)
{
	const char *given = shell->options->remember;
	char *file = NULL;

	if (given != NULL) {
		return strcmp(given, "no") == 0 ? NULL : given;
	}
	file = visits_file(shell);
	if (file != NULL) {
		shell_make_folders(file);
	}
	return file;
}

/* What the handshake would only call unfit. */
static bool can_read_files(struct shell *shell)
{
	const struct tls_client_policy *tls = &shell->options->client.tls;
	const char *const files[] = {tls->ca_file, tls->crl_file,
				     tls->cert_file, tls->key_file};
	size_t i = 0;

	for (i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		if (files[i] != NULL && strncmp(files[i], "pkcs11:", 7) != 0 &&
		    access(files[i], R_OK) != 0) {
			shell_fail_errno(shell, errno, "%s", files[i]);
			return false;
		}
	}
	return true;
}

/* What only makes people wait is no failure. */
static void connection_lost(struct client_conn *conn, enum client_lost what,
			    const char *why, void *private_data)
{
	struct shell *shell = private_data;
	unsigned seconds = shell->options->client.reconnect_ms / 1000;

	(void)conn;
	switch (what) {
	case CLIENT_LOST:
		shell_say(shell,
			  "//%s: %s; waiting up to %u seconds for it to come "
			  "back",
			  shell->target->server, why, seconds);
		return;
	case CLIENT_BACK:
		shell_say(shell, "//%s: the connection is back",
			  shell->target->server);
		return;
	case CLIENT_GIVEN_UP: return; /* what waited says so */
	}
}

/* Nobody is there, or not yet: not what a server that is has said. */
static bool may_come(NTSTATUS status)
{
	static const NTSTATUS statuses[] = {
		NT_STATUS_CONNECTION_REFUSED,
		NT_STATUS_CONNECTION_RESET,
		NT_STATUS_CONNECTION_ABORTED,
		NT_STATUS_CONNECTION_DISCONNECTED,
		NT_STATUS_NETWORK_UNREACHABLE,
		NT_STATUS_HOST_UNREACHABLE,
		NT_STATUS_IO_TIMEOUT,
	};
	size_t i = 0;

	for (i = 0; i < sizeof(statuses) / sizeof(statuses[0]); i++) {
		if (status == statuses[i]) {
			return true;
		}
	}
	return false;
}

static void wait_ms(struct shell *shell, unsigned ms)
{
	struct tevent_req *req =
		shell_need(alarm_wait_send(shell, shell->ev, ms));

	(void)tevent_req_poll(req, shell->ev);
	talloc_free(req);
}

/* Who says --reconnect waits for a server that is not there yet, as for one
 * that goes. */
static NTSTATUS connect_patiently(struct shell *shell, struct client_options *o,
				  char **why)
{
	unsigned most = shell->options->reconnect_given ? o->reconnect_ms : 0;
	uint64_t begin = alarm_clock();
	bool told = false;
	unsigned pause = FIRST_PAUSE_MS;

	for (;;) {
		NTSTATUS status =
			client_connect(shell, shell->ev, o, &shell->conn, why);
		uint64_t past = alarm_clock() - begin;
		unsigned left = past < most ? most - (unsigned)past : 0;

		if (NT_STATUS_IS_OK(status) || left == 0 || !may_come(status)) {
			return status;
		}
		if (!told) {
			told = true;
			shell_say(shell,
				  "//%s: %s; waiting up to %u seconds for it",
				  o->server,
				  *why != NULL ? *why : nt_errstr(status),
				  most / 1000);
		}
		TALLOC_FREE(*why);
		wait_ms(shell, pause < left ? pause : left);
		pause = pause * 2 < LONGEST_PAUSE_MS ? pause * 2
						     : LONGEST_PAUSE_MS;
	}
}

static bool open_connection(struct shell *shell)
{
	const struct client_target *target = shell->target;
	struct client_options o = shell->options->client;
	char *why = NULL;
	NTSTATUS status = 0;

	o.server = target->server;
	o.transports = shell->options->transports != NULL
			       ? shell->options->transports
			       : target->transport;
	if (o.transports == NULL) {
		o.transports = "auto";
	}
	if (o.port == 0) {
		o.port = target->port;
	}
	o.tls.known_hosts = shell_need(shell_known_hosts(shell));
	if (o.tls.trust == TLS_TRUST_TOFU) {
		shell_make_folders(o.tls.known_hosts);
	}
	o.visits_file = remember_in(shell);
	status = connect_patiently(shell, &o, &why);
	if (NT_STATUS_IS_OK(status)) {
		client_on_lost(shell->conn, connection_lost, shell);
		return true;
	}
	if (why != NULL) {
		shell_fail_text(shell, "//%s: %s (%s)", target->server, why,
				nt_errstr(status));
	} else {
		shell_fail(shell, status, "//%s", target->server);
	}
	return false;
}

/* Who it was that could not log on, as a child of the shell. */
static char *who(struct shell *shell)
{
	const struct shell_options *o = shell->options;

	if (o->tickets && !o->user_given) {
		return talloc_strdup(shell, " by Kerberos");
	}
	return *o->user != '\0' ? talloc_asprintf(shell, " as %s", o->user)
				: talloc_strdup(shell, " without a name");
}

static bool log_on(struct shell *shell)
{
	const struct shell_options *o = shell->options;
	const struct client_credentials credentials = shell_credentials(o);
	NTSTATUS status = client_session_setup(shell, shell->conn, &credentials,
					       &shell->session);
	const char *why = client_logon_why(shell->conn);
	char *name = NULL;

	if (NT_STATUS_IS_OK(status) || status == NT_STATUS_LOGON_FAILURE) {
		shell_credentials_judged(shell->options, shell->target,
					 NT_STATUS_IS_OK(status));
	}
	if (NT_STATUS_IS_OK(status)) {
		return true;
	}
	name = shell_need(who(shell));
	if (why != NULL) {
		shell_fail_text(shell, "logging on to //%s%s: %s (%s)",
				shell->target->server, name, why,
				nt_errstr(status));
	} else {
		shell_fail(shell, status, "logging on to //%s%s",
			   shell->target->server, name);
	}
	talloc_free(name);
	return false;
}

bool shell_settings_of(const struct shell *shell, struct client_tree *tree)
{
	client_tree_map_names(tree, shell->map_names);
	client_tree_add_options(
		tree, shell->backup ? FILE_OPEN_FOR_BACKUP_INTENT : 0);
	return client_tree_use_posix(tree, shell->posix || shell->case_counts);
}

void shell_tree_settings(struct shell *shell)
{
	if (!shell_settings_of(shell, shell->tree)) {
		shell->posix = false;
		shell->case_counts = false;
	}
}

static bool open_share(struct shell *shell)
{
	const char *share = shell->target->share;
	NTSTATUS status =
		client_tree_connect(shell, shell->session, share, &shell->tree);

	if (!NT_STATUS_IS_OK(status)) {
		shell_fail(shell, status, "//%s/%s", shell->target->server,
			   share);
		return false;
	}
	shell_tree_settings(shell);
	if (client_tree_type(shell->tree) == SMB2_SHARE_TYPE_PIPE) {
		shell_fail_text(shell, "//%s/%s: not a share of files",
				shell->target->server, share);
		return false;
	}
	return true;
}

bool shell_connect(struct shell *shell)
{
	if (!can_read_files(shell) || !open_connection(shell) ||
	    !log_on(shell)) {
		return false;
	}
	if (shell->target->share != NULL && !shell->options->list &&
	    !open_share(shell)) {
		return false;
	}
	if (shell->options->print_facts) {
		shell_print_facts(shell, stderr);
	}
	return true;
}

/* ------------------------------------------------------------------ facts */

static void print_fact(FILE *to, const char *label, const char *text)
{
	if (text != NULL && *text != '\0') {
		fprintf(to, "%-22s %s\n", label, text);
	}
}

static void print_transport(TALLOC_CTX *frame, const struct client_facts *f,
			    FILE *to)
{
	char *s = shell_need(talloc_asprintf(
		frame, "%s%s%s%s%s%s", f->transport,
		f->address[0] != '\0' ? " to " : "", f->address,
		f->transport_why != NULL ? " (" : "",
		f->transport_why != NULL ? f->transport_why : "",
		f->transport_why != NULL ? ")" : ""));

	print_fact(to, "Transport:", s);
	print_fact(to, "QUIC version:", f->quic_version);
	print_fact(to, "TLS version:", f->tls_version);
	print_fact(to, "TLS cipher:", f->tls_cipher);
	print_fact(to, "ALPN:", f->alpn);
	print_fact(to, "Server certificate:", f->certificate);
	print_fact(to, "Certificate SHA-1:", f->certificate_sha1);
	print_fact(to, "Certificate SHA-256:", f->certificate_sha256);
	print_fact(to, "Certificate trust:",
		   f->secure && !f->verified && f->trust == NULL
			   ? "not verified"
			   : f->trust);
	if (f->client_certificate != NULL) {
		s = talloc_asprintf(
			frame, "%s%s%s%s%s", f->client_certificate,
			f->client_mapping != NULL ? ", mapped to " : "",
			f->client_mapping != NULL ? f->client_mapping : "",
			f->client_mapping != NULL ? "" : ", as was asked",
			f->client_certificate_wanted
				? ""
				: "; the server did not want one");
		print_fact(to, "Client certificate:", s);
	}
}

static void print_compression(TALLOC_CTX *frame, const struct client_facts *f,
			      FILE *to)
{
	char *s =
		talloc_asprintf(frame, "%s: %s", f->compressing ? "on" : "off",
				f->compression_why);

	print_fact(to, "Compression:", s);
	print_fact(to, "Compression agreed on:", f->compression);
	if (f->compressed_plain > 0) {
		s = talloc_asprintf(
			frame, "%" PRIu64 " bytes went as %" PRIu64 " (%u %%)",
			f->compressed_plain, f->compressed_packed,
			(unsigned)(f->compressed_packed * 100 /
				   f->compressed_plain));
		print_fact(to, "Compressed:", s);
	}
}

static void print_smb(TALLOC_CTX *frame, const struct client_facts *f, FILE *to)
{
	char *s = NULL;

	print_fact(to, "Dialect:", client_dialect_name(f->dialect));
	s = talloc_asprintf(frame, "%s, %s%s", f->signing,
			    f->signing_required ? "required" : "not required",
			    f->encrypting     ? ", encryption stands for it"
			    : f->signing_used ? ", used"
					      : ", not used");
	print_fact(to, "SMB signing:", s);
	s = talloc_asprintf(frame, "%s%s%s%s", f->encrypting ? "" : "off",
			    f->encrypting ? f->cipher : "", ": ",
			    f->encryption_why);
	print_fact(to, "SMB encryption:", s);
	if (!f->encrypting) {
		print_fact(to, "SMB cipher agreed on:", f->cipher);
	}
	print_compression(frame, f, to);
	if (f->channels > 1) {
		s = talloc_asprintf(frame, "%u", f->channels);
		print_fact(to, "Channels:", s);
	}
	s = talloc_asprintf(frame,
			    "read %" PRIu32 ", write %" PRIu32
			    ", transact %" PRIu32 "; credits %u",
			    f->max_read, f->max_write, f->max_transact,
			    f->credits);
	print_fact(to, "Largest requests:", s);
	if (f->user != NULL) {
		s = talloc_asprintf(
			frame, "%s%s%s by %s",
			f->domain != NULL ? f->domain : "",
			f->domain != NULL && *f->domain != '\0' ? "\\" : "",
			f->user, f->mechanism);
		print_fact(to, "Logged on as:", s);
	}
}

static void print_traffic(TALLOC_CTX *frame, const struct client_facts *f,
			  FILE *to)
{
	char *s =
		talloc_asprintf(frame, "%" PRIu64 " bytes in, %" PRIu64 " out",
				f->bytes_in, f->bytes_out);

	print_fact(to, "Traffic:", s);
	if (f->rtt_us != 0) {
		s = talloc_asprintf(frame, "%.3f ms; %" PRIu64 " packets lost",
				    (double)f->rtt_us / 1000, f->packets_lost);
		print_fact(to, "Round trip:", s);
	}
}

void shell_print_facts(struct shell *shell, FILE *to)
{
	TALLOC_CTX *frame = shell_need(talloc_new(shell));
	struct client_facts f = {0};

	client_facts(shell->conn, shell->session, shell->tree, &f);
	print_fact(to, "Server:", f.server);
	print_transport(frame, &f, to);
	print_smb(frame, &f, to);
	print_traffic(frame, &f, to);
	talloc_free(frame);
}

/* ----------------------------------------------------------------- shares */

static const char *share_type(uint32_t type)
{
	switch (type & CLIENT_STYPE_MASK) {
	case CLIENT_STYPE_DISK: return "Disk";
	case CLIENT_STYPE_PRINT: return "Printer";
	case CLIENT_STYPE_DEVICE: return "Device";
	case CLIENT_STYPE_IPC: return "IPC";
	default: return "Unknown";
	}
}

static void print_share(struct shell *shell, const struct client_share *share)
{
	char *name = shell_printable(shell, share->name);
	char *comment = shell_printable(name, share->comment);

	if (shell->options->grepable) {
		fprintf(shell->out, "%s|%s|%s\n", share_type(share->type), name,
			comment);
	} else {
		fprintf(shell->out, "\t%-15s %-10s%s\n", name,
			share_type(share->type), comment);
	}
	talloc_free(name);
}

/* A server that serves files over QUIC need not let pipes through. */
static void list_failed(struct shell *shell, NTSTATUS status)
{
	struct client_facts f = {0};

	client_facts(shell->conn, shell->session, NULL, &f);
	if (status == NT_STATUS_ACCESS_DENIED && f.secure) {
		shell_fail_text(shell,
				"//%s: the server does not permit named pipes "
				"over QUIC, and the list of shares comes "
				"through one: name the share you want, or try "
				"--transport=tcp (%s)",
				f.server, nt_errstr(status));
		return;
	}
	shell_fail(shell, status, "listing the shares of //%s", f.server);
}

void shell_list_shares(struct shell *shell)
{
	struct client_share_list *list = NULL;
	NTSTATUS status = client_shares(shell, shell->session, &list);
	size_t i = 0;

	if (!NT_STATUS_IS_OK(status)) {
		list_failed(shell, status);
		return;
	}
	if (!shell->options->grepable) {
		fprintf(shell->out, "\n\tSharename       Type      Comment\n"
				    "\t---------       ----      -------\n");
	}
	for (i = 0; i < list->count; i++) {
		print_share(shell, &list->share[i]);
	}
	talloc_free(list);
}
