# SPDX-License-Identifier: Apache-2.0
"""Brings scenarios about, many at once: each in a unit of its own, by which its events are told from the others'."""

import os
import shlex
import shutil
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from lab.azure import get_secret_command
from lab.expectation import differences
from lab.faults import injected
from lab.processes import wait_until
from lab.scenario import CLOUDS

# Nearly all that a scenario does is waiting.
WORKERS = 8
CLIENT_DEADLINE_S = 40.0
# A question without an answer is told only when the daemon has given up on it.
EVENTS_DEADLINE_S = 20.0


@dataclass
class Outcome:
    status: int | None  # none: the client could not be run to its end
    output: str


def unit_of(scenario):
    return scenario.process or f"egw-{os.getpid()}-{scenario.name}.service"


def cgroup_of(scenario):
    return "plain" if scenario.process else unit_of(scenario)


def words_of(scenario):
    """The client's command with its short names replaced."""
    words = shlex.split(scenario.client)
    if words[0] == "secret":
        return get_secret_command(words[1], deadline_ms=(*words[2:], None)[0])
    if words[0] == "lab":
        return [sys.executable, "-m", "lab.clients", *words[1:]]
    return words


def command_line(scenario):
    """As a person would type it."""
    environment = [f"{name}={value}" for name, value in scenario.environment.items()]
    return shlex.join([*(["env", *environment] if environment else []), *words_of(scenario)])


def command_of(azure, scenario):
    words = words_of(scenario)
    if scenario.process:
        # the kernel takes the name of a process from the path that is executed: nobody else here has this one
        program = azure.directory / scenario.process
        if not program.is_symlink():
            program.symlink_to(shutil.which(words[0]))
        return [str(program), *words[1:]]
    return words


def bring_about(azure, scenario):
    """Runs the client of one scenario amid its faults."""
    cgroup = cgroup_of(scenario)
    log = f"client-{scenario.name}.log"
    output = azure.directory / log
    output.unlink(missing_ok=True)
    early, late = ((), scenario.fault) if scenario.fault_after else (scenario.fault, ())
    place = azure.place(cgroup)
    with injected(early, place):
        client = azure.start_client(command_of(azure, scenario), cgroup, log=log, host=scenario.host,
                                    resolver=scenario.resolver, environment=scenario.environment)
        if scenario.fault_after:
            wait_until(lambda: scenario.fault_after in output.read_text() or client.poll() is not None,
                       f"{scenario.name} to print {scenario.fault_after!r}")
        with injected(late, place):
            status = client.wait(CLIENT_DEADLINE_S)
    return Outcome(status, output.read_text(errors="replace"))


def bring_all_about(azure, scenarios):
    with ThreadPoolExecutor(WORKERS) as pool:
        return list(pool.map(lambda scenario: bring_about(azure, scenario), scenarios))


def run(azure, events, scenarios):
    """{name: outcome} of scenarios, run at once. Returns when their events are there, or do not seem to come."""
    def one(scenario):
        try:
            outcome = bring_about(azure, scenario)
        except Exception as error:  # its own test tells, and the others go on
            return scenario.name, Outcome(None, repr(error))
        try:
            wait_until(lambda: not differences(scenario, events.of(unit_of(scenario))), "the events",
                       EVENTS_DEADLINE_S, poll_s=0.2)
        except TimeoutError:
            pass  # who compares them says what differs
        return scenario.name, outcome

    with ThreadPoolExecutor(WORKERS) as pool:
        return dict(pool.map(one, scenarios))


def run_by_cloud(azure, events, scenarios, choose_cloud):
    """As run(), after choose_cloud() for each cloud that a scenario wants."""
    # The daemon finds the unit of a process that is gone already among the cgroups that it knows, and looks for new ones
    # once in a while: here they are all known by the first time.
    for scenario in scenarios:
        azure.place(unit_of(scenario))
    outcomes = {}
    for cloud in CLOUDS:
        wanted = [scenario for scenario in scenarios if scenario.cloud == cloud]
        if wanted:
            choose_cloud(cloud)
            outcomes |= run(azure, events, wanted)
    return outcomes
