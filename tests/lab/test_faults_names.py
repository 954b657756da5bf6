# SPDX-License-Identifier: Apache-2.0
"""Names that somebody chose to deceive: of processes, units and hosts. Nothing that reads them is told a second thing: not
Prometheus, not a terminal, not who reads lines, not the journal. docs/faults.md lists them."""

import csv
import json
import os
import re
import socket
import subprocess
import unittest

from lab.processes import wait_until
from lab.program import in_own_mounts
from lab.running import RunningProgram

# What would forge a metric, a line, an escape sequence, or a field of the journal.
FORGED = b'"} 1\nforged 1\n# '
ESCAPE = b"\x1b[31m\x07\x9b2J\r"
NOT_UTF8 = b"\xff\xfe\xc3\x28 \xed\xa0\x80 \xf5zz"
# of units: the kernel refuses newlines in the names of control groups, systemd's \x0a it does not
UNITS = ('quote"} 1.service', "back\\slash\\.service", "new\\x0aforged 1.service", "esc\x1b[31m.service", "bytes\udcff\udcfe.service",
         "l" * 200 + ".service", "*.service", "|pipe`.service", "=1+1.service")
ODD_BYTES = re.compile(rb"[\x00-\x09\x0b-\x1f\x7f]")  # control characters but the newline


def metric_lines(text):
    return [line for line in text.splitlines() if line and not line.startswith("#")]


