/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Security descriptors of files on a file system. */
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "server/store_posix.h"
#include "tests/fixture_acl.h"
#include "tests/fixture_store.h"
#include "tests/store_now.h"
#include "tests/testlib.h"

#define ALL   "1f01ff"
#define DACL  DACL_SECURITY_INFORMATION
#define OWNER OWNER_SECURITY_INFORMATION
#define MINE  7001 /* a user, when we are root */
#define OTHER 7002

/* A store of that kind; files are MINE's, or ours when we are not root. */
static int setup_with(void **state, unsigned acls, bool hide)
{
	struct world *w = talloc_zero(NULL, struct world);
	struct store_options options = {.share = "test",
					.acls = acls,
					.hide_unreadable = hide,
					.sids = &test_sids};
	char *why = NULL;

	umask(022);
	w->dir = testlib_tmpdir(w);
	assert_int_equal(chmod(w->dir, 0755), 0);
	options.root = talloc_asprintf(w, "%s/root", w->dir);
	assert_int_equal(mkdir(options.root, 0755), 0);
	assert_int_equal(chmod(options.root, 0777), 0);
	w->ev = tevent_context_init(w);
	w->pool = worker_pool_new(w, w->ev, 3);
	assert_int_equal(store_now(w, w->ev, "posix", w->pool, &options,
				   &w->store, &why),
			 0);
	w->cred = store_cred_new(w, MINE, MINE, 0, NULL);
	*state = w;
	return 0;
}

static int setup_both(void **state)
{
	return setup_with(state,
			  STORE_ACLS_SET | STORE_ACLS_KEEP | STORE_ACLS_MAP,
			  false);
}

static int setup_ignore(void **state)
{
	return setup_with(state, STORE_ACLS_SET | STORE_ACLS_KEEP, false);
}

static int setup_map(void **state)
{
	return setup_with(state, STORE_ACLS_SET | STORE_ACLS_MAP, false);
}

static int setup_none(void **state)
{
	return setup_with(state, 0, false);
}

static int setup_hide(void **state)
{
	return setup_with(
		state, STORE_ACLS_SET | STORE_ACLS_KEEP | STORE_ACLS_MAP, true);
}

static int teardown(void **state)
{
	struct world *w = *state;
	char *dir = talloc_move(NULL, &w->dir);
	uid_t uid = (uid_t)syscall(SYS_geteuid);

	talloc_free(w);
	/* the loop acts as nobody else, whatever its threads had left to do */
	assert_int_equal(syscall(SYS_geteuid), uid);
	talloc_free(dir);
	return 0;
}

/* --- helpers
 * ------------------------------------------------------------------ */

static uid_t my_uid(void)
{
	return geteuid() == 0 ? MINE : geteuid();
}

/* "ME": the user's SID. */
static const char *expand(struct world *w, const char *text)
{
	struct sid user = sidmap_user(&test_sids, my_uid());
	char sid[SID_STRING_SIZE];
	char *out = talloc_strdup(w, "");
	const char *me = NULL;

	sid_to_string(&user, sid);
	for (me = strstr(text, "ME"); me != NULL; me = strstr(text, "ME")) {
		out = talloc_asprintf_append(out, "%.*s%s", (int)(me - text),
					     text, sid);
		text = me + 2;
	}
	return talloc_asprintf_append(out, "%s", text);
}

static int set_sd(struct world *w, struct store_file *file, uint32_t parts,
		  uint16_t control, const char *owner, const char *acl)
{
	uint8_t list[4096], bytes[4096];
	struct wire_writer l = wire_writer_fixed(list, sizeof(list));
	struct wire_writer b = wire_writer_fixed(bytes, sizeof(bytes));
	struct security_descriptor sd = {.control = control};
	struct tevent_req *req = NULL;
	int err = 0;

	if (owner != NULL) {
		sd.has_owner = true;
		assert_true(sid_from_string(owner, &sd.owner));
	}
	if (acl != NULL) {
		sd.control |= SD_DACL_PRESENT;
		sd.dacl = parse_acl(&l, expand(w, acl));
	}
	assert_true(security_descriptor_encode(&b, &sd));
	req = finish(w, store_setsecurity_send(w, w->ev, file, parts,
					       wire_writer_slice(&b)));
	err = store_setsecurity_recv(req);
	talloc_free(req);
	return err;
}

