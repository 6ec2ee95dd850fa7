# SPDX-License-Identifier: GPL-3.0-or-later
"""scripts/bench relay: bytes through two relays, TCP to something safe to TCP.

A source and a sink of bytes (quic_perf, plain TCP on each end's loopback) with
a relay beside each, and between the relays a veth pair of each MTU, or all on
one loopback: our two relays over QUIC, and what else there is for the same
purpose, two relays with TLS over TCP between them. socat and stunnel4 are
Debian's; who is not there is left out. socat's buffers are 64 KiB here: its
own 8 KiB cost it half of its speed. And the same with nothing but TCP between
the relays, ours and socat's, which shows what carrying alone costs.

Printed are medians of MiB/s, and the CPU-seconds that each relay takes for a
GiB; the ends' own are not counted. Ratios are to socat's TLS within the run.
"""

import os
import shutil
import statistics
import subprocess
import sys
import time

import bench_rig
import rig

NAME = "perf.test"
SINK, FAR, NEAR = 4491, 4492, 4493  # ports: the source's, the relays'
BUFFER = ["-b", "65536"]


class Relays:
    """A pair: what runs beside the source, and what beside the sink."""

    udp = False

    def __init__(self, name):
        self.name = name

    def missing(self):
        return None


class Ours(Relays):
    def __init__(self, name, between):
        super().__init__(name)
        self.between = between
        self.udp = between == "quic"

    def far(self, b):
        options = ["--certificate", b.cert, "--key", b.key] if self.udp else []
        return [rig.program("smbquic-relay"), "--listen",
                "%s:%s:%d" % (self.between, b.link.address, FAR),
                "--connect", "tcp:127.0.0.1:%d" % SINK, *options]

    def near(self, b):
        options = ["--ca", b.ca] if self.udp else []
        return [rig.program("smbquic-relay"), "--listen",
                "tcp:127.0.0.1:%d" % NEAR, "--connect",
                "%s:%s:%d" % (self.between, NAME, FAR), "-I", b.link.address,
                *options]


class Socat(Relays):
    def __init__(self, name, tls):
        super().__init__(name)
        self.tls = tls

    def missing(self):
        return None if shutil.which("socat") else "no socat"

    def far(self, b):
        listen = "%d,bind=%s,fork,reuseaddr" % (FAR, b.link.address)
        if self.tls:
            listen = "OPENSSL-LISTEN:%s,cert=%s,key=%s,verify=0" % (
                listen, b.cert, b.key)
        else:
            listen = "TCP-LISTEN:" + listen
        return ["socat", *BUFFER, listen, "TCP:127.0.0.1:%d" % SINK]

    def near(self, b):
        to = "%s:%d" % (b.link.address, FAR)
        if self.tls:
            to = "OPENSSL:%s,cafile=%s,commonname=%s" % (to, b.ca, NAME)
        else:
            to = "TCP:" + to
        return ["socat", *BUFFER,
                "TCP-LISTEN:%d,bind=127.0.0.1,fork,reuseaddr" % NEAR, to]


class Stunnel(Relays):
    path = os.environ.get("PATH", "") + ":/usr/bin"

    def missing(self):
        if shutil.which("stunnel4", path=self.path) is None:
            return "no stunnel4"
        return None

    def configured(self, b, side, lines):
        file = b.dir / ("stunnel-%s.conf" % side)
        file.write_text("\n".join(["foreground = yes", "pid =", "debug = err",
                                   "[relay]", *lines, ""]))
        return [shutil.which("stunnel4", path=self.path), file]

    def far(self, b):
        return self.configured(b, "far", [
            "accept = %s:%d" % (b.link.address, FAR),
            "connect = 127.0.0.1:%d" % SINK, "cert = %s" % b.cert,
            "key = %s" % b.key])

    def near(self, b):
        return self.configured(b, "near", [
            "client = yes", "accept = 127.0.0.1:%d" % NEAR,
            "connect = %s:%d" % (b.link.address, FAR), "CAfile = %s" % b.ca,
            "verifyChain = yes", "checkHost = %s" % NAME])


BASE = "socat tls"
CONTESTANTS = [
    Ours("smbquic-relay quic", "quic"),
    Socat(BASE, True),
    Stunnel("stunnel tls"),
    Ours("smbquic-relay tcp", "tcp"),
    Socat("socat tcp", False),
]


