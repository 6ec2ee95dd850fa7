# SPDX-License-Identifier: GPL-3.0-or-later
"""scripts/bench link: QUIC and TCP over links that lose packets and take time.

Two namespaces joined by tests/linkemu, the link emulator. First the goodput
of a download, for each loss rate and round-trip time: the transports alone
(quic_perf: a stream of bytes over QUIC, and over plain TCP), and files over
SMB (QUIC, and TCP with SMB's own sealing); all with CUBIC, and the streams with
BBR as well (over TCP where the kernel has it). How much is asked for depends on
what CUBIC can be expected to reach there, so that a cell takes seconds.

Then (--only trips) the round trips until a file's first byte is there, at
50 ms: counted in
a capture of the client's packets, not in time, which a busy machine stretches;
and (--only fat) which part of a long, fast link one large file gets, in both
directions. That link has devices that give and take packets in trains, as
cards for such rates do: one by one they cost more than this machine may have.

Trains leave when ngtcp2's pacing and our timer say so. SO_TXTIME would leave
that to the kernel's queue discipline, if it is fq or etf, which is the
administrator's choice and rarely made; with any other the option is accepted
and means nothing, so that no sender can rely on it, and a train has one time
in any case. There was no link with fq to measure a gain on (veth and loopback
have no queue): it is not used.
"""

import math
import os
import re
import socket
import statistics
import subprocess
import sys
import tempfile
import time

import bench_rig
import rig

FAR, NEAR = "10.77.0.1", "10.77.1.2"
PORT = 4480
RATE = 200e6            # bits a second, of the link
LOSSES = [0, 0.1, 1, 5]  # per cent
RTTS = [10, 50, 150]    # ms
SECONDS = 5             # that a cell should take
LIMIT = 90              # and at most
BURST = 8192            # bytes of one answer that only a file's data makes
TRIPS = "trips"         # for --only: the round trips
FAT = "fat"             # and the large file
FAT_RATE, FAT_RTT, FAT_MIB, FAT_SHORT = 1e9, 100, 1024, 32
FAT_TARGET = 85         # per cent of the link
ACK, PROBE = 80, 1400   # bytes, see says_something


class Link:
    """As bench_rig.Link, with the emulator between the two."""

    def __init__(self, seed, *words, trains=False):
        tag = "sql%d" % os.getpid()
        self.server, self.client = tag + "s", tag + "c"
        self.control = "/tmp/%s.link" % tag
        self.seed, self.words = seed, words
        self.options = ["-g"] if trains else []
        self.emulator = None

    def __enter__(self):
        for ns in (self.server, self.client):
            bench_rig.ip("netns", "add", ns)
        self.emulator = subprocess.Popen(
            [emulator(), "-s", self.control, "-c", self.client, "-d",
             self.server, "-r", str(self.seed), *self.options,
             *self.words],
            stdout=subprocess.PIPE)
        if self.emulator.stdout.readline() != b"ready\n":
            raise rig.RigError("the link emulator did not start")
        for ns, address in ((self.server, FAR), (self.client, NEAR)):
            bench_rig.ip("-n", ns, "addr", "add", address + "/32", "dev",
                         "link0")
            for device in ("lo", "link0"):
                bench_rig.ip("-n", ns, "link", "set", device, "up")
            if not congestion(ns, "cubic"):
                raise rig.RigError("this kernel has no CUBIC for TCP")
        return self

    def __exit__(self, *_):
        self.emulator.terminate()
        self.emulator.wait()
        for ns in (self.server, self.client):
            bench_rig.ip("netns", "del", ns)

    def say(self, *words):
        rig.run([emulator(), "-t", self.control, *words])


def congestion(ns, how):
    """Of TCP, from the next connection on. @return False where the kernel
    has no such thing."""
    return subprocess.run(
        ["ip", "-n", ns, "route", "replace", "default", "dev", "link0",
         "congctl", how], check=False, stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL).returncode == 0


def emulator():
    path = rig.BUILD / "tests" / "linkemu" / "linkemu"
    if not path.exists():
        raise rig.RigError("%s is not built: ./waf build" % path)
    return str(path)


def quic_perf():
    path = rig.BUILD / "tests" / "quic_perf"
    if not path.exists():
        raise rig.RigError("%s is not built: ./waf build" % path)
    return str(path)


# --- contestants ----------------------------------------------------------

