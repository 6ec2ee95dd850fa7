#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""scripts/bench channels: one client whose session has several QUIC connections.

A smbquicd with two network threads, and a client that copies a file each way
with --max-channels=1, 2, 4 (--threads). Prints how fast, the processor time a
GiB of the client's main thread (SMB) and of its threads for QUIC connections,
all of them together and the one that had most to do, and what the server took.
What reads the local file is a thread that has ended by then: it is not counted.

A client with one connection does all of that in its main thread. With several the
fullest thread says where the end is on a machine with enough processors: no
thread carries more than a GiB in the time that it needs for one.

On two processors, which the server shared (MTU 1500, 256 MiB, one round, nothing
else on the machine), CPU-s/GiB were

             channels   main   QUIC  fullest   a thread is full at, MiB/s
    read     1          1.05    -      -         970
             2          0.28   0.98   0.49      2090
    write    1          1.31    -      -         780
             2          0.28   1.04   0.52      1960

so that two connections carry more than twice what one can, where there are
processors for them, and four have the main thread full at 3600 MiB/s. Here a
client that has two got 573 -> 644 MiB/s reading and 493 -> 530 writing: one has
the processors nearly full.
"""

import os
import shutil
import statistics

import bench_rig
import bench_threads
import rig

USED = """echo at $(date +%s%N); cd /proc/$PPID/task && for thread in *; do
read -r ns _ <$thread/schedstat && echo thread $thread $ns; done
"""
THREADS = 2  # of the server


def samples(text):
    """What USED has printed: [(when, {thread: seconds}), ...]."""
    found = []
    for words in map(str.split, text.splitlines()):
        if words[:1] == ["at"]:
            found.append((int(words[1]) / 1e9, {}))
        elif words[:1] == ["thread"]:
            found[-1][1][int(words[1])] = int(words[2]) / 1e9
    return found


class Bench(bench_threads.Bench):
    """The server, and a script that tells what a client's threads have used."""

    def __enter__(self):
        super().__enter__()
        self.used = self.dir / "used"
        self.used.write_text(USED)
        return self

    def copy(self, channels, direction):
        """MiB/s, then CPU-s/GiB: main, QUIC, its fullest thread, server."""
        made = self.rigs[THREADS]
        what = {"read": "get big /dev/null",
                "write": "put %s upload" % self.source}[direction]
        server = bench_rig.cpu_of_tree(made.server.pid)
        out = rig.run(["ip", "netns", "exec", self.link.client,
                       *made.client_args(
                           "//%s/bench" % made.name,
                           "!. %s; %s; !. %s" % (self.used, what, self.used),
                           transport="quic",
                           options=["-q", "--max-channels=%d" % channels])])
        server = bench_rig.cpu_of_tree(made.server.pid) - server
        (begin, before), (end, after) = samples(out)
        used = [after[tid] - before.get(tid, 0) for tid in sorted(after)]
        gib = self.size / 1024
        return [self.size / (end - begin),
                *(seconds / gib for seconds in (
                    used[0], sum(used[1:]), max(used[1:] or [0]), server))]


def report(figures, mtu, options):
    print("\n%d MiB, MTU %s, %d rounds, %d cores, load %.1f, medians" % (
        options.size, mtu, options.rounds, os.cpu_count(), os.getloadavg()[0]))
    print("%-5s %8s %7s %6s | CPU-s/GiB: %6s %6s %8s %7s | %s" % (
        "", "channels", "MiB/s", "to 1", "main", "QUIC", "fullest", "server",
        "a thread is full at, MiB/s"))
    for (direction, channels), rows in figures.items():
        rate, *used = [statistics.median(r[i] for r in rows)
                       for i in range(len(rows[0]))]
        one = figures.get((direction, 1))
        ratio = "%.2f" % (rate / statistics.median(
            r[0] for r in one)) if one else "-"
        print("%-5s %8d %7.0f %6s | %18.2f %6.2f %8.2f %7.2f | %7.0f" % (
            direction, channels, rate, ratio, *used,
            1024 / max(used[0], used[2])))


def run(options, directory):
    channels = [int(n) for n in options.threads.split(",")]
    for mtu in (options.mtu or "1500").split(","):
        work = directory / mtu
        work.mkdir()
        figures = {}
        with bench_rig.Link(mtu) as link:
            with Bench(work, link, options.size, [THREADS]) as bench:
                for _ in range(options.rounds):
                    for direction in ("read", "write"):
                        for n in channels:
                            figures.setdefault((direction, n), []).append(
                                bench.copy(n, direction))
        shutil.rmtree(work)
        report(figures, mtu, options)
