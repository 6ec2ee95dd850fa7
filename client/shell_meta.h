/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * shell_meta.h - what a file of the server has beside its bytes, and where a
 * file of this machine keeps it: in extended attributes (xattr(7)), so that a
 * file which was fetched and is put again is what it was.
 *
 *	user.smbquic.attributes	its attributes, "0x22", where it has more than
 *		every file: readonly, hidden, system. tar(1) and "tar c" know
 *		it by that name, too.
 *	user.smbquic.descriptor	its security descriptor, self-relative (MS-DTYP
 *		2.4.6), as cifs has it in system.cifs_acl
 *	user.smbquic.created	when it was made, a FILETIME in hexadecimal
 *		(MS-DTYP 2.3.3): of a local file the kernel tells when it was
 *		made here
 *	user.DosStream.NAME:$DATA	its stream NAME, and a zero byte, as
 *		Samba's streams_xattr and smbquicd have it: a folder that they
 *		serve has the streams of what was fetched to it
 *
 * In an archive these are extended attributes of the entry, so that what tar(1)
 * extracts from one is what get would have fetched.
 *
 * The first goes with each file; the others where struct transfer says so.
 * What cannot be kept is said, and the file counts as one that failed, but its
 * bytes are where they belong.
 */
#ifndef CLIENT_SHELL_META_H
#define CLIENT_SHELL_META_H

#include "client/shell_tar.h"

#define META_ATTRIBUTES	  "user.smbquic.attributes"
#define META_DESCRIPTOR	  "user.smbquic.descriptor"
#define META_CREATED	  "user.smbquic.created"
#define META_CREATED_SIZE 24
#define META_STREAM	  "user.DosStream."
#define META_STREAM_END	  ":$DATA"

/** Attributes that go with a file; others say what it is made of. */
#define META_KEPT                                          \
	(FILE_ATTRIBUTE_READONLY | FILE_ATTRIBUTE_HIDDEN | \
	 FILE_ATTRIBUTE_SYSTEM | FILE_ATTRIBUTE_ARCHIVE)

/* ----------------------------------------------------------- shell_meta.c */

/** An option of get, put, mget, mput, sync and tar: --acls, --streams, --times.
 *  It counts until shell_keep_nothing(). @return false: it is none. */
bool shell_keep_option(struct shell *shell, const char *word);
/** The command ends. */
void shell_keep_nothing(struct shell *shell);
/** @return false: said why not all of that can be kept. */
bool shell_keep_possible(struct shell *shell, const char *command);

/* ----------------------------------------------------- shell_meta_local.c */

/** Attributes that a local file remembers; 0: none. */
uint32_t meta_attributes(const char *local);
/** Remember those of a file that has more than usual; it may be that the file
 *  system cannot. */
void meta_set_attributes(const char *local, uint32_t attributes);

/** When a local file, or that which it is a copy of, was made; 0: unknown. */
NTTIME meta_created(const char *local);
/** @return 0 or errno. */
int meta_set_created(const char *local, NTTIME created);
/** What that writes: "0x1d...". */
void meta_created_print(NTTIME created, char text[META_CREATED_SIZE]);

struct meta_stream {
	const char *name;
	struct wire_slice data;
};

/** What a local file remembers of what t keeps. */
struct meta_local {
	struct wire_slice descriptor; /**< none: empty */
	size_t count;
	struct meta_stream *stream; /**< in the order of their names */
};

/** @return 0 or errno; out is a child of mem_ctx. */
int meta_local_load(TALLOC_CTX *mem_ctx, const struct transfer *t,
		    const char *local, struct meta_local **out);
/** Without names a file has nothing to be put beside its bytes. */
bool meta_local_is_empty(const struct meta_local *m);
const struct meta_stream *meta_local_find(const struct meta_local *m,
					  const char *name);
/** Add a copy of a stream. @return false: out of memory. */
bool meta_local_add(struct meta_local *m, const char *name,
		    struct wire_slice data);
/** In the order of their names, for meta_local_find(), and one of each: names
 *  that differ in case alone are one. */
void meta_local_sort(struct meta_local *m);

/** The name of the stream that an extended attribute is; NULL: of none, or out
 *  of memory. */
char *meta_stream_name(TALLOC_CTX *mem_ctx, const char *attribute);
/** "0x1d..."; @return 0: that is no time. */
NTTIME meta_created_parse(const char *text);

/** @return 0 or errno. */
int meta_set_descriptor(const char *local, struct wire_slice descriptor);
/** @return 0 or errno; E2BIG: no extended attribute can be so large, or have
 *          such a name. */
int meta_set_stream(const char *local, const char *name,
		    struct wire_slice data);
int meta_remove_stream(const char *local, const char *name);

/** The largest stream that an extended attribute holds (XATTR_SIZE_MAX). */
#define META_STREAM_MAX (65536u - 1)

/* ------------------------------------------------------ shell_meta_tar.c */

/** What an entry of an archive says, of what t keeps. @return NULL: out of
 *  memory. */
struct meta_local *meta_from_archive(TALLOC_CTX *mem_ctx,
				     const struct transfer *t,
				     const struct tar_entry *entry);
/** When it was made; 0: that is not told. */
NTTIME meta_archive_created(const struct tar_entry *entry);
/**
 * Have an entry say it.
 *
 * @param m        may be NULL.
 * @param created  0: not told.
 * @return false: out of memory.
 */
bool meta_to_archive(TALLOC_CTX *mem_ctx, const struct meta_local *m,
		     NTTIME created, struct tar_entry *entry);

/* -------------------------------------------------------------- requests */

/**
 * Have a local file remember what t keeps of one of the server, a file or
 * folder; of that nothing else is left.
 *
 * @param local  where it is now.
 * @param name   as the user knows it.
 */
struct tevent_req *meta_get_send(TALLOC_CTX *mem_ctx, const struct transfer *t,
				 const char *remote, const char *local,
				 const char *name);
/** The same into memory, as much as the header of an archive holds.
 *  @param into  empty; must outlive the request. */
struct tevent_req *meta_fetch_send(TALLOC_CTX *mem_ctx,
				   const struct transfer *t, const char *remote,
				   struct meta_local *into, const char *name);
/**
 * Give a file or folder of the server what t keeps of a local one.
 *
 * @param remote  where it is now.
 * @param name    as the user knows it.
 * @param fresh   we have made it: it has no streams.
 */
struct tevent_req *meta_put_send(TALLOC_CTX *mem_ctx, const struct transfer *t,
				 const struct meta_local *from,
				 const char *remote, const char *name,
				 bool fresh);
/** Have a local file remember when that was made, if t keeps it. @param name
 *  as the user knows it. */
void meta_keep_created(const struct transfer *t, const char *local,
		       const char *name, NTTIME created);
/** What could not be kept was said. */
void meta_recv(struct tevent_req *req);

/** The path of a stream; it is opened with meta_stream_begin() around the call
 *  that sends the request. @return NULL: out of memory. */
char *meta_stream_path(TALLOC_CTX *mem_ctx, const struct transfer *t,
		       const char *remote, const char *stream);
/** A ':' in a path is a stream's for the calls between the two. */
void meta_stream_begin(const struct transfer *t);
void meta_stream_end(const struct transfer *t);

/** Something of a file is not kept: say why, "NAME: WHAT is not kept: ...".
 *  A NULL stream stands for the access list. */
void meta_lost(const struct transfer *t, const char *name, const char *stream,
	       NTSTATUS status);
/** The same for a local failure. */
void meta_lost_here(const struct transfer *t, const char *name,
		    const char *stream, int err, uint64_t size);

#endif
