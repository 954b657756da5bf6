# SPDX-License-Identifier: Apache-2.0
"""What `scripts/demo` shows: the small Azure, three services that use it, a firewall that fails them, and the daemon's
own words meanwhile. Takes under half a minute and removes everything, also after Ctrl-C."""

import os
import pty
import re
import signal
import subprocess
import sys
import threading
import time
from dataclasses import dataclass

from lab.azure import SDK_CLIENT, Azure, get_secret_command
from lab.daemon import Daemon, find_binary
from lab.faults import injected
from lab.workspace import lock_machine
from lab.zone import IMDS

NO_ROUTE = ("no_route 169.254.169.254", "no_route contoso-prod.vault.azure.net")
TIME_LIMIT_S = 120
INTERESTING = re.compile(
    r"egresswatch_(connection_attempts|connections_established|connection_failures|dns_failures|syn_retransmits)_total|"
    r"egresswatch_(connect_duration_seconds_count|host_resolution|data_complete|events_lost_total)"
)


def curl(url, *arguments):
    return ("curl", "-sS4", "--max-time", "2.5", *arguments, url)


SECRET = ("orders.service", ("secret", "fabrikam", "2500"))
PRIVATE = ("billing.service", curl("https://contoso-prod.vault.azure.net/healthstatus"))
TOKEN = ("billing.service", curl(f"http://{IMDS}/metadata/identity/oauth2/token", "-H", "Metadata: true"))
CERTIFICATES = ("updater.service", curl("http://crl3.digicert.com/root.crl"))
STRANGER = ("updater.service", curl("https://www.lab.example/"))
BY_NAME = ("billing.service", curl("https://resethello.vault.azure.net/healthstatus"))
INSPECTED = ("orders.service", curl("https://inspected.vault.azure.net/healthstatus"))
UNLINKED = ("reports.service", curl("https://unlinked.vault.azure.net/healthstatus"))


@dataclass(frozen=True)
class Act:
    says: str
    clients: tuple
    fault: tuple = ()
    rounds: int = 1


ACTS = (
    Act("Everything works: a secret through the Azure SDK, a private endpoint, a token, a CRL, an unknown host",
        (SECRET, PRIVATE, TOKEN, CERTIFICATES, STRANGER)),
    Act("The firewall drops packets to the public vaults and says nothing", (SECRET, PRIVATE),
        ("drop fabrikam.vault.azure.net",), rounds=2),
    Act("The firewall lets the vaults through again", (SECRET, PRIVATE)),
    Act("The firewall refuses Entra: the vault answers, but there is no token", (SECRET,),
        ("refuse login.microsoftonline.com",)),
    Act("The private DNS zone has no record for a vault", (UNLINKED,)),
    Act("A firewall judges by name: it lets TCP connect, and resets when it reads the name", (BY_NAME,),
        ("middlebox resethello.vault.azure.net",)),
    Act("A gateway opens TLS with a certificate that the client does not trust", (INSPECTED,),
        ("inspect inspected.vault.azure.net",)),
    Act("The host loses its routes", (TOKEN, PRIVATE), NO_ROUTE),
    Act("Repaired", (SECRET, PRIVATE, TOKEN)),
)


class Screen:
    """Standard output, shared by the daemon's lines and ours."""

    def __init__(self):
        self.colour = sys.stdout.isatty() and "NO_COLOR" not in os.environ

    def heading(self, text):
        self.write(f"\n\033[1m== {text}\033[0m\n" if self.colour else f"\n== {text}\n")

    def write(self, text):
        sys.stdout.write(text)
        sys.stdout.flush()

    def follow(self, terminal):
        """Copies what appears on `terminal` until its other side is closed."""
        while True:
            try:
                data = os.read(terminal, 65536)
            except OSError:  # EIO: nobody has the other side open any more
                return
            if not data:
                return
            self.write(data.decode(errors="replace").replace("\r\n", "\n"))


def start_daemon(azure, binary, screen):
    """The daemon on a terminal of its own, so that it shows its live lines also when ours is a file."""
    ours, its = pty.openpty()
    environment = dict(os.environ) if screen.colour else {**os.environ, "NO_COLOR": "1"}
    threading.Thread(target=screen.follow, args=(ours,), daemon=True).start()
    try:
        return Daemon(azure.workspace, binary, log=None, stdout=its, stderr=its, env=environment)
    finally:
        os.close(its)


def play(azure, act):
    with injected(act.fault, azure.place("lab")):
        for _ in range(act.rounds):
            for unit, command in act.clients:
                if command[0] == "secret":
                    command = get_secret_command(command[1], deadline_ms=command[2])
                client = azure.start_client(command, unit, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
                client.wait(timeout=20)
            time.sleep(1.0)  # a pause to read


def show_metrics(daemon, screen):
    screen.heading(f"http://{daemon.address}/metrics says (excerpt)")
    for line in daemon.get("/metrics").splitlines():
        if INTERESTING.match(line) and 'service="other"' not in line and not line.endswith(" 0"):
            screen.write(line + "\n")


def main():
    screen = Screen()
    binary = find_binary()
    if binary is None or not binary.exists():
        return "no egresswatch binary: build it first (cmake --preset release && cmake --build --preset release)"
    if not (SDK_CLIENT / "node_modules").is_dir():
        return "the Azure SDK client is not installed: run scripts/install-deps first"
    screen.heading("A small Azure in network namespaces: resolver, TLS front ends, Entra, vaults, instance metadata")
    with lock_machine(screen.heading), Azure() as azure:
        daemon = start_daemon(azure, binary, screen)
        for act in ACTS:
            screen.heading(act.says)
            play(azure, act)
        show_metrics(daemon, screen)
        daemon.stop()
    screen.heading("Namespaces, servers and daemon are gone")
    return 0


def stop(number, _):
    raise SystemExit(128 + number)


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGALRM, stop)
    signal.alarm(TIME_LIMIT_S)
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
