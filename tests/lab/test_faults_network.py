# SPDX-License-Identifier: Apache-2.0
"""Faults of the network and of who talks to the daemon. docs/faults.md lists them."""

import os
import re
import socket
import struct
import unittest

from lab.processes import wait_until
from lab.running import RunningProgram

RESET_ON_CLOSE = struct.pack("ii", 1, 0)  # struct linger


@unittest.skipIf(os.geteuid() != 0, "needs root: it loads BPF programs")
class Network(RunningProgram):
    def test_dns_over_tcp_a_byte_at_a_time(self):
        daemon = self.start()
        name = "bytewise.vault.azure.net"
        self.run_client("--over-tcp", "--label", b"bytewise".hex(), module="lab.odd_client")
        for size, segments in re.findall(r"(\d+) bytes in (\d+) segments", (self.workspace.directory / "client.log").read_text()):
            print(f"DNS message of {size} bytes in {segments} segments", flush=True)
            self.assertGreater(int(segments), 10)
        wait_until(lambda: daemon.value(self.attempts("key_vault", name)) == 1, "the connection to be named")
        answers = f'egresswatch_dns_answers_total{{service="key_vault",host="{name}",rcode="NOERROR"}}'
        self.assertEqual(daemon.value(answers), 1)
        self.assertEqual(daemon.value('egresswatch_events_lost_total{reason="dns_stream"}'), 0)
        self.assert_ends_well(daemon)

    def test_clients_that_go_away_in_the_middle(self):
        control = str(self.directory / "control.sock")
        daemon = self.start("--control.socket", control)
        host, port = daemon.address.split(":")
        descriptors = daemon.value("process_open_fds")
        for _ in range(100):
            with socket.create_connection((host, int(port)), timeout=10) as client:
                client.sendall(b"GET /metrics HTTP/1.1\r\nHost: a\r\n\r\n")
                client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET_ON_CLOSE)
            with socket.socket(socket.AF_UNIX) as client:
                client.connect(control)
                client.sendall(b"GET /v1/status HTTP/1.1\r\nHost: a\r\n\r\n")
        wait_until(lambda: daemon.value("process_open_fds") <= descriptors, "the connections to be closed")
        self.assertTrue(daemon.runs())
        self.assert_counts(daemon)
        self.assert_ends_well(daemon)


if __name__ == "__main__":
    unittest.main(verbosity=2)
