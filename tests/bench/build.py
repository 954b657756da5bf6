# SPDX-License-Identifier: Apache-2.0
"""Builds what is measured, as it is shipped, and the tools that measure it."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
TOOLS = ROOT / "build" / "bench" / "tests" / "bench"
DAEMON = ROOT / "build" / "release" / "daemon" / "egresswatch"


def build():
    """Release preset for the daemon; the tools in a tree of their own, since that preset has no tests."""
    for command in (
        ("cmake", "--preset", "release"),
        ("cmake", "--build", "--preset", "release"),
        ("cmake", "--preset", "release", "-B", str(TOOLS.parents[1]), "-DEGRESSWATCH_TESTS=ON"),
        ("cmake", "--build", str(TOOLS.parents[1]), "--target", "tests/bench/all"),
    ):
        # The table is all that goes to standard output.
        subprocess.run(command, cwd=ROOT, check=True, stdout=sys.stderr)


def tool(name):
    return str(TOOLS / name)
