# SPDX-License-Identifier: Apache-2.0
"""One daemon from its start through idling to 100,000 connections, and how long others need to start."""

import statistics
import time

from bench.daemon import Daemon
from bench.system import resident_mb, voluntary_switches
from bench.table import Row, at_most

IDLE_AFTER_S = 5


def measure_start(workspace, binary, rounds):
    times_ms = []
    for _ in range(rounds):
        with Daemon(workspace, binary) as daemon:
            times_ms.append(daemon.ready_after_s * 1e3)
    note = f" (median of {rounds}, {min(times_ms):.0f} to {max(times_ms):.0f})"
    return [at_most("start to READY", statistics.median(times_ms), 500, "ms", 0, note)]


def measure(workspace, binary, storm, idle_s, connections):
    with Daemon(workspace, binary) as daemon:
        time.sleep(IDLE_AFTER_S)
        idle_mb = resident_mb(daemon.pid)
        events = daemon.sum_of("egresswatch_events_total")
        # what the scrape itself caused is over
        time.sleep(0.5)
        switches = voluntary_switches(daemon.pid)
        time.sleep(idle_s)
        wakeups = voluntary_switches(daemon.pid) - switches
        events = daemon.sum_of("egresswatch_events_total") - events
        storm.run(connections=connections)
        time.sleep(0.5)
        busy_mb = resident_mb(daemon.pid)
    return [
        at_most(f"RSS, idle {IDLE_AFTER_S} s after start", idle_mb, 24, "MB"),
        Row(f"RSS after {connections:,} connections", f"{busy_mb:.1f} MB"),
        at_most("wake-ups, idle", wakeups / idle_s, 1, "/s", 2,
                f" over {idle_s:g} s, in which the host had {events:.0f} events"),
    ]
