#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""CHANGELOG.md follows keepachangelog.com, and knows the version that CMakeLists.txt states."""
import re
import sys

import tree

SECTION = re.compile(r"## \[(Unreleased|\d+\.\d+\.\d+)\]( - \d{4}-\d\d-\d\d)?$")
KINDS = {"Added", "Changed", "Deprecated", "Removed", "Fixed", "Security"}


def problems(changelog, cmake):
    version = re.search(r"project\(egresswatch VERSION (\S+)", cmake)[1]
    found, versions = [], []
    for number, line in enumerate(changelog.splitlines(), 1):
        if line.startswith("## "):
            section = SECTION.match(line)
            if not section:
                found.append(f"CHANGELOG.md:{number}: not [Unreleased] or [x.y.z] with a date")
            elif (section[1] == "Unreleased") == bool(section[2]):
                found.append(f"CHANGELOG.md:{number}: a release has a date, what is unreleased has none")
            else:
                versions.append(section[1])
        elif line.startswith("### ") and line[4:] not in KINDS:
            found.append(f"CHANGELOG.md:{number}: the kinds are {', '.join(sorted(KINDS))}")
    if not versions or versions[0] not in ("Unreleased", version):
        found.append(f"CHANGELOG.md: neither [Unreleased] nor [{version}] comes first")
    return found


if __name__ == "__main__":
    root = tree.root_from_arguments()
    sys.exit(tree.report(problems(tree.text(root, "CHANGELOG.md"), tree.text(root, "CMakeLists.txt"))))
