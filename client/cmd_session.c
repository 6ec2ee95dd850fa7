/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Who is logged on, to which shares: several of both may be there at a time,
 * one of each is used. */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "client/cmd_list.h"
#include "smbquic/prompt.h"
#include "smbquic/secret.h"

#define LOGONS_MAX 32
#define SHARES_MAX 64

struct connected {
	struct client_session *session;
	struct client_tree *tree;
	char *share;
	char *cwd; /* while another one is used */
};

/* Those that were made by logon and tcon, and the first one of both. */
struct shell_places {
	struct client_session *logon[LOGONS_MAX];
	unsigned logons;
	struct connected share[SHARES_MAX];
	unsigned shares;
};

static struct connected *find_tree(struct shell_places *p,
				   const struct client_tree *tree)
{
	unsigned i = 0;

	for (i = 0; i < p->shares; i++) {
		if (p->share[i].tree == tree) {
			return &p->share[i];
		}
	}
	return NULL;
}

static bool knows_logon(const struct shell_places *p,
			const struct client_session *session)
{
	unsigned i = 0;

	for (i = 0; i < p->logons; i++) {
		if (p->logon[i] == session) {
			return true;
		}
	}
	return false;
}

/* What is used now, the first time too, is among them. */
static struct shell_places *places(struct shell *shell)
{
	struct shell_places *p = shell->places;

	if (p == NULL) {
		p = shell_need(talloc_zero(shell, struct shell_places));
		shell->places = p;
	}
	if (shell->session != NULL && !knows_logon(p, shell->session)) {
		p->logon[p->logons++] = shell->session;
	}
	if (shell->tree != NULL && find_tree(p, shell->tree) == NULL) {
		p->share[p->shares++] = (struct connected){
			.session = shell->session,
			.tree = shell->tree,
			.share = shell_need(
				talloc_strdup(p, shell->target->share)),
		};
	}
	return p;
}

/* Another share, or none, is used from now on. */
static void leave_share(struct shell *shell)
{
	struct connected *c = NULL;

	shell_handles_close(shell);
	if (shell->tree == NULL) {
		return;
	}
	c = find_tree(places(shell), shell->tree);
	talloc_free(c->cwd);
	c->cwd = talloc_move(shell->places, &shell->cwd);
	shell->cwd = shell_need(talloc_strdup(shell, ""));
	shell->tree = NULL;
}

static void enter_share(struct shell *shell, struct connected *c)
{
	leave_share(shell);
	shell->session = c->session;
	shell->tree = c->tree;
	shell->target->share =
		shell_need(talloc_strdup(shell->target, c->share));
	if (c->cwd != NULL) {
		talloc_free(shell->cwd);
		shell->cwd = talloc_move(shell, &c->cwd);
	}
	shell_tree_settings(shell);
}

/* The tree was disconnected, or its session has ended. */
static void forget_share(struct shell *shell, struct connected *c)
{
	struct shell_places *p = shell->places;

	if (c->tree == shell->tree) {
		leave_share(shell);
	}
	talloc_free(c->tree);
	talloc_free(c->share);
	talloc_free(c->cwd);
	*c = p->share[--p->shares];
}

/* @return NULL: it cannot be, which was said. */
static struct connected *connect_share(struct shell *shell, const char *what,
				       const char *name)
{
	struct shell_places *p = places(shell);
	struct client_tree *tree = NULL;
	NTSTATUS status = NT_STATUS_OK;

	if (p->shares == SHARES_MAX) {
		shell_fail_text(shell,
				"%s: %u shares are connected; tdis ends one",
				what, p->shares);
		return NULL;
	}
	status = client_tree_connect(shell, shell->session, name, &tree);
	if (NT_STATUS_IS_OK(status) &&
	    client_tree_type(tree) == SMB2_SHARE_TYPE_PIPE) {
		talloc_free(tree);
		status = NT_STATUS_BAD_DEVICE_TYPE;
	}
	if (!NT_STATUS_IS_OK(status)) {
		shell_fail(shell, status, "//%s/%s", shell->target->server,
			   name);
		return NULL;
	}
	p->share[p->shares] = (struct connected){
		.session = shell->session,
		.tree = tree,
		.share = shell_need(talloc_strdup(p, name)),
	};
	return &p->share[p->shares++];
}

