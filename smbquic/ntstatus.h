/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * NTSTATUS: what SMB2 answers, and the only bridge between it and errno.
 *
 * The names are those of MS-ERREF 2.3.1 with NT_ before them; the list is
 * ntstatus_list.h, one row a status.
 */
#ifndef SMBQUIC_NTSTATUS_H
#define SMBQUIC_NTSTATUS_H

#include <stdbool.h>
#include <stdint.h>

typedef uint32_t NTSTATUS;

#define STATUS(name, value, error, text) name = value,
enum ntstatus_value {
#include "smbquic/ntstatus_list.h"
};
#undef STATUS

/* Severity: the two highest bits (MS-ERREF 2.3). */
#define NT_STATUS_IS_OK(s)	((NTSTATUS)(s) == 0)
#define NT_STATUS_IS_SUCCESS(s) ((NTSTATUS)(s) >> 30 == 0)
#define NT_STATUS_IS_WARNING(s) ((NTSTATUS)(s) >> 30 == 2)
#define NT_STATUS_IS_ERR(s)	((NTSTATUS)(s) >> 30 == 3)

/*
 * "NT_STATUS_ACCESS_DENIED"; an unknown status as "NT_STATUS 0xC0001234" in a
 * buffer of the calling thread, good for four more calls.
 */
const char *nt_errstr(NTSTATUS status);

/* "permission denied"; for an unknown status "error 0xC0001234", as above. */
const char *nt_errtext(NTSTATUS status);

/* By name, with or without NT_; false when there is no such status. */
bool ntstatus_from_name(const char *name, NTSTATUS *status);

/*
 * err is positive; 0 is NT_STATUS_OK, and an errno without a row of its own
 * NT_STATUS_UNSUCCESSFUL.
 */
NTSTATUS ntstatus_from_errno(int err);

/*
 * Always positive for a status that is an error, also an unknown one (EIO).
 * 0 for NT_STATUS_OK, other successes and NT_STATUS_END_OF_FILE, which to a
 * reader is not an error.
 */
int ntstatus_to_errno(NTSTATUS status);

#endif
