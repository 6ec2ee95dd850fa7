/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What setting and inheriting a security descriptor makes of it. */

#include <errno.h>

#include "server/acl.h"
#include "smbquic/smb2.h"

#define FLAGS_INHERIT                                           \
	(ACE_FLAG_OBJECT_INHERIT | ACE_FLAG_CONTAINER_INHERIT | \
	 ACE_FLAG_NO_PROPAGATE_INHERIT | ACE_FLAG_INHERIT_ONLY)

#define GENERIC                                                       \
	(SEC_GENERIC_READ | SEC_GENERIC_WRITE | SEC_GENERIC_EXECUTE | \
	 SEC_GENERIC_ALL)

/* --- inheriting ----------------------------------------------------------- */

/* One that is inherited: what counts for the child itself, and what is only
 * handed on (MS-DTYP 2.5.3.4.4). */
struct handed {
	bool effective, passes;
	uint8_t flags; /* of the inheritance, to those below */
};

static struct handed hand_down(uint8_t flags, bool directory)
{
	bool object = (flags & ACE_FLAG_OBJECT_INHERIT) != 0;
	bool container = (flags & ACE_FLAG_CONTAINER_INHERIT) != 0;
	bool stops = (flags & ACE_FLAG_NO_PROPAGATE_INHERIT) != 0;
	struct handed handed = {0};

	if (!directory) {
		handed.effective = object;
		return handed;
	}
	handed.effective = container;
	handed.passes = !stops && (object || container);
	handed.flags =
		flags & (ACE_FLAG_OBJECT_INHERIT | ACE_FLAG_CONTAINER_INHERIT);
	return handed;
}

/* CREATOR OWNER and CREATOR GROUP become who they are. */
static struct sid trustee_of(const struct sid *sid,
			     const struct acl_child *child)
{
	if (sid_equal(sid, &sid_creator_owner)) {
		return child->owner;
	}
	if (sid_equal(sid, &sid_creator_group)) {
		return child->group;
	}
	return *sid;
}

static void inherit_ace(struct wire_writer *w, size_t acl,
			const struct security_ace *ace,
			const struct acl_child *child, uint8_t mark)
{
	struct handed handed = hand_down(ace->flags, child->directory);
	uint8_t rest =
		ace->flags & (uint8_t) ~(FLAGS_INHERIT | ACE_FLAG_INHERITED);
	struct security_ace own = *ace;
	struct security_ace below = *ace;
	bool same = false;

	own.sid = trustee_of(&ace->sid, child);
	own.mask = acl_map_generic(ace->mask);
	same = sid_equal(&own.sid, &ace->sid) && own.mask == ace->mask;
	own.flags = rest | mark | (same && handed.passes ? handed.flags : 0);
	below.flags = rest | mark | handed.flags | ACE_FLAG_INHERIT_ONLY;
	if (handed.effective) {
		(void)security_acl_add(w, acl, &own);
	}
	if (handed.passes && !(handed.effective && same)) {
		(void)security_acl_add(w, acl, &below);
	}
}

static struct wire_slice inherit_acl(struct wire_writer *w,
				     struct wire_slice from,
				     const struct acl_child *child,
				     uint8_t mark, size_t *count)
{
	struct security_acl_walk walk = security_acl(from);
	size_t acl = security_acl_begin(w);
	size_t empty = w->len;
	struct security_ace ace = {0};

	while (security_acl_next(&walk, &ace)) {
		inherit_ace(w, acl, &ace, child, mark);
	}
	*count = w->len - empty;
	return security_acl_end(w, acl);
}

static struct wire_slice default_acl(struct wire_writer *w,
				     const struct sid *owner)
{
	struct security_ace ace = {.type = ACCESS_ALLOWED_ACE_TYPE,
				   .mask = FILE_ALL_ACCESS,
				   .sid = *owner};
	size_t acl = security_acl_begin(w);

	(void)security_acl_add(w, acl, &ace);
	ace.sid = sid_system;
	(void)security_acl_add(w, acl, &ace);
	return security_acl_end(w, acl);
}

bool acl_inherit(struct wire_writer *w,
		 const struct security_descriptor *parent,
		 const struct acl_child *child, struct security_descriptor *out)
{
	uint16_t automatic = parent->control & SD_DACL_AUTO_INHERITED;
	size_t dacl = 0;
	size_t sacl = 0;

	*out = (struct security_descriptor){
		.control = SD_DACL_PRESENT,
		.has_owner = true,
		.has_group = true,
		.owner = child->owner,
		.group = child->group,
	};
	out->dacl = inherit_acl(w, parent->dacl, child,
				automatic != 0 ? ACE_FLAG_INHERITED : 0, &dacl);
	if (dacl == 0) {
		out->dacl = default_acl(w, &child->owner);
	} else {
		out->control |= automatic;
	}
	automatic = parent->control & SD_SACL_AUTO_INHERITED;
	out->sacl = inherit_acl(w, parent->sacl, child,
				automatic != 0 ? ACE_FLAG_INHERITED : 0, &sacl);
	if (sacl != 0) {
		out->control |= SD_SACL_PRESENT | automatic;
	}
	return wire_writer_ok(w);
}

/* --- setting ---------------------------------------------------------------
 */

/* Rights are kept as what they mean, but for entries that are only handed on:
 * what those mean depends on who gets them. */
static struct wire_slice specific_acl(struct wire_writer *w,
				      struct wire_slice from)
{
	struct security_acl_walk walk = security_acl(from);
	size_t acl = security_acl_begin(w);
	struct security_ace ace = {0};

