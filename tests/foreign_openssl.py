#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""QUIC of another make (OpenSSL 3.5 or later, through ctypes), as an echo
server and as a client of one.

    foreign_openssl.py server ADDRESS PORT CERT KEY [WHAT...]
    foreign_openssl.py client ADDRESS PORT CA NAME KIB WHAT...

The server says "ready" and serves one connection after the other, with a line
for each. WHAT of it: retry (else addresses need no proof), chacha, close=N.
The client sends KIB of pseudo-random bytes, wants them back, and prints what
it saw. WHAT of it, each a connection: plain, chacha, key-update (in the
middle), resume (two connections), close=N (asks the echo to close so), alpn
(a wrong one).
"""

import ctypes
import random
import socket
import sys
import time
from ctypes import (POINTER, byref, c_char_p, c_int, c_long, c_size_t,
                    c_uint32, c_uint64, c_ubyte, c_uint, c_void_p)

ssl = ctypes.CDLL("libssl.so.3")
crypto = ctypes.CDLL("libcrypto.so.3")

CHACHA = b"TLS_CHACHA20_POLY1305_SHA256"
SET_TLSEXT_HOSTNAME = 55
FILETYPE_PEM = 1
VERIFY_PEER = 1
LISTENER_NO_VALIDATE = 2
ALERT_FATAL = 2
KEY_UPDATE_REQUESTED = 1
ERROR_ZERO_RETURN = 6
CLOSE_FLAG_LOCAL, CLOSE_FLAG_TRANSPORT = 1, 2
SHUTDOWN_FLAG_NO_BLOCK = 4
LIMIT = 60


class CloseInfo(ctypes.Structure):
    _fields_ = [("error_code", c_uint64), ("frame_type", c_uint64),
                ("reason", c_char_p), ("reason_len", c_size_t),
                ("flags", c_uint32)]


class ShutdownArgs(ctypes.Structure):
    _fields_ = [("error_code", c_uint64), ("reason", c_char_p)]


ALPN_SELECT = ctypes.CFUNCTYPE(
    c_int, c_void_p, POINTER(c_void_p), POINTER(c_ubyte), POINTER(c_ubyte),
    c_uint, c_void_p)


def declare():
    """Every one of these takes pointers first, and many return one."""
    pointers = """OSSL_QUIC_client_method OSSL_QUIC_server_method SSL_CTX_new
        SSL_new SSL_new_listener SSL_accept_connection SSL_get1_session
        SSL_get_current_cipher SSL_SESSION_dup""".split()
    for name in pointers:
        getattr(ssl, name).restype = c_void_p
    ssl.SSL_CIPHER_get_name.restype = c_char_p
    ssl.SSL_CTX_new.argtypes = [c_void_p]
    ssl.SSL_new.argtypes = [c_void_p]
    ssl.SSL_new_listener.argtypes = [c_void_p, c_uint64]
    ssl.SSL_accept_connection.argtypes = [c_void_p, c_uint64]
    ssl.SSL_ctrl.argtypes = [c_void_p, c_int, c_long, c_char_p]
    ssl.SSL_ctrl.restype = c_long
    ssl.SSL_set_fd.argtypes = [c_void_p, c_int]
    ssl.SSL_set_alpn_protos.argtypes = [c_void_p, c_char_p, c_uint]
    ssl.SSL_write_ex.argtypes = [c_void_p, c_char_p, c_size_t,
                                 POINTER(c_size_t)]
    ssl.SSL_read_ex.argtypes = ssl.SSL_write_ex.argtypes
    ssl.SSL_get_conn_close_info.argtypes = [c_void_p, POINTER(CloseInfo),
                                            c_size_t]
    ssl.SSL_shutdown_ex.argtypes = [c_void_p, c_uint64,
                                    POINTER(ShutdownArgs), c_size_t]
    ssl.SSL_stream_conclude.argtypes = [c_void_p, c_uint64]
    ssl.SSL_get_error.argtypes = [c_void_p, c_int]
    ssl.SSL_key_update.argtypes = [c_void_p, c_int]
    ssl.SSL_set_session.argtypes = [c_void_p, c_void_p]
    for name in """SSL_connect SSL_listen SSL_handle_events SSL_free
            SSL_session_reused SSL_get1_session SSL_get_current_cipher
            SSL_CIPHER_get_name SSL_SESSION_dup""".split():
        getattr(ssl, name).argtypes = [c_void_p]
    ssl.SSL_CTX_load_verify_file.argtypes = [c_void_p, c_char_p]
    ssl.SSL_CTX_set_verify.argtypes = [c_void_p, c_int, c_void_p]
    ssl.SSL_CTX_set_ciphersuites.argtypes = [c_void_p, c_char_p]
    ssl.SSL_CTX_use_certificate_chain_file.argtypes = [c_void_p, c_char_p]
    ssl.SSL_CTX_use_PrivateKey_file.argtypes = [c_void_p, c_char_p, c_int]
    ssl.SSL_CTX_set_alpn_select_cb.argtypes = [c_void_p, ALPN_SELECT,
                                               c_void_p]
    ssl.SSL_set_blocking_mode.argtypes = [c_void_p, c_int]


def must(good, what):
    if not good:
        buffer = ctypes.create_string_buffer(256)
        crypto.ERR_error_string_n(crypto.ERR_get_error(), buffer, 256)
        sys.exit("%s: %s" % (what, buffer.value.decode()))
    return good


def udp(address):
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    s = socket.socket(family, socket.SOCK_DGRAM)
    s.setblocking(False)
    return s


def read(conn):
    """Bytes; None: the end, in order or not."""
    buffer = ctypes.create_string_buffer(65536)
    n = c_size_t()
    if ssl.SSL_read_ex(conn, buffer, 65536, byref(n)) != 1:
        return None
    return buffer.raw[:n.value]


def write(conn, data):
    n = c_size_t()
    while data:
        if ssl.SSL_write_ex(conn, data, len(data), byref(n)) != 1:
            return False
        data = data[n.value:]
    return True


def how_it_ended(conn):
    """Once it is over, or nothing for a while."""
    info = CloseInfo()
    end = time.monotonic() + 20
    while ssl.SSL_get_conn_close_info(conn, byref(info),
                                      ctypes.sizeof(info)) != 1:
        if time.monotonic() > end:
            return "no end"
        ssl.SSL_handle_events(conn)
        time.sleep(0.01)
    return "%s%s %#x" % (
        "ended itself with" if info.flags & CLOSE_FLAG_LOCAL else
        "ended with", " transport error" if info.flags & CLOSE_FLAG_TRANSPORT
        else "", info.error_code)


def shut(conn, code):
    args = ShutdownArgs(code, b"as it was asked to")
    end = time.monotonic() + 5
    while ssl.SSL_shutdown_ex(conn, SHUTDOWN_FLAG_NO_BLOCK, byref(args),
                              ctypes.sizeof(args)) == 0:
        if time.monotonic() > end:
            break
        ssl.SSL_handle_events(conn)
        time.sleep(0.01)


# --- server ---------------------------------------------------------------

SMB = ctypes.create_string_buffer(b"smb", 3)


@ALPN_SELECT
def select_alpn(_conn, out, out_len, offered, length, _arg):
    if b"\x03smb" not in ctypes.string_at(offered, length):
        return ALERT_FATAL
    out[0] = ctypes.addressof(SMB)
    out_len[0] = 3
    return 0


def echo(conn, what):
    code = [int(w[6:]) for w in what if w.startswith("close=")]
    total = 0
    data = read(conn)
    while data is not None:
        total += len(data)
        if code or not write(conn, data):
            break
        data = read(conn)
    cipher = ssl.SSL_CIPHER_get_name(ssl.SSL_get_current_cipher(conn))
    reused = ssl.SSL_session_reused(conn)
    if code:
        shut(conn, code[0])
    print("cipher=%s resumed=%d %s" % (cipher.decode(), reused,
                                       how_it_ended(conn)), flush=True)


def server(address, port, cert, key, *what):
    context = must(ssl.SSL_CTX_new(ssl.OSSL_QUIC_server_method()), "context")
    must(ssl.SSL_CTX_use_certificate_chain_file(context, cert.encode()) == 1,
         cert)
    must(ssl.SSL_CTX_use_PrivateKey_file(context, key.encode(),
                                         FILETYPE_PEM) == 1, key)
    ssl.SSL_CTX_set_alpn_select_cb(context, select_alpn, None)
    if "chacha" in what:
        must(ssl.SSL_CTX_set_ciphersuites(context, CHACHA) == 1, "cipher")
    s = udp(address)
    s.bind((address, int(port)))
    listener = must(ssl.SSL_new_listener(
        context, 0 if "retry" in what else LISTENER_NO_VALIDATE), "listener")
    must(ssl.SSL_set_fd(listener, s.fileno()) == 1, "socket")
    must(ssl.SSL_listen(listener) == 1, "listen")
    print("ready", flush=True)
    while True:
        conn = ssl.SSL_accept_connection(listener, 0)
        if conn:
            echo(conn, what)
            ssl.SSL_free(conn)


# --- client ---------------------------------------------------------------

def connect(context, address, port, name, alpn, session):
    s = udp(address)
    s.connect((address, int(port)))
    conn = must(ssl.SSL_new(context), "connection")
    must(ssl.SSL_set_fd(conn, s.fileno()) == 1, "socket")
    must(ssl.SSL_ctrl(conn, SET_TLSEXT_HOSTNAME, 0, name.encode()) == 1,
         "name")
    must(ssl.SSL_set_alpn_protos(conn, alpn, len(alpn)) == 0, "ALPN")
    if session:
        must(ssl.SSL_set_session(conn, session) == 1, "session")
    return s, conn, ssl.SSL_connect(conn) == 1


def exchange(what, conn, kib):
    sent = random.Random(what).randbytes(kib << 10)
    half = len(sent) // 2
    got = b""
    if what.startswith("close="):
        write(conn, b"!" + what[6:].encode())
        while read(conn) is not None:
            pass
        return how_it_ended(conn)
    must(write(conn, sent[:half]), "write")
    while len(got) < half:
        got += must(read(conn), "read")
    if what == "key-update":
        must(ssl.SSL_key_update(conn, KEY_UPDATE_REQUESTED) == 1,
             "key update")
    must(write(conn, sent[half:]), "write")
    must(ssl.SSL_stream_conclude(conn, 0) == 1, "end of stream")
    data = read(conn)
    while data is not None:
        got += data
        data = read(conn)
    return "%s, %s" % ("whole" if got == sent else "NOT WHOLE",
                       how_it_ended(conn))


def client(address, port, ca, name, kib, *whats):
    for what in whats:
        context = must(ssl.SSL_CTX_new(ssl.OSSL_QUIC_client_method()),
                       "context")
        must(ssl.SSL_CTX_load_verify_file(context, ca.encode()) == 1, ca)
        ssl.SSL_CTX_set_verify(context, VERIFY_PEER, None)
        if what == "chacha":
            must(ssl.SSL_CTX_set_ciphersuites(context, CHACHA) == 1,
                 "cipher")
        session = None
        for again in range(2 if what == "resume" else 1):
            s, conn, good = connect(
                context, address, port, name,
                b"\x02h3" if what == "alpn" else b"\x03smb", session)
            if not good:
                print("%s: %s" % (what, how_it_ended(conn)), flush=True)
                continue
            outcome = exchange(what, conn, int(kib))
            cipher = ssl.SSL_CIPHER_get_name(
                ssl.SSL_get_current_cipher(conn)).decode()
            resumed = ["", ", resumed" if ssl.SSL_session_reused(conn)
                       else ", not resumed"][again]
            # a copy: with the connection the session would be given up
            session = ssl.SSL_SESSION_dup(ssl.SSL_get1_session(conn))
            print("%s: %s%s, %s" % (what, cipher, resumed, outcome),
                  flush=True)
            ssl.SSL_free(conn)
            s.close()


def main():
    declare()
    if not hasattr(ssl, "SSL_new_listener"):
        sys.exit("this OpenSSL has no QUIC server")
    role, *arguments = sys.argv[1:]
    {"server": server, "client": client}[role](*arguments)


main()
