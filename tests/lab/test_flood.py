# SPDX-License-Identifier: Apache-2.0
"""A flood of connections, of which most are lost on the way to the daemon, hides neither itself nor what happens in it."""

import os
import signal
import subprocess
import unittest

from lab.processes import wait_until
from lab.program import DEADLINE_S
from lab.running import RunningProgram

POLICY = """
default: observe
units:
  - unit: {unit}
    default: flag
    allow: [{{addresses: [203.0.113.5]}}]
"""


@unittest.skipIf(os.geteuid() != 0, "needs root: it loads BPF programs")
class Flood(RunningProgram):
    def test_one_unexpected_connection_in_a_flood(self):
        self.write("policy.yaml", POLICY.format(unit=self.unit))
        path = self.write("egresswatch.yaml", f"""
policy: {{file: {self.directory}/policy.yaml}}
history: {{path: {self.directory}/history.db}}
capture: {{ring_bytes: 65536}}
""")
        daemon = self.start("--control.socket", "", "--config", path)
        self.assertEqual(daemon.value("egresswatch_data_complete"), 1)
        # it does not get the processor, so that all but the first few hundred records are lost
        daemon.signal(signal.SIGSTOP)
        client = self.client("4000", "2", "odd", module="lab.steady_client", stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.assertEqual(client.wait(DEADLINE_S), 0)
        client.stdin.close()
        client.stdout.close()
        daemon.signal(signal.SIGCONT)

        wait_until(lambda: daemon.value("egresswatch_data_complete") == 1, "the open sockets to be read again")
        self.assertGreater(daemon.value('egresswatch_events_lost_total{reason="ring_full"}'), 4000)
        flagged = [line for line in daemon.get("/metrics").splitlines()
                   if line.startswith("egresswatch_unexpected_connections_total") and f'unit="{self.unit}"' in line
                   and not line.endswith(" 0")]
        self.assertEqual(len(flagged), 1, flagged)
        self.assertTrue(flagged[0].endswith(" 1"), flagged)
        told = [line for line in daemon.lines().splitlines() if "203.0.113.6:4433" in line]
        self.assertEqual(len(told), 1, told)
        self.assertIn("not expected", told[0])
        self.assertIn("its records were lost", told[0])


if __name__ == "__main__":
    unittest.main(verbosity=2)
