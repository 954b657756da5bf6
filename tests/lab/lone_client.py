# SPDX-License-Identifier: Apache-2.0
"""One DNS question and connections to its answer, in a network namespace that holds everything needed for it.

    unshare --net python3 -m lab.lone_client <name> [<connections>] [hold]

hold: says "open" and keeps the last connection until standard input ends.
"""

import socket
import struct
import sys
import threading

from lab.dns_query import ask
from lab.processes import run

RESOLVER = "127.0.0.1"
ADDRESS = "203.0.113.5"


def serve_names(channel):
    """Gives every name the same address (RFC 1035 section 4.1)."""
    while True:
        query, client = channel.recvfrom(512)
        question = query[12:]
        header = query[:2] + struct.pack(">5H", 0x8180, 1, 1, 0, 0)
        pointer_to_question = b"\xc0\x0c"
        record = pointer_to_question + struct.pack(">HHIH", 1, 1, 60, 4) + socket.inet_aton(ADDRESS)
        channel.sendto(header + question + record, client)


def main(name, connections="1", hold=""):
    run("ip", "link", "set", "lo", "up")
    run("ip", "address", "add", f"{ADDRESS}/32", "dev", "lo")
    names = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    names.bind((RESOLVER, 53))
    threading.Thread(target=serve_names, args=(names,), daemon=True).start()
    with socket.create_server((ADDRESS, 443)) as server:
        address = ask(RESOLVER, name, "A")["answers"][0][2]
        for left in reversed(range(int(connections))):
            with socket.create_connection((address, 443), timeout=5), server.accept()[0]:
                if hold and left == 0:
                    print("open", flush=True)
                    sys.stdin.read()


if __name__ == "__main__":
    main(*sys.argv[1:])
