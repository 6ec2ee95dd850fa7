/* SPDX-License-Identifier: GPL-3.0-or-later */
/* functions.c: what is put into a slot is in that slot, and in no other. */
#include "tests/testlib.h"

#include "client/libsmbclient/libsmb.h"

/* clang-format off */
#define SLOTS(S)                                                              \
	S(Open) S(Creat) S(Read) S(Write) S(Unlink) S(Rename) S(Lseek)        \
	S(Stat) S(Fstat) S(Close) S(Opendir) S(Closedir) S(Readdir)           \
	S(ReaddirPlus) S(ReaddirPlus2) S(Getdents) S(Mkdir) S(Rmdir)          \
	S(Telldir) S(Lseekdir) S(Fstatdir) S(Chmod) S(Utimes) S(Setxattr)     \
	S(Getxattr) S(Removexattr) S(Listxattr) S(PrintFile) S(OpenPrintJob)  \
	S(ListPrintJobs) S(UnlinkPrintJob) S(StatVFS) S(FstatVFS)             \
	S(Ftruncate) S(Splice) S(Notify) S(FGetxattr) S(AuthDataWithContext)  \
	S(AuthData) S(CheckServer) S(RemoveUnusedServer) S(AddCachedServer)   \
	S(GetCachedServer) S(RemoveCachedServer) S(PurgeCachedServers)
/* clang-format on */

#define PUT(Name) \
	smbc_setFunction##Name(c, (typeof(smbc_getFunction##Name(c)))++n);
#define LOOK(Name) assert_int_equal((uintptr_t)smbc_getFunction##Name(c), ++n);

static void test_slots(void **state)
{
	SMBCCTX *c = talloc_zero(NULL, SMBCCTX);
	uintptr_t n = 0;

	(void)state;
	c->internal = talloc_zero(c, struct SMBC_internal_data);
	SLOTS(PUT)
	assert_int_equal(n, 45);
	n = 0;
	SLOTS(LOOK)
	talloc_free(c);
}

/* A context that is made has ours in them. */
static void test_new(void **state)
{
	SMBCCTX *c = smbc_new_context();

	(void)state;
	assert_non_null(c);
	assert_ptr_equal(smbc_getFunctionOpen(c), libsmb_open);
	assert_ptr_equal(smbc_getFunctionClose(c), libsmb_close);
	assert_ptr_equal(smbc_getFunctionSplice(c), libsmb_splice);
	assert_int_equal(smbc_free_context(c, 1), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_slots),
		cmocka_unit_test(test_new),
	};

	return cmocka_run_group_tests_name("libsmb_functions", tests, NULL,
					   NULL);
}
