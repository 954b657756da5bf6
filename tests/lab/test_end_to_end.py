# SPDX-License-Identifier: Apache-2.0
"""The whole way: real clients on a network with faults, the daemon, its events, a real Prometheus and its query API.

EGRESSWATCH names the binary. Each scenario of scenarios.toml is one test; all that were chosen run at once, before the
first test looks at its own.
"""

import collections
import json
import os
import unittest

from lab import runner
from lab.azure import Azure
from lab.daemon import find_binary
from lab.events import Events
from lab.expectation import PER_HOST, PER_UNIT, counts, counts_of_questions, differences
from lab.faults import injected
from lab.processes import wait_until
from lab.program import ObservedDaemon
from lab.prometheus import Prometheus
from lab.replay import CONFIGURATION
from lab.scenario import Connection, Question, Scenario, load_all
from lab.workspace import lock_machine

SERVICES = ("key_vault", "managed_hsm", "entra", "arm", "graph", "revocation", "imds", "wireserver")
RELOADED = "info: configuration reloaded"
COUNT_DEADLINE_S = 15.0
# In the burst: connections, and how long each may take. A SYN is repeated after 1 s and, lost again, after 3 s.
BURST, PATIENCE_S = 120, 2.0
LOSSY = "lossy.vault.azure.net"


