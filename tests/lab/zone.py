# SPDX-License-Identifier: Apache-2.0
"""The zones of the lab: which addresses there are, and which a name leads to."""

import ipaddress
import re
from pathlib import Path

CONFIG = Path(__file__).parent / "config"
IMDS = "169.254.169.254"
MAX_ALIASES = 8

_RECORD = re.compile(r"^([^;\s]\S*)\.\s+(?:\d+\s+)?(A|AAAA|CNAME)\s+(\S+)", re.MULTILINE)


def records(zone="azure.zone"):
    """(owner, type, data) of each address and alias, names without their final dot."""
    text = (CONFIG / zone).read_text(encoding="utf-8")
    return [(owner, kind, data.removesuffix(".")) for owner, kind, data in _RECORD.findall(text)]


def azure_addresses():
    """IMDS and every address that a zone gives a host, but not what a DNS filter answers."""
    found = {data for zone in ("azure.zone", "inside.zone") for _, kind, data in records(zone) if kind != "CNAME"}
    return sorted({IMDS, *found} - {"0.0.0.0"})


def addresses_of(name):
    """Of a name, through its aliases; an address is its own."""
    try:
        return [str(ipaddress.ip_address(name))]
    except ValueError:
        pass
    everything = records()
    for _ in range(MAX_ALIASES):
        own = [(kind, data) for owner, kind, data in everything if owner == name]
        addresses = [data for kind, data in own if kind != "CNAME"]
        if addresses:
            return addresses
        aliases = [data for kind, data in own if kind == "CNAME"]
        if not aliases:
            break
        name = aliases[0]
    raise ValueError(f"azure.zone has no address for {name}")
