# SPDX-License-Identifier: GPL-3.0-or-later
"""NFS for scripts/bench mount: the kernel's server and its client, version 4.2.

The server belongs to the network namespace that it is started in; its programs
are those of Debian's nfs-kernel-server, its state is kept in a folder of the
benchmark's.
"""

import pathlib
import shutil
import subprocess
import time

import rig

# in the server's network and among mounts of its own
START = """
set -e
mount --make-rprivate /
mkdir -p "$1" /var/lib/nfs
mount --bind "$1" /var/lib/nfs
mkdir -p /var/lib/nfs/v4recovery /var/lib/nfs/rpc_pipefs
touch /var/lib/nfs/etab /var/lib/nfs/rmtab
mount -t nfsd nfsd /proc/fs/nfsd
exportfs -i -o rw,no_root_squash,no_subtree_check,fsid=0 "$3:$2"
echo 10 >/proc/fs/nfsd/nfsv4gracetime
rpc.nfsd -N 3 -V 4.2 --no-udp 8
# nobody has anything open that he might reclaim; some kernels wait nevertheless
echo Y >/proc/fs/nfsd/v4_end_grace || true
exec rpc.mountd -F -N 2 -N 3
"""
STOP = "mount -t nfsd nfsd /proc/fs/nfsd && rpc.nfsd 0"


def lacks():
    """What is missing here, or None."""
    for module in ("nfsd", "nfsv4"):
        subprocess.run(["modprobe", "-q", module], check=False)
    known = pathlib.Path("/proc/filesystems").read_text().split()
    if "nfsd" not in known:
        return "this kernel has no server of NFS (nfsd)"
    if "nfs4" not in known:
        return "this kernel has no client of NFS 4"
    for name in ("rpc.nfsd", "rpc.mountd", "exportfs", "mount.nfs4"):
        if shutil.which(name, path="/usr/sbin:/sbin:/usr/bin") is None:
            return "no %s (Debian package nfs-kernel-server)" % name
    return None


class Server:
    """For one client, by address: names would be asked for."""

    def __init__(self, netns, state, folder, client):
        self.enter = ["nsenter", "--net=/run/netns/" + netns, "unshare", "-m"]
        self.state, self.folder, self.client = state, folder, client
        self.mountd = None

    def start(self):
        with open(str(self.state) + ".log", "wb") as log:
            self.mountd = subprocess.Popen(
                [*self.enter, "sh", "-c", START, "sh", str(self.state),
                 str(self.folder), self.client], stdin=subprocess.DEVNULL, stdout=log,
                stderr=log)
        time.sleep(2)
        if self.mountd.poll() is not None:
            raise rig.RigError(
                "the server of NFS did not start: " +
                pathlib.Path(str(self.state) + ".log").read_text())

    def stop(self):
        if self.mountd is None:
            return
        self.mountd.terminate()
        self.mountd.wait()
        subprocess.run([*self.enter, "sh", "-c", STOP], check=False)


def mount(command, address, top):
    """command(args) runs them at the client's."""
    command(["mount", "-t", "nfs4", "-o", "vers=4.2,proto=tcp",
             "%s:/" % address, top])
