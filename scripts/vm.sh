#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Small virtual machines for scripts: sourced by one, which defines fail first
# and sets WORK (a folder of its own), LIMIT (seconds), MEMORY (MiB), KVM (yes or no)
# and, where that is not 2, CPUS. Only x86_64 is known here.
#
# Kernels are the distribution's packages, unpacked and kept in
# SMBQUIC_VM_CACHE (default: ~/.cache/smbquic-vm).

CACHE=${SMBQUIC_VM_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/smbquic-vm}
RELEASE='' ROOT='' IMAGE=''

need() {
	command -v "$1" >/dev/null || fail "needs $1 (Debian package $2)"
}

vm_needs() {
	[ "$(uname -m)" = x86_64 ] || fail "only x86_64 is known here"
	need qemu-system-x86_64 qemu-system-x86
	need busybox busybox-static
	need cpio cpio
	need depmod kmod
	need xz xz-utils
}

# --- the kernel --------------------------------------------------------------

# vm_kernel [DEB]: the kernel of RELEASE, IMAGE and beside its modules ROOT, of
# that package or of the one that apt has; unpacked once.
vm_kernel() {
	local given=${1:-} package=linux-image-$RELEASE

	ROOT=$CACHE/$RELEASE
	# shellcheck disable=SC2034 # for who sources this
	IMAGE=$ROOT/boot/vmlinuz-$RELEASE
	[ ! -e "$ROOT/.complete" ] || return 0
	rm -rf "$ROOT"
	mkdir -p "$ROOT/package"
	if [ -n "$given" ]; then
		cp "$given" "$ROOT/package/kernel.deb"
	else
		(cd "$ROOT/package" && apt-get download -qq "$package" >&2) ||
			fail "no package $package in apt's sources; name the" \
				"kernel with --kernel, or make the module for" \
				"one that the distribution has (apt-cache" \
				"search linux-image)"
	fi
	dpkg-deb -x "$ROOT"/package/*.deb "$ROOT" || fail "not a package"
	rm -r "$ROOT/package"
	# packages come without an index
	if [ -d "$ROOT/usr/lib/modules" ] && [ ! -e "$ROOT/lib" ]; then
		ln -s usr/lib "$ROOT/lib"
	fi
	depmod -b "$ROOT" "$RELEASE"
	touch "$ROOT/.complete"
}

# --- what the guest begins with ----------------------------------------------

# In $WORK/initramfs, with busybox; the caller adds a file init.
vm_begin_disk() {
	DISK=$WORK/initramfs
	mkdir -p "$DISK"/{bin,dev,proc,sys,root,modules}
	cp "$(command -v busybox)" "$DISK/bin/busybox"
	# a program that names a loader needs libraries, which the guest has not
	# yet
	! head -c 4096 "$DISK/bin/busybox" | grep -qaE '/ld[-.a-z0-9_]*\.so' ||
		fail "busybox does not run by itself: install busybox-static"
}

# vm_module NAME: it and what it needs, in their order, in the folder /modules
MODULE_COUNT=100
vm_module() {
	local name=$1 path

	while read -r _ path _; do
		[ ! -e "$DISK/modules/.$(basename "$path")" ] || continue
		touch "$DISK/modules/.$(basename "$path")"
		MODULE_COUNT=$((MODULE_COUNT + 1))
		case $path in
		*.xz) xz -dc "$path" ;;
		*.zst) zstd -qdc "$path" ;;
		*) cat "$path" ;;
		esac >"$DISK/modules/$MODULE_COUNT-$(basename "${path%.xz}")"
	done < <(modprobe -d "$ROOT" -S "$RELEASE" --show-depends \
		"$name" 2>/dev/null | grep '^insmod ')
}

vm_end_disk() {
	chmod +x "$DISK/init"
	(cd "$DISK" && find . | cpio -o -H newc 2>/dev/null) >"$WORK/initrd"
}

# --- the machine -------------------------------------------------------------

# vm_try ACCELERATOR CPU [OPTION...]: until it ends. Some machines offer a KVM
# that breaks on the first instruction it does not know, and qemu waits for a
# debugger then.
vm_try() {
	local pid

	: >"$WORK/qemu"
	timeout --foreground "$LIMIT" qemu-system-x86_64 -accel "$1" -cpu "$2" "${@:3}" \
		-smp "${CPUS:-2}" -m "$MEMORY" -nodefaults -no-user-config -display none \
		-no-reboot -kernel "$IMAGE" -initrd "$WORK/initrd" \
		</dev/null 2>"$WORK/qemu" &
	pid=$!
	# without the shell's own words on how it ended
	{
		while kill -0 $pid; do
			! grep -qs 'KVM internal error' "$WORK/qemu" ||
				kill $pid
			sleep 0.2
		done
		wait $pid || true
	} 2>/dev/null
}

# vm_run STARTED OPTION...: the machine, by KVM where that works; it shows that
# it has begun by making STARTED, which is empty or absent, hold something.
vm_run() {
	local started=$1

	shift
	if [ "$KVM" = yes ] && [ -w /dev/kvm ]; then
		vm_try kvm host "$@"
		[ -s "$started" ] ||
			echo "$(basename "$0"): KVM does not work here; emulating" >&2
	fi
	# Its time goes by its instructions (two nanoseconds each) and, when it
	# has nothing to do, by ours: a busy machine makes it slow and not late.
	[ -s "$started" ] || vm_try tcg,thread=single max \
		-icount shift=1,sleep=on,align=off "$@"
}
