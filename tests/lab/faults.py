# SPDX-License-Identifier: Apache-2.0
"""What can go wrong between a client and Azure, or on the client itself.

A fault is written "<verb> <host>[:port][/4|/6]": `drop northwind.vault.azure.net`, `drop login.windows.net/6`. The host is
a name of azure.zone or an IPv4 address, the port 443 unless given, /4 and /6 take only the addresses of one family. Faults of
different hosts do not touch each other, so they can hold at the same time.
"""

import collections
import re
import threading
from collections.abc import Callable
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

from lab import cgroup_program
from lab.zone import addresses_of

DEAD_HOP = "10.20.0.99"  # an address on the client's link that nobody has


@dataclass(frozen=True)
class Place:
    """Where a fault is brought about."""

    namespaces: object
    cgroup: object  # of the client's unit


@dataclass(frozen=True)
class Step:
    apply: Callable[[Place], object]
    undo: Callable[[Place], object]


def _command(role, *words):
    """A command in the namespace of `role`."""
    return lambda place: place.namespaces.run(*words, role=role)


def _element(role, verb):
    """A fault that is an element of a set of router.nft or client.nft."""
    def step(address, port):
        family = 6 if ":" in address else 4
        where = ("inet", "lab", f"{verb}{family}", f"{{ {address} . {port} }}")
        return Step(*(_command(role, "nft", change, "element", *where) for change in ("add", "delete")))
    return step


def _route(kind, *via):
    """A route of the client to this one address. `throw` ends the lookup as if there were no route at all."""
    def step(address, _):
        route = (*((kind,) if kind else ()), address, *via)
        return Step(*(_command("client", "ip", "route", change, *route) for change in ("add", "delete")))
    return step


def _denial(program):
    """A BPF program at the cgroup of the client's unit, whatever the destination."""
    def step(*_):
        return Step(*(lambda place, change=change: change(program, place.cgroup)
                      for change in (cgroup_program.attach, cgroup_program.detach)))
    return step


ROUTER = ("drop", "refuse", "icmp_prohibited", "icmp_unreachable", "lost_hello", "lost_flight", "lossy", "middlebox",
          "inspect")
CLIENT = ("drop_output", "reject_output", "drop_input")
VERBS = {
    **{verb: _element("router", verb) for verb in ROUTER},
    **{verb: _element("client", verb) for verb in CLIENT},
    "no_route": _route("throw"),
    "prohibit_route": _route("prohibit"),
    "blackhole_route": _route("blackhole"),
    "dead_hop": _route("", "via", DEAD_HOP),
    "deny_connect": _denial("connect"),
    "deny_egress": _denial("egress"),
}
_FAULT = re.compile(r"(?P<verb>\w+) (?P<host>[^\s/]+?)(?::(?P<port>\d+))?(?:/(?P<family>[46]))?")


def parse(text):
    """The steps of a fault; ValueError says what is wrong with it."""
    match = _FAULT.fullmatch(text)
    if not match or match["verb"] not in VERBS:
        raise ValueError(f"{text!r} is no fault: <verb> <host>[:port][/4|/6], the verb one of {', '.join(sorted(VERBS))}")
    wanted = {None: "46"}.get(match["family"], match["family"])
    addresses = [address for address in addresses_of(match["host"]) if ("6" if ":" in address else "4") in wanted]
    return [VERBS[match["verb"]](address, int(match["port"] or 443)) for address in addresses]


# Two scenarios may want the same fault at once: it stays until the last of them is over.
_held = collections.Counter()
_lock = threading.Lock()


@contextmanager
def injected(faults, place):
    """Applies the faults for the duration of a `with` block."""
    with ExitStack() as undo:
        for fault in faults:
            _hold(fault, place)
            undo.callback(_release, fault, place)
        yield


def _key(fault, place):
    """What makes two faults the same: those of the network are everybody's."""
    return fault, place.namespaces, place.cgroup if fault.startswith("deny_") else None


def _hold(fault, place):
    with _lock:
        if not _held[_key(fault, place)]:
            for step in parse(fault):
                step.apply(place)
        _held[_key(fault, place)] += 1


def _release(fault, place):
    with _lock:
        _held[_key(fault, place)] -= 1
        if not _held[_key(fault, place)]:
            for step in parse(fault):
                step.undo(place)
