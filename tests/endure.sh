# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck shell=bash
# tests/endure.py for a numbered test; sourced after tests/common.sh.
#
#   endure ROUNDS FAULT...    each fault so many rounds; a fault that this
#                             machine cannot make is left out, as the log says

endure()
{
	local rounds=$1 fault kind=$TRANSPORT

	shift
	requires_root
	requires_program losetup mkfs.ext4 ip ss
	requires losetup -f
	requires "$TOP/tests/slow-fs" check
	for fault; do
		mkdir "$TMP/$fault"
		SMBQUIC_BUILD=$BUILD python3 "$TOP/tests/endure.py" \
			"$TMP/$fault" --fault "$fault" --rounds "$rounds" \
			--transport "$kind" --seed "${SEED:-$RANDOM}" \
			>"$TMP/$fault.said" 2>>"$FULL"
		case $? in
		77) note "$fault: $(cat "$TMP/$fault.said")"
		    echo "$fault: all well" ;;
		*) cat "$TMP/$fault.said" ;;
		esac
		tail -n 50 "$TMP/$fault/rig/smbquicd.log" >>"$FULL"
	done
}
