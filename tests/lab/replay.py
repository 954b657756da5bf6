# SPDX-License-Identifier: Apache-2.0
"""Recordings of scenarios, and what the daemon's pipeline makes of them. Needs neither root nor the lab."""

import json
import subprocess
import tempfile
from pathlib import Path

RECORDINGS = Path(__file__).resolve().parents[1] / "recordings" / "scenarios"
DEADLINE_S = 30.0
# As the daemon of the lab has it: short patience, so that scenarios take seconds.
CONFIGURATION = """
cloud: {cloud}
dns: {{query_timeout: 3s}}
diagnose: {{idle_threshold: 2s}}
"""
# What an outcome is, wherever and whenever it happens. Units are not known from a recording: their processes are gone.
STABLE = ("type", "verdict", "service", "host", "name_source", "process", "family", "stage", "cause", "question",
          "question_type", "rcode", "first_address")


def replay(binary, recording, cloud="public"):
    """The events of `egresswatch replay -o json`."""
    with tempfile.NamedTemporaryFile("w", suffix=".yaml") as configuration:
        configuration.write(CONFIGURATION.format(cloud=cloud))
        configuration.flush()
        done = subprocess.run([str(binary), "replay", "-o", "json", "--config", configuration.name, str(recording)],
                              capture_output=True, text=True, timeout=DEADLINE_S, check=False)
    if done.returncode != 0:
        raise RuntimeError(f"{recording}: {done.stderr}")
    return [json.loads(line) for line in done.stdout.splitlines()]


def outcomes(events):
    """Of each event what does not change from one run to another, in the order of the events."""
    return [{key: event[key] for key in STABLE if key in event} for event in events]
