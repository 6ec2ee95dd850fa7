/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "tests/testlib_hex.h"
#include "tests/testlib_pdu.h"

#define HEADER                                                    \
	"fe534d42 4000 0000 00000000 0800 0000 00000000 00000000" \
	"0000000000000000 00000000 00000000 0000000000000000"     \
	"00000000000000000000000000000000"

static void test_rows(void **state)
{
	(void)state;
	pdu_check(&pdu_io_table);
}

static void test_read_bytes(void **state)
{
	TALLOC_CTX *mem_ctx = talloc_new(NULL);
	struct wire_slice msg = testlib_hex(
		mem_ctx, HEADER "3100 50 01 00000100 0000000002000000"
				"0100000000000000 0200000000000000"
				"05000000 00000000 00000000 ffff ffff 00");
	struct smb2_read_request req = {0};

	(void)state;
	assert_true(smb2_read_request_decode(msg.data, msg.len, &req));
	assert_int_equal(req.padding, 0x50);
	assert_int_equal(req.flags, SMB2_READFLAG_READ_UNBUFFERED);
	assert_int_equal(req.length, 65536);
	assert_int_equal(req.offset, 1ull << 33);
	assert_int_equal(req.file_id.persistent_id, 1);
	assert_int_equal(req.file_id.volatile_id, 2);
	assert_int_equal(req.minimum_count, 5);
	/* the channel's fields mean nothing without a channel */
	assert_int_equal(req.channel_info.len, 0);
	talloc_free(mem_ctx);
}

/* The payload is not in the writer, but announced there. */
static void test_payload_apart(void **state)
{
	uint8_t buf[256] = {0};
	struct wire_writer w = wire_writer_fixed(buf, sizeof(buf));
	struct smb2_header hdr = {.command = SMB2_READ};
	const struct smb2_read_response rsp = {.data = {NULL, 100}};
	const struct smb2_write_request req = {.data = {NULL, 100}};
	struct smb2_read_response read_back = {0};
	struct smb2_write_request write_back = {0};

	(void)state;
	smb2_header_encode(&w, &hdr);
	assert_true(smb2_read_response_encode(&w, &rsp));
	assert_int_equal(w.len, SMB2_READ_RESPONSE_SIZE);
	assert_false(smb2_read_response_decode(buf, w.len, &read_back));
	assert_true(smb2_read_response_decode(buf, w.len + 100, &read_back));
	assert_ptr_equal(read_back.data.data, buf + w.len);
	assert_int_equal(read_back.data.len, 100);

	w = wire_writer_fixed(buf, sizeof(buf));
	hdr.command = SMB2_WRITE;
	smb2_header_encode(&w, &hdr);
	assert_true(smb2_write_request_encode(&w, &req));
	assert_int_equal(w.len, SMB2_WRITE_REQUEST_SIZE);
	assert_false(smb2_write_request_decode(buf, w.len, &write_back));
	assert_true(smb2_write_request_decode(buf, w.len + 100, &write_back));
	assert_ptr_equal(write_back.data.data, buf + w.len);
}

/* Both directions refuse data in the fixed part. */
static void test_data_in_fixed_part(void **state)
{
	TALLOC_CTX *mem_ctx = talloc_new(NULL);
	struct smb2_read_response rsp = {0};
	struct smb2_write_request req = {0};
	struct wire_slice msg =
		testlib_hex(mem_ctx, HEADER
			    "1100 4f 00 04000000 00000000 00000000 61626364");

	(void)state;
	assert_false(smb2_read_response_decode(msg.data, msg.len, &rsp));
	msg = testlib_hex(mem_ctx, HEADER
			  "1100 51 00 03000000 00000000 00000000 61626364");
	assert_true(smb2_read_response_decode(msg.data, msg.len, &rsp));
	testlib_assert_hex(rsp.data.data, rsp.data.len, "626364");
	msg = testlib_hex(mem_ctx, HEADER
			  "3100 6f00 04000000 0000000000000000"
			  "0100000000000000 0200000000000000"
			  "00000000 00000000 0000 0000 00000000 61626364");
	assert_false(smb2_write_request_decode(msg.data, msg.len, &req));
	talloc_free(mem_ctx);
}

