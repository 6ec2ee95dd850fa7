# SPDX-License-Identifier: GPL-3.0-or-later
"""What a server tells over QUIC to who has not logged on, seen by a QUIC of
another make (aioquic, of the root of scripts/peers).

    stranger_quic.py ADDRESS PORT NAME LOCKED

LOCKED is a name that wants a client certificate.  Prints which transport
parameters the server has, what it says when it ends a connection, which
versions it speaks; and, after "words:", all words (ASCII and UTF-16, from four
letters on) in what it sent that came in two connections alike: the TLS
handshake without its certificates and tickets, and SMB's bytes."""

import os
import re
import select
import socket
import ssl
import struct
import sys
import time

from aioquic.quic import events
from aioquic.quic.configuration import QuicConfiguration
from aioquic.quic.connection import QuicConnection

LIMIT = 20
PARAMETERS = {
    0x00: "original_destination_connection_id", 0x01: "max_idle_timeout",
    0x02: "stateless_reset_token", 0x03: "max_udp_payload_size",
    0x04: "initial_max_data", 0x05: "initial_max_stream_data_bidi_local",
    0x06: "initial_max_stream_data_bidi_remote",
    0x07: "initial_max_stream_data_uni", 0x08: "initial_max_streams_bidi",
    0x09: "initial_max_streams_uni", 0x0a: "ack_delay_exponent",
    0x0b: "max_ack_delay", 0x0c: "disable_active_migration",
    0x0d: "preferred_address", 0x0e: "active_connection_id_limit",
    0x0f: "initial_source_connection_id",
    0x10: "retry_source_connection_id", 0x11: "version_information",
    0x20: "max_datagram_frame_size", 0x2ab2: "grease_quic_bit"}
ENCRYPTED_EXTENSIONS, CERTIFICATE = 8, 11
TICKET = 4  # sealed by the server for itself, with the name of its key
QUIC_PARAMETERS = 0x39


class Visit:
    """One connection, and all that came."""

    def __init__(self, to, name, alpn="smb"):
        c = QuicConfiguration(is_client=True, server_name=name,
                              alpn_protocols=[alpn], idle_timeout=LIMIT)
        c.verify_mode = ssl.CERT_NONE
        self.to = to
        self.quic = QuicConnection(configuration=c)
        self.tls, self.stream = b"", b""
        self.complete, self.end = False, None
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.setblocking(False)
        self.quic.connect(to, now=time.monotonic())
        inner = self.quic.tls.handle_message

        def handle_message(data, out):
            self.tls += data
            inner(data, out)
        self.quic.tls.handle_message = handle_message

    def turn(self):
        for data, to in self.quic.datagrams_to_send(now=time.monotonic()):
            self.socket.sendto(data, to)
        timer = self.quic.get_timer() or time.monotonic() + 1
        wait = max(0, min(1, timer - time.monotonic()))
        if select.select([self.socket], [], [], wait)[0]:
            try:
                while True:
                    data, _ = self.socket.recvfrom(65536)
                    self.quic.receive_datagram(data, self.to,
                                               now=time.monotonic())
            except BlockingIOError:
                pass
        elif time.monotonic() >= timer:
            self.quic.handle_timer(now=time.monotonic())
        event = self.quic.next_event()
        while event is not None:
            if isinstance(event, events.HandshakeCompleted):
                self.complete = True
            elif isinstance(event, events.StreamDataReceived):
                self.stream += event.data
            elif isinstance(event, events.ConnectionTerminated):
                self.end = event
            event = self.quic.next_event()

    def until(self, condition):
        over = time.monotonic() + LIMIT
        while not condition() and self.end is None \
                and time.monotonic() < over:
            self.turn()

    def messages(self):
        """Of the handshake."""
        at = 0
        while at + 4 <= len(self.tls):
            size = int.from_bytes(self.tls[at + 1:at + 4], "big")
            yield self.tls[at], self.tls[at + 4:at + 4 + size]
            at += 4 + size

    def told(self):
        return b"\0".join([b for kind, b in self.messages()
                           if kind not in (CERTIFICATE, TICKET)] +
                          [self.stream])


