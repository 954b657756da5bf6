# SPDX-License-Identifier: Apache-2.0
"""A firewall in the way that answers in the server's place: it accepts every TCP connection, reads whom the client wants,
and decides then. The router redirects to it what the fault `middlebox` names.

    python3 -m lab.middlebox <address> <port>
"""

import socket
import socketserver
import struct
import sys

# What Azure Firewall answers to a request over plain HTTP that no rule allows.
REASON = b"HTTP request from 10.20.0.2 denied. Action: Deny. Reason: No rule matched. Proceeding with default action"
DENIED = b"HTTP/1.1 470 status code 470\r\nContent-Length: %d\r\nConnection: close\r\n\r\n%s" % (len(REASON), REASON)
HOLD_S = 30.0


def reset(connection, _):
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def close(*_):
    pass


def swallow(connection, _):
    """Acknowledges whatever comes, says nothing."""
    connection.settimeout(HOLD_S)
    while connection.recv(65536):
        pass


def deny(connection, _):
    connection.sendall(DENIED)


BEHAVIOUR = {
    "resethello.vault.azure.net": reset,
    "closedhello.vault.azure.net": close,
    "silenthello.vault.azure.net": swallow,
    "cacerts.digicert.com": deny,
    "crl2.microsoft.com": close,
    "cacerts.geotrust.com": swallow,
}


def server_name(hello):
    """The SNI of a ClientHello that is in one record (RFC 8446 section 4.1.2, RFC 6066 section 3); empty without one."""
    at = 5 + 4 + 2 + 32  # headers of record and handshake, version, random
    at += 1 + hello[at]
    at += 2 + int.from_bytes(hello[at : at + 2], "big")
    at += 1 + hello[at] + 2
    while at + 4 <= len(hello):
        kind, length = struct.unpack_from(">HH", hello, at)
        if kind == 0:
            return hello[at + 9 : at + 4 + length].decode()
        at += 4 + length
    return ""


def wanted_host(sent):
    if sent[0] == 0x16:
        return server_name(sent)
    host = next(line for line in sent.split(b"\r\n") if line.lower().startswith(b"host:"))
    return host[5:].strip().decode()


def read_opening(connection):
    """Everything up to the end of the first record or request."""
    sent = b""
    while True:
        piece = connection.recv(65536)
        if not piece:
            return None
        sent += piece
        if sent[0] != 0x16 and b"\r\n\r\n" in sent:
            return sent
        if sent[0] == 0x16 and len(sent) >= 5 and len(sent) >= 5 + int.from_bytes(sent[3:5], "big"):
            return sent


class Handler(socketserver.BaseRequestHandler):
    def handle(self):
        self.request.settimeout(HOLD_S)
        try:
            sent = read_opening(self.request)
            if sent:
                BEHAVIOUR[wanted_host(sent)](self.request, sent)
        except (ConnectionError, TimeoutError):
            pass  # the client gave up first


class Server(socketserver.ThreadingTCPServer):
    daemon_threads = True
    allow_reuse_address = True
    request_queue_size = 64

    def shutdown_request(self, request):
        # no shutdown() in between: close() alone decides between FIN and RST
        request.close()


if __name__ == "__main__":
    Server((sys.argv[1], int(sys.argv[2])), Handler).serve_forever()
