#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""quic_watch.py PORT TO: passes QUIC on, on loopback, and tells what is seen.

A line for each connection, when its first packet with a long header comes from
either side, and for each Retry (RFC 9000 17.2, RFC 9369 3.2):

    begins v1 | begins v2, with a token | Retry v1

Whoever has another port is another connection. "ready" comes first.
"""
import select
import socket
import sys

VERSIONS = {1: 'v1', 0x6b3343cf: 'v2'}
RETRY = {'v1': 3, 'v2': 0}      # of two bits in the first byte
INITIAL = {'v1': 0, 'v2': 1}


def number(data, at):
    """A variable-length integer (RFC 9000 16), at most 4 bytes of it."""
    size = 1 << (data[at] >> 6)
    return int.from_bytes(data[at:at + size], 'big') & ((1 << (8 * size - 2))
                                                       - 1)


def token_length(data):
    at = 5
    for _ in range(2):
        at += 1 + data[at]
    return number(data, at)


def say(data, first):
    if len(data) < 7 or not data[0] & 0x80:
        return
    version = VERSIONS.get(int.from_bytes(data[1:5], 'big'), 'another version')
    kind = data[0] >> 4 & 3
    if RETRY.get(version) == kind:
        print('Retry', version, flush=True)
    elif first:
        token = INITIAL.get(version) == kind and token_length(data) > 0
        print('begins %s%s' % (version, ', with a token' if token else ''),
              flush=True)


def main():
    port, to = map(int, sys.argv[1:])
    front = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    front.bind(('127.0.0.1', port))
    there, back = {}, {}
    print('ready', flush=True)
    while True:
        for s in select.select([front, *back], [], [])[0]:
            try:
                data, who = s.recvfrom(65536)
            except ConnectionError:
                continue
            if s is not front:
                say(data, False)
                front.sendto(data, back[s])
                continue
            first = who not in there
            if first:
                there[who] = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
                there[who].connect(('127.0.0.1', to))
                back[there[who]] = who
            say(data, first)
            try:
                there[who].send(data)
            except ConnectionError:
                pass


if __name__ == '__main__':
    main()
