/* SPDX-License-Identifier: GPL-3.0-or-later */
/* shell_tar_format.c, shell_tar_pax.c and shell_tar_choose.c: what is in an
 * archive, and where it may go. */
#include "tests/testlib.h"

#include <string.h>

#include "client/shell_tar.h"

static char *repeat(TALLOC_CTX *mem_ctx, const char *text, unsigned times)
{
	char *all = talloc_strdup(mem_ctx, "");

	while (times-- > 0) {
		all = talloc_strdup_append(all, text);
	}
	return all;
}

/* All blocks but the last want more. */
static enum tar_step parse(struct tar_parser *parser, struct wire_slice bytes,
			   struct tar_entry *out, const char **why)
{
	enum tar_step step = TAR_MORE;
	size_t at = 0;

	assert_int_equal(bytes.len % TAR_BLOCK, 0);
	for (at = 0; at < bytes.len; at += TAR_BLOCK) {
		assert_int_equal(step, TAR_MORE);
		step = tar_parse(parser, bytes.data + at, out, why);
	}
	return step;
}

static void test_round_trip(void **state)
{
	TALLOC_CTX *frame = talloc_new(NULL);
	struct tar_parser *parser = tar_parser_new(frame);
	const char *names[] = {
		"a",
		"a/b",
		"größe",
		repeat(frame, "x", 99),
		repeat(frame, "x", 100),
		repeat(frame, "x", 101),
		repeat(frame, "ab/", 80),
		repeat(frame, "0123456789abcdef/", 400),
	};
	const uint64_t sizes[] = {
		0, 1, 511, 512, 077777777777, 0100000000000, INT64_MAX};
	const struct timespec times[] = {
		{0, 0}, {1, 0}, {981173106, 789012300}, {0x7fffffff, 1}};
	const char *why = NULL;
	size_t n = 0;

	(void)state;
	for (n = 0; n < 8 * 7 * 4 * 3; n++) {
		struct tar_entry in = {
			.kind = n % 2 == 0 ? TAR_FILE : TAR_FOLDER,
			.name = talloc_asprintf(frame, "%sz", names[n % 8]),
			.time = times[n / 8 / 7 % 4],
			.attributes = n / 224 * FILE_ATTRIBUTE_HIDDEN,
		};
		struct wire_slice bytes = {0};
		struct tar_entry out = {0};

		in.size = in.kind == TAR_FILE ? sizes[n / 8 % 7] : 0;
		assert_true(tar_encode(frame, &in, &bytes));
		assert_int_equal(parse(parser, bytes, &out, &why), TAR_ENTRY);
		assert_int_equal(out.kind, in.kind);
		assert_string_equal(out.name, in.name);
		assert_int_equal(out.size, in.size);
		assert_int_equal(out.time.tv_sec, in.time.tv_sec);
		if (in.time.tv_sec > 0) {
			assert_int_equal(out.time.tv_nsec, in.time.tv_nsec);
		}
		assert_int_equal(out.attributes, in.attributes);
	}
	talloc_free(frame);
}

/* What goes with an entry beside its bytes, with what no text has. */
static void test_xattrs(void **state)
{
	TALLOC_CTX *frame = talloc_new(NULL);
	struct tar_parser *parser = tar_parser_new(frame);
	uint8_t *big = talloc_zero_size(frame, 200000);
	const struct tar_xattr xattr[] = {
		{"user.a", wire_slice("a\0=\n%", 5)},
		{"user.with=100%", wire_slice("", 0)},
		{"user.%41", wire_slice("x", 1)},
		{"user.big", wire_slice(big, 200000)},
	};
	struct tar_entry in = {
		.kind = TAR_FILE,
		.name = "a",
		.created = {981173106, 789012300},
		.xattr = xattr,
	};
	struct wire_slice bytes = {0};
	struct tar_entry out = {0};
	const char *why = NULL;
	size_t bound = 0;
	size_t i = 0;

	(void)state;
	for (in.xattrs = 0; in.xattrs <= 4; in.xattrs++) {
		assert_true(tar_encode(frame, &in, &bytes));
		assert_int_equal(parse(parser, bytes, &out, &why), TAR_ENTRY);
		assert_int_equal(out.created.tv_sec, 981173106);
		assert_int_equal(out.created.tv_nsec, 789012300);
		assert_int_equal(out.xattrs, in.xattrs);
		for (i = 0; i < out.xattrs; i++) {
			assert_string_equal(out.xattr[i].name, xattr[i].name);
			assert_int_equal(out.xattr[i].value.len,
					 xattr[i].value.len);
			assert_memory_equal(out.xattr[i].value.data,
					    xattr[i].value.data,
					    xattr[i].value.len);
		}
		if (in.xattrs < 4) {
			bound += tar_xattr_size(xattr[in.xattrs].name,
						xattr[in.xattrs].value.len);
		}
	}
	assert_true(bytes.len <= bound + 4 * TAR_BLOCK);
	/* they are that entry's alone */
	in.xattrs = 0;
	in.created.tv_sec = 0;
	assert_true(tar_encode(frame, &in, &bytes));
	assert_int_equal(parse(parser, bytes, &out, &why), TAR_ENTRY);
	assert_int_equal(out.xattrs, 0);
	assert_int_equal(out.created.tv_sec, 0);
	talloc_free(frame);
}

