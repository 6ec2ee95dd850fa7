/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Windows' rights from what a store says. */

#include <sys/stat.h>

#include "server/acl.h"
#include "smbquic/security_descriptor.h"
#include "smbquic/smb2.h"

/* What everybody has who can see the file at all. */
#define RIGHTS_SEEN \
	(FILE_READ_ATTRIBUTES | SEC_STD_READ_CONTROL | SEC_STD_SYNCHRONIZE)
#define RIGHTS_READ (FILE_READ_DATA | FILE_READ_EA)
#define RIGHTS_WRITE                                          \
	(FILE_WRITE_DATA | FILE_APPEND_DATA | FILE_WRITE_EA | \
	 FILE_WRITE_ATTRIBUTES)
#define RIGHTS_OWN                                                 \
	(SEC_STD_WRITE_DAC | SEC_STD_WRITE_OWNER | FILE_WRITE_EA | \
	 FILE_WRITE_ATTRIBUTES)

uint32_t acl_map_generic(uint32_t access)
{
	static const struct {
		uint32_t generic, specific;
	} table[] = {
		{SEC_GENERIC_READ, FILE_GENERIC_READ},
		{SEC_GENERIC_WRITE, FILE_GENERIC_WRITE},
		{SEC_GENERIC_EXECUTE, FILE_GENERIC_EXECUTE},
		{SEC_GENERIC_ALL, FILE_ALL_ACCESS},
	};
	uint32_t mapped = access & 0x0FFFFFFFu;
	size_t i = 0;

	for (i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		if ((access & table[i].generic) != 0) {
			mapped |= table[i].specific;
		}
	}
	return mapped;
}

/*
 * EXECUTE goes with reading: files on a share seldom have the x bit, and
 * programs should run from it.
 */
uint32_t acl_rights(unsigned may, bool directory)
{
	uint32_t rights = RIGHTS_SEEN;

	if ((may & STORE_MAY_READ) != 0) {
		rights |= RIGHTS_READ | (directory ? 0 : FILE_EXECUTE);
	}
	if ((may & STORE_MAY_WRITE) != 0) {
		rights |= RIGHTS_WRITE | (directory ? FILE_DELETE_CHILD : 0);
	}
	if ((may & STORE_MAY_EXECUTE) != 0) {
		rights |= FILE_EXECUTE;
	}
	if ((may & STORE_MAY_DELETE) != 0) {
		rights |= SEC_STD_DELETE;
	}
	if ((may & STORE_MAY_OWN) != 0) {
		rights |= RIGHTS_OWN;
	}
	if ((may & STORE_MAY_OWN) != 0 && (may & STORE_MAY_WRITE) != 0) {
		rights |= FILE_DELETE_CHILD;
	}
	return rights;
}

/* The rights of three bits of a mode. */
static uint32_t rights_of_bits(uint32_t bits, bool owner, bool directory)
{
	unsigned may = 0;

	may |= (bits & 4) != 0 ? STORE_MAY_READ : 0u;
	may |= (bits & 2) != 0 ? STORE_MAY_WRITE | STORE_MAY_DELETE : 0u;
	may |= (bits & 1) != 0 ? STORE_MAY_EXECUTE : 0u;
	may |= owner ? STORE_MAY_OWN : 0u;
	return acl_rights(may, directory);
}

static void add_ace(struct wire_writer *w, size_t acl, const struct sid *sid,
		    uint32_t mask)
{
	const struct security_ace ace = {
		.type = ACCESS_ALLOWED_ACE_TYPE,
		.mask = mask,
		.sid = *sid,
	};

	(void)security_acl_add(w, acl, &ace);
}

bool acl_descriptor(struct wire_writer *w, const struct store_attr *attr,
		    uint32_t parts)
{
	bool directory = S_ISDIR(attr->mode);
	struct sid owner = sid_from_uid(attr->uid);
	struct sid group = sid_from_gid(attr->gid);
	struct security_descriptor sd = {0};
	uint8_t buf[512];
	struct wire_writer list = wire_writer_fixed(buf, sizeof(buf));
	size_t acl = security_acl_begin(&list);

	add_ace(&list, acl, &owner,
		rights_of_bits(attr->mode >> 6, true, directory));
	add_ace(&list, acl, &group,
		rights_of_bits(attr->mode >> 3, false, directory));
	add_ace(&list, acl, &sid_everyone,
		rights_of_bits(attr->mode, false, directory));
	if ((parts & OWNER_SECURITY_INFORMATION) != 0) {
		sd.has_owner = true;
		sd.owner = owner;
	}
	if ((parts & GROUP_SECURITY_INFORMATION) != 0) {
		sd.has_group = true;
		sd.group = group;
	}
	if ((parts & DACL_SECURITY_INFORMATION) != 0) {
		sd.control |= SD_DACL_PRESENT;
		sd.dacl = security_acl_end(&list, acl);
	}
	return security_descriptor_encode(w, &sd);
}
