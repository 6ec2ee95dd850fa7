#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""scripts/bench transport: a source and a sink of bytes, without SMB.

A server sends, a client takes and drops; over a veth pair of each MTU and
over loopback, in messages (writes) of each size. What ngtcp2's own programs
send is a file over HTTP/3, so that they have no message size. Beside the table
stand the figures that the in-kernel QUIC project published, of its hardware.

What bounds the ratio to ngtcp2's programs can be counted (valgrind
--tool=callgrind, 64 MiB at MTU 1500, ngtcp2 1.11 and GnuTLS 3.7, instructions
in user space per byte):

                     ours: source   sink     theirs: source   sink
    GnuTLS                   2.82   2.94               3.21   3.12
    ngtcp2                   2.08   1.63               2.69   2.66
    C library                0.37   0.30               0.83   0.69
    quic_*.c, quic_perf      0.27   0.22                  -      -
    their programs, nghttp3     -      -               0.93   0.42
    all, with the handshake  5.86   5.45               8.45   7.67

So 84 of 100 of our instructions are the two libraries', which both have; were
the others none the ratio in user space would be 1.7, and it is 1.4. The rest
of what a run shows comes of fewer system calls and larger trains.

That count is without libipsec-mb, which has 2.2 a byte in the place of
GnuTLS's 2.8 and 2.9: its AES-GCM (smbquic/gcm.h) takes about four fifths of
GnuTLS's time for a packet with AVX2 (version 1.3; three quarters with 2.0), and
less with the wide instructions that 1.3 uses on AVX-512 and 2.0 on AVX2 with
GFNI; Nettle's and OpenSSL 3.0's take longer than GnuTLS's, and libgcrypt 1.10's
a quarter more than libipsec-mb's, although it has them for AVX2: a packet is too
short for it. SMBQUIC_GCM=0 in the environment compares.
"""

import os
import shutil
import statistics
import subprocess
import sys
import time

import bench_rig
import rig

PORT = 4470
KIB = {1: "1 KiB", 4: "4 KiB", 16: "16 KiB", 64: "64 KiB", 1024: "1 MiB"}


def test_program(name):
    path = rig.BUILD / "tests" / name
    if not path.exists():
        raise rig.RigError("%s is not built: ./waf build" % path)
    return str(path)


class Perf:
    """quic_perf and tls_perf of tests/."""

    sizes = True

    def __init__(self, name, program, options=()):
        self.name, self.program, self.options = name, program, options

    def missing(self):
        return None

    def server(self, b):
        return [test_program(self.program), "-s", "-b", b.link.address, "-p",
                str(PORT), "-c", b.cert, "-k", b.key, *self.options]

    def client(self, b, kib):
        return [test_program(self.program), "-b", b.link.address, "-p",
                str(PORT), "-n", str(b.size), "-m", str(kib << 10),
                *self.options]


class Ngtcp2:
    """gtlsserver and gtlsclient, Debian's ngtcp2-server and -client."""

    sizes = False
    name = "ngtcp2 gtls (HTTP/3)"

    @staticmethod
    def programs():
        path = os.environ.get("PATH", "") + ":/usr/sbin"
        return (shutil.which("gtlsserver", path=path),
                shutil.which("gtlsclient", path=path))

    def missing(self):
        if None in self.programs():
            return "no gtlsserver and gtlsclient (ngtcp2-server, " \
                   "ngtcp2-client)"
        return None

    def server(self, b):
        return [self.programs()[0], "-q", "-d", str(b.dir), b.link.address,
                str(PORT), b.key, b.cert]

    def client(self, b, _kib):
        return [self.programs()[1], "-q", "--no-quic-dump", "--no-http-dump",
                "--exit-on-all-streams-close", b.link.address, str(PORT),
                "https://%s/zeros" % b.link.address]


CONTESTANTS = [
    Perf("smbquic quic", "quic_perf", ["-t", "quic-user"]),
    Perf("tcp in the clear", "quic_perf", ["-t", "tcp"]),
    Perf("tls over tcp (GnuTLS)", "tls_perf"),
    Ngtcp2(),
]
# https://github.com/lxin/quic: Gbit/s, lowest and highest of its tables
PUBLISHED = {"1500": "3.5 to 3.8", "9000": "7.5 to 8"}
OURS, THEIRS = CONTESTANTS[0].name, Ngtcp2.name


