# SPDX-License-Identifier: Apache-2.0
"""What the hooks cost by themselves: programs that do nothing, on all of ours and on one family of them at a time, beside
nothing and beside us in the same rounds of storms. No program on these hooks could cost less."""

import time

from bench.daemon import Daemon
from bench.programs import noops
from bench.statistics_of_pairs import ratio
from bench.system import process_cpu_s
from bench.table import Row

SETTLE_S = 0.5

FAMILIES = {
    "all hooks": (),
    "changes of state, twice": ("noop_state", "noop_state_in_interrupt"),
    "changes of state, once": ("noop_state",),
    "packets": ("noop_out", "noop_in"),
    "connect, create, destroy, route, dropped": ("noop_connect", "noop_create", "noop_destroyed", "noop_route",
                                                 "noop_dropped"),
}


def measure(workspace, binary, storm, rounds, seconds):
    """Rows with the rate and the CPU of client and server, and with us that of the daemon, in relation to nothing."""

    def figures(daemon=None):
        before = sum(process_cpu_s(daemon.pid)) if daemon else 0
        tally = storm.run(seconds=seconds)
        time.sleep(SETTLE_S)
        own = sum(process_cpu_s(daemon.pid)) - before if daemon else 0
        return tally["connections"] / tally["seconds"], (tally["cpu_seconds"] + own) / tally["connections"] * 1e6

    def with_noops(programs):
        with noops(workspace, programs):
            time.sleep(SETTLE_S)
            return figures()

    def with_daemon():
        with Daemon(workspace, binary) as daemon:
            time.sleep(SETTLE_S)
            return figures(daemon)

    phases = {"nothing": figures, "egresswatch": with_daemon}
    for name, programs in FAMILIES.items():
        phases[f"programs that return at once: {name}"] = lambda programs=programs: with_noops(programs)
    measured = {name: [] for name in phases}
    names = list(phases)
    figures()
    for number in range(rounds):
        turn = number % len(names)
        # Turned and reversed: none is always behind the same other.
        order = names[turn:] + names[:turn]
        for name in order if number % 2 == 0 else reversed(order):
            measured[name].append(phases[name]())

    nothing = measured.pop("nothing")
    off_rate, off_us = (sum(figure[i] for figure in nothing) / rounds for i in (0, 1))
    rows = [Row(f"connections a second with nothing attached ({rounds} rounds of {seconds:g} s)", f"{off_rate:,.0f}"),
            Row("CPU of client and server per connection with nothing attached", f"{off_us:.1f} us")]
    for name, figures_of in measured.items():
        rate, cpu = (ratio([(on[i], off[i]) for on, off in zip(figures_of, nothing)]) for i in (0, 1))
        rows.append(Row(name, f"rate {rate}; CPU {cpu}, {(cpu.mean - 1) * off_us:+.1f} us"))
    return rows
