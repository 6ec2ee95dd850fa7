/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "client/mount/mount_taking.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>
#include <unistd.h>

#include "smbquic/log.h"

/* Of a previous version (MS-SMB2 2.2.32.2). */
#define SNAPSHOT_FORMAT "@GMT-%Y.%m.%d-%H.%M.%S"

/* ----------------------------------------------------------------- options */

static bool set_user(struct taking *t)
{
	mount_options_user(t->options, t->value);
	return true;
}

static bool set_password(struct taking *t)
{
	return taking_text(t, &t->options->password);
}

static bool set_domain(struct taking *t)
{
	return taking_text(t, &t->options->domain);
}

static bool set_credentials(struct taking *t)
{
	return taking_text(t, &t->options->credentials);
}

static bool set_keyring(struct taking *t)
{
	t->options->keyring = true;
	return true;
}

static bool set_guest(struct taking *t)
{
	t->options->no_password = true;
	return true;
}

static bool take_uid(struct taking *t, uid_t *out)
{
	const struct passwd *pw = getpwnam(t->value);
	unsigned long long n = 0;

	if (pw != NULL) {
		*out = pw->pw_uid;
		return true;
	}
	if (!taking_number(t, 10, UINT32_MAX - 1, &n)) {
		return taking_refuse(t, "no such user");
	}
	*out = (uid_t)n;
	return true;
}

static bool set_uid(struct taking *t)
{
	return take_uid(t, &t->options->uid);
}

static bool set_cruid(struct taking *t)
{
	t->options->has_ticket_uid = take_uid(t, &t->options->ticket_uid);
	return t->options->has_ticket_uid;
}

static bool set_gid(struct taking *t)
{
	const struct group *gr = getgrnam(t->value);
	unsigned long long n = 0;

	if (gr != NULL) {
		t->options->gid = gr->gr_gid;
		return true;
	}
	if (!taking_number(t, 10, UINT32_MAX - 1, &n)) {
		return taking_refuse(t, "no such group");
	}
	t->options->gid = (gid_t)n;
	return true;
}

static bool set_file_mode(struct taking *t)
{
	return taking_mode(t, &t->options->file_mode);
}

static bool set_dir_mode(struct taking *t)
{
	return taking_mode(t, &t->options->dir_mode);
}

static bool set_actimeo(struct taking *t)
{
	t->options->dir_time = 0;
	if (!taking_seconds(t, &t->options->file_time)) {
		return false;
	}
	t->options->dir_time = t->options->file_time;
	return true;
}

static bool set_acregmax(struct taking *t)
{
	return taking_seconds(t, &t->options->file_time);
}

static bool set_acdirmax(struct taking *t)
{
	return taking_seconds(t, &t->options->dir_time);
}

static bool set_closetimeo(struct taking *t)
{
	return taking_seconds(t, &t->options->close_time);
}

static bool set_cache(struct taking *t)
{
	static const char *const names[] = {"strict", "none", "loose"};
	unsigned i = 0;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (strcmp(t->value, names[i]) == 0) {
			t->options->cache = (enum mount_cache)i;
			return true;
		}
	}
	return taking_refuse(t, "strict, none or loose");
}

static bool set_rsize(struct taking *t)
{
	return taking_size(t, &t->options->read_size);
}

static bool set_wsize(struct taking *t)
{
	return taking_size(t, &t->options->write_size);
}

/* Of the kernel. */
static bool pass_on(struct taking *t, const char *name)
{
	char *longer = talloc_asprintf_append(
		t->options->fuse, "%s%s", *t->options->fuse != '\0' ? "," : "",
		name);

	if (longer == NULL) {
		return taking_refuse(t, "out of memory");
	}
	t->options->fuse = longer;
	return true;
}

static bool pass(struct taking *t)
{
	return pass_on(t, t->name);
}

static bool set_ro(struct taking *t)
{
	t->options->read_only = true;
	return pass_on(t, "ro");
}

