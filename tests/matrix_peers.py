# SPDX-License-Identifier: GPL-3.0-or-later
"""A cell of the encryption matrix, of a client of another make: a file there
and back.

    matrix_peers.py impacket|libsmb2 PORT USER PASSWORD SHARE FILE DIALECT
                    sign|seal

DIALECT is 202, 210, 300, 302 or 311.  FILE becomes "file" of the share, which
comes back to FILE.back.  impacket signs and seals when the server wants it, by
itself never.  Runs in the root of scripts/peers."""

import ctypes
import io
import os
import sys

PIECE = 65536


def impacket(port, user, password, share, path, dialect, _protection):
    from impacket.smbconnection import SMBConnection

    # by itself it would begin with SMB1's NEGOTIATE
    conn = SMBConnection("127.0.0.1", "127.0.0.1", sess_port=port,
                         preferredDialect=dialect)
    conn.login(user, password)
    with open(path, "rb") as file:
        conn.putFile(share, "file", file.read)
    back = io.BytesIO()
    conn.getFile(share, "file", back.write)
    with open(path + ".back", "wb") as file:
        file.write(back.getvalue())
    conn.close()


class Smb2:
    def __init__(self):
        self.lib = ctypes.CDLL("libsmb2.so.6")
        for name in "smb2_init_context", "smb2_open":
            getattr(self.lib, name).restype = ctypes.c_void_p
        self.lib.smb2_get_error.restype = ctypes.c_char_p
        self.ctx = ctypes.c_void_p(self.lib.smb2_init_context())

    def call(self, name, *args):
        return getattr(self.lib, "smb2_" + name)(self.ctx, *args)

    def good(self, name, *args):
        result = self.call(name, *args)
        if result is None or result < 0:
            sys.exit("%s: %s" % (name, self.call("get_error").decode()))
        return result


def libsmb2(port, user, password, share, path, dialect, protection):
    smb = Smb2()
    smb.call("set_version", dialect)
    smb.call("set_authentication", 1)  # NTLM
    smb.call("set_security_mode", 1)
    smb.call("set_sign", 1)
    smb.call("set_seal", protection == "seal")
    smb.call("set_user", user.encode())
    smb.call("set_password", password.encode())
    smb.good("connect_share", b"127.0.0.1:%d" % port, share.encode(),
             user.encode())
    with open(path, "rb") as file:
        data = file.read()
    file = ctypes.c_void_p(smb.good("open", b"file",
                                    os.O_WRONLY | os.O_CREAT | os.O_TRUNC))
    for at in range(0, len(data), PIECE):
        piece = data[at:at + PIECE]
        if smb.good("pwrite", file, piece, len(piece),
                    ctypes.c_uint64(at)) != len(piece):
            sys.exit("written by halves")
    smb.good("close", file)
    file = ctypes.c_void_p(smb.good("open", b"file", os.O_RDONLY))
    buffer = ctypes.create_string_buffer(PIECE)
    back = b""
    while len(back) < len(data):
        n = smb.good("pread", file, buffer, PIECE, ctypes.c_uint64(len(back)))
        if n == 0:
            break
        back += buffer.raw[:n]
    smb.good("close", file)
    with open(path + ".back", "wb") as out:
        out.write(back)
    smb.call("disconnect_share")
    smb.call("destroy_context")


def main():
    kind, port, user, password, share, path, dialect, protection = \
        sys.argv[1:]
    client = impacket if kind == "impacket" else libsmb2
    client(int(port), user, password, share, path, int(dialect, 16),
           protection)


main()
