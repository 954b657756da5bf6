# SPDX-License-Identifier: Apache-2.0
"""What is expected of this host: a policy held against real clients, learned from them, and replayed."""

import json
import os
import re
import subprocess
import sys
import tempfile
import unittest
from collections import Counter
from pathlib import Path

from lab.azure import Azure, get_secret_command
from lab.daemon import find_binary
from lab.events import Events
from lab.processes import wait_until
from lab.program import FINDINGS, FINE, USAGE, ObservedDaemon
from lab.prometheus import Prometheus
from lab.replay import RECORDINGS
from lab.workspace import lock_machine

VAULT = "northwind.vault.azure.net"
PUBLIC_DESPITE_ALIAS = "fabrikam.vault.azure.net"
ENTRA = "login.microsoftonline.com"
OTHER_CLOUD = "northwind.vault.azure.cn"
STRANGER = "203.0.113.77"
PAYROLL, WEB, SCANNER = "egw-payroll.service", "egw-web.service", "egw-scanner.service"
DEADLINE_S = 20.0

POLICY = f"""
default: flag
allow:
  - addresses: [192.0.2.53]
    ports: [53]
    protocols: [udp, tcp]
units:
  - unit: {PAYROLL}
    allow:
      - services: [entra]
      - hosts: [{VAULT}]
  - unit: {WEB}
    allow:
      - services: [entra]
  - unit: {SCANNER}
  - unit: "*"
    default: observe
"""


class PolicyLab(unittest.TestCase):
    def setUp(self):
        self.binary = find_binary()
        self.enterContext(lock_machine())
        self.azure = self.enterContext(Azure(further_hosts=[OTHER_CLOUD]))
        self.directory = self.azure.directory

    def write(self, name, text):
        path = self.directory / name
        path.write_text(text, encoding="utf-8")
        return str(path)

    def start_daemon(self, configuration):
        settings = (f"control: {{socket: {self.directory}/control.sock}}\n"
                    f"history: {{path: {self.directory}/history.db}}\n{configuration}")
        self.config = self.write("egresswatch.yaml", settings)
        self.daemon = ObservedDaemon(self.azure.workspace, self.binary, ["-o", "json", "--config", self.config])
        self.addCleanup(lambda: self.daemon.runs() and self.daemon.stop())
        self.events = Events(self.directory / "egresswatch.lines")
        self.addCleanup(self.events.close)

    def program(self, *arguments):
        return subprocess.run([str(self.binary), *arguments, "--config", self.config], capture_output=True, text=True,
                              timeout=DEADLINE_S, check=False)

    def curl(self, host, unit, port=443):
        self.azure.run_client(["curl", "-ksS4", "-m", "5", f"https://{host}:{port}/"], unit)

    def sdk(self, unit):
        status, output = self.azure.run_client(get_secret_command(VAULT.partition(".")[0]), unit)
        self.assertEqual(status, 0, output)

    def scan(self, unit):
        self.azure.run_client([sys.executable, "-m", "lab.scanner", STRANGER], unit)

    def wait_for(self, unit, count):
        """Until so many connections of the unit have their first outcome."""
        def seen():
            first = [event for event in self.events.of(unit) if event["type"] == "connection" and event["verdict"] != "closed"]
            return len(first) >= count
        wait_until(seen, f"{count} connections of {unit}", DEADLINE_S)


