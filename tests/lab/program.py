# SPDX-License-Identifier: Apache-2.0
"""The program run to its end, or observed while it runs; prefixes that take something away from it."""

import os
import signal
import subprocess
import tempfile
import unittest
from pathlib import Path

from lab.daemon import Daemon, find_binary
from lab.processes import wait_until

FINE, FINDINGS, USAGE, NOT_REACHABLE, KERNEL_UNSUITABLE = 0, 1, 2, 3, 4
# AddressSanitizer's own start takes time on a busy machine.
DEADLINE_S = 30.0
NOBODY = ("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups")
NEEDED_CAPABILITIES = ("bpf", "perfmon", "net_admin")


def in_own_mounts(script):
    """A prefix: the command in a mount namespace that `script` has changed."""
    return ("unshare", "--mount", "sh", "-ec", f'{script}; exec "$@"', "sh")


def nobody_with(*capabilities):
    wanted = ",".join(f"+{name}" for name in capabilities)
    return (*NOBODY, f"--inh-caps={wanted}", f"--ambient-caps={wanted}")


class Program(unittest.TestCase):
    """Runs the binary to its end."""

    def setUp(self):
        self.directory = Path(self.enterContext(tempfile.TemporaryDirectory()))
        self.directory.chmod(0o755)

    @classmethod
    def setUpClass(cls):
        cls.binary = find_binary()
        if cls.binary is None or not cls.binary.exists():
            raise FileNotFoundError(f"no binary ({cls.binary or 'not built'}): build egresswatch, or set EGRESSWATCH")

    def write(self, name, text):
        path = self.directory / name
        path.write_text(text, encoding="utf-8")
        return str(path)

    def run_to_end(self, *arguments, prefix=()):
        return subprocess.run([*prefix, str(self.binary), *arguments], stdin=subprocess.DEVNULL, capture_output=True,
                              text=True, timeout=DEADLINE_S, check=False)

    def assert_fails(self, done, status, *words):
        """One line, from the program itself, with these words."""
        self.assertEqual(done.returncode, status, done.stderr)
        self.assertRegex(done.stderr, r"\Aegresswatch: [^\n]+\n\Z")
        for word in words:
            self.assertIn(word, done.stderr)


class ObservedDaemon(Daemon):
    """Writes its log and its lines to files of their own."""

    def __init__(self, workspace, binary, arguments, **options):
        self._lines = workspace.directory / "egresswatch.lines"
        with open(workspace.directory / "egresswatch.log", "ab") as log, open(self._lines, "ab") as lines:
            super().__init__(workspace, binary, arguments, log=None, **({"stdout": lines, "stderr": log} | options))

    @property
    def pid(self):
        return self._process.pid

    def signal(self, number):
        self._process.send_signal(number)

    def wait(self):
        return self._process.wait(DEADLINE_S)

    def processor_seconds(self):
        """User and system time so far (proc_pid_stat(5), fields 14 and 15)."""
        fields = Path(f"/proc/{self.pid}/stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def runs(self):
        return self._process.poll() is None

    def lines(self):
        return self._lines.read_text(encoding="utf-8", errors="replace")

    def value(self, series):
        """Of the series with exactly these labels; none if /metrics does not have it."""
        for line in self.get("/metrics").splitlines():
            if line.startswith(series + " "):
                return float(line.rpartition(" ")[2])
        return None

    def reload(self, outcome):
        """Sends SIGHUP and waits until the log tells this outcome once more."""
        before = self.output().count(outcome)
        self.signal(signal.SIGHUP)
        wait_until(lambda: self.output().count(outcome) > before, f"{outcome!r} in the log")
