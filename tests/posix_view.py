# SPDX-License-Identifier: GPL-3.0-or-later
"""The POSIX extensions and reparse points, as Samba's client speaks them.

usage: posix_view.py SERVER USER PASSWORD SHARE [OPTION=VALUE...]

Prints a line for each promise. Runs in the root of scripts/peers.
"""

import stat
import struct
import sys

from samba import NTSTATUSError, credentials, ntstatus, reparse_symlink
from samba.dcerpc import security, smb3posix
from samba.ndr import ndr_unpack
from samba.samba3 import libsmb_samba_internal as libsmb
from samba.samba3 import param as s3param


OPEN_REPARSE_POINT = 0x200000
FILE_RENAME_INFORMATION = 10


def say(what, good):
    print("%s: %s" % (what, "ok" if good else "WRONG"), flush=True)


class View:
    def __init__(self, server, user, password, share, options):
        self.server, self.share = server, share
        self.lp = s3param.get_context()
        self.lp.load("/dev/null")
        for option in options:
            key, _, value = option.partition("=")
            self.lp.set(key, value)
        self.creds = credentials.Credentials()
        self.creds.guess(self.lp)
        self.creds.set_username(user)
        self.creds.set_password(password)

    def conn(self, posix=True, **more):
        return libsmb.Conn(self.server, self.share, self.lp, self.creds,
                           posix=posix, **more)


def context(mode):
    wire = libsmb.unix_mode_to_wire(stat.S_IFREG | mode)
    return [(libsmb.SMB2_CREATE_TAG_POSIX, wire.to_bytes(4, "little"))]


def refused(status, call, *args, **more):
    try:
        call(*args, **more)
    except NTSTATUSError as e:
        if e.args[0] != status:
            print("got", e)
        return e.args[0] == status
    return False


def make(c, name, mode=0o644, options=0, access=security.SEC_STD_ALL |
         security.SEC_FILE_ALL, disposition=libsmb.FILE_CREATE):
    return c.create_ex(name, DesiredAccess=access, CreateOptions=options,
                       ShareAccess=7, CreateDisposition=disposition,
                       CreateContexts=context(mode))


def names(c, mask="*"):
    return [e["name"] for e in
            c.list("", mask=mask,
                   info_level=libsmb.SMB2_FIND_POSIX_INFORMATION)]


def remove(c, name, options=0):
    f, _, _ = c.create_ex(
        name, DesiredAccess=security.SEC_STD_DELETE, ShareAccess=7,
        CreateOptions=options | OPEN_REPARSE_POINT,
        CreateDisposition=libsmb.FILE_OPEN, CreateContexts=context(0))
    c.delete_on_close(f, True)
    c.close(f)


def rename(c, old, new, replace=True):
    f, _, _ = c.create_ex(
        old, DesiredAccess=security.SEC_STD_DELETE, ShareAccess=7,
        CreateOptions=OPEN_REPARSE_POINT,
        CreateDisposition=libsmb.FILE_OPEN, CreateContexts=context(0))
    name = new.encode("utf-16-le")
    try:
        c.sfileinfo(f, 1, FILE_RENAME_INFORMATION,
                    struct.pack("<B15xI", replace, len(name)) + name)
    finally:
        c.close(f)


def load(c, name):
    f, _, _ = c.create_ex(
        name, DesiredAccess=security.SEC_FILE_READ_DATA, ShareAccess=7,
        CreateDisposition=libsmb.FILE_OPEN, CreateContexts=context(0))
    data = c.read(f, 0, 1000)
    c.close(f)
    return data


def negotiation(v):
    say("negotiated", v.conn().have_posix())
    say("not asked for", not v.conn(posix=False).have_posix())
    say("another version", not v.conn(
        posix=False, negotiate_contexts=[(0x100, b"0123456789012345")]
    ).have_posix())
    say("malformed", refused(
        ntstatus.NT_STATUS_INVALID_PARAMETER, v.conn, posix=False,
        negotiate_contexts=[(0x100, b"01234")]))