static bool set_snapshot(struct taking *t)
{
	struct mount_options *o = t->options;
	char token[sizeof("@GMT-2026.11.28-12.00.00")] = "";
	unsigned long long n = 0;
	struct tm tm = {0};
	const char *end = strptime(t->value, SNAPSHOT_FORMAT, &tm);
	time_t when = 0;

	if ((end == NULL || *end != '\0') &&
	    taking_number(t, 10, INT64_MAX, &n) && nttime_to_unix(n) > 0) {
		when = (time_t)nttime_to_unix(n);
		end = gmtime_r(&when, &tm) != NULL ? "" : NULL;
	}
	if (end == NULL || *end != '\0' ||
	    strftime(token, sizeof(token), SNAPSHOT_FORMAT, &tm) == 0) {
		return taking_refuse(
			t, "a time like @GMT-2026.11.28-12.00.00, or as "
			   "a number of 100 ns since 1601");
	}
	talloc_free(o->snapshot);
	o->snapshot = talloc_strdup(o, token);
	return o->snapshot == NULL ? taking_refuse(t, "out of memory")
				   : set_ro(t);
}

static bool set_noac(struct taking *t)
{
	t->options->file_time = 0;
	t->options->dir_time = 0;
	return true;
}

static bool set_directio(struct taking *t)
{
	t->options->cache = MOUNT_CACHE_NONE;
	return true;
}

static bool set_strictcache(struct taking *t)
{
	t->options->cache = MOUNT_CACHE_STRICT;
	return true;
}

static bool set_fsname(struct taking *t)
{
	return taking_text(t, &t->options->name);
}

static bool set_debug(struct taking *t)
{
	return log_set_levels(t->value) || taking_refuse(t, "not a log level");
}

/* Somebody counted on it: one line says that it does nothing here. */
static bool pass_over(struct taking *t)
{
	struct mount_options *o = t->options;
	char *longer = talloc_asprintf_append(
		o->passed_over, "%s%s", *o->passed_over != '\0' ? ", " : "",
		t->name);

	if (longer == NULL) {
		return taking_refuse(t, "out of memory");
	}
	o->passed_over = longer;
	return true;
}

/* The only one there is. */
static bool set_iocharset(struct taking *t)
{
	return strcasecmp(t->value, "utf8") == 0 ||
	       strcasecmp(t->value, "utf-8") == 0 || pass_over(t);
}

static bool ignore(struct taking *t)
{
	(void)t;
	return true;
}

#define FLAG(function, member, yes)            \
	static bool function(struct taking *t) \
	{                                      \
		t->options->member = yes;      \
		return true;                   \
	}

FLAG(set_forceuid, force_uid, true)
FLAG(set_noforceuid, force_uid, false)
FLAG(set_forcegid, force_gid, true)
FLAG(set_noforcegid, force_gid, false)
FLAG(set_lease, leases, true)
FLAG(set_nolease, leases, false)
FLAG(set_soft, soft, true)
FLAG(set_hard, soft, false)
FLAG(set_serverino, file_ids, true)
FLAG(set_noserverino, file_ids, false)
FLAG(set_mapposix, map_names, true)
FLAG(set_nomapposix, map_names, false)
FLAG(set_posix, client.posix, true)
FLAG(set_noposix, client.posix, false)
FLAG(set_compress, client.compression, CLIENT_COMPRESSION_YES)
FLAG(set_nocompress, client.compression, CLIENT_COMPRESSION_NO)
FLAG(set_multichannel, client.max_channels, 2)
FLAG(set_nomultichannel, client.max_channels, 1)
FLAG(set_brl, send_locks, true)
FLAG(set_nobrl, send_locks, false)
FLAG(set_xattr, xattrs, true)
FLAG(set_noxattr, xattrs, false)
FLAG(set_perm, permissions, true)
FLAG(set_noperm, permissions, false)
FLAG(set_allow_other, allow_other, true)
FLAG(set_multiuser, multiuser, true)
FLAG(set_auto_unmount, auto_unmount, true)

enum { NO_VALUE, VALUE, ANY };

struct row {
	const char *name;
	int value;
	bool (*take)(struct taking *t);
	const char *help; /* NULL: another spelling, or not ours */
};

