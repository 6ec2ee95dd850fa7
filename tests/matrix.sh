# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck shell=bash
# The encryption matrix over QUIC, for a numbered test; sourced after
# tests/server.sh.
#
#   matrix_start            a server with keys in $TMP/keys, and a capture
#   cell TITLE SHARE PROTECTION [OPTION...]
#                           one connection; shares: data, and sealed, which
#                           wants encryption
#   matrix_row TITLE [OPTION...]
#                           nothing, each signing, each cipher, by the client's
#                           wish or the share's, with these options
#   settings KEY=VALUE      from now on
#   matrix_show             what was found in the packets

. "$TOP/tests/capture.sh"

SIGNINGS='AES-128-GMAC AES-128-CMAC HMAC-SHA256'
CIPHERS='AES-128-GCM AES-128-CCM AES-256-GCM AES-256-CCM'

matrix_start()
{
	requires_root
	requires_program tshark
	make_server --set 'server smb encrypt=if_required' \
		--set 'server smb encryption over quic=no' \
		--share "sealed|$RIG/data|server smb encrypt = required"
	cd "$TMP" || exit 1
	chmod 777 "$TMP"
	head -c 20000 /dev/urandom >file
	: >cells
	SSLKEYLOGFILE=$TMP/keys start_server
	capture_start capture "udp port $QUIC_PORT"
}

cell()
{
	local line=$1 status

	rm -f "$RIG/data/file" back
	status=$(client "$2" 'put file; get file back' --remember=no \
		--client-protection="$3" "${@:4}" 2>&1 |
		tee -a "$FULL" | grep -o 'NT_STATUS_[A-Z_]*' | tail -n 1)
	[ -z "$status" ] || line="$line|$status"
	cmp -s file "$RIG/data/file" && cmp -s file back && line="$line|copied"
	echo "$line" >>cells
}

matrix_row()
{
	local row=$1 name by=client

	shift
	cell "$row: nothing" data off "$@"
	for name in $SIGNINGS; do
		cell "$row: signed by $name" data sign "$@" \
			--option="client smb3 signing algorithms=$name"
	done
	for name in $CIPHERS; do
		if [ $by = client ]; then
			cell "$row: the client wants $name" data encrypt "$@" \
				--option="client smb3 encryption algorithms=$name"
			by=share
		else
			cell "$row: the share wants $name" sealed off "$@" \
				--option="client smb3 encryption algorithms=$name"
			by=client
		fi
	done
}

settings()
{
	sed -i "/^\t${1%%=*} =/d" "$RIG/smbquic.conf"
	sed -i "s/^\[global\]/&\n\t${1%%=*} = ${1#*=}/" "$RIG/smbquic.conf"
	reload_server
}

matrix_show()
{
	capture_stop capture
	stop smbquicd
	python3 "$TOP/tests/quic_view.py" capture.pcap keys "$RIG_PASSWORD" \
		"$QUIC_PORT" <cells 2>>"$FULL"
}
