#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""channel_relay.py ADDRESS PORT TO TO_PORT BYTES: what comes to ADDRESS:PORT by
TCP and by UDP goes to TO:TO_PORT and back.  When so many bytes have passed, all
connections that there are get lost: streams are reset, datagrams go nowhere.
Later ones live."""

import asyncio
import signal
import socket
import struct
import sys

LONGEST = 65536


class Limit:
    """What may pass until all is lost, once."""

    def __init__(self, left):
        self.left = left
        self.lose = []

    def passes(self, count):
        if self.left <= 0:
            return
        self.left -= count
        if self.left <= 0:
            for lose in self.lose:
                lose()
            print('lost', flush=True)


class Streams:
    """The relayed connections of TCP."""

    def __init__(self, to, port, limit):
        self.to = to
        self.port = port
        self.writers = []
        self.limit = limit
        limit.lose.append(self.reset)

    async def pump(self, reader, writer):
        try:
            while True:
                data = await reader.read(LONGEST)
                if not data:
                    break
                self.limit.passes(len(data))
                writer.write(data)
                await writer.drain()
        except ConnectionError:
            pass
        writer.close()

    async def accept(self, reader, writer):
        try:
            there = await asyncio.open_connection(self.to, self.port)
        except OSError:
            writer.close()
            return
        self.writers += [writer, there[1]]
        await asyncio.gather(self.pump(reader, there[1]),
                             self.pump(there[0], writer))

    def reset(self):
        for writer in self.writers:
            sock = writer.get_extra_info('socket')
            if sock is not None and sock.fileno() >= 0:
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                                struct.pack('ii', 1, 0))
            writer.transport.abort()
        self.writers.clear()


class There(asyncio.DatagramProtocol):
    """The server's end of one client's datagrams."""

    def __init__(self, here, client):
        self.here = here
        self.client = client
        self.transport = None

    def connection_made(self, transport):
        self.transport = transport

    def datagram_received(self, data, addr):
        self.here.received(data, self.client)


class Here(asyncio.DatagramProtocol):
    """The clients' end of all datagrams."""

    def __init__(self, to, port, limit):
        self.to = (to, port)
        self.transport = None
        self.there = {}
        self.gone = set()
        self.limit = limit
        limit.lose.append(self.go)

    def go(self):
        self.gone.update(self.there)

    def received(self, data, client):
        if client not in self.gone:
            self.transport.sendto(data, client)
            self.limit.passes(len(data))

    def connection_made(self, transport):
        self.transport = transport

    def datagram_received(self, data, addr):
        if addr not in self.gone:
            self.limit.passes(len(data))
            asyncio.ensure_future(self.forward(data, addr))

    async def forward(self, data, addr):
        if addr not in self.there:
            loop = asyncio.get_running_loop()
            self.there[addr] = loop.create_task(loop.create_datagram_endpoint(
                lambda: There(self, addr), remote_addr=self.to))
        transport, _ = await asyncio.shield(self.there[addr])
        transport.sendto(data)


async def main():
    address, port = sys.argv[1], int(sys.argv[2])
    to, to_port = sys.argv[3], int(sys.argv[4])
    loop = asyncio.get_running_loop()
    limit = Limit(int(sys.argv[5]))
    streams = Streams(to, to_port, limit)
    end = asyncio.Event()
    loop.add_signal_handler(signal.SIGTERM, end.set)
    await asyncio.start_server(streams.accept, address, port)
    await loop.create_datagram_endpoint(lambda: Here(to, to_port, limit),
                                        local_addr=(address, port))
    print('ready', flush=True)
    await end.wait()
    streams.reset()
    await asyncio.sleep(0)


asyncio.run(main())
