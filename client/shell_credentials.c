/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Who we are. What comes first wins: -U and -W, -A, the address, the
 * environment (USER, PASSWD, PASSWD_FD, PASSWD_FILE as in smbclient), and for
 * the password the kernel's keyring, and at last the terminal.
 */
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "client/shell.h"
#include "negotiate/kerberos.h"
#include "smbquic/credentials_file.h"
#include "smbquic/keyring.h"
#include "smbquic/prompt.h"
#include "smbquic/secret.h"

#define HASH_SIZE 16 /* MD4 */

static char *copy(struct shell_options *o, const char *s)
{
	return shell_need(talloc_strdup(o, s));
}

bool shell_credentials_user(struct shell_options *o, const char *text)
{
	char *user = copy(o, text);
	char *cut = strchr(user, '%');

	if (cut != NULL) {
		*cut = '\0';
		o->password = cut + 1;
	}
	cut = strpbrk(user, "/\\");
	if (cut != NULL) {
		*cut = '\0';
		o->domain = user;
		user = cut + 1;
	}
	o->user = user;
	return true;
}

bool shell_credentials_file(struct shell_options *o, const char *file)
{
	struct credentials_file *who = NULL;
	char *why = NULL;

	if (!credentials_file_read(o, file, false, &who, &why)) {
		fprintf(stderr, SHELL_PROGRAM ": %s\n",
			(char *)shell_need(why));
		return false;
	}
	/* what -U has said stays */
	o->user = o->user != NULL ? o->user : who->user;
	o->password = o->password != NULL ? o->password : who->password;
	o->domain = o->domain != NULL ? o->domain : who->domain;
	return true;
}

/* ------------------------------------------------------- the environment */

static bool from_fd(struct shell_options *o, int fd, const char *what)
{
	o->password = prompt_read_line(o, fd);
	if (o->password == NULL) {
		fprintf(stderr, SHELL_PROGRAM ": %s: %s\n", what,
			prompt_strerror(errno));
	}
	return o->password != NULL;
}

static bool password_from_environment(struct shell_options *o)
{
	const char *password = secret_take_env(o, "PASSWD");
	const char *fd = getenv("PASSWD_FD");
	const char *file = getenv("PASSWD_FILE");
	char *end = NULL;
	bool good = true;
	int n = 0;

	if (password != NULL) {
		o->password = password;
		return true;
	}
	if (fd != NULL) {
		n = (int)strtol(fd, &end, 10);
		if (end == fd || *end != '\0' || n < 0) {
			fprintf(stderr,
				SHELL_PROGRAM ": PASSWD_FD: not a number: "
					      "%s\n",
				fd);
			return false;
		}
		return from_fd(o, n, "PASSWD_FD");
	}
	if (file != NULL) {
		n = open(file, O_RDONLY | O_CLOEXEC);
		good = from_fd(o, n, file);
		if (n >= 0) {
			close(n);
		}
	}
	return good;
}

static void user_from_environment(struct shell_options *o)
{
	const char *user = getenv("USER");
	const char *password = o->password;

	if (user == NULL || *user == '\0') {
		user = getenv("LOGNAME");
	}
	if (user == NULL || *user == '\0') {
		return;
	}
	shell_credentials_user(o, user);
	secret_wipe_text(strchr(user, '%'));
	o->password = password != NULL ? password : o->password;
}

static const char *no_password_because(int err)
{
	switch (err) {
	case ENXIO:
	case ENOTTY: return "there is no terminal to ask on";
	case ENODATA: return "the input has ended";
	default: return strerror(err);
	}
}

static bool ask_password(struct shell_options *o)
{
	bool domain = o->domain != NULL && *o->domain != '\0';
	char *prompt = shell_need(talloc_asprintf(
		o, "Password for [%s%s%s]: ", domain ? o->domain : "",
		domain ? "\\" : "", o->user));

	o->password = prompt_password(o, prompt);
	if (o->password == NULL) {
		fprintf(stderr,
			SHELL_PROGRAM ": no password: %s%s. Give one with -U, "
				      "-A or PASSWD, or -N for none\n",
			o->keyring ? "the keyring has none, and " : "",
			no_password_because(errno));
	}
	return o->password != NULL;
}

/* A password is given, here or in the environment. */
static bool has_password(const struct shell_options *o)
{
	return o->password != NULL || getenv("PASSWD") != NULL ||
	       getenv("PASSWD_FD") != NULL || getenv("PASSWD_FILE") != NULL;
}

/*
 * Do tickets say who we are? Then no password is asked for. Unless Kerberos
 * was asked for, a password on the command line is NTLM's, but for users who
 * are written with their realm.
 */
static bool by_tickets(struct shell_options *o)
{
	const char *user = o->user_given ? o->user : NULL;

	if (o->kerberos == CLIENT_KERBEROS_OFF) {
		return false;
	}
	if (has_password(o)) {
		if (!o->kerberos_given && !o->no_ntlm &&
		    (o->user == NULL || strchr(o->user, '@') == NULL)) {
			o->kerberos = CLIENT_KERBEROS_OFF;
		}
		return false;
	}
	if (o->keytab != NULL || kerberos_cache_usable(o->ccache, user)) {
		return true;
	}
	if (!o->kerberos_given && !o->no_ntlm) {
		o->kerberos = CLIENT_KERBEROS_OFF;
		return false;
	}
	/* Nobody is there to be asked: what is missing is said later. */
	return o->no_password || !o->user_given;
}

