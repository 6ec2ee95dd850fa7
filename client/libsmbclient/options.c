/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a program tells a context, and asks it. */
#include <errno.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "config.h"

#include "client/libsmbclient/libsmb.h"
#include "smbquic/log.h"
#include "smbquic/secret.h"

/* -------------------------------------------------------------------- names */

static void set_name(char **field, const char *value)
{
	char *copy = value != NULL ? strdup(value) : NULL;

	free(*field);
	*field = copy;
}

const char *smbc_getNetbiosName(SMBCCTX *c)
{
	return c->netbios_name;
}

void smbc_setNetbiosName(SMBCCTX *c, const char *netbios_name)
{
	set_name(&c->netbios_name, netbios_name);
}

const char *smbc_getWorkgroup(SMBCCTX *c)
{
	return c->workgroup;
}

void smbc_setWorkgroup(SMBCCTX *c, const char *workgroup)
{
	set_name(&c->workgroup, workgroup);
}

const char *smbc_getUser(SMBCCTX *c)
{
	return c->user;
}

void smbc_setUser(SMBCCTX *c, const char *user)
{
	set_name(&c->user, user);
}

/* ------------------------------------------------------------------ numbers */

/* Milliseconds of every call; 0: never. */
int smbc_getTimeout(SMBCCTX *c)
{
	return c->timeout;
}

void smbc_setTimeout(SMBCCTX *c, int timeout)
{
	c->timeout = timeout;
}

/* 0: the transport's own. */
uint16_t smbc_getPort(SMBCCTX *c)
{
	return c->internal->port;
}

void smbc_setPort(SMBCCTX *c, uint16_t port)
{
	c->internal->port = port;
}

/* ------------------------------------------------------------------ logging */

int smbc_getDebug(SMBCCTX *c)
{
	return c->debug;
}

/* 0, the default: errors alone. The log is the process's. */
void smbc_setDebug(SMBCCTX *c, int debug)
{
	static const enum log_level level[] = {
		LOG_LEVEL_ERROR, LOG_LEVEL_WARN,  LOG_LEVEL_NOTICE,
		LOG_LEVEL_INFO,	 LOG_LEVEL_DEBUG,
	};

	c->debug = debug;
	log_set_level(level[debug < 0 ? 0 : debug > 4 ? 4 : debug]);
}

static smbc_debug_callback_fn _Atomic log_callback;

static void to_callback(void *private_data, enum log_level level,
			const char *module, const char *text)
{
	smbc_debug_callback_fn fn = atomic_load(&log_callback);

	(void)module;
	if (fn != NULL) {
		fn(private_data, (int)level, text);
	}
}

/* One for the process, as in Samba's library. */
void smbc_setLogCallback(SMBCCTX *c, void *private_ptr,
			 smbc_debug_callback_fn fn)
{
	(void)c;
	atomic_store(&log_callback, fn);
	log_set_sink(fn != NULL ? to_callback : NULL, private_ptr);
}

/* A file in the form of smb.conf, or of our own configuration.
 * @return 0; -1 and errno: ENOENT ... */
int smbc_setConfiguration(SMBCCTX *c, const char *file)
{
	struct client_conf_file *read = NULL;
	struct client_conf config = {0};
	int err = file == NULL
			  ? EINVAL
			  : client_conf_file_read(c->internal, file, &read);

	if (err != 0) {
		errno = err;
		return -1;
	}
	talloc_free(c->internal->program);
	c->internal->program = read;
	client_conf_file_apply(read, NULL, &config);
	if (config.workgroup != NULL) {
		smbc_setWorkgroup(c, config.workgroup);
	}
	if (config.netbios_name != NULL) {
		smbc_setNetbiosName(c, config.netbios_name);
	}
	return 0;
}

/* ------------------------------------------------------------------ options */

#define OPTION(Name, type, place)                         \
	type smbc_getOption##Name(SMBCCTX *c)             \
	{                                                 \
		return c->place;                          \
	}                                                 \
	void smbc_setOption##Name(SMBCCTX *c, type value) \
	{                                                 \
		c->place = value;                         \
	}

#define FLAG(Name, bit)                                                  \
	smbc_bool smbc_getOption##Name(SMBCCTX *c)                       \
	{                                                                \
		return (c->flags & (bit)) != 0;                          \
	}                                                                \
	void smbc_setOption##Name(SMBCCTX *c, smbc_bool value)           \
	{                                                                \
		c->flags = value ? c->flags | (bit) : c->flags & ~(bit); \
	}

