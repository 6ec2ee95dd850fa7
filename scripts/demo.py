#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Serve and copy for real, on this machine alone.

    scripts/demo                 copy a tree and a large file over QUIC, there
                                 and back, and compare checksums
    scripts/demo --keep          the same, then leave the server running and
                                 print the client's command
    scripts/demo /some/folder    serve that folder (read only) until ^C

Everything is made in a temporary directory: a throw-away CA, a server
certificate and its mapping, one user, one share, and smbquicd on unprivileged
ports of loopback. Options: --no-setup (take what is built), --size MIB,
--files N, --port N (QUIC; TCP is the next one; without it 14433, or another
pair when those are taken).
"""

import argparse
import getpass
import hashlib
import os
import pathlib
import shutil
import signal
import socket
import sys
import tempfile
import time

SCRIPTS = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(SCRIPTS))
import rig  # noqa: E402


def say(text=""):
    print(text, flush=True)


def collect_tree(target, wanted):
    """Copy real files of this system, names and depths as they come. Of names
    that differ in case alone a share has room for one."""
    count = size = 0
    taken = set()
    for top, folders, files in os.walk("/usr/share"):
        folders.sort()
        for name in sorted(files):
            source = pathlib.Path(top) / name
            if not source.is_file() or source.is_symlink() or \
                    source.stat().st_size > 256 << 10:
                continue
            name = source.relative_to("/usr/share")
            if str(name).lower() in taken:
                continue
            taken.add(str(name).lower())
            copy = target / name
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source, copy)
            count += 1
            size += copy.stat().st_size
            if count == wanted:
                return count, size
    return count, size


def make_large(path, mib):
    with open(path, "wb") as out:
        for _ in range(mib):
            out.write(os.urandom(1 << 20))


def checksum(path):
    digest = hashlib.sha256()
    with open(path, "rb") as data:
        while block := data.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()


def checksums(top):
    return {str(p.relative_to(top)): checksum(p)
            for p in sorted(top.rglob("*")) if p.is_file()}


def compare(what, sent, back):
    if sent != back:
        missing = sorted(set(sent) ^ set(back))[:5]
        raise rig.RigError("%s: what came back differs%s" % (
            what, ": " + ", ".join(missing) if missing else ""))


def timed(what, size, action):
    begin = time.monotonic()
    action()
    seconds = time.monotonic() - begin
    say("  %-44s %7.2f s  %7.1f MiB/s" % (
        what, seconds, size / (1 << 20) / seconds))


def is_free(port):
    """For QUIC, and the next one for TCP."""
    try:
        with socket.socket(type=socket.SOCK_DGRAM) as udp, \
                socket.socket() as tcp:
            udp.bind(("127.0.0.1", port))
            tcp.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            tcp.bind(("127.0.0.1", port + 1))
    except OSError:
        return False
    return True


def choose_port():
    for port in range(14433, 15433, 2):
        if is_free(port):
            return port
    raise rig.RigError("no ports are free from 14433 on: --port names one")


class Demo:
    """One run in one directory."""

    def __init__(self, directory, options):
        self.dir, self.options = directory, options
        self.share = directory / "share"
        self.share.mkdir()
        # As root the files are opened as the user's own account.
        port = options.port or choose_port()
        self.rig = rig.Rig(directory / "server", user=getpass.getuser(),
                           quic_port=port, tcp_port=port + 1)

    def client(self, command, share="demo"):
        return self.rig.client(share, command, transport="quic",
                               options=["-q"])

    def serve(self, folder, **settings):
        self.rig.make()
        self.rig.add_share("demo", folder, **settings)
        self.rig.start()
        say("smbquicd serves %s on UDP %s:%d (QUIC) and TCP %d" % (
            folder, self.rig.listen, self.rig.quic_port, self.rig.tcp_port))

    def negotiated(self):
        say("\nWhat client and server agreed on:")
        for line in self.client("showconnect").splitlines():
            say("  " + line)

    def copy_tree(self):
        tree = self.dir / "tree"
        tree.mkdir()
        count, size = collect_tree(tree, self.options.files)
        sent = checksums(tree)
        back = self.dir / "tree-back"
        back.mkdir()
        say("\nA tree of %d files, %.1f MiB:" % (count, size / (1 << 20)))
        timed("to the server (mput)", size, lambda: self.client(
            'recurse; prompt off; mkdir tree; cd tree; lcd "%s"; mput *' %
            tree))
        timed("and back (mget)", size, lambda: self.client(
            'recurse; prompt off; cd tree; lcd "%s"; mget *' % back))
        compare("the tree", sent, checksums(back))
        say("  %d checksums agree" % count)

    def copy_large(self):
        mib = self.options.size
        large, back = self.dir / "large", self.dir / "large-back"
        make_large(large, mib)
        say("\nA file of %d MiB:" % mib)
        timed("to the server (put)", mib << 20, lambda: self.client(
            'put "%s" large' % large))
        timed("and back (get)", mib << 20, lambda: self.client(
            'get large "%s"' % back))
        compare("the large file", checksum(large), checksum(back))
        say("  the checksums agree")
        large.unlink()
        back.unlink()

    def command_line(self):
        args = self.rig.client_args("//%s/demo" % self.rig.name,
                                    transport="auto")
        return " ".join(args)

    def wait(self):
        say("\nTry it from another terminal:\n  %s" % self.command_line())
        say("\nThe server runs until ^C (process %d, log %s)." % (
            self.rig.server.pid, self.rig.log))
        try:
            self.rig.server.wait()
        except KeyboardInterrupt:
            say("\nstopping")


def run(options):
    directory = pathlib.Path(tempfile.mkdtemp(prefix="smbquic-demo-"))
    directory.chmod(0o755)
    demo = Demo(directory, options)
    try:
        if options.folder:
            folder = pathlib.Path(options.folder).resolve()
            if not folder.is_dir():
                raise rig.RigError("%s is not a folder" % folder)
            demo.serve(folder, **{"read only": "yes"})
            demo.wait()
            return
        demo.serve(demo.share)
        demo.negotiated()
        demo.copy_tree()
        demo.copy_large()
        say("\nAll of it went over QUIC and came back as it was.")
        if options.keep:
            demo.wait()
    finally:
        demo.rig.stop()
        shutil.rmtree(directory, ignore_errors=True)


def main():
    parser = argparse.ArgumentParser(
        prog="scripts/demo", description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", nargs="?")
    parser.add_argument("--keep", action="store_true")
    parser.add_argument("--no-setup", action="store_true",
                        help="take what is built (scripts/demo knows it)")
    parser.add_argument("--size", type=int, default=1024, metavar="MIB")
    parser.add_argument("--files", type=int, default=4000, metavar="N")
    parser.add_argument("--port", type=int, metavar="N")
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        run(options)
    except rig.RigError as error:
        sys.exit("demo: %s" % error)
    except KeyboardInterrupt:
        sys.exit(130)


if __name__ == "__main__":
    main()
