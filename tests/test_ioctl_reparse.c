/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Reparse points that clients make, and links of the machine. */
#include <sys/stat.h>
#include <unistd.h>

#include "server/dispatch.h"
#include "smbquic/reparse.h"
#include "tests/fixture_ioctl.h"

struct disk {
	struct files *t;
	char *dir;
};

static int setup(void **state)
{
	struct disk *d = talloc_zero(NULL, struct disk);

	d->t = files_new_disk(&d->dir);
	talloc_steal(d, d->t);
	*state = d;
	return 0;
}

static int teardown(void **state)
{
	talloc_free(*state);
	return 0;
}

static struct wire_slice third_party(struct files *t, uint8_t guid,
				     const char *data)
{
	struct reparse r = {.tag = 0x1234, .has_guid = true};
	struct wire_writer w = wire_writer_talloc(t);

	r.guid.bytes[0] = guid;
	r.data = wire_slice(data, strlen(data));
	assert_true(reparse_encode(&w, &r));
	return wire_writer_slice(&w);
}

static struct wire_slice link_to(struct files *t, const char *target)
{
	struct wire_writer w = wire_writer_talloc(t);

	assert_true(reparse_put_symlink(&w, target));
	return wire_writer_slice(&w);
}

static NTSTATUS set(struct files *t, struct smb2_file_id id,
		    struct wire_slice data)
{
	return files_fsctl_status(t, id, FSCTL_SET_REPARSE_POINT, data, 0);
}

static NTSTATUS get(struct files *t, struct smb2_file_id id, uint32_t max,
		    struct wire_slice *out)
{
	return files_fsctl(t, id, FSCTL_GET_REPARSE_POINT, nothing, max, out);
}

static NTSTATUS del(struct files *t, struct smb2_file_id id,
		    struct wire_slice data)
{
	return files_fsctl_status(t, id, FSCTL_DELETE_REPARSE_POINT, data, 0);
}

static NTSTATUS opened(struct files *t, const char *name, uint32_t options)
{
	return files_status(t,
			    (struct create_args){.name = name,
						 .access = FILE_READ_ATTRIBUTES,
						 .disposition = FILE_OPEN,
						 .options = options});
}

static void test_third_party(void **state)
{
	struct disk *d = *state;
	struct files *t = d->t;
	struct smb2_file_id id = files_make(t, "f");
	struct wire_slice out = {0};

	assert_int_equal(get(t, id, 100, &out), NT_STATUS_NOT_A_REPARSE_POINT);
	assert_int_equal(del(t, id, third_party(t, 1, "")),
			 NT_STATUS_NOT_A_REPARSE_POINT);
	assert_int_equal(set(t, id, third_party(t, 1, "hello")), NT_STATUS_OK);
	assert_int_equal(get(t, id, 100, &out), NT_STATUS_OK);
	assert_true(wire_slice_equal(out, third_party(t, 1, "hello")));
	assert_int_equal(get(t, id, 10, &out), NT_STATUS_BUFFER_OVERFLOW);
	assert_int_equal(out.len, 10);
	assert_int_equal(get(t, id, 4, &out), NT_STATUS_BUFFER_TOO_SMALL);
	assert_int_equal(files_basic(t, id).file_attributes,
			 FILE_ATTRIBUTE_ARCHIVE | FILE_ATTRIBUTE_REPARSE_POINT);
	/* whose is it? */
	assert_int_equal(set(t, id, third_party(t, 2, "x")),
			 NT_STATUS_REPARSE_ATTRIBUTE_CONFLICT);
	assert_int_equal(set(t, id, link_to(t, "x")),
			 NT_STATUS_IO_REPARSE_TAG_MISMATCH);
	assert_int_equal(del(t, id, link_to(t, "x")),
			 NT_STATUS_IO_REPARSE_DATA_INVALID);
	assert_int_equal(del(t, id, third_party(t, 2, "")),
			 NT_STATUS_REPARSE_ATTRIBUTE_CONFLICT);
	assert_int_equal(opened(t, "f", 0),
			 NT_STATUS_IO_REPARSE_TAG_NOT_HANDLED);
	assert_int_equal(opened(t, "f", FILE_OPEN_REPARSE_POINT), NT_STATUS_OK);
	assert_int_equal(del(t, id, third_party(t, 1, "")), NT_STATUS_OK);
	assert_int_equal(get(t, id, 100, &out), NT_STATUS_NOT_A_REPARSE_POINT);
	assert_int_equal(opened(t, "f", 0), NT_STATUS_OK);
	assert_int_equal(files_basic(t, id).file_attributes,
			 FILE_ATTRIBUTE_ARCHIVE);
}

