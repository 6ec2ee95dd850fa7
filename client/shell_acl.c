/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A security descriptor at length, as smbclient's ls shows it with
 * "showacls". */
#include <inttypes.h>

#include "client/shell.h"
#include "smbquic/security_descriptor.h"
#include "smbquic/smb2.h"

struct name_of_bit {
	uint32_t bit;
	const char *name;
};

/* As their owner writes them, blanks and all: scripts know the lines. */
static const struct name_of_bit rights[] = {
	{SEC_GENERIC_ALL, "Generic all access "},
	{SEC_GENERIC_EXECUTE, "Generic execute access"},
	{SEC_GENERIC_WRITE, "Generic write access "},
	{SEC_GENERIC_READ, "Generic read access "},
	{SEC_MAXIMUM_ALLOWED, "MAXIMUM_ALLOWED_ACCESS "},
	{SEC_ACCESS_SYSTEM_SECURITY, "SYSTEM_SECURITY_ACCESS "},
	{SEC_STD_SYNCHRONIZE, "SYNCHRONIZE_ACCESS "},
	{SEC_STD_WRITE_OWNER, "WRITE_OWNER_ACCESS "},
	{SEC_STD_WRITE_DAC, "WRITE_DAC_ACCESS "},
	{SEC_STD_READ_CONTROL, "READ_CONTROL_ACCESS "},
	{SEC_STD_DELETE, "DELETE_ACCESS "},
	{0, NULL},
};

static const struct name_of_bit ace_flags[] = {
	{ACE_FLAG_OBJECT_INHERIT, "SEC_ACE_FLAG_OBJECT_INHERIT "},
	{ACE_FLAG_CONTAINER_INHERIT, " SEC_ACE_FLAG_CONTAINER_INHERIT "},
	{ACE_FLAG_NO_PROPAGATE_INHERIT, "SEC_ACE_FLAG_NO_PROPAGATE_INHERIT "},
	{ACE_FLAG_INHERIT_ONLY, "SEC_ACE_FLAG_INHERIT_ONLY "},
	{ACE_FLAG_INHERITED, "SEC_ACE_FLAG_INHERITED_ACE "},
	{ACE_FLAG_SUCCESSFUL_ACCESS, "SEC_ACE_FLAG_SUCCESSFUL_ACCESS "},
	{ACE_FLAG_FAILED_ACCESS, "SEC_ACE_FLAG_FAILED_ACCESS "},
	{0, NULL},
};

static const struct name_of_bit controls[] = {
	{SD_OWNER_DEFAULTED, "SEC_DESC_OWNER_DEFAULTED "},
	{SD_GROUP_DEFAULTED, "SEC_DESC_GROUP_DEFAULTED "},
	{SD_DACL_PRESENT, "SEC_DESC_DACL_PRESENT "},
	{SD_DACL_DEFAULTED, "SEC_DESC_DACL_DEFAULTED "},
	{SD_SACL_PRESENT, "SEC_DESC_SACL_PRESENT "},
	{SD_SACL_DEFAULTED, "SEC_DESC_SACL_DEFAULTED "},
	{SD_DACL_AUTO_INHERIT_REQ, "SEC_DESC_DACL_AUTO_INHERIT_REQ "},
	{SD_SACL_AUTO_INHERIT_REQ, "SEC_DESC_SACL_AUTO_INHERIT_REQ "},
	{SD_DACL_AUTO_INHERITED, "SEC_DESC_DACL_AUTO_INHERITED "},
	{SD_SACL_AUTO_INHERITED, "SEC_DESC_SACL_AUTO_INHERITED "},
	{SD_DACL_PROTECTED, "SEC_DESC_DACL_PROTECTED "},
	{SD_SACL_PROTECTED, "SEC_DESC_SACL_PROTECTED "},
	{SD_SELF_RELATIVE, "SEC_DESC_SELF_RELATIVE "},
	{0, NULL},
};

static void print_bits(FILE *to, const struct name_of_bit *names, uint32_t bits)
{
	for (; names->name != NULL; names++) {
		if ((bits & names->bit) != 0) {
			fputs(names->name, to);
		}
	}
	fputc('\n', to);
}

static const char *ace_type(uint8_t type)
{
	switch (type) {
	case ACCESS_ALLOWED_ACE_TYPE: return "ACCESS ALLOWED";
	case ACCESS_DENIED_ACE_TYPE: return "ACCESS DENIED";
	case SYSTEM_AUDIT_ACE_TYPE: return "SYSTEM AUDIT";
	case ACCESS_ALLOWED_OBJECT_ACE_TYPE:
		return "SEC_ACE_TYPE_ACCESS_ALLOWED_OBJECT";
	case ACCESS_DENIED_OBJECT_ACE_TYPE:
		return "SEC_ACE_TYPE_ACCESS_DENIED_OBJECT";
	default: return "????";
	}
}

static void print_ace(FILE *to, const struct security_ace *ace)
{
	char sid[SID_STRING_SIZE] = "";

	fprintf(to, "\tACE\n\t\ttype: %s (%d) flags: 0x%02x ",
		ace_type(ace->type), ace->type, ace->flags);
	print_bits(to, ace_flags, ace->flags);
	fprintf(to, "\t\tSpecific bits: 0x%" PRIx32 "\n",
		ace->mask & UINT16_MAX);
	fprintf(to, "\t\tPermissions: 0x%" PRIx32 ": ", ace->mask);
	print_bits(to, rights, ace->mask);
	fprintf(to, "\t\tSID: %s\n\n", sid_to_string(&ace->sid, sid));
}

/* The header of an ACL (MS-DTYP 2.4.5): revision, size, number of entries. */
static void print_acl(FILE *to, const char *name, struct wire_slice acl)
{
	struct security_acl_walk walk = security_acl(acl);
	struct security_ace ace = {0};

	fprintf(to, "%s\n\tACL\tNum ACEs:\t%u\trevision:\t%x\n\t---\n", name,
		walk.left, acl.len > 0 ? acl.data[0] : 0);
	while (security_acl_next(&walk, &ace)) {
		print_ace(to, &ace);
	}
}

void shell_print_descriptor(FILE *to, const struct security_descriptor *sd)
{
	char sid[SID_STRING_SIZE] = "";

	fprintf(to, "revision: 1\ntype: 0x%04x: ", sd->control);
	print_bits(to, controls, sd->control);
	if (sd->sacl.len > 0) {
		print_acl(to, "SACL", sd->sacl);
	}
	if (sd->dacl.len > 0) {
		print_acl(to, "DACL", sd->dacl);
	}
	if (sd->has_owner) {
		fprintf(to, "\tOwner SID:\t%s\n",
			sid_to_string(&sd->owner, sid));
	}
	if (sd->has_group) {
		fprintf(to, "\tGroup SID:\t%s\n",
			sid_to_string(&sd->group, sid));
	}
}
