/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Ordered lists of algorithm numbers, and their form on the wire. */
#ifndef NEGOTIATE_IDS_PRIVATE_H
#define NEGOTIATE_IDS_PRIVATE_H

#include "negotiate/negotiate.h"

bool ids_has(const struct negotiate_ids *ids, uint16_t id);

/* The best of ours that is among theirs; false, and *chosen as it was: there
 * is none. */
bool ids_choose(const struct negotiate_ids *ours, const uint16_t *theirs,
		unsigned count, uint16_t *chosen);

/* The data of an encryption or signing context. */
bool ids_put(struct wire_writer *out, const struct negotiate_ids *ids);
bool ids_put_one(struct wire_writer *out, uint16_t id);

#endif