/* One may come in front of another: there is an end to it. */
static void test_endless_xattrs(void **state)
{
	TALLOC_CTX *frame = talloc_new(NULL);
	struct tar_parser *parser = tar_parser_new(frame);
	uint8_t *big = talloc_zero_size(frame, 900000);
	const struct tar_xattr xattr = {"user.a", wire_slice(big, 900000)};
	const struct tar_entry in = {
		.kind = TAR_FILE, .name = "a", .xattr = &xattr, .xattrs = 1};
	struct wire_slice bytes = {0};
	struct tar_entry out = {0};
	const char *why = NULL;
	enum tar_step step = TAR_MORE;
	unsigned rounds = 0;

	(void)state;
	assert_true(tar_encode(frame, &in, &bytes));
	bytes.len -= TAR_BLOCK; /* the entry itself */
	for (rounds = 0; step == TAR_MORE && rounds < 100; rounds++) {
		step = parse(parser, bytes, &out, &why);
	}
	assert_int_equal(step, TAR_BAD);
	assert_non_null(why);
	assert_in_range(rounds, 2, 6);
	talloc_free(frame);
}

/* Each byte of a header counts, but for the padding at its end. */
static void test_damage(void **state)
{
	TALLOC_CTX *frame = talloc_new(NULL);
	const struct tar_entry in = {.kind = TAR_FILE, .name = "a", .size = 3};
	struct tar_parser *parser = tar_parser_new(frame);
	struct wire_slice bytes = {0};
	struct tar_entry out = {0};
	uint8_t block[TAR_BLOCK] = {0};
	const char *why = NULL;
	size_t i = 0;

	(void)state;
	assert_true(tar_encode(frame, &in, &bytes));
	assert_int_equal(bytes.len, TAR_BLOCK);
	for (i = 0; i < TAR_BLOCK; i++) {
		memcpy(block, bytes.data, TAR_BLOCK);
		block[i] ^= 1;
		if (i < 148 || i >= 156) {
			assert_int_equal(tar_parse(parser, block, &out, &why),
					 TAR_BAD);
			assert_non_null(why);
		}
	}
	memset(block, 0, sizeof(block));
	assert_int_equal(tar_parse(parser, block, &out, &why), TAR_MORE);
	assert_int_equal(tar_parse(parser, block, &out, &why), TAR_END);
	talloc_free(frame);
}

static void sum(uint8_t *block)
{
	unsigned n = 8 * ' ';
	char text[16] = "";
	size_t i = 0;

	for (i = 0; i < TAR_BLOCK; i++) {
		n += i >= 148 && i < 156 ? 0 : block[i];
	}
	snprintf(text, sizeof(text), "%06o", n);
	memcpy(block + 148, text, 8);
}

static void put(uint8_t *at, const char *text)
{
	memcpy(at, text, strlen(text));
}

/* @param text  of an extended header, with the next entry behind it. */
static enum tar_step extended(char type, const char *text, size_t size,
			      struct tar_parser *parser, struct tar_entry *out)
{
	char *octal = talloc_asprintf(parser, "%zo", size);
	uint8_t block[TAR_BLOCK] = {0};
	enum tar_step step = TAR_MORE;
	const char *why = NULL;
	size_t at = 0;

	put(block, "x");
	put(block + 124, octal);
	block[156] = (uint8_t)type;
	sum(block);
	step = tar_parse(parser, block, out, &why);
	for (at = 0; at < size && step == TAR_MORE; at += TAR_BLOCK) {
		memset(block, 0, sizeof(block));
		if (at < strlen(text)) {
			strncpy((char *)block, text + at, TAR_BLOCK - 1);
		}
		step = tar_parse(parser, block, out, &why);
	}
	if (step != TAR_MORE) {
		return step;
	}
	memset(block, 0, sizeof(block));
	put(block, "short");
	put(block + 124, "5");
	block[156] = '0';
	sum(block);
	return tar_parse(parser, block, out, &why);
}

