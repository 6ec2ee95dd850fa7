/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * name_map.h - names of a Linux disk and names in SMB.
 *
 * Linux takes every byte but '/' and NUL in a name; Windows wants UTF-16
 * without control characters and without " * : < > ? \ | and no blank or dot
 * at the end. What Windows cannot have is shown as a character of Unicode's
 * private area, as Apple's SMB client and Linux' (cifs with mapposix, "SFM")
 * write it, too:
 *
 *	U+F001..F01F	control characters 0x01..0x1F
 *	U+F020..F027	" * : < > ? \ |
 *	U+F028, U+F029	blank, dot, as the last character
 *	U+F780..F7FF	bytes 0x80..0xFF that are no UTF-8
 *
 * The way back is taken only where it leads to the same name again, so no two
 * names of the disk are confused. Reserved device names (CON, NUL ...) need no
 * mapping: they mean something to a client's programs only.
 *
 * Names are single components; both sides are C strings, that of SMB is UTF-8.
 */
#ifndef SMBQUIC_NAME_MAP_H
#define SMBQUIC_NAME_MAP_H

#include <stdbool.h>
#include <stddef.h>

/** Bytes of the longest name of SMB: 255 code units of UTF-16, or more than
 *  any disk has. The other side's may take three times as many. */
#define NAME_MAP_MAX 1020

/** @return false: it does not fit in size bytes. */
bool name_map_to_smb(const char *disk, char *out, size_t size);
/** The same for what may be a pattern: with a * or a ? in it, these, and blanks
 *  and dots, are left as they are. */
bool name_map_pattern(const char *disk, char *out, size_t size);
/** @return false: it does not fit, or is no UTF-8. */
bool name_map_to_disk(const char *smb, char *out, size_t size);

#endif
