# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether the signatures of one connection's messages are right, from its bytes
and the user's password alone (MS-SMB2 3.1.4.1, MS-NLMP 3.3.2); by OpenSSL, which
neither client nor server uses.

    s = Signatures(password)
    s.message(is_response, message)    each one, in their order
    s.right, s.wrong                   how many there were of each"""
import hashlib
import hmac
import os
import struct
import subprocess
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from image_view import md4  # noqa: E402  pylint: disable=C0413

NEGOTIATE, SESSION_SETUP, CANCEL = 0, 1, 12
SIGNED = 8
HMAC_SHA256, CMAC, GMAC = 0, 1, 2


def rc4(key, data):
    box, j, out = list(range(256)), 0, bytearray()
    for i in range(256):
        j = (j + box[i] + key[i % len(key)]) & 255
        box[i], box[j] = box[j], box[i]
    j = 0
    for n, byte in enumerate(data, 1):
        i = n & 255
        j = (j + box[i]) & 255
        box[i], box[j] = box[j], box[i]
        out.append(byte ^ box[(box[i] + box[j]) & 255])
    return bytes(out)


def session_key(password, authenticate):
    """Of the last message of NTLM."""
    def field(at):
        length, _, offset = struct.unpack_from("<HHI", authenticate, at)
        return authenticate[offset:offset + length]
    response, domain, user, sealed = (field(at) for at in (20, 28, 36, 52))
    flags, = struct.unpack_from("<I", authenticate, 60)
    name = user.decode("utf-16-le").upper().encode("utf-16-le") + domain
    key = hmac.digest(md4(password.encode("utf-16-le")), name, "md5")
    base = hmac.digest(key, response[:16], "md5")
    return rc4(base, sealed) if flags & 0x40000000 else base


def derive(key, label, context):
    return hmac.digest(key, b"\0\0\0\1" + label + b"\0" + context +
                       b"\0\0\0\x80", "sha256")[:16]


def openssl(key, data, *options):
    out = subprocess.run(["openssl", "mac", "-macopt", "hexkey:" + key.hex(),
                          *options], input=data, stdout=subprocess.PIPE,
                         check=True).stdout
    return bytes.fromhex(out.decode().strip())


def signature(kind, key, message):
    command, = struct.unpack_from("<H", message, 12)
    flags, = struct.unpack_from("<I", message, 16)
    message = message[:48] + bytes(16) + message[64:]
    if kind == HMAC_SHA256:
        return hmac.digest(key, message, "sha256")[:16]
    if kind == CMAC:
        return openssl(key, message, "-cipher", "AES-128-CBC", "CMAC")
    nonce = message[24:32] + struct.pack(
        "<I", (flags & 1) | (2 if command == CANCEL else 0))
    return openssl(key, message, "-cipher", "AES-128-GCM", "-macopt",
                   "hexiv:" + nonce.hex(), "GMAC")


class Signatures:
    def __init__(self, password):
        self.password = password
        self.right = self.wrong = 0
        self.dialect, self.kind = 0, HMAC_SHA256
        self.negotiated = bytes(64)
        self.hash = self.key = self.ntlm = None

    def message(self, is_response, message):
        """Those that are sealed are no matter of ours."""
        while message[:4] == b"\xfeSMB":
            following, = struct.unpack_from("<I", message, 20)
            self._one(is_response, message[:following or len(message)])
            message = message[following:] if following else b""

    def _one(self, is_response, m):
        command, = struct.unpack_from("<H", m, 12)
        status, flags = struct.unpack_from("<I4xI", m, 8)
        if command == NEGOTIATE:
            self.negotiated = hashlib.sha512(self.negotiated + m).digest()
            if is_response:
                self._agreed(m)
        elif command == SESSION_SETUP and self.key is None:
            self._logon(is_response, status, m)
        if flags & SIGNED and any(m[48:64]):
            # there is no key yet: nobody could have signed that
            good = self.key is not None and \
                signature(self.kind, self.key, m) == m[48:64]
            self.right += good
            self.wrong += not good

    def _agreed(self, m):
        self.dialect, contexts = struct.unpack_from("<HH", m, 68)
        self.kind = HMAC_SHA256 if self.dialect < 0x0300 else CMAC
        at, = struct.unpack_from("<I", m, 124)
        for _ in range(contexts if self.dialect == 0x0311 else 0):
            kind, length = struct.unpack_from("<HH", m, at)
            if kind == 8:
                self.kind, = struct.unpack_from("<H", m, at + 10)
            at += (8 + length + 7) // 8 * 8

    def _logon(self, is_response, status, m):
        if not is_response or status != 0:
            self.hash = hashlib.sha512((self.hash or self.negotiated) +
                                       m).digest()
            at = m.find(b"NTLMSSP\0\3\0\0\0")
            if not is_response and at >= 0:
                self.ntlm = session_key(self.password, m[at:])
            if is_response and status != 0xC0000016:
                self.hash = None
        elif self.ntlm:
            self.key = self.ntlm if self.dialect < 0x0300 else \
                derive(self.ntlm, b"SMB2AESCMAC\0", b"SmbSign\0") \
                if self.dialect < 0x0311 else \
                derive(self.ntlm, b"SMBSigningKey\0", self.hash)
