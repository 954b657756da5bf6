# SPDX-License-Identifier: Apache-2.0
"""The daemon while something happens to it: started for one test, with clients beside it, and looked at when it ends."""

import os
import signal
import sys
from pathlib import Path

from lab.bpf_objects import objects_of, orphans
from lab.processes import wait_until
from lab.program import DEADLINE_S, ObservedDaemon, Program
from lab.workspace import Workspace, lock_machine

VAULT = "fabrikam.vault.azure.net"
TESTS = Path(__file__).parent.parent
RELOADED, REFUSED = "info: configuration reloaded", "error: configuration not reloaded, the old one stays: "


class RunningProgram(Program):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        # its names are those of the lab: another run must not count them
        cls.enterClassContext(lock_machine())

    def setUp(self):
        super().setUp()
        self.workspace = Workspace()
        self.addCleanup(self.workspace.close)
        self.unit = f"bad-day-{os.getpid()}.service"

    def attempts(self, service, host):
        return f'egresswatch_connection_attempts_total{{service="{service}",host="{host}",unit="{self.unit}"}}'

    def start(self, *arguments, **options):
        return ObservedDaemon(self.workspace, self.binary, arguments, **options)

    def client(self, *arguments, module="lab.lone_client", **options):
        """In a network namespace of its own."""
        command = ["unshare", "--net", sys.executable, "-m", module, *arguments]
        return self.workspace.start(command, **{"unit": self.unit, "cwd": TESTS} | options)

    def run_client(self, *arguments, deadline_s=DEADLINE_S, **options):
        client = self.client(*arguments, log="client.log", **options)
        self.assertEqual(client.wait(deadline_s), 0, (self.workspace.directory / "client.log").read_text())

    def connect_to(self, name, connections=1):
        self.run_client(name, str(connections))

    def assert_counts(self, daemon, name="counted.vault.azure.net"):
        """It still does what it is for."""
        series = self.attempts("key_vault", name)
        before = daemon.value(series) or 0
        self.connect_to(name)
        wait_until(lambda: daemon.value(series) == before + 1, f"a connection to {name} to count")

    def assert_ends_well(self, daemon, number=signal.SIGTERM):
        held = objects_of(daemon.pid)
        self.assertGreater(len({kind for kind, _ in held}), 2, "nothing was attached")
        daemon.signal(number)
        self.assertEqual(daemon.wait(), 0, daemon.output())
        wait_until(lambda: not held & orphans(), "the BPF programs, maps and links to go")
