#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Every C and C++ file is as clang-format leaves it; with --fix, makes it so.

The nearest .clang-format counts: bpf/ and include/egresswatch/abi/ have the kernel's style.
"""
import pathlib
import subprocess
import sys

import tree

# Another major version formats differently: then the check says so and fails nothing.
VERSION = "14."


def main(arguments):
    fix = "--fix" in arguments
    root = pathlib.Path(arguments[-1])
    version = subprocess.run(["clang-format", "--version"], capture_output=True, text=True, check=True).stdout
    if f"version {VERSION}" not in version:
        print(f"skipped: the style is that of clang-format {VERSION}x, this is {version.strip()}")
        return 0 if fix else 77
    files = [str(root / path) for path in tree.files(root, (".h", ".hpp", ".c", ".cpp"))]
    if fix:
        return subprocess.run(["clang-format", "-i", *files], check=False).returncode
    # per replacement one line "file:line:column: ..."; the names are enough
    run = subprocess.run(["clang-format", "--dry-run", *files], capture_output=True, text=True, check=False)
    if run.returncode:
        print(run.stderr)
        return 1
    found = {line.partition(":")[0] for line in run.stderr.splitlines() if "clang-format-violations" in line}
    return tree.report(sorted(f"{name}: not as clang-format leaves it (ninja format)" for name in found))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
