# SPDX-License-Identifier: GPL-3.0-or-later
"""A throw-away server: what demo, bench and the script tests have in common.

A Rig is a directory with a CA, a server certificate, its mapping, one user
and a configuration, made with the same programs an administrator uses, and
the smbquicd that serves them on ports of loopback. Leaving the context stops
the server; the directory belongs to the caller.

    with Rig(directory) as rig:
        rig.add_share("data", "/srv/data")
        rig.start()
        rig.client("data", "ls")

From a shell it only makes the directory; the caller starts smbquicd:

    python3 scripts/rig.py DIR --user USER --quic-port N --tcp-port N
        [--set 'key = value']... [--share 'name|path|key = value|...']...
"""

import argparse
import os
import pathlib
import signal
import subprocess
import sys
import time

TOP = pathlib.Path(__file__).resolve().parent.parent
BUILD = pathlib.Path(os.environ.get("SMBQUIC_BUILD", TOP / "build"))


class RigError(Exception):
    """Something of the rig did not work; the text says what and why."""


def program(name):
    path = BUILD / "bin" / name
    if not path.exists():
        raise RigError("%s is not built: ./waf configure build" % path)
    return str(path)


def run(args, **kwargs):
    """Run a command; its output on failure goes into the error."""
    done = subprocess.run([str(a) for a in args], text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          check=False, **kwargs)
    if done.returncode != 0:
        raise RigError("%s\n%s(exit status %d)" % (
            " ".join(str(a) for a in args), done.stdout, done.returncode))
    return done.stdout


