/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * ioctl_network.c - FSCTL_QUERY_NETWORK_INTERFACE_INFO (MS-SMB2 3.3.5.15.11):
 * the addresses at which the server can be reached.
 */
#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "server/hosts.h"
#include "server/ioctl.h"

/* What an interface that does not know its speed (a virtual one) is said to
 * have: bits per second. */
#define UNKNOWN_SPEED 1000000000u

static uint64_t link_speed(const char *name)
{
	char path[64 + IFNAMSIZ] = "";
	long mbit = 0;
	FILE *f = NULL;

	snprintf(path, sizeof(path), "/sys/class/net/%s/speed", name);
	f = fopen(path, "re");
	if (f == NULL) {
		return UNKNOWN_SPEED;
	}
	/* -1: no carrier, or a device that cannot tell */
	if (fscanf(f, "%9ld", &mbit) != 1 || mbit <= 0) {
		mbit = UNKNOWN_SPEED / 1000000;
	}
	fclose(f);
	return (uint64_t)mbit * 1000000;
}

/*
 * Receive side scaling: does it spread what arrives over several queues? With
 * that Windows uses up to four connections to one address.
 */
static bool is_rss_capable(const char *name)
{
	char path[64 + IFNAMSIZ] = "";

	snprintf(path, sizeof(path), "/sys/class/net/%s/queues/rx-1", name);
	return access(path, F_OK) == 0;
}

/* The setting `interfaces`: names, addresses, networks. */
static bool listed(const char *const *list, const struct ifaddrs *ifa)
{
	size_t i = 0;

	for (i = 0; list[i] != NULL; i++) {
		if (strcmp(list[i], ifa->ifa_name) == 0) {
			return true;
		}
	}
	return hosts_match(list, ifa->ifa_addr);
}

static bool is_inet(const struct ifaddrs *ifa)
{
	return ifa->ifa_addr != NULL && (ifa->ifa_addr->sa_family == AF_INET ||
					 ifa->ifa_addr->sa_family == AF_INET6);
}

static bool is_link_local(const struct ifaddrs *ifa)
{
	const struct sockaddr_in6 *in6 =
		(const struct sockaddr_in6 *)(const void *)ifa->ifa_addr;

	return ifa->ifa_addr->sa_family == AF_INET6 &&
	       IN6_IS_ADDR_LINKLOCAL(&in6->sin6_addr);
}

/*
 * Up, and not good on this link alone. Loopback only where the list names it:
 * then it is meant.
 */
static bool wanted(const char *const *list, const struct ifaddrs *ifa)
{
	if (!is_inet(ifa) || !(ifa->ifa_flags & IFF_UP) || is_link_local(ifa)) {
		return false;
	}
	if (list == NULL || list[0] == NULL) {
		return !(ifa->ifa_flags & IFF_LOOPBACK);
	}
	return listed(list, ifa);
}

static void add(struct wire_chain *list, const struct ifaddrs *ifa)
{
	struct smb2_network_interface out = {
		.if_index = if_nametoindex(ifa->ifa_name),
		.link_speed = link_speed(ifa->ifa_name),
	};

	if (is_rss_capable(ifa->ifa_name)) {
		out.capability |= SMB2_NETWORK_INTERFACE_RSS_CAPABLE;
	}
	if (ifa->ifa_addr->sa_family == AF_INET) {
		const struct sockaddr_in *in =
			(const struct sockaddr_in *)(const void *)ifa->ifa_addr;

		out.family = SMB2_SOCKADDR_INET;
		memcpy(out.address, &in->sin_addr, 4);
	} else {
		const struct sockaddr_in6 *in6 =
			(const struct sockaddr_in6 *)(const void *)
				ifa->ifa_addr;

		out.family = SMB2_SOCKADDR_INET6;
		memcpy(out.address, &in6->sin6_addr, 16);
	}
	smb2_network_interface_add(list, &out);
}

NTSTATUS ioctl_network_interfaces(struct ioctl *io, struct wire_writer *out)
{
	const char *const *list = config_list(io->r->conn->server->config, NULL,
					      CONFIG_INTERFACES);
	struct wire_chain chain = smb2_network_interface_list(out);
	struct ifaddrs *all = NULL;
	const struct ifaddrs *ifa = NULL;

	if (getifaddrs(&all) != 0) {
		return NT_STATUS_INSUFFICIENT_RESOURCES;
	}
	for (ifa = all; ifa != NULL; ifa = ifa->ifa_next) {
		if (wanted(list, ifa)) {
			add(&chain, ifa);
		}
	}
	freeifaddrs(all);
	if (!wire_writer_ok(out)) {
		return NT_STATUS_NO_MEMORY;
	}
	if (wire_writer_slice(out).len > io->in.max_output_response) {
		wire_rollback(out, 0);
		return NT_STATUS_BUFFER_TOO_SMALL;
	}
	return NT_STATUS_OK;
}
