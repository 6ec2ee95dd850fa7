# SPDX-License-Identifier: GPL-3.0-or-later
"""Samba's smbclient of the peer root (scripts/peers), as benchmarks run it."""

import pathlib
import subprocess

PEERS = pathlib.Path(__file__).resolve().parent / "peers"


def usable():
    """Is there a peer root?"""
    return subprocess.run([PEERS, "where"], stdout=subprocess.DEVNULL,
                          check=False).returncode == 0


def enter(netns):
    """Before a command of the peer root, in that namespace."""
    return [str(PEERS), "enter", "-n", netns]


def command(made, address, what, options):
    """Against the share "bench" of a server at address.

    @param made  the rig.Rig whose name and user it has."""
    return ["smbclient", "//%s/bench" % made.name, "-I", address, "-U",
            "%s%%%s" % (made.user, made.password), *options, "-c", what]


def tcp_sealed(port):
    return ["-p", str(port), "--client-protection=encrypt"]


def tcp_signed(port):
    return ["-p", str(port), "--client-protection=sign"]


def quic(made):
    """Sealed once, by QUIC, as ours is."""
    return ["--option=client smb transports=quic:%d" % made.quic_port,
            "--option=tls cafile=%s" % made.ca,
            "--option=tls verify peer=ca_and_name",
            "--option=client smb encryption over quic=no"]
