/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "tests/testlib_hex.h"
#include "tests/testlib_pdu.h"

static void test_rows(void **state)
{
	(void)state;
	pdu_check(&pdu_fsctl_table);
}

static void test_validate_negotiate_bytes(void **state)
{
	TALLOC_CTX *mem_ctx = talloc_new(NULL);
	struct wire_slice data = testlib_hex(
		mem_ctx, "7f000000 000102030405060708090a0b0c0d0e0f 0100 0200"
			 "0202 0003");
	struct smb2_validate_negotiate_request req = {0};

	(void)state;
	assert_true(smb2_validate_negotiate_request_decode(data, &req));
	assert_int_equal(req.capabilities, 0x7F);
	assert_int_equal(req.guid.bytes[1], 1);
	assert_int_equal(req.security_mode, 1);
	assert_int_equal(req.dialect_count, 2);
	assert_int_equal(req.dialects[1], 0x0300);
	talloc_free(mem_ctx);
}

static void test_copychunk_bytes(void **state)
{
	TALLOC_CTX *mem_ctx = talloc_new(NULL);
	struct wire_slice data = testlib_hex(
		mem_ctx, "000102030405060708090a0b0c0d0e0f1011121314151617"
			 "01000000 00000000"
			 "0100000000000000 0200000000000000 03000000 00000000");
	struct smb2_copychunk_request req = {0};
	struct smb2_copychunk chunk = {0};
	uint8_t *bytes = talloc_memdup(mem_ctx, data.data, data.len);

	(void)state;
	assert_true(smb2_copychunk_request_decode(data, &req));
	assert_int_equal(req.source_key[23], 0x17);
	assert_true(smb2_copychunk_request_chunk(&req, 0, &chunk));
	assert_int_equal(chunk.source_offset, 1);
	assert_int_equal(chunk.target_offset, 2);
	assert_int_equal(chunk.length, 3);
	assert_false(smb2_copychunk_request_chunk(&req, 1, &chunk));
	/* 24 times this count is 24 in 32 bits */
	bytes[24] = 0xAB;
	bytes[25] = 0xAA;
	bytes[26] = 0xAA;
	bytes[27] = 0x2A;
	assert_false(smb2_copychunk_request_decode(wire_slice(bytes, data.len),
						   &req));
	talloc_free(mem_ctx);
}

/* 2.2.32.5: 152 bytes; the address is in network byte order. */
static void test_interface_bytes(void **state)
{
	TALLOC_CTX *mem_ctx = talloc_new(NULL);
	struct wire_writer w = wire_writer_talloc(mem_ctx);
	struct wire_chain list = smb2_network_interface_list(&w);
	const struct smb2_network_interface four = {.if_index = 2,
						    .capability = 1,
						    .link_speed = 1000000000,
						    .family =
							    SMB2_SOCKADDR_INET,
						    .port = 445,
						    .address = {192, 0, 2, 1}};

	(void)state;
	assert_true(smb2_network_interface_add(&list, &four));
	assert_int_equal(w.len, 152);
	testlib_assert_hex(w.buf, 36,
			   "00000000 02000000 01000000 00000000"
			   "00ca9a3b00000000 0200 01bd c0000201 00000000");
	talloc_free(mem_ctx);
}

/* An address of an unknown family does not end the list. */
static void test_unknown_family(void **state)
{
	uint8_t buf[512] = {0};
	struct wire_writer w = wire_writer_fixed(buf, sizeof(buf));
	struct wire_chain list = smb2_network_interface_list(&w);
	struct smb2_network_interface i = {.family = SMB2_SOCKADDR_INET};
	struct wire_walker c = {0};

	(void)state;
	i.if_index = 1;
	smb2_network_interface_add(&list, &i);
	i.if_index = 2;
	smb2_network_interface_add(&list, &i);
	buf[24] = 0x99;
	c = smb2_network_interfaces(wire_writer_slice(&w));
	assert_true(smb2_network_interfaces_next(&c, &i));
	assert_int_equal(i.if_index, 2);
	assert_false(smb2_network_interfaces_next(&c, &i));
	assert_true(wire_walker_ok(&c));
}

static void test_snapshots(void **state)
{
	struct wire_slice names = BYTES("a\0b\0\0\0c\0\0\0\0\0");
	struct wire_slice name = {0};

	(void)state;
	assert_true(smb2_snapshot_next(&names, &name));
	assert_int_equal(name.len, 4);
	assert_true(smb2_snapshot_next(&names, &name));
	assert_int_equal(name.len, 2);
	assert_int_equal(name.data[0], 'c');
	assert_false(smb2_snapshot_next(&names, &name));
	names = wire_slice("a\0b", 3);
	assert_false(smb2_snapshot_next(&names, &name));
	names = wire_slice(NULL, 0);
	assert_false(smb2_snapshot_next(&names, &name));
}

/* A server whose answer did not fit says how long it would have been. */
static void test_snapshots_announced(void **state)
{
	struct wire_slice data = BYTES("\5\0\0\0\0\0\0\0\0\1\0\0");
	struct smb2_snapshot_array array = {0};

	(void)state;
	assert_true(smb2_snapshot_array_decode(data, &array));
	assert_int_equal(array.number_of_snapshots, 5);
	assert_int_equal(array.array_size, 256);
	assert_int_equal(array.names.len, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_validate_negotiate_bytes),
		cmocka_unit_test(test_copychunk_bytes),
		cmocka_unit_test(test_interface_bytes),
		cmocka_unit_test(test_unknown_family),
		cmocka_unit_test(test_snapshots),
		cmocka_unit_test(test_snapshots_announced),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
