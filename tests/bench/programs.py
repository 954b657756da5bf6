# SPDX-License-Identifier: Apache-2.0
"""How long each BPF program runs, by the kernel's own clock (kernel.bpf_stats_enabled, which costs some 20 ns a run)."""

import contextlib
import json
from pathlib import Path

from bench.daemon import Daemon
from bench.system import bpf_program_ids
from bench.table import Row
from lab.processes import run

SWITCH = Path("/proc/sys/kernel/bpf_stats_enabled")


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


def measure(workspace, binary, storm, seconds):
    with Daemon(workspace, binary) as daemon, statistics_enabled():
        ours = bpf_program_ids(daemon.pid)
        before = all_programs()
        tally = storm.run(seconds=seconds)
        after = all_programs()
    rows, total_ns = [], 0.0
    for program in sorted(ours & after.keys()):
        runs, time_ns = (after[program].get(key, 0) - before[program].get(key, 0) for key in ("run_cnt", "run_time_ns"))
        if runs < tally["connections"] / 100:
            continue
        per_connection_ns = time_ns / tally["connections"]
        total_ns += per_connection_ns
        rows.append(Row(f"program {after[program]['name']}",
                        f"{time_ns / runs:.0f} ns a run, {runs / tally['connections']:.1f} runs a connection"))
    rows.append(Row("all programs per connection", f"{total_ns / 1e3:.2f} us (server and client: both are on this host)"))
    return rows