/* A realm is Kerberos' alone. */
static void add_realm(struct shell_options *o)
{
	if (o->realm != NULL && o->user != NULL && *o->user != '\0' &&
	    strchr(o->user, '@') == NULL &&
	    o->kerberos != CLIENT_KERBEROS_OFF) {
		o->user = shell_need(
			talloc_asprintf(o, "%s@%s", o->user, o->realm));
	}
}

static bool find_user(struct shell_options *o,
		      const struct client_target *target)
{
	if (o->user == NULL && target->user != NULL) {
		o->user = target->user;
		o->domain = o->domain != NULL ? o->domain : target->domain;
		if (o->password == NULL && target->password != NULL) {
			o->password = copy(o, target->password);
		}
	}
	o->user_given = o->user != NULL;
	if (o->user == NULL) {
		user_from_environment(o);
	}
	add_realm(o);
	o->tickets = by_tickets(o);
	if (!o->user_given && o->no_password && !o->tickets &&
	    !has_password(o)) {
		o->user = NULL; /* whose environment it is does not matter */
		o->domain = NULL;
	}
	if (o->user == NULL && (o->no_password || o->tickets)) {
		o->user = ""; /* nobody in particular */
	}
	if (o->user == NULL) {
		fprintf(stderr, SHELL_PROGRAM ": who are you? Name a user "
					      "with -U\n");
	}
	return o->user != NULL;
}

/* What stays for as long as we may have to log on again. */
static void keep_password(struct shell_options *o)
{
	const char *given = o->password;

	if (given != NULL && *given != '\0') {
		o->password = shell_need(secret_text(o, given));
		secret_wipe_text(given);
	}
}

/* Where there is none, things go on as without it. */
static void password_from_keyring(struct shell_options *o,
				  const struct client_target *target)
{
	o->password = keyring_password(o, target->server, o->domain, o->user);
	o->from_keyring = o->password != NULL;
	if (o->password == NULL && errno != ENOKEY) {
		o->keyring = false;
		fprintf(stderr, SHELL_PROGRAM ": --keyring: no password: %s\n",
			keyring_why(errno));
	}
}

static bool find_password(struct shell_options *o,
			  const struct client_target *target)
{
	if (o->password == NULL && o->no_password) {
		o->password = "";
	}
	if (o->password == NULL && !password_from_environment(o)) {
		return false;
	}
	if (o->password == NULL && o->keyring) {
		password_from_keyring(o, target);
	}
	return o->password != NULL || ask_password(o);
}

/* What was given as password, for --pw-nt-hash. */
static bool take_hash(struct shell_options *o)
{
	const char *text = o->password != NULL ? o->password : "";
	bool good = strlen(text) == 2 * HASH_SIZE;
	char pair[3] = "";
	char *end = NULL;
	size_t i = 0;

	o->hash = shell_need(secret_new(o, HASH_SIZE));
	for (i = 0; good && i < HASH_SIZE; i++) {
		memcpy(pair, text + 2 * i, 2);
		good = isxdigit((unsigned char)pair[0]);
		o->hash[i] = (uint8_t)strtoul(pair, &end, 16);
		good = good && *end == '\0';
	}
	secret_wipe_text(pair);
	if (!good) {
		fprintf(stderr, SHELL_PROGRAM
			": --pw-nt-hash: the password is not 32 hexadecimal "
			"digits\n");
	} else if (o->kerberos == CLIENT_KERBEROS_REQUIRED) {
		fprintf(stderr, SHELL_PROGRAM
			": --pw-nt-hash: it is NTLM's, and Kerberos alone was "
			"asked for\n");
		good = false;
	}
	o->kerberos = CLIENT_KERBEROS_OFF;
	return good;
}

bool shell_credentials_complete(struct shell_options *o,
				const struct client_target *target)
{
	if (!find_user(o, target)) {
		return false;
	}
	if (!o->tickets && !find_password(o, target)) {
		return false;
	}
	keep_password(o);
	return !o->nt_hash || take_hash(o);
}

static void keep_in_keyring(const struct shell_options *o,
			    const struct client_target *target)
{
	int err = keyring_keep(target->server, o->domain, o->user, o->password);

	if (err != 0) {
		fprintf(stderr,
			SHELL_PROGRAM ": --keyring: the password is not kept: "
				      "%s\n",
			keyring_why(err));
	}
}

static void forget_in_keyring(const struct shell_options *o,
			      const struct client_target *target)
{
	int err = keyring_forget(target->server, o->domain, o->user);

	if (err != 0 && err != ENOKEY) {
		fprintf(stderr,
			SHELL_PROGRAM ": --keyring: the password that was "
				      "refused is still there: %s\n",
			keyring_why(err));
		return;
	}
	fprintf(stderr, SHELL_PROGRAM
		": --keyring: the password that was refused is forgotten\n");
}

void shell_credentials_judged(const struct shell_options *o,
			      const struct client_target *target, bool good)
{
	bool given = o->password != NULL && *o->password != '\0' &&
		     *o->user != '\0' && !o->tickets;

	if (!o->keyring || !given) {
		return;
	}
	if (good && !o->from_keyring) {
		keep_in_keyring(o, target);
	} else if (!good && o->from_keyring) {
		forget_in_keyring(o, target);
	}
}

struct client_credentials shell_credentials(const struct shell_options *o)
{
	struct client_credentials c = {
		.user = o->tickets && !o->user_given ? NULL : o->user,
		.domain = o->domain,
		.password = o->nt_hash ? NULL : o->password,
		.nt_hash = o->hash,
		.workstation = o->workstation,
		.kerberos = o->kerberos,
		.ccache = o->ccache,
		.keytab = o->keytab,
		.no_ntlm = o->no_ntlm,
	};

	return c;
}
