# SPDX-License-Identifier: GPL-3.0-or-later
"""scripts/bench meta: small operations a second, ours beside Samba's smbd,
over TCP on loopback, on the same directory in memory, by the same client
(tests/meta_perf.c). The two take turns; what is printed are medians."""

import os
import pathlib
import signal
import statistics
import subprocess
import time

import rig

PEERS = pathlib.Path(__file__).resolve().parent / "peers"
WHAT = ("opens", "stats", "entries", "reads", "creates")
OURS, SMBD = 4451, 4461
TARGET = 1.5


def perf(user, port, *what, seconds=2):
    out = rig.run([rig.BUILD / "tests" / "meta_perf", "-p", port,
                   "-U", user.user, "-P", user.password,
                   "-s", seconds, "bench", *what])
    return {name: float(value) for name, value in
            (line.split() for line in out.splitlines())}


def start_smbd(directory, share, user):
    """Signing and leases as ours has them; all else Samba's defaults."""
    state = directory / "samba"
    state.mkdir()
    conf = state / "smb.conf"
    keys = ("private dir", "lock directory", "state directory",
            "cache directory", "pid directory", "ncalrpc dir")
    conf.write_text("\n".join(
        ["[global]", "smb ports = %d" % SMBD, "server role = standalone",
         "load printers = no", "disable spoolss = yes", "log level = 0",
         "log file = %s/log" % state, "interfaces = lo",
         "bind interfaces only = yes",
         "passdb backend = smbpasswd:%s/smbpasswd" % state] +
        ["%s = %s" % (key, state) for key in keys] +
        ["[bench]", "path = %s" % share, "read only = no",
         "vfs objects = acl_xattr", ""]))
    rig.run([PEERS, "enter", "smbpasswd", "-c", conf, "-L", "-s", "-a",
             user.user], input=(user.password + "\n") * 2)
    # smbd ends by a signal to its whole process group
    smbd = subprocess.Popen(
        [str(PEERS), "enter", "smbd", "-F", "--no-process-group",
         "-s", str(conf)], stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        start_new_session=True)
    time.sleep(2)
    return smbd


def measure(user, rounds):
    figures = {port: {what: [] for what in WHAT} for port in (OURS, SMBD)}
    for round_ in range(rounds):
        for port in (OURS, SMBD) if round_ % 2 == 0 else (SMBD, OURS):
            for what, value in perf(user, port, *WHAT).items():
                figures[port][what].append(value)
    return figures


def report(figures, rounds):
    """@return the targets that were missed."""
    missed = []
    print("%d rounds, %d cores, a second, medians (range)" % (
        rounds, os.cpu_count()))
    print("%-10s %24s %24s %7s" % ("", "smbquicd", "smbd", "ratio"))
    for what in WHAT:
        cells, medians = [], []
        for port in (OURS, SMBD):
            values = figures[port][what]
            medians.append(statistics.median(values))
            cells.append("%9.0f (%.0f..%.0f)" % (
                medians[-1], min(values), max(values)))
        ratio = medians[0] / medians[1]
        print("%-10s %24s %24s %7.2f%s" % (
            what, *cells, ratio, "" if ratio >= TARGET else " below %.1f" %
            TARGET))
        if ratio < TARGET:
            missed.append("%s: %.2f times smbd's, not %.1f" % (what, ratio,
                                                               TARGET))
    return missed


def run(options, directory):
    share = directory / "share"
    share.mkdir()
    share.chmod(0o777)
    ours = rig.Rig(directory / "rig", user="root", quic_port=4450,
                   tcp_port=OURS)
    ours.make()
    ours.add_share("bench", share)
    ours.set("server signing", "auto")
    ours.start()
    smbd = None
    try:
        smbd = start_smbd(directory, share, ours)
        perf(ours, OURS, "prepare")
        return report(measure(ours, options.rounds), options.rounds)
    finally:
        ours.stop()
        if smbd is not None:
            os.killpg(smbd.pid, signal.SIGTERM)
            smbd.wait(20)
