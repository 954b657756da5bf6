#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Rules for the text of every source file: licence line, length, no notes to self, no stray white space."""
import re
import sys

import tree

MAX_LINES = 400

CODE = (".h", ".hpp", ".c", ".cpp", ".py", ".js", ".mjs", ".cmake", "CMakeLists.txt", ".sh")
DATA_WITH_COMMENTS = (".yaml", ".yml", ".service", ".conf", ".clang-format", ".clang-tidy", ".editorconfig")

# Folders whose files are input of tests, byte for byte.
CORPORA = ("tests/fuzz/corpus", "tests/fuzz/regressions")
# Types copied from the kernel's BTF; their length is the kernel's.
GENERATED = ("bpf/lib/kernel_types.h", "bpf/lib/vmlinux.h")

LICENCE = re.compile(r"SPDX-License-Identifier: (Apache-2\.0|\(?GPL-2\.0-only OR BSD-2-Clause\)?|"
                     r"Apache-2\.0 OR GPL-2\.0-only OR BSD-2-Clause)( \*/)?$")
NOTE_TO_SELF = re.compile(r"\b(" + "|".join(("TO" + "DO", "FIX" + "ME", "X" * 3, "HA" + "CK")) + r")\b")


def is_script(root, path):
    return path.suffix == "" and tree.interpreter(root, path) is not None


def problems_of(path, text, code):
    problems = []
    lines = text.splitlines()
    if not any(LICENCE.search(line) for line in lines[:3]):
        problems.append(f"{path}:1: no licence line that the project uses in the first three lines")
    for number, line in enumerate(lines, 1):
        if NOTE_TO_SELF.search(line):
            problems.append(f"{path}:{number}: a note to self; do it or write an issue")
        if line != line.rstrip():
            problems.append(f"{path}:{number}: white space at the end")
    if text and not text.endswith("\n"):
        problems.append(f"{path}:{len(lines)}: no newline at the end")
    if code and len(lines) > MAX_LINES and path.as_posix() not in GENERATED:
        problems.append(f"{path}: {len(lines)} lines, more than {MAX_LINES}: split it")
    return problems


def problems(root):
    found = []
    for path in tree.files(root):
        if path.as_posix().startswith(CORPORA):
            continue
        code = path.name.endswith(CODE) or is_script(root, path)
        if not code and not path.name.endswith(DATA_WITH_COMMENTS):
            continue
        text = tree.text(root, path)
        if text is None:
            found.append(f"{path}: not UTF-8")
        else:
            found += problems_of(path, text, code)
    return found


if __name__ == "__main__":
    sys.exit(tree.report(problems(tree.root_from_arguments())))
