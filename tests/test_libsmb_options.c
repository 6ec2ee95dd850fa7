/* SPDX-License-Identifier: GPL-3.0-or-later */
/* options.c: what a program tells a context is what it is told when it asks,
 * and nothing else changes. */
/* as programs do that were written before it said so */
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"

#include "tests/testlib.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "client/libsmbclient/libsmb.h"
#include "smbquic/log.h"

/* clang-format off */
#define BOOLS(B)                                                             \
	B(DebugToStderr) B(FullTimeNames) B(CaseSensitive)                   \
	B(UrlEncodeReaddirEntries) B(OneSharePerServer) B(UseNTHash)         \
	B(PosixExtensions) B(UseKerberos) B(FallbackAfterKerberos)           \
	B(NoAutoAnonymousLogin) B(UseCCache)
/* clang-format on */

static const struct {
	const char *name;
	smbc_bool (*get)(SMBCCTX *c);
	void (*set)(SMBCCTX *c, smbc_bool value);
} bools[] = {
#define ROW(Name) {#Name, smbc_getOption##Name, smbc_setOption##Name},
	BOOLS(ROW)
#undef ROW
};

static const char *const old_bools[][2] = {
	{"debug_to_stderr", "DebugToStderr"},
	{"full_time_names", "FullTimeNames"},
	{"urlencode_readdir_entries", "UrlEncodeReaddirEntries"},
	{"one_share_per_server", "OneSharePerServer"},
	{"use_kerberos", "UseKerberos"},
	{"fallback_after_kerberos", "FallbackAfterKerberos"},
	{"use_ccache", "UseCCache"},
	{"no_auto_anonymous_login", "NoAutoAnonymousLogin"},
};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static int setup(void **state)
{
	*state = smbc_new_context();
	return *state != NULL ? 0 : -1;
}

static int teardown(void **state)
{
	return smbc_free_context(*state, 1);
}

/* All are off at first, and one that is set leaves the others alone. */
static void test_bools(void **state)
{
	SMBCCTX *c = *state;
	size_t i = 0;
	size_t k = 0;

	for (i = 0; i < COUNT(bools); i++) {
		if (bools[i].get(c) != 0) {
			fail_msg("%s is set", bools[i].name);
		}
	}
	for (i = 0; i < COUNT(bools); i++) {
		bools[i].set(c, 1);
		for (k = 0; k < COUNT(bools); k++) {
			if (bools[k].get(c) != (k == i)) {
				fail_msg("%s after %s", bools[k].name,
					 bools[i].name);
			}
		}
		bools[i].set(c, 0);
		assert_int_equal(bools[i].get(c), 0);
	}
}

static void test_old_bools(void **state)
{
	SMBCCTX *c = *state;
	char name[64] = "";
	size_t i = 0;
	size_t k = 0;

	for (i = 0; i < COUNT(old_bools); i++) {
		snprintf(name, sizeof(name), "%s", old_bools[i][0]);
		assert_null(smbc_option_get(c, name));
		smbc_option_set(c, name, (smbc_bool)1);
		assert_int_equal((intptr_t)smbc_option_get(c, name), 1);
		for (k = 0; k < COUNT(bools); k++) {
			if (bools[k].get(c) !=
			    (strcmp(bools[k].name, old_bools[i][1]) == 0)) {
				fail_msg("%s after %s", bools[k].name, name);
			}
		}
		smbc_option_set(c, name, (smbc_bool)0);
		assert_null(smbc_option_get(c, name));
	}
}

static void ask(SMBCCTX *c, const char *server, const char *share,
		char *workgroup, int workgroup_size, char *user, int user_size,
		char *password, int password_size)
{
	(void)c;
	(void)server;
	(void)share;
	(void)workgroup;
	(void)workgroup_size;
	(void)user;
	(void)user_size;
	(void)password;
	(void)password_size;
}

static void *old(SMBCCTX *c, const char *name)
{
	return smbc_option_get(c, (char *)(uintptr_t)name);
}

static void test_values(void **state)
{
	SMBCCTX *c = *state;
	int mine = 0;

	assert_int_equal(smbc_getOptionBrowseMaxLmbCount(c), 3);
	smbc_setOptionBrowseMaxLmbCount(c, 7);
	assert_int_equal(smbc_getOptionBrowseMaxLmbCount(c), 7);
	assert_int_equal((intptr_t)old(c, "browse_max_lmb_count"), 7);

	assert_int_equal(smbc_getOptionOpenShareMode(c),
			 SMBC_SHAREMODE_DENY_NONE);
	smbc_setOptionOpenShareMode(c, SMBC_SHAREMODE_DENY_WRITE);
	assert_int_equal(smbc_getOptionOpenShareMode(c),
			 SMBC_SHAREMODE_DENY_WRITE);
	assert_int_equal((intptr_t)old(c, "open_share_mode"),
			 SMBC_SHAREMODE_DENY_WRITE);

	assert_null(smbc_getOptionUserData(c));
	smbc_setOptionUserData(c, &mine);
	assert_ptr_equal(smbc_getOptionUserData(c), &mine);
	assert_ptr_equal(old(c, "user_data"), &mine);

	smbc_setOptionSmbEncryptionLevel(c, SMBC_ENCRYPTLEVEL_REQUIRE);
	assert_string_equal(old(c, "smb_encrypt_level"), "require");
	smbc_option_set(c, (char *)(uintptr_t) "smb_encrypt_level", "none");
	assert_int_equal(smbc_getOptionSmbEncryptionLevel(c),
			 SMBC_ENCRYPTLEVEL_NONE);
	smbc_option_set(c, (char *)(uintptr_t) "smb_encrypt_level", "loud");
	assert_int_equal(smbc_getOptionSmbEncryptionLevel(c),
			 SMBC_ENCRYPTLEVEL_NONE);

	smbc_option_set(c, (char *)(uintptr_t) "auth_function", ask);
	assert_ptr_equal(smbc_getFunctionAuthDataWithContext(c), ask);
	assert_ptr_equal(old(c, "auth_function"), (void *)(uintptr_t)ask);
	assert_null(old(c, "no_such_option"));
}

