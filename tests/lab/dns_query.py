# SPDX-License-Identifier: Apache-2.0
"""One DNS question (RFC 1035) over UDP, and the answer as JSON: response code and the records of the answer section.

    python3 -m lab.dns_query <resolver> <name> <A|AAAA>
"""

import ipaddress
import json
import socket
import struct
import sys

TYPES = {"A": 1, "CNAME": 5, "AAAA": 28}
RCODES = ("NOERROR", "FORMERR", "SERVFAIL", "NXDOMAIN", "NOTIMP", "REFUSED")


def ask(resolver, name, kind, timeout_s=3.0):
    labels = b"".join(bytes([len(label)]) + label.encode() for label in name.split("."))
    recursion_desired = 0x0100
    query = struct.pack(">6H", 4711, recursion_desired, 1, 0, 0, 0) + labels + struct.pack(">BHH", 0, TYPES[kind], 1)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as channel:
        channel.settimeout(timeout_s)
        channel.sendto(query, (resolver, 53))
        message = channel.recv(4096)
    return {"rcode": RCODES[message[3] & 15], "answers": list(_answers(message, len(query)))}


def _answers(message, offset):
    (count,) = struct.unpack_from(">H", message, 6)
    for _ in range(count):
        owner, offset = _name(message, offset)
        kind, _, _, length = struct.unpack_from(">HHIH", message, offset)
        data = offset + 10
        offset = data + length
        if kind == TYPES["CNAME"]:
            yield [owner, "CNAME", _name(message, data)[0]]
        elif kind in (TYPES["A"], TYPES["AAAA"]):
            text = str(ipaddress.ip_address(message[data:offset]))
            yield [owner, "A" if kind == TYPES["A"] else "AAAA", text]


def _name(message, offset):
    """The name at `offset`, compressed or not, and the offset behind it."""
    labels = []
    while message[offset]:
        if message[offset] >= 0xC0:
            pointer = struct.unpack_from(">H", message, offset)[0] & 0x3FFF
            return ".".join([*labels, _name(message, pointer)[0]]), offset + 2
        end = offset + 1 + message[offset]
        labels.append(message[offset + 1 : end].decode())
        offset = end
    return ".".join(labels), offset + 1


if __name__ == "__main__":
    print(json.dumps(ask(*sys.argv[1:])))
