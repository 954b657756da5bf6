# SPDX-License-Identifier: Apache-2.0
"""Network namespaces in a row: client, router (with the firewall), azure; and `narrow`, a client with one port.

    client 10.20.0.2 -- 10.20.0.1 router 10.30.0.1 -- 10.30.0.2 azure (every address of the zones, on its loopback)
    client 2001:db8:20::2 -- ::1 router 2001:db8:30::1 -- ::2 azure

Namespaces isolate, so the addresses are the same in every run.
"""

from lab.processes import run
from lab.workspace import NETNS_ETC
from lab.zone import CONFIG

RESOLVER = "192.0.2.53"
RESOLVER_INSIDE = "192.0.2.54"
RESOLVER_FORGING = "192.0.2.55"
ROLES = ("client", "narrow", "router", "azure")
CLIENTS = ("client", "narrow")

# What the client's files in /etc say, whatever this host's say: `ip netns exec` mounts them over the host's.
CLIENT_ETC = {
    "resolv.conf": f"nameserver {RESOLVER}\noptions timeout:2 attempts:1\n",
    "nsswitch.conf": "hosts: files dns\n",
    "hosts": "127.0.0.1 localhost\n",
    "gai.conf": "",
}

# The client gives up sooner than it would: a SYN is repeated twice, data three times, in 3 to 7 s together.
CLIENT_SETTINGS = ("net.ipv4.tcp_syn_retries=2", "net.ipv4.tcp_retries2=3")


class Namespaces:
    """The namespaces of one run; the workspace removes them."""

    def __init__(self, run_name, azure_addresses):
        self._run_name = run_name
        for role in ROLES:
            run("ip", "netns", "add", self.name(role))
            # No duplicate address detection: an IPv6 address is usable at once.
            self.run("sysctl", "-qw", "net.ipv6.conf.all.accept_dad=0", "net.ipv6.conf.default.accept_dad=0", role=role)
            self._ip(role, "link", "set", "lo", "up")
        self._link("client", "router", 20)
        self._link("narrow", "router", 40)
        self._link("azure", "router", 30)
        self.run("sysctl", "-qw", "net.ipv4.ip_forward=1", "net.ipv6.conf.all.forwarding=1", role="router")
        for role in CLIENTS:
            self.run("sysctl", "-qw", *CLIENT_SETTINGS, role=role)
        self.run("sysctl", "-qw", "net.ipv4.ip_local_port_range=40000 40000", role="narrow")
        for role in ("router", "client"):
            self.run("nft", "-f", str(CONFIG / f"{role}.nft"), role=role)
        self._ip("router", "route", "add", "default", "via", "10.30.0.2")
        self._ip("router", "route", "add", "default", "via", "2001:db8:30::2")
        for address in azure_addresses:
            self._ip("azure", "address", "add", address, "dev", "lo", *(("nodad",) if ":" in address else ()))
        for role in CLIENTS:
            etc = NETNS_ETC / self.name(role)
            etc.mkdir(parents=True)
            for file, text in CLIENT_ETC.items():
                (etc / file).write_text(text, encoding="utf-8")

    def name(self, role):
        return f"{self._run_name}-{role}"

    def prefix(self, role):
        """What to put before a command to run it in the namespace of `role`."""
        return ("ip", "netns", "exec", self.name(role))

    def run(self, *command, role, **options):
        return run(*self.prefix(role), *command, **options)

    def _ip(self, role, *arguments):
        run("ip", "-n", self.name(role), *arguments)

    def _link(self, role, router_role, number):
        """One veth pair: the role's end is .2 and eth0, the router's end .1 and named after the role."""
        run("ip", "link", "add", "eth0", "netns", self.name(role), "type", "veth",
            "peer", "name", role, "netns", self.name(router_role))
        for side, device, host in ((role, "eth0", 2), (router_role, role, 1)):
            self._ip(side, "address", "add", f"10.{number}.0.{host}/24", "dev", device)
            self._ip(side, "address", "add", f"2001:db8:{number}::{host}/64", "dev", device, "nodad")
            self._ip(side, "link", "set", device, "up")
        self._ip(role, "route", "add", "default", "via", f"10.{number}.0.1")
        self._ip(role, "route", "add", "default", "via", f"2001:db8:{number}::1")
