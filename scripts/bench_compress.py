# SPDX-License-Identifier: GPL-3.0-or-later
"""scripts/bench compress: when does compression pay?

First what the algorithms do with a core, without a network (compress_perf):
per cent of the size, and MB/s each way. Then copies over QUIC between two
namespaces joined by tests/linkemu, at several rates: of text, of a program and
of noise, which cannot become shorter, as they are and with --compress=yes. What
counts is the ratio of the speeds within this one run; each copy has as much to
carry as takes seconds at that rate.
"""

import os
import random
import re
import statistics
import sys
import time

import bench_link
import rig

RATES = [10, 100, 1000]     # Mbit/s
DELAY = "5ms"               # one way
LIMIT = 300                 # seconds, of one copy
MIB = 1 << 20
SIZES = {10: 2 * MIB, 100: 16 * MIB, 1000: 64 * MIB}
PLAIN = "as it is"
WAYS = {
    PLAIN: ["--compress=no"],
    "lz4": ["--compress=yes", "--compression-algorithms=pattern_v1,lz4"],
    "lz77": ["--compress=yes", "--compression-algorithms=pattern_v1,lz77"],
    "lz77+huffman": ["--compress=yes",
                     "--compression-algorithms=pattern_v1,lz77+huffman"],
}


def text(size):
    """Lines of a log, the same in each run."""
    r = random.Random(4)
    hosts = ["client%d.example.org" % n for n in range(40)]
    words = ["opened", "closed", "read", "written", "locked", "renamed"]
    lines, length = [], 0
    while length < size:
        line = "2026-03-%02d %02d:%02d:%02d %s smbquicd[%d]: %s /srv/%x/%s\n" % (
            r.randint(1, 28), r.randint(0, 23), r.randint(0, 59),
            r.randint(0, 59), r.choice(hosts), r.randint(1000, 1040),
            r.choice(words), r.getrandbits(16), r.choice(words))
        lines.append(line)
        length += len(line)
    return "".join(lines).encode()[:size]


def program(size):
    data = (rig.BUILD / "bin" / "smbquicd").read_bytes()
    return (data * (size // len(data) + 1))[:size]


FILES = {"text": text, "program": program, "noise": os.urandom}


class Bench:
    """A server behind the link, and the files."""

    def __init__(self, directory, link):
        self.dir, self.link = directory, link
        self.share = directory / "share"
        self.local = directory / "local"
        for folder in (self.share, self.local):
            folder.mkdir()
            folder.chmod(0o777)
        self.rig = rig.Rig(directory / "rig", netns=link.server,
                           listen=bench_link.FAR, user="root")

    def __enter__(self):
        self.rig.make()
        self.rig.add_share("bench", self.share)
        self.rig.start()
        return self

    def __exit__(self, *_):
        self.rig.stop()

    def clock(self, what, options):
        begin = time.monotonic()
        rig.run(["ip", "netns", "exec", self.link.client, "timeout",
                 str(LIMIT), *self.rig.client_args(
                     "//%s/bench" % self.rig.name,
                     'lcd "%s"; %s' % (self.local, what), transport="quic",
                     options=["-q", *options])])
        return time.monotonic() - begin

    def copy(self, direction, data, options):
        """MB/s, without connecting and logging on."""
        here, there = self.local / "file", self.share / "file"
        for path in (here, there):
            path.unlink(missing_ok=True)
        (here if direction == "put" else there).write_bytes(data)
        took = self.clock("%s file" % direction, options) - \
            self.clock("pwd", options)
        if (there if direction == "put" else here).read_bytes() != data:
            raise rig.RigError("the file is another one")
        return len(data) / 1e6 / max(took, 0.001)


def cores(b):
    """What compress_perf says."""
    names = []
    for name, make in FILES.items():
        path = b.local / name
        path.write_bytes(make(8 * MIB))
        names.append(str(path))
    out = rig.run([str(rig.BUILD / "tests" / "compress_perf"), "measure",
                   *names])
    print("%-10s%-16s%10s%14s%16s" % ("", "", "% left", "MB/s packing",
                                      "MB/s unpacking"))
    for line in out.splitlines():
        print("%-10s%-16s%10s%14s%16s" % tuple(re.split(" ", line)))
    for name in names:
        os.unlink(name)


def measure(b, rates, rounds):
    figures = {}
    for number in range(rounds):
        for rate in rates:
            b.link.say("rate=%d" % (rate * 1000000))
            for what, make in FILES.items():
                data = make(SIZES[rate])
                for direction in ("get", "put"):
                    for way, options in WAYS.items():
                        speed = b.copy(direction, data, options)
                        figures.setdefault((rate, what, direction, way),
                                           []).append(speed)
                        print("round %d %5d Mbit/s %-8s %s %-13s %8.2f MB/s" % (
                            number + 1, rate, what, direction, way, speed),
                            file=sys.stderr)
    return {key: statistics.median(row) for key, row in figures.items()}


def report(medians, rates):
    ways = [way for way in WAYS if way != PLAIN]
    print("\nspeed of copies over QUIC, as a multiple of that without "
          "compression")
    print("%-26s%12s" % ("", "MB/s plain") + "".join(
        "%14s" % way for way in ways))
    for rate in rates:
        for what in FILES:
            for direction in ("get", "put"):
                base = medians[rate, what, direction, PLAIN]
                print("%4d Mbit/s  %-8s %s%12.2f" % (
                    rate, what, direction, base) + "".join(
                        "%14.2f" % (medians[rate, what, direction, way] / base)
                        for way in ways))


def run(options, directory):
    rates = [RATES[1]] if options.short else RATES
    with bench_link.Link(1, "delay=" + DELAY) as between, \
            Bench(directory, between) as b:
        cores(b)
        report(measure(b, rates, options.rounds), rates)
