# SPDX-License-Identifier: GPL-3.0-or-later
"""scripts/bench tree: many small files over links that take time.

Two namespaces joined by tests/linkemu; smbquicd behind it, and clients that
fetch and send a tree of files of 4 KiB: smbquic-client, and Samba's smbclient
(mget, mput), each over TCP (SMB's sealing) and over QUIC, all with the same
server. What counts is files a second, without what connecting and logging on
take. smbclient goes file by file, some round trips each, so where a round
trip takes time it gets fewer files (COUNTS); ours always has all of them, and
--files changes how many that are.
"""

import os
import shutil
import statistics
import sys
import time

import bench_link
import bench_smbclient
import rig

RTTS = [0, 20, 100]     # ms
FILES = 10000
FOLDERS = 20
SIZE = 4096
# for smbclient, at each of RTTS: some seconds
COUNTS = {0: 2000, 20: 200, 100: 40}
LIMIT = 600             # seconds, of one copy
BASE = "smbclient tcp sealed"
TARGETS = {0: 3, 20: 50, 100: 50}   # times BASE, at each of RTTS


class Ours:
    """smbquic-client."""

    def __init__(self, name, transport, options):
        self.name, self.transport, self.options = name, transport, options

    def usable(self):
        return True

    def files(self, b, _rtt):
        return b.files

    def command(self, b, what):
        return b.rig.client_args("//%s/bench" % b.rig.name, what,
                                 transport=self.transport,
                                 options=["-q", *self.options])

    def enter(self, b):
        return ["ip", "netns", "exec", b.link.client]


class Samba:
    """smbclient of the peer root."""

    def __init__(self, name, options):
        self.name, self.options = name, options

    def usable(self):
        return bench_smbclient.usable()

    def files(self, b, rtt):
        return min(b.files, COUNTS[rtt])

    def command(self, b, what):
        return bench_smbclient.command(b.rig, bench_link.FAR, what,
                                       self.options(b.rig))

    def enter(self, b):
        return bench_smbclient.enter(b.link.client)


CONTESTANTS = [
    Samba(BASE, lambda made: bench_smbclient.tcp_sealed(made.tcp_port)),
    Samba("smbclient quic", bench_smbclient.quic),
    Ours("smbquic tcp sealed", "tcp", ["--client-protection=encrypt"]),
    Ours("smbquic quic", "quic", []),
]


class Bench:
    """The link, a server behind it, and trees of several sizes."""

    def __init__(self, directory, link, files, options):
        self.dir, self.link, self.files = directory, link, files
        self.copies = 0
        self.share = directory / "share"
        self.share.mkdir()
        self.share.chmod(0o777)
        self.local = directory / "local"
        self.local.mkdir()
        self.rig = rig.Rig(directory / "rig", netns=link.server,
                           listen=bench_link.FAR, user="root")
        counts = {files}
        if any(isinstance(c, Samba) for c in options):
            counts |= {min(files, n) for n in COUNTS.values()}
        for count in counts:
            self.make_tree(self.share / str(count), count)
        shutil.copytree(self.share, self.local / "trees")

    @staticmethod
    def make_tree(top, count):
        for number in range(count):
            folder = top / ("folder%d" % (number % FOLDERS))
            folder.mkdir(parents=True, exist_ok=True)
            (folder / ("file%d" % number)).write_bytes(os.urandom(SIZE))

    def __enter__(self):
        self.rig.make()
        self.rig.add_share("bench", self.share)
        self.rig.start()
        return self

    def __exit__(self, *_):
        self.rig.stop()

    def clock(self, c, what):
        """Seconds of a command, without entering namespace and root."""
        begin = time.monotonic()
        rig.run([*c.enter(self), "timeout", str(LIMIT),
                 *c.command(self, what)])
        return time.monotonic() - begin

    def copy(self, c, direction, count):
        """Files a second."""
        # in new folders each time: a file system that has just lost as many
        # files looks long for the numbers of new ones (ext4, recently_deleted)
        self.copies += 1
        back = self.local / ("back%d" % self.copies)
        sent = self.share / ("sent%d" % self.copies)
        for folder in (back, sent):
            folder.mkdir()
        before = 'recurse; prompt off; lcd "%s"' % (
            back if direction == "get" else self.local / "trees" / str(count))
        what, there = {
            "get": ("cd %d; mget *" % count, back),
            "put": ("cd %s; mput *" % sent.name, sent),
        }[direction]
        empty = self.clock(c, "%s; cd %s" % (before, sent.name))
        took = self.clock(c, "%s; %s" % (before, what))
        self.compare(c, count, there)
        return count / max(took - empty, 0.001)

    def compare(self, c, count, there):
        """All of it has to be there: every fiftieth byte by byte."""
        found = sorted(p.relative_to(there) for p in there.rglob("file*"))
        if len(found) != count:
            raise rig.RigError("%s: %d files of %d are there" % (
                c.name, len(found), count))
        for name in found[::50]:
            if (there / name).read_bytes() != \
                    (self.share / str(count) / name).read_bytes():
                raise rig.RigError("%s: %s is another file" % (c.name, name))


