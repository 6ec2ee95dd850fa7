/* SPDX-License-Identifier: GPL-3.0-or-later */
/* setting_names.h - the words of settings whose values are words: for
 * settings.c. Each ends with a NULL name. */
#ifndef SERVER_SETTING_NAMES_H
#define SERVER_SETTING_NAMES_H

#include "server/settings.h"

extern const struct setting_name names_of_dialects[];
extern const struct setting_name names_of_signing[];
extern const struct setting_name names_of_encrypt[];
extern const struct setting_name names_of_signing_algorithms[];
extern const struct setting_name names_of_encryption_algorithms[];
extern const struct setting_name names_of_compression_algorithms[];
extern const struct setting_name names_of_compress_data[];
extern const struct setting_name names_of_kerberos[];
extern const struct setting_name names_of_binding[];
extern const struct setting_name names_of_guests[];
extern const struct setting_name names_of_filters[];
extern const struct setting_name names_of_retry[];
extern const struct setting_name names_of_quic_versions[];
extern const struct setting_name names_of_stores[];
extern const struct setting_name names_of_case_names[];
extern const struct setting_name names_of_mangled[];
extern const struct setting_name names_of_audit_journals[];
extern const struct setting_name names_of_automatic[];
extern const struct setting_name names_of_congestion[];

#endif