class Rig:
    """See the module's text. Ports 0 are not possible: name free ones."""

    def __init__(self, directory, name="files.smbquic.test", quic_port=4433,
                 tcp_port=4450, user="demo", password="Demo-1234",
                 netns=None, listen=None):
        self.dir = pathlib.Path(directory)
        self.name, self.user, self.password = name, user, password
        self.quic_port, self.tcp_port = quic_port, tcp_port
        self.netns = netns
        self.listen = listen or "127.0.0.1"
        self.short_name = name.split(".")[0]  # as NetBIOS minds ask for it
        self.ca = self.dir / "ca.pem"
        self.config = self.dir / "smbquic.conf"
        self.log = self.dir / "smbquicd.log"
        self.pid_file = self.dir / "smbquicd.pid"
        self.shares, self.settings = [], {}
        self.server = None

    def __enter__(self):
        self.make()
        return self

    def __exit__(self, *_):
        self.stop()

    # --- what is made once -------------------------------------------------

    def make(self):
        self.write_config()
        certmap = program("smbquic-certmap")
        map_file = self.dir / "certmap.conf"
        if not self.ca.exists():
            run([certmap, "make", "ca", "--name", "smbquic throw-away CA",
                 "--certificate", self.ca, "--key", self.dir / "ca.key"])
            run([certmap, "make", "server", "--name", self.name,
                 "--name", self.short_name,
                 "--name", "localhost", "--name", "127.0.0.1",
                 "--ca", self.ca, "--ca-key", self.dir / "ca.key",
                 "--certificate", self.dir / "server.pem",
                 "--key", self.dir / "server.key"])
        for name in (self.name, self.short_name, "localhost"):
            if not map_file.exists() or \
                    "[%s]" % name not in map_file.read_text():
                run([certmap, "-s", self.config, "new", "--name", name,
                     "--certificate", self.dir / "server.pem",
                     "--key", self.dir / "server.key",
                     "--flags", "AllowNamedPipe"])
        self.add_user(self.user, self.password)

    def add_user(self, user, password):
        run([program("smbquic-passwd"), "-c", self.config, "add", user, "-s"],
            input=password + "\n" + password + "\n")

    def add_share(self, name, path, **settings):
        settings = {"path": path, "read only": "no", **settings}
        self.shares.append((name, settings))
        self.write_config()

    def set(self, key, value):
        self.settings[key] = value
        self.write_config()

    def write_config(self):
        self.dir.mkdir(parents=True, exist_ok=True)
        os.chmod(self.dir, 0o755)
        lines = ["[global]"]
        base = {
            "server smb transports":
                "quic:%d, tcp:%d" % (self.quic_port, self.tcp_port),
            "interfaces": self.listen,
            "bind interfaces only": "yes",
            "smb passwd file": self.dir / "smbpasswd",
            "certificate map file": self.dir / "certmap.conf",
            "state directory": self.dir / "state",
            "pid file": self.pid_file,
        }
        base.update(self.settings)
        lines += ["\t%s = %s" % item for item in base.items()]
        for name, settings in self.shares:
            lines.append("[%s]" % name)
            lines += ["\t%s = %s" % item for item in settings.items()]
        self.config.write_text("\n".join(lines) + "\n")

    # --- the server ----------------------------------------------------------

    def start(self, *options, timeout=20, env=None):
        """Start smbquicd and wait until it says that it is ready."""
        args = [program("smbquicd"), "-F", "-s", str(self.config), *options]
        if self.netns:
            args = ["ip", "netns", "exec", self.netns] + args
        with open(self.log, "ab") as log:
            begin = log.tell()
            self.server = subprocess.Popen(
                args, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                env={**os.environ, **(env or {})})
        end = time.monotonic() + timeout
        while time.monotonic() < end:
            text = self.log_text(begin)
            if "ready: " in text:
                return
            if self.server.poll() is not None:
                break
            time.sleep(0.02)
        text = self.log_text(begin)
        self.stop()
        raise RigError("smbquicd did not become ready:\n" + text)

    def log_text(self, begin=0):
        with open(self.log, "rb") as log:
            log.seek(begin)
            return log.read().decode(errors="replace")

    def stop(self, how=signal.SIGTERM, timeout=15):
        """Stop the server; returns its exit status."""
        if self.server is None:
            return None
        server, self.server = self.server, None
        if server.poll() is None:
            server.send_signal(how)
        try:
            return server.wait(timeout)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait()
            raise RigError("smbquicd did not stop within %d s:\n%s" % (
                timeout, self.log_text()[-2000:])) from None

    # --- the client -----------------------------------------------------------

    def client_args(self, target, command=None, transport="auto", user=None,
                    options=()):
        ports = {"auto": "quic:%d,tcp:%d" % (self.quic_port, self.tcp_port),
                 "quic": "quic:%d" % self.quic_port,
                 "tcp": "tcp:%d" % self.tcp_port}
        if user is None:
            user = "%s%%%s" % (self.user, self.password)
        args = [program("smbquic-client"), target, "-U", user,
                "-I", self.listen, "--transport=" + ports[transport],
                "--ca=%s" % self.ca, *options]
        if command is not None:
            args += ["-c", command]
        return args

    def client(self, share, command, **kwargs):
        """Run a command of the shell; its output. Raises on a failure."""
        return run(self.client_args("//%s/%s" % (self.name, share), command,
                                    **kwargs))


def main():
    parser = argparse.ArgumentParser(description="make a rig's directory")
    parser.add_argument("directory")
    parser.add_argument("--name", default="files.smbquic.test")
    parser.add_argument("--user", default="root")
    parser.add_argument("--password", default="Demo-1234")
    parser.add_argument("--listen", default="127.0.0.1")
    parser.add_argument("--quic-port", type=int, required=True)
    parser.add_argument("--tcp-port", type=int, required=True)
    parser.add_argument("--set", action="append", default=[])
    parser.add_argument("--share", action="append", default=[])
    o = parser.parse_args()
    made = Rig(o.directory, name=o.name, user=o.user, password=o.password,
               quic_port=o.quic_port, tcp_port=o.tcp_port, listen=o.listen)
    for setting in o.set:
        key, _, value = setting.partition("=")
        made.settings[key.strip()] = value.strip()
    for share in o.share:
        name, path, *settings = share.split("|")
        made.add_share(name, path, **{
            key.strip(): value.strip() for key, _, value in
            (setting.partition("=") for setting in settings)})
    try:
        made.make()
    except RigError as error:
        sys.exit("rig: %s" % error)


if __name__ == "__main__":
    main()
