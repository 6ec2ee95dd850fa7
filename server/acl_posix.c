/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Mode and POSIX ACL of a file, to and from a security descriptor. */

#include <stdlib.h>
#include <sys/stat.h>

#include "server/acl.h"
#include "smbquic/smb2.h"

/* linux/posix_acl_xattr.h: numbers are little endian. */
#define XATTR_VERSION	 2
#define XATTR_ENTRY_SIZE 8
#define NO_ID		 UINT32_MAX

#define DIRECTORY_RIGHTS 0x000001FFu /* FILE_LIST_DIRECTORY and so on */
#define X_ANY		 (S_IXUSR | S_IXGRP | S_IXOTH)

/* --- the extended attribute ------------------------------------------------
 */

bool acl_posix_decode(struct wire_slice value, struct acl_posix *out)
{
	struct wire_reader r = wire_reader_of(value);
	uint32_t version = wire_get_u32(&r);
	uint32_t shift = 0;

	*out = (struct acl_posix){0};
	if (version != XATTR_VERSION) {
		return false;
	}
	while (wire_left(&r) > 0) {
		uint16_t tag = wire_get_u16(&r);
		uint16_t perm = wire_get_u16(&r) & 7;
		uint32_t id = wire_get_u32(&r);

		switch (tag) {
		case ACL_POSIX_USER_OBJ: shift = 6; break;
		case ACL_POSIX_GROUP_OBJ: shift = 3; break;
		case ACL_POSIX_OTHER: shift = 0; break;
		case ACL_POSIX_USER:
		case ACL_POSIX_GROUP:
			if (out->count == ACL_POSIX_ENTRIES_MAX) {
				return false;
			}
			out->entries[out->count++] = (struct acl_posix_entry){
				.tag = tag, .perm = perm, .id = id};
			continue;
		default: continue;
		}
		out->mode |= (mode_t)perm << shift;
	}
	return wire_reader_ok(&r);
}

static void put_entry(struct wire_writer *w, unsigned tag, unsigned perm,
		      uint32_t id)
{
	wire_put_u16(w, (uint16_t)tag);
	wire_put_u16(w, (uint16_t)(perm & 7));
	wire_put_u32(w, id);
}

static unsigned put_named(struct wire_writer *w, const struct acl_posix *in,
			  unsigned tag)
{
	unsigned all = 0;
	size_t i = 0;

	for (i = 0; i < in->count; i++) {
		if (in->entries[i].tag == tag) {
			put_entry(w, tag, in->entries[i].perm,
				  in->entries[i].id);
			all |= in->entries[i].perm;
		}
	}
	return all;
}

bool acl_posix_encode(struct wire_writer *w, const struct acl_posix *in)
{
	unsigned mask = in->mode >> 3 & 7;

	wire_put_u32(w, XATTR_VERSION);
	put_entry(w, ACL_POSIX_USER_OBJ, in->mode >> 6, NO_ID);
	mask |= put_named(w, in, ACL_POSIX_USER);
	put_entry(w, ACL_POSIX_GROUP_OBJ, in->mode >> 3, NO_ID);
	mask |= put_named(w, in, ACL_POSIX_GROUP);
	put_entry(w, ACL_POSIX_MASK, mask, NO_ID);
	put_entry(w, ACL_POSIX_OTHER, in->mode, NO_ID);
	return wire_writer_ok(w);
}

/* --- from mode and ACL ------------------------------------------------------
 */

/* What is granted without a list (acl_rights), and nothing less: what is shown
 * is likely to be set again, and must not take a right away then. */
static uint32_t rights_of_bits(unsigned bits, bool owner, bool directory)
{
	unsigned may = 0;

	may |= (bits & 4) != 0 ? STORE_MAY_READ : 0u;
	may |= (bits & 2) != 0 ? STORE_MAY_WRITE | STORE_MAY_DELETE : 0u;
	may |= (bits & 1) != 0 ? STORE_MAY_EXECUTE : 0u;
	may |= owner ? STORE_MAY_OWN : 0u;
	return acl_rights(may, directory);
}

