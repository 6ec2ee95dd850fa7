#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""usage: mount_leases.py ONE OTHER DISK

ONE and OTHER are mounts of the folder DISK: does to files of theirs in turn
what caches get wrong, and prints what is seen."""

import mmap
import os
import sys
import time

ONE, OTHER, DISK = sys.argv[1:]


def until(look, wanted, seconds=20):
    """What is seen, when it is what is wanted; at the latest in the end. A
    break of a lease is on its way when who wrote goes on."""
    end = time.monotonic() + seconds
    while look() != wanted and time.monotonic() < end:
        time.sleep(0.05)
    return look() == wanted


def whole(path):
    with open(path, "rb") as f:
        return f.read()


def opened(place, name, flags=os.O_RDWR | os.O_CREAT):
    return os.open(os.path.join(place, name), flags, 0o644)


def waits_and_is_seen():
    fd = opened(ONE, "behind")
    for _ in range(100):
        os.write(fd, b"x" * 999 + b"\n")
    print("written:", os.fstat(fd).st_size, "other:",
          len(whole(os.path.join(OTHER, "behind"))))
    os.pwrite(fd, b"changed", 0)
    print("changed:", until(lambda: whole(os.path.join(OTHER, "behind"))[:7],
                            b"changed"))
    os.close(fd)


def fsync_writes():
    fd = opened(ONE, "synced")
    for size in 1, 5000, 3000000:
        os.write(fd, os.urandom(size))
        os.fsync(fd)
        print("fsync:", os.stat(os.path.join(DISK, "synced")).st_size ==
              os.fstat(fd).st_size)
    os.close(fd)
    fd = opened(ONE, "synced", os.O_WRONLY | os.O_APPEND | os.O_SYNC)
    os.write(fd, b"end")
    print("O_SYNC:", whole(os.path.join(DISK, "synced"))[-3:])
    os.close(fd)
    print("closed:", whole(os.path.join(ONE, "synced")) ==
          whole(os.path.join(DISK, "synced")))


def reads_again():
    with open(os.path.join(ONE, "read"), "wb") as f:
        f.write(b"a" * 200000)
    reader = opened(OTHER, "read", os.O_RDONLY)
    print("first:", os.pread(reader, 3, 100000))
    mapped = mmap.mmap(reader, 0, prot=mmap.PROT_READ)
    print("mapped:", mapped[150000:150003])
    writer = opened(ONE, "read", os.O_WRONLY)
    os.pwrite(writer, b"bcd", 100000)
    os.pwrite(writer, b"efg", 150000)
    os.close(writer)
    print("again:", until(lambda: os.pread(reader, 3, 100000), b"bcd"))
    print("mapped again:", until(lambda: mapped[150000:150003], b"efg"))
    mapped.close()
    os.truncate(os.path.join(ONE, "read"), 10)
    print("shorter:", until(lambda: os.fstat(reader).st_size, 10),
          os.pread(reader, 100, 0))
    os.close(reader)


def both_append():
    fds = [opened(place, "log", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
           for place in (ONE, OTHER)]
    for i in range(40):
        os.write(fds[i % 2], b"line %d\n" % i)
    for fd in fds:
        os.close(fd)
    print("lines:", whole(os.path.join(DISK, "log")) ==
          b"".join(b"line %d\n" % i for i in range(40)))


def others_remove():
    fd = opened(ONE, "gone")
    os.write(fd, b"still here")
    os.unlink(os.path.join(OTHER, "gone"))
    print("removed:", os.pread(fd, 99, 0),
          until(lambda: os.path.exists(os.path.join(ONE, "gone")), False))
    os.close(fd)
    with open(os.path.join(ONE, "new"), "w") as f:
        f.write("new")
    with open(os.path.join(ONE, "old"), "w") as f:
        f.write("old")
    whole(os.path.join(OTHER, "old"))
    os.rename(os.path.join(ONE, "new"), os.path.join(ONE, "old"))
    print("replaced:", until(lambda: whole(os.path.join(OTHER, "old")),
                             b"new"))


waits_and_is_seen()
fsync_writes()
reads_again()
both_append()
others_remove()
