# SPDX-License-Identifier: GPL-3.0-or-later
"""Locks of a file that is seen in two mounts: mount_locks.py ONE OTHER

ONE and OTHER are the same file.  Prints what could be locked."""
import errno
import fcntl
import os
import signal
import struct
import sys
import time


def attempt(what, fn, *args):
    try:
        fn(*args)
        print(what + ": yes")
    except OSError as e:
        no = e.errno in (errno.EAGAIN, errno.EACCES)
        print(what + (": no" if no else ": " + e.strerror))


def lock(fd, kind, start=0, length=0, wait=False):
    now = 0 if wait or kind == fcntl.LOCK_UN else fcntl.LOCK_NB
    fcntl.lockf(fd, kind | now, length, start)


def child(fn):
    """Run in a process of its own."""
    sys.stdout.flush()
    pid = os.fork()
    if pid == 0:
        fn()
        sys.stdout.flush()
        os._exit(0)
    return pid


def elsewhere(path, *attempts):
    def run():
        fd = os.open(path, os.O_RDWR)
        for what, kind, start, length in attempts:
            attempt(what, lock, fd, kind, start, length)
        os.close(fd)
    os.waitpid(child(run), 0)


def main(one, other):
    fd = os.open(one, os.O_RDWR)
    sh, ex, un = fcntl.LOCK_SH, fcntl.LOCK_EX, fcntl.LOCK_UN
    attempt("exclusive 0-9", lock, fd, ex, 0, 10)
    for place, path in ("here", one), ("elsewhere", other):
        elsewhere(path, (place + " 5", sh, 5, 1), (place + " 10", ex, 10, 1))
    attempt("shared 0-4", lock, fd, sh, 0, 5)
    for place, path in ("here", one), ("elsewhere", other):
        elsewhere(path, (place + " shared 0", sh, 0, 1),
                  (place + " exclusive 0", ex, 0, 1),
                  (place + " shared 5", sh, 5, 1))
    os.pwrite(fd, b"mine", 5)
    print("through the lock:", os.pread(fd, 4, 5).decode())
    asked = struct.pack("hhqqi4x", fcntl.F_WRLCK, 0, 0, 0, 0)

    def who():
        f = os.open(one, os.O_RDWR)
        kind, _, start, length, pid = struct.unpack(
            "hhqqi4x", fcntl.fcntl(f, fcntl.F_GETLK, asked))
        print("in the way:", kind != fcntl.F_UNLCK, pid == os.getppid())
    os.waitpid(child(who), 0)
    attempt("none", lock, fd, un)
    elsewhere(other, ("elsewhere all", ex, 0, 0))

    # closing any descriptor of the file gives the locks back
    attempt("exclusive all", lock, fd, ex)
    os.close(os.open(one, os.O_RDONLY))
    time.sleep(0.1)
    elsewhere(other, ("elsewhere all", ex, 0, 0))

    # who waits gets it
    attempt("exclusive all", lock, fd, ex)

    def waits():
        f = os.open(other, os.O_RDWR)
        lock(f, ex, wait=True)
        print("had to wait")
    pid = child(waits)
    time.sleep(0.3)
    lock(fd, un)
    os.waitpid(pid, 0)

    # who waits can be interrupted
    def interrupted():
        f = os.open(other, os.O_RDWR)

        def stop(*_):
            raise InterruptedError
        signal.signal(signal.SIGALRM, stop)
        signal.alarm(1)
        try:
            lock(f, ex, wait=True)
        except InterruptedError:
            print("interrupted")
    lock(fd, ex)
    os.waitpid(child(interrupted), 0)
    lock(fd, un)

    # flock() is of another kind
    attempt("flock", fcntl.flock, fd, ex | fcntl.LOCK_NB)
    there = os.open(other, os.O_RDWR)
    attempt("flock elsewhere", fcntl.flock, there, sh | fcntl.LOCK_NB)
    elsewhere(other, ("elsewhere all", ex, 0, 0))
    os.close(fd)
    deadline = time.time() + 10
    while time.time() < deadline:
        try:
            fcntl.flock(there, sh | fcntl.LOCK_NB)
            print("flock elsewhere after close: yes")
            break
        except OSError:
            time.sleep(0.05)
    os.close(there)

    # those of an open go with it, without a word, whoever else has it open
    free = struct.pack("hhqqi4x", fcntl.F_WRLCK, 0, 0, 0, 0)
    fd, kept = os.open(one, os.O_RDWR), os.open(one, os.O_RDWR)
    twin = os.dup(fd)
    attempt("an open's", fcntl.fcntl, fd, fcntl.F_OFD_SETLK, free)
    attempt("another open's", fcntl.fcntl, kept, fcntl.F_OFD_SETLK, free)
    os.close(twin)
    elsewhere(other, ("elsewhere all", ex, 0, 0))
    os.close(fd)
    deadline = time.time() + 10
    while time.time() < deadline:
        try:
            fcntl.fcntl(kept, fcntl.F_OFD_SETLK, free)
            print("another open's after close: yes")
            break
        except OSError:
            time.sleep(0.05)
    elsewhere(other, ("elsewhere all", ex, 0, 0))
    os.close(kept)
    # of a file without a name, locks are this machine's
    fd = os.open(one + ".gone", os.O_RDWR | os.O_CREAT)
    os.unlink(one + ".gone")
    attempt("a file that was removed", lock, fd, ex)


main(*sys.argv[1:])
