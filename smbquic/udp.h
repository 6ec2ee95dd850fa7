/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * udp.h - a UDP socket that moves datagrams in trains.
 *
 * A train is a row of datagrams of one size (the last may be shorter) that
 * share addresses and ECN mark and lie one behind the other in memory. Where
 * the kernel can (UDP_SEGMENT, UDP_GRO) a whole train costs one system call;
 * where it cannot, the same calls work datagram by datagram.
 *
 * SMBQUIC_UDP_OFFLOAD=0 in the environment turns trains off, for packet
 * captures: they would show a train as one large packet.
 *
 * Datagrams are never fragmented by IP: the caller discovers the path's MTU
 * (RFC 9000 14). One that is too large for the path is lost, as a router
 * would lose it.
 *
 * Non-blocking; errors are errno values. Knows nothing of QUIC.
 */
#ifndef SMBQUIC_UDP_H
#define SMBQUIC_UDP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <talloc.h>

/** Room that udp_recv wants and more than a train ever needs. */
#define UDP_TRAIN_MAX 65536u
/** The longest train that goes out in one piece. */
#define UDP_TRAIN_SEND 65507u

union udp_address {
	struct sockaddr sa;
	struct sockaddr_in in;
	struct sockaddr_in6 in6;
};

struct udp_train {
	union udp_address local; /**< sa_family AF_UNSPEC: let it choose */
	union udp_address peer;
	uint8_t ecn;	/**< two bits of the IP header */
	size_t segment; /**< size of each datagram but the last */
	size_t len;	/**< bytes in all */
	uint8_t *data;	/**< borrowed */
};

/** A talloc object; its destructor closes the socket. */
struct udp_socket;

/**
 * Bind to an address and wait for anyone (a server).
 *
 * @param why  out: on failure a sentence, child of mem_ctx.
 * @return 0, or EADDRINUSE, EACCES, EADDRNOTAVAIL, ...
 */
int udp_listen(TALLOC_CTX *mem_ctx, const struct sockaddr *addr,
	       socklen_t addr_len, struct udp_socket **out, char **why);

/** The same with a socket that somebody else has bound. It is ours from here
 *  on, whatever happens. */
int udp_adopt(TALLOC_CTX *mem_ctx, int fd, struct udp_socket **out, char **why);

/** A socket that somebody else has bound becomes the first of several with its
 *  address, if the kernel lets us. */
void udp_share(struct udp_socket *s, bool yes);

/** Does it hear what a socket of ours with its address would: one family, every
 *  device, our own network namespace? */
bool udp_is_like_ours(const struct udp_socket *s);

/** As udp_listen(), as the first of several sockets with this address. */
int udp_listen_first(TALLOC_CTX *mem_ctx, const struct sockaddr *addr,
		     socklen_t addr_len, struct udp_socket **out, char **why);
/** A further one. */
int udp_listen_beside(TALLOC_CTX *mem_ctx, const struct sockaddr *addr,
		      socklen_t addr_len, struct udp_socket **out, char **why);
/**
 * Distribute what comes to sockets that share an address: datagrams whose
 * first bit is set go to the first one, others to one of the count that
 * followed it, to number (the big-endian 16 bits behind the first byte, XOR
 * mask) modulo count. Call it for the first, when all are there.
 *
 * @return false: this kernel cannot; then they come anywhere.
 */
bool udp_steer(struct udp_socket *s, uint16_t mask, unsigned count);

/** Talk to one address only (a client). ICMP errors come back as errors of
 *  udp_recv and udp_send. @return 0, or ENETUNREACH, EHOSTUNREACH, ... */
int udp_connect(TALLOC_CTX *mem_ctx, const struct sockaddr *peer,
		socklen_t peer_len, struct udp_socket **out, char **why);
/** Likewise from that address of ours (its port does not matter), and through
 *  that device where we may choose. */
int udp_connect_from(TALLOC_CTX *mem_ctx, const union udp_address *from,
		     const char *device, const struct sockaddr *peer,
		     socklen_t peer_len, struct udp_socket **out, char **why);

/**
 * Give a socket's buffers room for that many bytes, as far as we may. What is
 * larger stays. Sockets above have 4 MiB; to receive, those of udp_connect()
 * have 16.
 *
 * @param listens  whether it is a server's: what is missing is said once, at
 *                 level notice, with the sysctl that helps; else at info.
 */
void udp_enlarge(int fd, int receive, int send, bool listens);

int udp_fd(const struct udp_socket *s);
/** The address that is bound, port filled in. */
const union udp_address *udp_local(const struct udp_socket *s);

/** Turn trains in one system call off, as on a kernel without them. */
void udp_without_offload(struct udp_socket *s);

/**
 * Receive one train.
 *
 * @param buf  room for UDP_TRAIN_MAX bytes; out->data points into it.
 * @return 0; EAGAIN nothing there; ECONNREFUSED, EHOSTUNREACH, ... what ICMP
 *         said of an earlier datagram.
 */
int udp_recv(struct udp_socket *s, uint8_t *buf, struct udp_train *out);

/**
 * Send a train. What the path refuses (EMSGSIZE, EPERM, no buffers) counts as
 * sent: it is lost like any datagram.
 *
 * @param sent  out: bytes that are gone. After EAGAIN the rest waits until
 *              the socket is writable.
 * @return 0; EAGAIN; ECONNREFUSED, ENETUNREACH, ...
 */
int udp_send(struct udp_socket *s, const struct udp_train *train, size_t *sent);

/** The largest datagram that the first hop towards peer takes. */
size_t udp_max_payload(const struct sockaddr *peer);

/** The length that belongs to the address's family; 0: neither v4 nor v6. */
socklen_t udp_address_len(const union udp_address *a);
bool udp_address_set(union udp_address *a, const struct sockaddr *sa,
		     socklen_t len);

#endif
