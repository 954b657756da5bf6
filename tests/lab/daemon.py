# SPDX-License-Identifier: Apache-2.0
"""The daemon under test, on the host as an administrator runs it, without a configuration file."""

import os
import signal
import socket
import subprocess
import urllib.error
import urllib.request
from pathlib import Path

from lab.processes import tail, wait_until

# AddressSanitizer's own start takes time on a busy machine.
READY_DEADLINE_S = 30.0
STOP_DEADLINE_S = 10.0


def find_binary():
    """EGRESSWATCH, else the newest choice of what the presets build; none if nothing is built."""
    if "EGRESSWATCH" in os.environ:
        return Path(os.environ["EGRESSWATCH"]).resolve()
    root = Path(__file__).resolve().parents[2]
    candidates = (root / "build" / preset / "daemon" / "egresswatch" for preset in ("release", "dev"))
    return next((path for path in candidates if path.exists()), None)


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Daemon:
    """Ready to count when the constructor returns. Ends with the workspace, or by stop()."""

    def __init__(self, workspace, binary, arguments=(), **options):
        self._log = workspace.directory / "egresswatch.log"
        self.address = f"127.0.0.1:{free_port()}"
        options.setdefault("log", self._log.name)
        command = [str(binary), "run", "--web.listen-address", self.address, *arguments]
        self._process = workspace.start(command, unit="egresswatch", **options)
        wait_until(self._ready, "egresswatch to be ready", READY_DEADLINE_S)

    def get(self, path):
        with urllib.request.urlopen(f"http://{self.address}{path}", timeout=10) as answer:
            return answer.read().decode()

    def stop(self):
        """Ends the daemon as systemd does; returns its exit status."""
        self._process.send_signal(signal.SIGTERM)
        try:
            return self._process.wait(STOP_DEADLINE_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
            raise

    def output(self):
        return tail(self._log, lines=500)

    def _ready(self):
        if self._process.poll() is not None:
            raise RuntimeError(f"egresswatch ended with status {self._process.returncode}:\n{self.output()}")
        try:
            self.get("/-/healthy")  # answered once everything is attached that can be
        except (urllib.error.URLError, ConnectionError):
            return False
        return True
