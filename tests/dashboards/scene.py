# SPDX-License-Identifier: Apache-2.0
"""A bad day in half a minute, for the dashboards to tell: the small Azure, services that use it, faults that come and
go, and three real daemons that a real Prometheus scrapes.

All daemons see the same kernel; what makes them different hosts is when they watch. app-1 sees everything, app-3 dies
in the middle of it. app-2 starts when the worst is over, and is starved: a table of two names, no place for the
history, a probe less.
"""

import sys
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from dashboards.prometheus import Prometheus
from lab.azure import get_secret_command
from lab.faults import injected
from lab.program import ObservedDaemon
from lab.zone import IMDS

STRANGER = "203.0.113.77"
FORGER = "192.0.2.55"
OTHER_CLOUD = "contoso.vault.azure.cn"
# of the application that is not of Azure, and has a service of its own in the configuration
PAYMENTS = "www.lab.example"

CONFIGURATION = """
services: [{{name: payments, hosts: [{payments}]}}]
vaults: {{private_endpoint: [litware.vault.azure.net]}}
policy: {{file: {directory}/policy.yaml}}
dns: {{query_timeout: 3s}}
diagnose: {{idle_threshold: 2s}}
control: {{socket: {directory}/{name}.sock}}
history: {{path: {directory}/{name}/history.db}}
"""
STARVED = "limits: {names: 2}\n"
# without it the kernel refuses the probe getaddrinfo
LESS = ("setpriv", "--bounding-set", "-sys_admin")
POLICY = """
default: observe
units:
  - {unit: reports.service, default: flag, allow: [{services: [entra, key_vault]}]}
  - {unit: scanner.service, default: flag}
"""


@dataclass(frozen=True)
class Client:
    unit: str
    command: tuple
    resolver: str | None = None


def curl(unit, url, *arguments):
    return Client(unit, ("curl", "-sS4", "--max-time", "2.5", *arguments, url))


def vault(unit, name):
    return curl(unit, f"https://{name}.vault.azure.net/healthstatus")


def lookup(unit, name, resolver=None):
    return Client(unit, ("getent", "ahostsv4", f"{name}.vault.azure.net"), resolver)


def action(unit, *words):
    return Client(unit, (sys.executable, "-m", *words))


DAILY = (
    Client("orders.service", tuple(get_secret_command("fabrikam", deadline_ms=2500))),
    vault("billing.service", "contoso-prod"),
    curl("billing.service", f"http://{IMDS}/metadata/identity/oauth2/token", "-H", "Metadata: true"),
    curl("billing.service", f"https://{PAYMENTS}/"),
    curl("deploy.service", "https://management.azure.com/"),
    curl("deploy.service", "https://login.microsoftonline.com/"),
    curl("updater.service", "http://crl3.digicert.com/root.crl"),
)
# As if a new firewall policy were rolled out, and the DNS changed with it.
FAULTS = (
    "drop fabrikam.vault.azure.net", "refuse login.microsoftonline.com", "middlebox resethello.vault.azure.net",
    "inspect inspected.vault.azure.net", "lost_hello losthello.vault.azure.net", f"no_route {IMDS}",
    "middlebox cacerts.digicert.com:80",
    "icmp_prohibited prohibited.vault.azure.net", "lossy lossy.vault.azure.net",
)
BAD_ROUNDS = 3
BAD = (
    vault("reports.service", "resethello"),
    vault("orders.service", "inspected"),
    vault("orders.service", "losthello"),
    vault("reports.service", "prohibited"),
    vault("reports.service", "unlinked"),
    vault("reports.service", "litware"),
    lookup("reports.service", "sinkholed"),
    lookup("reports.service", "broken"),
    lookup("backup.service", "nosuch"),
    lookup("backup.service", "northwind", FORGER),
    curl("updater.service", "http://cacerts.digicert.com/x.crt"),
    curl("reports.service", f"https://{OTHER_CLOUD}/healthstatus"),
    action("backup.service", "lab.clients", "burst", "lossy.vault.azure.net", "12", "2"),
    action("scanner.service", "lab.scanner", STRANGER),
)


class Scene:
    """Played when the constructor returns; `prometheus` is there to be asked until the end of the `with` block."""

    def __init__(self, azure, binary, rules):
        self.azure = azure
        self.binary = binary
        directory = azure.directory
        (directory / "policy.yaml").write_text(POLICY, encoding="utf-8")
        for name in ("app-1", "app-3"):
            (directory / name).mkdir()
        self.daemons = {name: self._start(name) for name in ("app-1", "app-3")}
        self.prometheus = Prometheus(azure.workspace, self._hosts(), rules)
        self.prometheus.wait_for_all(2)
        self.begin = time.time()
        self._play()
        self.end = self.prometheus.wait_for_all(2)

    def _hosts(self):
        return {name: daemon.address for name, daemon in self.daemons.items()}

    def _start(self, name, settings="", **options):
        directory = self.azure.directory
        file = directory / f"{name}.yaml"
        text = CONFIGURATION.format(payments=PAYMENTS, directory=directory, name=name)
        file.write_text(text + settings, encoding="utf-8")
        return ObservedDaemon(self.azure.workspace, self.binary, ["-o", "json", "--config", str(file)], **options)

    def _run(self, client):
        self.azure.start_client(client.command, client.unit, log="clients.log", resolver=client.resolver).wait(20)

    def _round(self, clients):
        # one after the other within a unit would only take longer
        with ThreadPoolExecutor(8) as pool:
            list(pool.map(self._run, clients))

    def _play(self):
        for _ in range(8):
            self._round(DAILY)
        with injected(FAULTS, self.azure.place("lab")):
            for _ in range(BAD_ROUNDS):
                self._round(DAILY + BAD)
            self.daemons["app-3"].stop()
        self.daemons["app-2"] = self._start("app-2", STARVED, prefix=LESS)
        self.prometheus.scrape(self._hosts())
        self.prometheus.wait_for_all(2)
        for _ in range(8):
            self._round(DAILY)
        # what is counted at the end of a connection, and a question without an answer after 3 s
        time.sleep(4)