/* ------------------------------------------------------------------ shares */

void cmd_shares(struct shell *shell, int argc, char **argv)
{
	(void)argc;
	(void)argv;
	shell_list_shares(shell);
}

/* In the place of the one before. */
void cmd_use(struct shell *shell, int argc, char **argv)
{
	struct client_tree *before = shell->tree;
	struct connected *c = connect_share(shell, argv[0], argv[1]);

	(void)argc;
	if (c == NULL) {
		return;
	}
	enter_share(shell, c);
	c = find_tree(shell->places, before);
	if (c != NULL) {
		(void)client_tree_disconnect(before);
		forget_share(shell, c);
	}
}

/* Beside it. */
void cmd_tcon(struct shell *shell, int argc, char **argv)
{
	struct connected *c = connect_share(shell, argv[0], argv[1]);
	char *name = NULL;

	(void)argc;
	if (c == NULL) {
		return;
	}
	enter_share(shell, c);
	name = shell_printable(shell, argv[1]);
	fprintf(shell->out, "tcon to %s successful, tid: %" PRIu32 "\n", name,
		client_tree_id(shell->tree));
	talloc_free(name);
}

void cmd_tdis(struct shell *shell, int argc, char **argv)
{
	struct connected *c = find_tree(places(shell), shell->tree);
	NTSTATUS status = client_tree_disconnect(shell->tree);

	(void)argc;
	(void)argv;
	forget_share(shell, c);
	if (NT_STATUS_IS_OK(status)) {
		fprintf(shell->out, "tdis successful\n");
	} else {
		shell_fail(shell, status, "tdis failed");
	}
}

static bool parse_id(struct shell *shell, const char *command, const char *text,
		     uint64_t *out)
{
	char *end = NULL;

	errno = 0;
	*out = strtoull(text, &end, 0);
	if (errno == 0 && end != text && *end == '\0' && *text != '-') {
		return true;
	}
	shell_fail_text(shell, "%s: not a number: %s", command, text);
	return false;
}

void cmd_tid(struct shell *shell, int argc, char **argv)
{
	struct shell_places *p = places(shell);
	uint64_t id = 0;
	unsigned i = 0;

	if (argc == 1 && shell->tree == NULL) {
		fprintf(shell->out, "no tcon currently\n");
		return;
	}
	if (argc == 1) {
		fprintf(shell->out, "current tid is %" PRIu32 "\n",
			client_tree_id(shell->tree));
		return;
	}
	if (!parse_id(shell, argv[0], argv[1], &id)) {
		return;
	}
	for (i = 0; i < p->shares; i++) {
		if (client_tree_id(p->share[i].tree) == id) {
			enter_share(shell, &p->share[i]);
			return;
		}
	}
	shell_fail_text(shell, "tid: no share of ours has this number: %s",
			argv[1]);
}

void cmd_listconnect(struct shell *shell, int argc, char **argv)
{
	struct shell_places *p = places(shell);
	unsigned i = 0;

	(void)argc;
	(void)argv;
	for (i = 0; i < p->shares; i++) {
		char *share = shell_printable(shell, p->share[i].share);

		fprintf(shell->out, "%u:\tserver=%s, share=%s\n", i,
			shell->target->server, share);
		talloc_free(share);
	}
}

/* ------------------------------------------------------------------ logons */

static void say_vuid(struct shell *shell)
{
	fprintf(shell->out, "Current VUID is %" PRIu64 "\n",
		client_session_id(shell->session));
}

