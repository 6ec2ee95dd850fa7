# SPDX-License-Identifier: GPL-3.0-or-later
"""A QUIC client (aioquic) that shows a certificate, and proves it with a key
that need not be the certificate's.

    liar_quic.py PORT NAME CERTIFICATE KEY

Says with which TLS alert it was sent away, or that it was let in."""
import asyncio
import ssl
import sys

from aioquic.asyncio.client import connect
from aioquic.quic.configuration import QuicConfiguration
from aioquic.quic.events import ConnectionTerminated

CRYPTO_ERROR = 0x100


async def main():
    port, name, certificate, key = sys.argv[1:]
    configuration = QuicConfiguration(
        is_client=True, alpn_protocols=["smb"], server_name=name,
        verify_mode=ssl.CERT_NONE)
    configuration.load_cert_chain(certificate, key)
    async with connect("127.0.0.1", int(port),
                       configuration=configuration) as connection:
        try:
            await asyncio.wait_for(connection.wait_closed(), 5)
        except asyncio.TimeoutError:
            print("let in")
            return
        # there is no other way to learn why
        event = connection._quic._close_event  # pylint: disable=W0212
        if isinstance(event, ConnectionTerminated):
            print("alert", event.error_code - CRYPTO_ERROR)


asyncio.run(main())
