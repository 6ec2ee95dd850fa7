/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * listen.c - where the server listens: every transport of `server smb
 * transports` on every address of `interfaces`.
 */

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>
#include <string.h>
#include <unistd.h>

#include "certs/certmap.h"
#include "server/hosts.h"
#include "server/server.h"
#include "smbquic/systemd.h"
#include "smbquic/threads.h"
#include "smbquic/tls.h"

#define LOG_MODULE "listen"
#include "smbquic/log.h"

/* One address of one transport. Child of the server. */
struct listener {
	struct server *server;
	struct listener *next;
	const char *transport;
	struct transport_listener *handle;
	struct tls_server_policy tls;
};

union address {
	struct sockaddr sa;
	struct sockaddr_in in;
	struct sockaddr_in6 in6;
};

static socklen_t address_len(const union address *address)
{
	return address->sa.sa_family == AF_INET6 ? sizeof(address->in6)
						 : sizeof(address->in);
}

static void on_accept(struct transport *t, void *private_data)
{
	struct listener *listener =
		talloc_get_type_abort(private_data, struct listener);

	conn_new(listener->server, t);
}

static void take_settings(const struct config *config,
			  struct transport_settings *out)
{
	transport_settings_default(out);
	out->handshake_timeout_ms =
		(unsigned)config_int(config, NULL, CONFIG_HANDSHAKE_TIMEOUT);
	out->idle_timeout_ms =
		(unsigned)config_int(config, NULL, CONFIG_IDLE_TIMEOUT);
	out->keepalive_ms =
		(unsigned)config_int(config, NULL, CONFIG_KEEPALIVE);
	out->max_connections =
		(unsigned)config_int(config, NULL, CONFIG_MAX_CONNECTIONS);
	out->max_connections_per_source = (unsigned)config_int(
		config, NULL, CONFIG_MAX_CONNECTIONS_PER_SOURCE);
	out->max_handshakes =
		(unsigned)config_int(config, NULL, CONFIG_MAX_HANDSHAKES);
	out->retry = (enum transport_retry)config_int(config, NULL,
						      CONFIG_QUIC_RETRY);
	out->quic_version =
		(unsigned)config_int(config, NULL, CONFIG_QUIC_VERSION);
	out->early_data = config_bool(config, NULL, CONFIG_EARLY_DATA);
	out->congestion = (enum transport_congestion)config_int(
		config, NULL, CONFIG_CONGESTION_CONTROL);
}

/* @return 0, or an errno value with a sentence in *why. */
static int listen_at(struct server *server, struct threads *threads,
		     const struct config_transport *how, union address *address,
		     int fd, char **why)
{
	struct listener *listener = talloc_zero(server, struct listener);
	struct transport_settings settings = {0};
	struct transport_listen params = {
		.addr = &address->sa,
		.addr_len = address_len(address),
		.fd = fd,
		.settings = &settings,
		.secret = server->secret,
		.threads = threads,
		.tally = &server->metrics.strangers,
		.accept = on_accept,
		.private_data = listener,
	};
	int err = 0;

	if (listener == NULL) {
		return ENOMEM;
	}
	listener->server = server;
	/* a reload frees the configuration, and keeps the listener */
	listener->transport = talloc_strdup(listener, how->name);
	if (listener->transport == NULL) {
		talloc_free(listener);
		return ENOMEM;
	}
	listener->tls.choose = certmap_choose;
	listener->tls.admit = certmap_admit;
	listener->tls.private_data = server->certmap;
	params.tls = &listener->tls;
	take_settings(server->config, &settings);
	err = transport_listen(listener, server->ev,
			       transport_backend_find(how->name, NULL), &params,
			       &listener->handle, why);
	if (err != 0) {
		talloc_steal(server, *why);
		if (err == EADDRINUSE && *why != NULL) {
			*why = talloc_asprintf_append(
				*why, "; choose another port with `server smb "
				      "transports`");
		}
		talloc_free(listener);
		return err;
	}
	listener->next = server->listeners;
	server->listeners = listener;
	return 0;
}

/* The same on a socket of our own. */
static int listen_on(struct server *server, struct threads *threads,
		     const struct config_transport *how, union address *address,
		     char **why)
{
	if (address->sa.sa_family == AF_INET6) {
		address->in6.sin6_port = htons(how->port);
	} else {
		address->in.sin_port = htons(how->port);
	}
	return listen_at(server, threads, how, address, 0, why);
}

static bool failed(struct server *server, const struct config_transport *how,
		   int err, char **why)
{
	if (*why == NULL) {
		*why = talloc_asprintf(server, "%s: port %u: %s", how->name,
				       how->port, strerror(err));
	}
	return false;
}