static void add_ace(struct wire_writer *w, size_t acl, struct sid sid,
		    uint32_t mask)
{
	const struct security_ace ace = {
		.type = ACCESS_ALLOWED_ACE_TYPE,
		.mask = mask,
		.sid = sid,
	};

	(void)security_acl_add(w, acl, &ace);
}

static void add_named(struct wire_writer *w, size_t acl,
		      const struct sidmap *map, const struct acl_posix *posix,
		      bool directory)
{
	size_t i = 0;

	for (i = 0; i < posix->count; i++) {
		const struct acl_posix_entry *e = &posix->entries[i];

		add_ace(w, acl,
			e->tag == ACL_POSIX_USER ? sidmap_user(map, e->id)
						 : sidmap_group(map, e->id),
			rights_of_bits(e->perm, false, directory));
	}
}

bool acl_from_posix(struct wire_writer *w, const struct sidmap *map,
		    const struct acl_file *file, const struct acl_posix *posix,
		    struct security_descriptor *out)
{
	bool directory = S_ISDIR(file->mode);
	mode_t mode = posix != NULL ? posix->mode : file->mode;
	size_t acl = security_acl_begin(w);

	*out = (struct security_descriptor){
		.control = SD_DACL_PRESENT,
		.has_owner = true,
		.has_group = true,
		.owner = sidmap_user(map, file->uid),
		.group = sidmap_group(map, file->gid),
	};
	add_ace(w, acl, out->owner, rights_of_bits(mode >> 6, true, directory));
	add_ace(w, acl, out->group,
		rights_of_bits(mode >> 3, false, directory));
	if (posix != NULL) {
		add_named(w, acl, map, posix, directory);
	}
	add_ace(w, acl, sid_everyone, rights_of_bits(mode, false, directory));
	out->dacl = security_acl_end(w, acl);
	return wire_writer_ok(w);
}

bool acl_descriptor(struct wire_writer *w, const struct sidmap *map,
		    const struct store_attr *attr, uint32_t parts)
{
	const struct acl_file file = {
		.uid = attr->uid, .gid = attr->gid, .mode = attr->mode};
	uint8_t buf[512];
	struct wire_writer list = wire_writer_fixed(buf, sizeof(buf));
	struct security_descriptor sd = {0};

	if (!acl_from_posix(&list, map, &file, NULL, &sd)) {
		return false;
	}
	sd = acl_parts(&sd, parts);
	return security_descriptor_encode(w, &sd);
}

/* --- to mode and ACL --------------------------------------------------------
 */

/* What those rights are worth. Running a file goes with reading it
 * (acl_rights), so who has both keeps the x bit that the file has, and gets
 * none that it has not. A directory that may be used at all must be passed
 * through, too: Windows lets everybody pass. */
static unsigned bits_of_rights(uint32_t rights, const struct acl_file *file,
			       mode_t x)
{
	unsigned bits = 0;

	bits |= (rights & FILE_READ_DATA) != 0 ? 4u : 0u;
	bits |= (rights & (FILE_WRITE_DATA | FILE_APPEND_DATA)) != 0 ? 2u : 0u;
	if (S_ISDIR(file->mode)) {
		bits |= (rights & DIRECTORY_RIGHTS) != 0 ? 1u : 0u;
	} else if ((rights & FILE_EXECUTE) != 0 &&
		   ((file->mode & x) != 0 || (bits & 4) == 0)) {
		bits |= 1;
	}
	return bits;
}

/* The rights of an imagined user: this uid and gid, and no others.
 * @param x  the bits of the file's mode that say whether he runs it now. */
static unsigned bits_for(const struct security_descriptor *sd,
			 const struct sidmap *map, const struct acl_file *file,
			 uid_t uid, gid_t gid, mode_t x)
{
	const struct acl_who who = {.map = map, .uid = uid, .gid = gid};

	return bits_of_rights(acl_granted(sd, &who), file, x);
}

