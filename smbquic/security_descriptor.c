/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "smbquic/security_descriptor.h"

/* ---------------------------------------------------------------- ACL 2.4.5 */

enum {
	ACL_REVISION = 2,
	ACL_REVISION_DS = 4, /* holds object ACEs */
	ACL_HEADER_SIZE = 8,
	ACE_HEADER_SIZE = 4,
	SD_REVISION = 1,
	SD_HEADER_SIZE = 20,
};

/* 2.4.4: these types begin with a mask and a SID. */
static bool ace_has_sid(uint8_t type)
{
	return type == ACCESS_ALLOWED_ACE_TYPE ||
	       type == ACCESS_DENIED_ACE_TYPE ||
	       type == SYSTEM_AUDIT_ACE_TYPE ||
	       type == SYSTEM_MANDATORY_LABEL_ACE_TYPE ||
	       type == SYSTEM_RESOURCE_ATTRIBUTE_ACE_TYPE ||
	       type == SYSTEM_SCOPED_POLICY_ID_ACE_TYPE;
}

struct security_acl_walk security_acl(struct wire_slice acl)
{
	struct security_acl_walk walk = {.r = wire_reader_of(acl)};
	uint8_t revision = 0;
	uint16_t size = 0;

	if (acl.len == 0) {
		return walk;
	}
	revision = wire_get_u8(&walk.r);
	wire_skip(&walk.r, 1);
	size = wire_get_u16(&walk.r);
	walk.left = wire_get_u16(&walk.r);
	wire_skip(&walk.r, 2);
	if (!wire_reader_ok(&walk.r) || size < ACL_HEADER_SIZE ||
	    size > acl.len || revision < ACL_REVISION ||
	    revision > ACL_REVISION_DS) {
		wire_reader_fail(&walk.r);
		return walk;
	}
	walk.r.len = size;
	return walk;
}

bool security_acl_next(struct security_acl_walk *walk, struct security_ace *out)
{
	struct wire_reader r = {0};
	uint16_t size = 0;

	*out = (struct security_ace){0};
	if (walk->left == 0 || !wire_reader_ok(&walk->r)) {
		return false;
	}
	out->type = wire_get_u8(&walk->r);
	out->flags = wire_get_u8(&walk->r);
	size = wire_get_u16(&walk->r);
	if (size < ACE_HEADER_SIZE) {
		wire_reader_fail(&walk->r);
		return false;
	}
	r = wire_reader_of(wire_get(&walk->r, size - (size_t)ACE_HEADER_SIZE));
	if (ace_has_sid(out->type)) {
		out->mask = wire_get_u32(&r);
		sid_get(&r, &out->sid);
	}
	out->extra = wire_get_rest(&r);
	walk->left--;
	if (!wire_reader_ok(&r)) {
		wire_reader_fail(&walk->r);
	}
	return wire_reader_ok(&walk->r);
}

bool security_acl_ok(const struct security_acl_walk *walk)
{
	return wire_reader_ok(&walk->r);
}

size_t security_acl_begin(struct wire_writer *w)
{
	size_t acl = w->len;

	wire_put_u8(w, ACL_REVISION);
	wire_put_zeros(w, ACL_HEADER_SIZE - 1);
	return acl;
}

/* ACEs are multiples of four bytes. */
bool security_acl_add(struct wire_writer *w, size_t acl,
		      const struct security_ace *in)
{
	bool with_sid = ace_has_sid(in->type);
	size_t size = ACE_HEADER_SIZE + in->extra.len +
		      (with_sid ? 4 + sid_size(&in->sid) : 0);
	size_t padding = (4 - size % 4) % 4;
	struct wire_reader count = {0};

	wire_put_u8(w, in->type);
	wire_put_u8(w, in->flags);
	wire_put_size16(w, size + padding);
	if (with_sid) {
		wire_put_u32(w, in->mask);
		sid_encode(w, &in->sid);
	}
	wire_put_slice(w, in->extra);
	wire_put_zeros(w, padding);
	if (!wire_writer_ok(w)) {
		return false;
	}
	if (in->type == ACCESS_ALLOWED_OBJECT_ACE_TYPE ||
	    in->type == ACCESS_DENIED_OBJECT_ACE_TYPE) {
		w->buf[acl] = ACL_REVISION_DS;
	}
	count = wire_reader(w->buf + acl + 4, 2);
	wire_patch_u16(w, acl + 4 - w->base, wire_get_u16(&count) + 1u);
	return wire_writer_ok(w);
}

