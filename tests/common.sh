# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck shell=bash
# What numbered tests share; `. "$TOP/tests/common.sh"` is their first command.
# The variables of the section (tests/configs/$SECTION.config) are set then.

# shellcheck disable=SC1090
. "$TOP/tests/configs/$SECTION.config"
PATH=$BUILD/bin:$PATH
# What a client remembers of servers is forgotten with the test.
export XDG_CACHE_HOME=$TMP/cache
# Nothing of this machine is looked at: no mapping of client certificates, no
# client.conf and no smb.conf, and what this shell has for programs of ours.
export SMBQUIC_CLIENT_MAP=
export SMBQUIC_CONFIG=/dev/null SMB_CONF_PATH=/dev/null
unset SMBQUIC_TRANSPORT SMBQUIC_PORT SMBQUIC_CA SMBQUIC_PIN SMBQUIC_TRUST \
	SMBQUIC_REMEMBER SMBQUIC_RECONNECT SMBQUIC_COMPRESS SMBQUIC_READ_AHEAD \
	SMBQUIC_WRITE_BEHIND PASSWD PASSWD_FD PASSWD_FILE KRB5CCNAME \
	NOTIFY_SOCKET CREDENTIALS_DIRECTORY SSLKEYLOGFILE QLOGDIR
CLEANUP=()
BACKGROUND=()

# Runs a command when the test ends, however it ends; the last one first.
cleanup_fn()
{
	CLEANUP+=("$(printf '%q ' "$@")")
}

run_cleanup()
{
	local i status=$?

	trap - EXIT
	for ((i = ${#CLEANUP[@]} - 1; i >= 0; i--)); do
		eval "${CLEANUP[i]}" >>"$FULL" 2>&1 ||
			echo "cleanup failed: ${CLEANUP[i]}" >>"$FULL"
	done
	stop_all || status=1
	exit $status
}
trap run_cleanup EXIT
trap 'exit 1' INT TERM

# skip REASON: ends the test, which cannot run here
skip()
{
	echo "$*"
	exit 77
}

# fail WHAT: ends the test, which failed
fail()
{
	echo "$*"
	exit 1
}

# requires COMMAND...: skips unless the command succeeds
requires()
{
	"$@" >>"$FULL" 2>&1 || skip "needs: $*"
}

requires_program()
{
	local name

	for name in "$@"; do
		command -v "$name" >/dev/null || skip "needs the program $name"
	done
}

requires_root()
{
	[ "$(id -u)" = 0 ] || skip "needs root"
}

# note TEXT...: for the log, not compared
note()
{
	echo "$*" >>"$FULL"
}

# run COMMAND...: all output goes to the log; the status is the command's
run()
{
	echo "\$ $*" >>"$FULL"
	"$@" >>"$FULL" 2>&1
}

# filter: replaces what differs from run to run
filter()
{
	sed -e "s,$TMP,TMP,g" -e "s,$BUILD,BUILD,g" -e "s,$TOP,TOP,g"
}

# wait_for SECONDS COMMAND...: until the command succeeds
wait_for()
{
	local limit=$((SECONDS + $1 * ${SMBQUIC_TEST_SLOW:-1}))

	shift
	until "$@" >>"$FULL" 2>&1; do
		[ $SECONDS -lt $limit ] || return 1
		sleep 0.1
	done
}

# free_port: one that neither TCP nor UDP uses on loopback, v4 and v6
free_port()
{
	python3 - <<-'END'
	import socket
	KINDS = [(f, t) for f in (socket.AF_INET, socket.AF_INET6)
	         for t in (socket.SOCK_STREAM, socket.SOCK_DGRAM)]
	while True:
	    first = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
	    first.bind(("127.0.0.1", 0))
	    port = first.getsockname()[1]
	    first.close()
	    try:
	        for family, kind in KINDS:
	            if family == socket.AF_INET6 and not socket.has_ipv6:
	                continue
	            with socket.socket(family, kind) as s:
	                s.bind(("", port))
	    except OSError:
	        continue
	    print(port)
	    break
	END
}

# start NAME COMMAND...: in the background, its output in $TMP/NAME.log, its
# process id in $TMP/NAME.pid; the test's end stops it
start()
{
	local name=$1

	shift
	note "start $name: $*"
	# now, and not when the child comes to it: a log of an earlier process
	# of this name would be taken for this one's
	: >"$TMP/$name.log"
	"$@" </dev/null >"$TMP/$name.log" 2>&1 &
	echo $! >"$TMP/$name.pid"
	BACKGROUND+=("$name")
}

running()
{
	kill -0 "$(cat "$TMP/$1.pid")" 2>/dev/null
}

# stop NAME: by SIGTERM; fails when it does not end in time, or ended before,
# or ended badly
stop()
{
	local name=$1 pid status

	pid=$(cat "$TMP/$name.pid")
	if ! kill -TERM "$pid" 2>/dev/null; then
		wait "$pid"
		status=$?
		forget "$name"
		echo "$name ended by itself with status $status"
		return 1
	fi
	if ! wait_for 20 gone "$pid"; then
		kill -KILL "$pid"
		forget "$name"
		echo "$name did not end on SIGTERM"
		return 1
	fi
	wait "$pid"
	status=$?
	forget "$name"
	[ $status = 0 ] || [ $status = 143 ] || {
		echo "$name ended with status $status"
		return 1
	}
}

# kill_now NAME: by SIGKILL, and the shell says nothing of it
kill_now()
{
	local pid

	pid=$(cat "$TMP/$1.pid")
	{
		kill -KILL "$pid"
		wait "$pid"
	} 2>/dev/null
	forget "$1"
}

# a process that ended stays a zombie until it is waited for
gone()
{
	case $(ps -o stat= -p "$1") in
	''|Z*) return 0 ;;
	esac
	return 1
}

forget()
{
	local i

	{
		echo "--- log of $1:"
		cat "$TMP/$1.log"
	} >>"$FULL"
	for i in "${!BACKGROUND[@]}"; do
		[ "${BACKGROUND[i]}" != "$1" ] || unset "BACKGROUND[i]"
	done
}

stop_all()
{
	local name status=0

	for name in "${BACKGROUND[@]}"; do
		stop "$name" || status=1
	done
	return $status
}
