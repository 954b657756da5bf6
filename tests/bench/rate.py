# SPDX-License-Identifier: Apache-2.0
"""What connections cost with the daemon and without: pairs of storms, off and on, in changing order."""

import time
from dataclasses import dataclass, field

from bench.daemon import Daemon
from bench.statistics_of_pairs import ratio
from bench.system import host_busy_s, process_cpu_s, voluntary_switches
from bench.table import Row, at_most

# The daemon's first ticks after its start, and the last records after a storm.
SETTLE_S = 0.5


@dataclass
class Phases:
    """Sums over the storms of one kind, and what each of them measured."""

    rates: list = field(default_factory=list)
    host_us: list = field(default_factory=list)
    own_us: list = field(default_factory=list)
    connections: int = 0
    seconds: float = 0.0
    user_s: float = 0.0
    system_s: float = 0.0
    wakeups: int = 0

    def add(self, tally, host_s, daemon_s=0.0):
        self.rates.append(tally["connections"] / tally["seconds"])
        self.host_us.append(host_s / tally["connections"] * 1e6)
        self.own_us.append((tally["cpu_seconds"] + daemon_s) / tally["connections"] * 1e6)
        self.connections += tally["connections"]
        self.seconds += tally["seconds"]

    def per_connection_us(self, seconds):
        return seconds / self.connections * 1e6


def _storm(storm, seconds):
    before = host_busy_s()
    tally = storm.run(seconds=seconds)
    return tally, host_busy_s() - before


def _storm_with_daemon(workspace, binary, storm, seconds, phases, console=False):
    with Daemon(workspace, binary, console) as daemon:
        time.sleep(SETTLE_S)
        user, system = process_cpu_s(daemon.pid)
        switches = voluntary_switches(daemon.pid)
        measured = _storm(storm, seconds)
        phases.wakeups += voluntary_switches(daemon.pid) - switches
        time.sleep(SETTLE_S)
        now_user, now_system = process_cpu_s(daemon.pid)
        phases.user_s += now_user - user
        phases.system_s += now_system - system
        phases.add(*measured, now_user - user + now_system - system)
        lost = daemon.sum_of("egresswatch_events_lost_total", 'reason="ring_full"')
    if lost:
        raise RuntimeError(f"the daemon lost {lost:g} events: the figures do not count all the work")


def measure(workspace, binary, storm, pairs, seconds):
    off, on = Phases(), Phases()
    _storm(storm, seconds)
    for pair in range(pairs):
        with_daemon = (lambda: _storm_with_daemon(workspace, binary, storm, seconds, on))
        without = (lambda: off.add(*_storm(storm, seconds)))
        for phase in (without, with_daemon) if pair % 2 == 0 else (with_daemon, without):
            phase()
    console = Phases()
    for _ in range(max(1, pairs // 5)):
        _storm_with_daemon(workspace, binary, storm, seconds, console, console=True)

    rates = ratio(zip(on.rates, off.rates))
    host = ratio(zip(on.host_us, off.host_us))
    own = ratio(zip(on.own_us, off.own_us))
    user_us, system_us = on.per_connection_us(on.user_s), on.per_connection_us(on.system_s)
    host_off_us, own_off_us = sum(off.host_us) / pairs, sum(off.own_us) / pairs
    return [
        Row(f"connection rate, on / off ({pairs} pairs of {seconds:g} s)",
            f"{rates} of {off.connections / off.seconds:,.0f}/s", ">= 0.97", rates.mean >= 0.97),
        Row("CPU of the host per connection, on / off", f"{host} of {host_off_us:.1f} us", "<= 1.03", host.mean <= 1.03),
        # The same without what else runs on the host, hence steadier.
        Row("CPU of client, server and daemon per connection, on / off", f"{own} of {own_off_us:.1f} us", "<= 1.03",
            own.mean <= 1.03),
        at_most("CPU of the daemon per connection, user", user_us, 2, "us", 2, f", system {system_us:.2f} us"),
        Row("the same, with a line per outcome on the console",
            f"{console.per_connection_us(console.user_s):.2f} us, system "
            f"{console.per_connection_us(console.system_s):.2f} us"),
        at_most("wake-ups in the storm", on.wakeups / on.seconds, 200, "/s", 0),
    ]
