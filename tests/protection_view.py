# SPDX-License-Identifier: GPL-3.0-or-later
"""Stands between client and server on TCP, changes nothing, and says what
protects what it sees, from the bytes alone.

Arguments: port to listen on, port of the server, words that only a plain
message shows, the user's password.  When a connection has ended it prints a
line: what was agreed on in NEGOTIATE, how the messages after the logon came,
whether each signature is right, whether what is sealed opens with the agreed
cipher and key, whether nonces are no longer than the cipher's (one of GCM may
end in a zero byte, too), and whether the words were to be seen."""
import os
import socket
import struct
import sys
import threading

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from seal_view import Seals  # noqa: E402  pylint: disable=C0413
from signature_view import Signatures  # noqa: E402  pylint: disable=C0413

NEGOTIATE, SESSION_SETUP = 0, 1
SIGNED = 8
PENDING = 0x103
CIPHERS = {1: "AES-128-CCM", 2: "AES-128-GCM", 3: "AES-256-CCM",
           4: "AES-256-GCM"}
SIGNINGS = {0: "HMAC-SHA256", 1: "AES-128-CMAC", 2: "AES-128-GMAC"}


class Seen:
    """Of one connection."""

    def __init__(self, password):
        self.password = password
        self.messages = []
        self.lock = threading.Lock()
        self.agreed = ""
        self.kinds = set()
        self.nonce = 0
        self.words = False
        self.open = 2

    def __str__(self):
        longest = 12 if "GCM" in self.agreed else 11
        signatures = Signatures(self.password)
        seals = Seals(signatures)
        for is_response, message in self.messages:
            signatures.message(is_response, message)
            seals.message(is_response, message)
        signed = ", WRONGLY" if signatures.wrong else \
            ", rightly" if "signed" in self.kinds else ""
        opened = "" if "sealed" not in self.kinds else \
            ", opened" if not seals.closed else ", NOT OPENED"
        nonces = "" if "sealed" not in self.kinds else \
            ", nonces fit" if self.nonce <= longest else ", nonces too long"
        return "view: %s; %s%s%s%s; the words are %s" % (
            self.agreed or "nothing agreed on",
            "+".join(sorted(self.kinds)) or "nothing", signed, opened, nonces,
            "seen" if self.words else "not seen")


def agreed(m):
    """Dialect, and of 3.1.1 what the negotiate contexts say."""
    dialect, = struct.unpack_from("<H", m, 64 + 4)
    words = ["%x.%x.%x" % (dialect >> 8, dialect >> 4 & 15, dialect & 15)]
    if dialect == 0x0311:
        count, = struct.unpack_from("<H", m, 64 + 6)
        at, = struct.unpack_from("<I", m, 64 + 60)
        for _ in range(count):
            kind, length = struct.unpack_from("<HH", m, at)
            first = struct.unpack_from("<H", m, at + 10)[0] \
                if length >= 4 else None
            if kind == 2:
                words.append(CIPHERS.get(first, "no cipher"))
            elif kind == 8:
                words.append(SIGNINGS.get(first, "?"))
            at += (8 + length + 7) // 8 * 8
    return " ".join(words)


def look(seen, is_response, m, secret):
    if m[:4] == b"\xfdSMB":
        seen.kinds.add("sealed")
        seen.nonce = max(seen.nonce, len(m[20:36].rstrip(b"\0")))
        seen.messages.append((is_response, m))
    elif m[:4] == b"\xfeSMB":
        seen.messages.append((m[16] & 1, m))
        command, = struct.unpack_from("<H", m, 12)
        flags, = struct.unpack_from("<I", m, 16)
        if command == NEGOTIATE and flags & 1:
            seen.agreed = agreed(m)
        # an interim answer says nothing, and Samba does not sign it (nor has
        # it to: 3.2.5.1.3)
        interim = flags & 1 and struct.unpack_from("<I", m, 8)[0] == PENDING
        if command not in (NEGOTIATE, SESSION_SETUP) and not interim:
            seen.kinds.add("signed" if flags & SIGNED and any(m[48:64])
                           else "plain")
    if secret in m:
        seen.words = True


def receive(s, count):
    data = b""
    while len(data) < count:
        more = s.recv(count - len(data))
        if not more:
            return None
        data += more
    return data


def carry(source, target, seen, is_response, secret):
    try:
        while True:
            head = receive(source, 4)
            body = head and receive(source, int.from_bytes(head[1:], "big"))
            if not body:
                break
            with seen.lock:
                look(seen, is_response, body, secret)
            target.sendall(head + body)
    except OSError:
        pass
    for s in (source, target):
        try:
            s.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
    with seen.lock:
        seen.open -= 1
        if seen.open == 0:
            print(seen, flush=True)


def main():
    listen, server, secret, password = sys.argv[1:]
    door = socket.create_server(("127.0.0.1", int(listen)))
    print("ready", flush=True)
    while True:
        client, _ = door.accept()
        far = socket.create_connection(("127.0.0.1", int(server)))
        seen = Seen(password)
        for ends in ((client, far, seen, 0), (far, client, seen, 1)):
            threading.Thread(target=carry, args=ends + (secret.encode(),),
                             daemon=True).start()


main()