static void set_acl(struct world *w, struct store_file *file, const char *acl)
{
	assert_int_equal(set_sd(w, file, DACL, 0, NULL, acl), 0);
}

static struct security_descriptor get_sd(struct world *w,
					 struct store_file *file)
{
	struct tevent_req *req =
		finish(w, store_getsecurity_send(w, w->ev, file));
	struct security_descriptor sd = {0};
	struct wire_slice bytes = {0};

	assert_int_equal(store_getsecurity_recv(req, w, &bytes), 0);
	talloc_free(req);
	assert_true(security_descriptor_decode(bytes, &sd));
	return sd;
}

static void assert_acl(struct world *w, struct store_file *file,
		       const char *acl)
{
	char text[4096];

	assert_string_equal(acl_text(get_sd(w, file).dacl, text),
			    expand(w, acl));
}

static uint32_t granted(struct world *w, const char *path)
{
	struct store_opened info = {0};
	struct store_file *file = NULL;

	assert_int_equal(do_open_info(w, path, 0, &file, &info), 0);
	talloc_free(file);
	return info.granted;
}

static mode_t mode_of(struct world *w, const char *path)
{
	struct stat st = {0};

	assert_int_equal(
		stat(talloc_asprintf(w, "%s/root/%s", w->dir, path), &st), 0);
	return st.st_mode & 07777;
}

/* --- tests
 * -------------------------------------------------------------------- */

/* A file of which nothing is kept: as its mode says, and all rights. */
static void test_made_up(void **state)
{
	struct world *w = *state;
	struct store_file *file = must_open(w, "f", NEW);
	struct security_descriptor sd = get_sd(w, file);
	struct sid owner = sidmap_user(&test_sids, my_uid());

	assert_true(sid_equal(&sd.owner, &owner));
	assert_true(sd.has_group);
	assert_true(sd.dacl.len > 8);
	assert_int_equal(granted(w, "f"), FILE_ALL_ACCESS);
	talloc_free(file);
}

/* It comes back as it was set, whatever the order of its entries. */
static void test_kept(void **state)
{
	static const char *acl = "A;;120089;S-1-1-0 D;;2;S-1-1-0 "
				 "A;;" ALL ";S-1-5-21-9-9-9-77 A;;60100;ME";
	struct world *w = *state;
	struct store_file *file = must_open(w, "f", NEW);

	set_acl(w, file, acl);
	talloc_free(file);
	file = must_open(w, "f", 0);
	assert_acl(w, file, acl);
	assert_int_equal(granted(w, "f") & ~SEC_STD_DELETE,
			 FILE_GENERIC_READ | SEC_STD_WRITE_DAC |
				 FILE_WRITE_ATTRIBUTES);
	talloc_free(file);
}

/* The right to delete comes from the directory as well. */
static void test_parent(void **state)
{
	struct world *w = *state;
	struct store_file *dir = must_open(w, "d", NEW_DIR);
	struct store_file *file = must_open(w, "d/f", NEW);

	set_acl(w, file, "A;;120081;ME");
	assert_int_equal(granted(w, "d/f"),
			 0x120081 | SEC_STD_WRITE_DAC | SEC_STD_DELETE);
	set_acl(w, dir, "A;;1201bf;ME");
	assert_int_equal(granted(w, "d/f"), 0x120081 | SEC_STD_WRITE_DAC);
	set_acl(w, dir, "A;;40;ME");
	assert_int_equal(granted(w, "d/f"),
			 0x120081 | SEC_STD_WRITE_DAC | SEC_STD_DELETE);
	talloc_free(file);
	talloc_free(dir);
}

