#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""scripts/bench idle: QUIC connections that do nothing, on one smbquicd.

Prints the server's memory a connection, by what it occupies and by what
malloc has given out, and what a second of idleness costs: processor time, and
how often its threads woke up. The connections are kept alive by the server's
own `keepalive`. At the end the server is stopped, with all of them open.
"""

import os
import signal
import statistics
import subprocess
import time

import bench_rig
import rig
from bench_transport import test_program

TARGET_KIB = 64
A_PROCESS = 2000  # connections: of three descriptors each


def status_of(pid, key):
    with open("/proc/%d/status" % pid, encoding="ascii") as f:
        for line in f:
            if line.startswith(key + ":"):
                return int(line.split()[1])
    return 0


def wakeups(pid):
    """How often the threads of a process have slept so far."""
    total = 0
    for task in os.listdir("/proc/%d/task" % pid):
        path = "/proc/%d/task/%s/status" % (pid, task)
        with open(path, encoding="ascii") as f:
            total += sum(int(line.split()[1]) for line in f
                         if line.startswith("voluntary_ctxt_switches"))
    return total


class Server:
    """smbquicd with limits for a crowd, and the ear of malloc_report.c."""

    def __init__(self, directory, link, threads, shares=None,
                 settings=None):
        self.fifo = directory / "malloc"
        os.mkfifo(self.fifo)
        self.rig = rig.Rig(directory / "rig", netns=link.server,
                           listen=link.address, user="root")
        self.rig.settings.update({
            "max connections": "0", "max connections per source": "0",
            "logon timeout": "1h", "idle timeout": "10m",
            "keepalive": "20s", "max handshakes": "1000",
            # of a ramp on a machine that has other things to do
            "handshake timeout": "1m",
            "network threads": threads, **(settings or {})})
        for name, path in (shares or {}).items():
            self.rig.shares.append((name, {"path": path, "read only": "no"}))
        self.rig.make()
        self.rig.start(env={
            "LD_PRELOAD": test_program("libmalloc_report.so"),
            "MALLOC_REPORT": str(self.fifo)})
        self.pid = self.rig.server.pid

    def memory(self):
        """KiB: what is occupied, what malloc has given out."""
        with open(self.fifo, encoding="ascii") as f:
            # who is late to read is told twice
            return status_of(self.pid, "VmRSS"), \
                int(f.read().split()[0]) / 1024

    def stop(self):
        """Seconds that it takes, and processor seconds."""
        cpu, begin = 0, time.monotonic()
        before = bench_rig.cpu_of_tree(self.pid)
        self.rig.server.send_signal(signal.SIGTERM)
        while self.rig.server.poll() is None:
            cpu = max(cpu, bench_rig.cpu_of_tree(self.pid) - before)
            if time.monotonic() - begin > 120:
                self.kill()
                raise rig.RigError("smbquicd did not stop within 120 s")
            time.sleep(0.05)
        return time.monotonic() - begin, cpu

    def kill(self):
        self.rig.server.kill()
        self.rig.server.wait()


class Crowd:
    """Connections, in processes of so many each."""

    def __init__(self, link, port, count):
        self.link, self.port, self.processes = link, port, []
        for first in range(0, count, A_PROCESS):
            self.processes.append(self.begin(min(A_PROCESS, count - first)))

    def begin(self, count):
        return subprocess.Popen(
            ["ip", "netns", "exec", self.link.client,
             test_program("idle_perf"), "-b", self.link.address, "-p",
             str(self.port), "-n", str(count)],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True)

    def wait(self):
        for process in self.processes:
            line = process.stdout.readline()
            if not line.startswith("connected"):
                raise rig.RigError("idle_perf: %s" % line.strip())

    def check(self):
        for process in self.processes:
            if process.poll() is not None:
                raise rig.RigError("idle_perf: %s" %
                                   process.stdout.read().strip())

    def kill(self):
        for process in self.processes:
            process.kill()
            process.wait()
            process.stdout.close()


def measure(server, link, count, seconds):
    pid, figures = server.pid, {}
    rss, given = server.memory()
    begin = time.monotonic()
    crowd = Crowd(link, server.rig.quic_port, count)
    try:
        crowd.wait()
        figures["rate"] = count / (time.monotonic() - begin)
        time.sleep(min(5, seconds))
        figures["rss"], figures["given"] = server.memory()
        figures["rss a"] = (figures["rss"] - rss) / count
        figures["given a"] = (figures["given"] - given) / count
        cpu, woke = bench_rig.cpu_of_tree(pid), wakeups(pid)
        begin = time.monotonic()
        time.sleep(seconds)
        idle = time.monotonic() - begin
        figures["cpu"] = (bench_rig.cpu_of_tree(pid) - cpu) / idle
        figures["woke"] = (wakeups(pid) - woke) / idle
        crowd.check()
        figures["stop"], figures["stop cpu"] = server.stop()
    finally:
        crowd.kill()
    return figures


def report(count, link, threads, f):
    print("\n%d idle QUIC connections, MTU %s, network threads = %s, load "
          "%.1f" % (count, link.mtu, threads, os.getloadavg()[0]))
    print("handshakes             %8.0f a second" % f["rate"])
    print("memory, resident       %8.1f KiB a connection (target: at most "
          "%d), %.0f MiB in all" % (f["rss a"], TARGET_KIB, f["rss"] / 1024))
    print("memory, of malloc      %8.1f KiB a connection" % f["given a"])
    print("processor when idle    %8.2f %% of a core, %.1f us a connection "
          "and second" % (100 * f["cpu"], f["cpu"] * 1e6 / count))
    print("wake-ups when idle     %8.1f a second (keepalive asks each "
          "connection every 20 s: %.1f)" % (f["woke"], count / 20))
    print("SIGTERM to the end     %8.2f s, %.2f s of processor" %
          (f["stop"], f["stop cpu"]), flush=True)


def run(options, directory):
    counts = [int(n) for n in options.connections.split(",")]
    for mtu in (options.mtu or "1500").split(","):
        for count in counts:
            rows = []
            for number in range(options.rounds):
                work = directory / ("%s-%d-%d" % (mtu, count, number))
                work.mkdir()
                with bench_rig.Link(mtu) as link:
                    server = Server(work, link, options.threads)
                    try:
                        rows.append(measure(server, link, count,
                                            options.seconds))
                    finally:
                        if server.rig.server.poll() is None:
                            server.kill()
            report(count, link, options.threads,
                   {key: statistics.median(row[key] for row in rows)
                    for key in rows[0]})
