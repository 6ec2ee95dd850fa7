/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the POSIX extensions tell of a file. */

#include "server/posix_info.h"

#include "smbquic/posix_security.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "server/file_info.h"
#include "server/request.h"
#include "smbquic/name_map.h"
#include "smbquic/utf16.h"

static const struct sid nobody = {0, 1, {0}};

bool request_posix(const struct request *r)
{
	const struct share *share = r->tree != NULL ? r->tree->share : NULL;

	return r->conn->agreed.posix && share != NULL &&
	       share->type == SHARE_DISK &&
	       config_bool(share->config, share->section,
			   CONFIG_UNIX_EXTENSIONS);
}

/* In SIDs that say which number it is, and not which account (S-1-22-1-UID):
 * clients of this kind have no other way to know. */
struct smb2_posix posix_of(const struct store_attr *attr)
{
	return (struct smb2_posix){
		.links = attr->posix_links,
		.reparse_tag = attr->reparse_tag,
		.mode = smb2_posix_mode(attr->mode),
		.owner = sid_from_uid(attr->uid),
		.group = sid_from_gid(attr->gid),
	};
}

uint64_t posix_size(const struct store_attr *attr)
{
	return S_ISLNK(attr->mode) ? attr->link_size : attr->size;
}

struct smb2_posix_info posix_info_of(const struct store_attr *attr)
{
	return (struct smb2_posix_info){
		.creation_time = attr->create_time,
		.last_access_time = attr->access_time,
		.last_write_time = attr->write_time,
		.change_time = attr->change_time,
		.end_of_file = posix_size(attr),
		.allocation_size = attr->allocation,
		.file_attributes = file_attributes(attr),
		.inode = attr->file_id,
		.device = (uint32_t)attr->volume_id,
		.posix = posix_of(attr),
	};
}

static struct smb2_posix_info entry_info(const struct store_entry *entry)
{
	struct smb2_posix_info info = posix_info_of(&entry->attr);

	if (strcmp(entry->name, "..") == 0) {
		info.inode = 0;
		info.device = 0;
		info.posix.owner = nobody;
		info.posix.group = nobody;
	}
	return info;
}

static bool put_entry(struct wire_writer *w, const struct smb2_posix_info *info,
		      const char *name)
{
	char disk[3 * NAME_MAP_MAX + 1];
	uint8_t buf[2 * sizeof(disk)];
	struct wire_writer utf16 = wire_writer_fixed(buf, sizeof(buf));

	if (!name_map_to_disk(name, disk, sizeof(disk)) ||
	    !utf16_put(&utf16, disk)) {
		utf16 = wire_writer_fixed(buf, sizeof(buf));
		(void)utf16_put(&utf16, name); /* no UTF-8: as others see it */
	}
	wire_put_u32(w, 0); /* FileIndex */
	return smb2_posix_entry_encode(w, info, wire_writer_slice(&utf16));
}

bool posix_add_entry(struct fscc_dir_list *list,
		     const struct store_entry *entry)
{
	const struct smb2_posix_info info = entry_info(entry);
	struct wire_chain before = list->chain;
	struct wire_writer *w = list->chain.w;
	size_t len = w->len;

	wire_chain_entry(&list->chain);
	if (!put_entry(w, &info, entry->name) ||
	    w->len - list->chain.start > list->max) {
		wire_chain_rollback(&list->chain, &before, len);
		return false;
	}
	list->count++;
	return true;
}

struct name_pattern *posix_pattern(TALLOC_CTX *mem_ctx, struct wire_slice utf16)
{
	char shown[3 * NAME_MAP_MAX + 1];
	char disk[3 * NAME_MAP_MAX + 1];
	char *text = utf16_to_utf8(mem_ctx, utf16);
	struct name_pattern *pattern = NULL;

	if (text == NULL) {
		return NULL;
	}
	if (strpbrk(text, "*?") != NULL || strcmp(text, ".") == 0 ||
	    strcmp(text, "..") == 0) {
		pattern = name_pattern_new(mem_ctx, utf16.data, utf16.len);
	} else if (strlen(text) <= NAME_MAP_MAX &&
		   name_map_to_disk(text, disk, sizeof(disk)) &&
		   name_map_to_smb(disk, shown, sizeof(shown))) {
		pattern = name_pattern_text(mem_ctx, shown);
	} else {
		errno = EINVAL;
	}
	if (pattern != NULL) {
		name_pattern_exact(pattern);
	}
	talloc_free(text);
	return pattern;
}

static bool mode_in(const struct security_descriptor *sd, uint32_t *mode)
{
	struct security_acl_walk walk = security_acl(sd->dacl);
	struct security_ace ace = {0};

	while (security_acl_next(&walk, &ace)) {
		if (posix_sid_number(&ace.sid, POSIX_SID_MODE, mode)) {
			*mode &= 07777;
			return true;
		}
	}
	return false;
}

bool posix_change_of(const struct security_descriptor *sd, uint32_t parts,
		     struct store_change *change)
{
	uint32_t number = 0;

	*change = (struct store_change){.uid = (uid_t)-1, .gid = (gid_t)-1};
	/* A list without a mode is one of Windows', also when it comes with an
	 * owner of POSIX. */
	if ((parts &
	     ~(OWNER_SECURITY_INFORMATION | GROUP_SECURITY_INFORMATION)) != 0 &&
	    !mode_in(sd, &change->mode)) {
		return false;
	}
	if ((parts & OWNER_SECURITY_INFORMATION) != 0 && sd->has_owner &&
	    posix_owner_number(&sd->owner, &number)) {
		change->what |= STORE_SET_OWNER;
		change->uid = number;
	}
	if ((parts & GROUP_SECURITY_INFORMATION) != 0 && sd->has_group &&
	    posix_group_number(&sd->group, &number)) {
		change->what |= STORE_SET_OWNER;
		change->gid = number;
	}
	if ((parts & DACL_SECURITY_INFORMATION) != 0) {
		change->what |= STORE_SET_MODE;
	}
	return change->what != 0;
}
