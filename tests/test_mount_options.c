/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/testlib.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "client/mount/mount_options.h"

static struct mount_options *parsed(const char *list)
{
	struct mount_options *o = mount_options_new(NULL);
	char *why = NULL;

	if (!mount_options_parse(o, list, &why)) {
		fail_msg("%s: %s", list, why);
	}
	return o;
}

static void assert_refused(const char *list, const char *sentence)
{
	struct mount_options *o = mount_options_new(NULL);
	char *why = NULL;
	bool ok = mount_options_parse(o, list, &why) &&
		  mount_options_check(o, &why);

	assert_false(ok);
	assert_non_null(why);
	assert_string_equal(why, sentence);
	talloc_free(o);
}

static void test_values(void **state)
{
	struct mount_options *o =
		parsed("username=CORP/alice,uid=1000,gid=0,file_mode=0640,"
		       "dir_mode=750,port=4433,vers=3.1.1,seal,soft,ro,nosuid,"
		       "_netdev,x-systemd.automount,cache=loose,actimeo=30,"
		       "transport=quic:1+tcp:2,ip=192.0.2.1,rsize=65536,nobrl,"
		       "noserverino,nomapposix,noposix,nouser_xattr,noperm,"
		       "forceuid,,user,keyring,comment=x,relatime,nodiratime,"
		       "strictatime,lazytime,nolease,closetimeo=2.5,"
		       "option=client smb3 encryption algorithms="
		       "AES-256-GCM AES-128-GCM");

	(void)state;
	assert_string_equal(o->user, "alice");
	assert_string_equal(o->domain, "CORP");
	assert_int_equal(o->uid, 1000);
	assert_int_equal(o->gid, 0);
	assert_false(o->leases);
	assert_true(o->keyring);
	assert_true(o->close_time > 2.4 && o->close_time < 2.6);
	assert_int_equal(o->file_mode, 0640);
	assert_int_equal(o->dir_mode, 0750);
	assert_int_equal(o->client.port, 4433);
	assert_int_equal(o->client.min_dialect, SMB2_DIALECT_311);
	assert_int_equal(o->client.protection, CLIENT_PROTECTION_ENCRYPT);
	assert_int_equal(o->client.ciphers.count, 2);
	assert_true(o->soft && o->read_only && o->force_uid);
	assert_string_equal(o->fuse, "ro,nosuid");
	assert_int_equal(o->cache, MOUNT_CACHE_LOOSE);
	assert_true(o->file_time == 30 && o->dir_time == 30);
	assert_string_equal(o->client.transports, "quic:1,tcp:2");
	assert_string_equal(o->client.address, "192.0.2.1");
	assert_int_equal(o->read_size, 65536);
	assert_false(o->send_locks || o->file_ids || o->map_names ||
		     o->client.posix || o->xattrs || o->permissions);
	talloc_free(o);
}

static void test_user(void **state)
{
	struct mount_options *o = parsed("user=bob%se%cret,domain=D");

	(void)state;
	assert_string_equal(o->user, "bob");
	assert_string_equal(o->password, "se%cret");
	assert_string_equal(o->domain, "D");
	talloc_free(o);
	o = parsed("uid=root,vers=3,vers=default,sec=ntlmsspi,sign");
	assert_int_equal(o->uid, 0);
	assert_int_equal(o->client.min_dialect, SMB2_DIALECT_300);
	assert_int_equal(o->client.max_dialect, SMB2_DIALECT_311);
	talloc_free(o);
}

static void test_refusals(void **state)
{
	static const struct {
		const char *list, *why;
	} rows[] = {
		{"colour=red", "colour=red: no such option; --help lists them"},
		{"username", "username: needs a value"},
		{"soft=1", "soft=1: takes no value"},
		{"port=0", "port=0: a port is a number from 1 to 65535"},
		{"port=x", "port=x: a port is a number from 1 to 65535"},
		{"file_mode=8", "file_mode=8: not an octal mode"},
		{"file_mode=17777", "file_mode=17777: not an octal mode"},
		{"uid=nobody-of-that-name",
		 "uid=nobody-of-that-name: no such user"},
		{"cache=maybe", "cache=maybe: strict, none or loose"},
		{"actimeo=-1",
		 "actimeo=-1: not a number of seconds from 0 to 86400"},
		{"actimeo=1e9",
		 "actimeo=1e9: not a number of seconds from 0 to 86400"},
		{"rsize=1", "rsize=1: bytes, at least 4096"},
		{"rsize=1M", "rsize=1M: not a number of bytes"},
		{"echo_interval=0",
		 "echo_interval=0: a number of seconds from 1 to 600"},
		{"snapshot=yesterday",
		 "snapshot=yesterday: a time like @GMT-2026.11.28-12.00.00, "
		 "or as a number of 100 ns since 1601"},
		{"vers=1.0", "vers=1.0: 3.1.1, 3.0.2, 3.0, 2.1 or 2.0.2"},
		{"trust=me", "trust=me: system, ca, pin, tofu or none"},
		{"trust=ca", "trust=ca needs ca=FILE"},
		{"trust=pin", "trust=pin needs pin=sha256:HEX"},
		{"pin=1234", "pin=1234: neither a SHA-256 of 64 hexadecimal "
			     "digits nor a SHA-1 of 40"},
		{"cert=/dev/null", "cert= and key= need each other"},
		{"ca=/nonexistent/ca.pem",
		 "/nonexistent/ca.pem: No such file or directory"},
	};
	size_t i = 0;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		assert_refused(rows[i].list, rows[i].why);
	}
}