def varint(data, at):
    size = 1 << (data[at] >> 6)
    value = int.from_bytes(data[at:at + size], "big")
    return value & ((1 << (size * 8 - 2)) - 1), at + size


def parameters(visit):
    found = []
    for kind, body in visit.messages():
        at = 2
        while kind == ENCRYPTED_EXTENSIONS and at < len(body):
            number, size = struct.unpack_from(">HH", body, at)
            inner, end = at + 4, at + 4 + size
            while number == QUIC_PARAMETERS and inner < end:
                which, inner = varint(body, inner)
                length, inner = varint(body, inner)
                inner += length
                found.append(PARAMETERS.get(which, "%#x" % which))
            at = end
    return found


def header(command, message_id):
    return struct.pack("<4sHHIHHIIQIIQ16s", b"\xfeSMB", 64, 1, 0, command, 1,
                       0, 0, message_id, 0, 0, 0, bytes(16))


def negotiate():
    salt = struct.pack("<HHIHHH", 1, 38, 0, 1, 32, 1) + bytes(32)
    body = struct.pack("<HHHHI16sIHHH", 36, 1, 1, 0, 0x7f, b"g" * 16, 104, 1,
                       0, 0x0311)
    return header(0, 0) + body + b"\0\0" + salt


def framed(message):
    return struct.pack(">I", len(message)) + message


def how(visit):
    if visit.end is None:
        return "nothing"
    return "%#x %s" % (visit.end.error_code,
                       visit.end.reason_phrase or "without a word")


def attempt(title, to, name, alpn="smb", send=()):
    visit = Visit(to, name, alpn)
    visit.until(lambda: visit.complete)
    for data in send:
        visit.quic.send_stream_data(0, data)
    visit.until(lambda: False)
    print("%s: %s" % (title, how(visit)), flush=True)
    return visit


def asked(to, name):
    """As far as a stranger comes, without a mistake."""
    visit = Visit(to, name)
    visit.until(lambda: visit.complete)
    visit.quic.send_stream_data(0, framed(negotiate()))
    visit.until(lambda: len(visit.stream) > 4 and len(visit.stream) >=
                4 + struct.unpack(">I", visit.stream[:4])[0])
    visit.quic.close()
    visit.turn()
    return visit


def versions(to):
    """What it answers to a version that it does not speak."""
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    s.settimeout(LIMIT)
    s.sendto(b"\xc0\x1a\x2a\x3a\x4a\x08" + bytes(8) + b"\x08" + bytes(8) +
             os.urandom(1200 - 23), to)
    data = s.recv(2048)
    at = 7 + data[5]
    at += data[at - 1]
    return ["%#x" % v for v in struct.unpack(
        ">%dI" % ((len(data) - at) // 4), data[at:])], len(data)


def words(data):
    # ServerGuid of a NEGOTIATE response (MS-SMB2 2.2.4): a random number,
    # the same as long as the server runs
    data = re.sub(rb"(\xfeSMB.{68}).{16}", rb"\1" + bytes(16), data,
                  flags=re.DOTALL)
    found = {w.decode() for w in re.findall(rb"[ -~]{4,}", data)}
    return found | {w.decode("utf-16-le")
                    for w in re.findall(rb"(?:[ -~]\0){4,}", data)}


def main():
    address, port, name, locked = sys.argv[1:]
    to = (address, int(port))
    visits = [asked(to, name), asked(to, name)]
    print("parameters: %s" % " ".join(sorted(parameters(visits[0]))))
    print("versions: %s, in %d bytes" % (" ".join(versions(to)[0]),
                                         versions(to)[1]))
    attempt("another protocol", to, name, "h3")
    attempt("another name", to, "nobody.smbquic.test")
    attempt("no name", to, None)
    attempt("noise", to, name, send=[os.urandom(100)])
    attempt("a long message", to, name, send=[b"\0\xff\xff\xff"])
    attempt("no logon first", to, name,
            send=[framed(negotiate()), framed(header(3, 1) + bytes(8))])
    attempt("silence", to, name)
    shut = [attempt("no certificate", to, locked) for _ in range(2)]
    print("words:")
    common = words(visits[0].told()) & words(visits[1].told())
    common |= words(shut[0].told()) & words(shut[1].told())
    for word in sorted(common):
        print(word)


main()
