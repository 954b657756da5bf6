# SPDX-License-Identifier: Apache-2.0
"""From connect() that was refused to the counter on /metrics, as a scraper that asks all the time would see it."""

import http.client
import random
import socket
import time

from bench.daemon import Daemon
from bench.table import Row

# As in the configuration of daemon.py; nothing listens there.
ADDRESS = "127.99.99.99"
DEADLINE_S = 10.0


def _closed_port():
    with socket.socket() as probe:
        probe.bind((ADDRESS, 0))
        return probe.getsockname()[1]


class Scraper:
    """One connection that is kept; the lines of the bench's own service, as a number."""

    def __init__(self, port):
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=DEADLINE_S)

    def refused(self):
        self._connection.request("GET", "/metrics")
        body = self._connection.getresponse().read().decode()
        return sum(float(line.rpartition(" ")[2]) for line in body.splitlines()
                   if line.startswith("egresswatch_connection_failures_total{") and 'service="bench"' in line
                   and 'cause="refused"' in line)

    def close(self):
        self._connection.close()


def _connect(port):
    with socket.socket() as client:
        if client.connect_ex((ADDRESS, port)) == 0:
            raise RuntimeError(f"something listens on {ADDRESS}:{port}")


def _one(scraper, port):
    expected = scraper.refused() + 1
    begin = time.monotonic()
    _connect(port)
    while scraper.refused() < expected:
        if time.monotonic() - begin > DEADLINE_S:
            raise RuntimeError("a refused connection was not counted")
    return (time.monotonic() - begin) * 1e3


def measure(workspace, binary, rounds):
    # Some connections find the daemon asleep, others between two of its ticks.
    pauses = random.Random(1)
    port = _closed_port()
    times_ms, scrapes_ms = [], []
    with Daemon(workspace, binary) as daemon:
        scraper = Scraper(daemon.port)
        for _ in range(rounds):
            time.sleep(pauses.uniform(0, 0.04))
            begin = time.monotonic()
            scraper.refused()
            scrapes_ms.append((time.monotonic() - begin) * 1e3)
            times_ms.append(_one(scraper, port))
        scraper.close()
    times_ms.sort()
    scrapes_ms.sort()
    p50, p99 = times_ms[rounds // 2], times_ms[min(rounds - 1, rounds * 99 // 100)]
    return [Row(f"event to metric, p50 / p99 of {rounds}",
                f"{p50:.1f} / {p99:.1f} ms (a scrape takes {scrapes_ms[rounds // 2]:.1f} ms of it)",
                "p99 <= 20 ms", p99 <= 20)]
