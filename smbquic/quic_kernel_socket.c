/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * quic_kernel_socket.c - what is said to the kernel's QUIC socket, and how.
 * The socket's interface is not part of any released kernel: the numbers and
 * structures stand here and nowhere else. Structures are sent with zeros where
 * we have nothing to say, and a longer one of a later kernel does no harm.
 */
#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "smbquic/quic_kernel_private.h"

#define PROTOCOL_QUIC 261
#define SOL_QUIC      288

/* Options. */
enum {
	OPT_EVENT = 0,
	OPT_STREAM_OPEN = 1,
	OPT_CONNECTION_CLOSE = 5,
	OPT_KEY_UPDATE = 7,
	OPT_TRANSPORT_PARAM = 8,
	OPT_CONFIG = 9,
	OPT_ALPN = 11,
	OPT_SESSION_TICKET = 12,
	OPT_CRYPTO_SECRET = 13,
	OPT_TRANSPORT_PARAM_EXT = 14,
};

/* Ancillary data. */
enum { CMSG_STREAM = 0, CMSG_CRYPTO = 1 };

/* Flags of a message, and of a stream: bits of MSG_ with other meanings. */
#define FLAG_STREAM_FIN	     0x200u   /* MSG_FIN */
#define FLAG_STREAM_DONTWAIT 0x10000u /* MSG_WAITFORONE */
#define FLAG_DATAGRAM	     0x1000   /* MSG_RST */
#define FLAG_EVENT	     0x8000   /* MSG_MORE */

#define IOCTL_UNACKED 0x5411 /* SIOCOUTQ */

#define CONGESTION_CUBIC 1

/* Path MTU discovery by probes (RFC 8899), which is off else: without it a path
 * that takes less than the first hop, and whose ICMP is lost, swallows all
 * large packets for ever. The least that the kernel takes. It does not help
 * what was put into frames before: the driver does not make them smaller, so a
 * connection whose path shrinks in the middle is stuck with them. */
#define MTU_PROBE_INTERVAL_US 5000000u

/* Bounds of the kernel's. */
#define WINDOW_STREAM_MAX 268435455u
#define WINDOW_MAX	  536870911u

struct stream_info {
	int64_t stream_id;
	uint32_t flags;
	uint32_t reserved;
};

struct event_option {
	uint8_t type;
	uint8_t on;
};

struct close_option {
	uint32_t code;
	uint8_t frame;
	uint8_t reserved[3];
	char phrase[64];
};

struct secret_option {
	uint8_t send;
	uint8_t level;
	uint16_t reserved;
	uint32_t cipher;
	uint8_t secret[48];
};

struct param_option {
	uint8_t remote;
	uint8_t disable_active_migration;
	uint8_t grease_quic_bit;
	uint8_t stateless_reset;
	uint8_t disable_1rtt_encryption;
	uint8_t disable_compatible_version;
	uint8_t active_connection_id_limit;
	uint8_t ack_delay_exponent;
	uint16_t max_datagram_frame_size;
	uint16_t max_udp_payload_size;
	uint32_t max_idle_timeout_us;
	uint32_t max_ack_delay_us;
	uint16_t max_streams_bidi;
	uint16_t max_streams_uni;
	uint64_t max_data;
	uint64_t max_stream_data_bidi_local;
	uint64_t max_stream_data_bidi_remote;
	uint64_t max_stream_data_uni;
};

struct config_option {
	uint32_t version;
	uint32_t mtu_probe_interval_us;
	uint32_t initial_rtt_us;
	uint32_t cipher_hint;
	uint8_t congestion;
	uint8_t validate_peer_address;
	uint8_t stream_data_nodelay;
	uint8_t ticket_hint;
	uint8_t certificate_hint;
	uint8_t reserved[3];
	uint32_t keepalive_us;
};

_Static_assert(sizeof(struct stream_info) == 16, "layout");
_Static_assert(sizeof(struct event_option) == 2, "layout");
_Static_assert(sizeof(struct close_option) == 72, "layout");
_Static_assert(sizeof(struct secret_option) == 56, "layout");
_Static_assert(sizeof(struct param_option) == 56, "layout");
_Static_assert(sizeof(struct config_option) == 28, "layout");

/* Room for one ancillary message of ours. */
union control {
	struct cmsghdr align;
	uint8_t room[CMSG_SPACE(sizeof(struct stream_info)) + 64];
};

static int set(int fd, int option, const void *value, size_t len)
{
	return setsockopt(fd, SOL_QUIC, option, value, (socklen_t)len) == 0
		       ? 0
		       : errno;
}

/* --- before the handshake --------------------------------------------------
 */

int qk_socket(int family)
{
	return socket(family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC,
		      PROTOCOL_QUIC);
}

static size_t bounded(size_t value, size_t max)
{
	return value < max ? value : max;
}

