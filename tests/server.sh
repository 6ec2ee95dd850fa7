# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck shell=bash
# A server for a numbered test; sourced after tests/common.sh.
#
#   make_server [OPTION...]   certificates, user, configuration in $RIG, with
#                             the section's settings; options of scripts/rig.py.
#                             The server dies of a system call that it should
#                             not make (SMBQUIC_TEST_FILTER says otherwise)
#   start_server [OPTION...]  smbquicd, until it says that it is ready
#   reload_server             SIGHUP, until it says that it has reloaded
#   client SHARE COMMANDS [OPTION...]
#                             smbquic-client as the section says; what it
#                             prints and its exit status are the caller's
#   samba SHARE COMMANDS [OPTION...]
#                             Samba's smbclient likewise, once samba_name has
#                             made the name known
#
# Shares: data ($RIG/data, writable) and ro (the same, read only).

NAME=files.smbquic.test
RIG=$TMP/rig
RIG_USER=${RIG_USER:-$(id -un)}
RIG_PASSWORD=Demo-1234
QUIC_PORT=$(free_port)
TCP_PORT=$(free_port)

# slow_clients: the next server waits longer for who connects. Under valgrind,
# on a machine that has other things to do, a TLS handshake takes longer than
# strangers are given, and what comes then is of a connection that is forgotten.
slow_clients()
{
	SERVER_SETTINGS+=("handshake timeout = 5m" "logon timeout = 10m")
}

make_server()
{
	local options=() setting

	for setting in "${SERVER_SETTINGS[@]}" \
		"system call filter = ${SMBQUIC_TEST_FILTER:-kill}"; do
		options+=(--set "$setting")
	done
	mkdir -p "$RIG/data"
	chmod 755 "$TMP" "$RIG" "$RIG/data"
	SMBQUIC_BUILD=$BUILD python3 "$TOP/scripts/rig.py" "$RIG" \
		--name "$NAME" --user "$RIG_USER" --password "$RIG_PASSWORD" \
		--quic-port "$QUIC_PORT" --tcp-port "$TCP_PORT" \
		--share "data|$RIG/data" --share "ro|$RIG/data|read only = yes" \
		"${options[@]}" "$@" >>"$FULL" 2>&1 ||
		fail "the server's directory could not be made (see the log)"
}

start_server()
{
	start smbquicd smbquicd -F -s "$RIG/smbquic.conf" "$@"
	wait_for 20 grep -q 'ready: ' "$TMP/smbquicd.log" || {
		cat "$TMP/smbquicd.log" >>"$FULL"
		fail "smbquicd did not become ready: $(tail -n 1 \
			"$TMP/smbquicd.log")"
	}
}

reload_server()
{
	local before

	before=$(grep -c 'reloaded' "$TMP/smbquicd.log")
	kill -HUP "$(cat "$TMP/smbquicd.pid")"
	wait_for 10 reloaded_since "$before" || fail "no reload"
}

reloaded_since()
{
	[ "$(grep -c 'reloaded' "$TMP/smbquicd.log")" -gt "$1" ]
}

# transport [NAME]: the --transport option, by default the section's
transport()
{
	case ${1:-$TRANSPORT} in
	auto) echo "--transport=quic:$QUIC_PORT,tcp:$TCP_PORT" ;;
	tcp) echo "--transport=tcp:$TCP_PORT" ;;
	*) echo "--transport=${1:-$TRANSPORT}:$QUIC_PORT" ;;
	esac
}

client()
{
	local share=$1 commands=$2

	shift 2
	smbquic-client "//$NAME/$share" -I 127.0.0.1 "$(transport)" \
		--client-protection="$CLIENT_PROTECTION" \
		--ca="$RIG/ca.pem" -U "$RIG_USER%$RIG_PASSWORD" -q \
		-c "$commands" "$@"
}

# The name is found by all programs of this machine
known_name()
{
	requires_root
	grep -q " $NAME\$" /etc/hosts || {
		sed -i.smbquic-test "\$a 127.0.0.1 $NAME" /etc/hosts
		cleanup_fn sed -i "/ $NAME\$/d" /etc/hosts
	}
}

# Samba's client wants a name for QUIC, and the peer root sees our /etc/hosts
samba_name()
{
	requires_root
	requires "$TOP/scripts/peers" where
	case $TMP in
	/tmp/*) ;;
	*) skip "the peer root sees /tmp only, and this test is in $TMP" ;;
	esac
	known_name
}

samba()
{
	local share=$1 commands=$2 options=()

	shift 2
	case $TRANSPORT in
	quic*)
		options=(--option="client smb transports=quic:$QUIC_PORT"
			--option="tls cafile=$RIG/ca.pem"
			--option='tls verify peer=ca_and_name'
			--option='client smb encryption over quic=no')
		;;
	tcp)
		options=(-p "$TCP_PORT"
			--client-protection="$CLIENT_PROTECTION")
		;;
	esac
	"$TOP/scripts/peers" enter env SSLKEYLOGFILE="${SSLKEYLOGFILE:-}" \
		smbclient "//$NAME/$share" -U "$RIG_USER%$RIG_PASSWORD" \
		"${options[@]}" "$@" -c "$commands"
}
