#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes the corpus of history_file into the directory given: histories, and what can be wrong with one."""
import pathlib
import re
import sqlite3
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
APPLICATION_ID = 0x65677768
ROW = (497222, "a.service", "key_vault", "a.vault.azure.net", 6, 443, "none", "vault_operations", 3, 2, 1, "connect",
       "no_reply", 1790000001 * 10**9, 1790000000 * 10**9, 1790000002 * 10**9)
ADDRESS = (20717, "key_vault", "a.vault.azure.net", bytes(10) + b"\xff\xff\x14\x01\x02\x03", 1790000000 * 10**9)


def tables():
    """As the program makes them, from its source."""
    source = (ROOT / "daemon/history/database.cpp").read_text(encoding="utf-8")
    for name in ("kAddressTable", "kObservationTable"):
        literal = re.search(rf"{name} =\s*((?:\"[^\"]*\"\s*)+);", source)[1]
        yield "".join(re.findall(r'"([^"]*)"', literal))


def history(rows=(ROW,), addresses=(ADDRESS,), version=1, then=()):
    database = sqlite3.connect(":memory:")
    database.execute("PRAGMA page_size=512")
    database.execute("PRAGMA auto_vacuum=INCREMENTAL")
    for table in tables():
        database.execute(table)
    database.execute(f"PRAGMA application_id={APPLICATION_ID}")
    database.execute(f"PRAGMA user_version={version}")
    database.executemany(f"INSERT INTO observation VALUES({', '.join('?' * len(ROW))})", rows)
    database.executemany("INSERT INTO address VALUES(?, ?, ?, ?, ?)", addresses)
    for statement in then:
        database.execute(statement)
    database.commit()
    return database.serialize()


def changed(row, **columns):
    names = ("hour", "unit", "service", "host", "protocol", "port")
    return tuple(columns.get(name, value) for name, value in zip(names + ("",) * len(row), row))


def corpus():
    whole = history()
    yield "one-row", whole
    yield "no-rows", history((), ())
    yield "two-pages", history([changed(ROW, host=f"v{i}.vault.azure.net") for i in range(8)])
    yield "many-addresses", history(addresses=[ADDRESS[:3] + (bytes(15) + bytes([i]), i) for i in range(70)])
    yield "odd-text", history([changed(ROW, host="a\n\x1b[31m\u202e", unit="u" * 300)])
    yield "odd-numbers", history([changed(ROW, hour=-1, port=70000, protocol=-(2**63)), changed(ROW, hour=2**63 - 1)])
    yield "address-of-4-bytes", history(addresses=[ADDRESS[:3] + (b"\1\2\3\4", 1)])
    yield "newer", history(version=2)
    yield "view-in-place-of-a-table", history(then=["DROP TABLE address", "CREATE VIEW address AS SELECT 1"])
    yield "trigger", history(then=["CREATE TRIGGER t AFTER INSERT ON address BEGIN SELECT 1; END"])
    yield "cut", whole[:-700]
    yield "damaged-page", whole[:1040] + b"\x5a" * 64 + whole[1104:]
    yield "page-that-is-its-own-child", whole[:1024] + b"\x02\0\0\0\0\0\0\0\0\0\0\0\3" + whole[1037:]
    yield "empty", b""
    yield "no-database", b"x" * 600


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(f"usage: {sys.argv[0]} DIRECTORY")
    for name, data in corpus():
        (pathlib.Path(sys.argv[1]) / name).write_bytes(data)