/* IPv6 and IPv4 apart; a machine without one of them has the other. */
static bool listen_everywhere(struct server *server, struct threads *threads,
			      const struct config_transport *how, char **why)
{
	union address any6 = {
		.in6 = {.sin6_family = AF_INET6, .sin6_addr = in6addr_any}};
	union address any4 = {.in = {.sin_family = AF_INET,
				     .sin_addr.s_addr = htonl(INADDR_ANY)}};
	int err6 = listen_on(server, threads, how, &any6, why);
	int err4 = 0;

	if (err6 != 0 && err6 != EAFNOSUPPORT && err6 != EADDRNOTAVAIL) {
		return failed(server, how, err6, why);
	}
	err4 = listen_on(server, threads, how, &any4, why);
	if (err4 == 0 ||
	    (err6 == 0 && (err4 == EAFNOSUPPORT || err4 == EADDRNOTAVAIL))) {
		return true;
	}
	return failed(server, how, err4, why);
}

/* Is the interface's address in `interfaces`? */
static bool wanted(const struct config *config, const struct ifaddrs *i)
{
	const char *const *list = config_list(config, NULL, CONFIG_INTERFACES);

	if ((i->ifa_flags & IFF_UP) == 0 || i->ifa_addr == NULL ||
	    (i->ifa_addr->sa_family != AF_INET &&
	     i->ifa_addr->sa_family != AF_INET6)) {
		return false;
	}
	if (list[0] == NULL) {
		return true;
	}
	for (size_t n = 0; list[n] != NULL; n++) {
		const char *const one[] = {list[n], NULL};

		if (fnmatch(list[n], i->ifa_name, 0) == 0 ||
		    hosts_match(one, i->ifa_addr)) {
			return true;
		}
	}
	return false;
}

static bool same_address(const struct sockaddr *a, const struct sockaddr *b)
{
	const union address *x = (const union address *)(const void *)a;
	const union address *y = (const union address *)(const void *)b;

	if (a->sa_family != b->sa_family) {
		return false;
	}
	if (a->sa_family == AF_INET) {
		return x->in.sin_addr.s_addr == y->in.sin_addr.s_addr;
	}
	return x->in6.sin6_scope_id == y->in6.sin6_scope_id &&
	       memcmp(&x->in6.sin6_addr, &y->in6.sin6_addr,
		      sizeof(x->in6.sin6_addr)) == 0;
}

/* Two interfaces may have one address, as those of routers do. */
static bool seen_before(const struct config *config, const struct ifaddrs *all,
			const struct ifaddrs *i)
{
	for (; all != i; all = all->ifa_next) {
		if (wanted(config, all) &&
		    same_address(all->ifa_addr, i->ifa_addr)) {
			return true;
		}
	}
	return false;
}

static bool listen_on_interfaces(struct server *server, struct threads *threads,
				 const struct config_transport *how, char **why)
{
	struct ifaddrs *all = NULL;
	const struct ifaddrs *i = NULL;
	unsigned count = 0;
	int err = 0;

	if (getifaddrs(&all) != 0) {
		return failed(server, how, errno, why);
	}
	for (i = all; i != NULL && err == 0; i = i->ifa_next) {
		union address address = {0};

		if (!wanted(server->config, i) ||
		    seen_before(server->config, all, i)) {
			continue;
		}
		memcpy(&address, i->ifa_addr,
		       i->ifa_addr->sa_family == AF_INET6 ? sizeof(address.in6)
							  : sizeof(address.in));
		err = listen_on(server, threads, how, &address, why);
		count++;
	}
	freeifaddrs(all);
	if (err != 0) {
		return failed(server, how, err, why);
	}
	if (count == 0) {
		*why = talloc_strdup(server,
				     "`interfaces` names no address that this "
				     "machine has");
		return false;
	}
	return true;
}

/* "quic" leaves the choice to us; and what is chosen may not have all that the
 * configuration asks for. */
static void say_choice(const struct config *config, const char *name)
{
	int64_t threads = config_int(config, NULL, CONFIG_NETWORK_THREADS);
	struct transport_settings settings = {0};
	const char *why = NULL;
	const struct transport_backend *via =
		transport_backend_find(name, &why);

	if (via == NULL) {
		return;
	}
	if (strcmp(via->name, name) != 0) {
		log_info("%s is %s here: %s", name, via->name, why);
	}
	take_settings(config, &settings);
	transport_log_lacking(via, &settings,
			      threads != CONFIG_THREADS_AUTO && threads > 0);
}

/* More than these the main thread could not keep busy. */
#define AUTO_THREADS 16

/*
 * The main thread has a fifth of the work of the others. So on two processors
 * it shares them with two, and it wants one for itself only where a handful of
 * others keep it busy.
 */
