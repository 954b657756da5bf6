# SPDX-License-Identifier: Apache-2.0
"""A client that names itself, or what it asks for, as nobody should; or asks in an unusual way. In a network namespace that
holds everything needed for it.

    unshare --net python3 -m lab.odd_client [--comm HEX] [--label HEX] [--over-tcp | --no-question] [--connections N]

It asks for <label>.vault.azure.net and connects to the answer.
"""

import argparse
import ctypes
import socket
import struct
import sys
import threading

from lab.processes import run

RESOLVER, ADDRESS = "127.0.0.1", "203.0.113.5"
PR_SET_NAME = 15
SUFFIX = b"\x05vault\x05azure\x03net\x00"


def name_thread(name):
    """Any 15 bytes but NUL (prctl(2))."""
    ctypes.CDLL(None).prctl(PR_SET_NAME, ctypes.c_char_p(name), 0, 0, 0)


def question(label):
    return struct.pack(">6H", 4711, 0x0100, 1, 0, 0, 0) + bytes([len(label)]) + label + SUFFIX + struct.pack(">2H", 1, 1)


def answer(query):
    header = query[:2] + struct.pack(">5H", 0x8180, 1, 1, 0, 0)
    return header + query[12:] + b"\xc0\x0c" + struct.pack(">HHIH", 1, 1, 60, 4) + socket.inet_aton(ADDRESS)


def receive(stream, size):
    data = b""
    while len(data) < size:
        piece = stream.recv(size - len(data))
        if not piece:
            raise EOFError
        data += piece
    return data


def send_by_bytes(stream, message):
    """Each byte a segment of its own: of the two-byte length in front, too (RFC 1035 section 4.2.2)."""
    stream.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    for byte in struct.pack(">H", len(message)) + message:
        stream.sendall(bytes([byte]))


def receive_message(stream):
    (size,) = struct.unpack(">H", receive(stream, 2))
    return receive(stream, size)


def segments_sent(stream):
    """tcpi_data_segs_out of struct tcp_info."""
    return struct.unpack_from("=I", stream.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 192), 156)[0]


def ask_over_udp(query):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server, socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        server.bind((RESOLVER, 53))
        client.sendto(query, (RESOLVER, 53))
        received, where = server.recvfrom(512)
        server.sendto(answer(received), where)
        client.recv(512)


def ask_over_tcp(query):
    with socket.create_server((RESOLVER, 53)) as server, socket.create_connection((RESOLVER, 53)) as client:
        peer = server.accept()[0]
        with peer:
            for sender, receiver, message in ((client, peer, query), (peer, client, answer(query))):
                reader = threading.Thread(target=receive_message, args=(receiver,))
                reader.start()
                send_by_bytes(sender, message)
                reader.join()
                print(f"{len(message) + 2} bytes in {segments_sent(sender)} segments", flush=True)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--comm", type=bytes.fromhex)
    parser.add_argument("--label", type=bytes.fromhex, default=b"odd")
    parser.add_argument("--over-tcp", action="store_true")
    parser.add_argument("--no-question", action="store_true")
    parser.add_argument("--connections", type=int, default=1)
    arguments = parser.parse_args()
    run("ip", "link", "set", "lo", "up")
    run("ip", "address", "add", f"{ADDRESS}/32", "dev", "lo")
    if arguments.comm:
        name_thread(arguments.comm)
    if not arguments.no_question:
        (ask_over_tcp if arguments.over_tcp else ask_over_udp)(question(arguments.label))
    with socket.create_server((ADDRESS, 443)) as server:
        for _ in range(arguments.connections):
            with socket.create_connection((ADDRESS, 443), timeout=5), server.accept()[0]:
                # open, and the process there to be looked at, until nobody wants that any more
                sys.stdin.read()


if __name__ == "__main__":
    main()
