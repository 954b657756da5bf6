#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Holds the tests that were skipped in a guest (standard input) against the table in docs/kernels.md.

usage: skipped.py none|integrity|confidentiality docs/kernels.md

A cell says under which lockdown the reason in front of it may be seen: "yes" = always, or one mode, or nothing. Exit code
1: a test was skipped for a reason that the table does not give for this kernel.
"""
import pathlib
import re
import sys

HEADING = "## What tests cannot try"


def table(text):
    """{reason: {kernel: cell}}"""
    rows = text.partition(f"\n{HEADING}\n")[2].partition("\n## ")[0].splitlines()
    cells = [[cell.strip() for cell in row.strip("|").split("|")] for row in rows if row.startswith("|")]
    if len(cells) < 3:
        raise ValueError(f'no table under "{HEADING}"')
    return {row[0]: dict(zip(cells[0][1:], row[1:], strict=True)) for row in cells[2:]}


def problems(reasons, kernel, lockdown, output):
    seen = {}
    for test, reason in re.findall(r"^skipped (\S+): (.*)$", output, re.M):
        seen.setdefault(reason, test)
    found = []
    for reason, test in seen.items():
        if reasons.get(reason, {}).get(kernel) not in ("yes", lockdown):
            found.append(f"{test} is skipped, and no document says that: {reason}")
    return found


def main():
    if len(sys.argv) != 3:
        sys.exit(f"usage: {sys.argv[0]} none|integrity|confidentiality docs/kernels.md")
    lockdown, document = sys.argv[1], pathlib.Path(sys.argv[2])
    output = sys.stdin.read()
    release = re.search(r"^(\d+\.\d+)\S*, lockdown: ", output, re.M)
    if not release:
        sys.exit("no output of guest-kernel")
    found = problems(table(document.read_text(encoding="utf-8")), release[1], lockdown, output)
    for problem in found:
        print(f"Linux {release[1]}, lockdown {lockdown}: {problem}")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