static void test_tickets(void **state)
{
	struct mount_options *o = parsed("sec=krb5i,cruid=0");
	char *why = NULL;

	(void)state;
	assert_int_equal(o->kerberos, CLIENT_KERBEROS_REQUIRED);
	assert_int_equal(o->client.protection, CLIENT_PROTECTION_SIGN);
	assert_true(o->has_ticket_uid);
	assert_int_equal(o->ticket_uid, 0);
	assert_false(o->multiuser);
	talloc_free(o);
	o = parsed("sec=krb5,seal,sec=ntlmsspi");
	assert_int_equal(o->kerberos, CLIENT_KERBEROS_OFF);
	assert_int_equal(o->client.protection, CLIENT_PROTECTION_ENCRYPT);
	talloc_free(o);
	assert_refused("sec=krb5x", "sec=krb5x: krb5, krb5i, ntlmssp, "
				    "ntlmsspi or none");
	assert_refused("cruid=no-such-user-here",
		       "cruid=no-such-user-here: no such user");
	assert_refused("cruid=0", "cruid= needs sec=krb5");
	assert_refused("multiuser", "multiuser needs sec=krb5: nobody else's "
				    "password is known");
	if (geteuid() == 0) {
		o = parsed("sec=krb5,multiuser");
		assert_true(mount_options_check(o, &why));
		assert_false(o->permissions); /* the server says who may */
		talloc_free(o);
	} else {
		assert_refused("sec=krb5,multiuser",
			       "multiuser is for root, who may use the "
			       "tickets of others");
	}
}

/* What administrators have in fstab for mount.cifs: all of it is taken. */
static void test_options_of_cifs(void **state)
{
	struct mount_options *o =
		parsed("user=alice,password=x,domain=D,sec=ntlmssp,vers=3.1.1,"
		       "seal,sign,uid=0,gid=0,forceuid,file_mode=0644,"
		       "dir_mode=0755,rw,port=445,ip=192.0.2.1,actimeo=1,"
		       "acregmax=1,cache=none,rsize=4194304,wsize=16777216,"
		       "soft,hard,retrans=3,echo_interval=10,nobrl,noperm,"
		       "mfsymlinks,noserverino,snapshot=@GMT-2024.01.31-"
		       "23.59.59,nosharesock,max_channels=2,multichannel,"
		       "compress,handletimeout=60000,persistenthandles,"
		       "resilienthandles,posix,allow_other,"
		       "default_permissions,fsname=files,auto_unmount,noac,"
		       "nounix,iocharset=utf8,nodfs,domainauto,vers=3.1");
	struct mount_options *other = parsed("ro,iocharset=iso8859-1,"
					     "snapshot=133512191990000000");
	char *why = NULL;

	(void)state;
	assert_string_equal(o->passed_over,
			    "retrans, mfsymlinks, nosharesock, handletimeout, "
			    "persistenthandles, resilienthandles, nodfs, "
			    "domainauto");
	assert_int_equal(o->read_size, 1024 * 1024);
	assert_int_equal(o->write_size, 1024 * 1024);
	assert_int_equal(o->client.timeout_ms, 30000);
	assert_int_equal(o->client.max_dialect, SMB2_DIALECT_311);
	assert_false(o->client.posix);
	assert_true(o->permissions && o->auto_unmount && o->read_only);
	assert_true(o->file_time == 0 && o->dir_time == 0);
	assert_string_equal(o->name, "files");
	assert_string_equal(o->snapshot, "@GMT-2024.01.31-23.59.59");
	assert_string_equal(o->fuse, "ro");
	assert_string_equal(other->passed_over, "iocharset");
	assert_string_equal(other->snapshot, "@GMT-2024.01.31-23.59.59");
	talloc_free(o);
	talloc_free(other);
	o = mount_options_new(NULL);
	o->sloppy = true;
	assert_true(mount_options_parse(o, "colour=red,sec=none", &why));
	assert_string_equal(o->passed_over, "colour");
	assert_true(o->anonymous);
	talloc_free(o);
}

