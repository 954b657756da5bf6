#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Every script parses: bash -n and shellcheck, Python's compiler, node --check; JSON loads."""
import json
import pathlib
import shutil
import subprocess
import sys

import tree


def output_of_failure(command):
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return None if done.returncode == 0 else (done.stdout + done.stderr).strip()


def shell_problems(root, path):
    failure = output_of_failure(["bash", "-n", str(root / path)])
    if not failure and shutil.which("shellcheck"):
        failure = output_of_failure(["shellcheck", "-S", "warning", "-e", "SC2187", "-x", "-P", "SCRIPTDIR", "-f", "gcc", str(root / path)])
    return [f"{path}: {failure}"] if failure else []


def python_problems(root, path):
    try:
        compile((root / path).read_bytes(), str(path), "exec")
    except SyntaxError as error:
        return [f"{path}:{error.lineno}: {error.msg}"]
    return []


def node_problems(root, path):
    failure = shutil.which("node") and output_of_failure(["node", "--check", str(root / path)])
    return [f"{path}: {failure}"] if failure else []


def json_problems(root, path):
    try:
        json.loads((root / path).read_text(encoding="utf-8"))
    except (UnicodeDecodeError, ValueError) as error:
        return [f"{path}: {error}"]
    return []


def problems(root):
    root = pathlib.Path(root)
    found = []
    for path in tree.files(root):
        if "corpus" in path.parts:
            continue
        program = tree.interpreter(root, path)
        if path.suffix in (".sh", ".bash") or program in ("bash", "sh"):
            found += shell_problems(root, path)
        elif path.suffix == ".py" or program == "python3":
            found += python_problems(root, path)
        elif path.suffix in (".js", ".mjs") or program == "node":
            found += node_problems(root, path)
        elif path.suffix == ".json":
            found += json_problems(root, path)
    return found


if __name__ == "__main__":
    sys.exit(tree.report(problems(tree.root_from_arguments())))
