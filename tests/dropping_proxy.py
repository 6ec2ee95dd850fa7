#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""A server that ends each connection over the same request.

usage: tests/dropping_proxy.py PORT SERVERPORT FILE

Listens on 127.0.0.1:PORT, says "ready", and carries SMB2 messages, which must
be neither signed nor sealed, to and from 127.0.0.1:SERVERPORT. While there is
a FILE, a WRITE is not passed on but ends its connection, and "dropped" is said.
"""
import os
import struct
import sys

from lying_proxy import COMMAND, carry, serve

WRITE = 9


def is_write(message):
    return len(message) >= 64 and message[:4] == b'\xfeSMB' and \
        struct.unpack_from('<H', message, COMMAND)[0] == WRITE


def main(port, server_port, file):
    def judge(message):
        if is_write(message) and os.path.exists(file):
            print('dropped', flush=True)
            return None
        return message

    serve(port, server_port,
          lambda client, server: carry(client, server, judge))


if __name__ == '__main__':
    main(int(sys.argv[1]), int(sys.argv[2]), sys.argv[3])
