# SPDX-License-Identifier: GPL-3.0-or-later
"""Stands between client and server on TCP, changes nothing, and says what
protects what it sees, from the bytes alone.

Arguments: port to listen on, port of the server, words that only a plain
message shows.  At SIGTERM it prints a line: what was agreed on in NEGOTIATE,
how the messages after the logon came, whether nonces are of GCM or CCM, and
whether the words were to be seen."""
import os
import signal
import socket
import struct
import sys
import threading

NEGOTIATE, SESSION_SETUP = 0, 1
SIGNED = 8
CIPHERS = {1: "AES-128-CCM", 2: "AES-128-GCM", 3: "AES-256-CCM",
           4: "AES-256-GCM"}
SIGNINGS = {0: "HMAC-SHA256", 1: "AES-128-CMAC", 2: "AES-128-GMAC"}
LOCK = threading.Lock()
seen = {"agreed": "", "kinds": set(), "nonces": set(), "words": False}


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


def look(m, secret):
    if m[:4] == b"\xfdSMB":
        nonce = m[20:36]
        seen["kinds"].add("sealed")
        if any(nonce[12:]):
            seen["nonces"].add("too long")
        elif nonce[11]:
            seen["nonces"].add("GCM")
    elif m[:4] == b"\xfeSMB":
        command, = struct.unpack_from("<H", m, 12)
        flags, = struct.unpack_from("<I", m, 16)
        if command == NEGOTIATE and flags & 1 and not seen["agreed"]:
            seen["agreed"] = agreed(m)
        if command not in (NEGOTIATE, SESSION_SETUP):
            seen["kinds"].add("signed" if flags & SIGNED and any(m[48:64])
                              else "plain")
    if secret in m:
        seen["words"] = True


def receive(s, count):
    data = b""
    while len(data) < count:
        more = s.recv(count - len(data))
        if not more:
            return None
        data += more
    return data


def carry(source, target, secret):
    try:
        while True:
            head = receive(source, 4)
            body = head and receive(source, int.from_bytes(head[1:], "big"))
            if not body:
                break
            with LOCK:
                look(body, secret)
            target.sendall(head + body)
    except OSError:
        pass
    for s in (source, target):
        try:
            s.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass


def report(*_):
    with LOCK:
        nonces = ", nonces of " + "/".join(sorted(seen["nonces"]) or ["CCM"]) \
            if "sealed" in seen["kinds"] else ""
        print("view: %s; %s%s; the words are %s" % (
            seen["agreed"] or "nothing agreed on",
            "+".join(sorted(seen["kinds"])) or "nothing", nonces,
            "seen" if seen["words"] else "not seen"), flush=True)
    os._exit(0)


def main():
    listen, server, secret = sys.argv[1:]
    signal.signal(signal.SIGTERM, report)
    door = socket.create_server(("127.0.0.1", int(listen)))
    print("ready", flush=True)
    while True:
        client, _ = door.accept()
        far = socket.create_connection(("127.0.0.1", int(server)))
        for pair in ((client, far), (far, client)):
            threading.Thread(target=carry, args=pair + (secret.encode(),),
                             daemon=True).start()


main()
