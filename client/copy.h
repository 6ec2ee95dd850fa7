/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * copy.h - one pump between two ends, many requests in flight.
 *
 * The pump knows nothing of what its ends are. An end is a table of
 * operations (struct copy_end_ops) and a few facts; there are ends for a file
 * on a server, a local file, a stream, memory and nothing (copy_ends.c,
 * copy_local.c, copy_stream.c, copy_remote.c). Bytes travel as blocks that
 * change hands and are never copied on the way.
 */
#ifndef CLIENT_COPY_H
#define CLIENT_COPY_H

#include <sys/types.h>
#include <tevent.h>

#include "smbquic/ntstatus.h"
#include "smbquic/wire.h"

struct client_file;
struct copy_end;

/** Bytes from an offset on. */
struct copy_range {
	uint64_t offset;
	uint64_t len;
};

/** An end whose size nobody knows before its last byte was read. */
#define COPY_SIZE_UNKNOWN UINT64_MAX

/** Bytes on their way. A talloc object: what holds the bytes is its child. */
struct copy_block {
	uint64_t offset;
	const uint8_t *data;
	size_t len;
};

/** A block of len bytes with memory of its own, *data. */
struct copy_block *copy_block_new(TALLOC_CTX *mem_ctx, size_t len,
				  uint8_t **data);

/** For an end's read_recv: how the read went, and its block. */
NTSTATUS copy_block_recv(struct tevent_req *req, struct copy_block **from,
			 TALLOC_CTX *mem_ctx, struct copy_block **out);

/**
 * What an end can do; a NULL pair means that it cannot be read, or written.
 * Freeing a request cancels it.
 */
struct copy_end_ops {
	const char *kind; /**< for logs */

	/** The largest read or write that it takes now. NULL: any. */
	size_t (*max_io)(const struct copy_end *end);

	/** Read up to len bytes, len > 0. A sequential end gets its offsets in
	    order, each where the last read ended, one read at a time. */
	struct tevent_req *(*read_send)(TALLOC_CTX *mem_ctx,
					struct tevent_context *ev,
					struct copy_end *end, uint64_t offset,
					size_t len);
	/** @param block  child of mem_ctx. Fewer bytes than asked for may
	    come at any time; none means that the end was reached. */
	NTSTATUS(*read_recv)
	(struct tevent_req *req, TALLOC_CTX *mem_ctx,
	 struct copy_block **block);

	/** Write the whole block. The block is the end's from now on: it frees
	    it when nobody needs the bytes any more, which may be after the
	    request has ended. */
	struct tevent_req *(*write_send)(TALLOC_CTX *mem_ctx,
					 struct tevent_context *ev,
					 struct copy_end *end,
					 struct copy_block *block);
	NTSTATUS (*write_recv)(struct tevent_req *req);
};

/** An end; made by the functions below. The maker frees it, not the pump. */
struct copy_end {
	const struct copy_end_ops *ops;
	const char *name; /**< for messages to the user */
	uint64_t size;	  /**< of a source; or COPY_SIZE_UNKNOWN */
	bool sequential;  /**< has no offsets: a pipe, a terminal */
	bool fresh;	  /**< of a sink: what is not written reads as zeros */
	int err;	  /**< errno of the last local failure; 0: none */
	/** Of a source: where its data is, in order and within its size. What
	    lies elsewhere is zeros, and is not read. NULL: not known. A child
	    of the end; copy_remote_holes_send() finds out. */
	struct copy_range *data;
	size_t data_count;
	void *private_data;
};

/** Bounds of what is on its way; 0 means the default. */
struct copy_limits {
	size_t io_size;	   /**< of one request; default 1 MiB */
	unsigned requests; /**< in flight; default 64 */
	size_t bytes;	   /**< in flight, at most; default 32 MiB */
	/** The source has holes: blocks of zeros are not written to a fresh
	    sink, but for the last block of a source of known size. */
	bool holes;
	/** How fast, together with all others that have this one; NULL: as
	    fast as can be. It must outlive them. */
	struct copy_rate *rate;
};

/** So many more bytes have reached the sink. */
typedef void (*copy_progress_fn)(uint64_t bytes, void *private_data);

/**
 * Copy all of one end, from offset on, to the other. Both must outlive the
 * request.
 *
 * @param limits    copied; may be NULL.
 * @param progress  may be NULL.
 */
struct tevent_req *copy_send(TALLOC_CTX *mem_ctx, struct tevent_context *ev,
			     struct copy_end *from, struct copy_end *to,
			     uint64_t offset, const struct copy_limits *limits,
			     copy_progress_fn progress, void *private_data);
/**
 * @param copied  out: bytes written. May be NULL.
 * @param failed  out: on failure the end at which it happened. May be NULL.
 */
NTSTATUS copy_recv(struct tevent_req *req, uint64_t *copied,
		   struct copy_end **failed);

/* ------------------------------------------------------------------- ends */

/** Swallows what is written; gives size zeros (size may be unknown). */
struct copy_end *copy_null(TALLOC_CTX *mem_ctx, uint64_t size);

/** Memory. Reads from it, or writes into it (at most size bytes, beyond that
    the disk is full). The bytes are borrowed. */
struct copy_end *copy_memory(TALLOC_CTX *mem_ctx, uint8_t *data, size_t size);

/** An open file with offsets; the descriptor stays the caller's. What lies
    beyond a file's first 4 MiB is read and written by a thread of the end's
    own, which ends with it. */
struct copy_end *copy_local(TALLOC_CTX *mem_ctx, int fd, const char *name);

/** A descriptor without offsets: pipe, terminal, socket. */
struct copy_end *copy_stream(TALLOC_CTX *mem_ctx, int fd, const char *name);

/** An open file on a server; borrowed.
    @param size  of a source, as known from opening it. */
struct copy_end *copy_remote(TALLOC_CTX *mem_ctx, struct client_file *file,
			     const char *name, uint64_t size);

/**
 * Ask the server of such a source, whose size is known, where its data is
 * (FSCTL_QUERY_ALLOCATED_RANGES, MS-FSCC 2.3.51). A server that does not say,
 * or makes no sense, leaves it as it is: all of it is read then. Worth a round
 * trip where the file is FILE_ATTRIBUTE_SPARSE_FILE.
 *
 * @param end  must outlive the request.
 */
struct tevent_req *copy_remote_holes_send(TALLOC_CTX *mem_ctx,
					  struct tevent_context *ev,
					  struct copy_end *end);
/** Frees req. */
void copy_remote_holes_recv(struct tevent_req *req);

/**
 * Text: what is read from that source, with CR LF where its lines end in LF
 * alone; what is written to that sink, with LF for CR LF. Both ends stay the
 * caller's, and tell of local failures.
 *
 * @param size  of what will be written.
 */
struct copy_end *copy_to_crlf(TALLOC_CTX *mem_ctx, struct copy_end *source);
struct copy_end *copy_to_lf(TALLOC_CTX *mem_ctx, struct copy_end *sink,
			    uint64_t size);

#endif
