#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the benchmarks share: two namespaces with a link, and CPU time."""

import os
import resource
import time

import rig

NET = "10.234.77."
SERVER, CLIENT = NET + "1", NET + "2"


class Link:
    """Two namespaces and a veth pair between them.

    "loopback" instead of an MTU: one namespace, and its loopback."""

    def __init__(self, mtu):
        self.mtu = mtu
        tag = "sqb%d" % os.getpid()
        self.loopback = mtu == "loopback"
        self.server = tag + "s"
        self.client = self.server if self.loopback else tag + "c"
        self.address = "127.0.0.1" if self.loopback else SERVER

    def __enter__(self):
        for ns in {self.server, self.client}:
            ip("netns", "add", ns)
            ip("-n", ns, "link", "set", "lo", "up")
        if self.loopback:
            return self
        ip("link", "add", "veth0", "netns", self.server, "mtu", self.mtu,
           "type", "veth", "peer", "name", "veth0", "netns", self.client,
           "mtu", self.mtu)
        for ns, address in ((self.server, SERVER), (self.client, CLIENT)):
            ip("-n", ns, "addr", "add", address + "/24", "dev", "veth0")
            ip("-n", ns, "link", "set", "veth0", "up")
        return self

    def __exit__(self, *_):
        for ns in {self.server, self.client}:
            ip("netns", "del", ns)


def ip(*args):
    rig.run(["ip", *map(str, args)])


# --- time and CPU ---------------------------------------------------------

def children_of(pid):
    try:
        tasks = os.listdir("/proc/%d/task" % pid)
    except OSError:
        return []
    found = []
    for task in tasks:
        try:
            path = "/proc/%d/task/%s/children" % (pid, task)
            found += [int(c) for c in open(path).read().split()]
        except OSError:
            pass
    return found


def cpu_of_tree(pid):
    """CPU-seconds so far of a process, its children alive and reaped."""
    try:
        fields = open("/proc/%d/stat" % pid).read().rsplit(")", 1)[1].split()
    except OSError:
        return 0.0
    mine = sum(map(int, fields[11:15])) / os.sysconf("SC_CLK_TCK")
    return mine + sum(cpu_of_tree(child) for child in children_of(pid))


def timed(args, server_pid):
    """Run a client. Seconds, its CPU-seconds, the server's."""
    server = cpu_of_tree(server_pid)
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    begin = time.monotonic()
    rig.run(args)
    wall = time.monotonic() - begin
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    client = (after.ru_utime + after.ru_stime -
              before.ru_utime - before.ru_stime)
    time.sleep(0.3)  # a server's child may still be on its way out
    return wall, client, cpu_of_tree(server_pid) - server
