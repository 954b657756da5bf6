# SPDX-License-Identifier: Apache-2.0
"""The daemon as systemd runs it: told where to say READY, with its standard error at the journal."""

import itertools
import os
import re
import signal
import socket
import subprocess
import time
import urllib.request

from lab.daemon import free_port
from lab.processes import tail
from lab.program import in_own_mounts

READY_DEADLINE_S = 30.0
STOP_DEADLINE_S = 10.0

# Nothing but the address whose refused connections latency.py counts.
CONFIG = """services:
  - name: bench
    addresses: [127.99.99.99]
"""

_sequence = itertools.count()


class Daemon:
    """READY when the constructor returns; stop() or the end of the workspace ends it."""

    def __init__(self, workspace, binary, console=False):
        """With `console` it prints a line per outcome, to nowhere; as a service it logs failures only."""
        number = next(_sequence)
        self._log = workspace.directory / f"egresswatch-{number}.log"
        config = workspace.directory / "bench.yaml"
        config.write_text(CONFIG, encoding="utf-8")
        self.port = free_port()
        # a BPF file system that ends with the daemon, so that nothing stays pinned
        bpffs = workspace.directory / f"bpf-{number}"
        bpffs.mkdir()
        own_bpffs = in_own_mounts(f"mount -t bpf none {bpffs}; mkdir {bpffs}/pins")
        environment = {key: value for key, value in os.environ.items() if key != "JOURNAL_STREAM"}
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as notify:
            environment["NOTIFY_SOCKET"] = str(workspace.directory / f"notify-{number}")
            notify.bind(environment["NOTIFY_SOCKET"])
            with open(self._log, "wb") as log:
                if not console:
                    descriptor = os.fstat(log.fileno())
                    environment["JOURNAL_STREAM"] = f"{descriptor.st_dev}:{descriptor.st_ino}"
                started = time.monotonic()
                self.process = workspace.start(
                    [str(binary), "run", "--config", str(config), "--web.listen-address", f"127.0.0.1:{self.port}",
                     "--pin.directory", str(bpffs / "pins"), "--state.file", str(workspace.directory / f"state-{number}")],
                    prefix=own_bpffs, unit="egresswatch.service", env=environment, stdout=subprocess.DEVNULL, stderr=log)
                self._wait_until_ready(notify)
        self.ready_after_s = time.monotonic() - started
        self.pid = self.process.pid

    def _wait_until_ready(self, notify):
        notify.settimeout(0.1)
        deadline = time.monotonic() + READY_DEADLINE_S
        while time.monotonic() < deadline:
            try:
                if b"READY=1" in notify.recv(4096):
                    return
            except TimeoutError:
                if self.process.poll() is not None:
                    break
        raise RuntimeError(f"egresswatch did not become ready:\n{tail(self._log)}")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()

    def metrics(self):
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/metrics", timeout=10) as answer:
            return answer.read().decode()

    def sum_of(self, metric, labels=""):
        """Sum of all series of a metric whose labels contain this text."""
        pattern = re.compile(rf"^{metric}(?:\{{(.*)\}})? (\S+)$", re.MULTILINE)
        return sum(float(value) for found, value in pattern.findall(self.metrics()) if labels in found)

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(STOP_DEADLINE_S)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise
