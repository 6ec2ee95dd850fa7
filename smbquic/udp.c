/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * udp.c - trains of datagrams over one socket.
 */
#define LOG_MODULE "udp"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <linux/filter.h>
#include <net/if.h>
#include <netinet/ip.h>
#include <netinet/udp.h>

#include "smbquic/log.h"
#include "smbquic/transport.h"
#include "smbquic/udp.h"

/* linux/udp.h and linux/in6.h values that older C libraries lack */
#define UDP_OPT_SEGMENT 103
#define UDP_OPT_GRO	104

#define ECN_MASK     0x3
#define IPV4_HEADERS 28u /* IPv4 and UDP */
#define IPV6_HEADERS 48u

/* UDP_MAX_SEGMENTS of Linux before 6.9 */
#define TRAIN_SEGMENTS 64u

/* Datagrams a call without UDP_SEGMENT */
#define BATCH 32u

/* Of whole servers, whose queue must not grow old, and of one connection: a
 * fast link fills 4 MiB within the time that a busy machine lets us wait. */
#define SOCKET_BUFFER  (4 << 20)
#define RECEIVE_BUFFER (16 << 20)

struct udp_socket {
	int fd;
	bool connected;
	bool segment; /* UDP_SEGMENT works */
	union udp_address local;
};

union control {
	struct cmsghdr align;
	uint8_t buf[CMSG_SPACE(sizeof(struct in6_pktinfo)) +
		    2 * CMSG_SPACE(sizeof(int))];
};

socklen_t udp_address_len(const union udp_address *a)
{
	switch (a->sa.sa_family) {
	case AF_INET: return sizeof(a->in);
	case AF_INET6: return sizeof(a->in6);
	default: return 0;
	}
}

bool udp_address_set(union udp_address *a, const struct sockaddr *sa,
		     socklen_t len)
{
	*a = (union udp_address){0};
	if (len > sizeof(*a)) {
		return false;
	}
	memcpy(a, sa, len);
	return udp_address_len(a) != 0 && len >= udp_address_len(a);
}

/* --- opening ------------------------------------------------------------- */

static int udp_destructor(struct udp_socket *s)
{
	close(s->fd);
	return 0;
}

static bool set_int(int fd, int level, int option, int value)
{
	return setsockopt(fd, level, option, &value, sizeof(value)) == 0;
}

/* A packet capture sees a train as one packet, which no dissector can read. */
static bool offload_wanted(void)
{
	const char *value = secure_getenv("SMBQUIC_UDP_OFFLOAD");

	return value == NULL || strcmp(value, "0") != 0;
}

static void set_options(struct udp_socket *s, bool listens)
{
	int fd = s->fd;

	if (s->local.sa.sa_family == AF_INET) {
		set_int(fd, IPPROTO_IP, IP_PKTINFO, 1);
		set_int(fd, IPPROTO_IP, IP_RECVTOS, 1);
		set_int(fd, IPPROTO_IP, IP_MTU_DISCOVER, IP_PMTUDISC_PROBE);
	} else {
		set_int(fd, IPPROTO_IPV6, IPV6_V6ONLY, 1);
		set_int(fd, IPPROTO_IPV6, IPV6_RECVPKTINFO, 1);
		set_int(fd, IPPROTO_IPV6, IPV6_RECVTCLASS, 1);
		set_int(fd, IPPROTO_IPV6, IPV6_MTU_DISCOVER,
			IPV6_PMTUDISC_PROBE);
	}
	udp_enlarge(fd, listens ? SOCKET_BUFFER : RECEIVE_BUFFER, SOCKET_BUFFER,
		    listens);
	if (offload_wanted()) {
		set_int(fd, IPPROTO_UDP, UDP_OPT_GRO, 1);
		s->segment = set_int(fd, IPPROTO_UDP, UDP_OPT_SEGMENT, 0);
	}
}