static bool named_already(const struct acl_posix *posix, unsigned tag,
			  uint32_t id)
{
	size_t i = 0;

	for (i = 0; i < posix->count; i++) {
		if (posix->entries[i].tag == tag &&
		    posix->entries[i].id == id) {
			return true;
		}
	}
	return false;
}

static void name(struct acl_posix *posix, unsigned tag, uint32_t id,
		 unsigned perm)
{
	if (posix->count < ACL_POSIX_ENTRIES_MAX &&
	    !named_already(posix, tag, id)) {
		posix->entries[posix->count++] = (struct acl_posix_entry){
			.tag = (uint16_t)tag, .perm = (uint16_t)perm, .id = id};
	}
}

static int by_tag_and_id(const void *one, const void *other)
{
	const struct acl_posix_entry *a = one;
	const struct acl_posix_entry *b = other;

	if (a->tag != b->tag) {
		return a->tag < b->tag ? -1 : 1;
	}
	return a->id < b->id ? -1 : a->id > b->id;
}

/* The owner, who could give himself every right, also gets those of the
 * groups: he is likely to be in them, and POSIX would not look. */
void acl_to_posix(const struct security_descriptor *sd,
		  const struct sidmap *map, const struct acl_file *file,
		  struct acl_posix *out)
{
	struct security_acl_walk walk = security_acl(sd->dacl);
	struct security_ace ace = {0};
	unsigned owner = bits_for(sd, map, file, file->uid, NO_ID, S_IXUSR);
	unsigned group = bits_for(sd, map, file, NO_ID, file->gid, S_IXGRP);
	unsigned other = bits_for(sd, map, file, NO_ID, NO_ID, S_IXOTH);

	*out = (struct acl_posix){0};
	owner |= group;
	while (security_acl_next(&walk, &ace)) {
		uid_t uid = 0;
		gid_t gid = 0;

		if ((ace.flags & ACE_FLAG_INHERIT_ONLY) != 0) {
			continue;
		}
		if (sidmap_uid(map, &ace.sid, &uid) && uid != file->uid) {
			name(out, ACL_POSIX_USER, uid,
			     bits_for(sd, map, file, uid, NO_ID, X_ANY));
		}
		if (sidmap_gid(map, &ace.sid, &gid) && gid != file->gid) {
			unsigned bits =
				bits_for(sd, map, file, NO_ID, gid, X_ANY);

			owner |= ace.type == ACCESS_ALLOWED_ACE_TYPE ? bits : 0;
			name(out, ACL_POSIX_GROUP, gid, bits);
		}
	}
	qsort(out->entries, out->count, sizeof(out->entries[0]), by_tag_and_id);
	out->mode = (mode_t)(owner << 6 | group << 3 | other);
}

static bool inheritable(const struct security_descriptor *sd)
{
	struct security_acl_walk walk = security_acl(sd->dacl);
	struct security_ace ace = {0};

	while (security_acl_next(&walk, &ace)) {
		if ((ace.flags & ACE_FLAG_CONTAINER_INHERIT) != 0 &&
		    (ace.flags & ACE_FLAG_NO_PROPAGATE_INHERIT) == 0) {
			return true;
		}
	}
	return false;
}

bool acl_to_posix_default(struct wire_writer *w,
			  const struct security_descriptor *sd,
			  const struct sidmap *map, const struct acl_file *dir,
			  struct acl_posix *out)
{
	const struct acl_child child = {
		.owner = sidmap_user(map, dir->uid),
		.group = sidmap_group(map, dir->gid),
		.directory = true,
	};
	struct security_descriptor inherited = {0};

	if (!inheritable(sd) || !acl_inherit(w, sd, &child, &inherited)) {
		return false;
	}
	acl_to_posix(&inherited, map, dir, out);
	return true;
}
