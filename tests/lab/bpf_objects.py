# SPDX-License-Identifier: Apache-2.0
"""BPF programs, maps and links that nobody holds any more: what a daemon would leave behind."""

import json
from pathlib import Path

from lab.processes import run

# The line of /proc/<pid>/fdinfo/<fd> that names an object, by the name that bpftool gives its kind.
KINDS = {"prog": "prog_id:", "map": "map_id:", "link": "link_id:"}


def objects_of(pid):
    """{(kind, id)} of what the process `pid` has open; empty when it is gone."""
    found = set()
    for fdinfo in Path(f"/proc/{pid}/fdinfo").glob("*"):
        try:
            lines = fdinfo.read_text(encoding="utf-8").splitlines()
        except OSError:
            continue
        for kind, key in KINDS.items():
            found |= {(kind, int(line.split()[1])) for line in lines if line.startswith(key)}
    return found


def orphans():
    """{(kind, id)} of what exists and no process has open."""
    # First what exists, then who holds it: what appears or goes in between is no orphan for long.
    existing = {
        (kind, entry["id"]) for kind in KINDS for entry in json.loads(run("bpftool", "--json", kind, "show") or "[]")
    }
    if not existing:
        return existing
    pids = (path.name for path in Path("/proc").iterdir() if path.name.isdigit())
    return existing.difference(*(objects_of(pid) for pid in pids))
