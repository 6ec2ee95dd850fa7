/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Attributes, times, short names, access lists and previous versions. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "client/cmd_list.h"
#include "smbquic/security_descriptor.h"
#include "smbquic/utf16.h"

/* ----------------------------------------------------------------- setmode */

static const struct {
	char letter;
	uint32_t bit;
} modes[] = {
	{'r', FILE_ATTRIBUTE_READONLY},
	{'h', FILE_ATTRIBUTE_HIDDEN},
	{'s', FILE_ATTRIBUTE_SYSTEM},
	{'a', FILE_ATTRIBUTE_ARCHIVE},
};

/* "+rs-h". @return false: not of that form. */
static bool parse_modes(const char *text, uint32_t *set, uint32_t *clear)
{
	uint32_t *to = NULL;
	size_t i = 0;

	for (; *text != '\0'; text++) {
		if (*text == '+' || *text == '-') {
			to = *text == '+' ? set : clear;
			continue;
		}
		for (i = 0; i < sizeof(modes) / sizeof(modes[0]); i++) {
			if (*text == modes[i].letter) {
				break;
			}
		}
		if (to == NULL || i == sizeof(modes) / sizeof(modes[0])) {
			return false;
		}
		*to |= modes[i].bit;
	}
	return to != NULL;
}

void cmd_setmode(struct shell *shell, int argc, char **argv)
{
	char *path = shell_path(shell, shell, argv[1]);
	uint32_t set = 0;
	uint32_t clear = 0;
	struct client_stat stat = {0};
	struct fscc_basic basic = {0};
	NTSTATUS status = NT_STATUS_OK;
	int i = 0;

	for (i = 2; i < argc; i++) {
		if (!parse_modes(argv[i], &set, &clear)) {
			shell_fail_text(shell,
					"setmode: not + or - with letters of "
					"rsha: %s",
					argv[i]);
			talloc_free(path);
			return;
		}
	}
	status = client_stat(shell->tree, path, &stat);
	if (NT_STATUS_IS_OK(status)) {
		basic.file_attributes = (stat.attributes | set) & ~clear &
					~(uint32_t)FILE_ATTRIBUTE_NORMAL;
		if (basic.file_attributes == 0) {
			/* 0 would be "leave it as it is" */
			basic.file_attributes = FILE_ATTRIBUTE_NORMAL;
		}
		status = client_set_basic(shell->tree, path, &basic);
	}
	if (!NT_STATUS_IS_OK(status)) {
		shell_fail(shell, status, "setmode \\%s", path);
	}
	talloc_free(path);
}

/* ------------------------------------------------------------------ utimes */

/* "[YY]YY:MM:DD-HH:MM:SS" here, or -1: as it is. */
static bool parse_time(const char *text, NTTIME *out)
{
	const char *const forms[] = {"%Y:%m:%d-%H:%M:%S", "%y:%m:%d-%H:%M:%S"};
	bool long_year = strcspn(text, ":") == 4;
	struct tm tm = {.tm_isdst = -1};
	const char *end = NULL;
	time_t when = 0;
	int day = 0;

	*out = 0;
	if (strcmp(text, "-1") == 0) {
		return true;
	}
	end = strptime(text, forms[long_year ? 0 : 1], &tm);
	if (end == NULL || *end != '\0') {
		return false;
	}
	tm.tm_isdst = -1;
	day = tm.tm_mday;
	when = mktime(&tm);
	/* 30 February would become a day of March */
	if (when == (time_t)-1 || tm.tm_mday != day) {
		return false;
	}
	*out = nttime_from_unix(when);
	return true;
}

void cmd_utimes(struct shell *shell, int argc, char **argv)
{
	struct fscc_basic basic = {0};
	NTTIME *const times[] = {&basic.creation_time, &basic.last_access_time,
				 &basic.last_write_time, &basic.change_time};
	char *path = NULL;
	NTSTATUS status = NT_STATUS_OK;
	int i = 0;

	for (i = 2; i < argc; i++) {
		if (!parse_time(argv[i], times[i - 2])) {
			shell_fail_text(shell,
					"utimes: neither -1 nor "
					"YYYY:MM:DD-HH:MM:SS: %s",
					argv[i]);
			return;
		}
	}
	path = shell_path(shell, shell, argv[1]);
	status = client_set_basic(shell->tree, path, &basic);
	if (!NT_STATUS_IS_OK(status)) {
		shell_fail(shell, status, "utimes \\%s", path);
	}
	talloc_free(path);
}

/* ----------------------------------------------------------------- altname */

void cmd_altname(struct shell *shell, int argc, char **argv)
{
	const struct client_query query = {
		.type = SMB2_0_INFO_FILE,
		.info_class = FileAlternateNameInformation,
	};
	char *path = shell_path(shell, shell, argv[1]);
	struct wire_slice data = {0};
	struct wire_slice name = {0};
	char *text = NULL;
	NTSTATUS status = client_query_path(
		path, shell->tree, path, FILE_READ_ATTRIBUTES, &query, &data);

	(void)argc;
	if (NT_STATUS_IS_OK(status)) {
		text = fscc_name_decode(data, &name) ? utf16_to_utf8(path, name)
						     : NULL;
		status = text == NULL ? NT_STATUS_INVALID_NETWORK_RESPONSE
				      : NT_STATUS_OK;
	}
	if (NT_STATUS_IS_OK(status)) {
		fprintf(shell->out, "%s\n", shell_printable(path, text));
	} else {
		shell_fail(shell, status, "altname \\%s", path);
	}
	talloc_free(path);
}

