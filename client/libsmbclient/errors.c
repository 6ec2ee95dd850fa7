/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Which errno a status is. Programs were written against the numbers of
 * Samba's library; where those are not ours, they are here. A status that
 * Samba does not know would be EINVAL there, whatever it means; it is what
 * ntstatus.h says here.
 */
#include <errno.h>

#include "client/libsmbclient/libsmb.h"

static const struct {
	NTSTATUS status;
	int err;
} samba[] = {
	{NT_STATUS_CONNECTION_DISCONNECTED, ECONNABORTED},
	{NT_STATUS_CONNECTION_RESET, ENETRESET},
	{NT_STATUS_DUPLICATE_NAME, ENOTUNIQ},
	{NT_STATUS_INTEGER_OVERFLOW, ERANGE},
	{NT_STATUS_INVALID_PIPE_STATE, EPIPE},
	{NT_STATUS_LICENSE_QUOTA_EXCEEDED, EDQUOT},
	{NT_STATUS_NET_WRITE_FAULT, ECOMM},
	{NT_STATUS_NOT_SUPPORTED, ENOSYS},
	{NT_STATUS_PATH_NOT_COVERED, ENOENT},
	{NT_STATUS_PIPE_BUSY, EPIPE},
	{NT_STATUS_PIPE_NOT_AVAILABLE, ENOSYS},
	{NT_STATUS_PORT_UNREACHABLE, EHOSTUNREACH},
	{NT_STATUS_PROTOCOL_UNREACHABLE, ENOPROTOOPT},
	{NT_STATUS_REMOTE_DISCONNECT, ESHUTDOWN},
	{NT_STATUS_UNSUCCESSFUL, EINVAL},
};

int libsmb_errno(NTSTATUS status)
{
	size_t i = 0;

	if (!NT_STATUS_IS_ERR(status)) {
		return NT_STATUS_IS_WARNING(status) ? ntstatus_to_errno(status)
						    : 0;
	}
	for (i = 0; i < sizeof(samba) / sizeof(samba[0]); i++) {
		if (samba[i].status == status) {
			return samba[i].err;
		}
	}
	return ntstatus_to_errno(status);
}