class Stream:
    """quic_perf: the transport alone."""

    def __init__(self, name, transport, port=None, options=()):
        self.name, self.transport = name, transport
        self.port = str(PORT + (port or transport == "tcp"))
        self.options = options
        self.process = None

    def start(self, b):
        self.process = subprocess.Popen(
            ["ip", "netns", "exec", b.link.server, quic_perf(), "-s", "-b",
             FAR, "-p", self.port, "-t", self.transport,
             "-c", str(b.rig.dir / "server.pem"),
             "-k", str(b.rig.dir / "server.key"), *self.options],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)

    def stop(self):
        self.process.terminate()
        self.process.wait()

    def seconds(self, b, mib):
        """quic_perf's own figure, without the connection's begin."""
        out = in_client(b, [
            quic_perf(), "-b", FAR, "-p", self.port, "-t", self.transport,
            "-n", str(mib)])
        return float(re.search(r" in ([0-9.]+) s", out).group(1))


class Files:
    """smbquicd and smbquic-client."""

    def __init__(self, name, transport, options, settings=None):
        self.name, self.transport = name, transport
        self.options, self.settings = options, settings or {}

    def start(self, b):
        pass

    def stop(self):
        pass

    def seconds(self, b, mib, put=False):
        """Of the copy alone: less what the log-on takes."""
        target = "//%s/bench" % b.rig.name
        args = b.rig.client_args(target, transport=self.transport,
                                 options=["-q", *self.options])
        empty = clock(b, args + ["-c", "ls empty"])
        copy = "get %d /dev/null" % mib
        if put:
            copy = "put %s there" % (b.share / str(mib))
        return max(0.001, clock(b, args + ["-c", copy]) - empty)


def in_client(b, args):
    return rig.run(["timeout", str(LIMIT), "ip", "netns", "exec",
                    b.link.client, *args])


def clock(b, args):
    begin = time.monotonic()
    in_client(b, args)
    return time.monotonic() - begin


class Bbr(Stream):
    """A stream over TCP whose sender's kernel uses BBR."""

    def seconds(self, b, mib):
        # a connection takes over what is in force when it comes in
        if not congestion(b.link.server, "bbr"):
            return None
        try:
            return super().seconds(b, mib)
        finally:
            congestion(b.link.server, "cubic")


CONTESTANTS = [
    Stream("quic stream", "quic"),
    Stream("quic stream bbr", "quic", 3, ["-B"]),
    Stream("tcp stream", "tcp"),
    Bbr("tcp stream bbr", "tcp", 2),
    Files("smb quic", "quic", []),
    Files("smb tcp sealed", "tcp", ["--client-protection=encrypt"]),
]


# --- goodput --------------------------------------------------------------

def expected_mib(loss, rtt):
    """What should arrive within SECONDS: the link's rate, or that of a Reno
    sender (RFC 3649, 1.22/sqrt(p) packets a round trip)."""
    rate = RATE / 8
    if loss:
        rate = min(rate, 1448 / (rtt / 1000) * 1.22 /
                   math.sqrt(loss / 100))
    mib = rate * SECONDS / (1 << 20)
    return max(1, 1 << round(math.log2(mib)) if mib > 1 else 1)


class Bench:
    """The link, a server behind it, and files of every size."""

    def __init__(self, directory, link):
        self.link = link
        self.share = directory / "share"
        self.share.mkdir(parents=True)
        self.rig = rig.Rig(directory / "rig", netns=link.server, listen=FAR,
                           user="root")

    def __enter__(self):
        self.rig.make()
        self.rig.add_share("bench", self.share)
        (self.share / "empty").touch()
        for mib in {expected_mib(p, t) for p in LOSSES for t in RTTS}:
            with open(self.share / str(mib), "wb") as out:
                out.truncate(mib << 20)
        with open(self.share / "small", "wb") as out:
            out.write(os.urandom(64 << 10))
        self.rig.start()
        return self

    def __exit__(self, *_):
        self.rig.stop()


def goodput(b, contestants, rounds):
    figures = {}
    for number in range(rounds):
        for loss in LOSSES:
            for rtt in RTTS:
                b.link.say("loss=%g%%" % loss, "delay=%gms" % (rtt / 2))
                mib = expected_mib(loss, rtt)
                for c in contestants:
                    took = attempt(b, c, mib)
                    figures.setdefault((c.name, loss, rtt), []).append(
                        mib * 8.388608 / took if took else 0)
                    print("round %d  loss %g%%  %3d ms  %-16s %4d MiB  %s" % (
                        number + 1, loss, rtt, c.name, mib,
                        "%.2f s" % took if took else "not within %d s" %
                        LIMIT), file=sys.stderr)
    return figures


