#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Clean Debian roots for scripts: sourced by one, which sets ME (its name
# for messages) and SUITE first.
#
# Roots are kept in SMBQUIC_PACKAGE_ROOT (default /var/cache/smbquic-package)
# and never changed: what is installed goes into layers above one, in WORK,
# which are thrown away at the end. Needs root, debootstrap and overlayfs.

ROOTS=${SMBQUIC_PACKAGE_ROOT:-/var/cache/smbquic-package}
WORK=
LAYERS=()

fail() {
	echo "$ME: $*" >&2
	exit 1
}

# The Debian archive that this machine's own packages come from.
archive() {
	apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' |
		grep -v security | grep '/debian/*$' | head -n 1
}

base_root() {
	local root=$ROOTS/$SUITE script=/usr/share/debootstrap/scripts uri

	[ ! -e "$root/.base" ] || return 0
	command -v debootstrap >/dev/null || fail "debootstrap is not installed"
	uri=$(archive)
	[ -n "$uri" ] || fail "no Debian archive among the apt sources"
	# an older debootstrap has no script of a newer suite's name
	[ -e "$script/$SUITE" ] && script=$script/$SUITE || script=$script/sid
	rm -rf --one-file-system "$root"
	mkdir -p "$root"
	debootstrap --variant=minbase --include=ca-certificates "$SUITE" \
		"$root" "$uri" "$script" >"$root.log" 2>&1 ||
		fail "no root: see $root.log"
	touch "$root/.base"
}

# layer NAME: $WORK/NAME is the clean root, and may be changed
layer() {
	local at=$WORK/$1 uri

	LAYERS+=("$1")
	mkdir -p "$at" "$WORK/$1.up" "$WORK/$1.work"
	mount -t overlay overlay -o "lowerdir=$ROOTS/$SUITE,upperdir=$WORK/$1.up,workdir=$WORK/$1.work" "$at"
	mount --bind /proc "$at/proc"
	mount --bind /dev "$at/dev"
	uri=$(archive)
	echo "deb $uri $SUITE main" >"$at/etc/apt/sources.list"
	# ngtcp2 is new enough in later suites
	[ "$SUITE" != bookworm ] ||
		echo "deb $uri $SUITE-backports main" \
			>>"$at/etc/apt/sources.list"
	cp -L /etc/resolv.conf "$at/etc/resolv.conf"
	# it lives for minutes: no waiting for the disk
	echo force-unsafe-io >"$at/etc/dpkg/dpkg.cfg.d/unsafe-io"
	printf '#!/bin/sh\nexit 101\n' >"$at/usr/sbin/policy-rc.d"
	chmod +x "$at/usr/sbin/policy-rc.d"
	run_in "$1" apt-get -q -o Acquire::Check-Valid-Until=false update
}

run_in() {
	local name=$1

	shift
	env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C HOME=/root \
		DEBIAN_FRONTEND=noninteractive TERM=dumb \
		${http_proxy:+http_proxy="$http_proxy"} \
		${https_proxy:+https_proxy="$https_proxy"} \
		chroot "$WORK/$name" "$@"
}

# install_in NAME PACKAGE...
install_in() {
	local name=$1 words=()

	shift
	[ "$SUITE" != bookworm ] || words=(-t bookworm)
	run_in "$name" apt-get -q -y "${words[@]}" \
		--no-install-recommends install "$@"
}

# packages_in NAME PACKAGE...: ours, of the folder OUT, in a clean layer, and
# those
packages_in() {
	local name=$1

	shift
	layer "$name"
	mkdir -p "$WORK/$name/packages"
	cp "$OUT"/*.deb "$WORK/$name/packages/"
	rm -f "$WORK/$name"/packages/*-dbgsym_*
	if [ "$SUITE" = bookworm ]; then
		run_in "$name" apt-get -q -y --no-install-recommends install \
			libngtcp2-16/bookworm-backports \
			libngtcp2-crypto-gnutls8/bookworm-backports ||
			run_in "$name" apt-get -q -y -t bookworm-backports \
				--no-install-recommends install \
				libngtcp2-crypto-gnutls8
	fi
	# shellcheck disable=SC2016 # of that shell
	run_in "$name" sh -c 'apt-get -q -y --no-install-recommends install \
		/packages/*.deb "$@"' sh "$@"
}

end() {
	local name

	[ -n "$WORK" ] || return 0
	for name in "${LAYERS[@]}"; do
		umount -l "$WORK/$name/proc" "$WORK/$name/dev" \
			"$WORK/$name" 2>/dev/null || true
	done
	rm -rf --one-file-system "$WORK"
}

# unpack NAME FOLDER: the sources, in a layer at a folder
unpack() {
	mkdir -p "$WORK/$1$2"
	tar -cf - --exclude-vcs --exclude='./build*' --exclude='./.lock-waf*' \
		--exclude='./*.tar.*' --exclude=__pycache__ . |
		tar -xf - --no-same-owner -C "$WORK/$1$2"
}

# begin: makes what layers are made in
begin() {
	[ "$(id -u)" = 0 ] || fail "needs root"
	base_root
	# layers need a file system that is no overlay itself
	WORK=$(mktemp -d "$ROOTS/work.XXXXXX")
	trap end EXIT
}
