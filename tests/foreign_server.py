#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""A QUIC server of another make (aioquic), with whatever is wrong with it.

    foreign_server.py PORT CA CA_KEY NAME WHAT

It has a certificate of that CA, made here, and says "ready". WHAT:
    good      nothing wrong, but it speaks no SMB: it closes the connection
    expired, early, wrong-name, client-only (extended key usage),
    stranger (signed by another CA of the same name), alpn (not "smb"),
    no-alpn (looks at no protocol)
"""

import asyncio
import datetime
import sys

from aioquic.asyncio import QuicConnectionProtocol, serve
from aioquic.quic.configuration import QuicConfiguration
from aioquic.quic.events import HandshakeCompleted
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

DAY = datetime.timedelta(days=1)


def make_certificate(what, name, ca, ca_key):
    key = ec.generate_private_key(ec.SECP256R1())
    now = datetime.datetime.now(datetime.timezone.utc)
    begin, end = {"expired": (now - 9 * DAY, now - 2 * DAY),
                  "early": (now + 2 * DAY, now + 9 * DAY)}.get(
                      what, (now - DAY, now + 9 * DAY))
    if what == "wrong-name":
        name = "other." + name
    purpose = ExtendedKeyUsageOID.CLIENT_AUTH if what == "client-only" \
        else ExtendedKeyUsageOID.SERVER_AUTH
    if what == "stranger":
        ca_key = ec.generate_private_key(ec.SECP256R1())
    cert = x509.CertificateBuilder() \
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME,
                                                    name)])) \
        .issuer_name(ca.subject).public_key(key.public_key()) \
        .serial_number(x509.random_serial_number()) \
        .not_valid_before(begin).not_valid_after(end) \
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]),
                       False) \
        .add_extension(x509.ExtendedKeyUsage([purpose]), False) \
        .sign(ca_key, hashes.SHA256())
    return cert, key


class Server(QuicConnectionProtocol):
    """Closes what got as far as being a connection."""

    def quic_event_received(self, event):
        if isinstance(event, HandshakeCompleted):
            self.close(error_code=7, reason_phrase="no SMB here")


async def main():
    port, ca_file, ca_key_file, name, what = sys.argv[1:]
    with open(ca_file, "rb") as file:
        ca = x509.load_pem_x509_certificate(file.read())
    with open(ca_key_file, "rb") as file:
        ca_key = serialization.load_pem_private_key(file.read(), None)
    configuration = QuicConfiguration(
        is_client=False, alpn_protocols={"alpn": ["h3"], "no-alpn": None}.get(
            what, ["smb"]))
    configuration.certificate, configuration.private_key = \
        make_certificate(what, name, ca, ca_key)
    await serve("127.0.0.1", int(port), configuration=configuration,
                create_protocol=Server)
    print("ready", flush=True)
    await asyncio.Event().wait()


asyncio.run(main())
