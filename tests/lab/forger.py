# SPDX-License-Identifier: Apache-2.0
"""A resolver that sends two answers nobody asked for before the right one: one with another question, one with another id.

Both come from the address and port that was asked, to those that asked: only id and question tell them apart (RFC 5452
section 9.1). Clients wait for the right one, and so must whoever watches.

    python3 -m lab.forger <address> <the right answer> <the address in the forged ones>
"""

import socket
import struct
import sys

FORGED_NAME = b"\x06forged\x05vault\x05azure\x03net\x00"
TYPE_A_CLASS_IN = struct.pack(">2H", 1, 1)
RESPONSE = 0x8180
POINTER_TO_QUESTION = b"\xc0\x0c"


def answer(query_id, question, address):
    header = struct.pack(">6H", query_id, RESPONSE, 1, 1, 0, 0)
    record = POINTER_TO_QUESTION + TYPE_A_CLASS_IN + struct.pack(">IH", 300, 4) + socket.inet_aton(address)
    return header + question + record


def serve(address, right, forged):
    channel = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    channel.bind((address, 53))
    while True:
        query, client = channel.recvfrom(512)
        (query_id,) = struct.unpack_from(">H", query)
        # the questions of the C library have no additional section
        question = query[12:]
        channel.sendto(answer(query_id, FORGED_NAME + TYPE_A_CLASS_IN, forged), client)
        channel.sendto(answer(query_id ^ 0x5555, question, forged), client)
        channel.sendto(answer(query_id, question, right), client)


if __name__ == "__main__":
    serve(*sys.argv[1:])