static void test_wrong(void **state)
{
	struct disk *d = *state;
	struct files *t = d->t;
	struct smb2_file_id id = files_make(t, "f");
	static const uint8_t bad_link[] = {0x0C, 0, 0, 0xA0, 4, 0,
					   0,	 0, 0, 0,    0, 0};

	assert_int_equal(set(t, id, nothing),
			 NT_STATUS_IO_REPARSE_DATA_INVALID);
	assert_int_equal(set(t, id, wire_slice(bad_link, sizeof(bad_link))),
			 NT_STATUS_IO_REPARSE_DATA_INVALID);
	assert_int_equal(
		set(t, open_with(t, "f", FILE_READ_DATA), link_to(t, "x")),
		NT_STATUS_ACCESS_DENIED);
	id = files_open(t, (struct create_args){.name = "",
						.access = FILE_WRITE_ATTRIBUTES,
						.disposition = FILE_OPEN});
	assert_int_equal(set(t, id, link_to(t, "x")), NT_STATUS_ACCESS_DENIED);
	id = files_make_dir(t, "d");
	(void)files_make(t, "d\\f");
	assert_int_equal(set(t, id, link_to(t, "x")),
			 NT_STATUS_DIRECTORY_NOT_EMPTY);
}

/* What the error response of an open that stopped says. */
static void assert_stopped(struct files *t, const char *name, const char *to,
			   bool relative, const char *rest)
{
	struct smb2_error_response rsp = {0};
	struct smb2_symlink_error error = {0};

	assert_int_equal(opened(t, name, 0), NT_STATUS_STOPPED_ON_SYMLINK);
	assert_true(
		smb2_error_response_decode(t->reply.data, t->reply.len, &rsp));
	assert_true(smb2_error_response_symlink(&rsp, &error));
	assert_true(
		wire_slice_equal(error.substitute_name, files_utf16(t, to)));
	assert_int_equal(error.flags, relative ? SYMLINK_FLAG_RELATIVE : 0);
	assert_int_equal(error.unparsed_path_length, files_utf16(t, rest).len);
}

/* The server follows none of these: the client is told where they lead. */
static void test_client_link(void **state)
{
	struct disk *d = *state;
	struct files *t = d->t;
	struct smb2_file_id id = files_make_dir(t, "d");

	(void)files_make_dir(t, "real");
	(void)files_make(t, "real\\f");
	assert_int_equal(set(t, id, link_to(t, "real")), NT_STATUS_OK);
	assert_int_equal(files_close(t, id), NT_STATUS_OK);
	assert_stopped(t, "d", "real", true, "");
	assert_stopped(t, "D\\f", "real", true, "\\f");
	assert_stopped(t, "d\\a\\b", "real", true, "\\a\\b");
	/* nothing gets into it either */
	assert_int_equal(
		files_status(t,
			     (struct create_args){.name = "d\\new",
						  .disposition = FILE_CREATE}),
		NT_STATUS_STOPPED_ON_SYMLINK);
	id = files_make(t, "l");
	assert_int_equal(set(t, id, link_to(t, "/etc/passwd")), NT_STATUS_OK);
	assert_int_equal(files_close(t, id), NT_STATUS_OK);
	assert_stopped(t, "l", "\\etc\\passwd", false, "");
	assert_stopped(t, "l\\x", "\\etc\\passwd", false, "\\x");
	/* it goes as itself */
	id = files_open(
		t, (struct create_args){.name = "d",
					.disposition = FILE_OPEN,
					.options = FILE_OPEN_REPARSE_POINT |
						   FILE_DELETE_ON_CLOSE});
	assert_int_equal(files_close(t, id), NT_STATUS_OK);
	assert_int_equal(opened(t, "d", 0), NT_STATUS_OBJECT_NAME_NOT_FOUND);
	assert_int_equal(opened(t, "real\\f", 0), NT_STATUS_OK);
}

static void make_link(const struct disk *d, const char *target,
		      const char *name)
{
	char *path = talloc_asprintf(d->t, "%s/%s", d->dir, name);

	assert_int_equal(symlink(target, path), 0);
}

