/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Access lists in a test's own short form:
 *
 *	parse_acl(w, "A;OI|CI;120089;S-1-1-0 D;;2;S-1-22-1-7")
 */
#ifndef TESTS_FIXTURE_ACL_H
#define TESTS_FIXTURE_ACL_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "server/acl.h"
#include "smbquic/smb2.h"

static const struct {
	const char *name;
	uint8_t flag;
} ace_flags[] = {
	{"OI", ACE_FLAG_OBJECT_INHERIT},
	{"CI", ACE_FLAG_CONTAINER_INHERIT},
	{"NP", ACE_FLAG_NO_PROPAGATE_INHERIT},
	{"IO", ACE_FLAG_INHERIT_ONLY},
	{"ID", ACE_FLAG_INHERITED},
};
#define NUM_ACE_FLAGS (sizeof(ace_flags) / sizeof(ace_flags[0]))

static inline void parse_ace(const char *text, struct security_ace *ace)
{
	char type = 0;
	char flags[32] = "";
	char sid[SID_STRING_SIZE] = "";
	unsigned mask = 0;
	size_t i = 0;

	if (sscanf(text, "%c;%31[A-Z|];%x;%191s", &type, flags, &mask, sid) !=
	    4) {
		assert_int_equal(
			sscanf(text, "%c;;%x;%191s", &type, &mask, sid), 3);
	}
	*ace = (struct security_ace){
		.type = type == 'A'   ? ACCESS_ALLOWED_ACE_TYPE
			: type == 'D' ? ACCESS_DENIED_ACE_TYPE
				      : SYSTEM_AUDIT_ACE_TYPE,
		.mask = mask,
	};
	for (i = 0; i < NUM_ACE_FLAGS; i++) {
		if (strstr(flags, ace_flags[i].name) != NULL) {
			ace->flags |= ace_flags[i].flag;
		}
	}
	assert_true(sid_from_string(sid, &ace->sid));
}

/* "" is an empty list. */
static inline struct wire_slice parse_acl(struct wire_writer *w,
					  const char *text)
{
	char *copy = strdup(text);
	char *save = NULL;
	char *word = NULL;
	size_t acl = security_acl_begin(w);

	for (word = strtok_r(copy, " ", &save); word != NULL;
	     word = strtok_r(NULL, " ", &save)) {
		struct security_ace ace = {0};

		parse_ace(word, &ace);
		assert_true(security_acl_add(w, acl, &ace));
	}
	free(copy);
	return security_acl_end(w, acl);
}

/* The same form; buf has 4096 bytes. */
static inline const char *acl_text(struct wire_slice acl, char *buf)
{
	struct security_acl_walk walk = security_acl(acl);
	struct security_ace ace = {0};
	char sid[SID_STRING_SIZE];
	size_t len = 0;

	buf[0] = '\0';
	while (security_acl_next(&walk, &ace)) {
		const char *bar = "";
		size_t i = 0;

		len += (size_t)snprintf(
			buf + len, 4096 - len, "%s%c;", len > 0 ? " " : "",
			ace.type == ACCESS_ALLOWED_ACE_TYPE  ? 'A'
			: ace.type == ACCESS_DENIED_ACE_TYPE ? 'D'
							     : 'U');
		for (i = 0; i < NUM_ACE_FLAGS; i++) {
			if ((ace.flags & ace_flags[i].flag) != 0) {
				len += (size_t)snprintf(buf + len, 4096 - len,
							"%s%s", bar,
							ace_flags[i].name);
				bar = "|";
			}
		}
		len += (size_t)snprintf(buf + len, 4096 - len, ";%x;%s",
					ace.mask, sid_to_string(&ace.sid, sid));
	}
	assert_true(security_acl_ok(&walk));
	return buf;
}

/* A machine's own SID: S-1-5-21-1-2-3. */
static const struct sidmap test_sids = {
	.machine = {.authority = 5,
		    .count = 4,
		    .sub_authorities = {21, 1, 2, 3}},
};

#endif
