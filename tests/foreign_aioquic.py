#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""QUIC of another make (aioquic), as an echo server and as a client of one.

    foreign_aioquic.py server ADDRESS PORT CERT KEY [WHAT...]
    foreign_aioquic.py client ADDRESS PORT CA NAME KIB WHAT...

The server says "ready", and a line for each connection that ends. WHAT of it:
    retry       every address must be proven first
    chacha      offers no other cipher
    close=N     closes with that application code as soon as bytes come
    v2          prefers version 2
    alpn=NAME   wants that protocol; alpn=: looks at no protocol at all
The client sends KIB of pseudo-random bytes, wants them back, and prints what
it saw. WHAT of it, each a connection:
    plain, chacha, v2 (nothing else), v2-later (from v1 to it in the handshake),
    key-update and move (both in the middle), resume (two
    connections), close=N (asks the echo to close so), alpn (a wrong one)
"""

import asyncio
import random
import select
import socket
import sys
import time

from aioquic.asyncio import QuicConnectionProtocol, serve
from aioquic.quic import events
from aioquic.quic.configuration import QuicConfiguration
from aioquic.quic.connection import QuicConnection
from aioquic.quic.packet import QuicProtocolVersion
from aioquic.tls import CipherSuite, Epoch

V1, V2 = QuicProtocolVersion.VERSION_1, QuicProtocolVersion.VERSION_2
CHACHA = [CipherSuite.CHACHA20_POLY1305_SHA256]
LIMIT = 60  # seconds, of one connection


# --- server ---------------------------------------------------------------

class Echo(QuicConnectionProtocol):
    what = ()

    def quic_event_received(self, event):
        if isinstance(event, events.StreamDataReceived):
            for word in self.what:
                if word.startswith("close="):
                    self.close(error_code=int(word[6:]),
                               reason_phrase="as it was asked to")
                    return
            self._quic.send_stream_data(event.stream_id, event.data,
                                        event.end_stream)
        elif isinstance(event, events.ConnectionTerminated):
            quic = self._quic
            print("%s resumed=%d code=%#x" % (
                "v2" if quic._version == V2 else "v1",
                quic.tls.session_resumed, event.error_code), flush=True)


class Tickets:
    """What is remembered between two connections."""

    def __init__(self):
        self.kept = {}

    def add(self, ticket):
        self.kept[ticket.ticket] = ticket

    def pop(self, label):
        return self.kept.pop(label, None)


async def server(address, port, cert, key, *what):
    configuration = QuicConfiguration(
        is_client=False, alpn_protocols=["smb"], idle_timeout=30)
    configuration.load_cert_chain(cert, key)
    if "chacha" in what:
        configuration.cipher_suites = CHACHA
    if "v2" in what:
        configuration.supported_versions = [V2, V1]
    for word in what:
        if word.startswith("alpn="):
            configuration.alpn_protocols = [word[5:]] if word[5:] else None
    Echo.what = what
    tickets = Tickets()
    await serve(address, int(port), configuration=configuration,
                create_protocol=Echo, retry="retry" in what,
                session_ticket_handler=tickets.add,
                session_ticket_fetcher=tickets.pop)
    print("ready", flush=True)
    await asyncio.Event().wait()


# --- client ---------------------------------------------------------------

class Client:
    """One connection; its socket and its clock are ours."""

    def __init__(self, to, configuration, tickets):
        self.to = to
        self.got, self.terminated, self.complete = b"", None, False
        self.quic = QuicConnection(configuration=configuration,
                                   session_ticket_handler=tickets.append)
        self.socket = self.open()
        self.quic.connect(to, now=time.monotonic())

    def open(self):
        family = socket.AF_INET6 if ":" in self.to[0] else socket.AF_INET
        s = socket.socket(family, socket.SOCK_DGRAM)
        s.setblocking(False)
        return s

    def flush(self):
        for data, to in self.quic.datagrams_to_send(now=time.monotonic()):
            self.socket.sendto(data, to)

    def turn(self):
        """Send, wait for something to happen, and take it."""
        self.flush()
        timer = self.quic.get_timer()
        wait = 1 if timer is None else max(0, timer - time.monotonic())
        if select.select([self.socket], [], [], min(wait, 1))[0]:
            try:
                while True:
                    data, _ = self.socket.recvfrom(65536)
                    self.quic.receive_datagram(data, self.to,
                                               now=time.monotonic())
            except BlockingIOError:
                pass
        elif timer is not None and time.monotonic() >= timer:
            self.quic.handle_timer(now=time.monotonic())
        event = self.quic.next_event()
        while event is not None:
            self.take(event)
            event = self.quic.next_event()

    def take(self, event):
        if isinstance(event, events.HandshakeCompleted):
            self.complete = True
        elif isinstance(event, events.StreamDataReceived):
            self.got += event.data
        elif isinstance(event, events.ConnectionTerminated):
            self.terminated = event

    def until(self, condition):
        end = time.monotonic() + LIMIT
        while not condition() and self.terminated is None:
            if time.monotonic() > end:
                sys.exit("no end after %d s" % LIMIT)
            self.turn()

    def move(self):
        """Another port, and another connection id."""
        self.socket.close()
        self.socket = self.open()
        self.quic.change_connection_id()


def configure(what, ca, name):
    c = QuicConfiguration(is_client=True, server_name=name, idle_timeout=30,
                          alpn_protocols=["smb" if what != "alpn" else "h3"])
    c.load_verify_locations(ca)
    if what == "chacha":
        c.cipher_suites = CHACHA
    if what == "v2":
        c.supported_versions = [V2]
    if what == "v2-later":
        c.original_version = V1
        c.supported_versions = [V2, V1]
    return c


def ended(what, client):
    event = client.terminated
    if event is None:
        client.quic.close()
        client.flush()
        return "no end"
    return "ended with %#x %s" % (event.error_code, event.reason_phrase)


def exchange(what, client, kib):
    sent = random.Random(what).randbytes(kib << 10)
    half = len(sent) // 2
    client.until(lambda: client.complete)
    if client.terminated:
        return ended(what, client)
    if what.startswith("close="):
        client.quic.send_stream_data(0, b"!" + what[6:].encode())
        client.until(lambda: False)
        return ended(what, client)
    client.quic.send_stream_data(0, sent[:half])
    if what == "resume":
        client.until(lambda: client.tickets)
    client.until(lambda: len(client.got) >= half // 2)
    if what == "key-update":
        client.quic.request_key_update()
    if what == "move":
        client.move()
    client.quic.send_stream_data(0, sent[half:], True)
    client.until(lambda: len(client.got) >= len(sent))
    whole = "whole" if client.got == sent else "NOT WHOLE"
    client.until(lambda: False)
    return "%s, %s" % (whole, ended(what, client))


def client(address, port, ca, name, kib, *whats):
    for what in whats:
        tickets = []
        for again in range(2 if what == "resume" else 1):
            configuration = configure(what, ca, name)
            if again and tickets:
                configuration.session_ticket = tickets[-1]
            c = Client((address, int(port)), configuration, tickets)
            c.tickets = tickets
            outcome = exchange(what, c, int(kib))
            quic = c.quic
            facts = ["v2" if quic._version == V2 else "v1"]
            if quic._retry_count:
                facts.append("after a Retry")
            if again:
                facts.append("resumed" if quic.tls.session_resumed
                             else "not resumed")
            if what == "key-update":
                crypto = quic._cryptos[Epoch.ONE_RTT]
                facts.append("key phases %d and %d" % (
                    crypto.send.key_phase, crypto.recv.key_phase))
            print("%s: %s, %s" % (what, " ".join(facts), outcome),
                  flush=True)


def main():
    role, *arguments = sys.argv[1:]
    if role == "server":
        asyncio.run(server(*arguments))
    else:
        client(*arguments)


main()
