# SPDX-License-Identifier: Apache-2.0
"""The lab for a person, with every fault of scenarios.toml in force that holds from the start.

    python3 -m lab up                   starts it in the background
    python3 -m lab client [COMMAND]...  runs a command, else a shell, on its client host, as client.service
    python3 -m lab list                 what to try, and what the daemon says of it
    python3 -m lab down                 ends it
"""

import os
import signal
import subprocess
import sys

from lab import scenario
from lab.azure import Azure, client_environment
from lab.faults import injected
from lab.processes import wait_until
from lab.runner import command_line
from lab.workspace import RUNS, cgroup_root, owner_lives

CURRENT = RUNS / "up"  # a link to the directory of the run
UNIT = "client.service"
END_DEADLINE_S = 20.0


def current():
    """The name of the run that is up; none if none is."""
    name = CURRENT.readlink().name if CURRENT.is_symlink() else ""
    return name if name and owner_lives(name) else None


def up():
    if current():
        return "the lab is up already"
    owner = subprocess.Popen([sys.executable, "-m", "lab", "hold"], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                             start_new_session=True, text=True)
    if not owner.stdout.readline():
        return "the lab did not start"
    print("The lab is up. `python3 -m lab list` says what to try, with `python3 -m lab client COMMAND`;\n"
          "`egresswatch run` on this host tells what became of it; `python3 -m lab down` ends it.")
    return 0


def hold():
    """What `up` leaves in the background: the owner of the run."""
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: sys.exit(0))
    with Azure() as azure:
        faults = [fault for one in scenario.load_all() if not one.fault_after for fault in one.fault
                  if not fault.startswith("deny_")]
        CURRENT.unlink(missing_ok=True)
        CURRENT.symlink_to(azure.directory)
        try:
            with injected(faults, azure.place(UNIT)):
                print("up", flush=True)
                signal.pause()
        finally:
            CURRENT.unlink(missing_ok=True)
    return 0


def client(*command):
    name = current()
    if not name:
        return "the lab is not up"
    cgroup = cgroup_root() / name / UNIT
    (cgroup / "cgroup.procs").write_text(str(os.getpid()), encoding="utf-8")
    os.chdir(RUNS / name)
    environment = client_environment(RUNS / name)
    words = ["ip", "netns", "exec", f"{name}-client", *(command or (os.environ.get("SHELL", "sh"),))]
    os.execvpe(words[0], words, environment)


def show():
    for one in scenario.load_all():
        if one.fault_after or any(fault.startswith("deny_") for fault in one.fault) or one.host != "client":
            continue
        causes = [entry.fails for entry in (*one.connections, *one.dns) if entry.fails]
        print(f"{one.name}: {', '.join(causes) or 'works'}\n    {command_line(one)}")
    return 0


def down():
    name = current()
    if not name:
        return "the lab is not up"
    os.kill(int(name.split("-")[1]), signal.SIGTERM)
    wait_until(lambda: not owner_lives(name), "the lab to end", END_DEADLINE_S)
    return 0


COMMANDS = {"up": up, "hold": hold, "client": client, "list": show, "down": down}

if __name__ == "__main__":
    if len(sys.argv) < 2 or sys.argv[1] not in COMMANDS:
        sys.exit(__doc__)
    sys.exit(COMMANDS[sys.argv[1]](*sys.argv[2:]))
