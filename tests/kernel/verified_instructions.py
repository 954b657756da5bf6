#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Holds what verified_instructions printed (standard input) against the table in docs/kernels.md.

usage: verified_instructions.py [--update] [--lockdown none|integrity|confidentiality] docs/kernels.md

Exit code 1: a program needs over a fifth more instructions than the table says, is refused or missing where the table says
nothing of it, or is not in the table. --update writes this kernel's column instead, a new one if there is none. A kernel
without a column is held against the newest.
"""
import argparse
import pathlib
import re
import sys

HEADING = "## Verified instructions"
GROWTH = 1.2
UNDER_CONFIDENTIALITY = "not under confidentiality"


class Table:
    """cells[program][kernel] is an int, or a str that says why there is none."""

    def __init__(self, text):
        before, found, after = text.partition(f"\n{HEADING}\n")
        if not found:
            raise ValueError(f'no "{HEADING}"')
        lines = after.split("\n")
        begin = next(i for i, line in enumerate(lines) if line.startswith("|"))
        end = next(i for i in range(begin, len(lines)) if not lines[i].startswith("|"))
        self.before = before + found + "\n".join(lines[:begin])
        self.after = "\n".join(lines[end:])
        header, _, *rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[begin:end]]
        self.kernels = header[1:]
        self.cells, self.locked = {}, set()
        for row in rows:
            name, mark, _ = row[0].partition(f" ({UNDER_CONFIDENTIALITY})")
            if mark:
                self.locked.add(name)
            self.cells[name] = dict(zip(self.kernels, map(parse, row[1:]), strict=True))

    def text(self):
        def line(cells):
            return "| " + " | ".join(cells) + " |"

        rows = [line(["program", *self.kernels]), "|" + "---|" * (1 + len(self.kernels))]
        for name, cells in self.cells.items():
            mark = f" ({UNDER_CONFIDENTIALITY})" if name in self.locked else ""
            rows.append(line([name + mark, *(show(cells.get(kernel, "not measured")) for kernel in self.kernels)]))
        return self.before + "\n" + "\n".join(rows) + "\n" + self.after


def parse(cell):
    return int(cell.replace(",", "")) if re.fullmatch(r"[\d,]+", cell) else cell


def show(value):
    return f"{value:,}" if isinstance(value, int) else value


def order(kernel):
    return tuple(map(int, kernel.split(".")))


def read_output(lines):
    """The kernel as "5.10", and {program: instructions, or why there are none}."""
    release = re.match(r"(\d+\.\d+)", lines[0] if lines else "")
    if not release:
        raise ValueError("no output of verified_instructions")
    programs = {}
    for line in lines[1:]:
        name, *rest = line.split("\t")
        if len(rest) == 1 and rest[0].isdigit():
            programs[name] = int(rest[0])
        elif len(rest) == 2 and rest[0] in ("missing", "refused"):
            reason = rest[1].removeprefix("this kernel has ")
            programs[name] = reason if rest[0] == "missing" else f"refused: {reason}"
        else:
            raise ValueError(f"not understood: {line!r}")
    return release[1], programs


def problems(table, kernel, lockdown, programs):
    found = []
    for name in sorted(table.cells.keys() | programs.keys()):
        expected, got = table.cells.get(name, {}).get(kernel), programs.get(name)
        if got is None:
            found.append(f"{name}: in the table, but no program of ours")
        elif expected is None:
            found.append(f"{name}: not in the table")
        elif lockdown == "confidentiality" and name in table.locked:
            if isinstance(got, int):
                found.append(f"{name}: the table says {UNDER_CONFIDENTIALITY}, but it loads")
        elif isinstance(expected, int) and isinstance(got, int):
            if got > expected * GROWTH:
                found.append(f"{name}: {got} instructions, {got / expected - 1:+.0%} over the {expected} of the table")
        elif expected != got:
            found.append(f"{name}: {show(got)}, the table says {show(expected)}")
    return found


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--update", action="store_true")
    arguments.add_argument("--lockdown", default="none", choices=["none", "integrity", "confidentiality"])
    arguments.add_argument("document", type=pathlib.Path)
    options = arguments.parse_args()
    table = Table(options.document.read_text(encoding="utf-8"))
    kernel, programs = read_output(sys.stdin.read().splitlines())

    if options.update:
        if options.lockdown == "confidentiality":
            arguments.error("the table is of kernels without lockdown")
        table.kernels = sorted({*table.kernels, kernel}, key=order)
        table.cells = {name: {**table.cells.get(name, {}), kernel: value} for name, value in programs.items()}
        options.document.write_text(table.text(), encoding="utf-8")
        print(f"wrote the column {kernel} of {options.document}")
        return 0

    column = kernel if kernel in table.kernels else max(table.kernels, key=order)
    if column != kernel:
        print(f"{kernel} has no column: held against {column}")
    found = problems(table, column, options.lockdown, programs)
    for problem in found:
        print(f"Linux {kernel}, lockdown {options.lockdown}: {problem}")
    if found:
        print(f"If it cannot be helped, renew the column of this kernel: {sys.argv[0]} --update {options.document}, "
              "with the output of verified_instructions under that kernel as standard input")
        return 1
    counted = [value for value in programs.values() if isinstance(value, int)]
    print(f"Linux {kernel}, lockdown {options.lockdown}: {len(counted)} programs, {sum(counted)} verified instructions")
    return 0


if __name__ == "__main__":
    sys.exit(main())
