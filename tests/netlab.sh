# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck shell=bash
# A network of two machines with a link between them that is as bad as wanted;
# sourced after tests/common.sh (and tests/server.sh, when a server is wanted).
#
#   make_link [WORD...]   two network namespaces, $FAR (the server's) and $NEAR
#                         (the client's), joined by tests/linkemu with that
#                         shape (its main.c has the words); skips the test
#                         where that is not possible
#   link WORD...          say something to the link: link loss=5%, link rebind,
#                         link forget
#   link_count DIRECTION NAME   one of its counts
#   far COMMAND...        run a command in the server's namespace
#   near COMMAND...       and in the client's
#   far_server [OPTION...]      start_server there
#   near_client SHARE COMMANDS [OPTION...]   the client of server.sh there
#   near_moves            the client's own address changes: $NEAR_ADDRESS
#   near_told             the clients there are told to move (SIGUSR1)
#   moves                 how often the server has seen that one moved
#   udp_firewall          makes the server's side one
#   firewall KIND [WORD...] what it does with UDP for the server's port: none,
#                         blackhole, prohibit (by ICMP); words of ip-rule(8) say
#                         which of it
#   says FILE WORDS...    complains of those that are not in it
#   random_file PATH MIB SEED   random bytes that are the same for a seed
#   middle_server MIB     make_server and far_server, and a file of that size
#                         on both sides; the test is in $TMP afterwards
#   goes_on WHAT COMMAND...   a put, then a get; when a quarter has passed the
#                         link the command is run, and again after half of it.
#                         Both copies must end well, and it is told on how
#                         many connections.
#
# make_server must get --listen "$FAR_ADDRESS".

FAR=sqf$SEQ-$$
NEAR=sqn$SEQ-$$
FAR_ADDRESS=10.77.0.1
NEAR_ADDRESS=10.77.1.2
NEAR_OTHER=10.77.1.3	# for `link move` and near_moves
FAR_ADDRESS6=fd77::1
NEAR_ADDRESS6=fd77:1::2
LINK=$TMP/link

make_link()
{
	requires_root
	requires_program ip
	requires test -c /dev/net/tun
	requires ip netns add "$FAR"
	cleanup_fn ip netns del "$FAR"
	requires ip netns add "$NEAR"
	cleanup_fn ip netns del "$NEAR"
	start linkemu "$BUILD/tests/linkemu/linkemu" -s "$LINK" -c "$NEAR" -d "$FAR" "$@"
	wait_for 20 grep -q ready "$TMP/linkemu.log" || {
		cat "$TMP/linkemu.log"
		fail "no link"
	}
	link_end "$FAR" "$FAR_ADDRESS" "$FAR_ADDRESS6"
	link_end "$NEAR" "$NEAR_ADDRESS" "$NEAR_ADDRESS6"
}

# everything that is not in the namespace is behind the link
link_end()
{
	run ip -n "$1" addr add "$2/32" dev link0
	run ip -n "$1" addr add "$3/128" dev link0 nodad
	run ip -n "$1" link set link0 up mtu "${LINK_MTU:-1500}"
	run ip -n "$1" link set lo up
	run ip -n "$1" route add default dev link0
	run ip -n "$1" -6 route add default dev link0
}

link()
{
	local answer

	answer=$("$BUILD/tests/linkemu/linkemu" -t "$LINK" "$@") || fail "link: $answer"
	[ "$answer" = ok ] || echo "$answer"
}

link_count()
{
	link stats | sed -n "s/^$1 .* $2=\([0-9]*\).*/\1/p"
}

far()
{
	ip netns exec "$FAR" "$@"
}

near()
{
	ip netns exec "$NEAR" "$@"
}

far_server()
{
	# ip runs the program in its own place, so signals reach it
	start smbquicd ip netns exec "$FAR" \
		smbquicd -F -s "$RIG/smbquic.conf" "$@"
	wait_for 30 grep -q 'ready: ' "$TMP/smbquicd.log" ||
		fail "smbquicd did not become ready: $(tail -n 1 \
			"$TMP/smbquicd.log")"
}

