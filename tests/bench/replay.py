# SPDX-License-Identifier: Apache-2.0
"""The pipeline alone: a recorded storm, repeated until it is long enough, through `egresswatch replay --metrics`."""

import resource
import signal
import subprocess

from bench.build import tool
from bench.table import Row, at_least
from lab.processes import run, wait_until

# Each of these clients asks the name server once and connects so many times.
CLIENTS = 50
CONNECTIONS_EACH = 20
ROUNDS = 5


def _record(workspace, binary, storm):
    recording, log = workspace.directory / "storms.egw", workspace.directory / "record.log"
    with open(log, "wb") as output:
        child = workspace.start([str(binary), "record", str(recording)], unit="egresswatch.service", stderr=output)
    wait_until(lambda: child.poll() is not None or b"recording to" in log.read_bytes(), "the recording to begin")
    for _ in range(CLIENTS):
        storm.run(connections=CONNECTIONS_EACH, in_flight=4)
    child.send_signal(signal.SIGINT)
    if child.wait(10) != 0:
        raise RuntimeError(f"egresswatch record failed: {log.read_text(encoding='utf-8')}")
    return recording


def _replay(binary, recording, **environment):
    """CPU time, since it is one thread and others may want its core as well; and what was printed."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    output = subprocess.run([str(binary), "replay", "--metrics", str(recording)], env=environment, check=True,
                            capture_output=True, text=True).stdout
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, output


def _events(metrics):
    return sum(float(line.rpartition(" ")[2]) for line in metrics.splitlines()
               if line.startswith("egresswatch_events_total{"))


def measure(workspace, binary, storm, records):
    recorded = _record(workspace, binary, storm)
    long, half, empty = (workspace.directory / f"{name}.egw" for name in ("long", "half", "empty"))
    for recording, count in ((long, records), (half, records // 2), (empty, 0)):
        run(tool("bench_grow_recording"), str(recorded), str(recording), str(count))

    # What is left after the start is taken off is the pipeline, with reading the file.
    start_s = min(_replay(binary, empty)[0] for _ in range(ROUNDS))
    times = sorted(_replay(binary, long)[0] - start_s for _ in range(ROUNDS))
    counted = _events(_replay(binary, long)[1])
    if counted < records:
        raise RuntimeError(f"{records} records, but {counted:g} events were counted")

    counts = workspace.directory / "allocations"
    allocations = []
    for recording in (half, long):
        _replay(binary, recording, LD_PRELOAD=tool("libbench_count_allocations.so"), ALLOCATIONS_FILE=str(counts))
        allocations.append(int(counts.read_text(encoding="utf-8")))
    per_event = (allocations[1] - allocations[0]) / (records - records // 2)
    for recording in (recorded, long, half, empty):
        recording.unlink()
    return [
        at_least("pipeline from replay", records / times[0] / 1e6, 4, "million events/s", 2,
                 f" (best of {ROUNDS}; median {records / times[ROUNDS // 2] / 1e6:.2f})"),
        Row("heap allocations per event, steady state", f"{per_event:.4f}", "0", per_event < 1e-4),
    ]
