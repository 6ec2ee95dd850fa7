#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""A server that ends each connection over the same request.

usage: tests/dropping_proxy.py PORT SERVERPORT FILE

Listens on 127.0.0.1:PORT, says "ready", and carries SMB2 messages, which must
be neither signed nor sealed, to and from 127.0.0.1:SERVERPORT. While there is
a FILE, a WRITE is not passed on but ends its connection, and "dropped" is said.
"""
import os
import selectors
import socket
import struct
import sys

from lying_proxy import COMMAND, Reader

WRITE = 9


def is_write(message):
    return len(message) >= 64 and message[:4] == b'\xfeSMB' and \
        struct.unpack_from('<H', message, COMMAND)[0] == WRITE


def carry(client, server, file):
    reader = Reader()
    with selectors.DefaultSelector() as waiting:
        for end in (client, server):
            waiting.register(end, selectors.EVENT_READ)
        while True:
            for key, _ in waiting.select():
                data = key.fileobj.recv(65536)
                if not data:
                    return
                if key.fileobj is server:
                    client.sendall(data)
                    continue
                for message in reader.messages(data):
                    if is_write(message) and os.path.exists(file):
                        print('dropped', flush=True)
                        return
                    server.sendall(len(message).to_bytes(4, 'big') + message)


def main(port, server_port, file):
    listener = socket.create_server(('127.0.0.1', port))
    print('ready', flush=True)
    while True:
        client, _ = listener.accept()
        try:
            with client, socket.create_connection(
                    ('127.0.0.1', server_port)) as server:
                carry(client, server, file)
        except OSError:
            pass


if __name__ == '__main__':
    main(int(sys.argv[1]), int(sys.argv[2]), sys.argv[3])
