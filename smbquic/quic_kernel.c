/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * quic_kernel.c - the row for the kernel's QUIC socket. It says truthfully
 * that it does not work here, so that "quic" means the userspace stack; the
 * functions that carry bytes are therefore not there.
 */
#include <errno.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "smbquic/transport.h"

/* linux/in.h of kernels with QUIC */
#define PROTOCOL_QUIC 261

static bool quic_kernel_usable(const char **why)
{
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, PROTOCOL_QUIC);

	if (fd == -1) {
		*why = "this kernel has no IPPROTO_QUIC socket";
		return false;
	}
	close(fd);
	*why = "this program cannot use the kernel's QUIC socket";
	return false;
}

const struct transport_backend transport_quic_kernel = {
	.name = "quic-kernel",
	.default_port = 443,
	.secure = true,
	.help = "SMB over QUIC (UDP), by the kernel's IPPROTO_QUIC socket",
	.usable = quic_kernel_usable,
};