class Bench:
    """Certificates, and one pair of relays at a time."""

    def __init__(self, directory, link, size):
        self.dir, self.link, self.size = directory, link, size
        self.ca, self.cert, self.key = (
            str(directory / n) for n in ("ca.pem", "server.pem", "server.key"))
        self.running = []

    def make(self):
        certmap, ca_key = rig.program("smbquic-certmap"), self.dir / "ca.key"
        if ca_key.exists():
            return
        rig.run([certmap, "make", "ca", "--name", "bench", "--certificate",
                 self.ca, "--key", ca_key])
        rig.run([certmap, "make", "server", "--name", NAME, "--ca", self.ca,
                 "--ca-key", ca_key, "--certificate", self.cert, "--key",
                 self.key])

    def start(self, netns, args, port, udp=False):
        """A program, once it listens on the port."""
        within = ["ip", "netns", "exec", netns]
        with open(self.dir / "log", "w") as log:
            p = subprocess.Popen([*within, *map(str, args)],
                                 stdin=subprocess.DEVNULL, stdout=log,
                                 stderr=log)
        self.running.append(p)
        listens = [*within, "ss", "-lunH" if udp else "-ltnH",
                   "sport = :%d" % port]
        end = time.monotonic() + 20
        while not rig.run(listens).strip():
            if p.poll() is not None or time.monotonic() > end:
                raise rig.RigError("%s does not listen:\n%s" % (
                    args[0], (self.dir / "log").read_text()))
            time.sleep(0.05)
        return p

    def stop(self):
        for p in reversed(self.running):
            p.terminate()
        for p in self.running:
            p.wait(10)
        self.running = []

    def one(self, c, upload):
        """MiB/s, CPU-seconds per GiB of the near relay and of the far one."""
        perf = str(rig.BUILD / "tests" / "quic_perf")
        try:
            self.start(self.link.server,
                       [perf, "-s", "-b", "127.0.0.1", "-p", SINK, "-t", "tcp",
                        "-c", self.cert, "-k", self.key], SINK)
            far = self.start(self.link.server, c.far(self), FAR, c.udp)
            near = self.start(self.link.client, c.near(self), NEAR)
            before = [bench_rig.cpu_of_tree(p.pid) for p in (near, far)]
            begin = time.monotonic()
            rig.run(["ip", "netns", "exec", self.link.client, perf, "-b",
                     "127.0.0.1", "-p", NEAR, "-n", self.size, "-t", "tcp",
                     *(["-u"] if upload else [])])
            wall = time.monotonic() - begin
            time.sleep(0.3)  # a relay's child may still be on its way out
            used = [bench_rig.cpu_of_tree(p.pid) - b
                    for p, b in zip((near, far), before)]
        finally:
            self.stop()
        gib = self.size / 1024
        return self.size / wall, used[0] / gib, used[1] / gib


def measure(bench, contestants, rounds):
    figures = {}
    for number in range(rounds):
        for upload in (False, True):
            for c in contestants:
                key = (c.name, "write" if upload else "read")
                row = bench.one(c, upload)
                figures.setdefault(key, []).append(row)
                print("mtu %s, round %d: %-20s %-5s %6.0f MiB/s" % (
                    bench.link.mtu, number + 1, *key, row[0]),
                    file=sys.stderr)
    return figures


def medians(rows):
    return [statistics.median(column) for column in zip(*rows)]


def report(figures, mtu, size, rounds):
    print("\nMTU %s, %d MiB, %d rounds, %d cores, medians" % (
        mtu, size, rounds, os.cpu_count()))
    print("%-20s %-5s %7s %10s %10s %8s %8s" % (
        "", "", "MiB/s", "CPU-s/GiB", "CPU-s/GiB", "speed", "CPU"))
    print("%-20s %-5s %7s %10s %10s %8s %8s" % (
        "relays", "", "", "near", "far", "ratio", "ratio"))
    for (name, direction), rows in figures.items():
        speed, near, far = medians(rows)
        ratios = "%8s %8s" % ("-", "-")
        base = figures.get((BASE, direction))
        if base:
            b = medians(base)
            ratios = "%8.2f %8.2f" % (speed / b[0],
                                      (near + far) / max(b[1] + b[2], 0.01))
        print("%-20s %-5s %7.0f %10.2f %10.2f %s" % (
            name, direction, speed, near, far, ratios))
    print("ratios: to '%s' in this run; more speed and less CPU are better" %
          BASE)


def run(options, directory):
    wanted = options.only.split(",") if options.only else None
    unknown = set(wanted or []) - {c.name for c in CONTESTANTS}
    if unknown:
        raise rig.RigError("no such contestant: %s" % ", ".join(unknown))
    contestants = []
    for c in CONTESTANTS:
        why = c.missing()
        if wanted and c.name not in wanted:
            continue
        if why:
            print("bench: %s is left out: %s" % (c.name, why),
                  file=sys.stderr)
        else:
            contestants.append(c)
    for mtu in (options.mtu or "1500,loopback").split(","):
        with bench_rig.Link(mtu) as link:
            bench = Bench(directory, link, options.size)
            bench.make()
            figures = measure(bench, contestants, options.rounds)
        report(figures, mtu, options.size, options.rounds)
