/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "negotiate/ids_private.h"
#include "smbquic/smb2_pdu.h"

bool ids_has(const struct negotiate_ids *ids, uint16_t id)
{
	unsigned i = 0;

	for (i = 0; i < ids->count; i++) {
		if (ids->id[i] == id) {
			return true;
		}
	}
	return false;
}

bool ids_choose(const struct negotiate_ids *ours, const uint16_t *theirs,
		unsigned count, uint16_t *chosen)
{
	unsigned i = 0;
	unsigned j = 0;

	for (i = 0; i < ours->count; i++) {
		for (j = 0; j < count; j++) {
			if (ours->id[i] == theirs[j]) {
				*chosen = ours->id[i];
				return true;
			}
		}
	}
	return false;
}

bool ids_put(struct wire_writer *out, const struct negotiate_ids *ids)
{
	struct smb2_algorithms_context c = {.count = (uint16_t)ids->count};

	memcpy(c.algorithms, ids->id, ids->count * sizeof(ids->id[0]));
	return smb2_algorithms_context_encode(out, &c);
}

bool ids_put_one(struct wire_writer *out, uint16_t id)
{
	struct negotiate_ids one = {.id = {id}, .count = 1};

	return ids_put(out, &one);
}
