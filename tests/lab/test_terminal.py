# SPDX-License-Identifier: Apache-2.0
"""`status` and `observe` as a person at a terminal sees them. PICTURES=<directory> also takes the pictures of README.md."""

import os
import unittest
from pathlib import Path

from lab.azure import Azure
from lab.daemon import find_binary
from lab.faults import injected
from lab.program import ObservedDaemon
from lab.terminal import Terminal, picture
from lab.workspace import lock_machine

RED, GREEN = "\x1b[1m\x1b[31m", "\x1b[32m"
VAULT, OTHER_VAULT, LOGIN = "northwind.vault.azure.net", "fabrikam.vault.azure.net", "login.microsoftonline.com"


@unittest.skipIf(os.geteuid() != 0, "needs root: it makes network namespaces and loads BPF programs")
class AtATerminal(unittest.TestCase):
    def setUp(self):
        self.binary = find_binary()
        self.enterContext(lock_machine())
        self.azure = self.enterContext(Azure())
        self.socket = self.azure.directory / "control.sock"
        daemon = ObservedDaemon(self.azure.workspace, self.binary, ["--control.socket", str(self.socket)])
        self.addCleanup(daemon.stop)
        environment = {"PATH": f"{self.binary.parent}:{os.environ['PATH']}", "PS1": "$ ", "TZ": "UTC"}
        self.terminal = self.enterContext(Terminal(self.azure.directory, 230, 26, environment))
        # so that what is typed is what a person types
        self.terminal.type(f"egresswatch() {{ local c=$1; shift; command egresswatch $c --control.socket {self.socket} \"$@\"; }}; clear")

    def get(self, unit, host):
        self.azure.run_client(["curl", "-sS4", "-m", "3", "-o", "/dev/null", f"https://{host}/"], unit)

    def take_picture(self, name, lines):
        if "PICTURES" not in os.environ:
            return
        text = "\n".join(self.terminal.text(colours=True).splitlines()[:lines])
        picture(text, str(Path(os.environ["PICTURES"]).resolve() / name), self.azure.directory, 1860, 30 + 19 * lines)

    def test_observe_and_status(self):
        self.terminal.type("clear; egresswatch observe -f --unit '*.service' --not --verdict cancelled")
        self.get("billing.service", OTHER_VAULT)
        self.get("billing.service", LOGIN)
        with injected([f"drop {VAULT}", f"refuse {LOGIN}"], self.azure.place("orders.service")):
            self.get("orders.service", VAULT)
            self.get("orders.service", LOGIN)
        shown = self.terminal.wait_for(r"connect/refused")
        lines = [line for line in shown.splitlines() if ".service" in line and ":443 " in line]
        self.assertGreaterEqual(len(lines), 4, shown)
        for column in ("billing.service", "orders.service", "key_vault", "entra"):
            begins = {line.index(column) for line in lines if column in line}
            self.assertEqual(len(begins), 1, f"{column} is not aligned:\n{shown}")
        coloured = self.terminal.text(colours=True)
        self.assertRegex(coloured, r"\x1b\[32mok ")
        self.assertRegex(coloured, r"\x1b\[(0;)?1m?(\x1b\[|;)31mFAILED ")
        self.take_picture("observe.png", len(shown.splitlines()))
        self.terminal.interrupt()

        self.terminal.type("clear; egresswatch status")
        shown = self.terminal.wait_for(rf"(?m)^entra .*{LOGIN}")
        rows = [line for line in shown.splitlines() if line.startswith(("key_vault", "entra"))]
        self.assertEqual(len({row.index(".service") - len(row[:row.index(".service")].split()[-1]) for row in rows}), 1, shown)
        self.assertIn("FAILED", rows[0])
        self.assertIn("connect/abandoned", shown)
        self.take_picture("status.png", len(shown.splitlines()))

    def test_without_colour_where_nobody_wants_it(self):
        self.get("billing.service", OTHER_VAULT)
        self.terminal.type("clear; NO_COLOR=1 egresswatch observe --unit 'billing*' --last 1; egresswatch observe --unit 'billing*' --color never --last 1")
        self.terminal.wait_for(r"(?s)billing.*billing")
        self.assertNotIn("\x1b[32m", self.terminal.text(colours=True))


if __name__ == "__main__":
    unittest.main(verbosity=2)
