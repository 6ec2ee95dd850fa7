/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A server is asked for its status with much going on, and told to end what is
 * there, over its socket; the asker is a thread, as smbquic-status would be a
 * process.
 */
#include "server/control.h"
#include "tests/fixture_files.h"

#include <pthread.h>
#include <unistd.h>

#include "server/ask.h"
#include "server/oplock.h"
#include "server/status.h"
#include "server/status_ask.h"
#include "smbquic/log.h"

#define MANY 1000
#define LOCK_FLAGS_TAKE \
	(SMB2_LOCKFLAG_EXCLUSIVE_LOCK | SMB2_LOCKFLAG_FAIL_IMMEDIATELY)

struct place {
	struct files *t;
	char *path;
	bool reload_fails;
	unsigned reloads;
};

/* The asker. */
struct asker {
	const char *path;
	json_t *request;
	struct status_answer *answer;
	char *why;
	int done[2]; /* a byte when it has heard all */
};

static bool reload(void *private_data, TALLOC_CTX *mem_ctx, char **why)
{
	struct place *p = private_data;

	p->reloads++;
	*why = p->reload_fails ? talloc_strdup(mem_ctx, "not today") : NULL;
	return !p->reload_fails;
}

static int setup(void **state)
{
	struct place *p = talloc_zero(NULL, struct place);
	char *dir = testlib_tmpdir(p);
	const struct control_hooks hooks = {reload, p};

	log_set_level(LOG_LEVEL_ERROR);
	p->t = files_new_config(talloc_asprintf(p,
						FILES_GLOBAL
						"state directory = %s\n"
						"[data]\nstore = memory\n"
						"read only = no\n",
						dir));
	server_remember(p->t->f->server);
	control_start(p->t->f->server, &hooks);
	p->path = control_path(p, p->t->f->server->config);
	assert_int_equal(access(p->path, F_OK), 0);
	*state = p;
	return 0;
}

static int teardown(void **state)
{
	struct place *p = *state;

	talloc_free(p->t);
	assert_int_not_equal(access(p->path, F_OK), 0);
	talloc_free(p);
	return 0;
}

static void *ask_thread(void *private_data)
{
	struct asker *asker = private_data;

	asker->answer =
		status_ask(NULL, asker->path, asker->request, &asker->why);
	assert_int_equal(write(asker->done[1], "d", 1), 1);
	return NULL;
}

static void heard(struct tevent_context *ev, struct tevent_fd *fde,
		  uint16_t flags, void *private_data)
{
	(void)ev;
	(void)fde;
	(void)flags;
	*(bool *)private_data = true;
}

static struct status_answer *ask(struct place *p, json_t *request)
{
	struct asker asker = {.path = p->path, .request = request};
	struct tevent_fd *fde = NULL;
	pthread_t thread;
	bool over = false;

	assert_int_equal(pipe(asker.done), 0);
	fde = tevent_add_fd(p->t->f->ev, p, asker.done[0], TEVENT_FD_READ,
			    heard, &over);
	assert_int_equal(pthread_create(&thread, NULL, ask_thread, &asker), 0);
	while (!over) {
		tevent_loop_once(p->t->f->ev);
	}
	pthread_join(thread, NULL);
	talloc_free(fde);
	close(asker.done[0]);
	close(asker.done[1]);
	if (asker.answer == NULL) {
		fail_msg("%s", asker.why == NULL ? "no memory" : asker.why);
	}
	talloc_steal(p, asker.answer);
	return asker.answer;
}

static struct status_answer *tell(struct place *p, const char *verb,
				  const char *what)
{
	return ask(p, json_pack("{s:s, s:s*}", "do", verb, "what", what));
}

static json_t *items(struct status_answer *answer, const char *section,
		     size_t count)
{
	json_t *list = json_object_get(answer->sections, section);

	assert_int_equal(json_array_size(list), count);
	return list;
}

static const char *text(const json_t *item, const char *name)
{
	return json_string_value(json_object_get(item, name));
}