static int udp_open(TALLOC_CTX *mem_ctx, const struct sockaddr *addr,
		    socklen_t addr_len, bool listens, struct udp_socket **out,
		    char **why)
{
	struct udp_socket *s = talloc_zero(mem_ctx, struct udp_socket);

	if (s == NULL) {
		return ENOMEM;
	}
	if (!udp_address_set(&s->local, addr, addr_len)) {
		talloc_free(s);
		return EAFNOSUPPORT;
	}
	s->fd = socket(addr->sa_family,
		       SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (s->fd == -1) {
		int err = errno;

		*why = talloc_asprintf(mem_ctx, "cannot make a UDP socket: %s",
				       strerror(err));
		talloc_free(s);
		return err;
	}
	talloc_set_destructor(s, udp_destructor);
	set_options(s, listens);
	*out = s;
	return 0;
}

/* Why nothing can be bound there, and the way out. */
static int udp_listen_failed(struct udp_socket **s, TALLOC_CTX *mem_ctx,
			     const struct sockaddr *addr, char **why)
{
	const char *at = transport_address_string(addr);
	int err = errno;

	switch (err) {
	case EADDRINUSE:
		*why = talloc_asprintf(
			mem_ctx,
			"UDP %s is in use by another program ('ss -lunp' "
			"tells which)",
			at);
		break;
	case EACCES:
		*why = talloc_asprintf(mem_ctx,
				       "UDP %s: a port below 1024 needs root "
				       "or CAP_NET_BIND_SERVICE",
				       at);
		break;
	default:
		*why = talloc_asprintf(mem_ctx, "cannot listen on %s/udp: %s",
				       at, strerror(err));
		break;
	}
	TALLOC_FREE(*s);
	return err;
}

static int udp_open_failed(struct udp_socket **s, TALLOC_CTX *mem_ctx,
			   const char *what, const struct sockaddr *addr,
			   char **why)
{
	int err = errno;

	*why = talloc_asprintf(mem_ctx, "%s %s/udp: %s", what,
			       transport_address_string(addr), strerror(err));
	TALLOC_FREE(*s);
	return err;
}

/* What the socket is bound to now. */
static bool learn_local(struct udp_socket *s)
{
	socklen_t len = sizeof(s->local);

	return getsockname(s->fd, &s->local.sa, &len) == 0;
}

static int bind_to(TALLOC_CTX *mem_ctx, const struct sockaddr *addr,
		   socklen_t addr_len, bool shared, struct udp_socket **out,
		   char **why)
{
	int err = udp_open(mem_ctx, addr, addr_len, true, out, why);

	if (err != 0) {
		return err;
	}
	if ((shared && !set_int((*out)->fd, SOL_SOCKET, SO_REUSEPORT, 1)) ||
	    bind((*out)->fd, addr, addr_len) != 0 || !learn_local(*out)) {
		return udp_listen_failed(out, mem_ctx, addr, why);
	}
	return 0;
}

int udp_listen(TALLOC_CTX *mem_ctx, const struct sockaddr *addr,
	       socklen_t addr_len, struct udp_socket **out, char **why)
{
	return bind_to(mem_ctx, addr, addr_len, false, out, why);
}

/* Sockets that share an address do not notice that another program is there
 * already: one that does not share it does. */
int udp_listen_first(TALLOC_CTX *mem_ctx, const struct sockaddr *addr,
		     socklen_t addr_len, struct udp_socket **out, char **why)
{
	int err = udp_listen(mem_ctx, addr, addr_len, out, why);

	if (err != 0) {
		return err;
	}
	TALLOC_FREE(*out);
	return bind_to(mem_ctx, addr, addr_len, true, out, why);
}

int udp_listen_beside(TALLOC_CTX *mem_ctx, const struct sockaddr *addr,
		      socklen_t addr_len, struct udp_socket **out, char **why)
{
	return bind_to(mem_ctx, addr, addr_len, true, out, why);
}

void udp_share(struct udp_socket *s, bool yes)
{
	(void)set_int(s->fd, SOL_SOCKET, SO_REUSEPORT, yes);
}

/* Unknown, on an old kernel: 0. */
static uint64_t network_of(int fd)
{
	uint64_t cookie = 0;
	socklen_t len = sizeof(cookie);

	return getsockopt(fd, SOL_SOCKET, SO_NETNS_COOKIE, &cookie, &len) == 0
		       ? cookie
		       : 0;
}

static bool is_of_this_network(const struct udp_socket *s)
{
	int fd = socket(s->local.sa.sa_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	bool yes = fd != -1 && network_of(fd) == network_of(s->fd);

	if (fd != -1) {
		close(fd);
	}
	return yes;
}

bool udp_is_like_ours(const struct udp_socket *s)
{
	char device[IFNAMSIZ] = "";
	socklen_t len = sizeof(device);
	int only = 1;
	socklen_t only_len = sizeof(only);

	if (getsockopt(s->fd, SOL_SOCKET, SO_BINDTODEVICE, device, &len) == 0 &&
	    device[0] != '\0') {
		return false;
	}
	if (s->local.sa.sa_family == AF_INET6 &&
	    (getsockopt(s->fd, IPPROTO_IPV6, IPV6_V6ONLY, &only, &only_len) !=
		     0 ||
	     only == 0)) {
		return false;
	}
	return is_of_this_network(s);
}

bool udp_steer(struct udp_socket *s, uint16_t mask, unsigned count)
{
	/* Offsets count from behind the UDP header; a load beyond the end
	 * ends the program with 0. */
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 0),
		BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, 0x80, 5, 0),
		BPF_STMT(BPF_LD | BPF_H | BPF_ABS, 1),
		BPF_STMT(BPF_ALU | BPF_XOR | BPF_K, mask),
		BPF_STMT(BPF_ALU | BPF_MOD | BPF_K, count),
		BPF_STMT(BPF_ALU | BPF_ADD | BPF_K, 1),
		BPF_STMT(BPF_RET | BPF_A, 0),
		BPF_STMT(BPF_RET | BPF_K, 0),
	};
	struct sock_fprog program;

	memset(&program, 0, sizeof(program)); /* what pads it, too */
	program.len = sizeof(code) / sizeof(code[0]);
	program.filter = code;
	return setsockopt(s->fd, SOL_SOCKET, SO_ATTACH_REUSEPORT_CBPF, &program,
			  sizeof(program)) == 0;
}

int udp_adopt(TALLOC_CTX *mem_ctx, int fd, struct udp_socket **out, char **why)
{
	struct udp_socket *s = talloc_zero(mem_ctx, struct udp_socket);

	if (s == NULL) {
		close(fd);
		return ENOMEM;
	}
	s->fd = fd;
	talloc_set_destructor(s, udp_destructor);
	if (fcntl(fd, F_SETFD, FD_CLOEXEC) == -1 ||
	    fcntl(fd, F_SETFL, O_NONBLOCK) == -1 || !learn_local(s)) {
		int err = errno;

		*why = talloc_asprintf(mem_ctx,
				       "descriptor %d cannot be used: %s", fd,
				       strerror(err));
		talloc_free(s);
		return err;
	}
	set_options(s, true);
	*out = s;
	return 0;
}

int udp_connect_from(TALLOC_CTX *mem_ctx, const union udp_address *from,
		     const char *device, const struct sockaddr *peer,
		     socklen_t peer_len, struct udp_socket **out, char **why)
{
	union udp_address any = *from;
	int err = udp_open(mem_ctx, peer, peer_len, false, out, why);

	if (err != 0) {
		return err;
	}
	if (any.sa.sa_family == AF_INET) {
		any.in.sin_port = 0;
	} else {
		any.in6.sin6_port = 0;
	}
	(*out)->connected = true;
	/* without the right to it the routes decide */
	(void)setsockopt((*out)->fd, SOL_SOCKET, SO_BINDTODEVICE, device,
			 (socklen_t)strlen(device));
	if (bind((*out)->fd, &any.sa, udp_address_len(&any)) != 0 ||
	    connect((*out)->fd, peer, peer_len) != 0 || !learn_local(*out)) {
		return udp_open_failed(out, mem_ctx, "cannot reach", peer, why);
	}
	return 0;
}

int udp_connect(TALLOC_CTX *mem_ctx, const struct sockaddr *peer,
		socklen_t peer_len, struct udp_socket **out, char **why)
{
	int err = udp_open(mem_ctx, peer, peer_len, false, out, why);

	if (err != 0) {
		return err;
	}
	(*out)->connected = true;
	if (connect((*out)->fd, peer, peer_len) != 0 || !learn_local(*out)) {
		return udp_open_failed(out, mem_ctx, "cannot reach", peer, why);
	}
	return 0;
}

int udp_fd(const struct udp_socket *s)
{
	return s->fd;
}

const union udp_address *udp_local(const struct udp_socket *s)
{
	return &s->local;
}

void udp_without_offload(struct udp_socket *s)
{
	s->segment = false;
	set_int(s->fd, IPPROTO_UDP, UDP_OPT_GRO, 0);
}

/* --- receiving ----------------------------------------------------------- */

static int cmsg_int(const struct cmsghdr *c)
{
	int value = 0;

	if (c->cmsg_len < CMSG_LEN(sizeof(int))) {
		return *CMSG_DATA(c); /* IP_TOS comes as one byte */
	}
	memcpy(&value, CMSG_DATA(c), sizeof(value));
	return value;
}

static void read_ipv6_pktinfo(const struct cmsghdr *c, union udp_address *a)
{
	struct in6_pktinfo info;

	memcpy(&info, CMSG_DATA(c), sizeof(info));
	a->in6.sin6_addr = info.ipi6_addr;
	if (IN6_IS_ADDR_LINKLOCAL(&info.ipi6_addr)) {
		a->in6.sin6_scope_id = info.ipi6_ifindex;
	}
}

static void read_ipv4_pktinfo(const struct cmsghdr *c, union udp_address *a)
{
	struct in_pktinfo info;

	memcpy(&info, CMSG_DATA(c), sizeof(info));
	a->in.sin_addr = info.ipi_addr;
}

static void read_cmsg(const struct cmsghdr *c, struct udp_train *out)
{
	if (c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_PKTINFO) {
		read_ipv4_pktinfo(c, &out->local);
		return;
	}
	if (c->cmsg_level == IPPROTO_IPV6 && c->cmsg_type == IPV6_PKTINFO) {
		read_ipv6_pktinfo(c, &out->local);
		return;
	}
	if ((c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_TOS) ||
	    (c->cmsg_level == IPPROTO_IPV6 && c->cmsg_type == IPV6_TCLASS)) {
		out->ecn = cmsg_int(c) & ECN_MASK;
		return;
	}
	if (c->cmsg_level == IPPROTO_UDP && c->cmsg_type == UDP_OPT_GRO) {
		out->segment = (size_t)cmsg_int(c);
	}
}

int udp_recv(struct udp_socket *s, uint8_t *buf, struct udp_train *out)
{
	union control control;
	struct iovec iov = {.iov_base = buf, .iov_len = UDP_TRAIN_MAX};
	struct msghdr msg = {.msg_name = &out->peer,
			     .msg_namelen = sizeof(out->peer),
			     .msg_iov = &iov,
			     .msg_iovlen = 1,
			     .msg_control = &control,
			     .msg_controllen = sizeof(control)};
	struct cmsghdr *c = NULL;
	ssize_t n = 0;

	*out = (struct udp_train){.data = buf, .local = s->local};
	do {
		n = recvmsg(s->fd, &msg, 0);
	} while (n == -1 && errno == EINTR);
	if (n == -1) {
		return errno == EWOULDBLOCK ? EAGAIN : errno;
	}
	for (c = CMSG_FIRSTHDR(&msg); c != NULL; c = CMSG_NXTHDR(&msg, c)) {
		read_cmsg(c, out);
	}
	/* A datagram that was cut short is no datagram of ours. */
	out->len = (msg.msg_flags & MSG_TRUNC) != 0 ? 0 : (size_t)n;
	if (out->segment == 0 || out->segment > out->len) {
		out->segment = out->len;
	}
	return 0;
}

/* --- sending ------------------------------------------------------------- */

static void add_cmsg(struct msghdr *msg, int level, int type, const void *data,
		     size_t len)
{
	struct cmsghdr *c = NULL;
	uint8_t *base = msg->msg_control;

	/* The room is that of union control, checked by its definition. */
	c = (struct cmsghdr *)(void *)(base + msg->msg_controllen);
	c->cmsg_level = level;
	c->cmsg_type = type;
	c->cmsg_len = CMSG_LEN(len);
	memcpy(CMSG_DATA(c), data, len);
	msg->msg_controllen += CMSG_SPACE(len);
}

/* Answer from the address that was asked. */
static void add_source(struct msghdr *msg, const union udp_address *local)
{
	struct in_pktinfo info4 = {0};
	struct in6_pktinfo info6 = {0};

	if (local->sa.sa_family == AF_INET) {
		info4.ipi_spec_dst = local->in.sin_addr;
		add_cmsg(msg, IPPROTO_IP, IP_PKTINFO, &info4, sizeof(info4));
		return;
	}
	if (local->sa.sa_family == AF_INET6) {
		info6.ipi6_addr = local->in6.sin6_addr;
		info6.ipi6_ifindex = local->in6.sin6_scope_id;
		add_cmsg(msg, IPPROTO_IPV6, IPV6_PKTINFO, &info6,
			 sizeof(info6));
	}
}

static void add_ecn(const struct udp_socket *s, struct msghdr *msg,
		    const struct udp_train *t)
{
	int tos = t->ecn;

	if (tos == 0) {
		return;
	}
	if (s->local.sa.sa_family == AF_INET) {
		add_cmsg(msg, IPPROTO_IP, IP_TOS, &tos, sizeof(tos));
		return;
	}
	add_cmsg(msg, IPPROTO_IPV6, IPV6_TCLASS, &tos, sizeof(tos));
}

/* Addresses and marks, the same for every datagram of a train. */
static void fill_header(const struct udp_socket *s, const struct udp_train *t,
			union control *control, struct msghdr *msg)
{
	*control = (union control){0};
	*msg = (struct msghdr){.msg_control = control};
	if (!s->connected) {
		msg->msg_name = (void *)(uintptr_t)&t->peer;
		msg->msg_namelen = udp_address_len(&t->peer);
		add_source(msg, &t->local);
	}
	add_ecn(s, msg, t);
}

static bool is_loss(int err)
{
	return err == EMSGSIZE || err == EPERM || err == ENOBUFS ||
	       err == ENOMEM;
}

/* One call for many datagrams. @return 0 or errno. */
static int send_segmented(struct udp_socket *s, const struct udp_train *t,
			  uint8_t *data, size_t len)
{
	union control control;
	struct msghdr msg;
	struct iovec iov = {.iov_base = data, .iov_len = len};
	uint16_t segment = (uint16_t)t->segment;
	ssize_t n = 0;

	fill_header(s, t, &control, &msg);
	if (len > t->segment) {
		add_cmsg(&msg, IPPROTO_UDP, UDP_OPT_SEGMENT, &segment,
			 sizeof(segment));
	}
	if (msg.msg_controllen == 0) {
		msg.msg_control = NULL;
	}
	msg.msg_iov = &iov;
	msg.msg_iovlen = 1;
	do {
		n = sendmsg(s->fd, &msg, 0);
	} while (n == -1 && errno == EINTR);
	return n == -1 ? errno : 0;
}

/* One call for up to BATCH datagrams. @return datagrams sent, or -errno. */
static int send_batch(struct udp_socket *s, const struct udp_train *t,
		      uint8_t *data, size_t len)
{
	union control control;
	struct msghdr header;
	struct mmsghdr msgs[BATCH];
	struct iovec iov[BATCH];
	unsigned count = 0;
	int n = 0;

	fill_header(s, t, &control, &header);
	if (header.msg_controllen == 0) {
		header.msg_control = NULL;
	}
	for (count = 0; count < BATCH && len > 0; count++) {
		size_t size = len < t->segment ? len : t->segment;

		iov[count] = (struct iovec){.iov_base = data, .iov_len = size};
		msgs[count] = (struct mmsghdr){.msg_hdr = header};
		msgs[count].msg_hdr.msg_iov = &iov[count];
		msgs[count].msg_hdr.msg_iovlen = 1;
		data += size;
		len -= size;
	}
	do {
		n = sendmmsg(s->fd, msgs, count, 0);
	} while (n == -1 && errno == EINTR);
	return n == -1 ? -errno : n;
}

static size_t min_size(size_t a, size_t b)
{
	return a < b ? a : b;
}

/* @param too_large  out: the path's first hop takes no such datagram. */
static int send_singly(struct udp_socket *s, const struct udp_train *t,
		       size_t *sent, bool *too_large)
{
	while (*sent < t->len) {
		int n = send_batch(s, t, t->data + *sent, t->len - *sent);

		if (n < 0 && !is_loss(-n)) {
			return -n;
		}
		*too_large = *too_large || n == -EMSGSIZE;
		/* The kernel stops at the first that fails. */
		n = n < 1 ? 1 : n;
		*sent = min_size(*sent + (size_t)n * t->segment, t->len);
	}
	return 0;
}

static int send_in_trains(struct udp_socket *s, const struct udp_train *t,
			  size_t *sent)
{
	size_t segments = min_size(TRAIN_SEGMENTS, UDP_TRAIN_SEND / t->segment);
	size_t limit = segments == 0 ? t->len : segments * t->segment;

	while (*sent < t->len) {
		size_t len = min_size(t->len - *sent, limit);
		int err = send_segmented(s, t, t->data + *sent, len);

		if (err != 0 && !is_loss(err)) {
			return err;
		}
		*sent += len;
	}
	return 0;
}

/*
 * EIO: the device cannot checksum a train. EINVAL: something on the way does
 * not know trains, or one datagram alone is too large for this peer's link:
 * then trains to others are still welcome.
 */
int udp_send(struct udp_socket *s, const struct udp_train *t, size_t *sent)
{
	bool too_large = false;
	int err = 0;
	int single = 0;

	*sent = 0;
	if (t->len == 0) {
		return 0;
	}
	if (s->segment) {
		err = send_in_trains(s, t, sent);
		if ((err != EIO && err != EINVAL) || t->len <= t->segment) {
			return err;
		}
	}
	single = send_singly(s, t, sent, &too_large);
	if (err != 0 && !too_large) {
		log_info("no UDP_SEGMENT here (%s): sending datagram by "
			 "datagram",
			 strerror(err));
		s->segment = false;
	}
	return single;
}

/* --- the first hop ------------------------------------------------------- */

static size_t route_mtu(const union udp_address *peer)
{
	bool v4 = peer->sa.sa_family == AF_INET;
	int mtu = 0;
	socklen_t len = sizeof(mtu);
	int fd = socket(peer->sa.sa_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (fd == -1) {
		return 0;
	}
	if (connect(fd, &peer->sa, udp_address_len(peer)) != 0 ||
	    getsockopt(fd, v4 ? IPPROTO_IP : IPPROTO_IPV6,
		       v4 ? IP_MTU : IPV6_MTU, &mtu, &len) != 0) {
		mtu = 0;
	}
	close(fd);
	return mtu < 0 ? 0 : (size_t)mtu;
}

size_t udp_max_payload(const struct sockaddr *peer)
{
	union udp_address a;
	bool v4 = peer->sa_family == AF_INET;
	size_t headers = v4 ? IPV4_HEADERS : IPV6_HEADERS;
	size_t mtu = 0;

	if (!udp_address_set(&a, peer, v4 ? sizeof(a.in) : sizeof(a.in6))) {
		return 0;
	}
	mtu = min_size(route_mtu(&a), UINT16_MAX);
	return mtu > headers ? mtu - headers : 0;
}