static unsigned threads_wanted(const struct config *config)
{
	int64_t wanted = config_int(config, NULL, CONFIG_NETWORK_THREADS);
	long cores = sysconf(_SC_NPROCESSORS_ONLN);

	if (wanted != CONFIG_THREADS_AUTO) {
		return (unsigned)wanted;
	}
	if (cores < 2) {
		return 0;
	}
	if (cores == 2) {
		return 2;
	}
	return cores - 1 < AUTO_THREADS ? (unsigned)cores - 1 : AUTO_THREADS;
}

/* @return NULL: none are wanted, or to be had. */
static struct threads *begin_threads(struct server *server)
{
	unsigned wanted = threads_wanted(server->config);
	struct threads *threads = NULL;

	if (wanted > 0) {
		threads = threads_new(server->ev, wanted);
		if (threads == NULL) {
			log_warn("no network threads: %s", strerror(errno));
		}
	}
	return threads;
}

bool server_listen(struct server *server, char **why)
{
	const struct config *config = server->config;
	size_t count = 0;
	const struct config_transport *list = config_transports(config, &count);
	struct threads *threads = begin_threads(server);
	bool ok = count > 0;

	*why = count > 0 ? NULL
			 : talloc_strdup(server, "`server smb transports` is "
						 "empty");
	for (size_t i = 0; i < count && ok; i++) {
		say_choice(config, list[i].name);
		ok = config_bool(config, NULL, CONFIG_BIND_INTERFACES_ONLY)
			     ? listen_on_interfaces(server, threads, &list[i],
						    why)
			     : listen_everywhere(server, threads, &list[i],
						 why);
	}
	if (threads != NULL) {
		threads_release(threads); /* the listeners hold them */
	}
	return ok;
}

/* --- sockets that were passed ----------------------------------------------
 */

/* What a socket is for: TCP's listen, others are UDP's. */
static bool socket_kind(int fd, struct config_transport *how,
			union address *address)
{
	socklen_t len = sizeof(*address);
	socklen_t int_len = sizeof(int);
	int type = 0;

	if (getsockname(fd, &address->sa, &len) != 0 ||
	    getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &int_len) != 0 ||
	    (address->sa.sa_family != AF_INET &&
	     address->sa.sa_family != AF_INET6)) {
		return false;
	}
	if (type != SOCK_STREAM && type != SOCK_DGRAM) {
		return false;
	}
	/* The kernel's QUIC has sockets of its own kind. */
	how->name = type == SOCK_STREAM ? "tcp" : "quic-user";
	how->port =
		ntohs(address->sa.sa_family == AF_INET6 ? address->in6.sin6_port
							: address->in.sin_port);
	return fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK) == 0;
}

/* They take the place of `server smb transports`. */
static bool listen_on_passed(struct server *server, struct threads *threads,
			     unsigned count, char **why)
{
	unsigned i = 0;

	for (i = 0; i < count; i++) {
		struct config_transport how = {0};
		union address address = {0};
		int fd = SYSTEMD_FIRST_FD + (int)i;
		int err = 0;

		if (!socket_kind(fd, &how, &address)) {
			*why = talloc_asprintf(
				server,
				"socket %u that was passed is neither UDP nor "
				"TCP over IP",
				i + 1);
			return false;
		}
		if (strcmp(how.name, "quic-user") == 0 &&
		    server->certmap == NULL) {
			*why = talloc_strdup(
				server, "a UDP socket was passed, but `server "
					"smb transports` has no quic");
			return false;
		}
		err = listen_at(server, threads, &how, &address, fd, why);
		if (err != 0) {
			return failed(server, &how, err, why);
		}
	}
	return true;
}

bool server_listen_passed(struct server *server, unsigned count, char **why)
{
	struct threads *threads = NULL;
	bool ok = false;

	*why = NULL;
	if (count == 0) {
		return server_listen(server, why);
	}
	threads = begin_threads(server);
	ok = listen_on_passed(server, threads, count, why);
	if (threads != NULL) {
		threads_release(threads); /* the listeners hold them */
	}
	return ok;
}

/* In the order in which they were made. */
static char *append_names(char *text, const struct listener *listener)
{
	const struct sockaddr *addr = NULL;

	if (listener == NULL) {
		return text;
	}
	text = append_names(text, listener->next);
	addr = transport_listener_address(listener->handle);
	return talloc_asprintf_append(
		text, "%s%s %s", text != NULL && text[0] ? ", " : "",
		listener->transport, transport_address_string(addr));
}

char *server_listening(TALLOC_CTX *mem_ctx, const struct server *server)
{
	return append_names(talloc_strdup(mem_ctx, ""), server->listeners);
}
