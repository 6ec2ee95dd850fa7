# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck shell=bash
# libsmbclient in a numbered test; sourced after tests/server.sh, and used after
# make_server.
#
#   libsmb_config [LINE...]  the user's configuration, as the section says;
#                            lines are added to the server's part
#   libsmb COMMAND...        with our library in the place of Samba's
#   libsmb_in PROGRAM        skips unless it is there and takes our library
#   SMB                      the address of the server, "smb://NAME"

export SMB=smb://$NAME

libsmb_config()
{
	local port=$QUIC_PORT line

	[ "$TRANSPORT" != tcp ] || port=$TCP_PORT
	{
		echo "[global]"
		echo "workgroup = TESTGROUP"
		echo "[$NAME]"
		echo "transport = $TRANSPORT"
		echo "port = $port"
		echo "address = 127.0.0.1"
		echo "protection = $CLIENT_PROTECTION"
		echo "ca = $RIG/ca.pem"
		for line; do
			echo "$line"
		done
	} >"$TMP/client.conf"
}

libsmb()
{
	HOME=$TMP/home SMBQUIC_CONFIG=$TMP/client.conf \
		LD_LIBRARY_PATH=$BUILD/lib/smbquic "$@"
}

libsmb_in()
{
	requires_program "$1"
	if nm -D "$BUILD/lib/smbquic/libsmbclient.so.0" | grep -q __asan_init
	then
		skip "a library with sanitizers is none for others' programs"
	fi
}
