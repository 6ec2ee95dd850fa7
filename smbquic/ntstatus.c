/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "smbquic/ntstatus.h"

struct ntstatus_row {
	NTSTATUS status;
	int error;
	const char *name;
	const char *text;
};

/* In the order of the values, for the binary search. */
#define STATUS(name, value, error, text) {value, error, #name, text},
static const struct ntstatus_row ntstatus_table[] = {
#include "smbquic/ntstatus_list.h"
};
#undef STATUS

#define ARRAY_LEN(a) (sizeof(a) / sizeof((a)[0]))

static const struct ntstatus_row *ntstatus_find(NTSTATUS status)
{
	size_t low = 0;
	size_t high = ARRAY_LEN(ntstatus_table);

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (ntstatus_table[mid].status == status) {
			return &ntstatus_table[mid];
		}
		if (ntstatus_table[mid].status < status) {
			low = mid + 1;
		} else {
			high = mid;
		}
	}
	return NULL;
}

/* Five buffers a thread, so that one printf() can name several. */
static const char *ntstatus_unknown(const char *word, NTSTATUS status)
{
	static _Thread_local char buf[5][32];
	static _Thread_local unsigned int turn;
	char *p = buf[turn++ % ARRAY_LEN(buf)];

	snprintf(p, sizeof(buf[0]), "%s 0x%08X", word, (unsigned int)status);
	return p;
}

const char *nt_errstr(NTSTATUS status)
{
	const struct ntstatus_row *row = ntstatus_find(status);

	return row != NULL ? row->name : ntstatus_unknown("NT_STATUS", status);
}

const char *nt_errtext(NTSTATUS status)
{
	const struct ntstatus_row *row = ntstatus_find(status);

	return row != NULL ? row->text : ntstatus_unknown("error", status);
}

bool ntstatus_from_name(const char *name, NTSTATUS *status)
{
	size_t i = 0;

	for (i = 0; i < ARRAY_LEN(ntstatus_table); i++) {
		const char *row = ntstatus_table[i].name;

		if (strcasecmp(name, row) == 0 ||
		    strcasecmp(name, row + strlen("NT_")) == 0) {
			*status = ntstatus_table[i].status;
			return true;
		}
	}
	return false;
}

/*
 * What a server answers when the file system or the network says so. The
 * choice among several statuses of one errno is that of Windows for the
 * same event.
 */
