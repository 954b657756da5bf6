# SPDX-License-Identifier: Apache-2.0
"""The small Azure: namespaces, resolvers, front ends, services and what is in the way, ready when the constructor returns."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

from lab import further, services
from lab.certificates import make_certificates
from lab.faults import Place
from lab.namespaces import Namespaces
from lab.processes import tail, wait_until
from lab.servers import listening, make_ready, servers
from lab.workspace import Workspace
from lab.zone import CONFIG, azure_addresses

LAB = Path(__file__).parent
SDK_CLIENT = LAB / "sdk-client"


# Where the proxies are, as a client of the lab sees them.
PROXY = "http://10.20.0.1:3128"


def client_environment(directory):
    """The variables of a client: it trusts the CA of the lab, and has the credentials of an application."""
    # The lab has no proxy by default, whatever the host uses.
    own = {name: value for name, value in os.environ.items()
           if name.lower() not in ("http_proxy", "https_proxy", "all_proxy", "no_proxy")}
    certificate = str(directory / "ca.pem")
    return {
        **own,
        "CURL_CA_BUNDLE": certificate,
        "NODE_EXTRA_CA_CERTS": certificate,
        "SSL_CERT_FILE": certificate,
        "PYTHONPATH": str(LAB.parent),
        "AZURE_TENANT_ID": services.TENANT,
        "AZURE_CLIENT_ID": services.CLIENT_ID,
        "AZURE_CLIENT_SECRET": services.CLIENT_SECRET,
    }


def get_secret_command(vault, secret="lab", deadline_ms=None):
    command = ["node", str(SDK_CLIENT / "get-secret.mjs"), vault, secret]
    return command if deadline_ms is None else [*command, str(deadline_ms)]


class Azure:
    """Use as a context manager: what it made is removed at the end, and also if this process is killed. Each of
    `further_hosts` that azure.zone does not know gets an address of its own; all of them are served."""

    def __init__(self, further_hosts=()):
        self.workspace = Workspace()
        try:
            self.directory = self.workspace.directory
            self.namespaces = Namespaces(self.workspace.name, azure_addresses())
            for file in CONFIG.iterdir():
                shutil.copy(file, self.directory)
            make_certificates(self.directory)
            if further_hosts:
                further.make_ready(self.directory, self.namespaces, further_hosts)
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

    def place(self, unit):
        """Where the faults of the client's `unit` are."""
        return Place(self.namespaces, self.workspace.cgroup(unit))

    def start_client(self, command, unit, log=None, host="client", resolver=None, environment=None, **options):
        """Starts `command` on a client host, as a process of `unit`, with another resolver than that of the host or
        additional variables if wanted."""
        variables = client_environment(self.directory) | (environment or {})
        prefix = self.namespaces.prefix(host)
        if resolver:
            prefix = (*prefix, "unshare", "--mount", "sh", "-ec",
                      'echo "nameserver $0" >"resolv-$0" && mount --bind "resolv-$0" /etc/resolv.conf && exec "$@"', resolver)
        return self.workspace.start(command, unit=unit, prefix=prefix, log=log, env=variables, **options)

    def run_client(self, command, unit, deadline_s=30, **options):
        """Runs `command` as start_client() to its end: exit status and output, standard error included."""
        client = self.start_client(command, unit, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, **options)
        try:
            output, _ = client.communicate(timeout=deadline_s)
        except subprocess.TimeoutExpired:
            client.kill()
            client.communicate()
            raise
        return client.returncode, output

    def requests_served(self):
        """What nginx wrote: host, status, number of the connection, method and path of each request."""
        log = (self.directory / "nginx-access.log").read_text(encoding="utf-8")
        return [tuple(line.split()) for line in log.splitlines()]

    def _start_servers(self):
        make_ready(self.directory)
        self._servers = {}
        for server in servers():
            self._servers[server.name] = self.workspace.start(
                server.command, prefix=self.namespaces.prefix(server.role), cwd=self.directory / server.directory,
                env={**os.environ, "PYTHONPATH": str(LAB.parent)}, log=f"{server.name}-output.log")
        wait_until(self._ready, "the servers of the lab to listen")

    def _ready(self):
        for name, process in self._servers.items():
            if process.poll() is not None:
                logs = "".join(tail(path) for path in sorted(self.directory.rglob(f"{name}*.log")))
                raise RuntimeError(f"{name} ended with status {process.returncode}:\n{logs}")
        return (self.directory / "services.sock").exists() and listening(self.namespaces)
