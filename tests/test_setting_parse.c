/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/testlib.h"

#include <string.h>

#include "server/settings.h"

static const struct setting_name colours[] = {
	{"red", 1}, {"rouge", 1}, {"green", 2}, {"blue", 3}, {NULL, 0}};
static const struct setting_name never[] = {{"never", 0}, {NULL, 0}};
static const struct setting_name maybe[] = {{"perhaps", 1}, {NULL, 0}};

static const struct setting a_bool = {.type = SETTING_BOOL, .initial = "no"};
static const struct setting a_word_bool = {
	.type = SETTING_BOOL, .initial = "no", .names = maybe};
static const struct setting an_int = {.type = SETTING_INT,
				      .initial = "5",
				      .names = never,
				      .min = 2,
				      .max = 2048,
				      .unit = SETTING_UNIT_BYTES};
static const struct setting an_octal = {.type = SETTING_OCTAL,
					.initial = "0755"};
static const struct setting an_enum = {
	.type = SETTING_ENUM, .initial = "red", .names = colours};
static const struct setting numbers = {
	.type = SETTING_NUMBERS, .initial = "red, green", .names = colours};
static const struct setting a_path = {
	.type = SETTING_PATH, .scope = SETTING_SHARE_ONLY, .initial = "/"};
static const struct setting maybe_path = {
	.type = SETTING_PATH, .scope = SETTING_GLOBAL, .initial = ""};
static const struct setting a_list = {.type = SETTING_LIST, .initial = ""};
static const struct setting patterns = {.type = SETTING_PATTERNS,
					.initial = ""};
static const struct setting transports = {.type = SETTING_TRANSPORTS,
					  .initial = "quic, tcp"};
static const struct setting level = {.type = SETTING_LOG_LEVEL,
				     .initial = "notice"};

/* What each text is, written out as the table would; NULL: it is refused. */
static const struct {
	const struct setting *row;
	const char *text, *written;
} texts[] = {
	{&a_bool, "yes", "yes"},
	{&a_bool, "TRUE", "yes"},
	{&a_bool, "0", "no"},
	{&a_bool, "perhaps", NULL},
	{&a_bool, "", NULL},
	{&a_word_bool, "Perhaps", "yes"},
	{&a_word_bool, "no", "no"},
	{&an_int, "2", "2"},
	{&an_int, "1K", "1K"},
	{&an_int, "1024", "1K"},
	{&an_int, "Never", "never"},
	{&an_int, "1", NULL},
	{&an_int, "3K", NULL},
	{&an_int, "", NULL},
	{&an_octal, "644", "0644"},
	{&an_octal, "07777", "7777"},
	{&an_octal, "10000", NULL},
	{&an_octal, "8", NULL},
	{&an_octal, "", NULL},
	{&an_octal, "000644", NULL},
	{&an_enum, "Rouge", "red"},
	{&an_enum, "blue", "blue"},
	{&an_enum, "black", NULL},
	{&numbers, "blue, red", "blue, red"},
	{&numbers, "blue blue red", "blue, red"},
	{&numbers, "red rouge", "red"},
	{&numbers, "-red", "green"},
	{&numbers, "+blue", "red, green, blue"},
	{&numbers, "-red -green", NULL}, /* nothing is left */
	{&numbers, "+black", NULL},
	{&numbers, "", NULL},
	{&a_path, "/srv/%U/%S", "/srv/%U/%S"},
	{&a_path, "/srv/100%%", "/srv/100%%"},
	{&a_path, "/srv/%u", NULL},
	{&a_path, "/srv/%", NULL},
	{&a_path, "srv", NULL},
	{&a_path, "", NULL},
	{&maybe_path, "", ""},
	{&maybe_path, "/srv/%u", "/srv/%u"},
	{&a_list, "a, \"b c\" d", "a, \"b c\", d"},
	{&a_list, "", ""},
	{&patterns, "/*.tmp/lost found/", "/*.tmp/lost found/"},
	{&patterns, "*.tmp", "/*.tmp/"},
	{&patterns, "///", ""},
	{&transports, "tcp:4450", "tcp:4450"},
	{&transports, "4450 tcp:4450", "tcp:4450"},
	{&transports, "tcp tcp", "tcp:445"},
	{&transports, "quic-user, tcp", "quic-user:443, tcp:445"},
	{&transports, "+tcp:4450", "quic:443, tcp:445, tcp:4450"},
	{&transports, "nbt, tcp", "tcp:445"},
	{&transports, "139 445", "tcp:445"},
	{&transports, "nbt", NULL},
	{&transports, "tcp:0", NULL},
	{&transports, "tcp:65536", NULL},
	{&transports, "tcp:", NULL},
	{&transports, ":445", NULL},
	{&transports, "udp", NULL},
	{&transports, "", NULL},
	{&transports, "1 2 3 4 5 6 7 8 9 10 11", NULL}, /* more than ten */
	{&level, "3", "3"},
	{&level, "warn quic:debug", "warn quic:debug"},
	{&level, "quic:debug", "quic:debug"},
	{&level, "11", NULL},
	{&level, "loud", NULL},
	{&level, "quic:loud", NULL},
	{&level, "warn info", NULL},
	{&level, "", NULL},
};

