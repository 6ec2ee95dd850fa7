# SPDX-License-Identifier: GPL-3.0-or-later
"""scripts/bench load: one smbquicd with many clients, some of them greedy.

Idle QUIC connections (--connections, the last number; default 10000) and busy
ones (--clients, likewise; default 1000), each of which opens a file, reads 4
KiB and closes it, and does so again after a pause; then the same while one
client writes through to the same share as fast as it can, and while two of them
do. Printed: percentiles of the time that a small operation took, with the
busiest and the least busy of the connections, what the greedy ones had of the
disk; and the server's memory before, at most, and when all are gone. The disk
is a loop device's, so that writing through costs what it costs. Targets, beside
that nobody is lost: small operations wait not much longer for the greedy ones,
no connection gets much less than another, and memory is what it was.
"""

import re
import subprocess
import time

import bench_idle
import bench_rig
import rig
from bench_transport import test_program

LINE = re.compile(r"(\d+) operations, microseconds (\d+) (\d+) (\d+) (\d+) "
                  r"(\d+); a connection (\d+) to (\d+)")
A_PROCESS = 250         # busy connections: these have work to do
PAUSE = 500             # ms
DISK = "512M"
RETURN = 240            # seconds in which memory is to return: first come
                        # the idle timeout and the server's housekeeping
# targets, of what is the same in one run on any machine
SLOWER, SOON = 3, 50    # times as long as with nobody else, and ms, within
                        # which 99 % of the small operations are always well
EVEN, TURN = 0.5, 3     # of the most operations of a connection: the fewest,
                        # and those of a turn that is not over
FAIR = 0.7              # of what one that fills the disk gets: the other
MORE = 1.05             # of the memory before: what may be left; and KiB, of
SPARE = (8192, 1024)    # what is resident, of malloc; and of each connection
KEPT = 0.25             # KiB, for tables that have grown: a second crowd of as
                        # many finds them


def last(numbers):
    return int(str(numbers).split(",")[-1])