static void test_may_add(void **state)
{
	struct world *w = *state;
	struct store_file *dir = must_open(w, "d", NEW_DIR);
	struct store_file *other = must_open(w, "o", NEW_DIR);
	struct store_file *file = NULL;

	set_acl(w, dir, "A;;2;ME A;;1200a9;ME");
	assert_int_equal(do_open(w, "d/sub", NEW_DIR, &file), EACCES);
	file = must_open(w, "d/f", NEW);
	talloc_free(file);
	set_acl(w, dir, "A;;4;ME A;;1200a9;ME");
	assert_int_equal(do_open(w, "d/g", NEW, &file), EACCES);
	file = must_open(w, "d/sub", NEW_DIR);
	talloc_free(file);
	file = must_open(w, "o/f", NEW);
	assert_int_equal(do_rename(w, file, "o/f", "d/moved", false, NULL),
			 EACCES);
	talloc_free(file);
	talloc_free(dir);
	talloc_free(other);
}

/* What may not be deleted is not replaced either. */
static void test_may_replace(void **state)
{
	struct world *w = *state;
	struct store_file *dir = must_open(w, "d", NEW_DIR);
	struct store_file *kept = must_open(w, "d/kept", NEW);
	struct store_file *file = must_open(w, "d/f", NEW);

	set_acl(w, dir, "A;;1201bf;ME");
	set_acl(w, kept, "A;;120089;ME");
	assert_int_equal(do_rename(w, file, "d/f", "d/kept", true, NULL),
			 EACCES);
	set_acl(w, kept, "A;;130089;ME");
	assert_int_equal(do_rename(w, file, "d/f", "d/kept", true, NULL), 0);
	talloc_free(file);
	talloc_free(kept);
	talloc_free(dir);
}

static void test_inherited(void **state)
{
	struct world *w = *state;
	struct store_file *dir = must_open(w, "d", NEW_DIR);
	struct store_file *file = NULL;

	set_acl(w, dir,
		"A;OI|CI;" ALL ";S-1-3-0 A;OI|CI;1200a9;S-1-1-0 "
		"A;;" ALL ";ME");
	file = must_open(w, "d/f", NEW);
	assert_acl(w, file, "A;;" ALL ";ME A;;1200a9;S-1-1-0");
	assert_int_equal(mode_of(w, "d/f"), 0644);
	talloc_free(file);
	file = must_open(w, "d/sub", NEW_DIR);
	assert_acl(w, file,
		   "A;;" ALL ";ME A;OI|CI|IO;" ALL ";S-1-3-0 "
		   "A;OI|CI;1200a9;S-1-1-0");
	talloc_free(file);
	set_acl(w, dir, "A;;" ALL ";ME");
	file = must_open(w, "d/g", NEW);
	assert_acl(w, file, "A;;" ALL ";ME A;;" ALL ";S-1-5-18");
	assert_int_equal(mode_of(w, "d/g"), 0600);
	talloc_free(file);
	talloc_free(dir);
}

static mode_t made_locally(struct world *w, const char *path)
{
	int fd = open(talloc_asprintf(w, "%s/root/%s", w->dir, path),
		      O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0666);

	assert_true(fd >= 0);
	assert_int_equal(close(fd), 0);
	return mode_of(w, path);
}

/* What is made on the machine itself inherits, too: a default ACL. */
static void test_inherited_locally(void **state)
{
	struct world *w = *state;
	struct store_file *dir = must_open(w, "d", NEW_DIR);
	mode_t mask = umask(077);

	set_acl(w, dir, "A;OI|CI;" ALL ";S-1-3-0 A;OI|CI;120089;S-1-1-0");
	assert_int_equal(made_locally(w, "d/read"), 0644);
	set_acl(w, dir,
		"A;OI|CI;" ALL ";S-1-3-0 "
		"A;OI|CI;120089;S-1-22-2-4242");
	assert_int_equal(made_locally(w, "d/group"), 0640); /* the mask */
	set_acl(w, dir, "A;;" ALL ";ME A;CI|NP;120089;S-1-1-0");
	assert_int_equal(made_locally(w, "d/none"), 0600);
	umask(mask);
	talloc_free(dir);
}

