#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""scripts/bench threads: several clients, and the server's network threads.

One smbquicd for each number of `network threads`, and several clients at once
that copy the same file over QUIC. Prints what all of them get together, the
processor time a GiB of both sides, and that of the server by kind of thread:
the main thread (SMB), the network threads (QUIC), and the workers (disk). Out
of these follows where the end is on a machine with more processors: one thread
carries no more than a GiB in the time that it needs for one.

On two processors, which the clients share, a second network thread pays: with two
clients that read 602 -> 665 MiB/s, with two that write 494 -> 570 (MTU 1500, 256
MiB each, one round, nothing else on the machine); the processors are full then.
CPU-s/GiB were

             main   network  workers (tmpfs)
    read     0.27      1.1     0.30
    write    0.28      1.0     0.54

so that with 16 processors network threads 1 to 4 carry more each, and then the
main thread is full, at 3.6 to 3.8 GiB/s (31 to 33 Gbit/s): it is the next
bottleneck, long before sixteen processors are used. What it is full of is not
SMB. Its instructions in user space, counted (callgrind, 32 MiB less 2 MiB in
requests of 1 MiB), are 0.03 a byte read or written, where a network thread has
4.9 and 5.3; the rest is the kernel's: waking network threads and workers, and
being woken by them (for a GiB read 3300 writes to eventfds and 3500 futexes, all
threads together).
"""

import os
import pathlib
import resource
import shutil
import statistics
import subprocess
import time

import bench_rig
import rig

PORT = 6100
KINDS = ["main", "network", "workers"]


def thread_times(pid):
    """Processor seconds of each thread so far: {tid: seconds}."""
    times = {}
    for task in os.listdir("/proc/%d/task" % pid):
        path = "/proc/%d/task/%s/schedstat" % (pid, task)
        times[int(task)] = int(pathlib.Path(path).read_text().split()[0]) / 1e9
    return times


def by_kind(pid, threads, before, after):
    """Threads are made in this order: main, workers, network threads."""
    times = {tid: after[tid] - before.get(tid, 0) for tid in after}
    main = times.pop(pid)
    network = sorted(times)[len(times) - threads:] if threads else []
    return [main, sum(times[tid] for tid in network),
            sum(times[tid] for tid in times if tid not in network)]


class Bench:
    """The servers, and the file."""

    def __init__(self, directory, link, size, threads):
        self.dir, self.link, self.size = directory, link, size
        self.share = directory / "share"
        self.source = directory / "source"
        self.rigs = {}
        for number, count in enumerate(threads):
            self.rigs[count] = rig.Rig(
                directory / ("rig%s" % count), netns=link.server,
                listen=link.address, user="root",
                quic_port=PORT + number, tcp_port=PORT + 100 + number)
            self.rigs[count].settings["network threads"] = str(count)

    def __enter__(self):
        self.share.mkdir()
        self.share.chmod(0o777)
        with open(self.source, "wb") as out:
            for _ in range(self.size):
                out.write(os.urandom(1 << 20))
        shutil.copyfile(self.source, self.share / "big")
        for made in self.rigs.values():
            made.make()
            made.add_share("bench", self.share)
            made.start()
        return self

    def __exit__(self, *_):
        for made in self.rigs.values():
            made.stop()

    def command(self, made, direction, number):
        what = {"read": "get big /dev/null",
                "write": "put %s upload%d" % (self.source, number)}[direction]
        return ["ip", "netns", "exec", self.link.client,
                *made.client_args("//%s/bench" % made.name, what,
                                  transport="quic", options=["-q"])]

    def one(self, threads, clients, direction):
        """MiB/s, the clients' CPU-seconds per GiB, the server's by kind."""
        made = self.rigs[threads]
        pid = made.server.pid
        before = thread_times(pid)
        used = resource.getrusage(resource.RUSAGE_CHILDREN)
        begin = time.monotonic()
        running = [subprocess.Popen(self.command(made, direction, n),
                                    stdin=subprocess.DEVNULL,
                                    stdout=subprocess.DEVNULL)
                   for n in range(clients)]
        if any([process.wait() for process in running]):
            raise rig.RigError("a client failed")
        wall = time.monotonic() - begin
        now = resource.getrusage(resource.RUSAGE_CHILDREN)
        gib = self.size * clients / 1024
        client = (now.ru_utime + now.ru_stime - used.ru_utime - used.ru_stime)
        kinds = by_kind(pid, threads, before, thread_times(pid))
        for upload in self.share.glob("upload*"):
            upload.unlink()
        return [self.size * clients / wall, client / gib,
                *(seconds / gib for seconds in kinds)]


def report(figures, mtu, options):
    print("\n%d MiB a client, MTU %s, %d rounds, %d cores, load %.1f, "
          "medians" % (options.size, mtu, options.rounds, os.cpu_count(),
                       os.getloadavg()[0]))
    print("%-5s %7s %7s %7s %9s | %s" % (
        "", "clients", "threads", "MiB/s", "to none",
        "CPU-s/GiB: clients    main network workers"))
    for (direction, clients, threads), rows in figures.items():
        row = [statistics.median(r[i] for r in rows)
               for i in range(len(rows[0]))]
        none = figures.get((direction, clients, 0))
        ratio = "%.2f" % (row[0] / statistics.median(
            r[0] for r in none)) if none else "-"
        print("%-5s %7d %7d %7.0f %9s | %18.2f %7.2f %7.2f %7.2f" % (
            direction, clients, threads, row[0], ratio, *row[1:]))
    for direction in ("read", "write"):
        rows = [r for (d, _, t), all_rows in figures.items()
                if d == direction and t > 0 for r in all_rows]
        if rows:
            main, network = (statistics.median(r[i] for r in rows)
                             for i in (2, 3))
            print("%s: the main thread is full at %.0f MiB/s, which is what "
                  "%.1f network threads carry" % (
                      direction, 1024 / main, network / main))


def run(options, directory):
    threads = [int(n) for n in options.threads.split(",")]
    clients = [int(n) for n in options.clients.split(",")]
    for mtu in (options.mtu or "1500").split(","):
        work = directory / mtu
        work.mkdir()
        figures = {}
        with bench_rig.Link(mtu) as link:
            with Bench(work, link, options.size, threads) as bench:
                for _ in range(options.rounds):
                    for direction in ("read", "write"):
                        for count in clients:
                            for n in threads:
                                figures.setdefault(
                                    (direction, count, n), []).append(
                                        bench.one(n, count, direction))
        shutil.rmtree(work)
        report(figures, mtu, options)
