# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck shell=bash
# A Kerberos realm of its own on loopback, for a numbered test; sourced after
# tests/server.sh. Needs MIT's krb5kdc and its tools, and none of the machine's
# configuration.
#
#   start_kdc               realm SMBQUIC.TEST: user $RIG_USER with
#                           $RIG_PASSWORD, server cifs/$NAME, whose key is in
#                           $KEYTAB; until the KDC answers
#   kdc_admin COMMAND       kadmin.local
#   get_ticket [OPTION...]  kinit of $RIG_USER into $TMP/tickets
#   by_ticket SHARE COMMANDS [OPTION...]
#                           client(), with the tickets and without a password

REALM=SMBQUIC.TEST
KDC=$TMP/kdc
KDC_PORT=$(free_port)
KEYTAB=$TMP/krb5.keytab
export KRB5_CONFIG=$TMP/krb5.conf
export KRB5_KDC_PROFILE=$KDC/kdc.conf
export KRB5CCNAME=FILE:$TMP/tickets
export KRB5RCACHENAME=file2:$TMP/replay
# where Debian keeps the daemons
PATH=$PATH:/usr/sbin

# krb5_conf [KDC]: what every program of the test sees
krb5_conf()
{
	cat >"$TMP/krb5.conf" <<-END
		[libdefaults]
		default_realm = $REALM
		dns_lookup_kdc = false
		dns_lookup_realm = false
		rdns = false
		udp_preference_limit = 1
		${KRB5_MORE:-}
		default_keytab_name = FILE:$KEYTAB
		[realms]
		$REALM = {
			kdc = ${1:-127.0.0.1:$KDC_PORT}
			${2:-}
		}
		[domain_realm]
		.smbquic.test = $REALM
	END
}

kdc_conf()
{
	mkdir -p "$KDC"
	cat >"$KDC/kdc.conf" <<-END
		[kdcdefaults]
		kdc_listen = "127.0.0.1:$KDC_PORT"
		kdc_tcp_listen = "127.0.0.1:$KDC_PORT"
		[realms]
		$REALM = {
			database_name = $KDC/principal
			key_stash_file = $KDC/stash
			acl_file = $KDC/acl
			max_life = 10h
			supported_enctypes = aes256-cts:normal aes128-cts:normal
		}
		[logging]
		kdc = FILE:$KDC/log
	END
}

kdc_admin()
{
	run kadmin.local -q "$*"
}

kdc_answers()
{
	echo "$RIG_PASSWORD" | kinit -c "MEMORY:" "$RIG_USER"
}

start_kdc()
{
	requires_program krb5kdc kadmin.local kdb5_util kinit
	krb5_conf
	kdc_conf
	run kdb5_util create -r "$REALM" -s -P masterkey || fail "no realm"
	kdc_admin addprinc -pw "$RIG_PASSWORD" "$RIG_USER"
	kdc_admin addprinc -randkey "cifs/$NAME"
	kdc_admin ktadd -k "$KEYTAB" "cifs/$NAME"
	start krb5kdc krb5kdc -n -r "$REALM"
	wait_for 20 kdc_answers || fail "the KDC does not answer"
}

get_ticket()
{
	echo "$RIG_PASSWORD" | run kinit "$@" "$RIG_USER"
}

by_ticket()
{
	local share=$1 commands=$2

	shift 2
	smbquic-client "//$NAME/$share" -I 127.0.0.1 "$(transport)" \
		--client-protection="$CLIENT_PROTECTION" \
		--ca="$RIG/ca.pem" -q -c "$commands" "$@"
}