near_client()
{
	local share=$1 commands=$2

	shift 2
	near smbquic-client "//$NAME/$share" -I "$FAR_ADDRESS" "$(transport)" \
		--client-protection="$CLIENT_PROTECTION" \
		--ca="$RIG/ca.pem" -U "$RIG_USER%$RIG_PASSWORD" -q \
		-c "$commands" "$@"
}

near_moves()
{
	local old=$NEAR_ADDRESS

	NEAR_ADDRESS=$NEAR_OTHER
	NEAR_OTHER=$old
	run ip -n "$NEAR" addr add "$NEAR_ADDRESS/32" dev link0
	run ip -n "$NEAR" addr del "$old/32" dev link0
	# the kernel took the route away with the address
	run ip -n "$NEAR" route replace default dev link0
}

near_told()
{
	local pid

	for pid in $(ip netns pids "$NEAR"); do
		[ "$(cat "/proc/$pid/comm")" != smbquic-client ] ||
			run kill -USR1 "$pid"
	done
}

udp_firewall()
{
	# routing rules come before the addresses of this machine
	run far ip rule add pref 100 lookup local
	run far ip rule del pref 0
	# only a router refuses by ICMP
	run far sysctl -w net.ipv4.ip_forward=1 net.ipv4.icmp_ratelimit=0
}

firewall()
{
	local kind=$1

	shift
	far ip rule del pref 10 2>>"$FULL"
	[ "$kind" = none ] || run far ip rule add pref 10 ipproto 17 \
		dport "$QUIC_PORT" "$@" "$kind"
}

says()
{
	local file=$1 word

	shift
	for word; do
		grep -qF -- "$word" "$file" || {
			echo "  does not say: $word"
			sed 's/^/  but: /' "$file"
		}
	done
}

moves()
{
	grep -c 'the connection goes on' "$TMP/smbquicd.log"
}

random_file()
{
	openssl enc -aes-128-ctr -K "$(printf '%032x' "$3")" \
		-iv 00000000000000000000000000000000 -in /dev/zero \
		2>>"$FULL" | head -c "$2M" >"$1"
}

middle_server()
{
	MIB=$1
	make_server --listen "$FAR_ADDRESS"
	far_server -d 3
	cd "$TMP" || exit 1
	random_file file "$MIB" 1
	ln file "$RIG/data/from"
}

connections()
{
	grep -c ': connection [0-9]* over ' "$TMP/smbquicd.log"
}

has_carried()
{
	[ "$(link_count "$1" bytes)" -gt "$2" ]
}

# copies WHAT DIRECTION COMMANDS COMMAND...
copies()
{
	local what=$1 direction=$2 commands=$3 begin part pid

	shift 3
	note "--- $what: $commands, $SECONDS s"
	begin=$(link_count "$direction" bytes)
	near_client data "$commands" >client.log 2>&1 &
	pid=$!
	for part in 1 2; do
		wait_for 120 has_carried "$direction" \
			$((begin + part * MIB * 256 * 1024)) ||
			fail "$what: $commands: nothing moves"
		kill -0 $pid || fail "$what: $commands: over too early"
		"$@"
	done
	wait $pid || {
		cat client.log
		fail "$what: $commands failed"
	}
	cat client.log >>"$FULL"
	link stats >>"$FULL"
}

goes_on()
{
	local what=$1 before

	shift
	before=$(connections)
	rm -rf here "$RIG/data/new"
	mkdir here "$RIG/data/new"
	copies "$what" up "put file new\\there; showconnect" "$@"
	copies "$what" down "lcd here; get from; showconnect" "$@"
	cmp file "$RIG/data/new/there" && cmp file here/from &&
		echo "$what: copied over" \
			"$(($(connections) - before)) connections"
}