@unittest.skipIf(os.geteuid() != 0, "needs root: it makes network namespaces and loads BPF programs")
class Held(PolicyLab):
    def test_each_unit_against_its_own_rules(self):
        self.start_daemon(f"policy: {{file: {self.write('policy.yaml', POLICY)}}}\n")
        prometheus = Prometheus(self.azure.workspace, self.daemon.address)
        self.sdk(PAYROLL)
        self.curl(ENTRA, WEB)
        self.curl(VAULT, WEB)
        self.curl(OTHER_CLOUD, WEB)
        self.curl(ENTRA, WEB, port=8443)
        self.scan(SCANNER)
        self.curl("stranger.invalid", "egw-nobody.service")
        self.wait_for(PAYROLL, 2)
        self.wait_for(WEB, 4)
        self.wait_for(SCANNER, 2)

        unexpected = Counter()
        for name, labels, value in prometheus.counters():
            if name == "unexpected_connections_total" and value > 0 and labels["unit"] in (PAYROLL, WEB, SCANNER):
                unexpected[labels["reason"], labels["unit"]] += value
        # a client may try several addresses of a name where it is refused
        self.assertGreaterEqual(unexpected.pop(("wrong_port", WEB)), 1)
        self.assertEqual(unexpected, {("not_in_policy", WEB): 1, ("other_cloud", WEB): 1, ("no_name", SCANNER): 5})

        flows = [event for event in self.events.of(SCANNER) if event["type"] == "flow"]
        self.assertEqual({(flow["protocol"], flow.get("raw_socket", False), flow["remote"]) for flow in flows},
                         {("udp", False, f"{STRANGER}:9"), ("icmp", True, f"{STRANGER}:0"), ("tcp", True, f"{STRANGER}:0")})
        for event in self.events.of(SCANNER):
            self.assertEqual(event["unexpected"], "no_name", event)
            self.assertTrue(event["process"].startswith("python3"), event)
        self.assertEqual([event for event in self.events.of(PAYROLL) if "unexpected" in event], [])
        told = [event["message"] for event in self.events.of(WEB) if event.get("unexpected") == "other_cloud"]
        self.assertIn("; not expected: an endpoint of another cloud than the one that is configured", told[0])

    def test_learned_held_and_compared(self):
        self.start_daemon("")
        self.sdk(PAYROLL)
        self.curl(ENTRA, WEB)
        self.wait_for(PAYROLL, 2)
        self.wait_for(WEB, 1)
        learned = self.program("policy", "learn")
        self.assertEqual((learned.returncode, learned.stderr), (FINE, ""))
        ours = re.search(rf'  - unit: "{PAYROLL}"\n(.*?)(?=  - unit|\Z)', learned.stdout, re.S).group(1)
        self.assertIn("- services: [entra]", ours)
        self.assertIn(f'- "{VAULT}"', ours)
        # the lab's resolver is not that of this host: what learn leaves to somebody to decide
        self.assertIn("# 1 connection", ours)
        self.assertIn("port 53", ours)
        policy = self.write("policy.yaml", learned.stdout.replace(
            "units:\n", "  - {addresses: [192.0.2.53], ports: [53], protocols: [udp, tcp]}\nunits:\n", 1))
        lint = self.program("policy", "lint", policy)
        self.assertEqual((lint.returncode, lint.stderr), (FINE, ""), lint.stdout)

        # in force by a reload: the same again is expected, what is new is not
        self.write("egresswatch.yaml", Path(self.config).read_text(encoding="utf-8") + f"policy: {{file: {policy}}}\n")
        self.daemon.reload("configuration reloaded")
        self.sdk(PAYROLL)
        self.curl(VAULT, WEB)
        self.wait_for(PAYROLL, 4)
        self.wait_for(WEB, 2)
        flagged = [(event["unit"], event["host"], event["unexpected"]) for event in self.events.all()
                   if "unexpected" in event and event["verdict"] == "ok" and event["unit"] in (PAYROLL, WEB)]
        self.assertEqual(flagged, [(WEB, VAULT, "not_in_policy")])
        difference = self.program("policy", "diff")
        self.assertEqual((difference.returncode, difference.stderr), (FINDINGS, ""))
        self.assertRegex(difference.stdout, rf"(?m)^\+ {WEB} key_vault {VAULT}:443/tcp, 1 times, .*: not_in_policy$")
        self.assertNotIn(f"+ {PAYROLL}", difference.stdout)

        # a broken policy is refused as a whole, and the old one stays
        self.write("policy.yaml", "default: flag\nallow:\n  - hosts: ['^.*$']\n")
        self.daemon.reload(f"error: configuration not reloaded, the old one stays: {policy}:3: allow[0].hosts[0]: ")
        self.curl(VAULT, WEB)
        self.wait_for(WEB, 3)
        self.assertEqual(self.events.of(WEB)[-1].get("unexpected"), "not_in_policy")

    def test_a_vault_that_must_be_private(self):
        self.start_daemon(f"vaults: {{private_endpoint: [{VAULT}]}}\n")
        self.curl(VAULT, WEB)
        self.curl(PUBLIC_DESPITE_ALIAS, WEB)
        self.wait_for(WEB, 2)
        kind = f'egresswatch_host_resolution{{service="key_vault",host="{VAULT}",kind="public"}}'
        self.assertEqual(self.daemon.value(kind), 1)
        failures = 'egresswatch_dns_failures_total{{service="key_vault",host="{}",cause="public_answer_despite_private_link"}}'
        self.assertGreaterEqual(self.daemon.value(failures.format(VAULT)), 1)
        told = {event["host"]: event for event in self.events.of(WEB)
                if event["type"] == "connection" and event["verdict"] == "ok"}
        self.assertEqual(told[VAULT]["unexpected"], "not_in_policy")
        self.assertIn("a public address, while the configuration demands the private endpoint", told[VAULT]["message"])
        self.assertNotIn("unexpected", told[PUBLIC_DESPITE_ALIAS])


class Replayed(unittest.TestCase):
    """The same verdicts of a recording, without root: its processes are known by name only."""

    def replay(self, policy):
        binary = find_binary()
        with tempfile.TemporaryDirectory() as directory:
            policy_file, configuration = Path(directory) / "policy.yaml", Path(directory) / "egresswatch.yaml"
            policy_file.write_text(policy, encoding="utf-8")
            configuration.write_text(f"policy: {{file: {policy_file}}}\n", encoding="utf-8")
            done = subprocess.run([str(binary), "replay", "-o", "json", "--config", str(configuration),
                                   str(RECORDINGS / "secret_fetched_by_the_sdk.egwrec")],
                                  capture_output=True, text=True, timeout=DEADLINE_S, check=False)
        self.assertIn(done.returncode, (FINE, USAGE))
        return done, [json.loads(line) for line in done.stdout.splitlines()]

    def unexpected(self, policy):
        _, events = self.replay(policy)
        return {(event["service"], event["unexpected"]) for event in events if "unexpected" in event and event["service"] != "other"}

    def test_by_process(self):
        self.assertEqual(self.unexpected("units: [{process: 'node*', default: flag, allow: [{services: [entra]}]}]"),
                         {("key_vault", "not_in_policy")})
        self.assertEqual(self.unexpected("units: [{process: 'no-such*', default: flag}]"), set())
        self.assertEqual(self.unexpected("default: flag\nallow: [{services: [entra, key_vault]}]"), set())

    def test_a_broken_policy_is_a_broken_configuration(self):
        done, _ = self.replay("default: flog")
        self.assertEqual(done.returncode, USAGE)
        self.assertRegex(done.stderr, r"\Aegresswatch: [^\n]*policy\.yaml:1: default: expected one of observe, flag, found ")


if __name__ == "__main__":
    unittest.main(verbosity=2)