/* The share of before, as somebody else. */
static void use_logon(struct shell *shell, struct client_session *session)
{
	struct shell_places *p = places(shell);
	struct connected *c = NULL;
	char *share = NULL;
	unsigned i = 0;

	if (session == shell->session) {
		return;
	}
	share = shell_need(talloc_strdup(shell, shell->target->share != NULL
							? shell->target->share
							: ""));
	leave_share(shell);
	shell->session = session;
	for (i = 0; i < p->shares; i++) {
		if (p->share[i].session == session &&
		    (c == NULL || strcmp(p->share[i].share, share) == 0)) {
			c = &p->share[i];
		}
	}
	if (c == NULL && *share != '\0') {
		c = connect_share(shell, "tcon", share);
	}
	if (c != NULL) {
		enter_share(shell, c);
	}
	talloc_free(share);
}

void cmd_vuid(struct shell *shell, int argc, char **argv)
{
	struct shell_places *p = places(shell);
	uint64_t id = 0;
	unsigned i = 0;

	if (argc == 1 && shell->session == NULL) {
		fprintf(shell->out, "nobody is logged on\n");
		return;
	}
	if (argc == 1) {
		say_vuid(shell);
		return;
	}
	if (!parse_id(shell, argv[0], argv[1], &id)) {
		return;
	}
	for (i = 0; i < p->logons; i++) {
		if (client_session_id(p->logon[i]) == id) {
			use_logon(shell, p->logon[i]);
			return;
		}
	}
	shell_fail_text(shell, "vuid: no logon of ours has this number: %s",
			argv[1]);
}

/* @return false: there is none, which was said. */
static bool ask_password(struct shell *shell, const char *user, char **out)
{
	char *prompt =
		shell_need(talloc_asprintf(shell, "Password for [%s]: ", user));

	*out = prompt_password(shell, prompt);
	talloc_free(prompt);
	if (*out == NULL) {
		shell_fail_errno(shell, errno, "logon: no password");
	}
	return *out != NULL;
}

static void log_on_as(struct shell *shell, char *user, const char *password)
{
	struct client_credentials credentials = {
		.user = user,
		.password = password,
		.workstation = shell->options->workstation,
	};
	struct client_session *session = NULL;
	char *cut = strpbrk(user, "/\\");
	NTSTATUS status = NT_STATUS_OK;

	if (cut != NULL) {
		*cut = '\0';
		credentials.domain = user;
		credentials.user = cut + 1;
	}
	status = client_session_setup(shell, shell->conn, &credentials,
				      &session);
	if (!NT_STATUS_IS_OK(status)) {
		shell_fail(shell, status, "session setup failed");
		return;
	}
	shell->places->logon[shell->places->logons++] = session;
	use_logon(shell, session);
	say_vuid(shell);
}

void cmd_logon(struct shell *shell, int argc, char **argv)
{
	const char *why = NULL;
	char *password = NULL;

	if (places(shell)->logons == LOGONS_MAX) {
		why = "logon: there are too many; logoff ends one";
	} else if (shell->options->no_ntlm) {
		why = "logon: by a password means by NTLM, which --block-ntlm "
		      "forbids";
	}
	if (why != NULL) {
		shell_fail_text(shell, "%s", why);
		return;
	}
	if (argc == 2 && !ask_password(shell, argv[1], &password)) {
		return;
	}
	log_on_as(shell, argv[1], argc == 2 ? password : argv[2]);
	secret_wipe_text(argc == 2 ? NULL : argv[2]);
	talloc_free(password);
}

void cmd_logoff(struct shell *shell, int argc, char **argv)
{
	struct shell_places *p = places(shell);
	struct client_session *session = shell->session;
	NTSTATUS status = NT_STATUS_OK;
	unsigned i = 0;

	(void)argc;
	(void)argv;
	leave_share(shell);
	status = client_logoff(session);
	for (i = p->shares; i > 0; i--) {
		if (p->share[i - 1].session == session) {
			forget_share(shell, &p->share[i - 1]);
		}
	}
	for (i = 0; p->logon[i] != session; i++) {
	}
	p->logon[i] = p->logon[--p->logons];
	talloc_free(session);
	shell->session = NULL;
	if (NT_STATUS_IS_OK(status) ||
	    status == NT_STATUS_USER_SESSION_DELETED) {
		fprintf(shell->out, "logoff successful\n");
	} else {
		shell_fail(shell, status, "logoff failed");
	}
}
