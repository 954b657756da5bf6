# SPDX-License-Identifier: Apache-2.0
"""What this host used: real traffic, a history that outlives the daemon, and `report` in its three forms."""

import csv
import io
import json
import os
import subprocess
import unittest

from lab.azure import Azure
from lab.daemon import find_binary
from lab.events import Events
from lab.faults import injected
from lab.processes import wait_until
from lab.program import FINE, ObservedDaemon
from lab.workspace import lock_machine

VAULT = "northwind.vault.azure.net"
BLOCKED = "fabrikam.vault.azure.net"
ENTRA = "login.microsoftonline.com"
UNIT = "egw-report.service"
DAEMON_UNREACHABLE = 3
DEADLINE_S = 20.0


@unittest.skipIf(os.geteuid() != 0, "needs root: it makes network namespaces and loads BPF programs")
class Report(unittest.TestCase):
    def setUp(self):
        self.binary = find_binary()
        self.enterContext(lock_machine())
        self.azure = self.enterContext(Azure())
        self.socket = self.azure.directory / "control.sock"
        self.history = self.azure.directory / "history.db"
        self.config = self.azure.directory / "report.yaml"
        self.config.write_text(f"control: {{socket: {self.socket}}}\nhistory: {{path: {self.history}}}\n", encoding="utf-8")
        self.daemon = self.start_daemon()
        self.events = Events(self.azure.directory / "egresswatch.lines")
        self.addCleanup(self.events.close)

    def start_daemon(self):
        daemon = ObservedDaemon(self.azure.workspace, self.binary, ["-o", "json", "--config", str(self.config)])
        self.addCleanup(lambda: daemon.runs() and daemon.stop())
        return daemon

    def report(self, *arguments):
        command = [str(self.binary), "report", "--config", str(self.config), *arguments]
        return subprocess.run(command, capture_output=True, text=True, timeout=DEADLINE_S, check=False)

    def fine(self, *arguments):
        done = self.report(*arguments)
        self.assertEqual((done.returncode, done.stderr), (FINE, ""))
        return done.stdout

    def use(self, host):
        self.azure.run_client(["curl", "-sS4", "-m", "10", f"https://{host}/"], UNIT)
        wait_until(lambda: any(line.get("host") == host for line in self.events.of(UNIT)), f"the outcome of {host}",
                   DEADLINE_S)

    def rows(self, section, document):
        return {row["host"]: row for one in document["sections"] if one["name"] == section for row in one["rows"]}

    def test_what_was_used_and_what_never_got_through(self):
        self.use(VAULT)
        self.use(ENTRA)
        with injected([f"refuse {BLOCKED}"], self.azure.place(UNIT)):
            self.use(BLOCKED)

        document = json.loads(self.fine("-o", "json"))
        vaults = self.rows("vault_operations", document)
        self.assertEqual(set(vaults), {VAULT, BLOCKED})
        vault, blocked = vaults[VAULT], vaults[BLOCKED]
        self.assertEqual((vault["attempts"], vault["established"], vault["failed"]), (1, 1, 0))
        self.assertEqual((vault["service"], vault["protocol"], vault["port"], vault["units"]),
                         ("key_vault", "tcp", 443, [UNIT]))
        self.assertEqual(len(vault["addresses"]), 1)
        # the client tries each address of the name
        self.assertEqual((blocked["established"], blocked["failed"]), (0, blocked["attempts"]))
        self.assertEqual(blocked["attempts"], len(blocked["addresses"]))
        self.assertEqual((blocked["last_stage"], blocked["last_cause"], blocked["never_through"]), ("connect", "refused", True))
        self.assertIn(ENTRA, self.rows("authentication", document))

        text = self.fine()
        self.assertRegex(text, rf"(?s)Never got through.*`{BLOCKED}` 443/tcp \(`key_vault`\): {blocked['attempts']} attempts, "
                               "last connect/refused")
        self.assertRegex(text, rf"(?s)## Authentication.*`{ENTRA}`.*## Key Vault operations.*`{VAULT}`")
        lines = list(csv.DictReader(io.StringIO(self.fine("-o", "csv", "--since", "1h"))))
        self.assertIn((VAULT, "1", UNIT), [(line["host"], line["established"], line["units"]) for line in lines])

        # the history is still there after a restart, goes on, and can be read without a daemon
        self.assertEqual(self.daemon.stop(), 0)
        alone = self.report("-o", "json")
        self.assertEqual(alone.returncode, FINE)
        self.assertIn("what follows ends where the history was last written", alone.stderr)
        self.assertEqual(self.rows("vault_operations", json.loads(alone.stdout)), vaults)
        self.daemon = self.start_daemon()
        self.azure.run_client(["curl", "-sS4", "-m", "10", f"https://{VAULT}/"], UNIT)

        def used_twice():
            return self.rows("vault_operations", json.loads(self.fine("-o", "json")))[VAULT]["established"] == 2

        wait_until(used_twice, "the second use", DEADLINE_S)

    def test_neither_daemon_nor_history(self):
        self.assertEqual(self.daemon.stop(), 0)
        for suffix in ("", "-wal", "-shm"):
            self.history.with_name(self.history.name + suffix).unlink(missing_ok=True)
        nothing = self.report()
        self.assertEqual((nothing.returncode, nothing.stdout), (DAEMON_UNREACHABLE, ""))
        self.assertRegex(nothing.stderr, r"\Aegresswatch: [^\n]+ No such file [^\n]+ cannot ask the daemon [^\n]+\n\Z")


if __name__ == "__main__":
    unittest.main(verbosity=2)