/* The machine's are followed inside the share, unseen. */
static void test_machine_link(void **state)
{
	struct disk *d = *state;
	struct files *t = d->t;
	struct smb2_file_id id = files_make(t, "f");
	struct wire_slice out = {0};

	make_link(d, "f", "l");
	make_link(d, "/etc/passwd", "out");
	assert_int_equal(opened(t, "l", 0), NT_STATUS_OK);
	id = files_open(
		t, (struct create_args){.name = "l",
					.disposition = FILE_OPEN,
					.options = FILE_OPEN_REPARSE_POINT});
	assert_int_equal(get(t, id, 100, &out), NT_STATUS_NOT_A_REPARSE_POINT);
	id = files_open(t, (struct create_args){.name = "out",
						.access = FILE_READ_ATTRIBUTES |
							  FILE_WRITE_ATTRIBUTES,
						.disposition = FILE_OPEN});
	assert_int_equal(get(t, id, 100, &out), NT_STATUS_OK);
	assert_true(wire_slice_equal(out, link_to(t, "/etc/passwd")));
	assert_true((files_basic(t, id).file_attributes &
		     FILE_ATTRIBUTE_REPARSE_POINT) != 0);
}

static void test_special(void **state)
{
	struct disk *d = *state;
	struct files *t = d->t;
	char *path = talloc_asprintf(t, "%s/pipe", d->dir);
	struct wire_slice out = {0};
	struct wire_writer w = wire_writer_talloc(t);
	struct smb2_file_id id = {0};

	assert_int_equal(mkfifo(path, 0600), 0);
	id = open_with(t, "pipe", FILE_READ_ATTRIBUTES);
	assert_int_equal(get(t, id, 100, &out), NT_STATUS_OK);
	assert_true(reparse_put_nfs(&w, REPARSE_NFS_FIFO, 0, 0));
	assert_true(wire_slice_equal(out, wire_writer_slice(&w)));
}

static struct wire_slice no_link(struct files *t)
{
	const struct reparse r = {.tag = IO_REPARSE_TAG_SYMLINK};
	struct wire_writer w = wire_writer_talloc(t);

	assert_true(reparse_encode(&w, &r));
	return wire_writer_slice(&w);
}

/* As the client said it, though no disk has room for that in an attribute. */
static void test_long_link(void **state)
{
	static const unsigned lengths[] = {900, 1019, 1500, 3500};
	struct disk *d = *state;
	struct files *t = d->t;
	struct wire_slice out = {0};
	char target[3501] = "";
	unsigned i = 0;

	for (i = 0; i < 4; i++) {
		struct smb2_file_id id = files_make(t, "l");

		memset(target, 'x', lengths[i]);
		target[0] = '/';
		target[lengths[i]] = '\0';
		assert_int_equal(set(t, id, link_to(t, target)), NT_STATUS_OK);
		assert_int_equal(get(t, id, REPARSE_SIZE_MAX, &out),
				 NT_STATUS_OK);
		assert_true(wire_slice_equal(out, link_to(t, target)));
		assert_int_equal(opened(t, "l", 0),
				 NT_STATUS_STOPPED_ON_SYMLINK);
		assert_int_equal(del(t, id, no_link(t)), NT_STATUS_OK);
		assert_int_equal(opened(t, "l", 0), NT_STATUS_OK);
	}
}

/* With `follow symlinks = no` each of them stops the path. */
static void test_not_followed(void **state)
{
	struct disk *d = *state;
	char *text = talloc_asprintf(
		d, FILES_GLOBAL "[data]\npath = %s\nfollow symlinks = no\n",
		d->dir);
	struct files *t = files_new_config(text);
	struct wire_slice out = {0};
	struct smb2_file_id id = {0};

	(void)files_make_dir(t, "real");
	(void)files_make(t, "real\\f");
	make_link(d, "real", "l");
	make_link(d, "/etc", "out");
	assert_stopped(t, "l\\f", "real", true, "\\f");
	assert_stopped(t, "L\\F", "real", true, "\\F");
	assert_stopped(t, "l\\missing", "real", true, "\\missing");
	assert_stopped(t, "l", "real", true, "");
	assert_stopped(t, "out\\passwd", "\\etc", false, "\\passwd");
	assert_int_equal(opened(t, "real\\f", 0), NT_STATUS_OK);
	id = files_open(
		t, (struct create_args){.name = "l",
					.access = FILE_READ_ATTRIBUTES,
					.disposition = FILE_OPEN,
					.options = FILE_OPEN_REPARSE_POINT});
	assert_int_equal(get(t, id, 100, &out), NT_STATUS_OK);
	assert_true(wire_slice_equal(out, link_to(t, "real")));
	talloc_free(t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_third_party, setup,
						teardown),
		cmocka_unit_test_setup_teardown(test_wrong, setup, teardown),
		cmocka_unit_test_setup_teardown(test_client_link, setup,
						teardown),
		cmocka_unit_test_setup_teardown(test_long_link, setup,
						teardown),
		cmocka_unit_test_setup_teardown(test_machine_link, setup,
						teardown),
		cmocka_unit_test_setup_teardown(test_special, setup, teardown),
		cmocka_unit_test_setup_teardown(test_not_followed, setup,
						teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