@unittest.skipIf(os.geteuid() != 0, "needs root: it loads BPF programs")
class Names(RunningProgram):
    def be_odd(self):
        """Clients with each kind of name; how many connections they make, in units of their own or not."""
        options = [("--comm", comm.hex(), "--label", label.hex()) for comm, label in (
            (b'a"} 1\nforged 1', FORGED), (b"\x1b[31m\x07\r\n\x9b2J", ESCAPE), (NOT_UTF8[:15], NOT_UTF8),
            (b"a\nMESSAGE=forged", b"a\nEGRESSWATCH_VERDICT=forged\nb"), (b"fifteen letters", b"x" * 63))]
        for arguments in options:
            self.run_client(*arguments, module="lab.odd_client")
        for unit in UNITS:
            self.run_client("--label", b"unit".hex(), module="lab.odd_client", unit=unit)
        return len(options), len(UNITS)

    def assert_nothing_is_forged(self, data):
        """In bytes that are read by lines."""
        self.assertNotRegex(data, ODD_BYTES)
        data.decode("utf-8")
        for line in data.splitlines():
            self.assertFalse(line.startswith((b"forged", b"# ", b"MESSAGE", b"EGRESSWATCH")), line)

    def test_metrics_lines_and_events(self):
        with self.assertRaises(OSError):
            self.workspace.cgroup("new\nline.service")
        events, control = self.directory / "events.json", str(self.directory / "control.sock")
        config = self.write("egresswatch.yaml", f"events: {{file: {events}}}\npolicy: {{file: {self.directory}/policy.yaml}}\n"
                                                f"history: {{path: {self.directory}/history.db}}\n")
        # so that names of processes are labels too: nothing is expected
        self.write("policy.yaml", "default: flag\n")
        daemon = self.start("--config", config, "--control.socket", control)
        of_names, of_units = self.be_odd()
        total = of_names + of_units

        def counted(*labels):
            return sum(float(line.rpartition(" ")[2]) for line in metric_lines(daemon.get("/metrics"))
                       if line.startswith("egresswatch_connection_attempts_total{") and all(label in line for label in labels))

        wait_until(lambda: counted(f'unit="{self.unit}"') == of_names and counted('host="unit.vault.azure.net"') == of_units,
                   "every connection to count")
        self.assertEqual(counted(f'unit="{self.unit}"', 'service="key_vault"'), 1, "the one whose name is a host name")
        text = daemon.get("/metrics")
        self.assertNotRegex(text.encode(), ODD_BYTES)
        for line in metric_lines(text):
            self.assertRegex(line, r'\A(egresswatch|process)_[a-z0-9_]+(\{([a-z_]+="([^"\\\n]|\\["\\n])*",?)+\})? [-+0-9.e]+\Z|.* (NaN|[+-]Inf)\Z')
        # Prometheus' own parser; it exits with 3 for advice on style, with 1 for what it cannot read
        checked = subprocess.run(["promtool", "check", "metrics"], input=text, capture_output=True, text=True, timeout=60, check=False)
        self.assertNotIn("error while linting", checked.stderr)
        self.assertIn(checked.returncode, (0, 3), checked.stderr)
        self.assertIn('unit="quote\\"} 1.service"', text)
        self.assertIn('unit="back\\\\slash\\\\.service"', text)
        self.assertIn('unit="new?forged 1.service"', text)

        for form in ("compact", "wide", "json", "ocsf"):
            with self.subTest(form=form):
                shown = subprocess.run([str(self.binary), "observe", "--control.socket", control, "--last", "1000", "-o", form],
                                       capture_output=True, timeout=60, check=True).stdout
                self.assertGreaterEqual(shown.count(b"\n"), total)
                self.assert_nothing_is_forged(shown)
                if form in ("json", "ocsf"):
                    for line in shown.splitlines():
                        json.loads(line)
        for arguments in (("status",), ("status", "-o", "json"), ("explain", "203.0.113.5")):
            shown = subprocess.run([str(self.binary), *arguments, "--control.socket", control], capture_output=True, timeout=60, check=False).stdout
            self.assert_nothing_is_forged(shown)
        self.assert_documents_are_whole(config, control, total)
        self.assert_ends_well(daemon)
        self.assert_nothing_is_forged((self.workspace.directory / "egresswatch.lines").read_bytes())
        self.assert_nothing_is_forged(events.read_bytes())
        for line in events.read_text(encoding="utf-8").splitlines():
            self.assertIn(json.loads(line)["type"], ("connection", "dns", "flow"))

    def assert_documents_are_whole(self, config, control, total):
        """Reports, and the policy that is learned from what was seen."""
        asking = ("--config", config, "--control.socket", control)
        texts = {form: subprocess.run([str(self.binary), "report", "-o", form, *asking], capture_output=True, timeout=60, check=True).stdout
                 for form in ("md", "csv", "json")}
        for text in texts.values():
            self.assert_nothing_is_forged(text.replace(b"\r\n", b"\n").removeprefix(b"# "))
        self.assertGreaterEqual(json.loads(texts["json"])["totals"]["attempts"], total)
        rows = list(csv.DictReader(texts["csv"].decode().splitlines()))
        self.assertFalse([value for row in rows for value in row.values() if value.startswith(("=", "+", "-", "@"))])
        columns = {len(re.findall(r"(?<!\\)\|", line)) for line in texts["md"].decode().splitlines() if line.startswith("|")}
        self.assertEqual(len(columns), 1, "every row of a table has the columns of its heading")
        learned = self.run_to_end("policy", "learn", *asking)
        self.assertEqual((learned.returncode, learned.stderr), (0, ""))
        self.assertIn('# left out, since * stands for any characters: the unit "*.service"', learned.stdout)
        self.assertNotIn('unit: "*', learned.stdout)
        lint = self.run_to_end("policy", "lint", self.write("learned.yaml", learned.stdout))
        self.assertEqual((lint.returncode, lint.stderr), (0, ""))

    def test_journal(self):
        """The socket of the journal is ours: each datagram is an entry (systemd's "Native Journal Protocol")."""
        journal = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.addCleanup(journal.close)
        journal.bind(str(self.directory / "journal"))
        journal.setblocking(False)
        journal.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
        log = open(self.workspace.directory / "egresswatch.log", "ab")
        self.addCleanup(log.close)
        status = os.fstat(log.fileno())
        prefix = in_own_mounts(f"mkdir -p /run/systemd/journal; mount -t tmpfs none /run/systemd/journal; "
                               f"touch /run/systemd/journal/socket; mount --bind {self.directory}/journal /run/systemd/journal/socket")
        self.write("policy.yaml", "default: flag\n")
        config = self.write("egresswatch.yaml", f"policy: {{file: {self.directory}/policy.yaml}}\n")
        daemon = self.start("--config", config, stderr=log, prefix=prefix, env=os.environ | {"JOURNAL_STREAM": f"{status.st_dev}:{status.st_ino}"})
        total = sum(self.be_odd())
        entries = []

        def told():
            while True:
                try:
                    entries.append(self.fields(journal.recv(1 << 16)))
                except BlockingIOError:
                    return sum(fields.get("EGRESSWATCH_EVENT") == b"connection" for fields in entries) >= total

        wait_until(told, "an entry for each connection")
        self.assert_ends_well(daemon)
        verdicts = {fields.get("EGRESSWATCH_VERDICT") for fields in entries}
        self.assertLessEqual(verdicts, {None, b"ok", b"failed"})
        for fields in entries:
            self.assertFalse(any(name.startswith("FORGED") for name in fields))
            self.assertNotRegex(fields["MESSAGE"], rb"[\x00-\x1f\x7f-\x9f]")
            self.assertFalse(fields["MESSAGE"].startswith(b"forged"))
            for value in fields.values():
                # journalctl shows what has a newline as "[blob data]", and -o export by its length
                self.assertNotIn(b"\nforged 1\n", value.replace(b"\n# ", b""))

    def fields(self, datagram):
        """Of one entry; a name that comes twice is an error here."""
        found = {}
        while datagram:
            line, _, rest = datagram.partition(b"\n")
            name, equals, value = line.partition(b"=")
            if not equals:
                size = int.from_bytes(rest[:8], "little")
                value, rest = rest[8:8 + size], rest[8 + size + 1:]
            self.assertNotIn(name.decode(), found)
            found[name.decode()] = value
            datagram = rest
        return found


if __name__ == "__main__":
    unittest.main(verbosity=2)