static void test_names(void **state)
{
	SMBCCTX *c = *state;
	char text[] = "text";

	assert_null(smbc_getUser(c));
	smbc_setUser(c, text);
	smbc_setWorkgroup(c, "group");
	smbc_setNetbiosName(c, "NAME");
	text[0] = 'n'; /* copies are kept */
	assert_string_equal(smbc_getUser(c), "text");
	assert_string_equal(smbc_getWorkgroup(c), "group");
	assert_string_equal(smbc_getNetbiosName(c), "NAME");
	smbc_setUser(c, "other");
	assert_string_equal(smbc_getUser(c), "other");
	smbc_setUser(c, NULL);
	assert_null(smbc_getUser(c));

	assert_int_equal(smbc_getTimeout(c), LIBSMB_TIMEOUT_MS);
	smbc_setTimeout(c, 5);
	assert_int_equal(smbc_getTimeout(c), 5);
	assert_int_equal(smbc_getPort(c), 0);
	smbc_setPort(c, 4450);
	assert_int_equal(smbc_getPort(c), 4450);
	assert_memory_equal(smbc_version(), "smbquic ", 8);
}

static void test_protocols(void **state)
{
	static const char *const good[] = {"NT1", "SMB2_02", "SMB3", "SMB3_11"};
	SMBCCTX *c = *state;
	size_t i = 0;

	for (i = 0; i < COUNT(good); i++) {
		assert_true(smbc_setOptionProtocols(c, good[i], NULL));
		assert_string_equal(c->internal->min_protocol, good[i]);
		assert_null(c->internal->max_protocol);
	}
	assert_true(smbc_setOptionProtocols(c, NULL, "SMB3_11"));
	assert_string_equal(c->internal->min_protocol, "SMB3_11");
	assert_string_equal(c->internal->max_protocol, "SMB3_11");
	assert_false(smbc_setOptionProtocols(c, "SMB9", NULL));
	assert_false(smbc_setOptionProtocols(c, NULL, ""));
	assert_string_equal(c->internal->max_protocol, "SMB3_11");
}

static void test_credentials(void **state)
{
	SMBCCTX *c = *state;
	struct SMBC_internal_data *i = c->internal;

	smbc_set_credentials_with_fallback(c, "g", "u", "p");
	assert_string_equal(i->fallback_workgroup, "g");
	assert_string_equal(i->fallback_user, "u");
	assert_string_equal(i->fallback_password, "p");
	smbc_set_credentials_with_fallback(c, "", NULL, "q");
	assert_null(i->fallback_workgroup);
	assert_null(i->fallback_user);
	assert_string_equal(i->fallback_password, "q");
}

static void test_cache_data(void **state)
{
	SMBCCTX *c = *state;
	struct smbc_server_cache *mine = (void *)0x1000;

	assert_null(smbc_getServerCacheData(c));
	smbc_setServerCacheData(c, mine);
	assert_ptr_equal(smbc_getServerCacheData(c), mine);
	smbc_setServerCacheData(c, NULL);
}

/* -------------------------------------------------------------------- log */

static int heard;

static void hear(void *private_data, int level, const char *text)
{
	assert_ptr_equal(private_data, &heard);
	assert_int_equal(level, LOG_LEVEL_INFO);
	assert_string_equal(text, "hello");
	heard++;
}

static void test_log(void **state)
{
	SMBCCTX *c = *state;

	smbc_setLogCallback(c, &heard, hear);
	smbc_setDebug(c, 3);
	assert_int_equal(smbc_getDebug(c), 3);
	log_info("hello");
	assert_int_equal(heard, 1);
	smbc_setDebug(c, -5); /* as 0: errors alone */
	log_info("hello");
	assert_int_equal(heard, 1);
	smbc_setDebug(c, 1000);
	log_info("hello");
	assert_int_equal(heard, 2);
	smbc_setLogCallback(c, NULL, NULL);
	smbc_setDebug(c, 0);
}

static void test_configuration(void **state)
{
	SMBCCTX *c = *state;
	char *folder = testlib_tmpdir(NULL);
	char *path = talloc_asprintf(folder, "%s/smb.conf", folder);
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	fputs("[global]\nworkgroup = HERE\nnetbios name = ME\n", f);
	fclose(f);
	assert_int_equal(smbc_setConfiguration(c, path), 0);
	assert_string_equal(smbc_getWorkgroup(c), "HERE");
	assert_string_equal(smbc_getNetbiosName(c), "ME");
	unlink(path);
	assert_int_equal(smbc_setConfiguration(c, path), -1);
	assert_int_equal(errno, ENOENT);
	assert_int_equal(smbc_setConfiguration(c, NULL), -1);
	assert_int_equal(errno, EINVAL);
	assert_string_equal(smbc_getWorkgroup(c), "HERE");
	talloc_free(folder);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_bools),	  TEST(test_old_bools),
		TEST(test_values),	  TEST(test_names),
		TEST(test_protocols),	  TEST(test_credentials),
		TEST(test_cache_data),	  TEST(test_log),
		TEST(test_configuration),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
