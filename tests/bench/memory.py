# SPDX-License-Identifier: Apache-2.0
"""Memory with every table full: of `egresswatch replay --metrics`, with the load and without."""

from bench.build import tool
from bench.table import at_most
from lab.processes import run

LIMITS = "limits: {series_per_metric: 20000, hosts_per_service: 2000}\n"
SOCKETS, ADDRESSES, SERIES = 50_000, 100_000, 10_000
TARGET_MB = 64
RECORDING_START = 88  # bytes of egw_recording, which ends before the first record


def _samples(binary, configuration, recording):
    printed = run(str(binary), "replay", "--config", str(configuration), "--metrics", str(recording))
    return {series: float(value) for series, value in
            (line.rsplit(" ", 1) for line in printed.splitlines() if not line.startswith("#"))}


def _resident_mb(samples):
    """What was resident while the metrics were written, with their text."""
    return samples["process_resident_memory_bytes"] / 1e6


def _check(samples):
    """The load is there, or the figure means nothing."""
    entries = [samples[f'egresswatch_table_entries{{table="{table}"}}'] for table in ("sockets", "names")]
    if entries != [SOCKETS, ADDRESSES] or len(samples) < SERIES:
        raise RuntimeError(f"sockets and names: {entries}, series: {len(samples)}")


def measure(workspace, binary):
    full, empty, configuration = (workspace.directory / name for name in ("full.egw", "empty.egw", "limits.yaml"))
    configuration.write_text(LIMITS, encoding="utf-8")
    run(tool("bench_load_recording"), str(full))
    with open(full, "rb") as recording:
        empty.write_bytes(recording.read(RECORDING_START))
    nothing = _samples(binary, configuration, empty)
    load = _samples(binary, configuration, full)
    _check(load)
    full.unlink()
    return [
        at_most(f"memory with {SOCKETS:,} sockets, {ADDRESSES:,} addresses and a scrape of {len(load):,} series",
                _resident_mb(load), TARGET_MB, "MB", 1, f" (replay; {_resident_mb(nothing):.1f} MB with nothing)"),
    ]
