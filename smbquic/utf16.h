/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * UTF-8 inside, UTF-16LE on the wire.
 *
 * The rules are strict and the same in both directions: what cannot be
 * translated there and back exactly is refused with EILSEQ, never replaced.
 *
 *   UTF-8   overlong forms, encoded surrogates, values above U+10FFFF and cut
 *           sequences are refused;
 *   UTF-16  an odd number of bytes and unpaired surrogates are refused;
 *   both    U+0000 is refused wherever the other side is a C string, because
 *           it would silently cut a name. utf16_trim() removes a terminator.
 *
 * No byte order mark is written or interpreted. Nothing depends on the locale.
 */
#ifndef SMBQUIC_UTF16_H
#define SMBQUIC_UTF16_H

#include <sys/types.h>

#include "smbquic/wire.h"

/* --------------------------------------------------------- translation */

/* Bytes of UTF-16 that utf8 needs, or -1 with EILSEQ. */
ssize_t utf16_size(const char *utf8);

/* Appends without terminator. Refused text fails the writer. */
bool utf16_put(struct wire_writer *w, const char *utf8);

/* As utf16_put(), and a terminator of two zero bytes. */
bool utf16_put_z(struct wire_writer *w, const char *utf8);

/*
 * A new buffer on mem_ctx, without terminator; *out borrows it, and
 * talloc_free() of out->data frees it. False with EILSEQ or ENOMEM. The empty
 * string is a slice of length 0 (with a data pointer, so that it can be freed).
 */
bool utf16_from_utf8(TALLOC_CTX *mem_ctx, const char *utf8,
		     struct wire_slice *out);

/* A new C string on mem_ctx, or NULL with EILSEQ or ENOMEM. */
char *utf16_to_utf8(TALLOC_CTX *mem_ctx, struct wire_slice utf16);

/*
 * Into dst, terminated; the length without terminator, or -1 with EILSEQ, or
 * ENAMETOOLONG when cap bytes do not hold it with its terminator.
 */
ssize_t utf16_to_utf8_buf(struct wire_slice utf16, char *dst, size_t cap);

/* Without the first U+0000 and what follows it. */
struct wire_slice utf16_trim(struct wire_slice utf16);

/* Well-formed, without U+0000. */
bool utf16_valid(struct wire_slice utf16);
bool utf8_valid(const char *utf8);

/*
 * One code point from at most n bytes of UTF-8; the bytes it took, or 0 when
 * the sequence is refused or n is 0. U+0000 is a code point here.
 */
size_t utf8_get(const char *s, size_t n, uint32_t *cp);

/* The other way: up to 4 bytes into dst; cp must be a valid code point. */
size_t utf8_put(char *dst, uint32_t cp);

/* --------------------------------------------------- case-insensitive names */

/*
 * Upper case by Unicode's simple mapping, code point by code point, from a
 * table of our own (scripts/gen-utf16-fold): the same answer on every machine.
 * Letters whose upper case would be ASCII (dotless i, long s, Kelvin sign ...)
 * stay themselves, so that an ASCII name only ever equals an ASCII name.
 */
uint32_t unicode_upper(uint32_t cp);

/* <0, 0, >0 as strcmp(), of the upper-cased names. Refused bytes compare as
 * themselves, so the order is total. */
int utf8_casecmp(const char *a, const char *b);
bool utf8_case_equal(const char *a, const char *b);

/* Equal names have equal hashes. */
uint32_t utf8_case_hash(const char *s);

/* The upper-cased copy of valid UTF-8 on mem_ctx; NULL with EILSEQ/ENOMEM. */
char *utf8_upper(TALLOC_CTX *mem_ctx, const char *s);

#endif
