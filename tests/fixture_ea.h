/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Extended attributes of files of fixture_files.h, as text. */
#ifndef TESTS_FIXTURE_EA_H
#define TESTS_FIXTURE_EA_H

#include "tests/fixture_files.h"

#include "server/ea.h"

/* "NAME=value NAME!=needed NAME=" (removed) as a list. */
static inline struct wire_slice ea_text(struct files *t, const char *text)
{
	struct wire_writer w = wire_writer_talloc(t);
	struct wire_chain list = fscc_ea_list(&w);
	char *copy = talloc_strdup(t, text);
	char *save = NULL;
	char *one = NULL;

	for (one = strtok_r(copy, " ", &save); one != NULL;
	     one = strtok_r(NULL, " ", &save)) {
		char *value = strchr(one, '=');
		struct fscc_ea ea = {0};

		*value = '\0';
		value++;
		if (value - one > 1 && value[-2] == '!') {
			value[-2] = '\0';
			ea.flags = FILE_NEED_EA;
		}
		ea.name = wire_slice((uint8_t *)one, strlen(one));
		ea.value = wire_slice((uint8_t *)value, strlen(value));
		assert_true(fscc_ea_add(&list, &ea));
	}
	return wire_writer_slice(&w);
}

static inline NTSTATUS ea_set(struct files *t, struct smb2_file_id id,
			      const char *text)
{
	return files_set(t, id, FileFullEaInformation, ea_text(t, text));
}

static inline NTSTATUS ea_ask(struct files *t, struct smb2_file_id id,
			      struct smb2_query_info_request in)
{
	struct wire_writer w =
		files_pdu_long(t, SMB2_QUERY_INFO, in.output_buffer_length);

	in.info_type = SMB2_0_INFO_FILE;
	in.file_info_class = FileFullEaInformation;
	in.file_id = id;
	assert_true(smb2_query_info_request_encode(&w, &in));
	return files_call(t, &w);
}

/* What came, in that form. */
static inline char *ea_told(struct files *t)
{
	struct wire_slice data = files_buffer(t);
	struct wire_walker walker = fscc_eas(data);
	struct fscc_ea ea = {0};
	char *text = talloc_strdup(t, "");

	while (data.len > 0 && fscc_ea_next(&walker, &ea)) {
		text = talloc_asprintf_append(
			text, "%.*s%s=%.*s ", (int)ea.name.len,
			(const char *)ea.name.data,
			(ea.flags & FILE_NEED_EA) != 0 ? "!" : "",
			(int)ea.value.len,
			ea.value.len > 0 ? (const char *)ea.value.data : "");
	}
	assert_true(data.len == 0 || wire_walker_ok(&walker));
	return text;
}

#define EA_ROOM 4096

static inline char *ea_all(struct files *t, struct smb2_file_id id)
{
	assert_int_equal(ea_ask(t, id,
				(struct smb2_query_info_request){
					.output_buffer_length = EA_ROOM,
					.flags = SL_RESTART_SCAN}),
			 NT_STATUS_OK);
	return ea_told(t);
}

#endif
