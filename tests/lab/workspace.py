# SPDX-License-Identifier: Apache-2.0
"""Everything of one run that outlives a process: names, directory, cgroups, namespaces; and its removal.

The name of a run holds pid and start time of its owner, so anybody can tell a live run from a dead one, and two runs
never share a name. Every long-lived process of a run is in a cgroup below the run's own: that is how they are ended,
never by name. A reaper process removes the run when its owner dies, even by SIGKILL; what a killed reaper leaves is
removed when the next run starts.
"""

import errno
import glob
import itertools
import os
import re
import shutil
import socket
import subprocess
import sys
import time
from pathlib import Path

from lab.processes import run, wait_until

PREFIX = "egwlab-"
RUNS = Path("/run/egresswatch-lab")
NETNS = Path("/run/netns")
NETNS_ETC = Path("/etc/netns")

_sequence = itertools.count()


def cgroup_root():
    """Where cgroup v2 is mounted: /sys/fs/cgroup, or /sys/fs/cgroup/unified beside version 1."""
    with open("/proc/self/mountinfo", encoding="utf-8") as mounts:
        for line in mounts:
            fields, _, rest = line.partition(" - ")
            if rest.startswith("cgroup2 "):
                return Path(fields.split()[4])
    raise RuntimeError("cgroup v2 is not mounted: mount it, or boot with systemd.unified_cgroup_hierarchy=1")


def start_time(pid):
    """Clock ticks from boot to the start of `pid` (proc_pid_stat(5), field 22); none when there is no such process."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return None
    return int(stat.rpartition(")")[2].split()[19])


def owner_lives(name):
    pid, started, _ = name.removeprefix(PREFIX).split("-")
    return start_time(pid) == int(started)


def _run_name(path):
    """The run that a directory, cgroup or namespace belongs to; none for a stranger's."""
    match = re.match(rf"{PREFIX}\d+-\d+-\d+", path.name)
    return match.group() if match else None


def lock_machine(say=lambda text: None):
    """A lock to hold in a `with` block. The daemon sees every namespace, so two runs at once would count each other's
    DNS answers. An abstract socket (unix(7)) is one for all root directories and is given back by the kernel."""
    lock = socket.socket(socket.AF_UNIX)
    waited = False
    while True:
        try:
            lock.bind("\0egresswatch-lab")
            return lock
        except OSError as error:
            if error.errno != errno.EADDRINUSE:
                raise
            if not waited:
                say("waiting for another run of the lab to end")
            waited = True
            time.sleep(0.2)


class Workspace:
    """The directory, the cgroups and the reaper of one run. close() removes all of it."""

    def __init__(self):
        for leftover in _all_runs():
            if not owner_lives(leftover):
                destroy(leftover)
        self.name = f"{PREFIX}{os.getpid()}-{start_time(os.getpid())}-{next(_sequence)}"
        self.directory = RUNS / self.name
        self.directory.mkdir(parents=True)
        self._children = []
        # Only this process holds the other end of the pipe: end of file means that it is gone.
        self._reaper = subprocess.Popen(
            [sys.executable, "-m", "lab.reaper", self.name],
            stdin=subprocess.PIPE,
            start_new_session=True,
            cwd=Path(__file__).parent.parent,
        )

    def cgroup(self, unit):
        """A cgroup below the run's own. A name such as x.service is what a systemd unit looks like to the kernel."""
        path = cgroup_root() / self.name / unit
        path.mkdir(parents=True, exist_ok=True)
        return path

    def start(self, command, unit="lab", prefix=(), log=None, **options):
        """Starts `command` inside the cgroup of `unit`. Output goes to the file `log` of the run, if named."""
        entered = ["sh", "-c", 'echo $$ > "$0" && exec "$@"', str(self.cgroup(unit) / "cgroup.procs"), *prefix]
        options.setdefault("cwd", self.directory)
        options.setdefault("stdin", subprocess.DEVNULL)
        if log is None:
            child = subprocess.Popen([*entered, *command], **options)
        else:
            with open(self.directory / log, "ab") as output:
                child = subprocess.Popen([*entered, *command], stdout=output, stderr=subprocess.STDOUT, **options)
        self._children.append(child)
        return child

    def close(self):
        destroy(self.name)
        for process in self._children:
            process.wait()
        self._reaper.stdin.close()
        self._reaper.wait()


def namespaces_of(name):
    return [Path(path).name for path in glob.glob(f"{NETNS}/{name}-*")]


def destroy(name):
    """Removes the run `name`. May be called twice, or for a run that was only half made."""
    _end_cgroup(cgroup_root() / name)
    for namespace in namespaces_of(name):
        run("ip", "netns", "delete", namespace, check=False)
    for etc in glob.glob(f"{NETNS_ETC}/{name}-*"):
        shutil.rmtree(etc, ignore_errors=True)
    shutil.rmtree(RUNS / name, ignore_errors=True)


def _all_runs():
    paths = [path for place in (RUNS, cgroup_root(), NETNS, NETNS_ETC) for path in place.glob(f"{PREFIX}*")]
    return {_run_name(path) for path in paths} - {None}


def _end_cgroup(path):
    """Kills what is in a cgroup, then removes it and those below."""
    if not path.is_dir():
        return
    below = [path, *(entry for entry in path.rglob("*") if entry.is_dir())]

    def empty():
        pids = [pid for cgroup in below for pid in (cgroup / "cgroup.procs").read_text().split()]
        for pid in pids:
            try:
                os.kill(int(pid), 9)
            except ProcessLookupError:
                pass
        return not pids

    wait_until(empty, f"the processes of {path} to end")
    for cgroup in reversed(below):
        _remove_cgroup(cgroup)


def _remove_cgroup(path, deadline_s=5.0):
    # A killed process leaves its cgroup a moment after it leaves cgroup.procs.
    end = time.monotonic() + deadline_s
    while True:
        try:
            path.rmdir()
            return
        except FileNotFoundError:
            return
        except OSError:
            if time.monotonic() > end:
                raise
            time.sleep(0.01)
