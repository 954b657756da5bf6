# SPDX-License-Identifier: Apache-2.0
"""Faults of time: a clock that is set, and much that happens at once. docs/faults.md lists them."""

import json
import os
import signal
import time
import unittest

from lab.preload import Preload
from lab.processes import wait_until
from lab.running import RELOADED, VAULT, RunningProgram

HOUR_S, DAY_S = 3600, 86400
SIGNALS, NAMESPACES, UNITS = 1000, 1000, 500
SUCCESS = f'egresswatch_last_success_timestamp_seconds{{service="key_vault",host="{VAULT}"}}'


@unittest.skipIf(os.geteuid() != 0, "needs root: it loads BPF programs")
class Time(RunningProgram):
    def sum_of(self, daemon, metric, *labels):
        return sum(float(line.rpartition(" ")[2]) for line in daemon.get("/metrics").splitlines()
                   if line.startswith(metric + "{") and all(label in line for label in labels))

    def test_wall_clock_that_is_set(self):
        history, control = self.directory / "history.db", str(self.directory / "control.sock")
        path = self.write("egresswatch.yaml", f"history: {{path: {history}}}\n")
        preload = Preload(self.directory)
        daemon = self.start("--config", path, "--control.socket", control, prefix=preload.prefix)
        counted = self.attempts("key_vault", VAULT)
        began = time.time()
        # forward, then back to before the start, then to 1970
        for ahead_s in (2 * DAY_S, -3 * DAY_S, HOUR_S - began):
            with self.subTest(ahead_s=ahead_s):
                preload.set_clock(ahead_s)
                # a look at the clock is part of each reload
                when = "egresswatch_config_last_reload_success_timestamp_seconds"
                daemon.reload(RELOADED)
                self.assertAlmostEqual(daemon.value(when), time.time() + ahead_s, delta=30)
                # the difference between the clocks is taken anew every two seconds
                wait_until(lambda: self.connects_at(daemon, time.time() + ahead_s), "a time of the new clock")  # noqa: B023
                self.assertEqual(daemon.value("egresswatch_data_complete"), 1)
                done = self.run_to_end("report", "-o", "json", "--config", path, "--control.socket", control)
                self.assertEqual((done.returncode, done.stderr), (0, ""))
                rows = [row for section in json.loads(done.stdout)["sections"] for row in section["rows"] if row.get("host") == VAULT]
                self.assertEqual(len(rows), 1, "of one host one row, whatever the clock says")
                self.assertEqual(rows[0]["attempts"], daemon.value(counted))
                self.assertLessEqual(rows[0]["first_seen"], rows[0]["last_seen"])
        self.assert_ends_well(daemon)

    def connects_at(self, daemon, now_s):
        self.connect_to(VAULT)
        return wait_until(lambda: daemon.value(SUCCESS), "a success") and abs(daemon.value(SUCCESS) - now_s) < 30

    def test_storms(self):
        """A thousand reloads, network namespaces and five hundred units, beside connections that are counted exactly."""
        path = self.write("egresswatch.yaml", "cloud: public\n")
        daemon = self.start("--config", path)
        descriptors = daemon.value("process_open_fds")
        counted = "egresswatch_connection_attempts_total"

        for _ in range(SIGNALS):
            daemon.signal(signal.SIGHUP)
            time.sleep(0.0005)  # those that come while one is pending are one
        daemon.reload(RELOADED)
        self.assert_counts(daemon)
        told = (self.workspace.directory / "egresswatch.log").read_text().count(RELOADED)
        print(f"{SIGNALS} signals led to {told} reloads", flush=True)
        self.assertLess(told, SIGNALS // 2)

        storm = self.client("namespaces", str(NAMESPACES), module="lab.storm", unit="namespaces.service", log="storm.log")
        beside = 0
        while storm.poll() is None:
            self.connect_to(VAULT)
            beside += 1
        self.assertEqual(storm.returncode, 0, (self.workspace.directory / "storm.log").read_text())
        wait_until(lambda: daemon.value(self.attempts("key_vault", VAULT)) == beside, "each connection beside the storm to count")
        wait_until(lambda: self.sum_of(daemon, counted, 'unit="namespaces.service"') == NAMESPACES, "each namespace to count")

        # the client stays outside, for the storm removes what it is in
        parent = self.workspace.cgroup("storm.slice")
        self.run_client("units", str(UNITS), str(parent), module="lab.storm", deadline_s=120, unit="maker.service")
        # under the unit, or where nobody could look in time under the process, whose name is "storm"
        wait_until(lambda: self.sum_of(daemon, counted, 'unit="storm') == UNITS, "each unit to count")
        named = self.sum_of(daemon, counted, 'unit="storm-')
        print(f"{named:.0f} of {UNITS} units that lived for milliseconds were named, the others after their process", flush=True)
        entries = daemon.value('egresswatch_table_entries{table="units"}')
        self.assertLessEqual(entries, 4096)
        self.assertEqual(daemon.value("egresswatch_data_complete"), 1)
        self.assertEqual(daemon.value('egresswatch_events_lost_total{reason="ring_full"}'), 0)
        wait_until(lambda: daemon.value("process_open_fds") <= descriptors, "every descriptor to be given back")
        self.assert_counts(daemon, "after.vault.azure.net")
        self.assert_ends_well(daemon)


if __name__ == "__main__":
    unittest.main(verbosity=2)
