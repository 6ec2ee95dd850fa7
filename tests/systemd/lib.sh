# SPDX-License-Identifier: GPL-3.0-or-later
# What the steps have in common. A step ends with the first thing that is not as
# it should be.
# shellcheck shell=bash disable=SC2034
set -eEo pipefail
trap 'echo "line $LINENO: $BASH_COMMAND: status $?"' ERR

PACKAGES=/packages LATER=/later
NAME=files.smbquic.test
CONFIG=/etc/smbquic
PASSWORD=Secret-1234
UNIT=smbquicd.service

fail() {
	echo "$*"
	exit 1
}

skip() {
	echo "$*"
	exit 77
}

# figure TEXT: is shown beside the step
figure() {
	echo "figure: $*"
}

# refused COMMAND...: it must not work
refused() {
	! "$@" || fail "worked: $*"
}

# over NAME: no process of that program is there
over() {
	! pgrep -x "$1" >/dev/null
}

# within SECONDS COMMAND...: soon it holds; COMMAND is not refused, which ends
# the step
within() {
	local end=$((SECONDS + $1))

	shift
	until "$@"; do
		[ $SECONDS -lt $end ] || fail "not in time: $*"
		sleep 0.5
	done
}

# property NAME [UNIT]: what systemd says of it
property() {
	systemctl show -P "$1" "${2:-$UNIT}"
}

is() {
	[ "$(property "$1" "${3:-$UNIT}")" = "$2" ]
}

# client USER SHARE COMMANDS [OPTION...]
client() {
	smbquic-client "//$NAME/$2" -U "$1%$PASSWORD" --ca=$CONFIG/ca.pem \
		--remember=no -q -c "$3" "${@:4}"
}

# A server as the manual makes one, with users, shares and a certificate.
make_server() {
	local user

	[ ! -e $CONFIG/smbquic.conf ] || return 0
	mkdir -p /srv/data /srv/staff
	groupadd staffers
	for user in alice bob; do
		useradd -m -s /bin/bash $user
		chmod 700 /home/$user
	done
	usermod -aG staffers alice
	chmod 1777 /srv/data
	chown root:staffers /srv/staff
	chmod 2770 /srv/staff
	cat >$CONFIG/smbquic.conf <<-'END'
		[global]
			server smb transports = quic:443, tcp:445
		[data]
			path = /srv/data
			read only = no
			continuously available = yes
		[staff]
			path = /srv/staff
			read only = no
		[home]
			path = /home/%U
			read only = no
	END
	for user in alice bob; do
		printf '%s\n%s\n' $PASSWORD $PASSWORD |
			smbquic-passwd add $user -s
	done
	smbquic-certmap make ca --name "Our CA" --certificate $CONFIG/ca.pem \
		--key $CONFIG/ca.key
	smbquic-certmap make server --name $NAME --ca $CONFIG/ca.pem \
		--ca-key $CONFIG/ca.key --certificate $CONFIG/server.pem \
		--key $CONFIG/server.key
	smbquic-certmap new --name $NAME --certificate $CONFIG/server.pem \
		--key $CONFIG/server.key
	smbquicd --check-config
}

# It serves, whatever the step before has left.
serve() {
	make_server
	systemctl reset-failed $UNIT 2>/dev/null || true
	systemctl start $UNIT
}

# slow_put NAME MIB RATE [OPTION...]: a file of so many MiB is copied to the
# share data in the background; COPY is its process.
slow_put() {
	dd if=/dev/urandom "of=/root/$1" bs=1M count="$2" status=none
	client alice data "put /root/$1 $1" --limit-rate="$3" "${@:4}" \
		>"/root/$1.log" 2>&1 &
	COPY=$!
	within 30 arriving /srv/data
}

# arriving FOLDER: bytes of a copy are there, which has a temporary name until it
# is whole
arriving() {
	[ -n "$(find "$1" -maxdepth 1 -name '.smbquic-*' -size +0)" ]
}

# copied NAME: that has gone well
copied() {
	wait "$COPY" || fail "the copy: $(cat "/root/$1.log")"
	cmp "/root/$1" "/srv/data/$1"
}

# What AppArmor and the filter of system calls had to complain of.
denied() {
	journalctl -b -k --no-pager | grep -E \
		'apparmor="(DENIED|ALLOWED)".*smbquicd|SECCOMP.*smbquicd' |
		sort -u || true
}

# It is nothing; but for what 30-sandbox does on purpose.
nothing_denied() {
	local lines

	lines=$(denied | grep -v /opt/outside || true)
	[ -z "$lines" ] || fail "denied: $lines"
}

seen_denied() {
	denied | grep -q "$1"
}

# The share data in /etc/fstab, at /mnt/data when somebody asks, at /mnt/auto
# when somebody looks.
make_fstab() {
	local options=credentials=/root/alice,ca=$CONFIG/ca.pem,_netdev,nofail

	! grep -q smbquic /etc/fstab || return 0
	printf 'username=alice\npassword=%s\n' $PASSWORD >/root/alice
	chmod 600 /root/alice
	mkdir -p /mnt/data /mnt/auto
	cat >>/etc/fstab <<-END
		//$NAME/data /mnt/data fuse.smbquic $options,noauto 0 0
		//$NAME/data /mnt/auto fuse.smbquic $options,noauto,x-systemd.automount,x-systemd.idle-timeout=5 0 0
	END
	systemctl daemon-reload
	systemctl restart remote-fs.target
}