/* 2.2.26: the number in the low four bits, the index above. */
static void test_lock_bytes(void **state)
{
	TALLOC_CTX *mem_ctx = talloc_new(NULL);
	struct wire_slice msg = testlib_hex(
		mem_ctx, HEADER "3000 0100 03040000"
				"0100000000000000 0200000000000000"
				"0a00000000000000 1400000000000000 12000000"
				"00000000");
	struct smb2_lock_request req = {0};
	struct smb2_lock_element e = {0};

	(void)state;
	assert_true(smb2_lock_request_decode(msg.data, msg.len, &req));
	assert_int_equal(req.lock_count, 1);
	assert_int_equal(req.lock_sequence_number, 3);
	assert_int_equal(req.lock_sequence_index, 64);
	assert_true(smb2_lock_request_element(&req, 0, &e));
	assert_int_equal(e.offset, 10);
	assert_int_equal(e.length, 20);
	assert_int_equal(e.flags, SMB2_LOCKFLAG_EXCLUSIVE_LOCK |
					  SMB2_LOCKFLAG_FAIL_IMMEDIATELY);
	assert_false(smb2_lock_request_element(&req, 1, &e));
	talloc_free(mem_ctx);
}

static void test_lock_counts(void **state)
{
	TALLOC_CTX *mem_ctx = talloc_new(NULL);
	struct wire_writer w = wire_writer_talloc(mem_ctx);
	struct smb2_header hdr = {.command = SMB2_LOCK};
	struct smb2_lock_request req = {.lock_count = SMB2_MAX_LOCKS};
	struct smb2_lock_element *elements = talloc_zero_array(
		mem_ctx, struct smb2_lock_element, SMB2_MAX_LOCKS + 1);

	(void)state;
	smb2_header_encode(&w, &hdr);
	assert_true(smb2_lock_request_encode(&w, &req, elements));
	assert_true(smb2_lock_request_decode(w.buf, w.len, &req));
	wire_put_zeros(&w, 24);
	wire_patch_u16(&w, 66, SMB2_MAX_LOCKS + 1);
	assert_false(smb2_lock_request_decode(w.buf, w.len, &req));
	wire_patch_u16(&w, 66, 0);
	assert_false(smb2_lock_request_decode(w.buf, w.len, &req));
	req.lock_count = SMB2_MAX_LOCKS + 1;
	assert_false(smb2_lock_request_encode(&w, &req, elements));
	talloc_free(mem_ctx);
}

/* 2.2.21 and 2.2.22, every field of its own. */
static void test_write_bytes(void **state)
{
	TALLOC_CTX *mem_ctx = talloc_new(NULL);
	struct wire_slice msg = testlib_hex(
		mem_ctx, HEADER "3100 7000 03000000 0400000000000000"
				"0500000000000000 0600000000000000"
				"02000000 07000000 7300 0200 01000000"
				"616263 6465");
	struct smb2_write_request req = {0};
	struct smb2_write_response rsp = {0};

	(void)state;
	assert_true(smb2_write_request_decode(msg.data, msg.len, &req));
	assert_int_equal(req.offset, 4);
	assert_int_equal(req.file_id.persistent_id, 5);
	assert_int_equal(req.file_id.volatile_id, 6);
	assert_int_equal(req.channel, SMB2_CHANNEL_RDMA_V1_INVALIDATE);
	assert_int_equal(req.remaining_bytes, 7);
	assert_int_equal(req.flags, SMB2_WRITEFLAG_WRITE_THROUGH);
	testlib_assert_hex(req.data.data, req.data.len, "616263");
	testlib_assert_hex(req.channel_info.data, req.channel_info.len, "6465");
	msg = testlib_hex(mem_ctx,
			  HEADER "1100 0000 03000000 04000000 0000 0000");
	assert_true(smb2_write_response_decode(msg.data, msg.len, &rsp));
	assert_int_equal(rsp.count, 3);
	assert_int_equal(rsp.remaining, 4);
	talloc_free(mem_ctx);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_read_bytes),
		cmocka_unit_test(test_payload_apart),
		cmocka_unit_test(test_data_in_fixed_part),
		cmocka_unit_test(test_lock_bytes),
		cmocka_unit_test(test_lock_counts),
		cmocka_unit_test(test_write_bytes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
