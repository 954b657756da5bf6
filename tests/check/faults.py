#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""docs/faults.md: each row names tests that exist, each test of tests/lab/test_faults_*.py is named, and there are enough."""
import ast
import pathlib
import re
import sys

import tree

MIN_FAULTS = 30
TEST = re.compile(r"`(test_\w+)\.(\w+)\.(test_\w+)`")


def rows(document):
    """(line, cells) of each row of a table that is no heading."""
    for number, line in enumerate(document.splitlines(), 1):
        cells = [cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]]
        if line.startswith("|") and cells and cells[0] != "fault" and set(cells[0]) != {"-"}:
            yield number, cells


def tests_of(source):
    """Class.test of a file, its own."""
    return {f"{node.name}.{item.name}" for node in ast.parse(source).body if isinstance(node, ast.ClassDef)
            for item in node.body if isinstance(item, ast.FunctionDef) and item.name.startswith("test_")}


def problems(root):
    lab = pathlib.Path(root) / "tests" / "lab"
    known = {f"{path.stem}.{test}" for path in lab.glob("test_*.py") for test in tests_of(path.read_text(encoding="utf-8"))}
    found, faults, named = [], 0, set()
    for number, cells in rows(tree.text(root, "docs/faults.md")):
        tests = [".".join(match) for match in TEST.findall(cells[-1])]
        faults += 1
        named.update(tests)
        if len(cells) != 4 or not cells[0] or not cells[1]:
            found.append(f"docs/faults.md:{number}: not a fault, what happens, what shows it, and a test")
        if not tests:
            found.append(f"docs/faults.md:{number}: names no test")
        found += [f"docs/faults.md:{number}: there is no tests/lab/{test}" for test in tests if test not in known]
    found += [f"docs/faults.md: {test} is missing" for test in sorted(known - named) if test.startswith("test_faults_")]
    if faults < MIN_FAULTS:
        found.append(f"docs/faults.md: {faults} faults, fewer than {MIN_FAULTS}")
    return found


if __name__ == "__main__":
    sys.exit(tree.report(problems(tree.root_from_arguments())))
