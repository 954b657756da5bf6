# SPDX-License-Identifier: Apache-2.0
"""The dashboards before a real Prometheus that scraped real daemons amid real faults: every expression has an answer,
and every panel is drawn and shows it.

EGRESSWATCH names the binary; DASHBOARD_PICTURES a directory for the pictures of the documentation.
"""

import os
import shutil
import unittest
from pathlib import Path

from dashboards import expected
from dashboards.answers import Asked
from dashboards.browser import draw, needs
from dashboards.panels import DASHBOARDS, RENDERED, load, panels_of
from dashboards.scene import BAD_ROUNDS, Scene
from lab.azure import SDK_CLIENT, Azure
from lab.daemon import find_binary
from lab.workspace import lock_machine

HOST, FLEET = DASHBOARDS
EVERY = {"job": ".*", "service": ".*", "quiet": "3s"}
CHOSEN = {HOST: EVERY | {"instance": "app-1"}, FLEET: EVERY | {"instance": ".*"}}


@unittest.skipIf(os.geteuid() != 0, "needs root: it makes network namespaces and loads BPF programs")
@unittest.skipIf(needs, f"needs {needs}: run scripts/install-deps")
@unittest.skipIf(not (SDK_CLIENT / "node_modules").is_dir(), "needs the Azure SDK: run scripts/install-deps")
class Drawing(unittest.TestCase):
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        cls.enterClassContext(lock_machine())
        azure = cls.enterClassContext(Azure())
        scene = Scene(azure, find_binary(), [RENDERED / "alerts.yaml"])
        cls.dashboards = {name: load(name) for name in DASHBOARDS}
        cls.asked = {name: Asked(scene.prometheus, cls.dashboards[name], CHOSEN[name], scene.begin, scene.end)
                     for name in DASHBOARDS}
        # the host whose monitor lacks something, and the one that is gone
        cls.starved, cls.dead = (
            Asked(scene.prometheus, cls.dashboards[HOST], EVERY | {"instance": name}, scene.begin, scene.end)
            for name in ("app-2", "app-3"))
        cls.drawn, cls.said = {}, {}
        for name in DASHBOARDS:
            directory = azure.directory / name
            directory.mkdir()
            cls.drawn[name], cls.said[name] = draw(cls.dashboards[name], cls.asked[name], directory)
            cls.keep_pictures(name, directory)

    @staticmethod
    def keep_pictures(name, directory):
        wanted = os.environ.get("DASHBOARD_PICTURES")
        for picture in directory.glob("*.png") if wanted else ():
            shutil.copy(picture, Path(wanted) / f"{name}-{picture.name}")

    def each(self, kind):
        """Panels of a type, with their answers and what was seen of them."""
        for name in DASHBOARDS:
            for panel in panels_of(self.dashboards[name]):
                if panel["type"] == kind:
                    yield panel, self.asked[name].answers[panel["id"]], self.drawn[name][panel["id"]]

    def test_every_expression_has_an_answer(self):
        for name in DASHBOARDS:
            asked = [self.asked[name], *([self.starved] if name == HOST else [])]
            for panel in panels_of(self.dashboards[name]):
                for number, target in enumerate(panel["targets"]):
                    with self.subTest(dashboard=name, panel=panel["title"], target=target["refId"]):
                        self.assertTrue(any(one.answers[panel["id"]][number] for one in asked), target["expr"])

    def test_nothing_went_wrong(self):
        for name in DASHBOARDS:
            self.assertEqual([], self.said[name])
            for panel in panels_of(self.dashboards[name]):
                seen = self.drawn[name][panel["id"]]
                with self.subTest(dashboard=name, panel=panel["title"]):
                    self.assertEqual("", seen["error"])
                    self.assertEqual(panel["title"], seen["title"])
                    self.assertIsNone(seen["no_data"])

    def test_series_are_named_and_drawn(self):
        for panel, answers, seen in self.each("timeseries"):
            with self.subTest(panel["title"]):
                self.assertEqual(expected.legend(panel, answers), sorted(seen["legend"]))
                self.assertTrue(expected.is_drawn(answers))
                self.assertGreater(max(seen["pixels"]), 0, "nothing in the plot has the colour of a series")

    def test_stats_say_what_prometheus_said(self):
        for panel, answers, seen in self.each("stat"):
            wanted = expected.tiles(panel, answers)
            shown = seen["text"].split("\n")[1:]
            with self.subTest(panel["title"]):
                if wanted is None:
                    self.assertRegex("".join(shown), r"\d")
                else:
                    self.assertEqual(wanted, shown)

    def test_rows_are_those_of_prometheus(self):
        """Only the rows that fit are in the page: each must be one of the answer."""
        for panel, answers, seen in self.each("table"):
            with self.subTest(panel["title"]):
                self.assertEqual(expected.columns(panel, answers), seen["columns"])
                self.assertNotEqual([], seen["rows"])
                wanted, numbers = expected.rows(panel, answers), expected.numbers(panel, answers)
                width = len(next(iter(wanted)))
                for row in seen["rows"]:
                    # columns with labels stand before those with values
                    labels = tuple(row[:width])
                    self.assertIn(labels, wanted)
                    if labels in numbers:
                        self.assertEqual(numbers[labels], row[width])

    def test_a_host_that_is_gone_is_not_fine(self):
        of = {panel["title"]: panel["id"] for panel in panels_of(self.dashboards[HOST])}
        self.assertEqual([series["value"][1] for series in self.dead.answers[of["Monitor"]][0]], ["0"])
        functions = self.dead.answers[of["Can Key Vault be reached: by function of the firewall page"]]
        self.assertEqual([result for result in functions if result], [])
        # what it saw before is still there to be read
        self.assertNotEqual(self.dead.answers[of["What fails, for whom, where, why"]], [[]])

    def test_the_first_failure_counts(self):
        """A series that begins at 1 has no step that increase() would see."""
        of = {panel["title"]: panel["id"] for panel in panels_of(self.dashboards[HOST])}
        rows = self.asked[HOST].answers[of["What fails, for whom, where, why"]][0]
        self.assertEqual([row["value"][1] for row in rows if row["metric"]["cause"] == "reset_after_hello"],
                         [f"{BAD_ROUNDS}"])

    def test_the_story_is_told(self):
        """What was brought about is on the first row of each dashboard."""
        host = {panel["title"]: self.drawn[HOST][panel["id"]] for panel in panels_of(self.dashboards[HOST])}
        functions = host["Can Key Vault be reached: by function of the firewall page"]["text"].split("\n")[1:]
        self.assertEqual(dict(zip(functions[::2], functions[1::2], strict=True)), {
            "Authentication": "Some failed", "Key Vault management": "OK", "Microsoft Graph": "No traffic",
            "Key Vault operations": "Failing", "Certificate revocation": "Failing", "Platform": "Some failed",
            "payments": "OK"})
        fleet = {panel["title"]: self.drawn[FLEET][panel["id"]] for panel in panels_of(self.dashboards[FLEET])}
        self.assertEqual([fleet[title]["text"].split("\n")[1] for title in ("Hosts watched", "Failing", "Silent")],
                         ["2", "1", "1"])
        self.assertEqual([row[0] for row in fleet["Silent hosts"]["rows"]], ["app-3"])


if __name__ == "__main__":
    unittest.main(verbosity=2)
