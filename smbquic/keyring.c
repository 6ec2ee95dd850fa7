/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "smbquic/keyring.h"

#include <ctype.h>
#include <errno.h>
#include <keyutils.h>
#include <stdbool.h>
#include <string.h>

#include "smbquic/secret.h"

#define TYPE "user"

/* Neither servers nor domains nor users of SMB have case in their names. */
static char *description(const char *server, const char *domain,
			 const char *user)
{
	char *text = talloc_asprintf(NULL, "smbquic:%s:%s\\%s", server,
				     domain != NULL ? domain : "", user);
	char *p = text;

	for (; p != NULL && *p != '\0'; p++) {
		*p = (char)tolower((unsigned char)*p);
	}
	if (text == NULL) {
		errno = ENOMEM;
	}
	return text;
}

/*
 * By its number: by its name, the kernel makes a keyring for who has none and
 * wants to write, which would be gone with this process.
 */
static key_serial_t session_keyring(void)
{
	return keyctl_get_keyring_ID(KEY_SPEC_SESSION_KEYRING, 0);
}

static bool is_none(int err)
{
	return err == EKEYEXPIRED || err == EKEYREVOKED || err == EKEYREJECTED;
}

/* @return -1 with errno. */
static key_serial_t find(const char *server, const char *domain,
			 const char *user)
{
	char *text = description(server, domain, user);
	long key = -1;
	int err = 0;

	if (text == NULL) {
		return -1;
	}
	key = keyctl_search(KEY_SPEC_SESSION_KEYRING, TYPE, text, 0);
	err = is_none(errno) ? ENOKEY : errno;
	talloc_free(text);
	errno = err;
	return (key_serial_t)key;
}

char *keyring_password(TALLOC_CTX *mem_ctx, const char *server,
		       const char *domain, const char *user)
{
	key_serial_t key = find(server, domain, user);
	char data[KEYRING_PASSWORD_MAX + 1] = "";
	char *password = NULL;
	long size = -1;
	int err = 0;

	if (key == -1) {
		return NULL;
	}
	size = keyctl_read(key, data, KEYRING_PASSWORD_MAX);
	if (size < 0) {
		err = is_none(errno) ? ENOKEY : errno;
	} else if (size > KEYRING_PASSWORD_MAX ||
		   memchr(data, '\0', (size_t)size) != NULL) {
		err = EBADMSG;
	} else {
		password = secret_strdup(mem_ctx, data);
		err = ENOMEM;
	}
	explicit_bzero(data, sizeof(data));
	errno = err;
	return password;
}

int keyring_keep(const char *server, const char *domain, const char *user,
		 const char *password)
{
	key_serial_t ring = session_keyring();
	size_t size = strlen(password);
	char *text = NULL;
	int err = 0;

	if (ring == -1) {
		return errno;
	}
	if (size > KEYRING_PASSWORD_MAX) {
		return EMSGSIZE;
	}
	text = description(server, domain, user);
	if (text == NULL || add_key(TYPE, text, password, size, ring) == -1) {
		err = errno;
	}
	talloc_free(text);
	return err;
}

int keyring_forget(const char *server, const char *domain, const char *user)
{
	key_serial_t key = find(server, domain, user);

	return key != -1 && keyctl_invalidate(key) == 0 ? 0 : errno;
}

const char *keyring_why(int err)
{
	switch (err) {
	case ENOKEY: return "it has none";
	case EBADMSG: return "what it has is no password";
	case EMSGSIZE: return "the password is too long";
	case EDQUOT: return "this user has as many keys as he may";
	case ENOSYS: return "this kernel has no keyrings";
	case EPERM:
		return "the kernel's keyrings are not permitted here, as they "
		       "are not in most containers";
	case EACCES: return "it is not ours to use";
	default: return strerror(err);
	}
}
