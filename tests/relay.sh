# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck shell=bash
# Relays for a numbered test; sourced after tests/server.sh.
#
#   start_relay NAME OPTION...   smbquic-relay, until it says that it is ready;
#                                as in tests/server.sh it dies of a system call
#                                that it should not make

start_relay()
{
	local name=$1

	shift
	start "$name" smbquic-relay \
		--system-call-filter="${SMBQUIC_TEST_FILTER:-kill}" "$@"
	wait_for 20 grep -q 'ready: ' "$TMP/$name.log" || {
		cat "$TMP/$name.log" >>"$FULL"
		fail "$name did not become ready: $(tail -n 1 "$TMP/$name.log")"
	}
}