def creating(v, c):
    # set-user-id and set-group-id of a file are nobody's to give
    f, _, out = make(c, "file", 0o6640)
    cc = ndr_unpack(smb3posix.smb3_posix_cc_info, out[0][1])
    say("mode of a file", cc.posix_mode & 0o7777 == 0o640)
    say("its group", str(cc.group).startswith("S-1-22-2-"))
    c.close(f)
    f, _, out = make(c, "dir", 0o1751, libsmb.FILE_DIRECTORY_FILE)
    cc = ndr_unpack(smb3posix.smb3_posix_cc_info, out[0][1])
    say("mode of a directory",
        libsmb.wire_mode_to_unix(cc.posix_mode) == stat.S_IFDIR | 0o1751)
    c.close(f)
    say("malformed context", refused(
        ntstatus.NT_STATUS_INVALID_PARAMETER, c.create_ex, "",
        CreateContexts=[(libsmb.SMB2_CREATE_TAG_POSIX, b"00000")]))
    say("case counts", refused(
        ntstatus.NT_STATUS_OBJECT_NAME_NOT_FOUND, make, c, "FILE",
        disposition=libsmb.FILE_OPEN))
    f, _, _ = make(c, "FILE")
    c.close(f)
    say("both are there", {"file", "FILE"} <= set(names(c)))
    remove(c, "FILE")
    odd = ["a ", "a.", ">", "<?", 'x:y"|*', ".hidden", " \\ ", "a\\b"]
    for name in odd:
        f, _, _ = make(c, name)
        c.close(f)
    say("odd names", set(odd) <= set(names(c)))
    say("found by name", names(c, "a.") == ["a."])
    for name in odd:
        remove(c, name)
    say("odd names gone", not set(odd) & set(names(c)))
    f, _, _ = make(c, "dir/a\\b")
    c.close(f)
    rename(c, "dir/a\\b", "dir/c\\d")
    say("in a folder", [e["name"] for e in c.list(
        "dir", info_level=libsmb.SMB2_FIND_POSIX_INFORMATION)
        if e["name"][:1] != "."] == ["c\\d"])
    remove(c, "dir/c\\d")


def listing(v, c):
    found = {e["name"]: e for e in
             c.list("", info_level=libsmb.SMB2_FIND_POSIX_INFORMATION)}
    say("listed", stat.S_ISREG(found["file"]["perms"]) and
        stat.S_ISDIR(found["dir"]["perms"]) and
        stat.S_IMODE(found["dir"]["perms"]) == 0o1751)
    say("above", found[".."]["owner_sid"] == "S-1-0-0" and
        found[".."]["ino"] == 0 and found["."]["ino"] != 0)
    info = c.get_posix_fs_info()
    say("file system", info["total_blocks"] > 0)
    say("only for such", refused(
        ntstatus.NT_STATUS_INVALID_INFO_CLASS,
        v.conn(posix=False).get_posix_fs_info))
    f, _, _ = make(c, "file", disposition=libsmb.FILE_OPEN)
    info = c.qfileinfo(f, libsmb.FSCC_FILE_POSIX_INFORMATION)
    say("of an open file", info["size"] == 0 and info["nlink"] == 1)
    c.close(f)


def changing(v, c):
    f, _, _ = make(c, "file", disposition=libsmb.FILE_OPEN)
    sd = security.descriptor.from_sddl(
        "D:(A;;;;;S-1-5-88-3-%d)" % 0o6604, security.dom_sid("S-1-5-21-1-2-3"))
    c.set_sd(f, sd, security.SECINFO_DACL)
    info = c.qfileinfo(f, libsmb.FSCC_FILE_POSIX_INFORMATION)
    say("another mode", stat.S_IMODE(info["perms"]) == 0o604)
    c.close(f)


def appending(v, c):
    w = v.conn(posix=False)
    f, _, _ = make(c, "log", access=security.SEC_FILE_APPEND_DATA |
                   security.SEC_FILE_READ_DATA)
    g = w.create("log", DesiredAccess=security.SEC_FILE_APPEND_DATA,
                 ShareAccess=7, CreateDisposition=libsmb.FILE_OPEN)
    w.write(g, b"hello", 0)
    say("append: not elsewhere", refused(
        ntstatus.NT_STATUS_INVALID_PARAMETER, c.write, f, b"no", 0))
    say("append: not by others", refused(
        ntstatus.NT_STATUS_INVALID_PARAMETER, w.write, g, b"no",
        libsmb.VFS_PWRITE_APPEND_OFFSET))
    c.write(f, b" world", libsmb.VFS_PWRITE_APPEND_OFFSET)
    say("append: at the end", c.read(f, 0, 99) == b"hello world")
    w.close(g)
    c.close(f)
    remove(c, "log")