/* clang-format off */
OPTION(DebugToStderr, smbc_bool, internal->debug_to_stderr)
OPTION(FullTimeNames, smbc_bool, internal->full_time_names)
OPTION(OpenShareMode, smbc_share_mode, internal->share_mode)
OPTION(UserData, void *, internal->user_data)
OPTION(SmbEncryptionLevel, smbc_smb_encrypt_level, internal->encryption)
OPTION(CaseSensitive, smbc_bool, internal->case_sensitive)
OPTION(BrowseMaxLmbCount, int, options.browse_max_lmb_count)
OPTION(UrlEncodeReaddirEntries, smbc_bool, options.urlencode_readdir_entries)
OPTION(OneSharePerServer, smbc_bool, options.one_share_per_server)
OPTION(UseNTHash, smbc_bool, internal->use_nt_hash)
OPTION(PosixExtensions, smbc_bool, internal->posix_extensions)
FLAG(UseKerberos, SMB_CTX_FLAG_USE_KERBEROS)
FLAG(FallbackAfterKerberos, SMB_CTX_FLAG_FALLBACK_AFTER_KERBEROS)
FLAG(NoAutoAnonymousLogin, SMBCCTX_FLAG_NO_AUTO_ANONYMOUS_LOGON)
FLAG(UseCCache, SMB_CTX_FLAG_USE_CCACHE)
/* clang-format on */

/* Samba's names for dialects that are older than any of ours. */
static bool is_old(const char *name)
{
	static const char *const old[] = {"CORE",    "COREPLUS", "LANMAN1",
					  "LANMAN2", "NT1",	 "default"};
	size_t i = 0;

	for (i = 0; i < sizeof(old) / sizeof(old[0]); i++) {
		if (strcasecmp(name, old[i]) == 0) {
			return true;
		}
	}
	return false;
}

static bool keep_protocol(SMBCCTX *c, const char *name, const char **to)
{
	uint16_t dialect = 0;
	const char *copy = NULL;

	if (name == NULL) {
		return true;
	}
	if (!is_old(name) && !client_dialect_parse(name, &dialect)) {
		return false;
	}
	copy = talloc_strdup(c->internal, name);
	if (copy == NULL) {
		return false;
	}
	talloc_free((void *)(uintptr_t)*to);
	*to = copy;
	return true;
}

smbc_bool smbc_setOptionProtocols(SMBCCTX *c, const char *min_proto,
				  const char *max_proto)
{
	return keep_protocol(c, min_proto, &c->internal->min_protocol) &&
	       keep_protocol(c, max_proto, &c->internal->max_protocol);
}

/* --------------------------------------------------- the older form of options
 */

enum kind {
	BOOL,
	NUMBER,
	POINTER,
	LEVEL,
	AUTH,
};

static const struct {
	const char *name;
	enum kind kind;
	smbc_bool (*get)(SMBCCTX *c);
	void (*set)(SMBCCTX *c, smbc_bool value);
} old_options[] = {
	{"debug_to_stderr", BOOL, smbc_getOptionDebugToStderr,
	 smbc_setOptionDebugToStderr},
	{"full_time_names", BOOL, smbc_getOptionFullTimeNames,
	 smbc_setOptionFullTimeNames},
	{"urlencode_readdir_entries", BOOL,
	 smbc_getOptionUrlEncodeReaddirEntries,
	 smbc_setOptionUrlEncodeReaddirEntries},
	{"one_share_per_server", BOOL, smbc_getOptionOneSharePerServer,
	 smbc_setOptionOneSharePerServer},
	{"use_kerberos", BOOL, smbc_getOptionUseKerberos,
	 smbc_setOptionUseKerberos},
	{"fallback_after_kerberos", BOOL, smbc_getOptionFallbackAfterKerberos,
	 smbc_setOptionFallbackAfterKerberos},
	{"use_ccache", BOOL, smbc_getOptionUseCCache, smbc_setOptionUseCCache},
	{"no_auto_anonymous_login", BOOL, smbc_getOptionNoAutoAnonymousLogin,
	 smbc_setOptionNoAutoAnonymousLogin},
	{"browse_max_lmb_count", NUMBER, smbc_getOptionBrowseMaxLmbCount,
	 smbc_setOptionBrowseMaxLmbCount},
	{"open_share_mode", NUMBER, NULL, NULL},
	{"user_data", POINTER, NULL, NULL},
	{"smb_encrypt_level", LEVEL, NULL, NULL},
	{"auth_function", AUTH, NULL, NULL},
};

