/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Referrals: what goes in comes out, and what is cut off is harmless. */
#include "smbquic/dfs.h"
#include "smbquic/utf16.h"
#include "tests/testlib.h"

static TALLOC_CTX *texts;

static int setup(void **state)
{
	(void)state;
	texts = talloc_new(NULL);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	talloc_free(texts);
	return 0;
}

static struct wire_slice utf16(const char *text)
{
	struct wire_slice out = {0};

	assert_true(utf16_from_utf8(texts, text, &out));
	return out;
}

static void assert_text(struct wire_slice got, const char *want)
{
	char *text = utf16_to_utf8(NULL, got);

	assert_string_equal(text, want);
	talloc_free(text);
}

static void test_request(void **state)
{
	const struct dfs_request in = {.max_level = 4,
				       .path = utf16("\\server\\share")};
	struct dfs_request out = {0};
	uint8_t buf[200];
	struct wire_writer w = wire_writer_fixed(buf, sizeof(buf));

	(void)state;
	assert_true(dfs_request_encode(&w, &in));
	assert_true(dfs_request_decode(wire_writer_slice(&w), &out));
	assert_int_equal(out.max_level, 4);
	assert_text(out.path, "\\server\\share");
	assert_false(dfs_request_decode(wire_slice(buf, 1), &out));
	w = wire_writer_fixed(buf, sizeof(buf));
	assert_true(dfs_request_ex_encode(&w, &in));
	assert_true(dfs_request_ex_decode(wire_writer_slice(&w), &out));
	assert_int_equal(out.max_level, 4);
	assert_text(out.path, "\\server\\share");
	for (size_t len = 0; len < w.len; len++) {
		assert_false(dfs_request_ex_decode(wire_slice(buf, len), &out));
	}
}

static void test_response(void **state)
{
	struct dfs_response in = {
		.path_consumed = 26,
		.flags = DFS_REFERRAL_SERVERS,
		.server_type = DFS_TYPE_ROOT,
		.path = utf16("\\a\\b"),
		.target = utf16("\\server\\share"),
	};

	(void)state;
	for (in.level = 1; in.level <= DFS_MAX_LEVEL; in.level++) {
		struct dfs_response out = {0};
		uint8_t buf[200];
		struct wire_writer w = wire_writer_fixed(buf, sizeof(buf));

		in.time_to_live = in.level == 1 ? 0 : 300;
		assert_true(dfs_response_encode(&w, &in));
		assert_true(dfs_response_decode(wire_writer_slice(&w), &out));
		assert_int_equal(out.level, in.level);
		assert_int_equal(out.path_consumed, 26);
		assert_int_equal(out.flags, DFS_REFERRAL_SERVERS);
		assert_int_equal(out.server_type, DFS_TYPE_ROOT);
		assert_int_equal(out.time_to_live, in.time_to_live);
		assert_text(out.path, in.level == 1 ? "" : "\\a\\b");
		assert_text(out.target, "\\server\\share");
		for (size_t len = 0; len < w.len; len++) {
			(void)dfs_response_decode(wire_slice(buf, len), &out);
		}
		assert_false(dfs_response_decode(wire_slice(buf, 15), &out));
	}
}

/* A referral to nobody, to more than one, and of a level that there is not. */
static void test_strange_response(void **state)
{
	const struct dfs_response in = {
		.level = DFS_MAX_LEVEL,
		.target = utf16("\\server\\share"),
	};
	uint8_t buf[200];
	struct wire_writer w = wire_writer_fixed(buf, sizeof(buf));
	struct dfs_response out = {0};
	uint8_t level = 0;

	(void)state;
	assert_true(dfs_response_encode(&w, &in));
	for (buf[2] = 0; buf[2] < 4; buf[2]++) {
		assert_int_equal(
			dfs_response_decode(wire_writer_slice(&w), &out),
			buf[2] == 1);
	}
	buf[2] = 1;
	for (level = 0; level < 8; level++) {
		buf[8] = level;
		assert_int_equal(
			dfs_response_decode(wire_writer_slice(&w), &out),
			level >= 1 && level <= DFS_MAX_LEVEL);
	}
}

static void test_paths(void **state)
{
	static const struct {
		const char *path, *below;
	} table[] = {
		{"\\server\\Data\\a\\b", "a\\b"},
		{"server\\data\\a", "a"},
		{"\\\\server\\data\\", ""},
		{"\\server\\data", ""},
		{"\\server\\other\\a", NULL},
		{"\\server", NULL},
		{"\\", NULL},
		{"", NULL},
	};
	struct wire_slice root = {0};
	struct wire_slice share = {0};

	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		struct wire_slice below = {0};
		bool there = dfs_path_below(utf16(table[i].path), utf16("data"),
					    &below);

		assert_int_equal(there, table[i].below != NULL);
		if (there) {
			assert_text(below, table[i].below);
		}
	}
	assert_true(dfs_path_root(utf16("\\s\\data\\x"), &root, &share));
	assert_text(root, "\\s\\data");
	assert_text(share, "data");
	assert_false(dfs_path_root(utf16("\\s\\"), &root, &share));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_request),
		cmocka_unit_test(test_response),
		cmocka_unit_test(test_strange_response),
		cmocka_unit_test(test_paths),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
