# SPDX-License-Identifier: GPL-3.0-or-later
"""Listens to a logon over TCP and says the same again.

Arguments: port to listen on, port of the server.  One client is let through to
the server; then what it said first, NEGOTIATE and its first SESSION_SETUP, is
sent over a connection of our own, and the status of the answer printed."""
import signal
import socket
import struct
import sys
import threading


def receive(s, count):
    data = b""
    while len(data) < count:
        more = s.recv(count - len(data))
        if not more:
            return None
        data += more
    return data


def message(s):
    head = receive(s, 4)
    body = head and receive(s, int.from_bytes(head[1:], "big"))
    return head + body if body else None


def carry(source, target, kept):
    try:
        while True:
            m = message(source)
            if not m:
                break
            kept.append(m)
            target.sendall(m)
    except OSError:
        pass
    for s in (source, target):
        try:
            s.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass


def main():
    listen, server = (int(arg) for arg in sys.argv[1:])
    door = socket.create_server(("127.0.0.1", listen))
    print("ready", flush=True)
    client, _ = door.accept()
    far = socket.create_connection(("127.0.0.1", server))
    said, heard = [], []
    threads = [threading.Thread(target=carry, args=way)
               for way in ((client, far, said), (far, client, heard))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    again = socket.create_connection(("127.0.0.1", server))
    again.settimeout(60)
    for m in said[:2]:
        again.sendall(m)
        answer = message(again)
    status, command = struct.unpack_from("<IH", answer, 4 + 8)
    print("again: command %d, status 0x%08x" % (command, status), flush=True)
    signal.pause()


main()
