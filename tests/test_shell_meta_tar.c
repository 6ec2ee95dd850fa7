/* SPDX-License-Identifier: GPL-3.0-or-later */
/* shell_meta_tar.c: what goes with an entry of an archive and comes back. */
#include "tests/testlib.h"

#include <string.h>

#include "client/shell_meta.h"

static const struct transfer all = {
	.keep_acls = true, .keep_streams = true, .keep_times = true};

static const struct tar_xattr *xattr(const struct tar_entry *entry,
				     const char *name)
{
	size_t i = 0;

	for (i = 0; i < entry->xattrs; i++) {
		if (strcmp(entry->xattr[i].name, name) == 0) {
			return &entry->xattr[i];
		}
	}
	return NULL;
}

static void test_round_trip(void **state)
{
	TALLOC_CTX *frame = talloc_new(NULL);
	const NTTIME created = 126258847461234567;
	struct meta_local *in = talloc_zero(frame, struct meta_local);
	struct meta_local *out = NULL;
	struct tar_entry entry = {.name = "a"};
	const struct meta_stream *s = NULL;

	(void)state;
	in->descriptor = wire_slice("list", 4);
	assert_true(meta_local_add(in, "two", wire_slice("b\0b", 3)));
	assert_true(meta_local_add(in, "one", wire_slice("", 0)));
	assert_true(meta_to_archive(frame, in, created, &entry));
	assert_int_equal(entry.xattrs, 4);
	/* as a file of this machine has it */
	assert_int_equal(xattr(&entry, "user.DosStream.two:$DATA")->value.len,
			 4);
	assert_int_equal(xattr(&entry, "user.DosStream.one:$DATA")->value.len,
			 1);
	assert_non_null(xattr(&entry, "user.smbquic.created"));
	assert_int_equal(nttime_from_timespec(entry.created), created);

	out = meta_from_archive(frame, &all, &entry);
	assert_int_equal(out->descriptor.len, 4);
	assert_memory_equal(out->descriptor.data, "list", 4);
	assert_int_equal(out->count, 2);
	s = meta_local_find(out, "two");
	assert_non_null(s);
	assert_int_equal(s->data.len, 3);
	assert_memory_equal(s->data.data, "b\0b", 3);
	assert_int_equal(meta_local_find(out, "one")->data.len, 0);
	assert_int_equal(meta_archive_created(&entry), created);
	talloc_free(frame);
}

/* What was not asked for is not there; and of nothing there is nothing. */
static void test_not_asked(void **state)
{
	static const struct transfer lists = {.keep_acls = true};
	static const struct transfer streams = {.keep_streams = true};
	TALLOC_CTX *frame = talloc_new(NULL);
	struct meta_local *in = talloc_zero(frame, struct meta_local);
	struct meta_local *out = NULL;
	struct tar_entry entry = {.name = "a"};

	(void)state;
	assert_true(meta_to_archive(frame, NULL, 0, &entry));
	assert_int_equal(entry.xattrs, 0);
	assert_int_equal(entry.created.tv_sec, 0);
	assert_true(
		meta_local_is_empty(meta_from_archive(frame, &all, &entry)));
	in->descriptor = wire_slice("list", 4);
	assert_true(meta_local_add(in, "s", wire_slice("x", 1)));
	assert_true(meta_to_archive(frame, in, 0, &entry));
	out = meta_from_archive(frame, &lists, &entry);
	assert_int_equal(out->descriptor.len, 4);
	assert_int_equal(out->count, 0);
	out = meta_from_archive(frame, &streams, &entry);
	assert_int_equal(out->descriptor.len, 0);
	assert_int_equal(out->count, 1);
	talloc_free(frame);
}

/* Archives of others may say anything. */
static void test_strange(void **state)
{
	static const struct tar_xattr strange[] = {
		{"user.DosStream.:$DATA", {(const uint8_t *)"x", 1}},
		{"user.DosStream.no-end", {(const uint8_t *)"x", 1}},
		{"user.DosStream.a:$DATA", {(const uint8_t *)"", 0}},
		{"user.DosStream.A:$DATA", {(const uint8_t *)"x", 1}},
		{"user.smbquic.created", {(const uint8_t *)"yesterday", 9}},
		{"user.smbquic.descriptor", {(const uint8_t *)"", 0}},
		{"security.selinux", {(const uint8_t *)"x", 1}},
	};
	const struct tar_entry entry = {
		.name = "a",
		.created = {981173106, 789012300},
		.xattr = strange,
		.xattrs = sizeof(strange) / sizeof(strange[0]),
	};
	TALLOC_CTX *frame = talloc_new(NULL);
	const struct meta_local *out = meta_from_archive(frame, &all, &entry);

	(void)state;
	assert_int_equal(out->descriptor.len, 0);
	assert_int_equal(out->count, 1); /* "a" and "A" are one */
	/* what libarchive says counts where ours makes no sense */
	assert_int_equal(meta_archive_created(&entry),
			 nttime_from_timespec(entry.created));
	talloc_free(frame);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_round_trip),
		cmocka_unit_test(test_not_asked),
		cmocka_unit_test(test_strange),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