/* A thousand opens, their locks among them. */
static void test_many_opens(void **state)
{
	struct place *p = *state;
	struct status_answer *answer = NULL;
	char name[32] = "";
	json_t *list = NULL;
	unsigned i = 0;

	for (i = 0; i < MANY; i++) {
		struct smb2_file_id id = {0};

		snprintf(name, sizeof(name), "file-%u", i);
		id = files_make(p->t, name);
		if (i < 3) {
			assert_int_equal(files_lock(p->t, id,
						    UINT64_MAX - 10 - i, 7,
						    LOCK_FLAGS_TAKE),
					 NT_STATUS_OK);
		}
	}
	answer = tell(p, "status", NULL);
	assert_false(answer->refused);
	list = items(answer, "open_files", MANY);
	assert_string_equal(text(json_array_get(list, 0), "service"), "data");
	assert_string_equal(text(json_array_get(list, 0), "username"), "alice");
	assert_string_equal(text(json_array_get(list, MANY - 1), "filename"),
			    "file-999");
	list = items(answer, "byte_range_locks", 3);
	list = json_object_get(json_array_get(list, 0), "locks");
	assert_string_equal(text(json_array_get(list, 0), "offset"),
			    "18446744073709551605");
	assert_string_equal(text(json_array_get(list, 0), "type"), "W");
	list = items(answer, "sessions", 1);
	assert_string_equal(text(json_array_get(list, 0), "username"), "alice");
	assert_int_equal(json_integer_value(json_object_get(
				 json_array_get(list, 0), "open_files")),
			 MANY);
	list = items(answer, "connections", 1);
	assert_string_equal(text(json_array_get(list, 0), "dialect"),
			    "SMB3_11");
	items(answer, "tcons", 1);
	items(answer, "server", 1);
	items(answer, "shares", 2);
	assert_null(json_object_get(answer->sections, "leases"));
}

/* The server goes on while somebody reads slowly; what comes and goes does not
 * confuse the walk. */
static void test_changes(void **state)
{
	struct place *p = *state;
	struct status_walk *walk = NULL;
	struct smb2_file_id ids[20];
	const char *section = NULL;
	json_t *item = NULL;
	char name[32] = "";
	unsigned seen = 0;
	unsigned i = 0;

	for (i = 0; i < 20; i++) {
		snprintf(name, sizeof(name), "file-%u", i);
		ids[i] = files_make(p->t, name);
	}
	walk = status_walk_new(p, p->t->f->server, status_all_sections());
	while (status_walk_next(walk, &section, &item)) {
		json_decref(item);
		seen += section != NULL && item != NULL &&
			strcmp(section, "open_files") == 0;
		if (seen == 5) {
			for (i = 10; i < 20; i++) {
				assert_int_equal(files_close(p->t, ids[i]),
						 NT_STATUS_OK);
			}
			fixture_connect(p->t->f);
			seen++;
		}
		if (section == NULL) {
			status_walk_page(walk);
		}
		status_walk_page(walk);
	}
	assert_int_equal(seen, 11);
}

static void test_leases(void **state)
{
	struct place *p = *state;
	struct status_answer *answer = NULL;
	json_t *list = NULL;
	struct smb2_file_id id = files_make(p->t, "cached");
	struct open *open =
		open_find(p->t->session, id.persistent_id, id.volatile_id);
	const struct oplock_ask wish = {.level = SMB2_OPLOCK_LEVEL_BATCH,
					.access = FILE_ALL_ACCESS};

	assert_non_null(open);
	assert_true(oplock_grant(open->file, &wish));
	answer = tell(p, "status", NULL);
	list = items(answer, "leases", 1);
	assert_string_equal(text(json_array_get(list, 0), "kind"), "oplock");
	assert_string_equal(
		text(json_object_get(json_array_get(list, 0), "caching"),
		     "text"),
		"RWH");
}

static void test_close_share(void **state)
{
	struct place *p = *state;
	struct status_answer *answer = NULL;

	files_make(p->t, "one");
	answer = tell(p, "close-share", "DATA");
	assert_false(answer->refused);
	assert_string_equal(answer->text, "1 tree connect to DATA closed");
	assert_int_equal(idtable_count(p->t->session->trees), 0);
	assert_int_equal(idtable_count(p->t->f->server->opens), 0);
	answer = tell(p, "close-share", "data");
	assert_string_equal(answer->text, "0 tree connects to data closed");
	answer = tell(p, "close-share", "nothing");
	assert_true(answer->refused);
	assert_string_equal(answer->text, "there is no share nothing");
}

