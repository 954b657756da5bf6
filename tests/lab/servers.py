# SPDX-License-Identifier: Apache-2.0
"""The programs of the lab's Azure and of its router, and what they need in the directory of the run."""

import shutil
import sys
from dataclasses import dataclass

from lab.namespaces import RESOLVER, RESOLVER_FORGING, RESOLVER_INSIDE
from lab.processes import run
from lab.zone import addresses_of

CERTIFICATE_MAKER = "/usr/lib/squid/security_file_certgen"
# What must listen, by namespace, as ss(8) writes it.
LISTENERS = {
    "azure": (f"{RESOLVER}:53", f"{RESOLVER_INSIDE}:53", f"{RESOLVER_FORGING}:53", "0.0.0.0:443", "[::]:443", "0.0.0.0:80",
              "10.30.0.2:8443"),
    "router": ("10.20.0.1:3128", "10.20.0.1:3130", "*:3129"),
}


@dataclass(frozen=True)
class Server:
    name: str
    role: str
    command: tuple
    directory: str = "."  # below that of the run


def servers():
    def python(module, *arguments):
        return (sys.executable, "-m", module, *arguments)

    right, forged = (addresses_of(name)[0] for name in ("northwind.vault.azure.net", "trap.lab.example"))
    return (
        Server("services", "azure", python("lab.services", "services.sock")),
        Server("unbound", "azure", ("unbound", "-d", "-c", "unbound.conf")),
        Server("unbound-inside", "azure", ("unbound", "-d", "-c", "unbound-inside.conf")),
        Server("forger", "azure", python("lab.forger", RESOLVER_FORGING, right, forged)),
        Server("nginx", "azure", ("nginx", "-p", ".", "-e", "nginx-error.log", "-c", "nginx.conf")),
        Server("middlebox", "azure", python("lab.middlebox", "10.30.0.2", "8443")),
        Server("squid", "router", ("squid", "-N", "-f", "squid.conf"), "squid"),
    )


def make_ready(directory):
    """What squid needs: a directory that its user owns, names, and a place for the certificates that it makes."""
    home = directory / "squid"
    home.mkdir()
    for file in ("squid.conf", "ca.pem", "inspection.pem", "inspection.key"):
        shutil.copy(directory / file, home)
    names = ("proxied.vault.azure.net", "inspected.vault.azure.net", "fabrikam.vault.azure.net", "contoso.vault.azure.cn",
             "contoso.vault.usgovcloudapi.net", "login.microsoftonline.com", "crl3.digicert.com")
    hosts = [f"{address} {name}\n" for name in names for address in addresses_of(name) if ":" not in address]
    # where nobody listens
    hosts.append("127.0.0.1 unproxied.vault.azure.net\n")
    (home / "hosts").write_text("".join(hosts), encoding="utf-8")
    run(CERTIFICATE_MAKER, "-c", "-s", str(home / "certificates"), "-M", "4MB")
    for path in (home, *home.rglob("*")):
        shutil.chown(path, "proxy", "proxy")


def listening(namespaces):
    """Whether every server can be reached."""
    return all(listener in namespaces.run("ss", "-Hlntu", role=role)
               for role, listeners in LISTENERS.items() for listener in listeners)
