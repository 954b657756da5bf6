# SPDX-License-Identifier: Apache-2.0
"""Faults that a machine cannot be asked for: preload.c between the daemon and the kernel."""

import mmap
import os
import struct
from pathlib import Path

from lab.processes import run

SOURCE = Path(__file__).parent / "preload.c"
ANY = -1
# linux/bpf.h
MAP_CREATE, PROG_LOAD, LINK_CREATE = 0, 5, 28
PROGRAM_TYPES = {"kprobe": 2, "cgroup_skb": 8, "cgroup_sock": 9, "cgroup_sock_addr": 18, "tracing": 26}
NAME_BYTES = 15  # the kernel keeps so many


def refuse(command, error, kind=ANY, name=""):
    """A rule: bpf(2) fails with the errno `error` for this type, and name, of a map, a program or an attachment."""
    return f"{command}:{kind}:{name[:NAME_BYTES]}:{error}"


class Preload:
    """`prefix` of a command that is to be deceived; the rest while it runs."""

    def __init__(self, directory, rules=()):
        library = Path(directory) / "preload.so"
        if not library.exists():
            run("cc", "-shared", "-fPIC", "-O1", "-Wall", "-Wextra", "-Werror", "-o", str(library), str(SOURCE), "-ldl")
        state = Path(directory) / "state-of-preload"
        state.write_bytes(bytes(16))
        with open(state, "r+b") as file:
            self._state = mmap.mmap(file.fileno(), 16)
        # AddressSanitizer wants to be the first library; what is in front of it here allocates nothing
        sanitizer = ":".join(filter(None, (os.environ.get("ASAN_OPTIONS"), "verify_asan_link_order=0")))
        self.prefix = ("env", f"LD_PRELOAD={library}", f"ASAN_OPTIONS={sanitizer}", f"FAULT_STATE={state}",
                       f"FAULT_BPF={' '.join(rules)}")

    def set_clock(self, ahead_s):
        self._state[:8] = struct.pack("=q", int(ahead_s * 1e9))

    def set_no_descriptors(self, none):
        self._state[8:] = struct.pack("=q", none)
