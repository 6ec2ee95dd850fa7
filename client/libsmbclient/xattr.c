/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Extended attributes: what is read and written for them. */
#include <errno.h>
#include <string.h>

#include "client/libsmbclient/xattr_text.h"

#define SD_ALL                                                     \
	(OWNER_SECURITY_INFORMATION | GROUP_SECURITY_INFORMATION | \
	 DACL_SECURITY_INFORMATION)

/* All that there may be, whether a file has it or not; as Samba's library. */
#define NAMES_OF_BOTH                   \
	"system.*\0"                    \
	"system.*+\0"                   \
	"system.nt_sec_desc.revision\0" \
	"system.nt_sec_desc.owner\0"    \
	"system.nt_sec_desc.owner+\0"   \
	"system.nt_sec_desc.group\0"    \
	"system.nt_sec_desc.group+\0"   \
	"system.nt_sec_desc.acl.*\0"    \
	"system.nt_sec_desc.acl\0"      \
	"system.nt_sec_desc.acl+\0"     \
	"system.nt_sec_desc.*\0"        \
	"system.nt_sec_desc.*+\0"       \
	"system.dos_attr.*\0"           \
	"system.dos_attr.mode\0"
static const char names_brief[] = NAMES_OF_BOTH "system.dos_attr.c_time\0"
						"system.dos_attr.a_time\0"
						"system.dos_attr.m_time\0";
static const char names_full[] = NAMES_OF_BOTH "system.dos_attr.create_time\0"
					       "system.dos_attr.access_time\0"
					       "system.dos_attr.write_time\0"
					       "system.dos_attr.change_time\0";

int libsmb_listxattr(SMBCCTX *c, const char *url, char *list, size_t size)
{
	bool full = false;
	const char *names = NULL;
	size_t n = 0;

	(void)url;
	if (!libsmb_enter(c)) {
		return -1;
	}
	full = c->internal->full_time_names;
	names = full ? names_full : names_brief;
	n = full ? sizeof(names_full) : sizeof(names_brief);
	libsmb_leave(c);
	if (size == 0) {
		return (int)n;
	}
	if (n > size) {
		errno = ERANGE;
		return -1;
	}
	memcpy(list, names, n);
	return (int)n;
}

/* ------------------------------------------------------------------- reading
 */

static int get_sd(struct place *at, struct security_descriptor *out)
{
	const struct client_query query = {
		.type = SMB2_0_INFO_SECURITY,
		.extra = SD_ALL,
	};
	struct wire_slice data = {0};
	NTSTATUS status =
		client_query_path(at->url, at->tree, at->url->path,
				  SEC_STD_READ_CONTROL, &query, &data);

	if (!NT_STATUS_IS_OK(status)) {
		return libsmb_errno(status);
	}
	return security_descriptor_decode(data, out) ? 0 : EPROTO;
}

/* The text of an attribute, a child of the place. */
static int get_text(struct place *at, const struct xattr_name *name, char **out)
{
	struct security_descriptor sd = {0};
	struct libsmb_facts facts = {0};
	struct xattr_source source = {
		.sd = &sd,
		.facts = &facts,
		.full_times = at->c->internal->full_time_names,
		.account = xattr_account,
	};
	int err = 0;

	if ((name->wanted & XATTR_NT) != 0) {
		err = get_sd(at, &sd);
	}
	if (err == 0 && name->names) {
		source.private_data = xattr_accounts(at, &sd);
	}
	if (err == 0 && (name->wanted & XATTR_DOS) != 0) {
		err = facts_get(at->tree, at->url->path, NULL, &facts);
	}
	if (err == 0) {
		*out = xattr_text(at->url, name, &source);
		err = *out == NULL ? EPROTO : 0;
	}
	return err == 0 && **out == '\0' ? ENOATTR : err;
}

