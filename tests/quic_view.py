# SPDX-License-Identifier: GPL-3.0-or-later
"""What Wireshark, which is told QUIC's keys and the user's password, sees of
SMB in a capture: how each connection protects its messages inside QUIC.

usage: quic_view.py CAPTURE KEYS PASSWORD PORT <CELLS

CELLS has a line for each of the last connections in the capture, in their
order; each is printed and below it what was found.  SMB's own keys are told to nobody: what is
sealed shows its commands only if it was sealed with the cipher that was agreed
on and a key of that password's, and a signature is found good likewise.  Of
AES-GMAC Wireshark's older versions cannot tell: signature_view.py does, of all
messages in the stream that Wireshark decrypts."""
import os
import subprocess
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from signature_view import Signatures  # noqa: E402  pylint: disable=C0413

TREE_CONNECT, WRITE = "3", "9"
CIPHERS = {"0x0001": "AES-128-CCM", "0x0002": "AES-128-GCM",
           "0x0003": "AES-256-CCM", "0x0004": "AES-256-GCM",
           "0x0000": "no cipher"}
SIGNINGS = {"0x0000": "HMAC-SHA256", "0x0001": "AES-128-CMAC",
            "0x0002": "AES-128-GMAC"}
FIELDS = ["quic.connection.number", "smb2.cmd", "smb2.flags.response",
          "smb2.flags.signature", "smb2.header.transform.nonce",
          "smb2.negotiate_context.cipher_id",
          "smb2.negotiate_context.signing_id",
          "smb2.negotiate_context.transport_flags", "smb2.good_signature"]


class Stream:
    def __init__(self):
        self.agreed, self.transport = "nothing agreed on", {}
        self.kinds, self.good, self.unread = set(), False, False

    def frame(self, cmd, response, is_signed, nonce, cipher, signing,
              transport, good):
        if cmd == "0":
            self.transport[response] = transport
            if response == "1":
                self.agreed = "%s %s" % (
                    CIPHERS.get(cipher, "no cipher"),
                    SIGNINGS.get(signing, "no signing"))
            return
        commands = set(cmd.split(",")) if cmd else set()
        if nonce:
            self.kinds.add("sealed" if WRITE in commands else "")
            self.unread = self.unread or not commands
        elif WRITE in commands:
            self.kinds.add("signed" if "1" in is_signed else "plain")
        # a lone message: of chained ones Wireshark judges the first alone
        self.good = self.good or (good != "" and commands == {TREE_CONNECT})

    def is_for_us(self):
        return "GMAC" in self.agreed and "signed" in self.kinds

    def __str__(self):
        offered, answer = self.transport.get("0"), self.transport.get("1")
        words = ["transport not offered" if not offered else
                 "transport accepted" if answer and int(answer, 16) & 1 else
                 "transport refused"] if self.transport else []
        kinds = self.kinds - {""}
        words.append("+".join(sorted(kinds)) or "nothing")
        if "sealed" in kinds:
            words.append("not readable" if self.unread else "readable")
        if kinds == {"signed"}:
            words.append("rightly" if self.good else "WRONGLY")
        return "%s; %s" % (self.agreed, ", ".join(words))


def messages(lines):
    """(is_response, message) of what Wireshark followed: a line a piece, the
    server's behind a tab."""
    left = [b"", b""]
    for line in lines:
        side = line.startswith("\t")
        left[side] += bytes.fromhex(line.strip())
        while len(left[side]) >= 4:
            length = int.from_bytes(left[side][:4], "big")
            if len(left[side]) < 4 + length:
                break
            yield int(side), left[side][4:4 + length]
            left[side] = left[side][4 + length:]


def judge(command, password, streams):
    """Those that Wireshark cannot judge."""
    for number, stream in streams.items():
        out = subprocess.run(
            command + ["-q", "-z", "follow,quic,raw,%d,0" % number],
            stdout=subprocess.PIPE, text=True, check=True).stdout
        signatures = Signatures(password)
        for is_response, message in messages(
                line for line in out.splitlines()
                if line.strip() and not set(line.strip()) -
                set("0123456789abcdef")):
            signatures.message(is_response, message)
        print("%d: %d signatures are right, %d wrong" % (
            number, signatures.right, signatures.wrong), file=sys.stderr)
        stream.good = signatures.right > 4 and not signatures.wrong


def main():
    capture, keys, password, port = sys.argv[1:]
    program = ["tshark", "-r", capture, "-o", "tls.keylog_file:" + keys,
               "-d", "udp.port==%s,quic" % port]
    command = program + ["-o", "ntlmssp.nt_password:" + password,
                         "-o", "smb2.verify_signatures:TRUE", "-T", "fields"]
    for field in FIELDS:
        command += ["-e", field]
    out = subprocess.run(command, stdout=subprocess.PIPE, text=True,
                         check=True).stdout
    streams = {}
    for line in out.splitlines():
        values = (line.split("\t") + [""] * len(FIELDS))[:len(FIELDS)]
        # a packet of several has its number several times
        if values[0]:
            number = int(values[0].split(",")[0])
            streams.setdefault(number, Stream()).frame(*values[1:])
    judge(program, password, {number: stream for number, stream in
                              streams.items() if stream.is_for_us()})
    cells = sys.stdin.read().splitlines()
    found = [streams[number] for number in sorted(streams)][-len(cells):]
    if len(found) != len(cells):
        print("%d connections, not %d" % (len(found), len(cells)))
    for cell, stream in zip(cells, found):
        print(cell.replace("|", "\n  "))
        print("  %s" % stream)


main()
