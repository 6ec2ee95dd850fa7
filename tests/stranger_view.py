# SPDX-License-Identifier: GPL-3.0-or-later
"""What a server tells over TCP to who has not logged on.

usage: stranger_view.py PORT SHARE OTHER    (OTHER does not exist)

Prints the words in all that it answers (of ASCII and UTF-16, from four letters
on), and whether it makes a difference between the two shares, then between
opening a pipe and a file."""
import re
import socket
import struct
import sys

NTLM_HELLO = b'NTLMSSP\0' + struct.pack('<II', 1, 0xe2088297) + bytes(24)


def header(command, message_id, session=0):
    return struct.pack('<4sHHIHHIIQIIQ16s', b'\xfeSMB', 64, 1, 0, command, 1,
                       0, 0, message_id, 0, 0, session, bytes(16))


def negotiate():
    salt = struct.pack('<HHIHHH', 1, 38, 0, 1, 32, 1) + bytes(32)
    body = struct.pack('<HHHHI16sIHHH', 36, 1, 1, 0, 0x7f, b'g' * 16, 104, 1,
                       0, 0x0311)
    return header(0, 0) + body + b'\0\0' + salt


def session_setup():
    body = struct.pack('<HBBIIHHQ', 25, 0, 1, 0, 0, 88, len(NTLM_HELLO), 0)
    return header(1, 1) + body + NTLM_HELLO


def tree_connect(share, message_id, session):
    path = ('\\\\server\\' + share).encode('utf-16-le')
    return header(3, message_id, session) + \
        struct.pack('<HHHH', 9, 0, 72, len(path)) + path


class Server:
    def __init__(self, port):
        self.socket = socket.create_connection(('127.0.0.1', port), 20)
        self.told = b''

    def ask(self, message):
        self.socket.sendall(struct.pack('>I', len(message)) + message)
        size = self.exactly(4)
        answer = size and self.exactly(struct.unpack('>I', size)[0])
        self.told += b'\0\0\0\0' + (answer or b'')
        return answer

    def exactly(self, size):
        data = b''
        while len(data) < size:
            try:
                more = self.socket.recv(size - len(data))
            except ConnectionResetError:
                more = b''
            if not more:
                return b''
            data += more
        return data


def outcome(answer):
    return '0x%08x' % struct.unpack_from('<I', answer, 8) if answer \
        else 'the end'


def ask_all(port, share):
    server = Server(port)
    answer = server.ask(negotiate())
    guid = answer[64 + 8:64 + 24]
    answer = server.ask(session_setup())
    session, = struct.unpack_from('<Q', answer, 40)
    said = outcome(server.ask(tree_connect(share, 2, session)))
    return said, server.told.replace(guid, bytes(16))


def words(data):
    found = {w.decode() for w in re.findall(rb'[ -~]{4,}', data)}
    found |= {w.decode('utf-16-le')
              for w in re.findall(rb'(?:[ -~]\0){4,}', data)}
    return found


def main():
    port = int(sys.argv[1])
    first, told = ask_all(port, sys.argv[2])
    second, more = ask_all(port, sys.argv[3])
    print('the same' if first == second else '%s and %s' % (first, second))
    # random bytes are words now and then: what both answers have is none
    for word in sorted(words(told) & words(more)):
        print(word)


if __name__ == '__main__':
    main()
