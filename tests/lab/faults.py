# SPDX-License-Identifier: Apache-2.0
"""What can go wrong between the client and Azure.

A fault is a tuple of steps, so faults add up: `silent_drop(address) + few_syn_retries()`.
"""

from contextlib import contextmanager
from dataclasses import dataclass

from lab.namespaces import RESOLVER


@dataclass(frozen=True)
class Step:
    """A command in the namespace of `role`, and the one that undoes it."""

    role: str
    apply: tuple
    undo: tuple


def _firewall(destination, transport, port, *verdict):
    """A rule for one address or prefix, of either family, on the router."""
    family = "ip6" if ":" in destination else "ip"
    match = (family, "daddr", destination, transport, "dport", str(port))
    apply = ("nft", "add", "rule", "inet", "lab", "faults", *match, *verdict)
    return (Step("router", apply, undo=("nft", "flush", "chain", "inet", "lab", "faults")),)


def silent_drop(destination):
    """A firewall that says nothing."""
    return _firewall(destination, "tcp", 443, "drop")


def refusal(destination):
    """A reset for each segment: what a closed port answers, and what cuts a connection in the middle."""
    return _firewall(destination, "tcp", 443, "reject", "with", "tcp", "reset")


def icmp_prohibition(destination):
    """A firewall that says so: ICMP type 3 code 13."""
    return _firewall(destination, "tcp", 443, "reject", "with", "icmp", "admin-prohibited")


def icmp_unreachable(destination):
    """A router that knows no way on: ICMP type 3 code 1."""
    return _firewall(destination, "tcp", 443, "reject", "with", "icmp", "host-unreachable")


def lost_queries():
    """DNS queries that nobody answers."""
    return _firewall(RESOLVER, "udp", 53, "drop")


def no_default_route():
    undo = ("ip", "route", "add", "default", "via", "10.20.0.1")
    return (Step("client", ("ip", "route", "delete", "default"), undo),)


def prohibited_route(address):
    route = ("prohibit", address)
    return (Step("client", ("ip", "route", "add", *route), undo=("ip", "route", "delete", *route)),)


def few_syn_retries():
    """The kernel gives up after one repeated SYN: about 3 s instead of the default's 2 minutes."""
    setting = "net.ipv4.tcp_syn_retries={}".format
    return (Step("client", ("sysctl", "-qw", setting(1)), undo=("sysctl", "-qw", setting(6))),)


@contextmanager
def injected(fault, namespaces):
    """Applies the fault for the duration of a `with` block."""
    applied = []
    try:
        for step in fault:
            namespaces.run(*step.apply, role=step.role)
            applied.append(step)
        yield
    finally:
        for step in reversed(applied):
            namespaces.run(*step.undo, role=step.role)
