# SPDX-License-Identifier: Apache-2.0
"""Connections at an even rate, in a network namespace that holds everything needed for them.

    unshare --net python3 -m lab.steady_client <connections a second> <seconds> [odd]

Makes `connections a second * seconds` connections to a server that accepts and closes them, or until standard input ends;
prints as JSON how many, and how long that took. One that fails ends the program with an error. odd: in the middle of them
it connects once to another address, where nobody listens.
"""

import json
import os
import select
import socket
import struct
import sys
import time

from lab.processes import run

SERVER = ("203.0.113.5", 443)
ODD = ("203.0.113.6", 4433)
ROUND_S = 0.01
# ends with a reset: a TIME_WAIT of each would use up the ports
RESET = struct.pack("ii", 1, 0)


def serve(listener):
    while True:
        listener.accept()[0].close()


def connect():
    with socket.socket() as client:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
        client.connect(SERVER)


def connect_to_the_odd_one():
    with socket.socket() as client:
        client.connect_ex(ODD)


def main(rate, seconds, odd=""):
    run("ip", "link", "set", "lo", "up")
    for address, _ in (SERVER, ODD):
        run("ip", "address", "add", f"{address}/32", "dev", "lo")
    listener = socket.create_server(SERVER, backlog=4096)
    server = os.fork()
    if server == 0:
        serve(listener)
    listener.close()
    begin = time.monotonic()
    made = 0
    try:
        while made < rate * seconds and not select.select([sys.stdin], [], [], 0)[0]:
            for _ in range(int(rate * ROUND_S)):
                connect()
                made += 1
                if odd and made == rate * seconds // 2:
                    connect_to_the_odd_one()
            time.sleep(max(0.0, begin + made / rate - time.monotonic()))
    finally:
        os.kill(server, 9)
        os.waitpid(server, 0)
    print(json.dumps({"connections": made, "seconds": time.monotonic() - begin}))


if __name__ == "__main__":
    main(int(sys.argv[1]), float(sys.argv[2]), *sys.argv[3:])