static void test_extended(void **state)
{
	static const struct {
		char type;
		const char *text;
		enum tar_step step;
		const char *name;
		uint64_t size;
		enum tar_kind kind;
	} rows[] = {
		{'x', "13 path=a/b\nX", TAR_BAD, "", 0, TAR_FILE},
		{'x', "12 path=a/b\n", TAR_ENTRY, "a/b", 5, TAR_FILE},
		{'x', "9 size=7\n12 path=a/b\n", TAR_ENTRY, "a/b", 7, TAR_FILE},
		{'x', "9 size=7\n", TAR_ENTRY, "short", 7, TAR_FILE},
		{'x', "11 size=-7\n", TAR_BAD, "", 0, TAR_FILE},
		{'x', "99 path=a\n", TAR_BAD, "", 0, TAR_FILE},
		{'x', "0 path=a\n", TAR_BAD, "", 0, TAR_FILE},
		{'x', "path=a\n", TAR_BAD, "", 0, TAR_FILE},
		{'x', "11 no sign\n", TAR_BAD, "", 0, TAR_FILE},
		{'x', "32 LIBARCHIVE.creationtime=soon\n", TAR_ENTRY, "short",
		 5, TAR_FILE},
		{'x', "19 mtime=yesterday\n", TAR_ENTRY, "short", 5, TAR_FILE},
		{'x', "22 GNU.sparse.major=1\n", TAR_ENTRY, "short", 5,
		 TAR_OTHER},
		{'L', "a/long/one", TAR_ENTRY, "a/long/one", 5, TAR_FILE},
		{'K', "link", TAR_ENTRY, "short", 5, TAR_FILE},
		{'g', "any bytes", TAR_ENTRY, "short", 5, TAR_FILE},
	};
	TALLOC_CTX *frame = talloc_new(NULL);
	struct tar_entry out = {0};
	size_t i = 0;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct tar_parser *parser = tar_parser_new(frame);

		assert_int_equal(extended(rows[i].type, rows[i].text,
					  strlen(rows[i].text), parser, &out),
				 rows[i].step);
		if (rows[i].step == TAR_ENTRY) {
			assert_string_equal(out.name, rows[i].name);
			assert_int_equal(out.size, rows[i].size);
			assert_int_equal(out.kind, rows[i].kind);
		}
	}
	assert_int_equal(extended('x', "", TAR_EXTENSION_MAX + 1,
				  tar_parser_new(frame), &out),
			 TAR_BAD);
	assert_int_equal(extended('L', "", 0, tar_parser_new(frame), &out),
			 TAR_BAD);
	talloc_free(frame);
}

static void test_place(void **state)
{
	static const struct {
		const char *cwd, *name, *want;
	} rows[] = {
		{"", "a", "a"},
		{"", "/a//b/", "a\\b"},
		{"c\\d", "./a/./b", "c\\d\\a\\b"},
		{"c", ".", "c"},
		{"c", "..", NULL},
		{"", "a/../../b", NULL},
		{"", "a\\..\\b", NULL},
		{"", "a/b:c", NULL},
		{"", "", ""},
	};
	TALLOC_CTX *frame = talloc_new(NULL);
	const char *why = NULL;
	char *path = NULL;
	size_t i = 0;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		path = tar_place(frame, rows[i].cwd, rows[i].name, false, &why);
		if (rows[i].want == NULL) {
			assert_null(path);
			assert_non_null(why);
		} else {
			assert_string_equal(path, rows[i].want);
		}
	}
	assert_string_equal(tar_place(frame, "", "a:b", true, &why), "a:b");
	assert_null(
		tar_place(frame, "", repeat(frame, "a/", 5000), true, &why));
	talloc_free(frame);
}

static void test_choice(void **state)
{
	const char *paths[] = {"a", "B/c"};
	struct tar_choice choice = {.path = paths, .paths = 2};
	struct client_stat stat = {.write_time = 5};

	(void)state;
	assert_true(tar_chooses_name(&choice, "a"));
	assert_true(tar_chooses_name(&choice, "./A/x"));
	assert_true(tar_chooses_name(&choice, "b/C/x"));
	assert_false(tar_chooses_name(&choice, "ab"));
	assert_false(tar_chooses_name(&choice, "b"));
	assert_true(tar_chooses(&choice, "x", &stat));
	choice.exclude = true;
	assert_false(tar_chooses_name(&choice, "a/x"));
	assert_true(tar_chooses_name(&choice, "b/d"));
	assert_false(tar_chooses(&choice, "a", &stat));
	choice.newer = 5;
	assert_false(tar_chooses(&choice, "x", &stat));
	stat.attributes = FILE_ATTRIBUTE_DIRECTORY;
	assert_true(tar_chooses(&choice, "x", &stat));
	stat.attributes |= FILE_ATTRIBUTE_HIDDEN;
	choice.no_hidden = true;
	assert_false(tar_chooses(&choice, "x", &stat));
	choice.by_mask = true;
	paths[0] = "*.o";
	assert_false(tar_chooses_name(&choice, "x/y.o"));
	assert_true(tar_chooses_name(&choice, "x/y.c"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_round_trip),
		cmocka_unit_test(test_xattrs),
		cmocka_unit_test(test_endless_xattrs),
		cmocka_unit_test(test_damage),
		cmocka_unit_test(test_extended),
		cmocka_unit_test(test_place),
		cmocka_unit_test(test_choice),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
