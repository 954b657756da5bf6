# SPDX-License-Identifier: Apache-2.0
"""The small Azure: namespaces, resolver, front ends and services, ready when the constructor returns."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

from lab import services
from lab.certificates import make_certificates
from lab.namespaces import RESOLVER, Namespaces
from lab.processes import tail, wait_until
from lab.workspace import Workspace

LAB = Path(__file__).parent
CONFIG = LAB / "config"
SDK_CLIENT = LAB / "sdk-client"
IMDS = "169.254.169.254"


def azure_addresses():
    """IMDS and every address that the zone gives a host, but not what a DNS filter answers."""
    zone = (CONFIG / "azure.zone").read_text(encoding="utf-8")
    found = re.findall(r"^[^;\s]\S*\s+(?:\d+\s+)?(?:A|AAAA)\s+(\S+)", zone, re.MULTILINE)
    return sorted({IMDS, *found} - {"0.0.0.0"})


class Azure:
    """Use as a context manager: what it made is removed at the end, and also if this process is killed."""

    def __init__(self):
        self.workspace = Workspace()
        try:
            self.directory = self.workspace.directory
            self.namespaces = Namespaces(self.workspace.name, azure_addresses())
            for file in CONFIG.iterdir():
                shutil.copy(file, self.directory)
            make_certificates(self.directory)
            self._start_servers()
        except BaseException:
            self.close()
            raise

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self.workspace.close()

    def start_client(self, command, unit, log=None, **options):
        """Starts `command` on the client host, as a process of `unit`."""
        environment = {
            **os.environ,
            "CURL_CA_BUNDLE": str(self.directory / "ca.pem"),
            "NODE_EXTRA_CA_CERTS": str(self.directory / "ca.pem"),
            "AZURE_TENANT_ID": services.TENANT,
            "AZURE_CLIENT_ID": services.CLIENT_ID,
            "AZURE_CLIENT_SECRET": services.CLIENT_SECRET,
        }
        # The lab has no proxy, whatever the host uses.
        for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
            environment.pop(name, None)
            environment.pop(name.upper(), None)
        prefix = self.namespaces.prefix("client")
        return self.workspace.start(command, unit=unit, prefix=prefix, log=log, env=environment, **options)

    def run_client(self, command, unit, deadline_s=30):
        """Runs `command` on the client host to its end: exit status and output, standard error included."""
        client = self.start_client(command, unit, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        try:
            output, _ = client.communicate(timeout=deadline_s)
        except subprocess.TimeoutExpired:
            client.kill()
            client.communicate()
            raise
        return client.returncode, output

    def get_secret_command(self, vault, secret="lab", deadline_ms=None):
        command = ["node", str(SDK_CLIENT / "get-secret.mjs"), vault, secret]
        return command if deadline_ms is None else [*command, str(deadline_ms)]

    def requests_served(self):
        """What nginx wrote: host, status, number of the connection, method and path of each request."""
        log = (self.directory / "nginx-access.log").read_text(encoding="utf-8")
        return [tuple(line.split()) for line in log.splitlines()]

    def _start_servers(self):
        in_azure = self.namespaces.prefix("azure")
        environment = {**os.environ, "PYTHONPATH": str(LAB.parent)}
        self._servers = {
            "services": self.workspace.start(
                [sys.executable, "-m", "lab.services", "services.sock"],
                prefix=in_azure, env=environment, log="services.log"),
            "unbound": self.workspace.start(
                ["unbound", "-d", "-c", "unbound.conf"], prefix=in_azure, log="unbound-output.log"),
            "nginx": self.workspace.start(
                ["nginx", "-p", ".", "-e", "nginx-error.log", "-c", "nginx.conf"],
                prefix=in_azure, log="nginx-output.log"),
        }
        wait_until(self._ready, "the servers of the lab to listen")

    def _ready(self):
        for name, process in self._servers.items():
            if process.poll() is not None:
                logs = "".join(tail(path) for path in sorted(self.directory.glob(f"{name}*.log")))
                raise RuntimeError(f"{name} ended with status {process.returncode}:\n{logs}")
        listening = self.namespaces.run("ss", "-Hlntu", role="azure")
        return (
            (self.directory / "services.sock").exists()
            and f"{RESOLVER}:53" in listening
            and "0.0.0.0:443" in listening
            and "[::]:443" in listening
            and "0.0.0.0:80" in listening
        )