/* --------------------------------------------------------------------- acl */

static const struct {
	uint32_t mask;
	const char *name;
} rights[] = {
	{0x001f01ff, "FULL"},
	{0x001301bf, "CHANGE"},
	{0x001200a9, "READ"},
};

const char *shell_rights_name(uint32_t mask)
{
	size_t i = 0;

	for (i = 0; i < sizeof(rights) / sizeof(rights[0]); i++) {
		if (mask == rights[i].mask) {
			return rights[i].name;
		}
	}
	return NULL;
}

static const struct {
	uint16_t bit;
	const char *name;
} controls[] = {
	{SD_SELF_RELATIVE, "SR"},	{SD_SACL_PROTECTED, "PS"},
	{SD_DACL_PROTECTED, "PD"},	{SD_SACL_AUTO_INHERITED, "SI"},
	{SD_DACL_AUTO_INHERITED, "DI"}, {SD_SACL_PRESENT, "SP"},
	{SD_DACL_PRESENT, "DP"},
};

static const char *ace_type(uint8_t type)
{
	switch (type) {
	case ACCESS_ALLOWED_ACE_TYPE: return "ALLOWED";
	case ACCESS_DENIED_ACE_TYPE: return "DENIED";
	case SYSTEM_AUDIT_ACE_TYPE: return "AUDIT";
	default: return NULL;
	}
}

static void print_ace(struct shell *shell, const struct security_ace *ace)
{
	char sid[SID_STRING_SIZE] = "";
	const char *type = ace_type(ace->type);
	const char *name = shell_rights_name(ace->mask);

	if (type == NULL) {
		fprintf(shell->out, "ACL:type 0x%x/0x%x\n", ace->type,
			ace->flags);
		return;
	}
	fprintf(shell->out, "ACL:%s:%s/0x%x/", sid_to_string(&ace->sid, sid),
		type, ace->flags);
	if (name != NULL) {
		fprintf(shell->out, "%s\n", name);
	} else {
		fprintf(shell->out, "0x%08" PRIx32 "\n", ace->mask);
	}
}

/* smbcacls' form, with SIDs as they are. */
static void print_acl(struct shell *shell, const struct security_descriptor *sd)
{
	struct security_acl_walk walk = security_acl(sd->dacl);
	struct security_ace ace = {0};
	char sid[SID_STRING_SIZE] = "";
	const char *bar = "";
	size_t i = 0;

	fprintf(shell->out, "REVISION:1\nCONTROL:");
	for (i = 0; i < sizeof(controls) / sizeof(controls[0]); i++) {
		if ((sd->control & controls[i].bit) != 0) {
			fprintf(shell->out, "%s%s", bar, controls[i].name);
			bar = "|";
		}
	}
	fputc('\n', shell->out);
	if (sd->has_owner) {
		fprintf(shell->out, "OWNER:%s\n",
			sid_to_string(&sd->owner, sid));
	}
	if (sd->has_group) {
		fprintf(shell->out, "GROUP:%s\n",
			sid_to_string(&sd->group, sid));
	}
	while (security_acl_next(&walk, &ace)) {
		print_ace(shell, &ace);
	}
}

void cmd_acl(struct shell *shell, int argc, char **argv)
{
	const struct client_query query = {
		.type = SMB2_0_INFO_SECURITY,
		.extra = OWNER_SECURITY_INFORMATION |
			 GROUP_SECURITY_INFORMATION | DACL_SECURITY_INFORMATION,
	};
	char *path = shell_path(shell, shell, argv[1]);
	struct security_descriptor sd = {0};
	struct wire_slice data = {0};
	NTSTATUS status = client_query_path(
		path, shell->tree, path, SEC_STD_READ_CONTROL, &query, &data);

	(void)argc;
	if (NT_STATUS_IS_OK(status) && !security_descriptor_decode(data, &sd)) {
		status = NT_STATUS_INVALID_NETWORK_RESPONSE;
	}
	if (NT_STATUS_IS_OK(status)) {
		print_acl(shell, &sd);
	} else {
		shell_fail(shell, status, "acl \\%s", path);
	}
	talloc_free(path);
}

/* --------------------------------------------------------------- snapshots */

NTSTATUS shell_snapshots(struct shell *shell, TALLOC_CTX *mem_ctx,
			 const char *path, struct client_snapshot_list **out)
{
	const struct client_open how = {
		.access = FILE_READ_ATTRIBUTES | FILE_READ_DATA |
			  SEC_STD_SYNCHRONIZE,
		.share = FILE_SHARE_ALL,
		.disposition = FILE_OPEN,
	};
	struct client_file *file = NULL;
	NTSTATUS status =
		client_open(mem_ctx, shell->tree, path, &how, &file, NULL);

	*out = NULL;
	if (NT_STATUS_IS_OK(status)) {
		status = client_snapshots(mem_ctx, file, out);
	}
	talloc_free(file);
	return status;
}

void cmd_snapshots(struct shell *shell, int argc, char **argv)
{
	char *path = shell_path(shell, shell, argc > 1 ? argv[1] : "");
	struct client_snapshot_list *list = NULL;
	NTSTATUS status = shell_snapshots(shell, path, path, &list);
	size_t i = 0;

	if (!NT_STATUS_IS_OK(status)) {
		shell_fail(shell, status, "snapshots of \\%s", path);
	}
	for (i = 0; list != NULL && i < list->count; i++) {
		fprintf(shell->out, "%s\n", list->name[i]);
	}
	talloc_free(path);
}
