/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What becomes of Samba's settings that smbquicd has not, or has in another
 * sense: after smb.conf(5) of Samba 4.25.
 */
#include <fnmatch.h>
#include <stdio.h>
#include <string.h>

#include "server/import_samba.h"
#include "smbquic/ini.h"

#define DOMAIN                                                        \
	"smbquicd is no member of a domain; see kerberos method for " \
	"logons by tickets"
#define ALWAYS	  "it is always so here"
#define NEVER	  "there is none of it here"
#define CLIENT	  "a setting of Samba's programs, not of its file server"
#define PRINTERS  "there is no printing"
#define NETBIOS	  "there is no NetBIOS"
#define SCRIPTS	  "smbquicd runs no programs"
#define DIRECTORY "there is no directory service (LDAP, Active Directory)"
#define OWN_WAY	  "smbquicd has a way of its own"

/* clang-format off */
/* The first that matches. */
static const struct import_rule rules[] = {
	/* not Samba's sense */
	{"max connections", "0", "counts here for a share; in [global] it is "
	 "the server's, over all shares"},
	{"keepalive", "*", "20s here, so that a dead client is seen at once"},
	{"hide files", "", "vetoed or shown, there is nothing between"},

	/* who users are */
	{"security", "user|auto", DOMAIN},
	{"server role", "auto|standalone|standalone server", DOMAIN},
	{"realm", "", DOMAIN},
	{"domain *", "no|auto", DOMAIN},
	{"preferred master", "*", NETBIOS},
	{"local master", "*", NETBIOS},
	{"os level", "*", NETBIOS},
	{"passdb backend", "tdbsam|tdbsam:*|smbpasswd|smbpasswd:*",
	 "bring users along by `pdbedit -e smbpasswd:FILE` and smb passwd "
	 "file"},
	{"passdb expand explicit", "*", NEVER},
	{"encrypt passwords", "yes", "passwords never travel in the clear"},
	{"unix password sync", "no", "an SMB password is changed by "
	 "smbquic-passwd, and no other with it"},
	{"pam password change", "*", "an SMB password is changed by "
	 "smbquic-passwd, and no other with it"},
	{"passwd *", "*", SCRIPTS},
	{"check password script", "", SCRIPTS},
	{"username map*", "", "a user is who the users file says"},
	{"username level", "0", "a user is who the users file says"},
	{"admin users", "", "nobody acts as root because of a list"},
	{"ntlm auth", "ntlmv2-only|no", "NTLMv2 alone is taken"},
	{"lanman auth", "no", "NTLMv2 alone is taken"},
	{"raw ntlmv2 auth", "*", "NTLMv2 is taken bare and within SPNEGO"},
	{"null passwords", "no", "a user without a password is refused"},
	{"guest only", "no", "who has an account is that account"},
	{"only guest", "no", "who has an account is that account"},
	{"username", "", "a password is always that of one user"},
	{"users", "", "a password is always that of one user"},
	{"min domain uid", "*", DOMAIN},
	{"winbind *", "*", DOMAIN},
	{"idmap *", "*", DOMAIN},
	{"template *", "*", DOMAIN},
	{"allow trusted domains", "*", DOMAIN},
	{"machine password timeout", "*", DOMAIN},
	{"kdc *", "*", DIRECTORY},
	{"krb5 *", "*", DIRECTORY},
	{"dns *", "*", DIRECTORY},
	{"ldap *", "", DIRECTORY},
	{"tls *", "", "certificates are mapped to names by smbquic-certmap "
	 "new"},
	{"server schannel*", "*", DIRECTORY},
	{"password server", "*", DOMAIN},
	{"logon *", "", DOMAIN},
	{"* script", "", SCRIPTS},
	{"enable privileges", "*", "the privileges of root and of the groups "
	 "are fixed"},

	/* how files look */
	{"*:*", "*", "belongs to a module"},
	{"ea support", "yes", ALWAYS},
	{"store dos attributes", "yes", ALWAYS},
	{"map archive", "*", "attributes are kept in an extended attribute"},
	{"map hidden", "no", "attributes are kept in an extended attribute"},
	{"map system", "no", "attributes are kept in an extended attribute"},
	{"map readonly", "*", "attributes are kept in an extended attribute"},
	{"map acl inherit", "*", "inheritance is kept with the descriptor"},
	{"inherit acls", "*", "lists are inherited as on Windows"},
	{"inherit permissions", "no", "modes follow from create mask and the "
	 "inherited list"},
	{"inherit owner", "no", "a new file belongs to who made it; force user "
	 "decides otherwise"},
	{"force create mode", "0|00|000|0000", "create mask is what there is"},
	{"force directory mode", "0|00|000|0000",
	 "directory mask is what there is"},
	{"force unknown acl user", "no", "a SID that is nobody's is refused"},
	{"dos filemode", "no", "who may change a descriptor is for the "
	 "descriptor"},
	{"acl group control", "no", "who may change a descriptor is for the "
	 "descriptor"},
	{"acl allow execute always", "no", "execution is granted as reading "
	 "is, by the list"},
	{"acl map full control", "yes", ALWAYS},
	{"dos filetimes", "yes", "by the descriptor's FILE_WRITE_ATTRIBUTES"},
	{"dos filetime resolution", "no", "times are kept to 100 ns"},
	{"fake directory create times", "no", "birth times are kept"},
	{"delete readonly", "no", "as on Windows, the attribute protects"},
	{"delete veto files", "no", "a folder with vetoed files is not empty"},
	{"hide special files", "no", "what is neither file nor folder is not "
	 "opened"},
	{"hide unwriteable files", "no", "hide unreadable is what there is"},
	{"hide unwritable files", "no", "hide unreadable is what there is"},
	{"access based share enum", "no", "hide unreadable is what there is"},
	{"wide links", "no", "a link that leads out of the share is never "
	 "followed"},
	{"allow insecure wide links", "no", "a link that leads out of the "
	 "share is never followed"},
	{"default case", "*", "names are kept as they were given"},
	{"preserve case", "yes", ALWAYS},
	{"short preserve case", "yes", ALWAYS},
	{"unix extensions", "*", "those of SMB1; see smb3 unix extensions"},
	{"smb1 unix extensions", "*", "those of SMB1; see smb3 unix "
	 "extensions"},
	{"nt status support", "yes", ALWAYS},
	{"nt pipe support", "yes", ALWAYS},
	{"kernel change notify", "yes", ALWAYS},
	{"volume", "", "a volume is named after its share"},
	{"fstype", "ntfs", "the volume says NTFS"},
	{"dont descend", "", "veto files hides folders"},
	{"veto oplock files", "", "every file may be cached by clients"},
	{"dfree *", "", "space is what the file system says"},
	{"max disk size", "0", "space is what the file system says"},
	{"msdfs proxy", "", "referrals are to this server"},
	{"msdfs shuffle referrals", "*", "referrals are to this server"},
	{"host msdfs", "*", "see msdfs root"},
	{"printable", "no", PRINTERS},
	{"print ok", "no", PRINTERS},
	{"get quota command", "", SCRIPTS},
	{"set quota command", "", SCRIPTS},
	{"preexec*", "", SCRIPTS},
	{"postexec", "", SCRIPTS},
	{"exec", "", SCRIPTS},
	{"root pre*", "", SCRIPTS},
	{"root postexec", "", SCRIPTS},
	{"magic *", "", SCRIPTS},
	{"spotlight*", "no", "there is no index"},
	{"elasticsearch*", "*", "there is no index"},
	{"time server", "*", NETBIOS},

	/* caching and locks */
	{"oplocks", "yes", "clients may always cache"},
	{"level2 oplocks", "yes", "clients may always cache"},
	{"smb2 leases", "yes", "clients may always cache"},
	{"smb3 directory leases", "*", "clients may always cache"},
	{"durable handles", "yes", ALWAYS},
	{"persistent handles", "*", "see continuously available"},
	{"kernel oplocks", "no", "programs of the machine do not break what "
	 "clients cache"},
	{"kernel share modes", "*", "programs of the machine do not see what "
	 "clients have open"},
	{"posix locking", "no", "programs of the machine do not see clients' "
	 "locks"},
	{"locking", "yes", ALWAYS},
	{"strict locking", "yes|auto", ALWAYS},
	{"blocking locks", "yes", ALWAYS},
	{"fake oplocks", "no", NEVER},
	{"oplock break wait time", "*", OWN_WAY},
	{"lock spin time", "*", OWN_WAY},
	{"csc policy", "manual", "offline files are for the client to choose"},
	{"strict rename", "*", OWN_WAY},
	{"sync always", "no", "see strict sync and continuously available"},

	/* how it runs */
	{"socket options", "*", OWN_WAY},
	{"aio *", "*", OWN_WAY},
	{"use sendfile", "*", OWN_WAY},
	{"min receivefile size", "*", OWN_WAY},
	{"write cache size", "*", OWN_WAY},
	{"read raw", "*", "there is no SMB1"},
	{"write raw", "*", "there is no SMB1"},
	{"max mux", "*", "there is no SMB1"},
	{"max xmit", "*", "there is no SMB1"},
	{"lm *", "*", "there is no SMB1"},
	{"unicode", "yes", ALWAYS},
	{"dos charset", "*", "there is no SMB1"},
	{"unix charset", "utf-8|utf8", "names are UTF-8"},
	{"display charset", "utf-8|utf8|locale", "names are UTF-8"},
	{"server services", "*", OWN_WAY},
	{"logging", "*", "the log goes to the standard error, where systemd "
	 "takes it, or to log file"},
	{"syslog*", "*", "the log goes to the standard error, where systemd "
	 "takes it, or to log file"},
	{"max log size", "*", "logrotate and the journal see to that"},
	{"debug *", "*", OWN_WAY},
	{"timestamp logs", "*", ALWAYS},
	{"panic action", "*", SCRIPTS},
	{"lock directory", "*", "see state directory"},
	{"cache directory", "*", "see state directory"},
	{"private dir*", "*", "see state directory"},
	{"pid directory", "*", "see pid file"},
	{"ncalrpc dir", "*", NEVER},
	{"max open files", "*", "by the limit of the process"},
	{"max smbd processes", "0", "one process serves all; see max "
	 "connections"},
	{"hostname lookups", "no", "hosts are known by address"},
	{"name resolve order", "*", CLIENT},
	{"client *", "*", CLIENT},
	{"wins *", "*", NETBIOS},
	{"nbt *", "*", NETBIOS},
	{"netbios *", "*", NETBIOS},
	{"disable netbios", "*", NETBIOS},
	{"dns proxy", "*", NETBIOS},
	{"browse list", "*", NETBIOS},
	{"remote *", "*", NETBIOS},
	{"enhanced browsing", "*", NETBIOS},
	{"multicast dns register", "*", "announce it by Avahi's own files"},
	{"mdns name", "*", "announce it by Avahi's own files"},
	{"load printers", "*", PRINTERS},
	{"print*", "*", PRINTERS},
	{"cups *", "*", PRINTERS},
	{"disable spoolss", "*", PRINTERS},
	{"show add printer wizard", "*", PRINTERS},
	{"rpc_server:*", "*", PRINTERS},
	{"rpc *", "*", OWN_WAY},
	{"usershare *", "*", "shares are those of the file"},
	{"clustering", "no", "there are no clusters"},
	{"ctdb*", "*", "there are no clusters"},
	{"cluster addresses", "*", "there are no clusters"},
	{"registry shares", "no", "there is no registry"},
	{"config backend", "file", "there is no registry"},
	{"config file", "", "give the other file to --import-samba"},
	{"copy", "", "write out what the other share says"},
	{"default service", "", "a share that is not there is not there"},
	{"default", "", "a share that is not there is not there"},
	{"preload*", "*", NEVER},
	{"auto services", "*", NEVER},
	{"root directory", "", "the unit of systemd can have one"},
	{"utmp*", "*", "see audit log"},
	{"wtmp directory", "*", "see audit log"},
	{"-valid", "yes", "see available"},
	{"obey pam restrictions", "no", "PAM is not asked"},
	{NULL, NULL, NULL},
};

