/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * cache.h - open files whose bytes are kept here for as long as the server
 * promises to say so before somebody else changes them: under a lease
 * (MS-SMB2 3.2.4.3.8, 3.2.5.19.2).
 *
 *	read caching	what was read is not asked for again, and reads in
 *			order are ahead of the program
 *	write caching	writes end at once and go out later, together: when
 *			there are enough of them, after a second, at a flush,
 *			at the close, and when the server takes the lease down,
 *			before it is told that it may
 *
 * Without a lease, which a server may refuse or take away at any time, and with
 * everything switched off, each read and write goes to the server, as of
 * client.h. What others see, and what is read of theirs, is the same either
 * way.
 *
 * That write caching lost something, because the disk was full or the file
 * could not be had again after a lost connection, is told by the next write,
 * by every flush and by the close.
 *
 * A file is used through its cache or by client.h, not both. Requests are those
 * of client.h; they may overlap, and see each other in the order in which they
 * were made. When the cache is freed they end with NT_STATUS_CANCELLED, and
 * what was not written yet is lost: close it first.
 */
#ifndef CLIENT_CACHE_H
#define CLIENT_CACHE_H

#include "client/client.h"

struct client_cache;

/** How much is kept; client_cache_default() says what is usual. */
struct client_cache_options {
	size_t memory;	      /**< bytes of what was read; 0: none is kept, and
				 none is read ahead */
	size_t read_ahead;    /**< at most so many bytes; 0: none */
	size_t write_behind;  /**< at most so many bytes wait to be written; 0:
				 writes go out at once */
	uint64_t reserved[4]; /**< 0: for what may come */
};

/** 16 MiB of what was read, and so on: for one file that is copied or played.
 */
void client_cache_default(struct client_cache_options *out);

/**
 * Open a file with the leases that the options are good for.
 *
 * @param how      client_open.lease is ignored; .first bytes are kept, when
 *                 there is a lease for that.
 * @param options  copied; NULL: client_cache_default()
 */
struct tevent_req *client_cache_open_send(
	TALLOC_CTX *mem_ctx, struct client_tree *tree, const char *path,
	const struct client_open *how,
	const struct client_cache_options *options);
/** As client_open_also(). */
bool client_cache_open_also(struct tevent_req *req, struct client_stat *out);
/** @param stat  may be NULL. */
NTSTATUS client_cache_open_recv(struct tevent_req *req, TALLOC_CTX *mem_ctx,
				struct client_cache **out,
				struct client_stat *stat);
NTSTATUS client_cache_open(TALLOC_CTX *mem_ctx, struct client_tree *tree,
			   const char *path, const struct client_open *how,
			   const struct client_cache_options *options,
			   struct client_cache **out, struct client_stat *stat);

/** The file itself, for client_query() and the like. It is the cache's. */
struct client_file *client_cache_file(const struct client_cache *cache);

/** How long the file is, what waits to be written included.
 *  @return false: that is not known without asking the server. */
bool client_cache_size(const struct client_cache *cache, uint64_t *size);

/** What is done, for those who want to see it work. */
struct client_cache_figures {
	uint64_t reads;	     /**< READs that were sent */
	uint64_t writes;     /**< WRITEs that were sent */
	uint64_t hits;	     /**< bytes read that were here */
	uint64_t misses;     /**< bytes read that had to be waited for */
	uint64_t breaks;     /**< leases that were taken down */
	size_t clean, dirty; /**< bytes that are here now */
	uint64_t reserved[4];
};

/** As they are now; all since it was opened. */
void client_cache_figures(const struct client_cache *cache,
			  struct client_cache_figures *out);

/** @param buf  stays until the request ends or was freed. */
struct tevent_req *client_cache_read_send(TALLOC_CTX *mem_ctx,
					  struct client_cache *cache,
					  uint64_t offset, void *buf,
					  size_t len);
/** @param done  out: bytes read; fewer than asked for at the end of the file
 *               only. */
NTSTATUS client_cache_read_recv(struct tevent_req *req, size_t *done);
NTSTATUS client_cache_read(struct client_cache *cache, uint64_t offset,
			   void *buf, size_t len, size_t *done);

/** All of it. @param buf  is copied. */
struct tevent_req *client_cache_write_send(TALLOC_CTX *mem_ctx,
					   struct client_cache *cache,
					   uint64_t offset, const void *buf,
					   size_t len);
NTSTATUS client_cache_write_recv(struct tevent_req *req);
NTSTATUS client_cache_write(struct client_cache *cache, uint64_t offset,
			    const void *buf, size_t len);

/** What was written before is written, and on the server's disk. */
struct tevent_req *client_cache_flush_send(TALLOC_CTX *mem_ctx,
					   struct client_cache *cache);
NTSTATUS client_cache_flush_recv(struct tevent_req *req);
NTSTATUS client_cache_flush(struct client_cache *cache);

/** What was written before is written: the server has it, its disk perhaps not
 *  yet. */
struct tevent_req *client_cache_settle_send(TALLOC_CTX *mem_ctx,
					    struct client_cache *cache);
NTSTATUS client_cache_settle_recv(struct tevent_req *req);
NTSTATUS client_cache_settle(struct client_cache *cache);

/** The file was changed by a call of client.h, for which all was settled
 *  before, and has so many bytes now, or more: what was read is forgotten. */
void client_cache_changed(struct client_cache *cache, uint64_t size);

/** Called when there is less left of the lease than there was, and after a
 *  connection that was lost has come back: see client_lease_fn. The cache can
 *  not be freed by it. */
typedef void (*client_cache_lease_fn)(struct client_cache *cache,
				      uint32_t state, void *private_data);
void client_cache_on_lease(struct client_cache *cache, client_cache_lease_fn fn,
			   void *private_data);

/** Make the file so long. */
struct tevent_req *client_cache_resize_send(TALLOC_CTX *mem_ctx,
					    struct client_cache *cache,
					    uint64_t size);
NTSTATUS client_cache_resize_recv(struct tevent_req *req);
NTSTATUS client_cache_resize(struct client_cache *cache, uint64_t size);

/** Write what waits, and close. The cache can only be freed afterwards, also
 *  when that failed. */
struct tevent_req *client_cache_close_send(TALLOC_CTX *mem_ctx,
					   struct client_cache *cache);
NTSTATUS client_cache_close_recv(struct tevent_req *req);
NTSTATUS client_cache_close(struct client_cache *cache);

#endif
