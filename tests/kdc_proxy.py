# SPDX-License-Identifier: GPL-3.0-or-later
"""A KDC proxy (MS-KKDCP): kdcproxy under a small web server with TLS, which
prints a line for each request.  Arguments: port, certificate, key."""
import ssl
import sys
import wsgiref.simple_server

import kdcproxy


class Handler(wsgiref.simple_server.WSGIRequestHandler):
    def log_message(self, format, *args):
        print("proxy: " + format % args, flush=True)


def main():
    port, certificate, key = sys.argv[1:]
    server = wsgiref.simple_server.make_server(
        "127.0.0.1", int(port), kdcproxy.Application(),
        handler_class=Handler)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    print("proxy: ready", flush=True)
    server.serve_forever()


main()
