# SPDX-License-Identifier: Apache-2.0
"""Many short-lived things, each with one connection to a port that nobody listens at:

    unshare --net python3 -m lab.storm namespaces <count>        network namespaces
    unshare --net python3 -m lab.storm units <count> <cgroup>    storm-<n>.service below this control group
"""

import ctypes
import fcntl
import os
import socket
import struct
import sys
from pathlib import Path

from lab.odd_client import name_thread

ADDRESS = "203.0.113.5"
CLONE_NEWNET = 0x40000000
SIOCSIFFLAGS, SIOCSIFADDR, IFF_UP = 0x8914, 0x8916, 1


def prepare_loopback():
    """ADDRESS is here, without a process for it."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as control:
        address = struct.pack("16sHH4s8x", b"lo", socket.AF_INET, 0, socket.inet_aton(ADDRESS))
        fcntl.ioctl(control, SIOCSIFADDR, address)
        fcntl.ioctl(control, SIOCSIFFLAGS, struct.pack("16sH14x", b"lo", IFF_UP))


def connect():
    with socket.socket() as client:
        if client.connect_ex((ADDRESS, 443)) == 0:
            raise RuntimeError("somebody listens")


def namespaces(count):
    libc = ctypes.CDLL(None, use_errno=True)
    for _ in range(count):
        # the one before goes with its last process
        if libc.unshare(CLONE_NEWNET) != 0:
            raise OSError(ctypes.get_errno(), "unshare")
        prepare_loopback()
        connect()


def units(count, parent):
    prepare_loopback()
    for number in range(count):
        cgroup = Path(parent) / f"storm-{number}.service"
        cgroup.mkdir()
        child = os.fork()
        if child == 0:
            (cgroup / "cgroup.procs").write_text(str(os.getpid()))
            connect()
            os._exit(0)
        if os.waitpid(child, 0)[1] != 0:
            raise RuntimeError("the client failed")
        cgroup.rmdir()


if __name__ == "__main__":
    name_thread(b"storm")
    {"namespaces": namespaces, "units": units}[sys.argv[1]](int(sys.argv[2]), *sys.argv[3:])
