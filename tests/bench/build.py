# SPDX-License-Identifier: Apache-2.0
"""Builds what is measured, as it is shipped, and the tools that measure it."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
TOOLS = ROOT / "build" / "bench" / "tests" / "bench"
DAEMON = ROOT / "build" / "release" / "daemon" / "egresswatch"


def _run(*command):
    # The result is all that goes to standard output.
    subprocess.run(command, cwd=ROOT, check=True, stdout=sys.stderr)


def build_tools(target="tests/bench/all"):
    """In a tree of their own, since the release preset has no tests."""
    tree = str(TOOLS.parents[1])
    _run("cmake", "--preset", "release", "-B", tree, "-DEGRESSWATCH_TESTS=ON")
    _run("cmake", "--build", tree, "--target", target)


def build():
    _run("cmake", "--preset", "release")
    _run("cmake", "--build", "--preset", "release")
    build_tools()


def tool(name):
    return str(TOOLS / name)