/* clang-format off */
static const struct row rows[] = {
	{"username",	VALUE,	set_user,
	 "USER: who to log on as, also DOMAIN/USER; default $USER"},
	{"user",	ANY,	NULL, NULL}, /* see find_row() */
	{"password",	VALUE,	set_password,
	 "his password; better in a file, or asked for"},
	{"pass",	VALUE,	set_password, NULL},
	{"domain",	VALUE,	set_domain, "DOMAIN of the user"},
	{"dom",		VALUE,	set_domain, NULL},
	{"workgroup",	VALUE,	set_domain, NULL},
	{"credentials",	VALUE,	set_credentials,
	 "FILE with lines username=, password= and domain="},
	{"cred",	VALUE,	set_credentials, NULL},
	{"keyring",	NO_VALUE, set_keyring,
	 "the password is in the kernel's keyring of this session"},
	{"guest",	NO_VALUE, set_guest, "no password is asked for"},
	{"uid",		VALUE,	set_uid,
	 "user who owns files that the server names no owner of"},
	{"gid",		VALUE,	set_gid, "group, likewise"},
	{"forceuid",	NO_VALUE, set_forceuid,
	 "uid= owns all files, whatever the server says"},
	{"noforceuid",	NO_VALUE, set_noforceuid, NULL},
	{"forcegid",	NO_VALUE, set_forcegid, "gid=, likewise"},
	{"noforcegid",	NO_VALUE, set_noforcegid, NULL},
	{"file_mode",	VALUE,	set_file_mode,
	 "mode of files where the server tells none (0755)"},
	{"dir_mode",	VALUE,	set_dir_mode, "mode of folders, likewise"},
	{"transport",	VALUE,	server_set_transport,
	 "auto, quic, tcp or a list with ports: quic:4433+tcp:4450"},
	{"port",	VALUE,	server_set_port,
	 "port of transports that have none in the list"},
	{"ip",		VALUE,	server_set_ip,
	 "ADDRESS to connect to; the certificate must have the name"},
	{"addr",	VALUE,	server_set_ip, NULL},
	{"ca",		VALUE,	server_set_ca,
	 "FILE of the authorities to trust (PEM)"},
	{"pin",		VALUE,	server_set_pin,
	 "sha256:HEX (or sha1:HEX), the only certificate to trust"},
	{"trust",	VALUE,	server_set_trust,
	 "system, ca, pin, tofu or none"},
	{"cert",	VALUE,	server_set_cert,
	 "FILE with a certificate of our own (PEM)"},
	{"key",		VALUE,	server_set_key, "FILE with its key"},
	{"vers",	VALUE,	server_set_vers,
	 "dialect over TCP: 3.1.1, 3.0.2, 3.0, 2.1, 2.0.2; QUIC is 3.1.1"},
	{"sec",		VALUE,	server_set_sec,
	 "ntlmssp or krb5; ntlmsspi or krb5i to sign; none: as nobody"},
	{"cruid",	VALUE,	set_cruid,
	 "user whose Kerberos tickets are taken (who mounts)"},
	{"multiuser",	NO_VALUE, set_multiuser,
	 "everybody logs on with tickets of his own"},
	{"seal",	NO_VALUE, server_set_seal,
	 "encryption is required, by SMB or a transport both accept"},
	{"sign",	NO_VALUE, server_set_sign, "signing is required"},
	{"option",	VALUE,	server_set_option,
	 "a setting of smb.conf, such as client signing=desired"},
	{"posix",	NO_VALUE, set_posix,
	 "the POSIX extensions, where the server has them (default)"},
	{"noposix",	NO_VALUE, set_noposix, "never"},
	{"unix",	NO_VALUE, set_posix, NULL},
	{"linux",	NO_VALUE, set_posix, NULL},
	{"nounix",	NO_VALUE, set_noposix, NULL},
	{"nolinux",	NO_VALUE, set_noposix, NULL},
	{"compress",	NO_VALUE, set_compress,
	 "what files hold is compressed on its way"},
	{"nocompress",	NO_VALUE, set_nocompress,
	 "never, even where the share says so"},
	{"multichannel", NO_VALUE, set_multichannel,
	 "two connections, where the server can"},
	{"nomultichannel", NO_VALUE, set_nomultichannel, "one (default)"},
	{"max_channels", VALUE,	server_set_max_channels, "so many, 1 to 8"},
	{"quic_version", VALUE,	server_set_quic_version,
	 "version of QUIC to begin with: v1 (default) or v2"},
	{"congestion_control", VALUE, server_set_congestion_control,
	 "how fast QUIC sends: cubic (default) or bbr"},
	{"cache",	VALUE,	set_cache,
	 "strict (default), none or loose"},
	{"actimeo",	VALUE,	set_actimeo,
	 "seconds that attributes and names are believed (1)"},
	{"acregmax",	VALUE,	set_acregmax, "of files"},
	{"acdirmax",	VALUE,	set_acdirmax, "of folders"},
	{"noac",	NO_VALUE, set_noac, NULL},
	{"directio",	NO_VALUE, set_directio, NULL},
	{"strictcache",	NO_VALUE, set_strictcache, NULL},
	{"lease",	NO_VALUE, set_lease,
	 "files are kept as long as the server says so (default)"},
	{"nolease",	NO_VALUE, set_nolease, "it is not asked to"},
	{"closetimeo",	VALUE,	set_closetimeo,
	 "seconds that files nobody uses stay open (1)"},
	{"rsize",	VALUE,	set_rsize, "bytes of a read, at most"},
	{"wsize",	VALUE,	set_wsize, "bytes of a write, at most"},
	{"soft",	NO_VALUE, set_soft,
	 "an error when the server does not answer"},
	{"hard",	NO_VALUE, set_hard,
	 "wait for the server to come back (default)"},
	{"timeout",	VALUE,	server_set_timeout,
	 "seconds without any answer after which it is lost (30)"},
	{"echo_interval", VALUE, server_set_echo_interval,
	 "as in mount.cifs: a third of timeout"},
	{"snapshot",	VALUE,	set_snapshot,
	 "TIME: what was there then, read only"},
	{"serverino",	NO_VALUE, set_serverino,
	 "the server's file ids are inode numbers (default)"},
	{"noserverino",	NO_VALUE, set_noserverino, "they are made up here"},
	{"mapposix",	NO_VALUE, set_mapposix,
	 "names that SMB forbids are mapped (default)"},
	{"nomapposix",	NO_VALUE, set_nomapposix, "they are errors"},
	{"user_xattr",	NO_VALUE, set_xattr,
	 "extended attributes (default)"},
	{"nouser_xattr", NO_VALUE, set_noxattr, "none"},
	{"brl",		NO_VALUE, set_brl,
	 "byte-range locks are the server's (default)"},
	{"nobrl",	NO_VALUE, set_nobrl, "locks hold on this machine only"},
	{"perm",	NO_VALUE, set_perm,
	 "modes say here, too, who may do what (default)"},
	{"noperm",	NO_VALUE, set_noperm, "only the server says"},
	{"default_permissions", NO_VALUE, set_perm, NULL},
	{"allow_other",	NO_VALUE, set_allow_other,
	 "others than who mounts may look (root: always)"},
	{"auto_unmount", NO_VALUE, set_auto_unmount,
	 "when the process that serves it dies, fusermount3 unmounts"},
	{"fsname",	VALUE,	set_fsname,
	 "what mount(8) shows in the place of the share"},
	{"debug",	VALUE,	set_debug, "LEVEL of messages"},
	{"ro",		NO_VALUE, set_ro, "nothing can be changed"},
	{"nosuid",	NO_VALUE, pass, NULL},
	{"nodev",	NO_VALUE, pass, NULL},
	{"noexec",	NO_VALUE, pass, NULL},
	{"noatime",	NO_VALUE, pass, NULL},
	{"sync",	NO_VALUE, pass, NULL},
	{"dirsync",	NO_VALUE, pass, NULL},
	{"rw",		NO_VALUE, ignore, NULL},
	{"suid",	NO_VALUE, ignore, NULL},
	{"dev",		NO_VALUE, ignore, NULL},
	{"exec",	NO_VALUE, ignore, NULL},
	{"atime",	NO_VALUE, ignore, NULL},
	{"relatime",	NO_VALUE, ignore, NULL},
	{"norelatime",	NO_VALUE, ignore, NULL},
	{"strictatime",	NO_VALUE, ignore, NULL},
	{"nostrictatime", NO_VALUE, ignore, NULL},
	{"diratime",	NO_VALUE, ignore, NULL},
	{"nodiratime",	NO_VALUE, ignore, NULL},
	{"lazytime",	NO_VALUE, ignore, NULL},
	{"nolazytime",	NO_VALUE, ignore, NULL},
	{"async",	NO_VALUE, ignore, NULL},
	{"auto",	NO_VALUE, ignore, NULL},
	{"noauto",	NO_VALUE, ignore, NULL},
	{"nofail",	NO_VALUE, ignore, NULL},
	{"users",	NO_VALUE, ignore, NULL},
	{"nouser",	NO_VALUE, ignore, NULL},
	{"owner",	NO_VALUE, ignore, NULL},
	{"group",	NO_VALUE, ignore, NULL},
	{"_netdev",	NO_VALUE, ignore, NULL},
	{"defaults",	NO_VALUE, ignore, NULL},
	{"comment",	VALUE,	ignore, NULL},
	{"iocharset",	VALUE,	set_iocharset, NULL},
	/* of mount.cifs, and of no meaning here: mount.smbquic(8) says why */
	{"retrans",	VALUE,	pass_over, NULL},
	{"mfsymlinks",	NO_VALUE, pass_over, NULL},
	{"nosharesock",	NO_VALUE, pass_over, NULL},
	{"handletimeout", VALUE, pass_over, NULL},
	{"persistenthandles", NO_VALUE, pass_over, NULL},
	{"nopersistenthandles", NO_VALUE, pass_over, NULL},
	{"resilienthandles", NO_VALUE, pass_over, NULL},
	{"noresilienthandles", NO_VALUE, pass_over, NULL},
	{"nodfs",	NO_VALUE, pass_over, NULL},
	{"domainauto",	NO_VALUE, pass_over, NULL},
	{"servern",	VALUE,	pass_over, NULL},
	{"netbiosname",	VALUE,	pass_over, NULL},
	{"bsize",	VALUE,	pass_over, NULL},
	{"rasize",	VALUE,	pass_over, NULL},
	{"max_credits",	VALUE,	pass_over, NULL},
	{"max_cached_dirs", VALUE, pass_over, NULL},
	{"strictsync",	NO_VALUE, pass_over, NULL},
	{"nostrictsync", NO_VALUE, pass_over, NULL},
	{"intr",	NO_VALUE, pass_over, NULL},
	{"nointr",	NO_VALUE, pass_over, NULL},
	{"setuids",	NO_VALUE, pass_over, NULL},
	{"nosetuids",	NO_VALUE, pass_over, NULL},
	{"dynperm",	NO_VALUE, pass_over, NULL},
	{"nodynperm",	NO_VALUE, pass_over, NULL},
	{"noblocksend",	NO_VALUE, pass_over, NULL},
	{"noautotune",	NO_VALUE, pass_over, NULL},
	{"tcpnodelay",	NO_VALUE, pass_over, NULL},
	{"witness",	NO_VALUE, pass_over, NULL},
	{"fsc",		NO_VALUE, pass_over, NULL},
};
/* clang-format on */