static const struct import_rule modules[] = {
	{"acl_xattr", "*", "see store nt acls"},
	{"acl_tdb", "", "see store nt acls; what it holds is not read"},
	{"streams_xattr", "*", "see named streams"},
	{"streams_depot", "", "see named streams; what it holds is not read"},
	{"shadow_copy2", "*", "see snapshot directory"},
	{"btrfs", "*", "files are cloned where the file system can"},
	{"io_uring", "*", OWN_WAY},
	{"aio_*", "*", OWN_WAY},
	{"default_quota", "", "quotas are the file system's"},
	{"full_audit", "", "see audit log, which has logons and shares"},
	{"audit", "", "see audit log, which has logons and shares"},
	{"extd_audit", "", "see audit log, which has logons and shares"},
	{"recycle", "", "what is deleted is gone; see snapshot directory"},
	{"fruit", "", "Apple's extensions are not spoken; its streams are kept "
	 "as those of Windows"},
	{"catia", "", "names are not translated"},
	{"crossrename", "", "a move to another file system is a copy"},
	{"dirsort", "*", "clients sort"},
	{"glusterfs*", "", "mount the volume, and share that folder"},
	{"ceph*", "", "mount the volume, and share that folder"},
	{"virusfilter", "", "files are not scanned"},
	{"*", "", "there are no modules"},
	{NULL, NULL, NULL},
};