int libsmb_getxattr(SMBCCTX *c, const char *url, const char *name,
		    const void *value, size_t size)
{
	char *to = (char *)(uintptr_t)value; /* const in the header */
	struct xattr_name parsed = {0};
	struct place at = {0};
	char *text = NULL;
	size_t n = 0;
	int err = place_enter(c, url, &at);

	if (err == 0 &&
	    (name == NULL ||
	     !xattr_name_parse(name, c->internal->full_time_names, &parsed))) {
		err = EINVAL;
	}
	if (err == 0) {
		err = get_text(&at, &parsed, &text);
	}
	if (err == 0) {
		n = strlen(text);
		if (size > 0 && n > size) {
			err = ERANGE;
		} else if (size > 0) {
			memcpy(to, text, n < size ? n + 1 : n);
		}
	}
	place_leave(&at, err);
	return err != 0 ? -1 : (int)n;
}

int libsmb_fgetxattr(SMBCCTX *c, SMBCFILE *file, const char *name,
		     const void *value, size_t size)
{
	int result = -1;

	if (!libsmb_enter(c)) {
		return -1;
	}
	if (!libsmb_has_file(c, file)) {
		return libsmb_return(c, EBADF);
	}
	result = libsmb_getxattr(c, file->url, name, value, size);
	libsmb_leave(c);
	return result;
}

/* ------------------------------------------------------------------- writing
 */

/* A security descriptor that is being changed. */
struct change {
	struct place *at;
	struct xattr_acl now; /* as it is to be */
	uint32_t parts;	      /* of SD_ALL, those that are written */
};

static int read_aces(struct change *ch)
{
	struct security_descriptor sd = {0};
	struct security_acl_walk walk;
	struct security_ace ace = {0};
	int err = get_sd(ch->at, &sd);

	if (err != 0) {
		return err;
	}
	ch->now.ace = talloc_array(ch->at->url, struct security_ace,
				   XATTR_MAX_ACES * 2);
	if (ch->now.ace == NULL) {
		return ENOMEM;
	}
	walk = security_acl(sd.dacl);
	while (security_acl_next(&walk, &ace)) {
		if (ch->now.count == XATTR_MAX_ACES) {
			return E2BIG;
		}
		ch->now.ace[ch->now.count++] = ace;
	}
	return 0;
}

static int encode(struct change *ch, struct wire_writer *sd)
{
	struct wire_writer acl = wire_writer_talloc(ch->at->url);
	struct security_descriptor out = {
		.has_owner = ch->now.has_owner,
		.has_group = ch->now.has_group,
		.owner = ch->now.owner,
		.group = ch->now.group,
	};
	size_t begin = security_acl_begin(&acl);
	size_t i = 0;

	for (i = 0; i < ch->now.count; i++) {
		security_acl_add(&acl, begin, &ch->now.ace[i]);
	}
	if ((ch->parts & DACL_SECURITY_INFORMATION) != 0) {
		out.control = SD_DACL_PRESENT;
		out.dacl = security_acl_end(&acl, begin);
	}
	return wire_writer_ok(&acl) && security_descriptor_encode(sd, &out)
		       ? 0
		       : ENOMEM;
}

static int write_sd(struct change *ch)
{
	struct wire_writer sd = wire_writer_talloc(ch->at->url);
	struct client_file *file = NULL;
	struct client_open how = {0};
	NTSTATUS status = 0;
	int err = 0;

	xattr_acl_sort(ch->now.ace, ch->now.count);
	err = encode(ch, &sd);
	if (err != 0) {
		return err;
	}
	client_open_default(&how);
	how.access = (ch->parts & DACL_SECURITY_INFORMATION) != 0
			     ? SEC_STD_WRITE_DAC
			     : 0;
	if ((ch->parts & ~DACL_SECURITY_INFORMATION) != 0) {
		how.access |= SEC_STD_WRITE_OWNER;
	}
	status = client_open(ch->at->url, ch->at->tree, ch->at->url->path, &how,
			     &file, NULL);
	if (NT_STATUS_IS_OK(status)) {
		status = client_set(file, SMB2_0_INFO_SECURITY, 0, ch->parts,
				    wire_writer_slice(&sd));
		client_close(file);
		talloc_free(file);
	}
	return libsmb_errno(status);
}

