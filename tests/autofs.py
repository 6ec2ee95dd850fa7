#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""An automounter of one place, as systemd's is: somebody looks there, it runs a
command of its own process group that mounts, and lets him go on then.

usage: tests/autofs.py PLACE FILE COMMAND...

Prints what FILE of that place has. Who is not of the group has to wait while
the command works.
"""
import ctypes
import fcntl
import os
import select
import struct
import subprocess
import sys

READY, FAIL = 0x9360, 0x9361
PACKET = struct.Struct("=iiIIQIIIII256s4x")
MISSING_DIRECT = 5
LIMIT = 30
MNT_DETACH = 2
libc = ctypes.CDLL(None, use_errno=True)


def check(status):
    if status != 0:
        sys.exit(os.strerror(ctypes.get_errno()))


def begin(place):
    """The automounter's pipe, and a descriptor of its own at the place."""
    from_kernel, to_us = os.pipe()
    data = "fd=%d,pgrp=%d,minproto=5,maxproto=5,direct" % (to_us, os.getpgrp())
    check(libc.mount(b"test", place.encode(), b"autofs", 0, data.encode()))
    os.close(to_us)
    return from_kernel, os.open(place, os.O_RDONLY)


def wanted(from_kernel):
    """The number of the one who looks."""
    if not select.select([from_kernel], [], [], LIMIT)[0]:
        sys.exit("nobody looked")
    packet = PACKET.unpack(os.read(from_kernel, PACKET.size))
    if packet[1] != MISSING_DIRECT:
        sys.exit("a packet of type %d" % packet[1])
    return packet[2]


def mounted(command):
    try:
        return subprocess.run(command, timeout=LIMIT, check=False,
                              stdin=subprocess.DEVNULL).returncode == 0
    except subprocess.TimeoutExpired:
        print("it waits for itself")
        return False


def main():
    place, name = sys.argv[1:3]
    os.setpgrp()
    from_kernel, root = begin(place)
    try:
        with subprocess.Popen(["cat", os.path.join(place, name)],
                              start_new_session=True) as looker:
            token = wanted(from_kernel)
            good = mounted(sys.argv[3:])
            fcntl.ioctl(root, READY if good else FAIL, token)
            looker.wait(LIMIT)
    finally:
        os.close(root)
        os.close(from_kernel)
        while libc.umount2(place.encode(), MNT_DETACH) == 0:
            pass
    sys.exit(0 if good else 1)


main()
