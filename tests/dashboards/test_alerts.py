# SPDX-License-Identifier: Apache-2.0
"""Alerts and recording rules: rendered as their source says, accepted and tested by Prometheus' own tool, each with a page."""

import re
import shutil
import subprocess
import tempfile
import unittest
from pathlib import Path

import yaml

from dashboards.panels import RENDERED, ROOT

ALERTS = ROOT / "dashboards" / "rendered" / "alerts.yaml"
RULES = ROOT / "dashboards" / "rendered" / "rules.yaml"
PAGES = ROOT / "docs" / "alerts"
SEVERITIES = {"critical", "warning", "info"}
LINK = re.compile(r"\]\(([^)\s]+)\)")


def run(*command, **options):
    return subprocess.run(command, capture_output=True, text=True, timeout=120, check=False, **options)


def alerts():
    groups = yaml.safe_load(ALERTS.read_text(encoding="utf-8"))["groups"]
    return [rule for group in groups for rule in group["rules"]]


def anchors_of(page):
    """As GitHub makes them of headings."""
    headings = re.findall(r"(?m)^#+ (.*)$", page.read_text(encoding="utf-8"))
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


class Alerts(unittest.TestCase):
    @unittest.skipIf(shutil.which("jsonnet") is None, "needs jsonnet: run scripts/install-deps")
    def test_rendered_is_what_the_source_says(self):
        with tempfile.TemporaryDirectory() as directory:
            done = run(str(ROOT / "dashboards" / "render"), directory)
            self.assertEqual(done.returncode, 0, done.stderr)
            for file in (ALERTS, RULES):
                self.assertEqual(file.read_text(encoding="utf-8"), (Path(directory) / file.name).read_text(encoding="utf-8"),
                                 "run dashboards/render")

    def test_promtool_accepts_them(self):
        done = run("promtool", "check", "rules", "--lint=all", "--lint-fatal", str(ALERTS), str(RULES))
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    def test_they_fire_when_they_should_and_not_otherwise(self):
        tests = sorted((ROOT / "dashboards" / "tests").glob("*.yaml"))
        done = run("promtool", "test", "rules", *map(str, tests))
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        texts = "".join(file.read_text(encoding="utf-8") for file in tests)
        self.assertEqual([], [rule["alert"] for rule in alerts() if rule["alert"] not in texts], "without a test")

    def test_each_says_how_bad_it_is_and_what_to_read(self):
        for rule in alerts():
            with self.subTest(rule["alert"]):
                self.assertIn(rule["labels"]["severity"], SEVERITIES)
                self.assertEqual(set(rule["annotations"]), {"summary", "description", "runbook_url"})
                self.assertTrue(rule["annotations"]["runbook_url"].endswith(f"/docs/alerts/{rule['alert']}.md"))

    def test_each_has_a_page_and_each_page_an_alert(self):
        self.assertEqual({rule["alert"] for rule in alerts()}, {page.stem for page in PAGES.glob("*.md")})

    def test_links_of_the_pages_lead_somewhere(self):
        for page in PAGES.glob("*.md"):
            for link in LINK.findall(page.read_text(encoding="utf-8")):
                path, _, anchor = link.partition("#")
                target = (page.parent / path).resolve() if path else page
                self.assertTrue(target.exists(), f"{page.name}: {link}")
                if anchor:
                    self.assertIn(anchor, anchors_of(target), f"{page.name}: {link}")

    def test_samples_are_accepted_by_what_reads_them(self):
        samples = ROOT / "dashboards"
        done = run("amtool", "check-config", str(samples / "alertmanager.yaml"))
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        with tempfile.TemporaryDirectory() as directory:
            shutil.copytree(samples / "prometheus", directory, dirs_exist_ok=True)
            shutil.copytree(RENDERED, Path(directory) / "rules")
            for sample in (samples / "prometheus").glob("*.yaml"):
                agent = ["--agent"] if sample.stem == "agent" else []
                done = run("promtool", "check", "config", *agent, str(Path(directory) / sample.name))
                self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
