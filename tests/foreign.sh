# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck shell=bash
# tests/quic_peer and a QUIC of another make, one on each side of a link;
# sourced after tests/netlab.sh.
#
#   foreign_start SCRIPT      a link, certificates, the script (of tests/) where
#                             the peer root sees it; skips the test without one
#   foreign_client WHAT...    from the other make to `ours`
#   ours_serves [OPTION...]   quic_peer as the server, anew
#   foreign_serves [WHAT...]  the other make as the server, anew
#   http_serves               a server of HTTP/3 and nothing else, anew: ngtcp2's
#   ours [OPTION...]          quic_peer as the client, to who serves
#   foreign_saw               what the other server printed since it began
#
#   rebinding COMMAND...      on a slow link the client's NAT forgets, while the
#                             command runs; prints how often our server said
#                             that its connection goes on elsewhere
#   after_retry OPTION...     ours, and how many Retry packets came
#
# AT is the server's address, by default $FAR_ADDRESS; KIB what goes each way.

AT=
KIB=256
PORT=4433

foreign_start()
{
	[ "$SECTION" = quic ] || skip "tests/quic_peer speaks by quic-user alone"
	requires "$TOP/scripts/peers" where
	case $TMP in
	/tmp/*) ;;
	*) skip "the peer root sees /tmp only, and this test is in $TMP" ;;
	esac
	make_link delay=2ms
	AT=$FAR_ADDRESS
	FOREIGN=$TMP/$1
	cp "$TOP/tests/$1" "$FOREIGN"
	cd "$TMP" || exit 1
	chmod 755 .
	run smbquic-certmap make ca --name CA --certificate ca.pem \
		--key ca.key || fail "no CA"
	run smbquic-certmap make server --name "$NAME" --ca ca.pem \
		--ca-key ca.key --certificate server.pem --key server.key ||
		fail "no certificate"
}

stop_if_there()
{
	[ ! -e "$TMP/$1.pid" ] || stop "$1"
	rm -f "$TMP/$1.pid"
}

ours_serves()
{
	stop_if_there ours
	start ours ip netns exec "$FAR" "$BUILD/tests/quic_peer" -s -b "$AT" \
		-p "$PORT" -v -c server.pem -k server.key "$@"
	wait_for 20 grep -q ready ours.log || fail "$(cat ours.log)"
}

foreign_client()
{
	"$TOP/scripts/peers" enter -n "$NEAR" python3 "$FOREIGN" client "$AT" \
		"$PORT" "$TMP/ca.pem" "$NAME" "$KIB" "$@" 2>&1
}

foreign_serves()
{
	stop_if_there foreign
	start foreign "$TOP/scripts/peers" enter -n "$FAR" python3 "$FOREIGN" \
		server "$AT" "$PORT" "$TMP/server.pem" "$TMP/server.key" "$@"
	wait_for 30 grep -q ready foreign.log || fail "$(cat foreign.log)"
}

http_serves()
{
	local program=/usr/sbin/gtlsserver

	[ -x $program ] || program=$(command -v gtlsserver) ||
		skip "needs the program gtlsserver"
	stop_if_there foreign
	start foreign ip netns exec "$FAR" "$program" -q -d "$TMP" "$AT" \
		"$PORT" server.key server.pem
	wait_for 20 udp_is_bound || fail "$(cat foreign.log)"
}

udp_is_bound()
{
	far ss -lunH "sport = :$PORT" | grep -q .
}

ours()
{
	near "$BUILD/tests/quic_peer" -b "$AT" -p "$PORT" -a ca.pem \
		-h "$NAME" -n "$KIB" "$@" 2>&1
}

# the other end may notice a little later: wait for COUNT lines
foreign_saw()
{
	wait_for 20 saw_lines "$1" || echo "only:"
	sed -n '2,$p' foreign.log | sort
}

saw_lines()
{
	[ "$(wc -l <foreign.log)" -gt "$1" ]
}

rebinding()
{
	local begin pid

	link rate=1M queue=64k
	begin=$(link_count up bytes)
	"$@" >rebinding.log &
	pid=$!
	wait_for 60 has_carried up $((begin + KIB * 256)) || fail "no bytes"
	kill -0 $pid || fail "over too early"
	link rebind
	wait $pid || fail "the client failed"
	cat rebinding.log
	link rate=0 queue=0
	echo "moves: $(grep -c 'the connection goes on' ours.log)"
}

after_retry()
{
	mkdir -p qlog
	QLOGDIR=$TMP/qlog ours "$@"
	echo "Retry packets: $(cat qlog/* | grep -c '"packet_type":"retry"')"
	rm -r qlog
}
