# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck shell=bash
# Clients that keep what they read (tests/cache_peer.c), of a numbered test, and
# are asked one question after the other; sourced after tests/server.sh.
#
#   peer NAME SHARE FILE   starts one
#   ask NAME QUESTION      and prints the answer
#   tell NAME QUESTION     without waiting for it
#   told NAME FOLDER       it was told of a change there, once more than before
#   leave NAME             it ends

LANE=$(transport)
LANE=${LANE#--transport=}
PEER_PASSWORD=$RIG_USER%$RIG_PASSWORD
PEER_SERVER=$NAME

peer()
{
	mkfifo "$TMP/$1.in"
	# shellcheck disable=SC2016
	start "$1" bash -c 'exec "$@" <"$0"' "$TMP/$1.in" \
		"$BUILD/tests/cache_peer" "$PEER_SERVER" 127.0.0.1 "$LANE" \
		"$RIG/ca.pem" "$PEER_PASSWORD" "$2" "$3"
	exec {fd}>"$TMP/$1.in"
	eval "$1_fd=$fd"
	answers "$1" 1
}

# answers NAME COUNT: the last one, when there are so many
answers()
{
	wait_for 60 has_answers "$@" || fail "$1 says nothing: $(tail -n 1 \
		"$TMP/$1.log")"
	echo "$1: $(grep '^= ' "$TMP/$1.log" | tail -n 1)"
}

has_answers()
{
	[ "$(grep -c '^= ' "$TMP/$1.log")" -ge "$2" ]
}

# tell NAME COMMAND: without waiting for it
tell()
{
	local fd=$1_fd

	echo "$2" >&"${!fd}"
}

# ask NAME COMMAND
ask()
{
	local before

	before=$(grep -c '^= ' "$TMP/$1.log")
	tell "$@"
	answers "$1" $((before + 1))
}

# leave NAME
leave()
{
	local fd=$1_fd

	# the end of its input is not enough: servers have it open, too
	tell "$1" quit
	fd=${!fd}
	exec {fd}>&-
	wait_for 30 gone "$(cat "$TMP/$1.pid")" || fail "$1 does not end"
	wait "$(cat "$TMP/$1.pid")"
	echo "$1: exit status $?"
	forget "$1"
	rm "$TMP/$1.in"
}

# told NAME FOLDER
told()
{
	local count=$1_told_${2//[^a-z]/_}

	eval "$count=\$((\${$count:-0} + 1))"
	wait_for 30 was_told "$1" "$2" "${!count}" ||
		fail "$1 was not told of $2"
	echo "$1: told $2"
}

was_told()
{
	[ "$(grep -cxF "told $2" "$TMP/$1.log")" -ge "$3" ]
}