def attempt(b, contestant, mib, **how):
    """Seconds, or None: not in time."""
    try:
        return contestant.seconds(b, mib, **how)
    except rig.RigError as error:
        if "exit status 124" in str(error):
            return None
        raise


def report_goodput(figures, contestants, rounds):
    print("\nGoodput of a download, Mbit/s; link of %g Mbit/s, %d round(s), "
          "medians" % (RATE / 1e6, rounds))
    cells = [(loss, rtt) for loss in LOSSES for rtt in RTTS]
    print("%-16s" % "loss" + "".join("%8s" % ("%g%%" % loss)
                                     for loss, _ in cells))
    print("%-16s" % "round trip" + "".join("%8s" % ("%d ms" % rtt)
                                           for _, rtt in cells))
    medians = {key: statistics.median(row) for key, row in figures.items()}
    for c in contestants:
        print("%-16s" % c.name + "".join(
            "%8.1f" % medians[c.name, loss, rtt] for loss, rtt in cells))
    for quic, tcp in (("quic stream", "tcp stream"),
                      ("quic stream bbr", "tcp stream bbr"),
                      ("smb quic", "smb tcp sealed")):
        if {quic, tcp} <= {c.name for c in contestants}:
            print("%-16s" % "%s/tcp" % quic + "".join(
                "%8.2f" % (medians[quic, loss, rtt] /
                           max(medians[tcp, loss, rtt], 0.01))
                for loss, rtt in cells))


# --- a long, fast link ----------------------------------------------------

def fat(rounds, directory, mib):
    """One large file: the link's rate, and how much of it was used.
    @return the targets that were missed."""
    missed = []
    rows = [(c, way) for c in CONTESTANTS if isinstance(c, Files)
            for way in ("get", "put")]
    rates = {}
    with Link(rounds, "rate=%d" % FAT_RATE, "delay=%gms" % (FAT_RTT / 2),
              trains=True) as between, Bench(directory, between) as b:
        fill(b.share / str(mib), mib)
        for _ in range(rounds):
            for c, way in rows:
                took = attempt(b, c, mib, put=way == "put")
                rates.setdefault((c.name, way), []).append(
                    mib * 8.388608 / took if took else 0)
    print("\nOne file of %d MiB, %d ms round trip, link of %g Mbit/s, %d "
          "round(s), medians" % (mib, FAT_RTT, FAT_RATE / 1e6, rounds))
    for (name, way), row in rates.items():
        rate = statistics.median(row)
        part = rate * 1e8 / FAT_RATE
        print("%-16s %s %8.1f Mbit/s  %4.1f%% of the link" % (
            name, way, rate, part))
        if name == "smb quic" and part < FAT_TARGET:
            missed.append("%s of a large file: '%s' gets %.1f%% of the link, "
                          "not %d%%" % (way, name, part, FAT_TARGET))
    return missed


def fill(path, mib):
    """Bytes: a file that is one hole is not sent."""
    block = os.urandom(1 << 20)
    with open(path, "wb") as out:
        for _ in range(mib):
            out.write(block)


# --- round trips ----------------------------------------------------------

def capture(file, port):
    """For every packet of that port on link0: time, direction, length."""
    s = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, socket.htons(3))
    s.bind(("link0", 0))
    print("ready", flush=True)
    with open(file, "w", buffering=1) as out:
        while True:
            data, where = s.recvfrom(65536)
            header = (data[0] & 0xf) * 4
            ports = [int.from_bytes(data[header + i:header + i + 2], "big")
                     for i in (0, 2)]
            if port in ports:
                out.write("%.6f %s %d\n" % (
                    time.monotonic(), "out" if where[2] == 4 else "in",
                    len(data)))


def says_something(direction, length):
    """More than an acknowledgement, and no probe of the path's MTU."""
    return length > ACK and (direction == "in" or length < PROBE)