/* client.conf has a say where nobody else has. */
static void test_conf(void **state)
{
	char name[] = "/tmp/smbquic-test-XXXXXX";
	struct mount_options *o = mount_options_new(NULL);
	char *why = NULL;
	FILE *f = NULL;

	(void)state;
	close(mkstemp(name));
	f = fopen(name, "we");
	assert_non_null(f);
	fputs("[global]\ntransport = tcp\nca = /etc/all.pem\n"
	      "client min protocol = SMB3_02\nclient signing = required\n"
	      "[files]\nport = 4433\n",
	      f);
	fclose(f);
	setenv("SMBQUIC_CONFIG", name, 1);
	setenv("SMBQUIC_TRANSPORT", "quic", 1);
	assert_true(mount_options_conf(o, "files"));
	assert_string_equal(o->client.transports, "quic");
	assert_int_equal(o->client.port, 4433);
	assert_string_equal(o->client.tls.ca_file, "/etc/all.pem");
	assert_int_equal(o->client.tls.trust, TLS_TRUST_CA);
	assert_int_equal(o->client.min_dialect, SMB2_DIALECT_302);
	assert_int_equal(o->client.protection, CLIENT_PROTECTION_SIGN);
	/* trust that is given here is the whole of it */
	assert_true(mount_options_parse(o, "port=1,trust=system", &why));
	assert_int_equal(o->client.port, 1);
	assert_null(o->client.tls.ca_file);
	assert_int_equal(o->client.tls.trust, TLS_TRUST_SYSTEM);
	talloc_free(o);
	o = mount_options_new(NULL);
	setenv("SMBQUIC_TRANSPORT", "pigeon", 1);
	assert_false(mount_options_conf(o, "files"));
	unsetenv("SMBQUIC_TRANSPORT");
	/* nobody says which transport */
	setenv("SMBQUIC_CONFIG", "/dev/null", 1);
	assert_true(mount_options_conf(o, "files"));
	assert_string_equal(o->client.transports, "auto");
	assert_true(mount_options_check(o, &why));
	unsetenv("SMBQUIC_CONFIG");
	unlink(name);
	talloc_free(o);
}

static void test_check(void **state)
{
	struct mount_options *o = parsed("cache=none,ca=/dev/null");
	char *why = NULL;

	(void)state;
	assert_true(mount_options_check(o, &why));
	assert_true(o->file_time == 0 && o->dir_time == 0);
	assert_int_equal(o->client.tls.trust, TLS_TRUST_CA);
	talloc_free(o);
	o = parsed("transport=carrier-pigeon");
	assert_false(mount_options_check(o, &why));
	assert_non_null(strstr(why, "carrier-pigeon"));
	talloc_free(o);
}

static void write_file(const char *name, const char *text)
{
	FILE *f = fopen(name, "we");

	assert_non_null(f);
	fputs(text, f);
	fclose(f);
}

static void test_credentials(void **state)
{
	char name[] = "/tmp/smbquic-test-XXXXXX";
	struct mount_options *o = parsed("domain=MINE");
	char *why = NULL;

	(void)state;
	close(mkstemp(name));
	write_file(name, "# who\nusername = alice\npassword=a = b \r\n"
			 "domain=THEIRS\nother=x\n\n");
	assert_true(mount_options_credentials(o, name, &why));
	assert_string_equal(o->user, "alice");
	assert_string_equal(o->password, "a = b ");
	assert_string_equal(o->domain, "MINE");
	write_file(name, "username=x\nnonsense\n");
	assert_false(mount_options_credentials(o, name, &why));
	assert_non_null(strstr(why, ":2: not a line like \"username = NAME\""));
	unlink(name);
	assert_false(mount_options_credentials(o, name, &why));
	assert_non_null(strstr(why, "No such file"));
	talloc_free(o);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_values),
		cmocka_unit_test(test_user),
		cmocka_unit_test(test_refusals),
		cmocka_unit_test(test_check),
		cmocka_unit_test(test_tickets),
		cmocka_unit_test(test_options_of_cifs),
		cmocka_unit_test(test_conf),
		cmocka_unit_test(test_credentials),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
