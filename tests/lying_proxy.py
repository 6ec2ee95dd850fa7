#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""A server that lies about names: what stands between it and its clients.

usage: tests/lying_proxy.py PORT SERVERPORT

Listens on 127.0.0.1:PORT, says "ready", and carries SMB2 messages, which must
be neither signed nor sealed, to and from 127.0.0.1:SERVERPORT. Names in the
answers to QUERY_DIRECTORY that begin with "lie" become what LIES says, which
has as many characters; and a folder with "lie-endless" in it has no end.
"""
import selectors
import socket
import struct
import sys

QUERY_DIRECTORY = 14
NO_MORE_FILES = 0x80000006
COMMAND, STATUS, ENTRY_NAME_LENGTH, ENTRY_NAME = 12, 8, 60, 104


def utf16(text):
    return text.encode('utf-16-le', 'surrogatepass')


LIES = {utf16(name): utf16(lie) for name, lie in {
    'lie-up1': '../evil',
    'lie-up2': '..\\evil',
    'lie-up-far9': '../../../ev',
    'lie-root': '/tmp/evl',
    'lie-in': 'a/evil',
    'lie-back': 'a\\bevils',
    'lie-nul': 'a\0evil!',
    'lie-half': 'a\ud800evilss',
    'lie-dd': '../../',
    'lie-stream': 'a/b:stream',
}.items()}
assert all(len(name) == len(what) for name, what in LIES.items())
LONG = utf16('lie-long')
ENDLESS = utf16('lie-endless')


def lie(message, memory):
    """One message of the server, with other names in it."""
    data = bytearray(message)
    if len(data) < 64 or data[:4] != b'\xfeSMB':
        return data
    command = struct.unpack_from('<H', data, COMMAND)[0]
    status = struct.unpack_from('<I', data, STATUS)[0]
    if memory.get('body') and command == QUERY_DIRECTORY and \
            status == NO_MORE_FILES:
        struct.pack_into('<I', data, STATUS, 0)
        print('endless', flush=True)
        return data[:64] + memory['body']
    for name, what in LIES.items():
        data = bytearray(bytes(data).replace(name, what))
    at = data.find(LONG)
    if at > ENTRY_NAME:
        struct.pack_into('<I', data, at - ENTRY_NAME + ENTRY_NAME_LENGTH,
                         0xFFFFFFF0)
    if ENDLESS in data and command == QUERY_DIRECTORY:
        memory['body'] = bytes(data[64:])
    return data


class Reader:
    """Whole messages of a stream."""

    def __init__(self):
        self.data = b''

    def messages(self, more):
        self.data += more
        while len(self.data) >= 4:
            length = int.from_bytes(self.data[1:4], 'big')
            if len(self.data) < 4 + length:
                return
            yield self.data[4:4 + length]
            self.data = self.data[4 + length:]


def frame(message):
    return len(message).to_bytes(4, 'big') + message


def carry(source, target, judge):
    """Both ways; of what source says each message is judge()d, which gives what
    to pass on instead, or None to end both."""
    reader = Reader()
    with selectors.DefaultSelector() as waiting:
        for end in (source, target):
            waiting.register(end, selectors.EVENT_READ)
        while True:
            for key, _ in waiting.select():
                data = key.fileobj.recv(65536)
                if not data:
                    return
                if key.fileobj is target:
                    source.sendall(data)
                    continue
                for message in reader.messages(data):
                    out = judge(message)
                    if out is None:
                        return
                    target.sendall(frame(out))


def serve(port, server_port, carry_one):
    """One connection at a time: carry_one(client, server)."""
    listener = socket.create_server(('127.0.0.1', port))
    print('ready', flush=True)
    while True:
        client, _ = listener.accept()
        try:
            with client, socket.create_connection(
                    ('127.0.0.1', server_port)) as server:
                carry_one(client, server)
        except OSError:
            pass


def lie_to(client, server):
    memory = {}
    carry(server, client, lambda message: lie(message, memory))


if __name__ == '__main__':
    serve(int(sys.argv[1]), int(sys.argv[2]), lie_to)
