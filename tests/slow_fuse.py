#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""A file system whose disk is slow: FUSE spoken by hand, read only.

usage: tests/slow_fuse.py MOUNTPOINT SECONDS FILES

FILES files of a few bytes called slow1, slow2...; each look at one of them
and each read takes SECONDS. Needs root. Says "mounted" once it is; SIGTERM
unmounts. linux/fuse.h has the structures; answers may come in any order.
"""
import ctypes
import os
import select
import signal
import stat
import struct
import sys
import time

LOOKUP, FORGET, GETATTR, OPEN, READ, STATFS, RELEASE = 1, 2, 3, 14, 15, 17, 18
FLUSH, INIT, OPENDIR, READDIR, RELEASEDIR = 25, 26, 27, 28, 29
INTERRUPT, DESTROY, BATCH_FORGET = 36, 38, 42
ENOENT, ENOSYS = 2, 38
PARALLEL_DIROPS = 1 << 18
CONTENT = b"at last\n"
LIBC = ctypes.CDLL(None, use_errno=True)


def attr(node):
    mode = stat.S_IFDIR | 0o755 if node == 1 else stat.S_IFREG | 0o644
    size = 0 if node == 1 else len(CONTENT)
    return struct.pack("<6Q10I", node, size, 1, 0, 0, 0, 0, 0, 0, mode,
                       1, 0, 0, 0, 4096, 0)


class Disk:
    def __init__(self, mountpoint, seconds, files):
        self.mountpoint, self.seconds = mountpoint, seconds
        self.names = {b"slow%d" % i: i + 1 for i in range(1, files + 1)}
        self.late = []  # (when, answer)
        self.fd = os.open("/dev/fuse", os.O_RDWR)
        data = "fd=%d,rootmode=40000,user_id=0,group_id=0,allow_other" \
            % self.fd
        if LIBC.mount(b"slow", mountpoint.encode(), b"fuse", 6,
                      data.encode()) != 0:
            raise OSError(ctypes.get_errno(), "mount")

    def unmount(self):
        LIBC.umount2(self.mountpoint.encode(), 2)

    def answer(self, unique, body=b"", error=0, slow=False):
        data = struct.pack("<IiQ", 16 + len(body), -error, unique) + body
        if slow:
            self.late.append((time.monotonic() + self.seconds, data))
        else:
            self.write(data)

    def write(self, data):
        try:
            os.write(self.fd, data)
        except FileNotFoundError:
            pass  # whoever asked has gone

    def lookup(self, unique, name):
        node = self.names.get(name)
        if node is None:
            self.answer(unique, error=ENOENT)
        else:
            self.answer(unique, struct.pack("<4QII", node, 0, 0, 0, 0, 0) +
                        attr(node), slow=True)

    def readdir(self, unique, offset):
        body = b""
        for at, name in enumerate(sorted(self.names)):
            if at >= offset:
                entry = struct.pack("<QQII", self.names[name], at + 1,
                                    len(name), stat.S_IFREG >> 12) + name
                body += entry + bytes(-len(entry) % 8)
        self.answer(unique, body[:4096])

    def handle(self, request):
        _, op, unique, node, *_ = struct.unpack_from("<IIQQIIII", request)
        body = request[40:]
        if op == INIT:
            self.answer(unique, struct.pack("<4I2H2I", 7, 31, 65536,
                                            PARALLEL_DIROPS, 12,
                                            10, 65536, 1) + bytes(36))
        elif op == LOOKUP:
            self.lookup(unique, body.rstrip(b"\0"))
        elif op == GETATTR:
            self.answer(unique, struct.pack("<QII", 0, 0, 0) + attr(node))
        elif op in (OPEN, OPENDIR):
            self.answer(unique, struct.pack("<QII", 1, 1, 0))
        elif op == READ:
            offset = struct.unpack_from("<Q", body, 8)[0]
            self.answer(unique, CONTENT[offset:], slow=True)
        elif op == READDIR:
            self.readdir(unique, struct.unpack_from("<Q", body, 8)[0])
        elif op == STATFS:
            self.answer(unique, struct.pack("<5Q4I", 9, 9, 9, 9, 9, 4096, 255,
                                            4096, 0) + bytes(24))
        elif op in (FLUSH, RELEASE, RELEASEDIR):
            self.answer(unique)
        elif op not in (FORGET, BATCH_FORGET, INTERRUPT, DESTROY):
            self.answer(unique, error=ENOSYS)

    def run(self):
        while True:
            now = time.monotonic()
            due = [data for when, data in self.late if when <= now]
            self.late = [late for late in self.late if late[0] > now]
            for data in due:
                self.write(data)
            if select.select([self.fd], [], [], 0.1)[0]:
                self.handle(os.read(self.fd, 1 << 17))


def main():
    disk = Disk(sys.argv[1], float(sys.argv[2]), int(sys.argv[3]))
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    print("mounted", flush=True)
    try:
        disk.run()
    except OSError as e:
        if e.errno != 19:  # ENODEV: unmounted by somebody else
            raise
    finally:
        disk.unmount()


main()
