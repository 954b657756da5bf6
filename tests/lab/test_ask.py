# SPDX-License-Identifier: Apache-2.0
"""What a person is told who asks the running daemon, while a fault is there and after it: `status` and `explain`."""

import datetime
import json
import os
import subprocess
import time
import unittest

from lab import runner
from lab.azure import Azure
from lab.daemon import find_binary
from lab.events import Events
from lab.faults import injected
from lab.processes import wait_until
from lab.program import FINDINGS, FINE, ObservedDaemon
from lab.scenario import Scenario
from lab.workspace import lock_machine

VAULT = "northwind.vault.azure.net"
REVOCATION = "crl3.digicert.com"
DEADLINE_S = 20.0


@unittest.skipIf(os.geteuid() != 0, "needs root: it makes network namespaces and loads BPF programs")
class Ask(unittest.TestCase):
    def setUp(self):
        self.binary = find_binary()
        self.enterContext(lock_machine())
        self.azure = self.enterContext(Azure())
        self.socket = self.azure.directory / "control.sock"
        arguments = ["-o", "json", "--control.socket", str(self.socket)]
        self.daemon = ObservedDaemon(self.azure.workspace, self.binary, arguments)
        self.addCleanup(self.daemon.stop)
        self.events = Events(self.azure.directory / "egresswatch.lines")
        self.addCleanup(self.events.close)

    def command(self, *arguments):
        command = [str(self.binary), *arguments, "--control.socket", str(self.socket)]
        return subprocess.run(command, capture_output=True, text=True, timeout=DEADLINE_S, check=False)

    def document(self, path):
        """As the commands get it, without the time that they take to start."""
        command = ["curl", "-sS", "--unix-socket", str(self.socket), f"http://localhost{path}"]
        return json.loads(subprocess.run(command, capture_output=True, text=True, timeout=DEADLINE_S, check=True).stdout)

    def row(self, host):
        rows = [row for row in self.document("/v1/status")["rows"] if row["host"] == host]
        return rows[0] if rows else {}

    def end_of(self, unit, host):
        def ends():
            return [line for line in self.events.of(unit) if line.get("host") == host and line["verdict"] == "failed"]

        wait_until(ends, f"the failure of {host}", DEADLINE_S)
        return ends()[0]

    def test_silent_drop_is_pending_then_failed(self):
        """A SYN is repeated after 1 s and again; with the second repetition the connection is pending, within a second."""
        unit = "egw-ask-drop.service"
        with injected([f"drop {VAULT}"], self.azure.place(unit)):
            client = self.azure.start_client(["curl", "-sS4", "-m", "6", f"https://{VAULT}/"], unit, log="curl.log")
            wait_until(lambda: self.row(VAULT).get("pending") == 1, "the pending connection", DEADLINE_S, poll_s=0.05)
            seen = time.time()
            self.assertEqual(self.row(VAULT)["verdict"], "pending")
            explained = self.document(f"/v1/explain?target={VAULT}")
            self.assertEqual(explained["verdict"], "pending")
            self.assertEqual(explained["pending"][0]["cause"], "no_reply")
            client.wait(DEADLINE_S)
        end = self.end_of(unit, VAULT)
        began = datetime.datetime.fromisoformat(end["time"]).timestamp() - end["duration_ns"] / 1e9
        self.assertLess(seen - (began + end["evidence"]["syn_times_ms"][1] / 1e3), 1.0)

        row = self.row(VAULT)
        self.assertEqual((row["verdict"], row["pending"], row["attempts"], row["failed"]), ("failed", 0, 1, 1))
        self.assertEqual((row["last_stage"], row["last_cause"], row["units"]), ("connect", "abandoned", [unit]))
        told = self.command("explain", VAULT)
        self.assertEqual(told.returncode, FINE, told.stderr)
        for words in ("connect/abandoned", unit, "no answer to"):
            self.assertIn(words, told.stdout)
        table = self.command("status")
        self.assertEqual(table.returncode, FINE, table.stderr)
        self.assertRegex(table.stdout, rf"(?m)^key_vault +{VAULT} .* FAILED +connect/abandoned.* {unit}$")

    def test_revocation_that_is_blocked_is_cause_and_effect(self):
        unit = "egw-ask-revocation.service"
        with injected([f"drop {REVOCATION}:80"], self.azure.place(unit)):
            words = runner.words_of(Scenario("revocation", f"lab check_revocation {VAULT} {REVOCATION}"))
            self.azure.run_client(words, unit)
        self.assertEqual(self.end_of(unit, REVOCATION)["evidence"]["holds_up"], VAULT)
        cause = self.document(f"/v1/explain?target={REVOCATION}")
        self.assertEqual(cause["holds_up"], [VAULT])
        effect = self.document(f"/v1/explain?target={VAULT}")
        self.assertEqual(effect["waits_for"], [REVOCATION])
        self.assertIn(REVOCATION, self.command("explain", VAULT).stdout)

    def observe(self, *arguments):
        told = self.command("observe", *arguments)
        self.assertEqual((told.returncode, told.stderr), (FINE, ""))
        return told.stdout.splitlines()

    def test_observe_shows_what_happened_and_what_happens(self):
        before, now = "egw-ask-before.service", "egw-ask-now.service"
        for name in (before, now):
            self.azure.place(name)
        self.azure.run_client(["curl", "-sS4", "-m", "6", f"https://{VAULT}/"], before)
        wait_until(lambda: self.observe("--unit", before, "--verdict", "closed"), "the end of the connection", DEADLINE_S)

        lines = self.observe("--unit", before, "--not", "--verdict", "closed")
        self.assertTrue(all(before in line for line in lines))
        self.assertRegex(lines[-1], rf" ok +{before} +curl\[\d+\] +key_vault +{VAULT} +[0-9.]+:443 +connected in ")
        self.assertEqual(self.observe("--unit", before, "--last", "1"), lines[-1:])
        self.assertEqual(self.observe("--unit", before, "--since", "1h"), lines)
        self.assertEqual(self.observe("--unit", before, "--verdict", "failed"), [])
        # what JSON says is what the daemon's own lines said, and can be shown again
        told = self.observe("--unit", before, "-o", "json", "--since", "1h")
        self.assertEqual([json.loads(line) for line in told], self.events.of(before))
        again = subprocess.run([str(self.binary), "observe", "--input-file", "-"], input="\n".join(told) + "\n",
                               capture_output=True, text=True, timeout=DEADLINE_S, check=True)
        self.assertEqual(again.stdout.splitlines(), lines)

        with open(self.azure.directory / "follow.lines", "wb") as output:
            follower = self.azure.workspace.start(
                [str(self.binary), "observe", "--follow", "--unit", now, "--host", VAULT, "--control.socket", str(self.socket)],
                unit="egw-ask-observer.service", stdout=output, log=None)
        self.addCleanup(follower.wait, DEADLINE_S)
        self.addCleanup(follower.terminate)
        followed = self.azure.directory / "follow.lines"
        with injected([f"refuse {VAULT}"], self.azure.place(now)):
            self.azure.run_client(["curl", "-sS4", "-m", "6", f"https://{VAULT}/"], now)
            wait_until(lambda: b"connect/refused" in followed.read_bytes(), "the failure to be shown", DEADLINE_S)
        shown = followed.read_text(encoding="utf-8").splitlines()
        self.assertTrue(all(now in line for line in shown), shown)
        failed = [line for line in shown if " FAILED " in line]
        self.assertRegex(failed[0], rf"FAILED +{now} .* {VAULT} .* connect/refused: refused after ")

    def test_nothing_is_known_of_a_stranger(self):
        told = self.command("explain", "never.seen.example")
        self.assertEqual(told.returncode, FINDINGS, told.stdout)
        self.assertEqual(self.document("/v1/explain?target=never.seen.example")["verdict"], "never_seen")


if __name__ == "__main__":
    unittest.main(verbosity=2)
