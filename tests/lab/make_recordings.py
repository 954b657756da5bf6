# SPDX-License-Identifier: Apache-2.0
"""Makes tests/recordings/scenarios: a recording of each scenario, and what the pipeline makes of it.

    cd tests && sudo EGRESSWATCH=<binary> python3 -m lab.make_recordings

The scenarios run at once beside one `egresswatch record`, whose file is then taken apart by their cgroups. A recording
whose replay is not what scenarios.toml expects is not written.
"""

import json
import shutil
import signal
import sys
import tempfile
from pathlib import Path

from lab import runner
from lab.azure import Azure
from lab.daemon import STOP_DEADLINE_S, find_binary
from lab.expectation import differences
from lab.processes import tail, wait_until
from lab.recording import Recording
from lab.replay import RECORDINGS, outcomes, replay
from lab.scenario import load_all
from lab.workspace import lock_machine

START_DEADLINE_S = 30.0


def record(azure, binary, scenarios):
    """The recording of all scenarios, and {name: id of the cgroup}."""
    file, log = azure.directory / "all.egwrec", azure.directory / "recorder.log"
    recorder = azure.workspace.start([str(binary), "record", str(file)], unit="recorder", log=log.name)
    wait_until(lambda: "recording to" in tail(log), "the recorder to start", START_DEADLINE_S)
    runner.bring_all_about(azure, scenarios)
    recorder.send_signal(signal.SIGINT)
    if recorder.wait(STOP_DEADLINE_S) != 0:
        raise RuntimeError(tail(log))
    cgroups = {one.name: azure.workspace.cgroup(runner.cgroup_of(one)).stat().st_ino for one in scenarios}
    return Recording(file.read_bytes()), cgroups


def write(directory, binary, scenario, data):
    """What is wrong with it; empty if it was written."""
    file = directory / f"{scenario.name}.egwrec"
    file.write_bytes(data)
    events = replay(binary, file, scenario.cloud)
    wrong = differences(scenario, events)
    lines = ",\n".join(json.dumps(outcome) for outcome in outcomes(events))
    file.with_suffix(".expected.json").write_text(f"[\n{lines}\n]\n", encoding="utf-8")
    return wrong


def main():
    binary, scenarios = find_binary(), load_all()
    with lock_machine(print), Azure() as azure:
        everything, cgroups = record(azure, binary, scenarios)
    failed = 0
    with tempfile.TemporaryDirectory() as made:
        for scenario in scenarios:
            wrong = write(Path(made), binary, scenario, everything.part_of(cgroups[scenario.name]))
            failed += bool(wrong)
            for line in wrong:
                print(f"{scenario.name}: {line}")
        if failed:
            return f"{failed} of {len(scenarios)} replays are not as scenarios.toml expects: nothing was written"
        shutil.rmtree(RECORDINGS, ignore_errors=True)
        RECORDINGS.mkdir()
        for file in Path(made).iterdir():
            shutil.copy(file, RECORDINGS)
    print(f"{len(scenarios)} recordings, {sum(file.stat().st_size for file in RECORDINGS.iterdir())} bytes")
    return 0


if __name__ == "__main__":
    sys.exit(main())
