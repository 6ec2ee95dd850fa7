# SPDX-License-Identifier: GPL-3.0-or-later
"""What a client of another make sees of a share, for tests/243.

usage: peer_view.py impacket|libsmb2 SERVER PORT USER PASSWORD SHARE

Lists the shares, writes a file, lists the directory, reads the file back, asks
for its security descriptor (impacket) and deletes it. Prints one line for each
or raises. Runs in the root of scripts/peers.
"""

import ctypes
import os
import select
import sys

DATA = bytes(range(256)) * 2048
FILE = "seen by %s.bin"


def say(what, good):
    print("%s: %s" % (what, "ok" if good else "WRONG"))


# --- impacket ----------------------------------------------------------------

def impacket_view(server, port, user, password, share):
    from impacket import smb3structs as s
    from impacket.ldap.ldaptypes import SR_SECURITY_DESCRIPTOR
    from impacket.smbconnection import SMBConnection

    dialect = s.SMB2_DIALECT_311
    conn = SMBConnection(server, "127.0.0.1", sess_port=port,
                         preferredDialect=dialect)
    conn.login(user, password)
    say("dialect", conn.getDialect() == dialect)
    names = [e["shi1_netname"][:-1] for e in conn.listShares()]
    say("shares", share in names and "IPC$" in names)
    tree = conn.connectTree(share)
    name = FILE % "impacket"
    file = conn.createFile(tree, name)
    done = 0
    while done < len(DATA):
        done += conn.writeFile(tree, file, DATA[done:done + 65536], done)
    conn.closeFile(tree, file)
    entries = {e.get_longname(): e.get_filesize()
               for e in conn.listPath(share, "*")}
    say("list", entries.get(name) == len(DATA) and "." in entries)
    file = conn.openFile(tree, name,
                         desiredAccess=s.READ_CONTROL | s.FILE_READ_DATA)
    back = b""
    while len(back) < len(DATA):
        back += conn.readFile(tree, file, len(back), 65536)
    say("read", back == DATA)
    blob = conn.getSMBServer().queryInfo(
        tree, file, infoType=s.SMB2_0_INFO_SECURITY, fileInfoClass=0,
        additionalInformation=s.OWNER_SECURITY_INFORMATION |
        s.GROUP_SECURITY_INFORMATION | s.DACL_SECURITY_INFORMATION)
    sd = SR_SECURITY_DESCRIPTOR(data=blob)
    say("acl", sd["OwnerSid"].formatCanonical().startswith("S-1-") and
        sd["GroupSid"].formatCanonical().startswith("S-1-") and
        len(sd["Dacl"].aces) > 0)
    conn.closeFile(tree, file)
    conn.deleteFile(share, name)
    say("delete", name not in
        [e.get_longname() for e in conn.listPath(share, "*")])
    conn.logoff()


# --- libsmb2 -----------------------------------------------------------------

class Stat(ctypes.Structure):
    _fields_ = ([("type", ctypes.c_uint32), ("nlink", ctypes.c_uint32)] +
                [(n, ctypes.c_uint64) for n in
                 "ino size atime atime_ns mtime mtime_ns ctime ctime_ns "
                 "btime btime_ns".split()])


class Dirent(ctypes.Structure):
    _fields_ = [("name", ctypes.c_char_p), ("st", Stat)]


class Utf16(ctypes.Structure):
    _fields_ = [("max", ctypes.c_uint32), ("offset", ctypes.c_uint32),
                ("actual", ctypes.c_uint32), ("utf16", ctypes.c_void_p),
                ("utf8", ctypes.c_char_p)]


class ShareInfo1(ctypes.Structure):
    _fields_ = [("name", Utf16), ("type", ctypes.c_uint32), ("remark", Utf16)]


class Array1(ctypes.Structure):
    _fields_ = [("count", ctypes.c_uint32),
                ("info", ctypes.POINTER(ShareInfo1))]


class Container1(ctypes.Structure):
    _fields_ = [("count", ctypes.c_uint32), ("array", ctypes.POINTER(Array1))]


class EnumUnion(ctypes.Structure):
    _fields_ = [("level", ctypes.c_uint32), ("one", Container1)]