/* clang-format on */

static bool matches(const char *pattern, const char *text)
{
	return fnmatch(pattern, text, FNM_CASEFOLD) == 0;
}

/* One space between words, none around. */
static void squeeze(const char *from, char *to, size_t size)
{
	size_t used = 0;

	for (; *from != '\0' && used + 1 < size; from++) {
		bool space = *from == ' ' || *from == '\t';

		if (!space || (used > 0 && to[used - 1] != ' ')) {
			to[used++] = space ? ' ' : *from;
		}
	}
	while (used > 0 && to[used - 1] == ' ') {
		used--;
	}
	to[used] = '\0';
}

static const struct import_rule *find(const struct import_rule *row,
				      const char *name)
{
	char plain[128];

	squeeze(name, plain, sizeof(plain));
	while (row->name != NULL && !matches(row->name, plain)) {
		row++;
	}
	return row->name == NULL ? NULL : row;
}

const struct import_rule *import_rule_find(const char *name)
{
	return find(rules, name);
}

const struct import_rule *import_module_find(const char *name)
{
	return find(modules, name);
}

static bool same(const char *allowed, const char *value)
{
	bool a = false;
	bool b = false;

	return ini_bool(allowed, &a) && ini_bool(value, &b)
		       ? a == b
		       : matches(allowed, value);
}

bool import_rule_fine(const struct import_rule *rule, const char *value)
{
	char one[64];
	const char *next = rule->fine;

	if (value[0] == '\0') {
		return true;
	}
	while (*next != '\0') {
		size_t len = strcspn(next, "|");

		snprintf(one, sizeof(one), "%.*s", (int)len, next);
		if (same(one, value)) {
			return true;
		}
		next += len + (next[len] == '|' ? 1 : 0);
	}
	return false;
}
