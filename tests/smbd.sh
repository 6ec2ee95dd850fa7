# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck shell=bash
# Samba's smbd for a numbered test; sourced after tests/server.sh and after
# samba_name, because it lives in the peer root.
#
#   start_smbd [SETTING...]   one share, $SMBD/share, user root with
#                             $RIG_PASSWORD, on TCP port $SMBD_PORT; until it
#                             answers there

SMBD=$TMP/smbd
SMBD_PORT=$(free_port)
# more of its environment
SMBD_ENV=()
# where it is, when that is not here: options of `peers enter`, what comes before
# a client's command there, and its address
SMBD_SPACE=()
SMBD_NEAR=()
SMBD_ADDRESS=127.0.0.1

start_smbd()
{
	mkdir -p "$SMBD/share" "$SMBD/run"
	chmod -R 755 "$SMBD"
	cat >"$SMBD.conf" <<-END
		[global]
		server smb transports = tcp:$SMBD_PORT
		interfaces = 127.0.0.1
		bind interfaces only = yes
		disable netbios = yes
		server role = standalone
		private dir = $SMBD/run
		lock directory = $SMBD/run
		state directory = $SMBD/run
		cache directory = $SMBD/run
		pid directory = $SMBD/run
		ncalrpc dir = $SMBD/run/rpc
		passdb backend = smbpasswd:$SMBD/users
		load printers = no
		disable spoolss = yes
		$(printf '%s\n' "$@")
		[share]
		path = $SMBD/share
		read only = no
	END
	printf '%s\n%s\n' "$RIG_PASSWORD" "$RIG_PASSWORD" |
		run "$TOP/scripts/peers" enter smbpasswd -c "$SMBD.conf" \
			-s -a root || fail "no user for smbd"
	# when it ends it takes its process group with it
	start smbd setsid "$TOP/scripts/peers" enter "${SMBD_SPACE[@]}" \
		env "${SMBD_ENV[@]}" smbd -F --no-process-group --debug-stdout -s "$SMBD.conf"
	wait_for 60 "${SMBD_NEAR[@]}" smbquic-client "//$SMBD_ADDRESS/share" \
		--transport="tcp:$SMBD_PORT" -U "root%$RIG_PASSWORD" -q \
		-c ls || fail "smbd does not answer"
}
