/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The table of all settings. Names and meanings are Samba's where Samba has
 * them. A row is here only when the server honours it.
 */
#include "server/setting_names.h"
#include "server/settings.h"

#include "smbquic/ini.h"
#include "smbquic/threads.h"

#define KiB 1024LL
#define MiB (1024 * KiB)

#define ONE_SECOND 1000LL
#define ONE_HOUR   (3600 * ONE_SECOND)
#define ONE_YEAR   (366 * 24 * ONE_HOUR)

/* Drawn by hand: clang-format would scatter it. */
/* clang-format off */
static const struct setting settings[] = {
	[CONFIG_SMB_TRANSPORTS] = {
		"server smb transports", SETTING_GLOBAL, SETTING_TRANSPORTS,
		"quic:443, tcp:445",
		"What the server listens on, at most ten of name[:port]: quic "
		"(by the kernel's QUIC socket where it has one, else by the "
		"stack that is built in; quic-kernel and quic-user insist on "
		"one) and tcp. A leading + adds to the default.",
	},
	[CONFIG_INTERFACES] = {
		"interfaces", SETTING_GLOBAL, SETTING_LIST, "",
		"Interface names, addresses and networks, for bind interfaces "
		"only and for the list of interfaces that clients may ask "
		"for. Empty: all that are up.",
	},
	[CONFIG_BIND_INTERFACES_ONLY] = {
		"bind interfaces only", SETTING_GLOBAL, SETTING_BOOL, "no",
		"Listen on the addresses of interfaces alone, instead of on "
		"all.",
	},
	[CONFIG_SERVER_STRING] = {
		"server string", SETTING_GLOBAL, SETTING_STRING, "smbquic",
		"The comment that is shown beside the server's name.",
	},
	[CONFIG_NETBIOS_NAME] = {
		"netbios name", SETTING_GLOBAL, SETTING_STRING, "SMBQUIC",
		"The server's short name. When it is not set: the host's name "
		"up to its first dot, in capitals.",
	},
	[CONFIG_WORKGROUP] = {
		"workgroup", SETTING_GLOBAL, SETTING_STRING, "WORKGROUP",
		"The workgroup that the server says it belongs to.",
	},

	[CONFIG_MIN_PROTOCOL] = {
		"server min protocol", SETTING_GLOBAL, SETTING_ENUM, "SMB3_00",
		"The oldest dialect that is spoken over TCP. Over QUIC it is "
		"always SMB3_11.",
		.names = names_of_dialects,
	},
	[CONFIG_MAX_PROTOCOL] = {
		"server max protocol", SETTING_GLOBAL, SETTING_ENUM, "SMB3_11",
		"The newest dialect that is spoken over TCP.",
		.names = names_of_dialects,
	},
	[CONFIG_SERVER_SIGNING] = {
		"server signing", SETTING_GLOBAL, SETTING_ENUM, "auto",
		"Whether messages are signed: auto when the client asks for "
		"it, mandatory always, disabled only when the client insists.",
		.names = names_of_signing,
	},
	[CONFIG_ENCRYPTION_OVER_QUIC] = {
		"server smb encryption over quic", SETTING_GLOBAL, SETTING_BOOL,
		"no",
		"Whether SMB encryption is used on top of that of QUIC. With "
		"no, a client that says so in SMB2_TRANSPORT_CAPABILITIES "
		"need not encrypt twice: what QUIC carries then counts as "
		"encrypted.",
	},
	[CONFIG_ENCRYPT_USERS] = {
		"server smb encrypt users", SETTING_GLOBAL, SETTING_LIST, "",
		"Users with whom SMB encryption is required whatever share they "
		"use, and however server smb encrypt is set: names, and groups "
		"as @group. It holds from their next logon on. What QUIC "
		"carries counts as encrypted, as for server smb encrypt.",
	},
	[CONFIG_REJECT_UNENCRYPTED] = {
		"reject unencrypted access", SETTING_GLOBAL, SETTING_BOOL,
		"yes",
		"Whether clients that cannot encrypt (SMB 2, guests, no cipher "
		"in common) are refused where encryption is required: by "
		"server smb encrypt for the server or a share, or by server "
		"smb encrypt users. With no they are let in, and what they do "
		"can be read on the way; who can encrypt still has to. This is "
		"RejectUnencryptedAccess of Windows.",
	},
	[CONFIG_SIGNING_ALGORITHMS] = {
		"server smb3 signing algorithms", SETTING_GLOBAL, SETTING_NUMBERS,
		"AES-128-GMAC, AES-128-CMAC, HMAC-SHA256",
		"Signing algorithms for SMB 3.1.1, best first. -NAME takes "
		"one off the default.",
		.names = names_of_signing_algorithms,
	},
	[CONFIG_ENCRYPTION_ALGORITHMS] = {
		"server smb3 encryption algorithms", SETTING_GLOBAL, SETTING_NUMBERS,
		"AES-128-GCM, AES-128-CCM, AES-256-GCM, AES-256-CCM",
		"Ciphers for SMB 3.1.1, best first. -NAME takes one off the "
		"default.",
		.names = names_of_encryption_algorithms,
	},
	[CONFIG_COMPRESSION_ALGORITHMS] = {
		"server smb3 compression algorithms", SETTING_GLOBAL,
		SETTING_NUMBERS,
		"PATTERN_V1, LZ77, LZ77+Huffman, LZNT1, LZ4",
		"What messages of SMB 3.1.1 may be compressed with; -NAME "
		"takes one off the default. Of those that a client knows too, "
		"the one that it likes best is used. When something is "
		"compressed at all, compress data says.",
		.names = names_of_compression_algorithms,
	},

	[CONFIG_SERVER_NTLM] = {
		"server ntlm", SETTING_GLOBAL, SETTING_BOOL, "yes",
		"Whether users may prove their password of the users file by "
		"NTLMv2. With no there is Kerberos alone, and nobody without "
		"a ticket gets in.",
	},
	[CONFIG_KERBEROS_METHOD] = {
		"kerberos method", SETTING_GLOBAL, SETTING_ENUM, "default",
		"Where the server's Kerberos keys are: default, nowhere; "
		"system keytab, in the one that krb5.conf names, or else "
		"/etc/krb5.keytab; dedicated keytab, in dedicated keytab file. "
		"Whom a principal is on this machine is for auth_to_local of "
		"krb5.conf to say; the Unix account is enough, a line in the "
		"users file is not needed, except for root.",
		.names = names_of_kerberos,
	},
	[CONFIG_DEDICATED_KEYTAB] = {
		"dedicated keytab file", SETTING_GLOBAL, SETTING_PATH, "",
		"The keytab of kerberos method = dedicated keytab. It is read "
		"anew for every logon, so that a new key is used at once.",
	},
	[CONFIG_KERBEROS_PRINCIPALS] = {
		"kerberos principals", SETTING_GLOBAL, SETTING_LIST,
		"cifs/*, host/*",
		"Which principals of the keytab clients may have tickets for, "
		"as wildcard patterns without regard to case.",
	},
	[CONFIG_EXTENDED_PROTECTION] = {
		"extended protection", SETTING_GLOBAL, SETTING_ENUM, "allowed",
		"Whether a logon must be bound to the TLS certificate of its "
		"QUIC connection, so that nobody can relay it from another "
		"server: off, it is not looked at; allowed, a client that binds "
		"its logon by NTLM must have bound it to this one; required, "
		"over QUIC all must, by Kerberos too, which Samba's client "
		"does not. Over TCP there is nothing to bind to: there server "
		"signing = mandatory protects.",
		.names = names_of_binding,
	},

	[CONFIG_SMB_PASSWD_FILE] = {
		"smb passwd file", SETTING_GLOBAL, SETTING_PATH,
		CONFIG_DEFAULT_USERS_FILE,
		"The users and their password hashes; see smbquic-passwd(8).",
	},
	[CONFIG_OBEY_PAM] = {
		"obey pam restrictions", SETTING_GLOBAL, SETTING_BOOL, "no",
		"Whether PAM is asked, once a user has proven who it is, if the "
		"account may be used now: one that is expired or locked, or "
		"that a module does not let in at this hour, is refused. The "
		"service is smbquic (/etc/pam.d/smbquic), only its account "
		"modules are used. For a server that root starts, from its "
		"start on: it then keeps CAP_AUDIT_WRITE. Modules run in the "
		"server, with its capabilities and its system call filter.",
	},
	[CONFIG_CERTIFICATE_MAP_FILE] = {
		"certificate map file", SETTING_GLOBAL, SETTING_PATH,
		SMBQUIC_SYSCONFDIR "/smbquic/certmap.conf",
		"Which certificate goes with which server name; see "
		"smbquic-certmap(1).",
	},
	[CONFIG_CERTIFICATE_WARNING] = {
		"certificate expiry warning", SETTING_GLOBAL, SETTING_INT, "30",
		"How many days before a certificate expires the log says so.",
		.min = 0, .max = 3650,
	},
	[CONFIG_CLIENT_CERTIFICATE_USER] = {
		"client certificate user", SETTING_GLOBAL, SETTING_STRING, "no",
		"Which user a client's certificate stands for: cn, the one of "
		"its common name; san, the part before the @ of a mail address "
		"or principal name in it (san:DOMAIN, of that domain alone); "
		"map FILE, those of lines USER sha256|sha1|subject|issuer TEXT "
		"of a file. It takes no password's place: it is what require "
		"client certificate user and client certificate required ask "
		"for. The certificates themselves are asked for by the mapping, "
		"see smbquic-certmap(1).",
	},
	[CONFIG_REQUIRE_CLIENT_CERTIFICATE] = {
		"require client certificate user", SETTING_GLOBAL, SETTING_LIST,
		"",
		"Users who may log on only over a connection (QUIC) with a "
		"certificate that stands for them; * is everybody.",
	},
	[CONFIG_STATE_DIRECTORY] = {
		"state directory", SETTING_GLOBAL, SETTING_PATH,
		SMBQUIC_LOCALSTATEDIR "/lib/smbquic",
		"Where the server keeps what must outlive it: its GUID and the "
		"secret of QUIC's tokens, so that after a restart clients know "
		"it again. Made with mode 0700 when it is missing; one "
		"smbquicd at a time uses it. For an ordinary user the default "
		"is $XDG_STATE_HOME/smbquic or ~/.local/state/smbquic.",
	},
	[CONFIG_PID_FILE] = {
		"pid file", SETTING_GLOBAL, SETTING_PATH, "",
		"Written when the server is ready. Empty: none.",
	},
	[CONFIG_LOG_LEVEL] = {
		"log level", SETTING_GLOBAL, SETTING_LOG_LEVEL, "notice",
		"How much is logged: 0 or error, 1 or warn, 2 or notice, 3 or "
		"info, 4 to 10 or debug. module:level, for one module alone, "
		"may follow.",
	},
	[CONFIG_LOG_FILE] = {
		"log file", SETTING_GLOBAL, SETTING_PATH, "",
		"Where the log goes. Empty: standard error.",
	},
	[CONFIG_BOUNDED_CAPABILITIES] = {
		"bounded capabilities", SETTING_GLOBAL, SETTING_BOOL, "yes",
		"Whether a server that root starts gives up, for good, all of "
		"root's capabilities but those that it serves files with: "
		"CAP_SETUID, CAP_SETGID, CAP_DAC_OVERRIDE, "
		"CAP_DAC_READ_SEARCH, CAP_CHOWN, CAP_FOWNER, CAP_FSETID and "
		"CAP_NET_BIND_SERVICE. With no it keeps CAP_SYS_ADMIN too, "
		"and with it keeps the security descriptors of files in an "
		"attribute that is the server's alone; otherwise a file's "
		"owner on this machine can change it. What was kept in one "
		"way counts in the other, and is replaced when it is set; "
		"only the server's own attribute it cannot replace without "
		"that power. Root sees and sets the "
		"quotas of others only with it.",
	},
	[CONFIG_SYSTEM_CALL_FILTER] = {
		"system call filter", SETTING_GLOBAL, SETTING_ENUM, "yes",
		"Which system calls the server may make (seccomp): yes, those "
		"that serving files takes, and others fail and are logged once "
		"each; kill, the server ends at the first of the others; no, "
		"all. It never executes programs (but with obey pam "
		"restrictions, whose modules may do so), traces processes, "
		"mounts, or speaks other families than IP, Unix sockets and "
		"netlink.",
		.names = names_of_filters,
	},
	[CONFIG_CORE_DUMPS] = {
		"core dumps", SETTING_GLOBAL, SETTING_BOOL, "no",
		"Whether a core dump may be made of the server, and other "
		"processes of its user may look into it. In it are keys and "
		"what users read and write.",
	},
	[CONFIG_METRICS_LISTEN] = {
		"metrics listen", SETTING_GLOBAL, SETTING_STRING, "",
		"Where Prometheus finds the server's figures: an address and a "
		"port, such as 127.0.0.1:9922 or [::1]:9922; the page is "
		"/metrics. Whoever reaches it may read it, so it should be an "
		"address of this machine alone. Empty: nowhere.",
	},
	[CONFIG_AUDIT_LOG] = {
		"audit log", SETTING_GLOBAL, SETTING_PATH, "",
		"A file of records of who was let in and who was not, a JSON "
		"object a line: client certificates, logons and share access. "
		"Opened again on SIGHUP. Empty: none.",
	},
	[CONFIG_AUDIT_JOURNAL] = {
		"audit journal", SETTING_GLOBAL, SETTING_ENUM, "auto",
		"Whether these records go to systemd's journal as well, their "
		"members as fields SMBQUIC_EVENT, SMBQUIC_RESULT and so on. "
		"auto: when the log does.",
		.names = names_of_audit_journals,
	},

	[CONFIG_MAX_CONNECTIONS] = {
		"max connections", SETTING_GLOBAL, SETTING_INT, "1024",
		"Connections at a time, over all transports. 0: no limit.",
		.min = 0, .max = 1000000,
	},
	[CONFIG_MAX_CONNECTIONS_PER_SOURCE] = {
		"max connections per source", SETTING_GLOBAL, SETTING_INT,
		"128",
		"Connections at a time from one address; in IPv6 from one "
		"network of 64 bits (/64), which is what one customer has. 0: "
		"no limit.",
		.min = 0, .max = 1000000,
	},
	[CONFIG_MAX_HANDSHAKES] = {
		"max handshakes", SETTING_GLOBAL, SETTING_INT, "256",
		"Handshakes at a time. Beyond that a QUIC client must first "
		"prove its address, see quic retry; beyond four times as many "
		"it is refused.",
		.min = 1, .max = 100000,
	},
	[CONFIG_QUIC_RETRY] = {
		"quic retry", SETTING_GLOBAL, SETTING_ENUM, "auto",
		"When a QUIC client must prove its address first, which costs "
		"it a round trip: auto while max handshakes are in flight, "
		"always, or never. One that has been here in the last 24 hours "
		"brings the proof along.",
		.names = names_of_retry,
	},
	[CONFIG_QUIC_VERSION] = {
		"quic version", SETTING_GLOBAL, SETTING_ENUM, "v1",
		"The version of QUIC that is preferred, v1 or v2; both are "
		"spoken. With v2 a client that began with v1 and knows v2 is "
		"led to v2 within the handshake.",
		.names = names_of_quic_versions,
	},
	[CONFIG_EARLY_DATA] = {
		"early data", SETTING_GLOBAL, SETTING_BOOL, "no",
		"Take the NEGOTIATE of a QUIC client that has been here in the "
		"last 24 hours with its first packets, and answer at once "
		"(0-RTT): one round trip less. Who records such packets can "
		"send them again, which makes the server answer a NEGOTIATE to "
		"nobody; each is taken once, and nothing else before the "
		"handshake is complete. quic-kernel has no 0-RTT.",
	},
	[CONFIG_HANDSHAKE_TIMEOUT] = {
		"handshake timeout", SETTING_GLOBAL, SETTING_INT, "10s",
		"How long a QUIC handshake may take.",
		.min = 100, .max = ONE_HOUR, .unit = SETTING_UNIT_SECONDS,
	},
	[CONFIG_LOGON_TIMEOUT] = {
		"logon timeout", SETTING_GLOBAL, SETTING_INT, "30s",
		"How long a connection may stay without a logged-on user.",
		.min = 100, .max = ONE_HOUR, .unit = SETTING_UNIT_SECONDS,
	},
	[CONFIG_INVALID_AUTHENTICATION_DELAY] = {
		"invalid authentication delay", SETTING_GLOBAL, SETTING_INT,
		"2s",
		"How long the answer to a failed logon is held back.",
		.min = 0, .max = 60 * ONE_SECOND, .unit = SETTING_UNIT_SECONDS,
	},
	[CONFIG_MAX_FAILED_LOGONS] = {
		"max failed logons per source", SETTING_GLOBAL, SETTING_INT,
		"100",
		"After so many failed logons from one address (of IPv6, one "
		"/64) within failed logon interval its next ones are refused "
		"unseen until some of that time has passed. 0: no limit.",
		.min = 0, .max = 1000000,
	},
	[CONFIG_MAX_FAILED_LOGONS_PER_CONNECTION] = {
		"max failed logons per connection", SETTING_GLOBAL,
		SETTING_INT, "32",
		"A connection on which more logons than that have failed "
		"since the last that did not is ended. 0: no limit.",
		.min = 0, .max = 1000000,
	},
	[CONFIG_FAILED_LOGON_INTERVAL] = {
		"failed logon interval", SETTING_GLOBAL, SETTING_INT, "10m",
		"The time for max failed logons per source.",
		.min = ONE_SECOND, .max = 24 * ONE_HOUR,
		.unit = SETTING_UNIT_SECONDS,
	},
	[CONFIG_IDLE_TIMEOUT] = {
		"idle timeout", SETTING_GLOBAL, SETTING_INT, "1m",
		"A QUIC connection whose peer has not been heard of for so "
		"long is lost.",
		.min = ONE_SECOND, .max = ONE_HOUR, .unit = SETTING_UNIT_SECONDS,
	},
	[CONFIG_KEEPALIVE] = {
		"keepalive", SETTING_GLOBAL, SETTING_INT, "20s",
		"How often a silent client is asked whether it is still "
		"there. 0: never.",
		.min = 0, .max = ONE_HOUR, .unit = SETTING_UNIT_SECONDS,
	},
	[CONFIG_DEADTIME] = {
		"deadtime", SETTING_GLOBAL, SETTING_INT, "7d",
		"Connections without open files are closed after so long "
		"without a request. A plain number means minutes. 0: never.",
		.min = 0, .max = ONE_YEAR, .unit = SETTING_UNIT_MINUTES,
	},

	[CONFIG_SMB2_MAX_READ] = {
		"smb2 max read", SETTING_GLOBAL, SETTING_INT, "8M",
		"The largest READ.",
		.min = 64 * KiB, .max = 8 * MiB, .unit = SETTING_UNIT_BYTES,
	},
	[CONFIG_SMB2_MAX_WRITE] = {
		"smb2 max write", SETTING_GLOBAL, SETTING_INT, "8M",
		"The largest WRITE.",
		.min = 64 * KiB, .max = 8 * MiB, .unit = SETTING_UNIT_BYTES,
	},
	[CONFIG_SMB2_MAX_TRANS] = {
		"smb2 max trans", SETTING_GLOBAL, SETTING_INT, "8M",
		"The largest of the other requests that carry data: directory "
		"listings, queries, controls.",
		.min = 64 * KiB, .max = 8 * MiB, .unit = SETTING_UNIT_BYTES,
	},
	[CONFIG_SMB2_MAX_CREDITS] = {
		"smb2 max credits", SETTING_GLOBAL, SETTING_INT, "8192",
		"Requests that one connection may have under way.",
		.min = 128, .max = 65535,
	},
	[CONFIG_SMB2_MAX_ASYNC] = {
		"smb2 max async credits", SETTING_GLOBAL, SETTING_INT, "512",
		"One more than the requests of a connection that may wait at "
		"a time for something which may never come: a lock, a "
		"change, data in a pipe.",
		.min = 2, .max = 65535,
	},
	[CONFIG_CHANGE_NOTIFY] = {
		"change notify", SETTING_GLOBAL, SETTING_BOOL, "yes",
		"Whether clients may wait for changes of a directory.",
	},
	[CONFIG_MULTI_CHANNEL] = {
		"server multi channel support", SETTING_GLOBAL, SETTING_BOOL,
		"yes",
		"Whether a session may use several connections at a time "
		"(SMB 3.0 and above), up to 32.",
	},
	[CONFIG_SESSION_LIFETIME] = {
		"session lifetime", SETTING_GLOBAL, SETTING_INT, "0",
		"After so long a client has to prove its user again; clients "
		"do that by themselves. 0: never.",
		.min = 0, .max = ONE_YEAR, .unit = SETTING_UNIT_SECONDS,
	},
	[CONFIG_WORKER_THREADS] = {
		"worker threads", SETTING_GLOBAL, SETTING_INT, "8",
		"Threads for work that blocks, such as disk access, or takes "
		"long, such as compression.",
		.min = 1, .max = 256,
	},
	[CONFIG_NETWORK_THREADS] = {
		"network threads", SETTING_GLOBAL, SETTING_INT, "auto",
		"Threads that carry and encrypt what goes over QUIC. 0: the "
		"main one does that too. auto: one for each processor that "
		"is left beside the main thread, at most 16; two where there "
		"are two processors; none where there is one. Connections of "
		"quic-kernel have none.",
		.min = 0, .max = THREADS_MAX, .names = names_of_automatic,
	},
	[CONFIG_CONGESTION_CONTROL] = {
		"congestion control", SETTING_GLOBAL, SETTING_ENUM, "cubic",
		"How QUIC finds out how fast it may send: by what is lost, as "
		"TCP does (cubic), or by measuring (bbr), which does better "
		"where packets are lost for other reasons. quic-kernel sends "
		"by cubic, whatever stands here.",
		.names = names_of_congestion,
	},
	[CONFIG_MAP_TO_GUEST] = {
		"map to guest", SETTING_GLOBAL, SETTING_ENUM, "never",
		"Who becomes a guest instead of being refused: nobody, whom "
		"the users file does not know (bad user), or everyone whose "
		"logon fails (bad password). A guest may use the shares with "
		"guest ok, and nothing of what he does is signed or sealed by "
		"SMB; Windows 11 refuses to be one.",
		.names = names_of_guests,
	},
	[CONFIG_GUEST_ACCOUNT] = {
		"guest account", SETTING_GLOBAL, SETTING_STRING, "nobody",
		"The Unix account of guests, and of clients without a name.",
	},
	[CONFIG_RESTRICT_ANONYMOUS] = {
		"restrict anonymous", SETTING_GLOBAL, SETTING_INT, "2",
		"With 2 a client without a name is refused. With less it may "
		"ask for the list of shares, and use those with guest ok.",
		.min = 0, .max = 2,
	},

	[CONFIG_PATH] = {
		"path", SETTING_SHARE, SETTING_PATH, "",
		"The folder that is served. %U is the user, %S the share, %I "
		"the client's address, %m its name.",
	},
	[CONFIG_COMMENT] = {
		"comment", SETTING_SHARE, SETTING_STRING, "",
		"Shown beside the share's name.",
	},
	[CONFIG_AVAILABLE] = {
		"available", SETTING_SHARE, SETTING_BOOL, "yes",
		"With no the share is as if it were not in the file.",
	},
	[CONFIG_BROWSEABLE] = {
		"browseable", SETTING_SHARE, SETTING_BOOL, "yes",
		"Whether the share is in the list of shares.",
	},
	[CONFIG_STORE] = {
		"store", SETTING_SHARE, SETTING_ENUM, "posix",
		"What holds the files: posix is the folder named by path, "
		"memory forgets all when the server stops.",
		.names = names_of_stores,
	},

	[CONFIG_CONTINUOUS] = {
		"continuously available", SETTING_SHARE, SETTING_BOOL, "no",
		"Whether clients may have persistent handles: what is open, "
		"with its locks and caches, outlives a crash and a restart of "
		"the server, and is kept in the state directory until its "
		"client is back or some minutes have passed. Everything that "
		"is written to such a share goes to the disk at once.",
	},
	[CONFIG_MSDFS_ROOT] = {
		"msdfs root", SETTING_SHARE, SETTING_BOOL, "no",
		"Whether the share is the root of a distributed file system "
		"(DFS), whose clients ask for referrals: they are referred to "
		"this server, by the name they asked with.",
	},
	[CONFIG_READ_ONLY] = {
		"read only", SETTING_SHARE, SETTING_BOOL, "yes",
		"Whether users may not change anything.",
	},
	[CONFIG_VALID_USERS] = {
		"valid users", SETTING_SHARE, SETTING_LIST, "",
		"Who may use the share: names, and groups as @group. Empty: "
		"every user.",
	},
	[CONFIG_INVALID_USERS] = {
		"invalid users", SETTING_SHARE, SETTING_LIST, "",
		"Who may not use the share; stronger than valid users.",
	},
	[CONFIG_READ_LIST] = {
		"read list", SETTING_SHARE, SETTING_LIST, "",
		"Who may only read, whatever read only says.",
	},
	[CONFIG_WRITE_LIST] = {
		"write list", SETTING_SHARE, SETTING_LIST, "",
		"Who may write, whatever read only and read list say.",
	},
	[CONFIG_FORCE_USER] = {
		"force user", SETTING_SHARE, SETTING_STRING, "",
		"The Unix account that all act as on this share.",
	},
	[CONFIG_FORCE_GROUP] = {
		"force group", SETTING_SHARE, SETTING_STRING, "",
		"The primary Unix group on this share. +group: only for users "
		"who are members of it.",
	},
	[CONFIG_HOSTS_ALLOW] = {
		"hosts allow", SETTING_SHARE, SETTING_LIST, "",
		"Addresses and networks that may connect, such as 192.0.2. or "
		"2001:db8::/32; EXCEPT takes off what follows. In [global] it "
		"binds every share. Empty: all.",
	},
	[CONFIG_HOSTS_DENY] = {
		"hosts deny", SETTING_SHARE, SETTING_LIST, "",
		"Addresses and networks that may not connect; hosts allow is "
		"stronger.",
	},
	[CONFIG_GUEST_OK] = {
		"guest ok", SETTING_SHARE, SETTING_BOOL, "no",
		"Whether guests (map to guest) and clients without a name "
		"(restrict anonymous) may use the share.",
	},
	[CONFIG_CLIENT_CERTIFICATE_REQUIRED] = {
		"client certificate required", SETTING_SHARE, SETTING_BOOL,
		"no",
		"Whether the share may be used only over connections that have "
		"shown a client certificate; with client certificate user, one "
		"that stands for the user.",
	},
	[CONFIG_SMB_ENCRYPT] = {
		"server smb encrypt", SETTING_SHARE, SETTING_ENUM,
		"if_required",
		"SMB encryption: off never, if_required when the client "
		"insists, desired with every client that can, required with "
		"all. In [global] for the whole session, in a share for that "
		"share; for particular users there is server smb encrypt "
		"users, and for clients that cannot reject unencrypted access. "
		"What QUIC carries counts as encrypted; see server smb "
		"encryption over quic.",
		.names = names_of_encrypt,
	},
	[CONFIG_COMPRESS_DATA] = {
		"compress data", SETTING_SHARE, SETTING_ENUM, "asked",
		"Whether the contents of files may be compressed on their "
		"way: no never; asked when the client asks for it (smbquic-"
		"client --compress, NET USE /REQUESTCOMPRESSION); yes tells "
		"clients to do so always. The length of what is encrypted "
		"after it was compressed tells how well it compressed. "
		"Whoever can put something of their own next to what others "
		"read, in the same file, and see the traffic, can guess at "
		"it: say no for shares with such files. Listings, names, "
		"logons and pipes are never compressed. It pays on links "
		"that are slower than the processor compresses, some "
		"hundred Mbit/s. With no for all shares compression is not "
		"even offered.",
		.names = names_of_compress_data,
	},
	[CONFIG_SHARE_MAX_CONNECTIONS] = {
		"max connections", SETTING_SHARE_ONLY, SETTING_INT, "0",
		"Connections to the share at a time. 0: no limit.",
		.min = 0, .max = 1000000,
	},

	[CONFIG_CREATE_MASK] = {
		"create mask", SETTING_SHARE, SETTING_OCTAL, "0744",
		"Unix permissions that a new file may get.",
	},
	[CONFIG_DIRECTORY_MASK] = {
		"directory mask", SETTING_SHARE, SETTING_OCTAL, "0755",
		"Unix permissions that a new folder may get.",
	},
	[CONFIG_HIDE_DOT_FILES] = {
		"hide dot files", SETTING_SHARE, SETTING_BOOL, "yes",
		"Whether names that begin with a dot have the hidden "
		"attribute.",
	},
	[CONFIG_HIDE_UNREADABLE] = {
		"hide unreadable", SETTING_SHARE, SETTING_BOOL, "no",
		"Access-based enumeration: whether listings leave out what "
		"the user may not read.",
	},
	[CONFIG_NT_ACL_SUPPORT] = {
		"nt acl support", SETTING_SHARE, SETTING_BOOL, "yes",
		"Whether security descriptors can be set. If not, those that "
		"are shown say what owner and mode say.",
	},
	[CONFIG_STORE_NT_ACLS] = {
		"store nt acls", SETTING_SHARE, SETTING_BOOL, "yes",
		"Whether security descriptors are kept whole, in the extended "
		"attribute security.smbquic.acl (user.smbquic.acl where the "
		"server may not write that one), inherited, and asked at every "
		"access, in addition to what the file system permits. If not, "
		"as much of them is kept as mode and POSIX ACL can hold.",
	},
	[CONFIG_IGNORE_SYSTEM_ACLS] = {
		"ignore system acls", SETTING_SHARE, SETTING_BOOL, "no",
		"With store nt acls: no leaves a file's mode and POSIX ACL to "
		"follow its security descriptor, and replaces the latter's "
		"access list once somebody changes the former on the machine "
		"itself. With yes neither knows of the other, and a user needs "
		"the permission of both.",
	},
	[CONFIG_ACL_CANONICAL_FLAG] = {
		"acl flag inherited canonicalization", SETTING_SHARE,
		SETTING_BOOL, "yes",
		"Whether an access list that is set counts as inherited only "
		"where the client also asks for inheritance, as on Windows. "
		"With no its word is taken.",
	},
	[CONFIG_FOLLOW_SYMLINKS] = {
		"follow symlinks", SETTING_SHARE, SETTING_BOOL, "yes",
		"Whether symbolic links of the machine are followed inside the "
		"share, unseen by the client. If not, a path that comes to one "
		"stops there, and the client is told where the link leads, to "
		"go on by itself. One that leads out of the share is never "
		"followed.",
	},
	[CONFIG_UNIX_EXTENSIONS] = {
		"smb3 unix extensions", SETTING_SHARE, SETTING_BOOL, "yes",
		"Whether clients that know the POSIX extensions of SMB 3.1.1 "
		"may use them: names whose case counts, modes, symbolic links, "
		"open files that are deleted or replaced. Whether they can make "
		"a file run as another user or group says set id bits. In "
		"[global] the default for all shares.",
	},
	[CONFIG_SET_ID_BITS] = {
		"set id bits", SETTING_SHARE, SETTING_BOOL, "no",
		"Whether clients of the POSIX extensions may give files "
		"set-user-id and set-group-id (chmod u+s): whoever runs such a "
		"file on a machine that has the file system acts as its owner. "
		"Without effect with force user and force group, and where the "
		"server does not act as its users. What has the bits already "
		"loses them when it is written, either way. In [global] the "
		"default for all shares.",
	},
	[CONFIG_SNAPSHOT_DIRECTORY] = {
		"snapshot directory", SETTING_SHARE, SETTING_STRING, "",
		"Folder of the share, from its root, that holds its previous "
		"versions, a folder each. Empty: there are none.",
	},
	[CONFIG_SNAPSHOT_FORMAT] = {
		"snapshot format", SETTING_SHARE, SETTING_STRING,
		"@GMT-%Y.%m.%d-%H.%M.%S",
		"How the names of those folders tell their time (UTC), as for "
		"strftime(3). Others in that folder are not shown.",
	},
	[CONFIG_VETO_FILES] = {
		"veto files", SETTING_SHARE, SETTING_PATTERNS, "",
		"Names that nobody sees or opens: patterns with * and ?, each "
		"between slashes, as /*.tmp/lost+found/.",
	},
	[CONFIG_CASE_SENSITIVE] = {
		"case sensitive", SETTING_SHARE, SETTING_BOOL, "no",
		"Whether names that differ in case alone are different.",
		.names = names_of_case_names,
	},
	[CONFIG_STRICT_SYNC] = {
		"strict sync", SETTING_SHARE, SETTING_BOOL, "yes",
		"Whether a client's flush waits until the disk has the data.",
	},
	[CONFIG_STRICT_ALLOCATE] = {
		"strict allocate", SETTING_SHARE, SETTING_BOOL, "no",
		"Whether a file that grows has its space on the disk before "
		"it is written, as on Windows, and a client hears at once that "
		"there is not enough. Files that are marked sparse are left "
		"out.",
	},
	[CONFIG_MAX_FILE_SIZE] = {
		"max file size", SETTING_SHARE, SETTING_INT, "0",
		"The largest that clients can make a file. 0: what the file "
		"system takes.",
		.min = 0, .max = INT64_MAX, .unit = SETTING_UNIT_BYTES,
	},
	[CONFIG_NAMED_STREAMS] = {
		"named streams", SETTING_SHARE, SETTING_BOOL, "yes",
		"Whether files have streams beside their own data, where the "
		"file system has extended attributes: Windows marks what came "
		"from the internet in one, macOS keeps what it knows of a file "
		"there. Those up to 1 KiB are kept as Samba's streams_xattr "
		"keeps them; larger ones in the folder .smbquic-streams of "
		"the share, which the server makes for itself. These follow a "
		"file that is renamed on the machine, but no copy of it, nor a "
		"move to another file system; of files removed on the machine "
		"they go as others are made (ext4, XFS, Btrfs, F2FS, tmpfs; "
		"the server must run as root).",
	},
	[CONFIG_MANGLED_NAMES] = {
		"mangled names", SETTING_SHARE, SETTING_ENUM, "no",
		"With yes a file is found by a name of eight and three "
		"characters, too, which is made of its long one, and listings "
		"show it. illegal is as no: a name that Windows cannot have "
		"is shown in other characters.",
		.names = names_of_mangled,
	},
};
/* clang-format on */

