# SPDX-License-Identifier: Apache-2.0
"""Attaches the programs of deny.bpf.c to a cgroup: the denials of another program on this host."""

import json
import platform
import tempfile
from pathlib import Path

from lab.processes import run

SOURCE = Path(__file__).parent / "deny.bpf.c"
ATTACH_TYPES = {"connect": "cgroup_inet4_connect", "egress": "cgroup_inet_egress"}
# bpftool attaches what is pinned. The file system for that is mounted for these commands only: the cgroup holds on to
# the program, and lets go of it with its own removal at the latest.
PIN_AND_ATTACH = """
mount -t bpf bpf "$1"
bpftool prog loadall "$2" "$1"
bpftool cgroup attach "$3" "$4" pinned "$1/$5"
"""


def attach(program, cgroup):
    with tempfile.TemporaryDirectory() as directory:
        compiled = f"{directory}/deny.o"
        run("clang", "-O2", "-target", "bpf", "-idirafter", f"/usr/include/{platform.machine()}-linux-gnu",
            "-c", str(SOURCE), "-o", compiled)
        pins = Path(directory) / "pins"
        pins.mkdir()
        run("unshare", "--mount", "sh", "-ec", PIN_AND_ATTACH, "sh",
            str(pins), compiled, str(cgroup), ATTACH_TYPES[program], f"deny_{program}")


def detach(program, cgroup):
    attached = json.loads(run("bpftool", "--json", "cgroup", "show", str(cgroup)) or "[]")
    for entry in attached:
        if entry["attach_type"] == ATTACH_TYPES[program]:
            run("bpftool", "cgroup", "detach", str(cgroup), ATTACH_TYPES[program], "id", str(entry["id"]))
