# SPDX-License-Identifier: Apache-2.0
"""Reads firewall_page.toml, whose head says what may be in it, and refuses what may not."""

import ipaddress
import re
import tomllib
from dataclasses import dataclass
from pathlib import Path

from lab.scenario import CLOUDS

FILE = Path(__file__).parent / "firewall_page.toml"
KINDS = ("page", "alias", "regional", "correction", "added", "revocation", "platform", "own")
SOURCES = ("sni", "http_host", "http_connect", "none")
REQUIRED = {"section": str, "kind": str, "service": str}
OPTIONAL = {"row": str, "port": int, "scheme": str, "learned": str, "legacy": bool, "through_proxy": bool}
HOSTS = (*CLOUDS, "every_cloud")


class Invalid(ValueError):
    pass


@dataclass(frozen=True)
class Row:
    section: str
    kind: str
    service: str
    cloud: str
    host: str
    row: str = ""  # principal type or type of operation
    port: int = 443
    scheme: str = ""
    learned: str = ""
    legacy: bool = False
    through_proxy: bool = False

    @property
    def by_address(self):
        try:
            ipaddress.ip_address(self.host)
        except ValueError:
            return False
        return True

    @property
    def url(self):
        return f"{self.scheme}://{self.host}:{self.port}/"

    @property
    def name(self):
        """As a part of the name of a test."""
        parts = (self.kind, self.section, self.row, self.host, str(self.port))
        return "_".join(re.sub(r"[^a-z0-9]+", "_", part.lower()).strip("_") for part in parts if part)


def _rows_of(table, where):
    known = {**REQUIRED, **OPTIONAL, **dict.fromkeys(HOSTS, list)}
    for key, value in table.items():
        if type(value) is not known.get(key):
            raise Invalid(f"{where}: {key} is unknown or of the wrong type")
    missing = REQUIRED.keys() - table.keys()
    if missing:
        raise Invalid(f"{where}: no {sorted(missing)}")
    common = {key: value for key, value in table.items() if key not in HOSTS}
    common.setdefault("scheme", "http" if common.get("port") == 80 else "https")
    common.setdefault("learned", "http_host" if common["scheme"] == "http" else "sni")
    if common["kind"] not in KINDS or common["learned"] not in SOURCES or common["scheme"] not in ("http", "https"):
        raise Invalid(f"{where}: no such kind, learned or scheme")
    rows = [Row(cloud=cloud, host=host, **common) for cloud in CLOUDS
            for host in (*table.get(cloud, ()), *table.get("every_cloud", ()))]
    if not rows:
        raise Invalid(f"{where}: no hosts")
    return rows


def load(text):
    """(configuration, rows)"""
    document = tomllib.loads(text)
    if document.keys() != {"configuration", "rows"}:
        raise Invalid("expected configuration and rows")
    rows = [row for number, table in enumerate(document["rows"], 1) for row in _rows_of(table, f"table {number}")]
    names = [(row.cloud, row.name) for row in rows]
    twice = {name for name in names if names.count(name) > 1}
    if twice:
        raise Invalid(f"twice: {sorted(twice)}")
    return document["configuration"], rows


def load_all():
    return load(FILE.read_text(encoding="utf-8"))
