# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck shell=bash
# Local files that remember the access list of one of the server.

# descriptor FILE ACE...: gives a local file a descriptor with a protected list
# of these entries, MASK:SID each
descriptor()
{
	python3 - "$@" <<-'END'
	import os, struct, sys
	def sid(text):
	    parts = [int(p) for p in text.split("-")[2:]]
	    return struct.pack("<BB", 1, len(parts) - 1) + struct.pack(
	        ">Q", parts[0])[2:] + b"".join(
	            struct.pack("<I", p) for p in parts[1:])
	aces = b""
	for word in sys.argv[2:]:
	    mask, who = word.split(":")
	    body = struct.pack("<I", int(mask, 16)) + sid(who)
	    aces += struct.pack("<BBH", 0, 0, 4 + len(body)) + body
	acl = struct.pack("<BBHHH", 2, 0, 8 + len(aces), len(sys.argv) - 2, 0) + aces
	os.setxattr(sys.argv[1], "user.smbquic.descriptor", struct.pack(
	    "<BBHIIII", 1, 0, 0x9004, 0, 0, 0, 20) + acl)
	END
}
