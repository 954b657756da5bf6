# SPDX-License-Identifier: Apache-2.0
"""A dashboard drawn by Grafana's own components in a headless Chromium, and what is to be seen of it."""

import json
import shutil
import subprocess
from pathlib import Path

HERE = Path(__file__).parent
DEADLINE_S = 90
needs = ", ".join(name for name in ("chromium", "node") if shutil.which(name) is None)
if not (HERE / "node_modules" / "@grafana").is_dir():
    needs = ", ".join(filter(None, (needs, "the npm packages of tests/dashboards")))


def draw(dashboard, asked, directory):
    """{id of the panel: what look.js saw}, and what the page complained about. Leaves a picture of each row."""
    scene = directory / "scene.json"
    scene.write_text(json.dumps({"dashboard": dashboard, "answers": asked.answers, "times": asked.times,
                                 "from": asked.begin, "to": asked.end}), encoding="utf-8")
    done = subprocess.run(["node", str(HERE / "draw" / "draw.mjs"), str(scene), str(directory)], capture_output=True,
                          text=True, timeout=DEADLINE_S, check=False)
    if done.returncode != 0:
        raise RuntimeError(done.stderr)
    seen = json.loads((directory / "seen.json").read_text(encoding="utf-8"))
    return {int(number): panel for number, panel in seen["panels"].items()}, seen["said"]