@unittest.skipIf(os.geteuid() != 0, "needs root: it makes network namespaces and loads BPF programs")
class EndToEnd(unittest.TestCase):
    maxDiff = None
    chosen = {}  # scenarios by the name of their tests that were loaded

    def __init__(self, method="runTest"):
        super().__init__(method)
        if method in SCENARIOS:
            self.chosen[method] = SCENARIOS[method]

    @classmethod
    def setUpClass(cls):
        binary = find_binary()
        if binary is None or not binary.exists():
            raise FileNotFoundError(f"no binary ({binary or 'nothing built'}): build egresswatch, or set EGRESSWATCH")
        cls.enterClassContext(lock_machine())
        cls.azure = cls.enterClassContext(Azure())
        cls.configuration = cls.azure.directory / "egresswatch.yaml"
        cls.configuration.write_text(CONFIGURATION.format(cloud="public"), encoding="utf-8")
        cls.daemon = ObservedDaemon(cls.azure.workspace, binary, ["-o", "json", "--config", str(cls.configuration)])
        cls.events = Events(cls.azure.directory / "egresswatch.lines")
        cls.addClassCleanup(cls.events.close)
        cls.prometheus = Prometheus(cls.azure.workspace, cls.daemon.address)
        cls.expected = list(cls.chosen.values())
        cls.outcomes = runner.run_by_cloud(cls.azure, cls.events, cls.expected, cls.choose_cloud)
        cls.choose_cloud("public")

    @classmethod
    def choose_cloud(cls, cloud):
        text = CONFIGURATION.format(cloud=cloud)
        if cls.configuration.read_text(encoding="utf-8") != text:
            cls.configuration.write_text(text, encoding="utf-8")
            cls.daemon.reload(RELOADED)

    @classmethod
    def tearDownClass(cls):
        status = cls.daemon.stop()
        if status != 0:
            raise AssertionError(f"egresswatch ended with status {status}:\n{cls.daemon.output()}")

    def assert_as_expected(self, scenario):
        outcome = self.outcomes[scenario.name]
        found = differences(scenario, self.events.of(runner.unit_of(scenario)))
        if found:
            self.fail("\n".join(["", *found, f"the client said: {outcome.output}"]))
        self.assertEqual(outcome.status, scenario.exit, outcome.output)

    def test_y_lost_syns(self):
        """Of the SYNs the router loses every fourth by chance, as a gateway without free ports does. Each of them is
        one that the daemon saw repeated, or the last one of a connection that failed."""
        unit = f"egw-{os.getpid()}-lossy.service"
        with injected([f"lossy {LOSSY}"], self.azure.place(unit)):
            command = runner.words_of(Scenario("lossy", f"lab burst {LOSSY} {BURST} {PATIENCE_S}"))
            status, output = self.azure.run_client(command, unit)
            lost = self.lost_syns()
        self.assertEqual(status, 0, output)
        seen = json.loads(output)

        def ends():
            lines = [event for event in self.events.of(unit) if event["type"] == "connection"]
            return [line for line in lines if line["verdict"] != "ok"]

        wait_until(lambda: len(ends()) >= BURST, "the ends of the burst", COUNT_DEADLINE_S)
        verdicts = collections.Counter((end["verdict"], end.get("cause")) for end in ends())
        failed = verdicts["failed", "abandoned"]
        self.assertEqual(verdicts, +collections.Counter({("closed", None): seen["established"],
                                                         ("failed", "abandoned"): seen["given_up"]}))
        self.assertEqual(sum(end["syn_retransmits"] for end in ends()) + failed, lost)
        # a SYN and its repetition lost: 1 of 16, give or take four standard deviations
        self.assertLess(abs(failed - BURST / 16), 4 * (BURST * 1 / 16 * 15 / 16) ** 0.5)
        to = f"key_vault/{LOSSY}"
        self.expected.append(Scenario("lossy", "", connections=(
            Connection(to, times=seen["established"]),
            Connection(to, fails="connect/abandoned", times=failed)), dns=(Question(to),)))

    def lost_syns(self):
        output = self.azure.namespaces.run("nft", "--json", "list", "counter", "inet", "lab", "lost_syns", role="router")
        return json.loads(output)["nftables"][-1]["counter"]["packets"]

    def test_z_counters_are_what_the_scenarios_add_up_to(self):
        """What Prometheus scraped: of each unit its connections, of each host its questions. Questions have no unit
        there, so those that others on this machine asked are taken from the events: each must be counted, too."""
        expected = collections.Counter()
        for scenario in self.expected:
            unit = runner.unit_of(scenario)
            for (metric, *labels), number in counts(scenario).items():
                expected[(metric, *((unit,) if metric in PER_UNIT else ()), *labels)] += number
        units = {runner.unit_of(scenario) for scenario in self.expected}

        def difference():
            everything = expected + counts_of_questions(
                event for event in self.events.all() if event.get("unit") not in units)
            found = collections.Counter()
            for metric, labels, value in self.prometheus.counters():
                if metric in PER_UNIT and labels["unit"] in units:
                    found[(metric, labels["unit"], *(labels[name] for name in PER_UNIT[metric]))] = int(value)
                elif metric in PER_HOST and labels["service"] != "other":
                    found[(metric, *(labels[name] for name in PER_HOST[metric]))] = int(value)
            return {key: (found[key], everything[key]) for key in {*found, *everything} if found[key] != everything[key]}

        try:
            wait_until(lambda: not difference(), "the counts", COUNT_DEADLINE_S, poll_s=0)
        except TimeoutError:
            pass  # the comparison says what differs
        self.assertEqual({}, difference(), "{what: (found, expected)}")

    def test_z_daemon_kept_count(self):
        """Every service exists, the data are complete, no table overflowed, nothing is open any more, and what is
        counted twice is counted alike. That nothing of the lab was lost is in the exact counts; what this machine does
        besides may be lost, as long as the loss is told."""
        wait_until(lambda: self.prometheus.query("egresswatch_data_complete == 1"), "complete data", COUNT_DEADLINE_S)
        counters = self.prometheus.counters()

        def total(name):
            return sum(value for metric, labels, value in counters if metric == name and labels["service"] in SERVICES)

        attempts = {labels["service"] for name, labels, _ in counters if name == "connection_attempts_total"}
        self.assertLessEqual(set(SERVICES), attempts)
        self.assertEqual(total("connect_duration_seconds_count"), total("connections_established_total"))
        self.assertEqual(total("dns_duration_seconds_count"), total("dns_answers_total"))
        lost = {labels["reason"]: value for name, labels, value in counters if name == "events_lost_total"}
        self.assertIn("ring_full", lost)
        if "test_answers_that_nobody_asked_for" in self.chosen:
            self.assertGreaterEqual(lost["dns_unmatched"], 2)
        overflows = [labels for name, labels, value in counters if name == "series_overflow_total" and value != 0]
        self.assertEqual(overflows, [])
        wait_until(lambda: not self.prometheus.query('egresswatch_open_connections{service!="other"} != 0'),
                   "every connection to be closed", COUNT_DEADLINE_S)


def _test_of(scenario):
    return lambda self: self.assert_as_expected(scenario)


SCENARIOS = {f"test_{scenario.name}": scenario for scenario in load_all()}
for _name, _scenario in SCENARIOS.items():
    setattr(EndToEnd, _name, _test_of(_scenario))

if __name__ == "__main__":
    unittest.main(verbosity=2)
