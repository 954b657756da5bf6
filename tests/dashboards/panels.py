# SPDX-License-Identifier: Apache-2.0
"""What Grafana makes of a dashboard before it asks Prometheus: panels, targets, variables."""

import json
import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
RENDERED = ROOT / "dashboards" / "rendered"
DASHBOARDS = ("egresswatch-host", "egresswatch-fleet")


def load(name):
    return json.loads((RENDERED / f"{name}.json").read_text(encoding="utf-8"))


def panels_of(dashboard):
    """Those that show something: rows are only headings."""
    return [panel for panel in dashboard["panels"] if panel["type"] != "row"]


def interpolated(expression, values):
    """With the values of the variables; longer names first, `$__range_s` is not `$__range`."""
    for name in sorted(values, key=len, reverse=True):
        expression = expression.replace(f"${name}", str(values[name]))
    if "$" in expression:
        raise ValueError(f"a variable that nobody set: {expression}")
    return expression


def legend_of(target, labels):
    """What the legend must say of a series."""
    return re.sub(r"{{\s*(\w+)\s*}}", lambda match: labels.get(match[1], ""), target["legendFormat"])