static void test_close_file(void **state)
{
	struct place *p = *state;
	struct smb2_file_id kept = files_make(p->t, "kept");
	struct smb2_file_id one = files_make(p->t, "one");
	struct status_answer *answer = NULL;
	char id[32] = "";

	snprintf(id, sizeof(id), "0x%llx",
		 (unsigned long long)one.persistent_id);
	answer = tell(p, "close-file", id);
	assert_false(answer->refused);
	assert_non_null(strstr(answer->text, "is closed: one"));
	assert_int_equal(idtable_count(p->t->f->server->opens), 1);
	assert_int_equal(files_close(p->t, one), NT_STATUS_FILE_CLOSED);
	assert_int_equal(files_close(p->t, kept), NT_STATUS_OK);
	answer = tell(p, "close-file", id);
	assert_true(answer->refused);
	assert_non_null(strstr(answer->text, "there is no open file 0x"));
	answer = tell(p, "close-file", "one");
	assert_string_equal(answer->text, "there is no open file one");
}

static void test_close_session(void **state)
{
	struct place *p = *state;
	char id[32] = "";
	struct status_answer *answer = NULL;

	snprintf(id, sizeof(id), "0x%llx",
		 (unsigned long long)p->t->session->id);
	answer = tell(p, "close-session", id);
	assert_false(answer->refused);
	assert_non_null(strstr(answer->text, " of alice is closed"));
	assert_int_equal(idtable_count(p->t->f->server->sessions), 0);
	answer = tell(p, "close-session", id);
	assert_true(answer->refused);
	answer = tell(p, "close-session", "everything");
	assert_string_equal(answer->text, "there is no session everything");
}

static void test_close_client(void **state)
{
	struct place *p = *state;
	struct conn *conn = p->t->f->conn;
	struct status_answer *answer = NULL;

	conn->address = talloc_strdup(conn, "192.0.2.1");
	answer = tell(p, "close-client", "192.0.2.99");
	assert_true(answer->refused);
	answer = tell(p, "close-client", "192.0.2.1");
	assert_false(answer->refused);
	fixture_idle(p->t->f, 100);
	assert_int_equal(p->t->f->server->num_conns, 0);
}

static void test_drain(void **state)
{
	struct place *p = *state;
	struct fixture *f = p->t->f;
	struct transport *pair[2] = {NULL, NULL};
	struct status_answer *answer = tell(p, "drain", NULL);

	assert_false(answer->refused);
	assert_string_equal(answer->text,
			    "new connections are refused from now on; 1 "
			    "connection is there");
	testlib_memory_pair(f, f->ev, &f->facts, pair);
	assert_null(conn_new(f->server, pair[0]));
	assert_true(tell(p, "drain", "perhaps")->refused);
	answer = tell(p, "drain", "off");
	assert_false(answer->refused);
	fixture_connect(f);
	assert_int_equal(f->server->num_conns, 2);
}

static void test_reload(void **state)
{
	struct place *p = *state;

	assert_false(tell(p, "reload", NULL)->refused);
	p->reload_fails = true;
	assert_string_equal(tell(p, "reload", NULL)->text, "not today");
	assert_int_equal(p->reloads, 2);
}

static void test_loglevel(void **state)
{
	struct place *p = *state;
	struct status_answer *answer = tell(p, "loglevel", "error quic:debug");

	assert_string_equal(answer->text, "log level: error quic:debug");
	assert_true(log_enabled(LOG_LEVEL_DEBUG, "quic"));
	assert_true(tell(p, "loglevel", "loud")->refused);
	answer = tell(p, "loglevel", NULL);
	assert_string_equal(answer->text, "log level: error quic:debug");
	assert_true(log_set_levels("error"));
}

/* Nonsense gets an answer, and the next line is looked at. */
static void test_nonsense(void **state)
{
	struct place *p = *state;
	struct status_answer *answer = ask(p, json_pack("[s]", "do"));

	assert_true(answer->refused);
	assert_string_equal(answer->text, "that is not a JSON object");
	answer = tell(p, "explode", NULL);
	assert_string_equal(answer->text, "nobody knows how to do that");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_many_opens, setup,
						teardown),
		cmocka_unit_test_setup_teardown(test_changes, setup, teardown),
		cmocka_unit_test_setup_teardown(test_leases, setup, teardown),
		cmocka_unit_test_setup_teardown(test_close_share, setup,
						teardown),
		cmocka_unit_test_setup_teardown(test_close_file, setup,
						teardown),
		cmocka_unit_test_setup_teardown(test_close_session, setup,
						teardown),
		cmocka_unit_test_setup_teardown(test_close_client, setup,
						teardown),
		cmocka_unit_test_setup_teardown(test_drain, setup, teardown),
		cmocka_unit_test_setup_teardown(test_reload, setup, teardown),
		cmocka_unit_test_setup_teardown(test_loglevel, setup, teardown),
		cmocka_unit_test_setup_teardown(test_nonsense, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
