# SPDX-License-Identifier: Apache-2.0
"""What a restart costs those who read the counters: nothing. The daemon is killed, replaced and upgraded while connections
are made at a steady rate, and afterwards each of them is in the counters, which never went back."""

import json
import os
import random
import re
import signal
import socket
import subprocess
import sys
import time
import unittest

from lab.bpf_objects import orphans
from lab.processes import run, wait_until
from lab.program import DEADLINE_S, USAGE
from lab.running import TESTS, VAULT, RunningProgram

RATE = 5000
RATE_WITH_SANITIZERS = 1000
COUNTER = re.compile(r"^(egresswatch_\w+(?:_total|_count|_sum|_bucket)(?:\{.*\})?) (\S+)$", re.MULTILINE)


@unittest.skipIf(os.geteuid() != 0, "needs root: it loads BPF programs")
class Restart(RunningProgram):
    def setUp(self):
        before = orphans()
        self.addCleanup(lambda: wait_until(lambda: not orphans() - before, "BPF programs, maps and links to go"))
        super().setUp()
        self.mounted = self.directory / "bpf"
        self.mounted.mkdir()
        run("mount", "-t", "bpf", "none", str(self.mounted))
        self.addCleanup(run, "umount", "--lazy", str(self.mounted))
        self.pins = self.mounted / "pins"
        self.pins.mkdir()
        self.state = self.directory / "state"
        self.seen = {}

    def start(self, *arguments, pins=None, **options):
        fixed = ("--control.socket", "", "--pin.directory", str(pins or self.pins), "--state.file", str(self.state))
        return super().start(*fixed, *arguments, **options)

    def configuration(self, **values):
        lines = "".join(f"{section}: {{{text}}}\n" for section, text in values.items())
        return ("--config", self.write("egresswatch.yaml", f"history: {{path: {self.directory}/history.db}}\n{lines}"))

    def steady(self, rate, seconds):
        return self.client(str(rate), str(seconds), module="lab.steady_client", stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def scrape(self, daemon):
        """All counters, none of which is lower than ever before."""
        now = {series: float(value) for series, value in COUNTER.findall(daemon.get("/metrics"))}
        for series, value in self.seen.items():
            self.assertGreaterEqual(now.get(series, 0.0), value, f"{series} went back")
        self.seen = now
        return now

    def sum_of(self, metric, counters):
        return sum(value for series, value in counters.items()
                   if series.startswith(f"egresswatch_{metric}{{") and f'unit="{self.unit}"' in series)

    def lost(self, counters):
        return {series: value for series, value in counters.items() if "events_lost_total" in series and value
                and not re.search(r'reason="(dns|payload)_', series)}

    def assert_all_counted(self, daemon, connections):
        wait_until(lambda: self.sum_of("connection_attempts_total", self.scrape(daemon)) >= connections,
                   "every attempt to be counted", DEADLINE_S)
        counters = self.scrape(daemon)
        self.assertEqual(self.lost(counters), {})
        for metric in ("connection_attempts_total", "connections_established_total"):
            self.assertEqual(self.sum_of(metric, counters), connections, metric)
        wait_until(lambda: daemon.value("egresswatch_data_complete") == 1, "the data to be complete")

    def test_killed_twenty_times_and_replaced_five_times(self):
        # sanitizers need seconds to start, in which everything must find room
        configuration = self.configuration(capture="ring_bytes: 67108864")
        daemon = self.start(*configuration)
        sanitized = b"__asan_init" in self.binary.read_bytes()
        client = self.steady(RATE_WITH_SANITIZERS if sanitized else RATE, 240)
        ends = random.Random(1).sample([signal.SIGKILL] * 20 + [signal.SIGTERM] * 5, 25)
        between = random.Random(2)
        for end in ends:
            time.sleep(between.uniform(0.05, 0.6))
            if between.random() < 0.7:
                self.scrape(daemon)
            daemon.signal(end)
            self.assertEqual(daemon.wait(), -signal.SIGKILL if end == signal.SIGKILL else 0, daemon.output())
            daemon = self.start(*configuration)
            self.scrape(daemon)
        client.stdin.close()
        made = json.loads(client.stdout.read())
        client.stdout.close()
        self.assertEqual(client.wait(DEADLINE_S), 0)
        print(f"{made['connections']} connections, {made['connections'] / made['seconds']:.0f}/s", file=sys.stderr)
        self.assert_all_counted(daemon, made["connections"])
        self.assertEqual(daemon.stop(), 0)
        self.assertNotIn("warning: what happened", daemon.output())

    def test_connection_that_outlives_two_daemons(self):
        daemon = self.start(*self.configuration())
        client = self.client(VAULT, "1", "hold", stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.assertEqual(client.stdout.readline(), b"open\n")
        labels = 'service="key_vault",host="fabrikam.vault.azure.net"'
        open_now = f"egresswatch_open_connections{{{labels}}}"
        wait_until(lambda: daemon.value(open_now) == 1, "the connection to be open")
        for end in (signal.SIGKILL, signal.SIGTERM):
            daemon.signal(end)
            daemon.wait()
            daemon = self.start(*self.configuration())
            self.assertEqual(daemon.value(open_now), 1)
        client.stdin.close()
        client.stdout.close()
        wait_until(lambda: daemon.value(open_now) == 0, "the connection to close")
        counters = self.scrape(daemon)
        self.assertEqual(self.sum_of("connection_attempts_total", counters), 1)
        self.assertEqual(counters[f'egresswatch_connection_attempts_total{{{labels},unit="{self.unit}"}}'], 1)

    def test_state_that_is_lost_while_the_pins_stay(self):
        open_now = 'egresswatch_open_connections{service="other",host="other"}'
        daemon = self.start(*self.configuration())
        before = daemon.value(open_now)  # what asks is a connection itself
        client = self.client(VAULT, "1", "hold", stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.assertEqual(client.stdout.readline(), b"open\n")
        named = f'egresswatch_open_connections{{service="key_vault",host="{VAULT}"}}'
        wait_until(lambda: daemon.value(named) == 1, "the connection to be open, and its records given back")
        daemon.signal(signal.SIGKILL)
        daemon.wait()
        self.state.unlink()
        daemon = self.start(*self.configuration())
        # of the lost names none is left, but the programs know what is open
        wait_until(lambda: daemon.value(open_now) == before + 1, "the connection to be known")
        client.stdin.close()
        client.stdout.close()
        wait_until(lambda: daemon.value(open_now) == before, "the connection to close")

    def test_name_that_was_learned_by_the_daemon_before(self):
        daemon = self.start(*self.configuration())
        command = ["unshare", "--net", sys.executable, "-c",
                   "import sys; from lab import lone_client\n"
                   "def pause(server, *rest):\n"
                   "    print('named', flush=True); sys.stdin.readline()\n"
                   "    return connect(server, *rest, timeout=5)\n"
                   "connect = lone_client.socket.create_connection\n"
                   "lone_client.socket.create_connection = lambda a, timeout: pause(a)\n"
                   "lone_client.main('fabrikam.vault.azure.net')"]
        client = self.workspace.start(command, unit=self.unit, cwd=TESTS, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.assertEqual(client.stdout.readline(), b"named\n")
        self.scrape(daemon)
        daemon.signal(signal.SIGKILL)
        daemon.wait()
        client.stdin.write(b"\n")
        client.stdin.close()
        self.assertEqual(client.wait(DEADLINE_S), 0)
        client.stdout.close()
        daemon = self.start(*self.configuration())
        series = ('egresswatch_connection_attempts_total{service="key_vault",host="fabrikam.vault.azure.net",'
                  f'unit="{self.unit}"}}')
        wait_until(lambda: daemon.value(series) == 1, "the connection to be counted under its name")

    def test_ring_that_overflows_meanwhile_is_told(self):
        daemon = self.start(*self.configuration(capture="ring_bytes: 65536"))
        self.scrape(daemon)
        daemon.signal(signal.SIGKILL)
        daemon.wait()
        client = self.steady(1000, 1)
        made = json.loads(client.stdout.read())["connections"]
        client.stdout.close()
        client.stdin.close()
        daemon = self.start(*self.configuration(capture="ring_bytes: 65536"))
        counters = self.scrape(daemon)
        lost = counters['egresswatch_events_lost_total{reason="ring_full"}']
        self.assertGreater(lost, 0)
        self.assertLess(self.sum_of("connection_attempts_total", counters), made)
        wait_until(lambda: daemon.value("egresswatch_data_complete") == 1, "the open sockets to be read again")

    def test_pins_of_another_layout(self):
        daemon = self.start(*self.configuration())
        client = self.steady(100, 1)
        self.assertEqual(client.wait(DEADLINE_S), 0)
        client.stdin.close()
        client.stdout.close()
        self.assert_all_counted(daemon, 100)
        daemon.signal(signal.SIGKILL)
        daemon.wait()
        before = set(os.listdir(self.pins))
        # another size of a map is another layout, as another EGW_ABI_VERSION is
        daemon = self.start(*self.configuration(capture="ring_bytes: 2097152"))
        self.assertEqual(len(set(os.listdir(self.pins)) - before), 1)
        self.assertEqual(set(os.listdir(self.pins)) & before, set(), "what was pinned is gone, and works no more")
        self.assertEqual(self.sum_of("connection_attempts_total", self.scrape(daemon)), 100)
        self.assertIn("warning: what happened since the last daemon ended is missing", daemon.output())

    def test_state_that_cannot_be_used(self):
        daemon = self.start(*self.configuration())
        self.assertEqual(daemon.stop(), 0)
        whole = self.state.read_bytes()
        for content, why in ((b"", None), (whole[:-1], "damaged"), (whole[:200], "damaged"), (b"x" * 300, "not the state of a daemon")):
            self.state.write_bytes(content)
            self.state.chmod(0o600)
            daemon = self.start(*self.configuration())
            self.assertEqual(daemon.value("egresswatch_data_complete"), 1)
            if why:
                self.assertIn(f"warning: counters begin at zero: {self.state}: {why}", daemon.output())
            self.assertEqual(daemon.stop(), 0)
        self.state.chmod(0o666)
        daemon = self.start(*self.configuration())
        self.assertIn(f"{self.state}: not a file that only this user can write", daemon.output())

    def test_pins_that_cannot_be_made(self):
        for directory, why in ((self.directory / "nowhere", "No such file or directory"),
                               (self.directory, "not in a BPF file system: mount one at /sys/fs/bpf")):
            daemon = self.start(*self.configuration(), pins=directory)
            self.assertIn(f"warning: what happens during a restart will be missed: {directory}: {why}", daemon.output())
            self.assertEqual(daemon.stop(), 0)

    def test_second_daemon_with_the_same_pins(self):
        self.start(*self.configuration())
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            address = f"127.0.0.1:{probe.getsockname()[1]}"
        done = self.run_to_end("run", "--web.listen-address", address, "--control.socket", "", "--pin.directory", str(self.pins))
        self.assert_fails(done, USAGE, str(self.pins), "another egresswatch uses these pins")


if __name__ == "__main__":
    unittest.main(verbosity=2)
