# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck shell=bash
# Mounts for a numbered test; sourced after tests/server.sh.
#
#   requires_mount            root, and a kernel with FUSE
#   mount_share NAME DIR [OPTIONS [SHARE]]
#                             the share (data) at DIR, as the section says;
#                             its log is $TMP/NAME.log; with MOUNT_ADDRESS the
#                             server is there, and with MOUNT_NETNS the way to
#                             it is that network namespace's; MOUNT_WHO says
#                             who logs on, by default username=$RIG_USER
#   unmount_share NAME DIR    and its process ended well

requires_mount()
{
	requires_root
	[ -c /dev/fuse ] || skip "needs /dev/fuse"
	requires dd if=/dev/fuse of=/dev/null count=0
	requires_program umount
}

# what of the section goes into -o
mount_options()
{
	local list

	list=$(transport)
	list=${list#--transport=}
	echo "ip=${MOUNT_ADDRESS:-127.0.0.1},transport=${list//,/+},ca=$RIG/ca.pem"
	case $CLIENT_PROTECTION in
	encrypt) echo ,seal ;;
	sign) echo ,sign ;;
	esac
}

mount_share()
{
	local name=$1 dir=$2 options=${3:-} share=${4:-data} within=()

	mkdir -p "$dir"
	options="$(mount_options | tr -d '\n')${options:+,$options}"
	cleanup_fn let_go "$dir"
	# not by ip(8), whose mounts nobody else would see
	[ -z "${MOUNT_NETNS:-}" ] ||
		within=(nsenter --net="/run/netns/$MOUNT_NETNS")
	PASSWD=$RIG_PASSWORD start "$name" "${within[@]}" mount.smbquic -F \
		"//$NAME/$share" "$dir" -o \
		"$options,${MOUNT_WHO-username=$RIG_USER}"
	wait_for 20 grep -q ' is at ' "$TMP/$name.log" || {
		cat "$TMP/$name.log" >>"$FULL"
		fail "no mount: $(tail -n 1 "$TMP/$name.log")"
	}
}

let_go()
{
	! mountpoint -q "$1" || umount -l "$1"
}

# The process ends with its mount; other name spaces may keep that for longer.
unmount_share()
{
	local name=$1 dir=$2 pid status

	pid=$(cat "$TMP/$name.pid")
	wait_for 20 umount "$dir" || fail "umount: $dir is busy"
	kill -TERM "$pid" 2>/dev/null
	wait_for 20 gone "$pid" || fail "$name did not end"
	wait "$pid"
	status=$?
	forget "$name"
	[ $status = 0 ] || [ $status = 143 ] ||
		fail "$name ended with status $status"
}
