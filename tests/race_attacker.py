#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Somebody with an account on the server, and what he could try.

usage: tests/race_attacker.py SHARE OUTSIDE

Until SIGTERM: SHARE/door is now a directory, now a link to OUTSIDE, as fast as
renameat2 exchanges them; so is SHARE/file, now a file, now a link to
OUTSIDE/secret; and SHARE/deep/inner moves out of SHARE/deep and back, so that
".." of it is elsewhere. Says how often when it ends.
"""
import ctypes
import os
import signal
import sys

LIBC = ctypes.CDLL(None, use_errno=True)
AT_FDCWD, RENAME_EXCHANGE = -100, 2


def exchange(a, b):
    if LIBC.renameat2(AT_FDCWD, a.encode(), AT_FDCWD, b.encode(),
                      RENAME_EXCHANGE) != 0:
        return 0  # a client has just taken one of them away
    return 1


def make(share, outside):
    """What the client removed comes back."""
    for path in ("door", "deep", "deep/inner", "deep/inner/below"):
        os.makedirs(os.path.join(share, path), exist_ok=True)
        os.chmod(os.path.join(share, path), 0o777)
    for link, target in (("door.link", outside),
                         ("file.link", outside + "/secret")):
        if not os.path.lexists(os.path.join(share, link)):
            os.symlink(target, os.path.join(share, link))
    if not os.path.lexists(os.path.join(share, "file")):
        with open(os.path.join(share, "file"), "w", encoding="ascii") as f:
            f.write("harmless\n")


def main():
    share, outside = sys.argv[1:]
    ends = []
    signal.signal(signal.SIGTERM, lambda *_: ends.append(1))
    count = 0
    while not ends:
        try:
            if count % 64 == 0:
                make(share, outside)
            inner = os.path.join(share, "deep", "inner")
            away = os.path.join(share, "inner.away")
            count += exchange(share + "/door", share + "/door.link")
            count += exchange(share + "/file", share + "/file.link")
            os.rename(inner, away)
            os.rename(away, inner)
        except OSError:
            pass
        count += 1
    print("exchanged:", count, flush=True)


main()
