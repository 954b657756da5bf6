# SPDX-License-Identifier: Apache-2.0
"""Reads scenarios.toml, whose head says what may be in it, and refuses what may not."""

import tomllib
from dataclasses import dataclass, field, fields
from pathlib import Path

from lab import faults
from lab.namespaces import CLIENTS

FILE = Path(__file__).parent / "scenarios.toml"
CLOUDS = ("public", "china", "usgov")
VERDICTS = ("failed", "cancelled", "closed")
# The closed sets of the metrics: a typing error here must not look like a wrong diagnosis.
CAUSES = {
    "route": ("no_route", "prohibited", "denied_locally", "no_local_port"),
    "connect": ("refused", "no_reply", "abandoned", "icmp_unreachable", "icmp_prohibited", "local_firewall",
                "local_firewall_reply", "neighbour"),
    "tls": ("reset_after_hello", "closed_after_hello", "no_server_response", "hello_not_acked", "client_rejected"),
    "proxy": ("proxy_auth_required", "proxy_denied", "proxy_error"),
    "http": ("denied_by_firewall", "imds_throttled", "http_error"),
    "data": ("reset", "idle_reset", "idle_blackhole", "timeout"),
}
RCODE_OF_CAUSE = {
    "nxdomain": "NXDOMAIN", "servfail": "SERVFAIL", "refused": "REFUSED", "no_answer": "", "empty": "NOERROR",
    "sinkhole": "NOERROR", "private_record_missing": "NXDOMAIN", "public_answer_despite_private_link": "NOERROR",
}
EVIDENCE = ("syn_times_ms", "rst_received", "icmp", "dropped_out", "dropped_in", "drop_reason", "dns_name", "wire_name",
            "tls", "sni", "through_proxy", "http_status", "tls_alert", "first_sent_ns", "first_received_ns", "idle_ns",
            "unacked_bytes", "stalled_retransmits", "waits_for", "holds_up")


class Invalid(ValueError):
    pass


def _destination(text):
    service, slash, host = text.partition("/")
    if not slash or not service:
        raise Invalid(f"{text!r} is not <service>/<host>")
    return service, host


@dataclass(frozen=True)
class Connection:
    """One connection, from its attempt to its end."""

    to: str                # service/host; an empty host: none is known
    fails: str = ""        # stage/cause
    verdict: str = ""      # of its end; failed if `fails` says how, else closed
    established: bool | None = None  # whether the handshake came to an end; by default as verdict and stage say
    family: str = "ipv4"
    process: str = ""
    name_source: str = ""
    error: str = ""
    evidence: dict = field(default_factory=dict)
    times: int = 1

    def checked(self):
        service, host = _destination(self.to)
        stage, _, cause = self.fails.partition("/")
        if self.fails and cause not in CAUSES.get(stage, ()):
            raise Invalid(f"{self.fails!r} is no stage/cause")
        verdict = self.verdict or ("failed" if self.fails else "closed")
        if verdict not in VERDICTS or (verdict == "failed") != bool(self.fails):
            raise Invalid(f"verdict {verdict!r} with fails {self.fails!r}")
        unknown = set(self.evidence) - set(EVIDENCE)
        if unknown:
            raise Invalid(f"unknown evidence {sorted(unknown)}")
        established = self.established
        if established is None:
            established = verdict == "closed" or stage in ("tls", "proxy", "http", "data")
        return {"service": service, "host": host, "stage": stage, "cause": cause, "verdict": verdict,
                "established": established}


@dataclass(frozen=True)
class Question:
    """One DNS question and its outcome."""

    to: str                # service/name
    fails: str = ""        # cause
    type: str = "A"
    address: str = ""      # the first one of a good answer; empty = whichever
    times: int = 1

    def checked(self):
        service, host = _destination(self.to)
        if self.fails and self.fails not in RCODE_OF_CAUSE:
            raise Invalid(f"{self.fails!r} is no cause of a DNS failure")
        return {"service": service, "host": host, "rcode": RCODE_OF_CAUSE.get(self.fails, "NOERROR")}


@dataclass(frozen=True)
class Scenario:
    name: str
    client: str
    fault: tuple = ()
    fault_after: str = ""  # the fault begins once the client has printed this; empty = before it starts
    exit: int = 0          # what the client itself made of it
    cloud: str = "public"
    host: str = "client"   # or narrow
    resolver: str = ""
    environment: dict = field(default_factory=dict)
    process: str = ""      # in no unit, so the name of the process is the unit; empty = in a unit of its own
    connections: tuple = ()
    dns: tuple = ()


def _entry(kind, values, where):
    """A dataclass from a table of TOML: no key unknown, none missing, each of its type."""
    known = {item.name: item for item in fields(kind)}
    unknown = set(values) - set(known)
    if unknown:
        raise Invalid(f"{where}: unknown key {sorted(unknown)}")
    for key, value in values.items():
        wanted = known[key].type
        wanted = list if wanted is tuple else bool if wanted == (bool | None) else wanted
        if type(value) is not wanted:
            raise Invalid(f"{where}: {key} should be of type {wanted.__name__}")
    try:
        return kind(**{key: tuple(value) if isinstance(value, list) else value for key, value in values.items()})
    except TypeError as error:
        raise Invalid(f"{where}: {error}") from None


def _expectations(kind, items, where):
    """Those of one scenario; a bare string is the destination of one that went well, behind it the type of a question."""
    found = []
    for item in items:
        if isinstance(item, str):
            to, _, record = item.partition(" ")
            item = {"to": to, **({"type": record} if record else {})}
        entry = _entry(kind, item, where)
        try:
            entry.checked()
        except Invalid as error:
            raise Invalid(f"{where}: {error}") from None
        found.append(entry)
    return tuple(found)


def load(text):
    scenarios = []
    for name, values in tomllib.loads(text).items():
        where = f"[{name}]"
        values = dict(values)
        connections = _expectations(Connection, values.pop("connections", []), f"{where} connections")
        questions = _expectations(Question, values.pop("dns", []), f"{where} dns")
        scenario = _entry(Scenario, {"name": name, **values}, where)
        scenario = Scenario(**{**vars(scenario), "connections": connections, "dns": questions})
        if scenario.cloud not in CLOUDS:
            raise Invalid(f"{where}: no cloud {scenario.cloud!r}")
        if scenario.host not in CLIENTS:
            raise Invalid(f"{where}: no client host {scenario.host!r}")
        if not connections and not questions:
            raise Invalid(f"{where}: expects nothing")
        for fault in scenario.fault:
            try:
                faults.parse(fault)
            except ValueError as error:
                raise Invalid(f"{where}: {error}") from None
        scenarios.append(scenario)
    return scenarios


def load_all():
    return load(FILE.read_text(encoding="utf-8"))
