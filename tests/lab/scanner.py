# SPDX-License-Identifier: Apache-2.0
"""A stranger: asks for no name, and goes to addresses by each protocol.

    python3 -m lab.scanner <address>

One TCP connection to port 443 and one to port 8443, a datagram, an echo request and a TCP segment from raw sockets.
"""

import socket
import struct
import sys

TIMEOUT_S = 1.0


def checksum(data):
    """RFC 1071."""
    total = sum(struct.unpack(f">{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def echo_request():
    """RFC 792."""
    header = struct.pack(">BBHHH", 8, 0, 0, 1, 1)
    return struct.pack(">BBHHH", 8, 0, checksum(header), 1, 1)


def syn(port):
    """RFC 9293 section 3.1; nobody looks at the checksum on the way out."""
    return struct.pack(">HHIIBBHHH", 40000, port, 1, 0, 5 << 4, 2, 1024, 0, 0)


def main(address):
    for port in (443, 8443):
        with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as connection:
            connection.settimeout(TIMEOUT_S)
            connection.connect_ex((address, port))
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as datagrams:
        datagrams.sendto(b"x", (address, 9))
    with socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP) as raw:
        raw.sendto(echo_request(), (address, 0))
    with socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_TCP) as raw:
        raw.sendto(syn(25), (address, 0))


if __name__ == "__main__":
    main(*sys.argv[1:])