struct wire_slice security_acl_end(struct wire_writer *w, size_t acl)
{
	if (!wire_writer_ok(w)) {
		return wire_slice(NULL, 0);
	}
	wire_patch_u16(w, acl + 2 - w->base, w->len - acl);
	if (!wire_writer_ok(w)) {
		return wire_slice(NULL, 0);
	}
	return wire_slice(w->buf + acl, w->len - acl);
}

/* ------------------------------------------------ security descriptor 2.4.6 */

/* An ACL at offset, cut to the size it says it has, every entry looked at. */
static struct wire_slice get_acl(struct wire_reader *r, uint32_t offset)
{
	struct wire_slice acl = wire_get_from(r, offset);
	struct security_acl_walk walk = {0};
	struct security_ace ace = {0};

	if (!wire_reader_ok(r) || acl.len == 0) {
		wire_reader_fail(r);
		return wire_slice(NULL, 0);
	}
	walk = security_acl(acl);
	acl.len = walk.r.len;
	while (security_acl_next(&walk, &ace)) {
		;
	}
	if (!security_acl_ok(&walk)) {
		wire_reader_fail(r);
	}
	return acl;
}

static void get_sid_at(struct wire_reader *r, uint32_t offset, bool *has,
		       struct sid *out)
{
	*has = offset != 0;
	if (*has && !sid_decode(wire_get_from(r, offset), out)) {
		wire_reader_fail(r);
	}
}

bool security_descriptor_decode(struct wire_slice data,
				struct security_descriptor *out)
{
	struct wire_reader r = wire_reader_of(data);
	uint8_t revision = wire_get_u8(&r);
	uint32_t owner = 0;
	uint32_t group = 0;
	uint32_t sacl = 0;
	uint32_t dacl = 0;

	*out = (struct security_descriptor){0};
	wire_skip(&r, 1);
	out->control = wire_get_u16(&r);
	owner = wire_get_u32(&r);
	group = wire_get_u32(&r);
	sacl = wire_get_u32(&r);
	dacl = wire_get_u32(&r);
	if (!wire_reader_ok(&r) || revision != SD_REVISION ||
	    (out->control & SD_SELF_RELATIVE) == 0) {
		return false;
	}
	get_sid_at(&r, owner, &out->has_owner, &out->owner);
	get_sid_at(&r, group, &out->has_group, &out->group);
	if ((out->control & SD_SACL_PRESENT) != 0 && sacl != 0) {
		out->sacl = get_acl(&r, sacl);
	}
	if ((out->control & SD_DACL_PRESENT) != 0 && dacl != 0) {
		out->dacl = get_acl(&r, dacl);
	}
	return wire_reader_ok(&r);
}

/* The parts follow the header in this order; 0 when there is none. */
static uint32_t next_offset(size_t *at, size_t size)
{
	size_t offset = size > 0 ? *at : 0;

	*at += size;
	return (uint32_t)offset;
}

static struct wire_slice present(const struct security_descriptor *in,
				 uint16_t bit, struct wire_slice acl)
{
	return (in->control & bit) != 0 ? acl : wire_slice(NULL, 0);
}

bool security_descriptor_encode(struct wire_writer *w,
				const struct security_descriptor *in)
{
	struct wire_slice sacl = present(in, SD_SACL_PRESENT, in->sacl);
	struct wire_slice dacl = present(in, SD_DACL_PRESENT, in->dacl);
	size_t at = SD_HEADER_SIZE;

	wire_put_u8(w, SD_REVISION);
	wire_put_u8(w, 0);
	wire_put_u16(w, in->control | SD_SELF_RELATIVE);
	wire_put_u32(
		w, next_offset(&at, in->has_owner ? sid_size(&in->owner) : 0));
	wire_put_u32(
		w, next_offset(&at, in->has_group ? sid_size(&in->group) : 0));
	wire_put_u32(w, next_offset(&at, sacl.len));
	wire_put_u32(w, next_offset(&at, dacl.len));
	if (in->has_owner) {
		sid_encode(w, &in->owner);
	}
	if (in->has_group) {
		sid_encode(w, &in->group);
	}
	wire_put_slice(w, sacl);
	wire_put_slice(w, dacl);
	return wire_writer_ok(w);
}

size_t security_descriptor_size(const struct security_descriptor *sd)
{
	size_t size = SD_HEADER_SIZE;

	size += sd->has_owner ? sid_size(&sd->owner) : 0;
	size += sd->has_group ? sid_size(&sd->group) : 0;
	size += present(sd, SD_SACL_PRESENT, sd->sacl).len;
	size += present(sd, SD_DACL_PRESENT, sd->dacl).len;
	return size;
}
