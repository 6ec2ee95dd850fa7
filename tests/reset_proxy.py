#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""A way to a TCP server that is cut, again and again.

usage: tests/reset_proxy.py PORT SERVERPORT BYTES

Listens on 127.0.0.1:PORT, says "ready", and carries bytes to and from
127.0.0.1:SERVERPORT.  Each connection is reset at both ends when it has
carried BYTES; the line "reset" tells of it.
"""
import selectors
import socket
import struct
import sys

CHUNK = 65536


def reset(*ends):
    for end in ends:
        end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                       struct.pack('ii', 1, 0))
        end.close()
    print('reset', flush=True)


def carry(client, server, most):
    """One connection at a time is all that a test needs."""
    other = {client: server, server: client}
    carried = 0
    with selectors.DefaultSelector() as waiting:
        for end in other:
            waiting.register(end, selectors.EVENT_READ)
        while True:
            for key, _ in waiting.select():
                try:
                    data = key.fileobj.recv(CHUNK)
                    other[key.fileobj].sendall(data)
                except OSError:
                    data = b''
                carried += len(data)
                if not data:
                    client.close()
                    server.close()
                    return
                if carried >= most:
                    reset(client, server)
                    return


def main(port, server_port, most):
    listener = socket.create_server(('127.0.0.1', port))
    print('ready', flush=True)
    while True:
        client, _ = listener.accept()
        try:
            server = socket.create_connection(('127.0.0.1', server_port))
        except OSError:
            client.close()
            continue
        carry(client, server, most)


if __name__ == '__main__':
    if len(sys.argv) != 4:
        sys.exit(__doc__)
    main(*map(int, sys.argv[1:]))