class Bench:
    """The certificate, the file, and one server at a time."""

    def __init__(self, directory, link, size):
        self.dir, self.link, self.size = directory, link, size
        self.cert = str(directory / "server.pem")
        self.key = str(directory / "server.key")

    def make(self):
        ca = [self.dir / "ca.pem", self.dir / "ca.key"]
        if not ca[0].exists():
            certmap = rig.program("smbquic-certmap")
            rig.run([certmap, "make", "ca", "--name", "bench",
                     "--certificate", ca[0], "--key", ca[1]])
            rig.run([certmap, "make", "server", "--name", "perf.test",
                     "--ca", ca[0], "--ca-key", ca[1],
                     "--certificate", self.cert, "--key", self.key])
        with open(self.dir / "zeros", "wb") as out:
            out.truncate(self.size << 20)

    def one(self, contestant, kib):
        """MiB/s, CPU-seconds per GiB of the client and of the server."""
        within = ["ip", "netns", "exec"]
        server = subprocess.Popen(
            [*within, self.link.server, *contestant.server(self)],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL)
        try:
            time.sleep(0.3)
            if server.poll() is not None:
                raise rig.RigError("%s: the server did not start" %
                                   contestant.name)
            wall, client, used = bench_rig.timed(
                [*within, self.link.client, *contestant.client(self, kib)],
                server.pid)
        finally:
            server.terminate()
            server.wait(10)
        gib = self.size / 1024
        return self.size / wall, client / gib, used / gib


def measure(bench, contestants, sizes, rounds):
    figures = {}
    for number in range(rounds):
        for kib in sizes:
            for c in contestants:
                if not c.sizes and kib != sizes[0]:
                    continue
                key = (c.name, kib if c.sizes else None)
                figures.setdefault(key, []).append(bench.one(c, kib))
                print("mtu %s, round %d: %-22s %-7s %6.0f MiB/s" % (
                    bench.link.mtu, number + 1, c.name,
                    KIB.get(key[1], ""), figures[key][-1][0]),
                    file=sys.stderr)
    return figures


def medians(rows):
    return [statistics.median(r[i] for r in rows) for i in range(3)]


def report(figures, mtu, size, rounds):
    print("\nMTU %s, %d MiB, %d rounds, %d cores, medians" % (
        mtu, size, rounds, os.cpu_count()))
    print("%-24s %-8s %7s %7s %10s %10s %8s" % (
        "", "message", "MiB/s", "Gbit/s", "CPU-s/GiB", "CPU-s/GiB",
        "to ngtcp2" if (THEIRS, None) in figures else ""))
    print("%-24s %-8s %7s %7s %10s %10s" % (
        "", "", "", "", "client", "server"))
    theirs = figures.get((THEIRS, None))
    for (name, kib), rows in figures.items():
        speed, client, server = medians(rows)
        ratio = "%8.2f" % (speed / medians(theirs)[0]) if theirs else ""
        print("%-24s %-8s %7.0f %7.2f %10.2f %10.2f %s" % (
            name, KIB.get(kib, "file"), speed, speed * 8 * 2**20 / 1e9,
            client, server, ratio))
    if mtu in PUBLISHED:
        print("%-24s %-8s %7s %s" % (
            "in-kernel QUIC", "", "", PUBLISHED[mtu] +
            " Gbit/s, as published, on other hardware"))


def run(options, directory):
    contestants = []
    for c in CONTESTANTS:
        why = c.missing()
        if why:
            print("bench: %s is left out: %s" % (c.name, why),
                  file=sys.stderr)
        elif not options.only or c.name in options.only.split(","):
            contestants.append(c)
    sizes = [int(s) for s in options.messages.split(",")]
    unknown = set(sizes) - set(KIB)
    if unknown:
        raise rig.RigError("messages are of 1, 4, 16, 64 or 1024 KiB")
    for mtu in (options.mtu or "1500,9000,loopback").split(","):
        with bench_rig.Link(mtu) as link:
            bench = Bench(directory, link, options.size)
            bench.make()
            figures = measure(bench, contestants, sizes, options.rounds)
        report(figures, mtu, options.size, options.rounds)