class Load:
    """tests/load_perf: one process of so many connections."""

    def __init__(self, server, link, kind, count, seconds, pause=0):
        r = server.rig
        self.process = subprocess.Popen(
            ["ip", "netns", "exec", link.client, test_program("load_perf"),
             r.name, r.listen, "quic:%d" % r.quic_port, str(r.ca),
             "%s%%%s" % (r.user, r.password), "load", kind, str(count),
             str(seconds), str(pause)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def wait_ready(self):
        line = self.process.stdout.readline()
        if line != "ready\n":
            raise rig.RigError("load_perf did not begin")
        return self

    def begin(self):
        self.process.stdin.close()
        return self

    def figures(self):
        text = self.process.stdout.read()
        self.process.wait()
        found = LINE.match(text)
        if found is None:
            raise rig.RigError("load_perf ended without a word")
        return [int(n) for n in found.groups()]

    def kill(self):
        self.process.kill()
        self.process.wait()
        self.process.stdin.close()
        self.process.stdout.close()


P99, FEWEST, MOST = 3, 6, 7     # of what small() returns


def small(server, link, count, seconds):
    """@return operations a second; ms of 50, 90, 99, 99.9 % and of the
    longest; fewest and most operations of one connection."""
    loads = []
    try:
        for first in range(0, count, A_PROCESS):
            loads.append(Load(server, link, "small",
                              min(A_PROCESS, count - first), seconds, PAUSE))
        for load in loads:
            load.wait_ready()
        for load in loads:
            load.begin()
        rows = [load.figures() for load in loads]
    finally:
        for load in loads:
            load.kill()
    total = sum(row[0] for row in rows)
    # of several processes: the means of what each found, the worst of all
    means = [sum(row[0] * row[i] for row in rows) / max(total, 1) / 1000
             for i in range(1, 5)]
    return [total / seconds, *means, max(row[5] for row in rows) / 1000,
            min(row[6] for row in rows), max(row[7] for row in rows)]


def say(what, row):
    print("%-34s %8.0f/s  %7.1f %7.1f %7.1f %7.1f %8.1f   %d to %d" % (
        what, *row), flush=True)


def with_greedy(server, link, options, number):
    greedy = [Load(server, link, "fill", 1, 100000).wait_ready().begin()
              for _ in range(number)]
    try:
        return small(server, link, last(options.clients), options.seconds)
    finally:
        for one in greedy:
            one.kill()


def shares(server, link, seconds):
    """MiB/s of two that write as fast as they can."""
    greedy = [Load(server, link, "fill", 1, seconds) for _ in range(2)]
    try:
        for one in greedy:
            one.wait_ready()
        for one in greedy:
            one.begin()
        return [one.figures()[0] / 16 / seconds for one in greedy]
    finally:
        for one in greedy:
            one.kill()


def returned(now, before, connections):
    """Are both kinds of memory what they were?"""
    return all(n <= b * MORE + kib + KEPT * connections
               for n, b, kib in zip(now, before, SPARE))


def gone(server, before, connections):
    """When memory is what it was, or RETURN is over. @return KiB"""
    end = time.monotonic() + RETURN
    now = server.memory()
    while not returned(now, before, connections) and time.monotonic() < end:
        time.sleep(5)
        now = server.memory()
    return now


def targets(rows, pair):
    """@return those that were missed, but for memory."""
    missed = []
    most = max(SOON, SLOWER * rows[0][P99])
    for number, row in enumerate(rows):
        if row[P99] > most:
            missed.append("99 %% of small operations, %d that fill the disk: "
                          "%.1f ms, not %.1f" % (number, row[P99], most))
        if row[FEWEST] + TURN < EVEN * row[MOST]:
            missed.append("small operations of a connection, %d that fill the "
                          "disk: %d beside %d" % (number, row[FEWEST],
                                                  row[MOST]))
    if min(pair) < FAIR * max(pair):
        missed.append("of two that fill the disk one has %.1f MiB/s, the "
                      "other %.1f" % (min(pair), max(pair)))
    return missed


def say_memory(*figures):
    for i, (name, digits) in enumerate((("resident", 0), ("of malloc", 1))):
        print("%-34s %.*f MiB before, %.*f with all, %.*f when they are gone"
              % ("memory, " + name, *(x for f in figures
                                      for x in (digits, f[i] / 1024))),
              flush=True)


def measure(server, link, options):
    """@return the targets that were missed."""
    idle, busy = last(options.connections), last(options.clients)
    small(server, link, 10, 1)  # what is made once
    before = server.memory()
    print("\n%d idle and %d busy QUIC connections, load %.1f" % (
        idle, busy, bench_idle.os.getloadavg()[0]))
    print("%-34s %10s  %7s %7s %7s %7s %8s   %s" % (
        "small operations", "", "50 %", "90 %", "99 %", "99.9 %", "most ms",
        "of one connection"))
    crowd = bench_idle.Crowd(link, server.rig.quic_port, idle)
    try:
        crowd.wait()
        rows = []
        for number, name in enumerate(("nobody else", "1 that fills the disk",
                                       "2 that fill the disk")):
            rows.append(with_greedy(server, link, options, number))
            say(name, rows[-1])
        pair = shares(server, link, options.seconds)
        print("two that fill the disk, MiB/s      %.1f and %.1f" % tuple(pair),
              flush=True)
        most = server.memory()
        crowd.check()
    finally:
        crowd.kill()
    after = gone(server, before, idle + busy)
    say_memory(before, most, after)
    missed = targets(rows, pair)
    if not returned(after, before, idle + busy):
        missed.append("memory when all are gone: %d KiB resident, %d of "
                      "malloc; before %d and %d" % (*after, *before))
    return missed


def run(options, directory):
    image, disk = directory / "disk.img", directory / "disk"
    disk.mkdir()
    rig.run(["truncate", "-s", DISK, image])
    rig.run(["mkfs.ext4", "-q", "-F", image])
    rig.run(["mount", "-o", "loop", image, disk])
    try:
        with bench_rig.Link(options.mtu or "1500") as link:
            server = bench_idle.Server(directory, link, options.threads,
                                       {"load": disk},
                                       {"idle timeout": "1m"})
            try:
                return measure(server, link, options)
            finally:
                if server.rig.server.poll() is None:
                    server.kill()
    finally:
        rig.run(["umount", "-l", disk])
