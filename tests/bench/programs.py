# SPDX-License-Identifier: Apache-2.0
"""How long each BPF program runs, beside one that does nothing on the same hook: by the kernel's own clock in a storm
(kernel.bpf_stats_enabled, whose clock reads are part of both), and the packet programs by BPF_PROG_TEST_RUN."""

import contextlib
import json
import re
import subprocess
from pathlib import Path

from bench.build import tool
from bench.daemon import Daemon
from bench.system import bpf_program_ids
from bench.table import Row
from lab.processes import run
from lab.workspace import cgroup_root

SWITCH = Path("/proc/sys/kernel/bpf_stats_enabled")

# Our program -> the one of bpf/noop.bpf.c on its hook.
NOOPS = {"tcp_state": "noop_state", "tcp_state_in_interrupt": "noop_state", "connect4": "noop_connect",
         "sock_create": "noop_create", "tcp_destroyed": "noop_destroyed", "route4": "noop_route", "packet_out": "noop_out",
         "packet_in": "noop_in", "packet_dropped": "noop_dropped"}


@contextlib.contextmanager
def statistics_enabled():
    before = SWITCH.read_text(encoding="utf-8")
    SWITCH.write_text("1", encoding="utf-8")
    try:
        yield
    finally:
        SWITCH.write_text(before, encoding="utf-8")


def all_programs():
    return {program["id"]: program for program in json.loads(run("bpftool", "prog", "show", "-j"))}


@contextlib.contextmanager
def noops(workspace, programs=()):
    """The programs of bpf/noop.bpf.c, all or these, attached; the process that holds them."""
    child = workspace.start([tool("bench_noop"), str(cgroup_root()), *programs], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                            text=True)
    try:
        if child.stdout.readline() != "attached\n":
            raise RuntimeError("bench_noop could not attach its programs")
        yield child
    finally:
        child.communicate()


def _storm(storm, pid, seconds):
    """{program of the process: (runs a connection, ns a run)} in a storm; without those that have nothing to do in one."""
    with statistics_enabled():
        ours = bpf_program_ids(pid)
        before = all_programs()
        tally = storm.run(seconds=seconds)
        after = all_programs()
    found = {}
    for program in sorted(ours & after.keys()):
        runs, time_ns = (after[program].get(key, 0) - before[program].get(key, 0) for key in ("run_cnt", "run_time_ns"))
        if runs >= tally["connections"] / 100:
            found[after[program]["name"]] = runs / tally["connections"], time_ns / runs
    return found


def _packets():
    lines = re.findall(r"^(\S.*?)  +(\d+) ns  no-op (\d+) ns", run(tool("bench_packets")), re.MULTILINE)
    return [Row(title, f"{ours} ns a run (a no-op {nothing})") for title, ours, nothing in lines]


def measure(workspace, binary, storm, seconds):
    with noops(workspace) as child:
        nothing = _storm(storm, child.pid, seconds)
    with Daemon(workspace, binary) as daemon:
        ours = _storm(storm, daemon.pid, seconds)
    rows, total_ns, total_noop_ns = [], 0.0, 0.0
    for name, (runs, run_ns) in ours.items():
        beside = nothing.get(NOOPS.get(name))
        note = f" (a no-op on this hook {beside[1]:.0f})" if beside else " (no no-op on this hook)"
        total_ns += runs * run_ns
        total_noop_ns += runs * (beside[1] if beside else 0)
        rows.append(Row(f"program {name}", f"{run_ns:.0f} ns a run{note}, {runs:.1f} runs a connection"))
    rows.append(Row("all programs per connection", f"{total_ns / 1e3:.2f} us, as no-ops {total_noop_ns / 1e3:.2f} us "
                                                   "(server and client: both are on this host)"))
    return rows + _packets()