/* The text says all of it. */
static int set_all(struct change *ch, const char *text, bool dos_too)
{
	int err = xattr_acl_parse(ch->at->url, text, NULL, dos_too,
				  xattr_account_sid, ch->at, &ch->now);

	if (err != 0) {
		return err;
	}
	ch->parts = (ch->now.has_owner ? OWNER_SECURITY_INFORMATION : 0) |
		    (ch->now.has_group ? GROUP_SECURITY_INFORMATION : 0) |
		    (ch->now.has_dacl ? DACL_SECURITY_INFORMATION : 0);
	if (ch->parts == 0) {
		return dos_too ? 0 : EINVAL;
	}
	return write_sd(ch);
}

static int set_who(struct change *ch, unsigned what, const char *text)
{
	int err = xattr_acl_parse(ch->at->url, text,
				  what == XATTR_OWNER ? "OWNER" : "GROUP",
				  false, xattr_account_sid, ch->at, &ch->now);

	ch->parts = what == XATTR_OWNER ? OWNER_SECURITY_INFORMATION
					: GROUP_SECURITY_INFORMATION;
	if (err == 0 && !ch->now.has_owner && !ch->now.has_group) {
		err = EINVAL;
	}
	return err != 0 ? err : write_sd(ch);
}

static int put_ace(struct change *ch, const struct security_ace *ace, int flags)
{
	size_t i = 0;

	while (i < ch->now.count &&
	       !sid_equal(&ch->now.ace[i].sid, &ace->sid)) {
		i++;
	}
	if (i < ch->now.count) {
		if ((flags & SMBC_XATTR_FLAG_CREATE) != 0) {
			return EEXIST;
		}
		ch->now.ace[i] = *ace;
		return 0;
	}
	if ((flags & SMBC_XATTR_FLAG_REPLACE) != 0) {
		return ENOATTR;
	}
	ch->now.ace[ch->now.count++] = *ace;
	return 0;
}

/* "SID:TYPE/FLAGS/MASK" of the value, or of name and value together. */
static char *ace_text(struct place *at, const struct xattr_name *name,
		      const char *text)
{
	return name->who != NULL && text != NULL
		       ? talloc_asprintf(at->url, "%s:%s", name->who, text)
		       : talloc_strdup(at->url,
				       text != NULL ? text : name->who);
}

static int set_aces(struct change *ch, const struct xattr_name *name,
		    const char *text, int flags)
{
	char *whole = ace_text(ch->at, name, text);
	struct xattr_acl given = {0};
	size_t i = 0;
	int err = whole == NULL
			  ? ENOMEM
			  : xattr_acl_parse(ch->at->url, whole, "ACL", false,
					    xattr_account_sid, ch->at, &given);

	if (err == 0 && given.count == 0) {
		err = EINVAL;
	}
	if (err == 0) {
		err = read_aces(ch);
	}
	for (i = 0; err == 0 && i < given.count; i++) {
		err = put_ace(ch, &given.ace[i], flags);
	}
	ch->parts = DACL_SECURITY_INFORMATION;
	return err != 0 ? err : write_sd(ch);
}

static int set_dos(struct place *at, const char *text)
{
	bool full = at->c->internal->full_time_names;
	struct libsmb_facts facts = {0};
	struct fscc_basic basic = {0};
	int err = facts_get(at->tree, at->url->path, NULL, &facts);

	if (err != 0) {
		return err;
	}
	if (!xattr_dos_parse(text, full, facts.stat.attributes, &basic)) {
		return EINVAL;
	}
	return libsmb_errno(client_set_basic(at->tree, at->url->path, &basic));
}