#define OLD_OPTIONS (sizeof(old_options) / sizeof(old_options[0]))

static const struct {
	const char *name;
	smbc_smb_encrypt_level level;
} levels[] = {
	{"none", SMBC_ENCRYPTLEVEL_NONE},
	{"request", SMBC_ENCRYPTLEVEL_REQUEST},
	{"require", SMBC_ENCRYPTLEVEL_REQUIRE},
};

#define LEVELS (sizeof(levels) / sizeof(levels[0]))

static void set_level(SMBCCTX *c, const char *name)
{
	size_t i = 0;

	for (i = 0; i < LEVELS; i++) {
		if (name != NULL && strcmp(name, levels[i].name) == 0) {
			smbc_setOptionSmbEncryptionLevel(c, levels[i].level);
		}
	}
}

static const char *level_name(SMBCCTX *c)
{
	size_t i = 0;

	for (i = 0; i < LEVELS; i++) {
		if (smbc_getOptionSmbEncryptionLevel(c) == levels[i].level) {
			return levels[i].name;
		}
	}
	return NULL;
}

static void set_old(SMBCCTX *c, size_t i, va_list *ap)
{
	switch (old_options[i].kind) {
	case BOOL: old_options[i].set(c, va_arg(*ap, smbc_bool)); break;
	case NUMBER:
		if (old_options[i].set != NULL) {
			old_options[i].set(c, va_arg(*ap, int));
		} else {
			smbc_setOptionOpenShareMode(
				c, (smbc_share_mode)va_arg(*ap, int));
		}
		break;
	case POINTER: smbc_setOptionUserData(c, va_arg(*ap, void *)); break;
	case LEVEL: set_level(c, va_arg(*ap, const char *)); break;
	case AUTH:
		smbc_setFunctionAuthDataWithContext(
			c, va_arg(*ap, smbc_get_auth_data_with_context_fn));
		break;
	}
}

void smbc_option_set(SMBCCTX *c, char *option_name, ...)
{
	va_list ap;
	size_t i = 0;

	va_start(ap, option_name);
	for (i = 0; i < OLD_OPTIONS; i++) {
		if (strcmp(option_name, old_options[i].name) == 0) {
			set_old(c, i, &ap);
			break;
		}
	}
	va_end(ap);
}

/* Numbers come in the clothes of a pointer; of an unknown name NULL. */
void *smbc_option_get(SMBCCTX *c, char *option_name)
{
	size_t i = 0;

	while (i < OLD_OPTIONS &&
	       strcmp(option_name, old_options[i].name) != 0) {
		i++;
	}
	if (i == OLD_OPTIONS) {
		return NULL;
	}
	switch (old_options[i].kind) {
	case BOOL: return (void *)(intptr_t)old_options[i].get(c);
	case NUMBER:
		return old_options[i].get != NULL
			       ? (void *)(intptr_t)old_options[i].get(c)
			       : (void *)(intptr_t)smbc_getOptionOpenShareMode(
					 c);
	case POINTER: return smbc_getOptionUserData(c);
	case LEVEL: return (void *)(uintptr_t)level_name(c);
	case AUTH:
		return (void *)(uintptr_t)smbc_getFunctionAuthDataWithContext(
			c);
	}
	return NULL;
}

/* -------------------------------------------------- cache data and credentials
 */

struct smbc_server_cache *smbc_getServerCacheData(SMBCCTX *c)
{
	return c->internal->cache_data;
}

void smbc_setServerCacheData(SMBCCTX *c, struct smbc_server_cache *cache)
{
	c->internal->cache_data = cache;
}

static void keep_text(struct SMBC_internal_data *i, const char **to,
		      const char *text)
{
	talloc_free((void *)(uintptr_t)*to);
	*to = text != NULL && *text != '\0' ? secret_strdup(i, text) : NULL;
}

/* Who is logged on where neither address nor callback says. */
void smbc_set_credentials_with_fallback(SMBCCTX *c, const char *workgroup,
					const char *user, const char *password)
{
	struct SMBC_internal_data *i = c->internal;

	keep_text(i, &i->fallback_workgroup, workgroup);
	keep_text(i, &i->fallback_user, user);
	keep_text(i, &i->fallback_password, password);
}

const char *smbc_version(void)
{
	return "smbquic " SMBQUIC_VERSION;
}
