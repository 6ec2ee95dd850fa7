# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck shell=bash
# A capture of loopback for a numbered test; sourced after tests/common.sh. What
# happens between the two calls is in it, however slow the machine: marks in
# the capture itself say when it has begun, and when it has caught up.
#
#   capture_start NAME FILTER [OPTION...]
#                       into NAME.pcap, by tshark; skips where that cannot be
#   capture_stop NAME   when all that was sent before is in the file; fails when
#                       something was lost

# of datagrams that nobody gets
MARK_PORT=

# marked NAME TEXT: sends it; is it in the capture?
marked()
{
	printf '%s' "$2" 2>/dev/null >"/dev/udp/127.0.0.1/$MARK_PORT"
	grep -qa "$2" "$1.pcap"
}

capture_start()
{
	local name=$1 filter=$2

	shift 2
	MARK_PORT=${MARK_PORT:-$(free_port)}
	start "$name" tshark -q -i lo -B 64 \
		-f "($filter) or udp dst port $MARK_PORT" -w "$name.pcap" "$@"
	wait_for 60 grep -q 'Capture started' "$TMP/$name.log" ||
		skip "tshark cannot capture here: $(tail -n 1 "$TMP/$name.log")"
	wait_for 60 marked "$name" "begin-of-$name" || fail "nothing is captured"
}

capture_stop()
{
	wait_for 60 marked "$1" "end-of-$1" ||
		fail "the capture of $1 does not come to its end"
	stop "$1"
	grep -q dropped "$TMP/$1.log" && fail "the capture of $1 is not complete"
	return 0
}
