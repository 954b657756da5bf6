# SPDX-License-Identifier: Apache-2.0
"""What the lints look at: every file of the source tree, also those not yet known to git."""
import os
import pathlib
import sys

# Made by a build, a package manager or a version control system; never ours.
SKIPPED_FOLDERS = {".git", ".cache", "build", "node_modules", "__pycache__"}


def files(root, suffixes=()):
    """Paths relative to root, sorted; all, or those whose name ends in one of the suffixes."""
    root = pathlib.Path(root)
    found = []
    for folder, subfolders, names in os.walk(root):
        subfolders[:] = [name for name in subfolders if name not in SKIPPED_FOLDERS]
        for name in names:
            if not suffixes or name.endswith(tuple(suffixes)):
                found.append((pathlib.Path(folder) / name).relative_to(root))
    return sorted(found)


def text(root, path):
    """The text of a file, or None if it is not text (a recording, a corpus)."""
    try:
        return (pathlib.Path(root) / path).read_text(encoding="utf-8")
    except UnicodeDecodeError:
        return None


def interpreter(root, path):
    """The program named in the first line of a script ("bash", "python3"), or None."""
    with open(pathlib.Path(root) / path, "rb") as script:
        first = script.readline(120)
    if not first.startswith(b"#!"):
        return None
    words = first[2:].decode(errors="replace").split()
    return words[-1].rsplit("/", 1)[-1] if words else None


def report(problems):
    """Prints the problems; the exit code of a lint."""
    for problem in problems:
        print(problem)
    print(f"{len(problems)} problem(s)")
    return 1 if problems else 0


def root_from_arguments():
    if len(sys.argv) != 2:
        sys.exit(f"usage: {sys.argv[0]} <root of the source tree>")
    return pathlib.Path(sys.argv[1])
