# SPDX-License-Identifier: GPL-3.0-or-later
"""Opens the sealed messages of one connection with what its bytes and the user's
password say alone (MS-SMB2 3.1.4.3), by OpenSSL, which neither client nor server
uses: with the agreed cipher and the key for that direction, or not at all.

    s = Seals(signatures)              those of the same connection
    s.message(is_response, message)    each one, in their order
    s.opened, s.closed                 how many there were of each
    s.plain                            what was in those that were opened"""
import hmac
import os
import struct
import subprocess
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from signature_view import NEGOTIATE  # noqa: E402  pylint: disable=C0413

HEADER = 52
AES_128_CCM, AES_128_GCM, AES_256_CCM, AES_256_GCM = 1, 2, 3, 4
BITS = {AES_128_CCM: 128, AES_128_GCM: 128, AES_256_CCM: 256, AES_256_GCM: 256}
GCM = (AES_128_GCM, AES_256_GCM)


def derive(key, label, context, bits):
    return hmac.digest(key, b"\0\0\0\1" + label + b"\0" + context +
                       struct.pack(">I", bits), "sha256")[:bits // 8]


def counter_block(cipher, nonce):
    """Of the first byte: both modes are counter mode (RFC 3610, SP 800-38D)."""
    if cipher in GCM:
        return nonce[:12] + struct.pack(">I", 2)
    return b"\3" + nonce[:11] + struct.pack(">I", 1)


def counter_mode(cipher, key, nonce, data):
    return subprocess.run(
        ["openssl", "enc", "-d", "-aes-%d-ctr" % BITS[cipher], "-K", key.hex(),
         "-iv", counter_block(cipher, nonce).hex()],
        input=data, stdout=subprocess.PIPE, check=True).stdout


class Seals:
    def __init__(self, signatures):
        self.signatures = signatures
        self.cipher = AES_128_CCM
        self.opened = self.closed = 0
        self.plain = b""

    def message(self, is_response, message):
        if message[:4] == b"\xfeSMB":
            self._negotiated(message)
        elif message[:4] == b"\xfdSMB":
            plain = self._open(is_response, message)
            self.opened += plain is not None
            self.closed += plain is None
            self.plain += plain or b""

    def _negotiated(self, m):
        command, = struct.unpack_from("<H", m, 12)
        if command != NEGOTIATE or not m[16] & 1:
            return
        dialect, contexts = struct.unpack_from("<HH", m, 68)
        at, = struct.unpack_from("<I", m, 124)
        for _ in range(contexts if dialect == 0x0311 else 0):
            kind, length = struct.unpack_from("<HH", m, at)
            if kind == 2:
                self.cipher, = struct.unpack_from("<H", m, at + 10)
            at += (8 + length + 7) // 8 * 8

    def _key(self, is_response):
        s = self.signatures
        if s.dialect == 0x0311:
            label = b"SMBS2CCipherKey\0" if is_response else \
                b"SMBC2SCipherKey\0"
            return derive(s.ntlm, label, s.hash, BITS[self.cipher])
        return derive(s.ntlm, b"SMB2AESCCM\0", b"ServerOut\0" if is_response
                      else b"ServerIn \0", 128)

    def _open(self, is_response, m):
        """None: it is not what it says it is."""
        size, = struct.unpack_from("<I", m, 36)
        if self.signatures.key is None or self.cipher not in BITS:
            return None
        plain = counter_mode(self.cipher, self._key(is_response), m[20:36],
                             m[HEADER:])
        whole = len(plain) == size and (
            plain[:4] == b"\xfcSMB" or plain[:6] == b"\xfeSMB\x40\0" and
            plain[40:48] in (m[44:52], b"\xff" * 8) and
            (plain[16] & 1) == is_response)
        return plain if whole else None