class EnumStruct(ctypes.Structure):
    _fields_ = [("level", ctypes.c_uint32), ("info", EnumUnion)]


class EnumReply(ctypes.Structure):
    _fields_ = [("status", ctypes.c_uint32), ("ses", EnumStruct),
                ("total", ctypes.c_uint32), ("resume", ctypes.c_uint32)]


CALLBACK = ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_int,
                            ctypes.c_void_p, ctypes.c_void_p)


class Smb2:
    """One share of the library's blocking calls."""

    def __init__(self, server, port, user, password, share):
        self.lib = ctypes.CDLL("libsmb2.so.6")
        for name in ("smb2_init_context", "smb2_opendir", "smb2_open"):
            getattr(self.lib, name).restype = ctypes.c_void_p
        self.lib.smb2_readdir.restype = ctypes.POINTER(Dirent)
        self.lib.smb2_get_error.restype = ctypes.c_char_p
        self.ctx = ctypes.c_void_p(self.lib.smb2_init_context())
        self.call("set_version", 0x0311)
        self.call("set_security_mode", 1)
        self.call("set_sign", 1)
        self.call("set_authentication", 1)  # NTLM
        self.call("set_user", user.encode())
        self.call("set_password", password.encode())
        self.good("connect_share", ("%s:%d" % (server, port)).encode(),
                  share.encode(), user.encode())

    def call(self, name, *args):
        return getattr(self.lib, "smb2_" + name)(self.ctx, *args)

    def good(self, name, *args):
        result = self.call(name, *args)
        if result is None or (isinstance(result, int) and result < 0):
            raise RuntimeError("%s: %s" % (name, self.error()))
        return result

    def error(self):
        return self.call("get_error").decode(errors="replace")

    def close(self):
        self.call("disconnect_share")
        self.call("destroy_context")

    def shares(self):
        names, ended = [], []

        def done(_ctx, status, reply, _data):
            if status == 0:
                rep = ctypes.cast(reply, ctypes.POINTER(EnumReply)).contents
                one = rep.ses.info.one
                for i in range(one.count):
                    names.append(one.array[0].info[i].name.utf8.decode())
            ended.append(status)

        callback = CALLBACK(done)
        self.good("share_enum_async", 1, callback, None)
        while not ended:
            poll = select.poll()
            poll.register(self.call("get_fd"), self.call("which_events"))
            for _fd, events in poll.poll(10000) or [(0, 0)]:
                self.good("service", events)
        return names


def libsmb2_view(server, port, user, password, share):
    ipc = Smb2(server, port, user, password, "IPC$")
    names = ipc.shares()
    say("shares", share in names and "IPC$" in names)
    ipc.close()

    smb = Smb2(server, port, user, password, share)
    name = (FILE % "libsmb2").encode()
    file = ctypes.c_void_p(smb.good("open", name, os.O_WRONLY | os.O_CREAT))
    done = 0
    while done < len(DATA):
        done += smb.good("pwrite", file, DATA[done:done + 65536],
                         min(65536, len(DATA) - done),
                         ctypes.c_uint64(done))
    smb.good("fsync", file)
    smb.good("close", file)
    entries = {}
    folder = ctypes.c_void_p(smb.good("opendir", b""))
    entry = smb.call("readdir", folder)
    while entry:
        entries[entry[0].name] = entry[0].st.size
        entry = smb.call("readdir", folder)
    smb.call("closedir", folder)
    say("list", entries.get(name) == len(DATA) and b"." in entries)
    file = ctypes.c_void_p(smb.good("open", name, os.O_RDONLY))
    back = b""
    while len(back) < len(DATA):
        buf = ctypes.create_string_buffer(65536)
        count = smb.good("pread", file, buf, 65536,
                         ctypes.c_uint64(len(back)))
        back += buf.raw[:count]
    say("read", back == DATA)
    smb.good("close", file)
    smb.good("unlink", name)
    st = Stat()
    say("delete", smb.call("stat", name, ctypes.byref(st)) < 0)
    smb.close()


def main():
    what, server, port, user, password, share = sys.argv[1:]
    view = {"impacket": impacket_view, "libsmb2": libsmb2_view}[what]
    view(server, int(port), user, password, share)


if __name__ == "__main__":
    main()
