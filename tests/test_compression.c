/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a client offers, and which trees it compresses. */
#include "client/client_private.h"
#include "tests/testlib.h"

static void test_parse(void **state)
{
	enum client_compression how = CLIENT_COMPRESSION_NO;

	(void)state;
	assert_true(client_compression_parse("yes", &how));
	assert_int_equal(how, CLIENT_COMPRESSION_YES);
	assert_true(client_compression_parse("share", &how));
	assert_int_equal(how, CLIENT_COMPRESSION_SHARE);
	assert_true(client_compression_parse("no", &how));
	assert_int_equal(how, CLIENT_COMPRESSION_NO);
	assert_false(client_compression_parse("", &how));
	assert_false(client_compression_parse("lz4", &how));
}

static void test_lists(void **state)
{
	(void)state;
	assert_true(client_compression_algorithms_valid(
		CLIENT_COMPRESSION_ALGORITHMS));
	assert_true(client_compression_algorithms_valid("LZ4"));
	assert_false(client_compression_algorithms_valid(""));
	assert_false(client_compression_algorithms_valid("lz4,"));
	assert_false(client_compression_algorithms_valid("lz4,lz4"));
	assert_false(client_compression_algorithms_valid("lz4,zip"));
	assert_false(client_compression_algorithms_valid(
		"lz4lz4lz4lz4lz4lz4lz4lz4lz4lz4lz4lz4"));
}

static void test_offer(void **state)
{
	struct client_options o = {0};
	struct negotiate_ids ids = {0};

	(void)state;
	client_options_default(&o);
	compression_offer(&o, &ids);
	assert_int_equal(ids.count, 5);
	assert_int_equal(ids.id[0], SMB2_COMPRESSION_PATTERN_V1);
	assert_int_equal(ids.id[1], SMB2_COMPRESSION_LZ77);
	assert_int_equal(ids.id[4], SMB2_COMPRESSION_LZ4);
	o.compression_algorithms = "lz4,lznt1";
	compression_offer(&o, &ids);
	assert_int_equal(ids.count, 2);
	assert_int_equal(ids.id[0], SMB2_COMPRESSION_LZ4);
	assert_int_equal(ids.id[1], SMB2_COMPRESSION_LZNT1);
	o.compression = CLIENT_COMPRESSION_NO;
	compression_offer(&o, &ids);
	assert_int_equal(ids.count, 0);
}

struct row {
	uint16_t agreed;
	uint8_t type;
	uint32_t flags;
	enum client_compression how;
	bool compressed;
};

#define DISK SMB2_SHARE_TYPE_DISK
#define PIPE SMB2_SHARE_TYPE_PIPE
#define FLAG SMB2_SHAREFLAG_COMPRESS_DATA

static const struct row rows[] = {
	{1, DISK, 0, CLIENT_COMPRESSION_YES, true},
	{1, DISK, 0, CLIENT_COMPRESSION_SHARE, false},
	{1, DISK, FLAG, CLIENT_COMPRESSION_SHARE, true},
	{1, PIPE, FLAG, CLIENT_COMPRESSION_YES, false},
	{0, DISK, FLAG, CLIENT_COMPRESSION_YES, false},
	{0, DISK, FLAG, CLIENT_COMPRESSION_NO, false},
};

static void test_trees(void **state)
{
	struct client_conn *conn = talloc_zero(NULL, struct client_conn);
	size_t i = 0;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct smb2_tree_connect_response tree = {
			.share_type = rows[i].type,
			.share_flags = rows[i].flags,
		};

		conn->agreement.compression.count = rows[i].agreed;
		conn->options.compression = rows[i].how;
		assert_int_equal(compression_of_tree(conn, &tree),
				 rows[i].compressed);
	}
	talloc_free(conn);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_parse),
		cmocka_unit_test(test_lists),
		cmocka_unit_test(test_offer),
		cmocka_unit_test(test_trees),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
