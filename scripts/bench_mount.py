# SPDX-License-Identifier: GPL-3.0-or-later
"""scripts/bench mount: mount.smbquic beside other mounts of the same folder.

Two namespaces joined by tests/linkemu, at RTTS; behind the link a folder in
memory, which smbquicd and sshd serve. Each contestant mounts it, does one thing
(WORK), and is unmounted before the next thing, so that nothing is left in a
cache but the server's. sshfs needs Debian's packages sshfs and openssh-server,
cifs a kernel that has it (over TCP, sealed, same server), NFS one that has both
ends of it, and nfs-kernel-server; what is missing is said. Where this machine's
kernel has neither, scripts/vm-test has one that does:

    scripts/vm-test --modules nfsd,nfsv4,cifs scripts/bench mount --files 200

--beside NAME=DIR measures a folder in the same way that is mounted somewhere
already, through no link. "stat /s" looks at the same files three times, a second and more apart, as
make(1) and file managers do.
"""

import os
import pathlib
import shutil
import statistics
import subprocess
import sys
import time

import bench_link
import bench_nfs
import rig

RTTS = [0, 20]          # ms
BASE, NFS = "sshfs", "nfs"
SSH_PORT = 2222
# files at 0 ms; a tenth where there are round trips
FILES = 1000
PIECE = 1024 * 1024
SMALL = os.urandom(4096)
LIMIT = 30


# --- what is done -------------------------------------------------------------

class Waited(int):
    """How much was done, and for how long nothing."""

    def __new__(cls, done, seconds):
        made = super().__new__(cls, done)
        made.seconds = seconds
        return made