static const struct {
	int error;
	NTSTATUS status;
} errno_table[] = {
	{0, NT_STATUS_OK},
	{EPERM, NT_STATUS_ACCESS_DENIED},
	{EACCES, NT_STATUS_ACCESS_DENIED},
	{ENOENT, NT_STATUS_OBJECT_NAME_NOT_FOUND},
	{ENOTDIR, NT_STATUS_NOT_A_DIRECTORY},
	{ENOLINK, NT_STATUS_OBJECT_PATH_NOT_FOUND},	 /* STORE_ENOPATH */
	{EMULTIHOP, NT_STATUS_STOPPED_ON_SYMLINK},	 /* STORE_ESTOPPED */
	{ENOTNAM, NT_STATUS_IO_REPARSE_TAG_NOT_HANDLED}, /* STORE_EREPARSE */
	{EISDIR, NT_STATUS_FILE_IS_A_DIRECTORY},
	{EEXIST, NT_STATUS_OBJECT_NAME_COLLISION},
	{ENOTEMPTY, NT_STATUS_DIRECTORY_NOT_EMPTY},
	{ELOOP, NT_STATUS_OBJECT_PATH_NOT_FOUND},
	{ENAMETOOLONG, NT_STATUS_OBJECT_NAME_INVALID},
	{EILSEQ, NT_STATUS_OBJECT_NAME_INVALID},
	{EINVAL, NT_STATUS_INVALID_PARAMETER},
	{EDOM, NT_STATUS_INVALID_PARAMETER},
	{EBADF, NT_STATUS_INVALID_HANDLE},
	{EFAULT, NT_STATUS_INVALID_USER_BUFFER},
	{EIO, NT_STATUS_IO_DEVICE_ERROR},
	{ENXIO, NT_STATUS_NO_SUCH_DEVICE},
	{ENODEV, NT_STATUS_NO_SUCH_DEVICE},
	{ENOMEDIUM, NT_STATUS_NO_MEDIA_IN_DEVICE},
	{EROFS, NT_STATUS_MEDIA_WRITE_PROTECTED},
	{EXDEV, NT_STATUS_NOT_SAME_DEVICE},
	{ENOSPC, NT_STATUS_DISK_FULL},
	{EDQUOT, NT_STATUS_DISK_FULL},
	{EFBIG, NT_STATUS_FILE_SYSTEM_LIMITATION},
	{EMLINK, NT_STATUS_TOO_MANY_LINKS},
	{EMFILE, NT_STATUS_TOO_MANY_OPENED_FILES},
	{ENFILE, NT_STATUS_TOO_MANY_OPENED_FILES},
	{ENOMEM, NT_STATUS_NO_MEMORY},
	{ENOBUFS, NT_STATUS_INSUFFICIENT_RESOURCES},
	{EAGAIN, NT_STATUS_RETRY},
	{EBUSY, NT_STATUS_SHARING_VIOLATION},
	{ETXTBSY, NT_STATUS_SHARING_VIOLATION},
	{EDEADLK, NT_STATUS_LOCK_NOT_GRANTED},
	{ENOLCK, NT_STATUS_RANGE_NOT_LOCKED},
	{EINTR, NT_STATUS_RETRY},
	{ECANCELED, NT_STATUS_CANCELLED},
	{EINPROGRESS, NT_STATUS_PENDING},
	{ENOSYS, NT_STATUS_NOT_SUPPORTED},
	{EOPNOTSUPP, NT_STATUS_NOT_SUPPORTED},
	{ENODATA, NT_STATUS_NOT_FOUND},
	{E2BIG, NT_STATUS_EA_TOO_LARGE},
	{ERANGE, NT_STATUS_BUFFER_TOO_SMALL},
	{EOVERFLOW, NT_STATUS_INTEGER_OVERFLOW},
	{EBADMSG, NT_STATUS_BAD_DATA},
	{EPROTO, NT_STATUS_INVALID_NETWORK_RESPONSE},
	{EPROTONOSUPPORT, NT_STATUS_NOT_SUPPORTED},
	{EMSGSIZE, NT_STATUS_INVALID_NETWORK_RESPONSE},
	{EPIPE, NT_STATUS_CONNECTION_DISCONNECTED},
	{ENOTCONN, NT_STATUS_CONNECTION_INVALID},
	{ESHUTDOWN, NT_STATUS_CONNECTION_DISCONNECTED},
	{ECONNRESET, NT_STATUS_CONNECTION_RESET},
	{ECONNABORTED, NT_STATUS_CONNECTION_ABORTED},
	{ECONNREFUSED, NT_STATUS_CONNECTION_REFUSED},
	{ETIMEDOUT, NT_STATUS_IO_TIMEOUT},
	{ENETUNREACH, NT_STATUS_NETWORK_UNREACHABLE},
	{ENETDOWN, NT_STATUS_NETWORK_UNREACHABLE},
	{EHOSTUNREACH, NT_STATUS_HOST_UNREACHABLE},
	{EHOSTDOWN, NT_STATUS_HOST_UNREACHABLE},
	{EADDRINUSE, NT_STATUS_ADDRESS_ALREADY_EXISTS},
	{EADDRNOTAVAIL, NT_STATUS_INVALID_ADDRESS},
	{ESTALE, NT_STATUS_FILE_CLOSED},
	{EKEYEXPIRED, NT_STATUS_NETWORK_SESSION_EXPIRED},
	{EUSERS, NT_STATUS_REQUEST_NOT_ACCEPTED},
};

NTSTATUS ntstatus_from_errno(int err)
{
	size_t i = 0;

	for (i = 0; i < ARRAY_LEN(errno_table); i++) {
		if (errno_table[i].error == err) {
			return errno_table[i].status;
		}
	}
	return NT_STATUS_UNSUCCESSFUL;
}

int ntstatus_to_errno(NTSTATUS status)
{
	const struct ntstatus_row *row = ntstatus_find(status);

	if (row != NULL) {
		return row->error;
	}
	return NT_STATUS_IS_SUCCESS(status) ? 0 : EIO;
}