static int set_parameters(int fd, const struct qk_config *c)
{
	/* MS-SMB2 2.1: one stream, which the client opens; none is not to be
	 * had. */
	const struct param_option p = {
		.grease_quic_bit = 1,
		.stateless_reset = c->server,
		.max_idle_timeout_us = c->idle_timeout_ms * 1000u,
		.max_streams_bidi = 1,
		.max_streams_uni = 1,
		.max_data = bounded(c->stream_window + c->stream_window / 2,
				    WINDOW_MAX),
		.max_stream_data_bidi_local =
			bounded(c->stream_window, WINDOW_STREAM_MAX),
		.max_stream_data_bidi_remote =
			bounded(c->stream_window, WINDOW_STREAM_MAX),
	};

	return set(fd, OPT_TRANSPORT_PARAM, &p, sizeof(p));
}

int qk_configure(int fd, const struct qk_config *c)
{
	static const uint8_t events[] = {QK_EVENT_STREAM_UPDATE,
					 QK_EVENT_STREAM_MAX_DATA,
					 QK_EVENT_CLOSE, QK_EVENT_TICKET};
	const struct config_option o = {
		.version = c->version_2 ? NGTCP2_PROTO_VER_V2 : 0,
		.mtu_probe_interval_us = MTU_PROBE_INTERVAL_US,
		.initial_rtt_us = c->first_rtt_ms * 1000u,
		.congestion = CONGESTION_CUBIC,
		.validate_peer_address = c->validate_addresses,
		/* else a small message waits for the acknowledgement of the
		 * one before */
		.stream_data_nodelay = 1,
		.keepalive_us = c->keepalive_ms * 1000u,
	};
	int err = set_parameters(fd, c);

	if (err == 0) {
		err = set(fd, OPT_CONFIG, &o, sizeof(o));
	}
	for (size_t i = 0; i < sizeof(events) && err == 0; i++) {
		const struct event_option e = {.type = events[i], .on = 1};

		err = set(fd, OPT_EVENT, &e, sizeof(e));
	}
	return err;
}

int qk_set_alpn(int fd, const char *name)
{
	return set(fd, OPT_ALPN, name, strlen(name));
}

/* --- the handshake ---------------------------------------------------------
 */

ssize_t qk_local_parameters(int fd, uint8_t *buf, size_t size)
{
	socklen_t len = (socklen_t)size;

	if (getsockopt(fd, SOL_QUIC, OPT_TRANSPORT_PARAM_EXT, buf, &len) != 0) {
		return -1;
	}
	return (ssize_t)len;
}

int qk_remote_parameters(int fd, const uint8_t *data, size_t len)
{
	return set(fd, OPT_TRANSPORT_PARAM_EXT, data, len);
}

/* The kernel's number for a cipher, that of its TLS; 0: none. */
static uint32_t cipher_number(gnutls_cipher_algorithm_t cipher)
{
	switch (cipher) {
	case GNUTLS_CIPHER_AES_128_GCM: return 51;
	case GNUTLS_CIPHER_AES_256_GCM: return 52;
	case GNUTLS_CIPHER_AES_128_CCM: return 53;
	case GNUTLS_CIPHER_CHACHA20_POLY1305: return 54;
	default: return 0;
	}
}

int qk_set_secret(int fd, enum qk_level level, bool send,
		  gnutls_cipher_algorithm_t cipher, const void *secret,
		  size_t len)
{
	struct secret_option s = {
		.send = send,
		.level = (uint8_t)level,
		.cipher = cipher_number(cipher),
	};
	int err = 0;

	if (s.cipher == 0 || len > sizeof(s.secret)) {
		return ENOTSUP;
	}
	memcpy(s.secret, secret, len);
	err = set(fd, OPT_CRYPTO_SECRET, &s, sizeof(s));
	gnutls_memset(&s, 0, sizeof(s));
	return err;
}

unsigned qk_remote_idle_ms(int fd)
{
	struct param_option p = {.remote = 1};
	socklen_t len = sizeof(p);

	if (getsockopt(fd, SOL_QUIC, OPT_TRANSPORT_PARAM, &p, &len) != 0) {
		return 0;
	}
	return p.max_idle_timeout_us / 1000;
}

int qk_new_keys(int fd)
{
	return set(fd, OPT_KEY_UPDATE, NULL, 0);
}

ssize_t qk_get_ticket(int fd, uint8_t *buf, size_t size)
{
	socklen_t len = (socklen_t)size;

	if (getsockopt(fd, SOL_QUIC, OPT_SESSION_TICKET, buf, &len) != 0) {
		return -1;
	}
	return (ssize_t)len;
}

/* Attach the one ancillary message. */
static void attach(struct msghdr *msg, union control *control, int type,
		   const void *value, size_t len)
{
	struct cmsghdr *c = NULL;

	memset(control, 0, sizeof(*control));
	msg->msg_control = control;
	msg->msg_controllen = CMSG_SPACE(len);
	c = CMSG_FIRSTHDR(msg);
	c->cmsg_level = SOL_QUIC;
	c->cmsg_type = type;
	c->cmsg_len = CMSG_LEN(len);
	memcpy(CMSG_DATA(c), value, len);
}