const struct setting_synonym setting_synonyms[] = {
	{"smb ports", CONFIG_SMB_TRANSPORTS, false},
	{"min protocol", CONFIG_MIN_PROTOCOL, false},
	{"max protocol", CONFIG_MAX_PROTOCOL, false},
	{"protocol", CONFIG_MAX_PROTOCOL, false},
	{"debug level", CONFIG_LOG_LEVEL, false},
	{"dead time", CONFIG_DEADTIME, false},
	{"directory", CONFIG_PATH, false},
	{"browsable", CONFIG_BROWSEABLE, false},
	{"writable", CONFIG_READ_ONLY, true},
	{"writeable", CONFIG_READ_ONLY, true},
	{"write ok", CONFIG_READ_ONLY, true},
	{"group", CONFIG_FORCE_GROUP, false},
	{"allow hosts", CONFIG_HOSTS_ALLOW, false},
	{"deny hosts", CONFIG_HOSTS_DENY, false},
	{"public", CONFIG_GUEST_OK, false},
	{"smb encrypt", CONFIG_SMB_ENCRYPT, false},
	{"smb encrypt users", CONFIG_ENCRYPT_USERS, false},
	{"create mode", CONFIG_CREATE_MASK, false},
	{"directory mode", CONFIG_DIRECTORY_MASK, false},
	{"casesignames", CONFIG_CASE_SENSITIVE, false},
	{NULL, 0, false},
};

_Static_assert(sizeof(settings) / sizeof(settings[0]) == CONFIG_KEY_COUNT,
	       "a row for each key");

const struct setting *setting_row(enum config_key key)
{
	return &settings[key];
}

static bool fits_scope(const struct setting *row, bool in_share)
{
	return row->scope == SETTING_SHARE ||
	       (row->scope == SETTING_GLOBAL) == !in_share;
}

enum config_key setting_find(const char *name, bool in_share, bool *inverted)
{
	const struct setting_synonym *synonym = NULL;
	int key = 0;

	*inverted = false;
	for (key = 0; key < CONFIG_KEY_COUNT; key++) {
		if (fits_scope(&settings[key], in_share) &&
		    ini_key_equal(settings[key].name, name)) {
			return key;
		}
	}
	for (synonym = setting_synonyms; synonym->name != NULL; synonym++) {
		if (fits_scope(&settings[synonym->key], in_share) &&
		    ini_key_equal(synonym->name, name)) {
			*inverted = synonym->inverted;
			return synonym->key;
		}
	}
	return CONFIG_KEY_COUNT;
}