def removing(v, c):
    f, _, _ = make(c, "busy")
    c.write(f, b"kept", 0)
    remove(c, "busy")
    say("gone with a file open", "busy" not in names(c))
    say("still read", c.read(f, 0, 10) == b"kept")
    g, _, _ = make(c, "busy")
    say("the name is free", "busy" in names(c))
    c.close(f)
    say("the new one stays", "busy" in names(c))
    c.close(g)
    w = v.conn(posix=False)
    f = w.create("busy", DesiredAccess=security.SEC_FILE_ALL, ShareAccess=7,
                 CreateDisposition=libsmb.FILE_OPEN)
    remove(c, "busy")
    say("Windows' open keeps the name", refused(
        ntstatus.NT_STATUS_DELETE_PENDING, make, c, "busy",
        disposition=libsmb.FILE_OPEN))
    w.close(f)
    say("gone with it", "busy" not in names(c))


def renaming(v, c):
    f, _, _ = make(c, "old")
    g, _, _ = make(c, "new")
    c.write(f, b"old", 0)
    c.write(g, b"new", 0)
    rename(c, "old", "new")
    say("replaced while open", "old" not in names(c) and
        c.read(g, 0, 10) == b"new" and load(c, "new") == b"old")
    c.close(g)
    c.close(f)
    say("the new one stays", "new" in names(c))
    remove(c, "new")
    c.mkdir("d1")
    f, _, _ = make(c, "d1/f")
    c.write(f, b"below", 0)
    rename(c, "d1", "d2")
    remove(c, "d2/f")
    c.close(f)
    say("a directory in use", "d2" in names(c))
    c.rmdir("d2")


def points(v, c):
    tag = 0x80000025
    f, _, _ = make(c, "dev", 0o600)
    c.fsctl(f, libsmb.FSCTL_SET_REPARSE_POINT,
            reparse_symlink.put(tag, 0, b"asdf"), 0)
    c.close(f)
    f, _, out = make(c, "dev", disposition=libsmb.FILE_OPEN)
    cc = ndr_unpack(smb3posix.smb3_posix_cc_info, out[0][1])
    say("reparse tag", cc.reparse_tag == tag)
    say("reparse data",
        c.fsctl(f, libsmb.FSCTL_GET_REPARSE_POINT, b"", 1024) ==
        reparse_symlink.put(tag, 0, b"asdf"))
    c.close(f)
    remove(c, "dev")
    found = {e["name"]: e for e in
             c.list("", info_level=libsmb.SMB2_FIND_POSIX_INFORMATION)}
    say("a link of the machine", stat.S_ISLNK(found["link"]["perms"]) and
        found["link"]["reparse_tag"] == 0xa000000c)
    say("a pipe of the machine", stat.S_ISFIFO(found["pipe"]["perms"]) and
        found["pipe"]["reparse_tag"] == 0x80000014)
    say("not followed", refused(
        ntstatus.NT_STATUS_STOPPED_ON_SYMLINK, make, c, "link",
        disposition=libsmb.FILE_OPEN))
    say("followed for others", v.conn(posix=False).loadfile("link") == b"hi\n")
    f, _, _ = make(c, "link", options=OPEN_REPARSE_POINT,
                   access=security.SEC_FILE_READ_ATTRIBUTE,
                   disposition=libsmb.FILE_OPEN)
    say("what it says",
        c.fsctl(f, libsmb.FSCTL_GET_REPARSE_POINT, b"", 1024) ==
        reparse_symlink.symlink_put("target", "target", 0, 1))
    c.close(f)
    remove(c, "link")
    say("deleted itself", "link" not in names(c) and "target" in names(c))


def main():
    server, user, password, share, *options = sys.argv[1:]
    v = View(server, user, password, share, options)
    negotiation(v)
    c = v.conn()
    for part in (creating, listing, changing, appending, removing, renaming, points):
        part(v, c)


main()
