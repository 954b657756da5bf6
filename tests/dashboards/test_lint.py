# SPDX-License-Identifier: Apache-2.0
"""The rendered dashboards are what their source says, and keep the rules of lint.py; the rules find faults."""

import copy
import json
import shutil
import subprocess
import unittest

from dashboards.lint import links_of, problems
from dashboards.panels import DASHBOARDS, RENDERED, ROOT, load, panels_of


class Rendered(unittest.TestCase):
    maxDiff = None

    @unittest.skipIf(shutil.which("jsonnet") is None, "needs jsonnet: run scripts/install-deps")
    def test_is_what_the_source_says(self):
        source = subprocess.run(
            ["jsonnet", "-e", "(import 'mixin.libsonnet').grafanaDashboards"], cwd=ROOT / "dashboards",
            capture_output=True, text=True, check=True)
        dashboards = json.loads(source.stdout)
        self.assertEqual({f"{name}.json" for name in DASHBOARDS}, set(dashboards))
        self.assertEqual(set(dashboards), {file.name for file in RENDERED.glob("*.json")})
        for name in DASHBOARDS:
            self.assertEqual(load(name), dashboards[f"{name}.json"], "run dashboards/render")

    def test_keeps_the_rules(self):
        for name in DASHBOARDS:
            with self.subTest(name):
                self.assertEqual([], list(problems(name, load(name))))

    def test_the_two_lead_to_each_other(self):
        for name, other in (DASHBOARDS, DASHBOARDS[::-1]):
            self.assertTrue(any(url.startswith(f"/d/{other}") for url in links_of(load(name))), name)

    def test_source_fits_the_page(self):
        for file in (ROOT / "dashboards").rglob("*.libsonnet"):
            lines = file.read_text(encoding="utf-8").splitlines()
            self.assertIn("SPDX-License-Identifier: Apache-2.0", lines[0], file)
            long = [number for number, line in enumerate(lines, 1) if len(line) > 120]
            self.assertEqual([], long, f"{file}: longer than 120")


def _target(change):
    def apply(dashboard):
        change(next(panel for panel in panels_of(dashboard) if panel["type"] == "timeseries")["targets"][0])
    return apply


def _panel(kind, change):
    return lambda dashboard: change(next(panel for panel in panels_of(dashboard) if panel["type"] == kind))


# What is done to a dashboard without faults, and what must be said of it.
FAULTS = {
    "the uid is not": lambda d: d.update(uid="other"),
    "has an id of one Grafana": lambda d: d.update(id=7),
    "lacks the variable job": lambda d: d["templating"]["list"].pop(1),
    "variable job does not use": lambda d: d["templating"]["list"][1].update(datasource={"uid": "abc"}),
    "two panels have the id": lambda d: d["panels"][1].update(id=d["panels"][2]["id"]),
    "lies upon": lambda d: d["panels"][1]["gridPos"].update(w=6),
    "wider than the page": lambda d: d["panels"][1]["gridPos"].update(w=25),
    "is of type heatmap": _panel("stat", lambda p: p.update(type="heatmap")),
    "has no description": _panel("stat", lambda p: p.update(description="")),
    "does not use the variable datasource": _panel("stat", lambda p: p.update(datasource={"uid": "abc"})),
    "has no unit": _panel("stat", lambda p: p["fieldConfig"]["defaults"].pop("unit")),
    "does not say what no data means": _panel("stat", lambda p: p["fieldConfig"]["defaults"].pop("noValue")),
    "column Failures has no unit": _panel("table", lambda p: p["fieldConfig"].update(overrides=[])),
    "sorted by a column": _panel("table", lambda p: p["options"]["sortBy"][0].update(displayName="Nothing")),
    "is not a time of range queries": _target(lambda t: t.update(expr=t["expr"].replace("$__rate_interval", "5m"))),
    "is not in docs/metrics.md": _target(lambda t: t.update(expr=t["expr"].replace("_failures_", "_failure_"))),
    "does not select by": _target(lambda t: t.update(expr=t["expr"].replace("$instance", "app-1"))),
    "asks for no metric": _target(lambda t: t.update(expr="vector(1)")),
    "is either a range or": _target(lambda t: t.update(instant=True)),
    "no dashboard has this uid": lambda d: d["links"][0].update(url="/d/gone"),
    "leads to no page": lambda d: d["links"][1].update(url="https://example.com/docs/gone.md"),
}


class Lint(unittest.TestCase):
    def test_finds_faults(self):
        for expected, harm in FAULTS.items():
            with self.subTest(expected):
                dashboard = copy.deepcopy(load("egresswatch-host"))
                harm(dashboard)
                self.assertIn(expected, "\n".join(problems("egresswatch-host", dashboard)))


if __name__ == "__main__":
    unittest.main(verbosity=2)