	while (security_acl_next(&walk, &ace)) {
		if ((ace.flags & ACE_FLAG_INHERIT_ONLY) == 0 &&
		    (ace.mask & GENERIC) != 0) {
			ace.mask = acl_map_generic(ace.mask);
		}
		(void)security_acl_add(w, acl, &ace);
	}
	return security_acl_end(w, acl);
}

/* Bits of control of one of the two lists. */
struct control_bits {
	uint16_t present, defaulted, requested, automatic, protect;
};

static const struct control_bits dacl_bits = {
	SD_DACL_PRESENT, SD_DACL_DEFAULTED, SD_DACL_AUTO_INHERIT_REQ,
	SD_DACL_AUTO_INHERITED, SD_DACL_PROTECTED};
static const struct control_bits sacl_bits = {
	SD_SACL_PRESENT, SD_SACL_DEFAULTED, SD_SACL_AUTO_INHERIT_REQ,
	SD_SACL_AUTO_INHERITED, SD_SACL_PROTECTED};

/* AUTO_INHERITED is believed from those who also ask for it (MS-DTYP
 * 2.5.3.4.2, note). */
static uint16_t control_after(uint16_t old, uint16_t in,
			      const struct control_bits *bits, bool verbatim)
{
	uint16_t mine = bits->present | bits->defaulted | bits->requested |
			bits->automatic | bits->protect;
	uint16_t taken = in & (bits->present | bits->defaulted | bits->protect);

	if (verbatim || (in & bits->requested) != 0) {
		taken |= in & bits->automatic;
	}
	return (uint16_t)((old & ~mine) | taken);
}

static void change_acl(struct wire_writer *w, uint16_t in_control,
		       struct wire_slice in, const struct control_bits *bits,
		       bool verbatim, uint16_t *control, struct wire_slice *out)
{
	*control = control_after(*control, in_control, bits, verbatim);
	*out = in.len == 0 ? in : specific_acl(w, in);
}

static int change_owner(const struct security_descriptor *in,
			const struct acl_who *who,
			struct security_descriptor *out)
{
	uid_t uid = 0;

	if (!in->has_owner) {
		return EINVAL;
	}
	if (!acl_who_admin(who) &&
	    !(sidmap_uid(who->map, &in->owner, &uid) && uid == who->uid) &&
	    !(out->has_owner && sid_equal(&in->owner, &out->owner))) {
		return EPERM;
	}
	out->has_owner = true;
	out->owner = in->owner;
	return 0;
}

int acl_change(struct wire_writer *w, const struct security_descriptor *old,
	       const struct security_descriptor *in, uint32_t parts,
	       const struct acl_who *who, bool verbatim,
	       struct security_descriptor *out)
{
	int err = 0;

	*out = *old;
	if ((parts & OWNER_SECURITY_INFORMATION) != 0) {
		err = change_owner(in, who, out);
	}
	if (err == 0 && (parts & GROUP_SECURITY_INFORMATION) != 0) {
		err = in->has_group ? 0 : EINVAL;
		out->has_group = true;
		out->group = in->group;
	}
	if (err != 0) {
		return err;
	}
	if ((parts & DACL_SECURITY_INFORMATION) != 0) {
		/* None brought along is the list that allows all. */
		change_acl(w, in->control | SD_DACL_PRESENT, in->dacl,
			   &dacl_bits, verbatim, &out->control, &out->dacl);
	}
	if ((parts &
	     (SACL_SECURITY_INFORMATION | LABEL_SECURITY_INFORMATION)) != 0) {
		change_acl(w, in->control, in->sacl, &sacl_bits, verbatim,
			   &out->control, &out->sacl);
	}
	return wire_writer_ok(w) &&
			       security_descriptor_size(out) <= ACL_SIZE_MAX
		       ? 0
		       : EFBIG;
}

uint32_t acl_parts_of(const struct security_descriptor *sd)
{
	uint32_t parts = 0;

	parts |= sd->has_owner ? OWNER_SECURITY_INFORMATION : 0;
	parts |= sd->has_group ? GROUP_SECURITY_INFORMATION : 0;
	parts |= (sd->control & SD_DACL_PRESENT) != 0
			 ? DACL_SECURITY_INFORMATION
			 : 0;
	parts |= (sd->control & SD_SACL_PRESENT) != 0
			 ? SACL_SECURITY_INFORMATION
			 : 0;
	return parts;
}

struct security_descriptor acl_parts(const struct security_descriptor *sd,
				     uint32_t parts)
{
	struct security_descriptor out = *sd;

	if ((parts & OWNER_SECURITY_INFORMATION) == 0) {
		out.has_owner = false;
	}
	if ((parts & GROUP_SECURITY_INFORMATION) == 0) {
		out.has_group = false;
	}
	if ((parts & DACL_SECURITY_INFORMATION) == 0) {
		out.control &= (uint16_t) ~(
			SD_DACL_PRESENT | SD_DACL_DEFAULTED |
			SD_DACL_AUTO_INHERITED | SD_DACL_PROTECTED);
		out.dacl = wire_slice(NULL, 0);
	}
	if ((parts &
	     (SACL_SECURITY_INFORMATION | LABEL_SECURITY_INFORMATION)) == 0) {
		out.control &= (uint16_t) ~(
			SD_SACL_PRESENT | SD_SACL_DEFAULTED |
			SD_SACL_AUTO_INHERITED | SD_SACL_PROTECTED);
		out.sacl = wire_slice(NULL, 0);
	}
	return out;
}
