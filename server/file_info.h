/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * file_info.h - a store's attributes as the protocol says them.
 */
#ifndef SERVER_FILE_INFO_H
#define SERVER_FILE_INFO_H

#include "server/store.h"
#include "smbquic/smb2.h"

/** Attributes for a client: never 0, but NORMAL (MS-FSCC 2.6). */
static inline uint32_t file_attributes(const struct store_attr *attr)
{
	return attr->attributes != 0 ? attr->attributes : FILE_ATTRIBUTE_NORMAL;
}

#endif