def round_trips(lines, rtt):
    """How often the client had said something and heard the answer, until
    the file's first bytes were there; and the time, in round trips."""
    trips, size, turn, begin = 0, 0, "out", None
    for line in lines:
        when, direction, length = line.split()
        when, length = float(when), int(length)
        begin = begin or when
        # the first of each way opens the connection, however small
        if trips and not says_something(direction, length):
            continue
        if direction == "in" and turn == "out":
            trips += 1
            size = 0
        turn = direction
        if direction == "in":
            size += length
            if size > BURST:
                return trips, (when - begin) * 1000 / rtt
    return None, None


def one_visit(b, transport, rtt, cache):
    """Round trips of one client that gets one small file."""
    trace = b.rig.dir / "trace"
    port = {"quic": b.rig.quic_port, "tcp": b.rig.tcp_port}[transport]
    sniffer = subprocess.Popen(
        ["ip", "netns", "exec", b.link.client, sys.executable, __file__,
         str(trace), str(port)], stdout=subprocess.PIPE)
    try:
        sniffer.stdout.readline()
        options = ["-q"]
        if transport == "tcp":
            options.append("--client-protection=encrypt")
        rig.run(["ip", "netns", "exec", b.link.client, "env",
                 "XDG_CACHE_HOME=%s" % cache, *b.rig.client_args(
                     "//%s/bench" % b.rig.name, "get small /dev/null",
                     transport=transport, options=options)])
        time.sleep(0.2)
    finally:
        sniffer.terminate()
        sniffer.wait()
    return round_trips(trace.read_text().splitlines(), rtt)


def visits(b, rounds, rtt=50):
    """First visit, the second one, and TCP."""
    b.link.say("loss=0%", "delay=%gms" % (rtt / 2))
    rows = [("quic, first visit", "quic", False, {}),
            ("quic, resumed", "quic", True, {}),
            ("quic, 0-RTT", "quic", True, {"early data": "yes"}),
            ("tcp, sealed", "tcp", False, {})]
    print("\nRound trips until a file's first byte, at %d ms, from the "
          "client's packets" % rtt)
    for name, transport, again, settings in rows:
        if settings and not known(b, settings):
            print("%-20s   -  this server has no setting '%s'" % (
                name, "', '".join(settings)))
            continue
        for key, value in settings.items():
            b.rig.set(key, value)
        if settings:
            b.rig.stop()
            b.rig.start()
        found = []
        for _ in range(rounds):
            cache = tempfile.mkdtemp(dir=b.rig.dir)
            if again:
                one_visit(b, transport, rtt, cache)
            found.append(one_visit(b, transport, rtt, cache))
        if any(trips is None for trips, _ in found):
            raise rig.RigError("%s: no flight with a file in it" % name)
        print("%-20s %3d  (at best %.1f round trips of time)" % (
            name, statistics.median_low(trips for trips, _ in found),
            min(took for _, took in found)))


def known(b, settings):
    """Does smbquicd know these settings?"""
    text = subprocess.run(
        [rig.program("smbquicd"), "-s", str(b.rig.config), "--check-config",
         *("--option=%s=%s" % item for item in settings.items())],
        text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        check=False)
    return text.returncode == 0 and "unknown" not in text.stdout


# --- all of it ------------------------------------------------------------

def run(options, directory):
    names = options.only.split(",") if options.only else \
        [c.name for c in CONTESTANTS] + [TRIPS, FAT]
    unknown = set(names) - {c.name for c in CONTESTANTS} - {TRIPS, FAT}
    if unknown:
        raise rig.RigError("no such contestant: %s" % ", ".join(unknown))
    contestants = [c for c in CONTESTANTS if c.name in names]
    with Link(options.rounds, "rate=%d" % RATE) as between, \
            Bench(directory, between) as b:
        if contestants:
            measure(b, contestants, options.rounds)
        if TRIPS in names:
            visits(b, options.rounds)
    if FAT in names:
        return fat(options.rounds, directory / FAT,
                   FAT_SHORT if options.short else FAT_MIB)
    return ["'%s' is not measured" % FAT] if options.check else []


def measure(b, contestants, rounds):
    started = []
    try:
        for c in contestants:
            c.start(b)
            started.append(c)
        time.sleep(0.5)
        figures = goodput(b, contestants, rounds)
    finally:
        for c in started:
            c.stop()
    report_goodput(figures, contestants, rounds)


if __name__ == "__main__":
    capture(sys.argv[1], int(sys.argv[2]))