/* The descriptor that CREATE brings along. */
static void test_made_with(void **state)
{
	struct world *w = *state;
	uint8_t list[1024], bytes[1024];
	struct wire_writer l = wire_writer_fixed(list, sizeof(list));
	struct wire_writer b = wire_writer_fixed(bytes, sizeof(bytes));
	struct security_descriptor sd = {.control = SD_DACL_PRESENT};
	struct store_file *file = NULL;
	struct tevent_req *req = NULL;

	sd.dacl = parse_acl(&l, expand(w, "A;;120089;ME"));
	assert_true(security_descriptor_encode(&b, &sd));
	req = finish(w,
		     store_open_secured_send(w, w->ev, w->store, w->cred, "f",
					     NEW, 0, wire_writer_slice(&b)));
	assert_int_equal(store_open_recv(req, w, &file, NULL), 0);
	talloc_free(req);
	assert_acl(w, file, "A;;120089;ME");
	assert_int_equal(do_write(w, file, "x", 1, 0), 0);
	talloc_free(file);
}

/* Mode and POSIX ACL follow; READONLY is another matter. */
static void test_mapped(void **state)
{
	struct world *w = *state;
	struct store_file *file = must_open(w, "f", NEW);

	set_acl(w, file, "A;;120089;S-1-1-0");
	assert_int_equal(mode_of(w, "f"), 0444);
	assert_false(do_getattr(w, file).attributes & FILE_ATTRIBUTE_READONLY);
	set_acl(w, file, "A;;" ALL ";ME A;;120089;S-1-22-2-4242");
	assert_int_equal(mode_of(w, "f"), 0640); /* the mask */
	set_acl(w, file, "A;;" ALL ";ME");
	assert_int_equal(mode_of(w, "f"), 0600);
	talloc_free(file);
}

/* Who changes the mode on the machine itself has the last word. */
static void test_changed_locally(void **state)
{
	struct world *w = *state;
	struct store_file *file = must_open(w, "f", NEW);

	set_acl(w, file, "A;;120089;ME");
	assert_int_equal(granted(w, "f") & FILE_WRITE_DATA, 0);
	assert_int_equal(chmod(talloc_asprintf(w, "%s/root/f", w->dir), 0640),
			 0);
	assert_int_equal(granted(w, "f"), FILE_ALL_ACCESS);
	assert_true(get_sd(w, file).dacl.len > 8 + 2 * 20);
	set_acl(w, file, "A;;120089;ME");
	assert_int_equal(granted(w, "f") & FILE_WRITE_DATA, 0);
	talloc_free(file);
}

static void test_ignored(void **state)
{
	struct world *w = *state;
	struct store_file *file = must_open(w, "f", NEW);
	mode_t mode = mode_of(w, "f");

	set_acl(w, file, "A;;120089;ME");
	assert_int_equal(mode_of(w, "f"), mode);
	assert_int_equal(chmod(talloc_asprintf(w, "%s/root/f", w->dir), 0600),
			 0);
	assert_acl(w, file, "A;;120089;ME");
	assert_int_equal(granted(w, "f") & FILE_WRITE_DATA, 0);
	talloc_free(file);
}

static void test_map_alone(void **state)
{
	struct world *w = *state;
	struct store_file *file = must_open(w, "f", NEW);
	char path[256];

	set_acl(w, file, "A;;" ALL ";ME D;;1;S-1-1-0 A;;120089;S-1-1-0");
	assert_int_equal(mode_of(w, "f"), 0600);
	assert_int_equal(granted(w, "f"), FILE_ALL_ACCESS);
	snprintf(path, sizeof(path), "%s/root/f", w->dir);
	assert_true(getxattr(path, POSIX_XATTR_ACL, NULL, 0) < 0);
	assert_true(getxattr(path, POSIX_XATTR_ACL_OPEN, NULL, 0) < 0);
	talloc_free(file);
}

static void test_not_at_all(void **state)
{
	struct world *w = *state;
	struct store_file *file = must_open(w, "f", NEW);

	assert_int_equal(set_sd(w, file, DACL, 0, NULL, "A;;1;S-1-1-0"),
			 EOPNOTSUPP);
	assert_int_equal(granted(w, "f"), FILE_ALL_ACCESS);
	talloc_free(file);
}