/* One DOS attribute: the last part of its name is the label. */
static int set_dos_one(struct place *at, const char *name, const char *text)
{
	char *whole =
		talloc_asprintf(at->url, "%s:%s", strrchr(name, '.') + 1, text);

	return whole != NULL ? set_dos(at, whole) : ENOMEM;
}

static int set_value(struct place *at, const char *name, const char *text,
		     int flags)
{
	bool full = at->c->internal->full_time_names;
	struct xattr_name n = {0};
	struct change ch = {.at = at};
	int err = 0;

	if (!xattr_name_parse(name, full, &n)) {
		return EINVAL;
	}
	if (n.labels) {
		if ((n.wanted & XATTR_NT) != 0) {
			err = set_all(&ch, text, (n.wanted & XATTR_DOS) != 0);
		}
		return err == 0 && (n.wanted & XATTR_DOS) != 0
			       ? set_dos(at, text)
			       : err;
	}
	if (n.wanted == XATTR_BIT(XATTR_OWNER)) {
		return set_who(&ch, XATTR_OWNER, text);
	}
	if (n.wanted == XATTR_BIT(XATTR_GROUP)) {
		return set_who(&ch, XATTR_GROUP, text);
	}
	if (n.wanted == XATTR_BIT(XATTR_ACL)) {
		return set_aces(&ch, &n, text, flags);
	}
	if (n.wanted == XATTR_BIT(XATTR_REVISION)) {
		return strcmp(text, "1") == 0 ? 0 : EINVAL;
	}
	if (n.wanted == XATTR_BIT(XATTR_SIZE) ||
	    n.wanted == XATTR_BIT(XATTR_INODE)) {
		return EINVAL;
	}
	return set_dos_one(at, name, text);
}

int libsmb_setxattr(SMBCCTX *c, const char *url, const char *name,
		    const void *value, size_t size, int flags)
{
	struct place at = {0};
	char *text = NULL;
	int err = place_enter(c, url, &at);

	if (err == 0 && (name == NULL || value == NULL)) {
		err = EINVAL;
	}
	if (err == 0) {
		text = talloc_strndup(at.url, value, size);
		err = text != NULL ? set_value(&at, name, text, flags) : ENOMEM;
	}
	return place_leave(&at, err);
}

/* ------------------------------------------------------------------ removing
 */

static int remove_all(struct change *ch)
{
	ch->parts = DACL_SECURITY_INFORMATION;
	ch->now.count = 0;
	return write_sd(ch);
}

static int remove_ace(struct change *ch, const struct xattr_name *name)
{
	struct sid who = {0};
	size_t kept = 0;
	size_t i = 0;
	int err = 0;

	if (name->who == NULL ||
	    (!sid_from_string(name->who, &who) &&
	     !xattr_account_sid(ch->at, name->who, &who))) {
		return EINVAL;
	}
	err = read_aces(ch);
	if (err != 0) {
		return err;
	}
	for (i = 0; i < ch->now.count; i++) {
		if (!sid_equal(&ch->now.ace[i].sid, &who)) {
			ch->now.ace[kept++] = ch->now.ace[i];
		}
	}
	if (kept == ch->now.count) {
		return ENOATTR;
	}
	ch->now.count = kept;
	ch->parts = DACL_SECURITY_INFORMATION;
	return write_sd(ch);
}

int libsmb_removexattr(SMBCCTX *c, const char *url, const char *name)
{
	struct xattr_name n = {0};
	struct place at = {0};
	struct change ch = {.at = &at};
	int err = place_enter(c, url, &at);

	if (err == 0 &&
	    (name == NULL ||
	     !xattr_name_parse(name, c->internal->full_time_names, &n))) {
		err = EINVAL;
	}
	if (err == 0 && n.labels && n.wanted == XATTR_NT) {
		err = remove_all(&ch);
	} else if (err == 0 && n.wanted == XATTR_BIT(XATTR_ACL)) {
		err = remove_ace(&ch, &n);
	} else if (err == 0) {
		err = EINVAL; /* files have an owner, and times */
	}
	return place_leave(&at, err);
}