def measure(b, contestants, rounds):
    figures = {}
    for number in range(rounds):
        for rtt in RTTS:
            b.link.say("delay=%gms" % (rtt / 2))
            for direction in ("get", "put"):
                for c in contestants:
                    count = c.files(b, rtt)
                    rate = b.copy(c, direction, count)
                    figures.setdefault((c.name, direction, rtt), []).append(
                        rate)
                    print("round %d  %3d ms  %s  %-22s %6d files  %9.1f "
                          "files/s" % (number + 1, rtt, direction, c.name,
                                       count, rate), file=sys.stderr)
    return figures


def report(figures, contestants, b, rounds):
    """@return the targets that were missed."""
    print("\nTrees of files of %d bytes in %d folders; files a second, "
          "%d round(s), medians" % (SIZE, FOLDERS, rounds))
    print("smbquic: %d files; smbclient: %s" % (b.files, ", ".join(
        "%d at %d ms" % (min(b.files, COUNTS[r]), r) for r in RTTS)))
    cells = [(d, r) for d in ("get", "put") for r in RTTS]
    print("%-22s" % "round trip" + "".join(
        "%12s" % ("%s %d ms" % cell) for cell in cells))
    medians = {key: statistics.median(row) for key, row in figures.items()}
    for c in contestants:
        print("%-22s" % c.name + "".join(
            "%12.1f" % medians[c.name, d, r] for d, r in cells))
    for mine, base in (("smbquic tcp sealed", BASE),
                       ("smbquic quic", "smbclient quic"),
                       ("smbquic quic", BASE)):
        if {mine, base} <= {c.name for c in contestants}:
            print("%s / %s" % (mine, base))
            print("%-22s" % "" + "".join(
                "%12.1f" % (medians[mine, d, r] / medians[base, d, r])
                for d, r in cells))
    return targets(medians, {c.name for c in contestants}, cells)


def targets(medians, there, cells):
    if BASE not in there:
        return ["'%s' is not here to be beaten" % BASE]
    missed = []
    for name in ("smbquic tcp sealed", "smbquic quic"):
        if name not in there:
            missed.append("'%s' is not measured" % name)
            continue
        for d, r in cells:
            times = medians[name, d, r] / medians[BASE, d, r]
            if times < TARGETS[r]:
                missed.append("%s at %d ms: '%s' is %.1f times as fast as "
                              "'%s', not %d" % (d, r, name, times, BASE,
                                                TARGETS[r]))
    return missed


def run(options, directory):
    names = options.only.split(",") if options.only else \
        [c.name for c in CONTESTANTS]
    unknown = set(names) - {c.name for c in CONTESTANTS}
    if unknown:
        raise rig.RigError("no such contestant: %s" % ", ".join(unknown))
    contestants = [c for c in CONTESTANTS if c.name in names and c.usable()]
    if len(contestants) < len(names):
        print("bench: no peer root (scripts/peers make): Samba's rows are "
              "left out", file=sys.stderr)
    files = 200 if options.short else options.files or FILES
    with bench_link.Link(options.rounds) as between, \
            Bench(directory, between, files, contestants) as b:
        figures = measure(b, contestants, options.rounds)
        return report(figures, contestants, b, options.rounds)