static void test_owner(void **state)
{
	struct world *w = *state;
	struct store_file *file = must_open(w, "f", NEW);
	const char *me = expand(w, "ME");

	assert_int_equal(set_sd(w, file, OWNER, 0, me, NULL), 0);
	assert_int_equal(set_sd(w, file, OWNER, 0, NULL, NULL), EINVAL);
	assert_int_equal(set_sd(w, file, OWNER, 0, "S-1-22-1-7002", NULL),
			 ESRCH);
	assert_int_equal(set_sd(w, file, OWNER, 0, "S-1-5-32-544", NULL),
			 ESRCH);
	talloc_free(file);
}

/* root gives files away, also to those who are nobody here. */
static void test_owner_by_root(void **state)
{
	struct world *w = *state;
	struct store_file *file = NULL;
	struct security_descriptor sd = {0};

	if (geteuid() != 0) {
		skip();
	}
	w->cred = store_cred_new(w, 0, 0, 0, NULL);
	file = must_open(w, "f", NEW);
	assert_int_equal(set_sd(w, file, OWNER, 0, "S-1-22-1-7002", NULL), 0);
	assert_int_equal(do_getattr(w, file).uid, OTHER);
	assert_int_equal(set_sd(w, file, OWNER, 0, "S-1-5-32-544", NULL), 0);
	assert_int_equal(do_getattr(w, file).uid, OTHER);
	sd = get_sd(w, file);
	assert_true(sid_equal(&sd.owner, &sid_administrators));
	talloc_free(file);
}

static size_t count_entries(struct world *w, struct store_file *dir)
{
	struct tevent_req *req =
		finish(w, store_readdir_send(w, w->ev, dir, true, 100));
	struct store_entry *entries = NULL;
	size_t count = 0;

	assert_int_equal(store_readdir_recv(req, w, &entries, &count), 0);
	talloc_free(req);
	return count;
}

static void test_hidden(void **state)
{
	static const struct {
		const char *acl;
		bool seen;
	} table[] = {
		{"A;;120089;ME", true},
		{"A;;120081;ME", false},
		{"A;;120009;ME", false},
		{"A;;120088;ME", false},
	};
	struct world *w = *state;
	struct store_file *dir = must_open(w, "d", NEW_DIR);
	struct store_file *file = must_open(w, "d/f", NEW);
	size_t i = 0;

	for (i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		set_acl(w, file, table[i].acl);
		assert_int_equal(count_entries(w, dir), table[i].seen);
	}
	talloc_free(file);
	talloc_free(dir);
}

/* One that was tampered with gives nothing. */
static void test_broken(void **state)
{
	struct world *w = *state;
	struct store_file *file = must_open(w, "f", NEW);
	char path[256];

	set_acl(w, file, "A;;" ALL ";S-1-1-0");
	snprintf(path, sizeof(path), "%s/root/f", w->dir);
	assert_int_equal(setxattr(path,
				  posix_cred_is_admin() ? POSIX_XATTR_ACL
							: POSIX_XATTR_ACL_OPEN,
				  "xyz", 3, 0),
			 0);
	assert_int_equal(
		granted(w, "f") & ~(SEC_STD_DELETE | FILE_READ_ATTRIBUTES), 0);
	talloc_free(file);
}

#define TEST(name, setup) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_made_up, setup_both),
		TEST(test_kept, setup_both),
		TEST(test_parent, setup_both),
		TEST(test_may_add, setup_both),
		TEST(test_may_replace, setup_both),
		TEST(test_inherited, setup_both),
		TEST(test_inherited_locally, setup_both),
		TEST(test_made_with, setup_both),
		TEST(test_mapped, setup_both),
		TEST(test_changed_locally, setup_both),
		TEST(test_ignored, setup_ignore),
		TEST(test_map_alone, setup_map),
		TEST(test_not_at_all, setup_none),
		TEST(test_owner, setup_both),
		TEST(test_owner_by_root, setup_both),
		TEST(test_hidden, setup_hide),
		TEST(test_broken, setup_both),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
