# SPDX-License-Identifier: Apache-2.0
"""The whole way: a real client on a network with faults, the daemon, a real Prometheus, and its query API.

EGRESSWATCH names the binary. Each scenario of scenarios.py is one test.
"""

import collections
import os
import shutil
import unittest

from lab.azure import Azure
from lab.daemon import Daemon, find_binary
from lab.faults import injected
from lab.processes import wait_until
from lab.prometheus import Prometheus
from lab.scenarios import PER_HOST, PER_UNIT, SCENARIOS
from lab.workspace import lock_machine

# A DNS query without an answer is counted only when the daemon has given up on it.
COUNT_DEADLINE_S = 15.0
CLIENT_DEADLINE_S = 30.0
SERVICES = ("key_vault", "managed_hsm", "entra", "arm", "graph", "revocation", "imds", "wireserver")


def increase(before, after):
    """Series that grew, as {(metric, labels): by how much}; a series that did not exist was 0."""
    def table(counters):
        return {(metric, tuple(sorted(labels.items()))): value for metric, labels, value in counters}

    old, new = table(before), table(after)
    grown = {key: value - old.get(key, 0) for key, value in new.items()}
    return {key: by for key, by in grown.items() if by != 0}


def counted(grown, unit):
    """The part of `grown` that `unit` caused, in the keys of scenarios.py. DNS counts have no unit: those of every
    known service are taken, since nobody else on this machine should ask for one."""
    counts = collections.Counter()
    for (metric, pairs), by in grown.items():
        labels = dict(pairs)
        if metric in PER_UNIT and labels["unit"] == unit:
            counts[(metric, *(labels[name] for name in PER_UNIT[metric]))] += by
        elif metric in PER_HOST and labels["service"] != "other":
            counts[(metric, *(labels[name] for name in PER_HOST[metric]))] += by
    return {key: int(by) for key, by in counts.items()}


def failures_of_others(grown, unit):
    """Failures of known services that were put down to another unit."""
    return {
        (metric, pairs): by
        for (metric, pairs), by in grown.items()
        if metric == "connection_failures_total" and dict(pairs)["unit"] != unit and dict(pairs)["service"] != "other"
    }


@unittest.skipIf(os.geteuid() != 0, "needs root: it makes network namespaces and loads BPF programs")
class EndToEnd(unittest.TestCase):
    maxDiff = None
    last_counters = None  # at the end of the scenario before, if it passed: what came in between counts too

    @classmethod
    def setUpClass(cls):
        binary = find_binary()
        if binary is None or not binary.exists():
            raise FileNotFoundError(f"no binary ({binary or 'nothing built'}): build egresswatch, or set EGRESSWATCH")
        cls.enterClassContext(lock_machine())
        cls.azure = cls.enterClassContext(Azure())
        cls.daemon = Daemon(cls.azure.workspace, binary)
        cls.prometheus = Prometheus(cls.azure.workspace, cls.daemon.address)

    @classmethod
    def tearDownClass(cls):
        status = cls.daemon.stop()
        if status != 0:
            raise AssertionError(f"egresswatch ended with status {status}:\n{cls.daemon.output()}")

    def run_scenario(self, scenario):
        unit = scenario.process or f"egw-test-{os.getpid()}-{scenario.name}.service"
        before = self.last_counters or self.prometheus.counters()
        type(self).last_counters = None
        self.act(scenario, unit)

        def settled():
            self.after = self.prometheus.counters()
            return counted(increase(before, self.after), unit) == scenario.counts

        try:
            wait_until(settled, "the counts", COUNT_DEADLINE_S, poll_s=0)
            settled()  # once more: nothing comes late
        except TimeoutError:
            pass  # the comparison below says what differs
        grown = increase(before, self.after)
        self.assertEqual(counted(grown, unit), scenario.counts, self.lines_of_known_services())
        self.assertEqual(failures_of_others(grown, unit), {})
        for (metric, labels), by in scenario.also.items():
            found = sum(value for (name, pairs), value in grown.items() if name == metric and set(labels) <= set(pairs))
            self.assertEqual(found, by, (metric, labels))
        type(self).last_counters = self.after

    def act(self, scenario, unit):
        command = scenario.command
        if command[0] == "secret":
            command = self.azure.get_secret_command(command[1], deadline_ms=(*command[2:], None)[0])
        log = f"client-{scenario.name}.log"
        output = self.azure.directory / log
        cgroup = unit
        if scenario.process:
            # the kernel takes the name of a process from the path that is executed: nobody else here has this one
            program = self.azure.directory / scenario.process
            program.symlink_to(shutil.which(command[0]))
            command = (program, *command[1:])
            cgroup = "plain"
        early, late = ((), scenario.fault) if scenario.fault_after else (scenario.fault, ())
        with injected(early, self.azure.namespaces):
            client = self.azure.start_client(command, cgroup, log=log)
            if scenario.fault_after:
                wait_until(lambda: scenario.fault_after in output.read_text(), "the client to begin")
            with injected(late, self.azure.namespaces):
                status = client.wait(CLIENT_DEADLINE_S)
        self.assertEqual(status, scenario.exit_status, output.read_text())

    def lines_of_known_services(self):
        """What the daemon said, without this machine's other business."""
        return "\n".join(line for line in self.daemon.output().splitlines() if " other " not in line)

    def test_zz_daemon_kept_count(self):
        """After all scenarios: every service exists, the data are complete, no table overflowed. That nothing of the
        lab was lost is in the exact counts; what this machine does besides may be lost, as long as the loss is told."""
        wait_until(lambda: self.prometheus.query("egresswatch_data_complete == 1"), "complete data", COUNT_DEADLINE_S)
        counters = self.prometheus.counters()
        attempts = {labels["service"] for name, labels, _ in counters if name == "connection_attempts_total"}
        self.assertLessEqual(set(SERVICES), attempts)
        self.assertIn("ring_full", {labels["reason"] for name, labels, _ in counters if name == "events_lost_total"})
        overflows = [labels for name, labels, value in counters if name == "series_overflow_total" and value != 0]
        self.assertEqual(overflows, [])
        still_open = [labels for name, labels, value in counters
                      if name == "open_connections" and labels["service"] != "other" and value != 0]
        self.assertEqual(still_open, [])


def _test_of(scenario):
    return lambda self: self.run_scenario(scenario)


for _scenario in SCENARIOS:
    setattr(EndToEnd, f"test_{_scenario.name}", _test_of(_scenario))

if __name__ == "__main__":
    unittest.main(verbosity=2)
