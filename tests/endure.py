#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Server or clients are killed at a random moment of a load of writes.

usage: tests/endure.py DIRECTORY [--fault NAME] [--rounds N] [--seed N]
                       [--transport quic|tcp]

The share is continuously available, on a loop device's ext4 that commits
when it is asked to. In each round three clients write to it, each record
acknowledged behind a FLUSH, written through, or as a copy of a file; a fourth
holds a persistent handle with a lock. At some moment the fault begins, and a
little later SIGKILL takes the server, or all four clients. Then

  - each record that was acknowledged is there; when it was the server, on the
    device as it was at that moment, as after a power cut;
  - the copy goes on and is whole, when it was the server and nothing else;
  - the handle comes back, with its lock, and nobody else's lock is in the way
    when it is closed;
  - no session, open file, lock, or record of a handle is left, and no file that
    nobody made.

Faults: none, full (the disk), eio, slow, clock (jumps by days), descriptors,
memory (the server gets no more of either), vanish (the clients' network
namespace goes, instead of SIGKILL), ports (clients have eight). That it was
so is seen to: a disk that is not full, or a limit that nobody reached, fails
the round. DIRECTORY is an empty one. One line is printed: what failed, or that
all is well, and how often a limit was seen to be reached. Needs root; slow and
eio FUSE.
"""
import argparse
import errno
import json
import os
import pathlib
import random
import resource
import struct
import subprocess
import sys
import time

TOP = pathlib.Path(__file__).resolve().parent.parent
sys.path.insert(0, str(TOP / "scripts"))
import rig  # pylint: disable=wrong-import-position

RECORD = 4096
SLOW = int(os.environ.get("SMBQUIC_TEST_SLOW", "1"))
PATIENCE = 90 * SLOW    # seconds for whatever shall happen
GUID = "endure"
FAR, NEAR = "10.78.0.1", "10.78.0.2"
PORTS = "40000 40007"
STORM = 24              # clients at once
HOUR = 3600
DAY = 24 * HOUR


class Failed(Exception):
    """What must not be."""


class Skipped(Exception):
    """What this machine does not have."""


def until(what, condition):
    end = time.monotonic() + PATIENCE
    while not condition():
        if time.monotonic() > end:
            raise Failed("no end of waiting: " + what)
        time.sleep(0.05)


def command(*args):
    return rig.run(list(args))


# --- faults: begin() within a round, end() behind it ---------------------------

class Fault:
    delay = None        # milliseconds, of a disk by tests/slow-fs
    environment = {}    # of the server
    goes_on = True      # does a copy outlive it?
    netns = False       # are clients in a network of their own?

    def __init__(self, run):
        self.run = run

    def begin(self):
        """Something breaks."""

    def missed(self):
        """@return why nothing is broken that should be; or nothing."""

    def end(self):
        """It is mended."""


class Full(Fault):
    goes_on = False

    def begin(self):
        with open(self.run.disk / "filler", "ab", buffering=0) as out:
            try:
                for size in (1 << 20, RECORD):
                    while True:
                        try:
                            out.write(bytes(size))
                        except OSError:
                            break
            finally:
                os.sync()

    def missed(self):
        # who found no room for his copy deletes what he had of it
        end = time.monotonic() + PATIENCE
        why = self.run.writes(errno.ENOSPC)
        while why and time.monotonic() < end:
            self.begin()
            why = self.run.writes(errno.ENOSPC)
        return why

    def end(self):
        (self.run.disk / "filler").unlink(missing_ok=True)


class Eio(Fault):
    goes_on = False
    delay = 0

    def begin(self):
        self.run.broken.touch()

    def missed(self):
        return self.run.writes(errno.EIO)

    def end(self):
        self.run.broken.unlink(missing_ok=True)


class Slow(Fault):
    delay = 40

    def missed(self):
        begin = time.monotonic()
        why = self.run.writes(0)
        if not why and time.monotonic() - begin < self.delay / 1000:
            why = "the disk is quick"
        return why


class Clock(Fault):
    def __init__(self, run):
        super().__init__(run)
        server = pathlib.Path(rig.program("smbquicd"))
        if b"__asan_init" in server.read_bytes():
            raise Skipped("nothing can be put before the sanitizer")
        self.file = run.dir / "clock"
        self.jump(0)
        self.environment = {
            "LD_PRELOAD": str(rig.BUILD / "tests" / "libwall_clock.so"),
            "WALL_CLOCK": str(self.file)}

    def jump(self, seconds):
        self.by = seconds
        with open(self.file, "r+b" if self.file.exists() else "wb",
                  buffering=0) as file:
            file.write(struct.pack("=q", seconds))

    def begin(self):
        jumps = [40 * DAY, HOUR]
        if self.run.options.transport != "quic":
            # before that the server's certificate, of today, is not valid
            jumps += [-3 * DAY, -HOUR]
        self.jump(self.run.chance.choice(jumps))

    def missed(self):
        pid = self.run.server.server.pid
        maps = pathlib.Path("/proc/%d/maps" % pid).read_text(
            "utf-8", errors="replace")
        if str(self.file) not in maps:
            return "the server goes by the clock of the machine"
        said = subprocess.run(["date", "+%s"], check=True, text=True,
                              stdout=subprocess.PIPE,
                              env={**os.environ, **self.environment}).stdout
        if abs(int(said) - time.time() - self.by) > HOUR / 2:
            return "it is no other time"
        return None


class Limit(Fault):
    """The server gets no more of something, and many clients ask for it."""
    goes_on = False
    which, more = None, 0
    near = 0            # of the limit: nothing useful fits
    told = ()           # what clients or the log say then

    def __init__(self, run):
        super().__init__(run)
        self.most, self.limit, self.words = 0, 0, 0

    def now(self):
        """What it has, as its limit counts."""
        raise NotImplementedError

    def has(self):
        """How much of that."""
        return self.now()

    def look(self):
        try:
            self.most = max(self.most, self.has())
        except (FileNotFoundError, ProcessLookupError, ValueError):
            pass        # it has ended, which is found elsewhere

    def said(self):
        texts = [self.run.told("storm%d" % i) for i in range(STORM)]
        log = self.run.server.dir / "smbquicd.log"
        with open(log, encoding="utf-8", errors="replace") as file:
            file.seek(self.log_end)
            texts.append(file.read())
        return sum(text.count(word) for text in texts for word in self.told)

    def missed(self):
        if self.words == 0 and self.most < self.limit - self.near:
            return "the server had %d of %d, and nobody was refused" % (
                self.most, self.limit)
        return None

    def begin(self):
        pid = self.run.server.server.pid
        self.most = 0
        self.log_end = (self.run.server.dir / "smbquicd.log").stat().st_size
        self.before = resource.prlimit(pid, self.which)
        self.limit = self.now() + self.more
        resource.prlimit(pid, self.which, (self.limit, self.before[1]))
        storm = self.run.storm(20)
        end = time.monotonic() + PATIENCE
        while any(one.poll() is None for one in storm.values()):
            self.look()
            if time.monotonic() > end:
                raise Failed("clients that find no end")
        self.words = self.said()
        print("%s: %d of %d, %d times refused" % (
            self.run.options.fault, self.most, self.limit, self.words),
              file=sys.stderr, flush=True)

    def end(self):
        if self.run.server.server is not None and \
                self.run.server.server.poll() is None:
            resource.prlimit(self.run.server.server.pid, self.which,
                             self.before)


class Descriptors(Limit):
    which, more = resource.RLIMIT_NOFILE, 3
    told = ("Too many open files", "TOO_MANY_OPENED_FILES")

    def all(self):
        return [int(name) for name in os.listdir(
            "/proc/%d/fd" % self.run.server.server.pid)]

    def now(self):
        return max(self.all())

    def has(self):
        return len(self.all())


class Memory(Limit):
    which, more = resource.RLIMIT_AS, 6 << 20
    near = 1 << 20
    told = ("out of memory", "NO_MEMORY", "Cannot allocate memory",
            "INSUFFICIENT_RESOURCES")

    def now(self):
        text = pathlib.Path("/proc/%d/status" %
                            self.run.server.server.pid).read_text("ascii")
        return int(text.split("VmSize:")[1].split()[0]) << 10


class Vanish(Fault):
    netns = True        # run.kill_clients() takes it away


class Ports(Fault):
    """Clients that find no port say so; the others do not notice."""
    netns = True

    def may_have(self, ports):
        subprocess.run(
            ["ip", "netns", "exec", self.run.network[1], "sysctl", "-q", "-w",
             "net.ipv4.ip_local_port_range=" + ports], check=False)

    def end(self):
        self.may_have("32768 60999")

    def begin(self):
        self.may_have(PORTS)
        told = 0
        for name, one in self.run.storm(0).items():
            if one.wait(PATIENCE) != 0:
                text = self.run.told(name)
                told += 1
                if "cannot reach" not in text and "lost" not in text:
                    raise Failed("no port, and no reason: " + text)
        self.refused = told

    def missed(self):
        if self.refused == 0:
            return "%d clients had %s as ports" % (STORM, PORTS)
        return None


FAULTS = {"none": Fault, "full": Full, "eio": Eio, "slow": Slow,
          "clock": Clock, "descriptors": Descriptors, "memory": Memory,
          "vanish": Vanish, "ports": Ports}


# --- two networks ----------------------------------------------------------------

def network_make(network):
    far, near = network
    for line in (
            "-n %s link add near type veth peer name far netns %s" % (
                far, near),
            "-n %s addr add %s/32 dev near" % (far, FAR),
            "-n %s link set near up" % far,
            "-n %s route replace %s dev near" % (far, NEAR),
            "-n %s addr add %s/32 dev far" % (near, NEAR),
            "-n %s link set far up" % near,
            "-n %s link set lo up" % near,
            "-n %s route add default dev far" % near):
        command("ip", *line.split())


def network_begin(network):
    for name in network:
        command("ip", "netns", "add", name)
    command("ip", "-n", network[0], "link", "set", "lo", "up")
    # the server's address outlives the link
    command("ip", "-n", network[0], "addr", "add", FAR + "/32", "dev", "lo")
    network_make(network)


def network_end(network):
    for name in network:
        subprocess.run(["ip", "netns", "del", name], check=False)


# --- the rounds --------------------------------------------------------------------

class Run:
    def __init__(self, options):
        self.options = options
        self.dir = pathlib.Path(options.directory)
        self.chance = random.Random(options.seed)
        self.image, self.disk = self.dir / "disk.img", self.dir / "disk"
        self.broken = self.dir / "disk.broken"
        self.children, self.mounts = {}, []
        self.storms = {}
        self.share, self.server = None, None
        tag = "sqe%d" % os.getpid()
        self.network = (tag + "s", tag + "c")
        self.fault = FAULTS[options.fault](self)

    def __enter__(self):
        try:
            self.make()
        except BaseException:
            self.__exit__()
            raise
        return self

    def make(self):
        self.dir.chmod(0o755)
        self.disk.mkdir()
        command("truncate", "-s", "96M", self.image)
        command("mkfs.ext4", "-q", "-F", self.image)
        command("mount", "-o", "loop,commit=600", self.image, self.disk)
        self.mounts.append(self.disk)
        root = self.disk
        if self.fault.delay is not None:
            root = self.dir / "fuse"
            root.mkdir()
            command(TOP / "tests" / "slow-fs", "mount", self.disk,
                    self.fault.delay, root)
            self.mounts.append(root)
        self.share = root / "share"
        self.share.mkdir()
        if self.fault.netns:
            network_begin(self.network)
        (self.dir / "big").write_bytes(self.chance.randbytes(8 << 20))
        self.make_server()

    def make_server(self):
        self.server = rig.Rig(
            self.dir / "rig", user="root",
            netns=self.network[0] if self.fault.netns else None,
            listen=FAR if self.fault.netns else None,
            quic_port=self.options.quic_port, tcp_port=self.options.tcp_port)
        self.server.shares.append(("data", {
            "path": str(self.share), "read only": "no",
            "continuously available": "yes"}))
        self.server.settings.update({"keepalive": "2s", "idle timeout": "10s"})
        self.server.make()
        self.begin_server()

    def __exit__(self, *_):
        self.fault.end()
        for child in self.children.values():
            child.kill()
            child.wait()
        if self.server is not None and self.server.server is not None:
            self.server.stop(timeout=PATIENCE)
        for point in reversed(self.mounts):
            subprocess.run(["umount", "-l", point], check=False)
        if self.fault.netns:
            network_end(self.network)

    def begin_server(self):
        self.server.start(timeout=PATIENCE, env=self.fault.environment)

    # --- clients ---

    def near(self, args):
        words = ["ip", "netns", "exec", self.network[1]] if self.fault.netns \
            else []
        return [*words, *map(str, args)]

    def start(self, name, args):
        log = self.dir / (name + ".log")
        with open(log, "wb") as out, open(self.dir / (name + ".err"),
                                          "wb") as err:
            self.children[name] = subprocess.Popen(
                self.near(args), stdin=subprocess.DEVNULL, stdout=out,
                stderr=err, cwd=self.dir)
        return self.children[name]

    def told(self, name):
        return "".join((self.dir / (name + end)).read_text(
            "utf-8", errors="replace") for end in (".log", ".err"))

    def client(self, words, *options):
        return self.server.client_args(
            "//%s/data" % self.server.name, words,
            transport=self.options.transport, options=["-q", *options])

    def storm(self, reconnect):
        """@return clients by name, each of which sends a file of that name
        and deletes it."""
        self.storms = {
            name: self.start(name, self.client(
                "put big %s; del %s" % (name, name), "-t", "20",
                "--reconnect=%d" % reconnect))
            for name in ("storm%d" % i for i in range(STORM))}
        return self.storms

    def tool(self, name, *words):
        r, kind = self.server, self.options.transport
        port = r.tcp_port if kind == "tcp" else r.quic_port
        return [rig.BUILD / "tests" / name, r.name, r.listen,
                "%s:%d" % (kind, port), r.ca,
                "%s%%%s" % (r.user, r.password), "data", *words]

    def peer(self, *words):
        """@return what each command ended with."""
        done = subprocess.run(
            self.near(self.tool("handle_peer", *words)), check=False,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, text=True, timeout=PATIENCE)
        return [line.split()[1].rstrip(",").replace("NT_STATUS_", "")
                for line in done.stdout.splitlines()] or [done.stderr.strip()]

    # --- a round ---

    def acknowledged(self, name):
        """Records; the last line may be half of one."""
        return self.told(name).split("sync_perf")[0].count("\n")

    def load(self):
        for name in ("flush", "through"):
            self.start(name, self.tool("sync_perf", name, name, "20000"))
        self.start("hold", self.tool(
            "handle_peer", "open:held:%s:120000" % GUID, "id", "lock:0:10",
            "hold"))
        self.start("copy", self.client("put big copy", "--limit-rate=4M"))
        until("a handle", lambda: "holding" in self.told("hold"))
        # one that nobody has reached yet is not lost, but refused
        until("a copy", lambda: set(os.listdir(self.share)) -
              {"flush", "through", "held"})
        for name in ("flush", "through"):
            wanted = self.chance.randint(1, 40)
            until("writes of " + name, lambda n=name, w=wanted:
                  self.acknowledged(n) >= w)

    def writes(self, wanted):
        """@return why writing where the server does not end with that
        error, or without any (0); or nothing."""
        probe = self.share.parent / "probe"
        got = 0
        try:
            with open(probe, "wb", buffering=0) as out:
                out.write(bytes(RECORD))
                os.fsync(out.fileno())
        except OSError as error:
            got = error.errno
        try:
            probe.unlink(missing_ok=True)
        except OSError:
            pass        # end() does, when it can
        if got == wanted:
            return None
        return "writing ended with %s" % (os.strerror(got) if got else "none")

    def kill_server(self):
        self.server.server.kill()
        self.server.server.wait()
        self.server.server = None
        command("cp", "--sparse=always", self.image, self.dir / "cut.img")
        for name in ("flush", "through", "hold"):
            self.reap(name)
        cut = self.dir / "cut"
        cut.mkdir(exist_ok=True)
        command("mount", "-o", "loop", self.dir / "cut.img", cut)
        try:
            self.judge_records(cut / "share")
        finally:
            command("umount", cut)

    def kill_clients(self):
        if isinstance(self.fault, Vanish):
            command("ip", "-n", self.network[0], "link", "del", "near")
        for child in self.children.values():
            child.kill()
        for name in list(self.children):
            self.reap(name)
        if isinstance(self.fault, Vanish):
            command("ip", "netns", "del", self.network[1])
            command("ip", "netns", "add", self.network[1])
            network_make(self.network)
        self.fault.end()
        self.judge_records(self.share)

    def reap(self, name):
        """What waits for a server that is gone does so no more."""
        child = self.children.pop(name)
        child.kill()
        child.wait()

    def judge_records(self, where):
        for name in ("flush", "through"):
            count = self.acknowledged(name)
            try:
                data = (where / name).read_bytes()
            except FileNotFoundError:
                data = b""
            for i in range(count):
                if data[i * RECORD:(i + 1) * RECORD] != \
                        b"%07d\n" % i * (RECORD // 8):
                    raise Failed("record %d of %d acknowledged (%s) is lost" %
                                 (i, count, name))

    def judge_copy(self, killed_server):
        child = self.children.pop("copy", None)
        if child is None:
            return
        status = child.wait(PATIENCE)
        if not (killed_server and self.fault.goes_on):
            return
        if status != 0:
            raise Failed("the copy did not go on: " + self.told("copy"))
        if (self.share / "copy").read_bytes() != \
                (self.dir / "big").read_bytes():
            raise Failed("the copy is another file")

    def judge_handle(self):
        handle = self.told("hold").split("id: ")[1].split()[1]
        back = []

        def reclaimed():
            back[:] = self.peer("reclaim:held:%s:%s" % (GUID, handle),
                                "lock:5:1", "unlock:0:10", "close")
            return back[0] == "OK"

        try:
            until("the handle back", reclaimed)
        except Failed as failed:
            raise Failed("%s, but %s" % (failed, back)) from None
        if back != ["OK", "LOCK_NOT_GRANTED", "OK", "OK"]:
            raise Failed("the handle is not what it was: %s" % back)
        other = self.peer("plain:held", "lock:0:10", "close")
        if other != ["OK", "OK", "OK"]:
            raise Failed("somebody is in the way: %s" % other)

    def held(self):
        done = subprocess.run(
            [rig.program("smbquic-status"), "-s", self.server.config,
             "--json", "--sessions", "--locks", "--byterange"],
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=False)
        try:
            told = json.loads(done.stdout)
        except ValueError:
            return None
        return [len(told[name]) for name in
                ("sessions", "open_files", "byte_range_locks")]

    def judge_rest(self):
        names = ["flush", "through", "held", "copy"]
        # a file that came whole, and was not deleted: who was refused that
        # has failed, and the others left nothing
        names += [name for name, one in self.storms.items()
                  if one.returncode != 0 and (self.share / name).exists()]
        self.storms = {}
        done = subprocess.run(
            self.near(self.client("; ".join("del " + name for name in names))),
            check=False, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, text=True, timeout=PATIENCE)
        until("nothing is held: %s" % self.held(),
              lambda: self.held() == [0, 0, 0])
        until("no file is left: %s; %s" % (os.listdir(self.share),
                                           done.stdout),
              lambda: not os.listdir(self.share))
        left = list((self.server.dir / "state" / "handles").glob("*.open*"))
        if left:
            raise Failed("records of handles are left: %s" % left)

    def round(self, number):
        victim = ("server", "clients")[self.chance.randrange(2)]
        if self.options.rounds < 8:
            victim = ("server", "clients")[number % 2]
        if isinstance(self.fault, Vanish):
            victim = "clients"
        self.load()
        self.fault.begin()
        missed = self.fault.missed()
        if missed:
            raise Failed("nothing is wrong: " + missed)
        time.sleep(self.chance.uniform(0, 0.3))
        if self.server.server.poll() is not None:
            raise Failed("the server ended by itself: %d" %
                         self.server.server.returncode)
        if victim == "server":
            self.kill_server()
            self.fault.end()
            self.begin_server()
        else:
            self.kill_clients()
        self.judge_copy(victim == "server")
        self.judge_handle()
        self.judge_rest()
        self.children.clear()


def free_ports():
    ports = []
    while len(ports) < 2:
        port = random.randint(20000, 30000)
        if not subprocess.run(["ss", "-Hlntu", "sport = %d" % port],
                              stdout=subprocess.PIPE,
                              check=True).stdout.strip():
            ports.append(port)
    return ports


def parse():
    parser = argparse.ArgumentParser(
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("directory")
    parser.add_argument("--fault", choices=FAULTS, default="none")
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--transport", choices=("quic", "tcp"),
                        default="quic")
    parser.add_argument("--quic-port", type=int)
    parser.add_argument("--tcp-port", type=int)
    options = parser.parse_args()
    ports = free_ports()
    options.quic_port = options.quic_port or ports[0]
    options.tcp_port = options.tcp_port or ports[1]
    return options


def main():
    options = parse()
    number = 0
    try:
        with Run(options) as run:
            for number in range(options.rounds):
                begin = time.monotonic()
                run.round(number)
                print("round %d: %d and %d records, %.1f s" % (
                    number, run.acknowledged("flush"),
                    run.acknowledged("through"), time.monotonic() - begin),
                      file=sys.stderr, flush=True)
    except Skipped as reason:
        print(reason)
        return 77
    except (Failed, rig.RigError, subprocess.TimeoutExpired) as error:
        print("%s, round %d: %s" % (options.fault, number, error))
        return 1
    print("%s: all well" % options.fault)
    return 0


if __name__ == "__main__":
    sys.exit(main())
