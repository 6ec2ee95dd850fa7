# SPDX-License-Identifier: GPL-3.0-or-later
"""scripts/bench load: one smbquicd with many clients, some of them greedy.

Idle QUIC connections (--connections, the last number; default 10000) and busy
ones (--clients, likewise; default 1000), each of which opens a file, reads 4
KiB and closes it, and does so again after a pause; then the same while one
client writes through to the same share as fast as it can, and while two of them
do. Printed: percentiles of the time that a small operation took, with the
busiest and the least busy of the connections, what the greedy ones had of the
disk; and the server's memory before, at most, and when all are gone. The disk
is a loop device's, so that writing through costs what it costs.
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
PATIENCE = 600          # seconds until all are logged on, and gone


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
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True)

    def wait_ready(self):
        line = self.process.stdout.readline()
        if line != "ready\n":
            raise rig.RigError("load_perf did not begin")
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
        self.process.stdout.close()


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
    greedy = [Load(server, link, "fill", 1, 100000).wait_ready()
              for _ in range(number)]
    try:
        return small(server, link, last(options.clients), options.seconds)
    finally:
        for one in greedy:
            one.kill()


def shares(server, link, seconds):
    """MiB/s of two that write as fast as they can."""
    greedy = [Load(server, link, "fill", 1, seconds) for _ in range(2)]
    for one in greedy:
        one.wait_ready()
    return [one.figures()[0] / 16 / seconds for one in greedy]


def gone(server, before):
    """When memory is what it was, or PATIENCE is over. @return KiB"""
    end = time.monotonic() + PATIENCE
    now = server.memory()
    while now[1] > before[1] * 1.05 + 1024 and time.monotonic() < end:
        time.sleep(5)
        now = server.memory()
    return now


def measure(server, link, options):
    idle, busy = last(options.connections), last(options.clients)
    small(server, link, 10, 1)  # what is made once
    before = gone(server, (0, 1 << 40))
    print("\n%d idle and %d busy QUIC connections, load %.1f" % (
        idle, busy, bench_idle.os.getloadavg()[0]))
    print("%-34s %10s  %7s %7s %7s %7s %8s   %s" % (
        "small operations", "", "50 %", "90 %", "99 %", "99.9 %", "most ms",
        "of one connection"))
    crowd = bench_idle.Crowd(link, server.rig.quic_port, idle)
    try:
        crowd.wait()
        say("nobody else", small(server, link, busy, options.seconds))
        for number in (1, 2):
            say("%d that fill the disk" % number,
                with_greedy(server, link, options, number))
        print("two that fill the disk, MiB/s      %.1f and %.1f" %
              tuple(shares(server, link, options.seconds)))
        most = server.memory()
        crowd.check()
    finally:
        crowd.kill()
    after = gone(server, before)
    print("memory, resident                   %.0f MiB before, %.0f with all, "
          "%.0f when they are gone" % tuple(
              x[0] / 1024 for x in (before, most, after)))
    print("memory, of malloc                  %.1f MiB before, %.1f with all, "
          "%.1f when they are gone" % tuple(
              x[1] / 1024 for x in (before, most, after)), flush=True)


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
                measure(server, link, options)
            finally:
                if server.rig.server.poll() is None:
                    server.kill()
    finally:
        rig.run(["umount", "-l", disk])