#define ROWS (sizeof(rows) / sizeof(rows[0]))

static bool set_user_flag(struct taking *t)
{
	/* fstab's "user", without a value, is for mount(8). */
	return t->value == NULL || set_user(t);
}

static bool take_option(struct taking *t)
{
	size_t i = 0;

	if (strncmp(t->name, "x-", 2) == 0 || strncmp(t->name, "X-", 2) == 0) {
		return true;
	}
	for (i = 0; i < ROWS; i++) {
		if (strcmp(rows[i].name, t->name) != 0) {
			continue;
		}
		if (rows[i].take == NULL) {
			return set_user_flag(t);
		}
		if (rows[i].value == VALUE && t->value == NULL) {
			return taking_refuse(t, "needs a value");
		}
		if (rows[i].value == NO_VALUE && t->value != NULL) {
			return taking_refuse(t, "takes no value");
		}
		return rows[i].take(t);
	}
	if (t->options->sloppy) {
		return pass_over(t);
	}
	return taking_refuse(t, "no such option; --help lists them");
}

bool mount_options_parse(struct mount_options *options, const char *list,
			 char **why)
{
	char *copy = talloc_strdup(options, list);
	struct taking t = {.options = options, .why = why};
	char *rest = copy;
	char *cut = NULL;
	bool ok = copy != NULL;

	*why = NULL;
	while (ok && rest != NULL) {
		char *one = strsep(&rest, ",");

		if (*one == '\0') {
			continue;
		}
		cut = strchr(one, '=');
		t.value = NULL;
		if (cut != NULL) {
			*cut = '\0';
			t.value = cut + 1;
		}
		t.name = one;
		ok = take_option(&t);
	}
	if (copy != NULL) {
		explicit_bzero(copy, strlen(list));
	}
	talloc_free(copy);
	return ok;
}

/* -------------------------------------------------------------------- help */

void mount_options_help(FILE *to)
{
	size_t i = 0;

	for (i = 0; i < ROWS; i++) {
		if (rows[i].help != NULL) {
			fprintf(to, "  %s%-*s %s\n", rows[i].name,
				(int)(14 - strlen(rows[i].name)),
				rows[i].value == VALUE ? "=" : "",
				rows[i].help);
		}
	}
}
