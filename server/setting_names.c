/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The words that settings are made of, and what they stand for. Of several with
 * one value the first is the one that is printed. */
#include "server/setting_names.h"

#include "negotiate/auth.h"
#include "smbquic/audit.h"
#include "smbquic/sandbox.h"
#include "smbquic/transport.h"

/* Dialect numbers: MS-SMB2 2.2.3. */
const struct setting_name names_of_dialects[] = {
	{"SMB2_02", 0x0202}, {"SMB2_10", 0x0210}, {"SMB2", 0x0210},
	{"SMB3_00", 0x0300}, {"SMB3_02", 0x0302}, {"SMB3_11", 0x0311},
	{"SMB3", 0x0311},    {NULL, 0},
};

const struct setting_name names_of_signing[] = {
	{"auto", CONFIG_SIGNING_AUTO},
	{"default", CONFIG_SIGNING_AUTO},
	{"enabled", CONFIG_SIGNING_AUTO},
	{"mandatory", CONFIG_SIGNING_MANDATORY},
	{"required", CONFIG_SIGNING_MANDATORY},
	{"disabled", CONFIG_SIGNING_DISABLED},
	{NULL, 0},
};

const struct setting_name names_of_encrypt[] = {
	{"if_required", CONFIG_ENCRYPT_IF_REQUIRED},
	{"default", CONFIG_ENCRYPT_IF_REQUIRED},
	{"auto", CONFIG_ENCRYPT_IF_REQUIRED},
	{"enabled", CONFIG_ENCRYPT_IF_REQUIRED},
	{"desired", CONFIG_ENCRYPT_DESIRED},
	{"required", CONFIG_ENCRYPT_REQUIRED},
	{"mandatory", CONFIG_ENCRYPT_REQUIRED},
	{"off", CONFIG_ENCRYPT_OFF},
	{"disabled", CONFIG_ENCRYPT_OFF},
	{NULL, 0},
};

/* MS-SMB2 2.2.3.1.7 */
const struct setting_name names_of_signing_algorithms[] = {
	{"AES-128-GMAC", 2},
	{"AES-128-CMAC", 1},
	{"HMAC-SHA256", 0},
	{NULL, 0},
};

/* MS-SMB2 2.2.3.1.2 */
const struct setting_name names_of_encryption_algorithms[] = {
	{"AES-128-GCM", 2}, {"AES-128-CCM", 1}, {"AES-256-GCM", 4},
	{"AES-256-CCM", 3}, {NULL, 0},
};

const struct setting_name names_of_compression_algorithms[] = {
	{"PATTERN_V1", 4}, {"LZ77", 2}, {"LZ77+Huffman", 3},
	{"LZNT1", 1},	   {"LZ4", 5},	{NULL, 0},
};

const struct setting_name names_of_compress_data[] = {
	{"no", CONFIG_COMPRESS_NO},
	{"asked", CONFIG_COMPRESS_ASKED},
	{"yes", CONFIG_COMPRESS_YES},
	{NULL, 0},
};

/* Samba's names. What it keeps in its secrets.tdb does not exist here. */
const struct setting_name names_of_kerberos[] = {
	{"default", CONFIG_KERBEROS_OFF},
	{"secrets only", CONFIG_KERBEROS_OFF},
	{"system keytab", CONFIG_KERBEROS_SYSTEM_KEYTAB},
	{"secrets and keytab", CONFIG_KERBEROS_SYSTEM_KEYTAB},
	{"dedicated keytab", CONFIG_KERBEROS_DEDICATED_KEYTAB},
	{NULL, 0},
};

const struct setting_name names_of_binding[] = {
	{"off", CONFIG_BINDING_OFF},
	{"allowed", CONFIG_BINDING_ALLOWED},
	{"required", CONFIG_BINDING_REQUIRED},
	{NULL, 0},
};

const struct setting_name names_of_guests[] = {
	{"never", AUTH_GUEST_NEVER},
	{"bad user", AUTH_GUEST_BAD_USER},
	{"bad password", AUTH_GUEST_BAD_PASSWORD},
	{NULL, 0},
};

const struct setting_name names_of_filters[] = {
	{"yes", SANDBOX_REFUSE},
	{"no", SANDBOX_OFF},
	{"kill", SANDBOX_KILL},
	{NULL, 0},
};

const struct setting_name names_of_retry[] = {
	{"auto", TRANSPORT_RETRY_AUTO},
	{"always", TRANSPORT_RETRY_ALWAYS},
	{"never", TRANSPORT_RETRY_NEVER},
	{NULL, 0},
};

const struct setting_name names_of_quic_versions[] = {
	{"v1", 1},
	{"v2", 2},
	{NULL, 0},
};

const struct setting_name names_of_stores[] = {
	{"posix", CONFIG_STORE_POSIX},
	{"memory", CONFIG_STORE_MEMORY},
	{NULL, 0},
};

/* Samba's default: as the client asks, and SMB2 clients never ask for it. */
const struct setting_name names_of_case_names[] = {
	{"auto", 0},
	{NULL, 0},
};

const struct setting_name names_of_mangled[] = {
	{"no", 0},
	{"illegal", 0},
	{"yes", 1},
	{NULL, 0},
};

const struct setting_name names_of_audit_journals[] = {
	{"auto", AUDIT_JOURNAL_AUTO},
	{"yes", AUDIT_JOURNAL_YES},
	{"no", AUDIT_JOURNAL_NO},
	{NULL, 0},
};

const struct setting_name names_of_automatic[] = {
	{"auto", CONFIG_THREADS_AUTO},
	{NULL, 0},
};

const struct setting_name names_of_congestion[] = {
	{"cubic", TRANSPORT_CONGESTION_CUBIC},
	{"bbr", TRANSPORT_CONGESTION_BBR},
	{NULL, 0},
};