ssize_t qk_send_crypto(int fd, enum qk_level level, const void *data,
		       size_t len, bool more)
{
	union control control;
	const uint8_t value = (uint8_t)level;
	struct iovec iov = {.iov_base = (void *)(uintptr_t)data,
			    .iov_len = len};
	struct msghdr msg = {.msg_iov = &iov, .msg_iovlen = 1};

	attach(&msg, &control, CMSG_CRYPTO, &value, sizeof(value));
	return sendmsg(fd, &msg,
		       MSG_NOSIGNAL | MSG_DONTWAIT | (more ? MSG_MORE : 0));
}

/* --- receiving -------------------------------------------------------------
 */

static void read_cmsg(const struct cmsghdr *c, struct qk_message *out)
{
	struct stream_info info = {0};

	if (c->cmsg_level != SOL_QUIC) {
		return;
	}
	if (c->cmsg_type == CMSG_STREAM &&
	    c->cmsg_len >= CMSG_LEN(sizeof(info))) {
		memcpy(&info, CMSG_DATA(c), sizeof(info));
		out->kind = QK_STREAM;
		out->stream_id = info.stream_id;
		out->fin = (info.flags & FLAG_STREAM_FIN) != 0;
	} else if (c->cmsg_type == CMSG_CRYPTO &&
		   c->cmsg_len >= CMSG_LEN(sizeof(uint8_t))) {
		out->kind = QK_CRYPTO;
		out->level = *CMSG_DATA(c);
	}
}

int qk_receive(int fd, struct iovec *iov, int count, struct qk_message *out)
{
	union control control;
	struct msghdr msg = {.msg_iov = iov,
			     .msg_iovlen = (size_t)count,
			     .msg_control = &control,
			     .msg_controllen = sizeof(control)};
	struct cmsghdr *c = NULL;
	ssize_t n = 0;

	*out = (struct qk_message){.kind = QK_OTHER};
	do {
		n = recvmsg(fd, &msg, MSG_DONTWAIT);
	} while (n == -1 && errno == EINTR);
	if (n == -1) {
		return errno == EWOULDBLOCK ? EAGAIN : errno;
	}
	out->len = (size_t)n;
	if ((msg.msg_flags & FLAG_EVENT) != 0) {
		out->kind = QK_EVENT;
		return 0;
	}
	if ((msg.msg_flags & FLAG_DATAGRAM) != 0) {
		return 0;
	}
	for (c = CMSG_FIRSTHDR(&msg); c != NULL; c = CMSG_NXTHDR(&msg, c)) {
		read_cmsg(c, out);
	}
	return 0;
}

/* --- the stream ------------------------------------------------------------
 */

int qk_open_stream(int fd, int64_t *id)
{
	struct stream_info info = {.stream_id = -1,
				   .flags = FLAG_STREAM_DONTWAIT};
	socklen_t len = sizeof(info);

	if (getsockopt(fd, SOL_QUIC, OPT_STREAM_OPEN, &info, &len) != 0) {
		return errno;
	}
	*id = info.stream_id;
	return 0;
}

/* Never MSG_MORE: what is held back so is not sent by what follows. And
 * MSG_DONTWAIT alone does not keep the call from waiting for the peer's limit
 * of streams. */
ssize_t qk_send_stream(int fd, int64_t id, const struct iovec *iov, int count,
		       bool fin)
{
	union control control;
	const struct stream_info info = {
		.stream_id = id,
		.flags = FLAG_STREAM_DONTWAIT | (fin ? FLAG_STREAM_FIN : 0),
	};
	struct msghdr msg = {
		.msg_iov = (struct iovec *)(uintptr_t)iov,
		.msg_iovlen = (size_t)(count < IOV_MAX ? count : IOV_MAX),
	};
	ssize_t n = 0;

	attach(&msg, &control, CMSG_STREAM, &info, sizeof(info));
	do {
		n = sendmsg(fd, &msg, MSG_NOSIGNAL | MSG_DONTWAIT);
	} while (n == -1 && errno == EINTR);
	return n;
}

/* --- the end ---------------------------------------------------------------
 */

bool qk_poll(int fd, short events)
{
	struct pollfd p = {.fd = fd, .events = events};

	return poll(&p, 1, 0) == 1 && (p.revents & events) != 0;
}

bool qk_is_over(int fd)
{
	return qk_poll(fd, POLLHUP);
}

int qk_unacknowledged(int fd)
{
	int bytes = 0;

	return ioctl(fd, IOCTL_UNACKED, &bytes) == 0 ? bytes : 0;
}

void qk_get_close(int fd, struct qk_close *out)
{
	struct close_option o = {0};
	socklen_t len = sizeof(o);

	*out = (struct qk_close){0};
	if (getsockopt(fd, SOL_QUIC, OPT_CONNECTION_CLOSE, &o, &len) != 0) {
		return;
	}
	out->code = o.code;
	out->frame = o.frame;
	snprintf(out->phrase, sizeof(out->phrase), "%.*s",
		 (int)sizeof(o.phrase) - 1, o.phrase);
}

void qk_close(int fd, uint32_t code, const char *phrase)
{
	struct close_option o = {.code = code};

	if (phrase != NULL) {
		snprintf(o.phrase, sizeof(o.phrase), "%s", phrase);
	}
	set(fd, OPT_CONNECTION_CLOSE, &o, sizeof(o));
	shutdown(fd, SHUT_RDWR);
}
