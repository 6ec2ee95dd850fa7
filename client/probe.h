/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * probe.h - what can be seen of a server by somebody who has no account there.
 *
 * Asks over UDP which versions of QUIC there are, makes a connection whatever
 * the certificate, negotiates SMB on it, and again with what was not chosen
 * until nothing is left, and looks whether direct TCP is there as well. Nobody
 * logs on, and no secret leaves this machine.
 */
#ifndef CLIENT_PROBE_H
#define CLIENT_PROBE_H

#include <stdbool.h>
#include <stdint.h>
#include <talloc.h>
#include <tevent.h>

#include "certs/cert.h"
#include "smbquic/ntstatus.h"
#include "smbquic/smb2.h"
#include "smbquic/tls.h"

#define CLIENT_PROBE_VERSIONS	16 /**< of QUIC; more are not kept */
#define CLIENT_PROBE_ALGORITHMS 8  /**< of a kind; likewise */

/** Copied; the files of tls are read, and its look is not used. */
struct client_probe_options {
	const char *server;  /**< name or address; SNI and certificate check */
	const char *address; /**< connect there; NULL: where server points */
	uint16_t quic_port;  /**< 0: 443 */
	uint16_t tcp_port;   /**< 0: 445 */
	bool skip_tcp;
	struct tls_client_policy tls; /**< how to judge the certificate */
	unsigned timeout_ms;	      /**< of all of it; 0: ten seconds */
};

/** Numbers of SMB2's negotiate contexts, in the order the server prefers. */
struct client_probe_ids {
	uint16_t id[CLIENT_PROBE_ALGORITHMS];
	unsigned count;
};

/** SMB on one transport. */
struct client_probe_smb {
	bool connected;	       /**< the transport; over QUIC with TLS */
	bool negotiated;       /**< SMB2 answered, and the rest is known */
	bool complete;	       /**< asked until nothing was left to choose */
	const char *why;       /**< of what failed, a sentence; NULL: nothing */
	const char *address;   /**< "192.0.2.1:443" */
	uint64_t connect_us;   /**< from the name to the handshake's end */
	uint64_t negotiate_us; /**< from question to answer */
	uint16_t dialect;
	bool signing_required;
	uint32_t capabilities; /**< SMB2_GLOBAL_CAP_* */
	uint32_t max_transact, max_read, max_write;
	uint8_t server_guid[16];
	NTTIME server_time;
	/** The server would leave encryption to the transport (MS-SMB2
	    2.2.3.1.5). */
	bool accepts_transport;
	bool compression_chained;
	struct client_probe_ids signing;     /**< SMB2_SIGNING_* */
	struct client_probe_ids ciphers;     /**< SMB2_CIPHER_* */
	struct client_probe_ids compression; /**< SMB2_COMPRESSION_* */
};

/** A talloc object; strings and the certificate belong to it. */
struct client_probe_result {
	const char *name_why; /**< the name has no address: why; NULL: it has */
	bool timed_out;	      /**< what is not known yet was given up */
	uint64_t total_us;

	bool udp_answers;
	const char *udp_why; /**< why not; NULL: it answers */
	uint64_t udp_us;     /**< from the datagram that was answered */
	uint32_t versions[CLIENT_PROBE_VERSIONS];
	unsigned version_count;

	const char *quic_version; /**< of the connection: "v1" */
	const char *alpn;
	const char *tls_version;
	const char *tls_cipher;
	bool retry;		      /**< the address had to be proved */
	bool client_certificate;      /**< the server asks for one */
	const struct cert *cert;      /**< NULL: not seen */
	const char *cert_why;	      /**< why it cannot be read, or NULL */
	bool trusted;		      /**< as options.tls judges */
	const char *trust;	      /**< how, or why not: sentences */
	struct client_probe_smb quic; /**< SMB over QUIC */
	struct client_probe_smb tcp;  /**< direct TCP */
};

struct tevent_req *client_probe_send(
	TALLOC_CTX *mem_ctx, struct tevent_context *ev,
	const struct client_probe_options *options);
/** @return NT_STATUS_OK: it was looked, whatever was found;
 *          NT_STATUS_NO_MEMORY. @param out  child of mem_ctx. */
NTSTATUS client_probe_recv(struct tevent_req *req, TALLOC_CTX *mem_ctx,
			   struct client_probe_result **out);
NTSTATUS client_probe(TALLOC_CTX *mem_ctx, struct tevent_context *ev,
		      const struct client_probe_options *options,
		      struct client_probe_result **out);

#endif
