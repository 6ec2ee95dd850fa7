/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "tests/testlib_hex.h"
#include "tests/testlib_pdu.h"

#define HEADER                                                    \
	"fe534d42 4000 0000 00000000 0b00 0000 00000000 00000000" \
	"0000000000000000 00000000 00000000 0000000000000000"     \
	"00000000000000000000000000000000"

static void test_rows(void **state)
{
	(void)state;
	pdu_check(&pdu_ioctl_table);
}

static void test_request_bytes(void **state)
{
	TALLOC_CTX *mem_ctx = talloc_new(NULL);
	struct wire_slice msg = testlib_hex(
		mem_ctx, HEADER "3900 0000 17c01100"
				"0100000000000000 0200000000000000"
				"78000000 03000000 04000000"
				"00000000 00000000 00040000 01000000 00000000"
				"aabbcc");
	struct smb2_ioctl_request req = {0};

	(void)state;
	assert_true(smb2_ioctl_request_decode(msg.data, msg.len, &req));
	assert_int_equal(req.ctl_code, FSCTL_PIPE_TRANSCEIVE);
	assert_int_equal(req.file_id.persistent_id, 1);
	assert_int_equal(req.max_input_response, 4);
	assert_int_equal(req.max_output_response, 1024);
	assert_int_equal(req.flags, SMB2_0_IOCTL_IS_FSCTL);
	testlib_assert_hex(req.input.data, req.input.len, "aabbcc");
	assert_int_equal(req.output.len, 0);
	talloc_free(mem_ctx);
}

/* 2.2.32: OutputOffset is InputOffset + InputCount, rounded up to 8. */
static void test_response_bytes(void **state)
{
	TALLOC_CTX *mem_ctx = talloc_new(NULL);
	struct wire_writer w = wire_writer_talloc(mem_ctx);
	struct smb2_header hdr = {.command = SMB2_IOCTL};
	const struct smb2_ioctl_response rsp = {
		.ctl_code = FSCTL_PIPE_TRANSCEIVE,
		.file_id = {1, 2},
		.input = BYTES("\xaa"),
		.output = BYTES("\xbb\xcc"),
	};

	(void)state;
	smb2_header_encode(&w, &hdr);
	assert_true(smb2_ioctl_response_encode(&w, &rsp));
	testlib_assert_hex(w.buf, w.len,
			   HEADER "3100 0000 17c01100"
				  "0100000000000000 0200000000000000"
				  "70000000 01000000 78000000 02000000"
				  "00000000 00000000 aa00000000000000 bbcc");
	talloc_free(mem_ctx);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_request_bytes),
		cmocka_unit_test(test_response_bytes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
