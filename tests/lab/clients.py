# SPDX-License-Identifier: Apache-2.0
"""What an application may do that no ready-made client does on demand.

    python3 -m lab.clients <action> [<argument>...]

Exit status 0 if all went well, 1 if the connection failed.
"""

import json
import selectors
import socket
import ssl
import sys
import time

TIMEOUT_S = 3.0
IDLE_MARK, SENDING_MARK = "idle", "sending"


def connect(host, port=443):
    """Over IPv4: one question, one attempt."""
    address = socket.getaddrinfo(host, port, socket.AF_INET, socket.SOCK_STREAM)[0][4]
    connection = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    connection.settimeout(TIMEOUT_S)
    try:
        connection.connect(address)
    except OSError:
        connection.close()
        raise
    return connection


def open_tls(host):
    return ssl.create_default_context().wrap_socket(connect(host), server_hostname=host)


def request(host, path="/healthstatus"):
    return f"GET {path} HTTP/1.1\r\nHost: {host}\r\n\r\n".encode()


def ask(connection, host):
    """One request, and the whole of its answer: an empty JSON object."""
    connection.sendall(request(host))
    answer = b""
    while not answer.endswith(b"{}"):
        piece = connection.recv(65536)
        if not piece:
            raise ConnectionError("closed in the middle of an answer")
        answer += piece


def idle(host, seconds):
    """A pooled connection: one request, a pause, another request."""
    with open_tls(host) as connection:
        ask(connection, host)
        # until the acknowledgement of the answer has left, which the kernel puts off for 40 ms and more
        time.sleep(0.3)
        print(IDLE_MARK, flush=True)
        time.sleep(float(seconds))
        ask(connection, host)


def upload(host):
    """Sends, and goes on sending, for TIMEOUT_S at most."""
    with open_tls(host) as connection:
        connection.sendall(b"POST /upload HTTP/1.1\r\nTransfer-Encoding: chunked\r\nHost: " + host.encode() + b"\r\n\r\n")
        end = time.monotonic() + TIMEOUT_S
        while time.monotonic() < end:
            connection.sendall(b"8\r\n12345678\r\n")
            print(SENDING_MARK, flush=True)
            time.sleep(0.05)
        raise TimeoutError("the end of the upload")


def check_revocation(host, revocation_host):
    """As .NET: with the server's certificate in hand it asks whether that was revoked, and only then goes on."""
    connection = connect(host)
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    tls = ssl.create_default_context().wrap_bio(incoming, outgoing, server_hostname=host)
    while True:
        try:
            tls.do_handshake()
            break
        except ssl.SSLWantReadError:
            connection.sendall(outgoing.read())
            incoming.write(connection.recv(65536))
    try:
        with connect(revocation_host, 80) as check:
            check.sendall(request(revocation_host, "/root.crl"))
            check.recv(65536)
    finally:
        # what finishes the handshake has waited until here; .NET goes on without an answer, too
        tls.write(request(host))
        connection.sendall(outgoing.read())
        connection.recv(65536)
        connection.close()


def two_at_once(host):
    """On a host with one local port: for the second there is none left."""
    with connect(host), connect(host):
        pass


def burst(host, number, deadline_s):
    """Connections at once, each given up after the deadline; prints how many succeeded and failed."""
    address = (socket.getaddrinfo(host, 443, socket.AF_INET, socket.SOCK_STREAM)[0][4])
    waiting = selectors.DefaultSelector()
    count = {"established": 0, "given_up": 0}
    for _ in range(int(number)):
        connection = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        connection.setblocking(False)
        connection.connect_ex(address)
        waiting.register(connection, selectors.EVENT_WRITE)
    end = time.monotonic() + float(deadline_s)
    while waiting.get_map() and time.monotonic() < end:
        for key, _ in waiting.select(end - time.monotonic()):
            waiting.unregister(key.fileobj)
            key.fileobj.close()
            count["established"] += 1
    for key in list(waiting.get_map().values()):
        key.fileobj.close()
        count["given_up"] += 1
    print(json.dumps(count))


ACTIONS = {action.__name__: action for action in (idle, upload, check_revocation, two_at_once, burst)}

if __name__ == "__main__":
    try:
        ACTIONS[sys.argv[1]](*sys.argv[2:])
    except OSError as error:  # ssl.SSLError is one, too
        print(type(error).__name__, error)
        sys.exit(1)