def write_large(top, b, _rtt):
    """MiB/s, on the server's disk."""
    data = os.urandom(PIECE)
    fd = os.open(top / "large", os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    for _ in range(b.size):
        os.write(fd, data)
    os.fsync(fd)
    os.close(fd)
    return b.size


def read_large(top, b, _rtt):
    total = 0
    with open(top / "large", "rb", buffering=0) as f:
        while data := f.read(PIECE):
            total += len(data)
    if total != b.size * PIECE:
        raise rig.RigError("the large file has %d bytes" % total)
    return b.size


def create(top, b, rtt):
    (top / "small").mkdir()
    for number in range(b.count(rtt)):
        with open(top / "small" / ("file%d" % number), "wb") as f:
            f.write(SMALL)
    return b.count(rtt)


def read(top, b, rtt):
    for number in range(b.count(rtt)):
        if (top / "small" / ("file%d" % number)).read_bytes() != SMALL:
            raise rig.RigError("file%d is another" % number)
    return b.count(rtt)


def look(top, b, rtt):
    """As ls -l."""
    names = sum(1 for e in os.scandir(top / "small")
                if e.stat(follow_symlinks=False).st_size == len(SMALL))
    if names != b.count(rtt):
        raise rig.RigError("%d files of %d are there" % (names, b.count(rtt)))
    return names


def begin(top, _b, _rtt):
    return (top / "first").write_bytes(b"1")


STORMS, APART = 3, 1.2  # seconds


def storm(top, b, rtt):
    """The same files again and again; and one that is not there."""
    waited = 0
    for turn in range(STORMS):
        if turn:
            time.sleep(APART)
            waited += APART
        for number in range(b.count(rtt)):
            os.stat(top / "small" / ("file%d" % number))
        if (top / "small" / "none").exists():
            raise rig.RigError("there is a file that nobody has made")
    return Waited(STORMS * b.count(rtt), waited)


def change(top, b, rtt):
    """Another mode and another name."""
    for number in range(b.count(rtt)):
        old = top / "small" / ("file%d" % number)
        old.chmod(0o600)
        old.rename(top / "small" / ("other%d" % number))
    return b.count(rtt)


def remove(top, b, rtt):
    for number in range(b.count(rtt)):
        (top / "small" / ("other%d" % number)).unlink()
    (top / "small").rmdir()
    return b.count(rtt)


WORK = [("write MiB/s", write_large), ("read MiB/s", read_large),
        ("create /s", create), ("read /s", read), ("ls -l /s", look),
        ("stat /s", storm), ("change /s", change), ("remove /s", remove)]


# --- who does it --------------------------------------------------------------

def in_client(b, args):
    """In the client's network, and among our mounts."""
    return ["nsenter", "--net=/run/netns/" + b.link.client,
            *map(str, args)]


class Ours:
    def __init__(self, name, transport, option=""):
        self.name, self.transport, self.option = name, transport, option
        self.top = None

    def lacks(self):
        """What is missing here, or None."""
        return None

    def mount(self, b, top):
        port = b.rig.quic_port if self.transport == "quic" else b.rig.tcp_port
        rig.run(in_client(b, [
            rig.program("mount.smbquic"), "//%s/bench" % b.rig.name, top,
            "-o", "ip=%s,transport=%s:%d,ca=%s,username=%s%s" % (
                bench_link.FAR, self.transport, port, b.rig.ca, b.rig.user,
                self.option)]),
            env={**os.environ, "PASSWD": b.rig.password})
        return top


class Cifs(Ours):
    def lacks(self):
        subprocess.run(["modprobe", "-q", "cifs"], check=False)
        if "\tcifs\n" not in pathlib.Path("/proc/filesystems").read_text():
            return "this kernel has no cifs"
        return None

    def mount(self, b, top):
        rig.run(in_client(b, [
            "mount", "-t", "cifs", "//%s/bench" % bench_link.FAR, top, "-o",
            "ip=%s,port=%d,username=%s,password=%s,vers=3.1.1,seal,posix" % (
                bench_link.FAR, b.rig.tcp_port, b.rig.user,
                b.rig.password)]))
        return top


class Nfs(Ours):
    def lacks(self):
        return bench_nfs.lacks()

    def mount(self, b, top):
        bench_nfs.mount(lambda args: rig.run(in_client(b, args)),
                        bench_link.FAR, top)
        return top


class Sshfs(Ours):
    def lacks(self):
        if shutil.which("sshfs") is None:
            return "no sshfs (Debian package sshfs)"
        if not pathlib.Path("/usr/sbin/sshd").exists():
            return "no sshd (Debian package openssh-server)"
        return None

    def mount(self, b, top):
        rig.run(in_client(b, [
            "sshfs", "root@%s:%s" % (bench_link.FAR, b.share), top, "-p",
            SSH_PORT, "-o", "IdentityFile=%s,StrictHostKeyChecking=no,"
            "UserKnownHostsFile=/dev/null,LogLevel=ERROR" % (
                b.dir / "ssh" / "user")]))
        return top


class Beside(Ours):
    """A folder that is there already."""

    def mount(self, b, top):
        return pathlib.Path(self.transport)


CONTESTANTS = [Sshfs(BASE, "ssh"), Nfs(NFS, "nfs"),
               Cifs("cifs tcp sealed", "tcp"),
               Ours("smbquic tcp sealed", "tcp", ",seal"),
               Ours("smbquic quic", "quic")]


# --- the rest -----------------------------------------------------------------

class Bench:
    def __init__(self, directory, link, options):
        self.dir, self.link, self.size = directory, link, options.size
        self.files = 10 if options.short else options.files or FILES
        self.share = directory / "share"
        self.share.mkdir()
        self.rig = rig.Rig(directory / "rig", netns=link.server,
                           listen=bench_link.FAR, user="root")
        self.sshd = None
        self.nfs = bench_nfs.Server(link.server, directory / "nfs", self.share,
                                    bench_link.NEAR)

    def count(self, rtt):
        return self.files if rtt == 0 else max(self.files // 10, 10)

    def start_sshd(self):
        keys = self.dir / "ssh"
        keys.mkdir(mode=0o700)
        for name in ("host", "user"):
            rig.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f",
                     keys / name])
        shutil.copy(keys / "user.pub", keys / "allowed")
        config = keys / "config"
        config.write_text("\n".join(
            ["Port %d" % SSH_PORT, "ListenAddress " + bench_link.FAR,
             "HostKey %s" % (keys / "host"), "PermitRootLogin yes",
             "AuthorizedKeysFile %s" % (keys / "allowed"), "UsePAM no",
             "StrictModes no", "PidFile none",
             "Subsystem sftp internal-sftp", ""]))
        pathlib.Path("/run/sshd").mkdir(exist_ok=True)
        self.sshd = subprocess.Popen(
            ["nsenter", "--net=/run/netns/" + self.link.server,
             "/usr/sbin/sshd", "-D", "-e", "-f", str(config)],
            stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        time.sleep(1)

    def __enter__(self):
        self.rig.make()
        self.rig.add_share("bench", self.share)
        self.rig.start()
        return self

    def __exit__(self, *_):
        self.rig.stop()
        self.nfs.stop()
        if self.sshd is not None:
            self.sshd.terminate()
            self.sshd.wait()

    def attempt(self, c, work, rtt):
        """How many a second, or MiB."""
        top = self.dir / "mnt"
        top.mkdir(exist_ok=True)
        where = c.mount(self, top)
        try:
            begin = time.monotonic()
            done = work(where, self, rtt)
            waited = getattr(done, "seconds", 0)
            return done / max(time.monotonic() - begin - waited, 1e-6)
        finally:
            self.let_go(top)

    @staticmethod
    def let_go(top):
        end = time.monotonic() + LIMIT
        while os.path.ismount(top):
            subprocess.run(["umount", str(top)], check=False,
                           stderr=subprocess.DEVNULL)
            if time.monotonic() > end:
                raise rig.RigError("%s stays mounted" % top)
            time.sleep(0.05)


def measure(b, contestants, rounds):
    figures = {}
    for number in range(rounds):
        for rtt in RTTS:
            b.link.say("delay=%gms" % (rtt / 2))
            for c in contestants:
                for what, work in WORK:
                    rate = b.attempt(c, work, rtt)
                    figures.setdefault((c.name, what, rtt), []).append(rate)
                    print("round %d  %3d ms  %-20s %-12s %9.1f" % (
                        number + 1, rtt, c.name, what, rate),
                          file=sys.stderr)
    return figures


def report(figures, contestants, b, rounds):
    print("\nMounts: a file of %d MiB, %s files of 4 KiB; %d round(s), %d "
          "cores, medians" % (b.size, " / ".join(
              "%d at %d ms" % (b.count(r), r) for r in RTTS), rounds,
              os.cpu_count()))
    medians = {key: statistics.median(row) for key, row in figures.items()}
    bases = [c.name for c in contestants if c.name in (BASE, NFS)]
    for rtt in RTTS:
        print("%-22s" % ("%d ms" % rtt) + "".join(
            "%13s" % what for what, _ in WORK))
        for c in contestants:
            print("%-22s" % c.name + "".join(
                "%13.1f" % medians[c.name, what, rtt] for what, _ in WORK))
        for c in contestants:
            if not isinstance(c, Ours) or c.name in bases:
                continue
            for base in bases:
                print("%-22s" % ("  / " + base) + "".join(
                    "%13.2f" % (medians[c.name, what, rtt] /
                                medians[base, what, rtt])
                    for what, _ in WORK) + "  " + c.name)


def run(options, directory):
    known = CONTESTANTS + [
        Beside(*word.split("=", 1)) for word in options.beside or []]
    names = options.only.split(",") if options.only else \
        [c.name for c in known]
    unknown = set(names) - {c.name for c in known}
    if unknown:
        raise rig.RigError("no such contestant: %s" % ", ".join(unknown))
    contestants = []
    for c in known:
        why = c.lacks()
        if c.name in names and why:
            print("bench: %s: skipped: %s" % (c.name, why), file=sys.stderr)
        elif c.name in names:
            contestants.append(c)
    options.size = min(options.size, 256)
    with bench_link.Link(options.rounds) as between, \
            Bench(directory, between, options) as b:
        if any(isinstance(c, Sshfs) for c in contestants):
            b.start_sshd()
        if any(isinstance(c, Nfs) for c in contestants):
            b.nfs.start()
            # its grace period is over when something can be opened
            b.attempt(CONTESTANTS[1], begin, 0)
        figures = measure(b, contestants, options.rounds)
        report(figures, contestants, b, options.rounds)