static void test_texts(void **state)
{
	TALLOC_CTX *mem_ctx = talloc_new(NULL);
	size_t i = 0;

	(void)state;
	for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		struct setting_value out = {0};
		char *note = NULL;
		bool ok = setting_parse(mem_ctx, texts[i].row, texts[i].text,
					&out, &note);

		if (ok != (texts[i].written != NULL)) {
			fail_msg("%zu \"%s\": %s", i, texts[i].text,
				 note != NULL ? note : "is taken");
		}
		if (!ok) {
			assert_non_null(note);
			continue;
		}
		assert_string_equal(out.text, texts[i].written);
		/* what is written is read again, and is the same */
		if (*out.text != '\0') {
			struct setting_value again = {0};

			assert_true(setting_parse(mem_ctx, texts[i].row,
						  out.text, &again, &note));
			assert_string_equal(again.text, out.text);
			assert_int_equal(again.number, out.number);
			assert_int_equal(again.count, out.count);
		}
	}
	talloc_free(mem_ctx);
}

static void test_values(void **state)
{
	TALLOC_CTX *mem_ctx = talloc_new(NULL);
	struct setting_value out = {0};
	char *note = NULL;

	(void)state;
	assert_true(setting_parse(mem_ctx, &an_octal, "0755", &out, &note));
	assert_int_equal(out.number, 0755);
	assert_true(setting_parse(mem_ctx, &an_enum, "rouge", &out, &note));
	assert_int_equal(out.number, 1);
	assert_true(
		setting_parse(mem_ctx, &numbers, "blue green", &out, &note));
	assert_int_equal(out.count, 2);
	assert_int_equal(out.numbers[0], 3);
	assert_int_equal(out.numbers[1], 2);
	assert_true(setting_parse(mem_ctx, &patterns, "/a/b c/", &out, &note));
	assert_string_equal(out.list[0], "a");
	assert_string_equal(out.list[1], "b c");
	assert_null(out.list[2]);
	assert_true(
		setting_parse(mem_ctx, &transports, "nbt 4450", &out, &note));
	assert_non_null(strstr(note, "NetBIOS")); /* taken, with a word */
	assert_int_equal(out.count, 1);
	assert_string_equal(out.transports[0].name, "tcp");
	assert_int_equal(out.transports[0].port, 4450);
	assert_false(setting_parse(mem_ctx, &an_int, "9K", &out, &note));
	assert_string_equal(note, "allowed is 2 to 2K or never");
	assert_false(setting_parse(mem_ctx, &a_path, "/%x", &out, &note));
	assert_non_null(strstr(note, "there are no macros but"));
	talloc_free(mem_ctx);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_texts),
		cmocka_unit_test(test_values),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
