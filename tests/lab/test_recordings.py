# SPDX-License-Identifier: Apache-2.0
"""Every recording of a scenario, replayed: its outcomes are those that were written down beside it, and those that
scenarios.toml expects. Needs no root."""

import json
import unittest

from lab.daemon import find_binary
from lab.expectation import differences
from lab.replay import RECORDINGS, outcomes, replay
from lab.scenario import load_all

MAX_BYTES = 1_000_000


class Recordings(unittest.TestCase):
    maxDiff = None

    def test_each_scenario_has_its_recording(self):
        names = sorted(scenario.name for scenario in load_all())
        self.assertEqual(sorted(file.name.removesuffix(".egwrec") for file in RECORDINGS.glob("*.egwrec")), names)
        self.assertEqual(sorted(file.name.removesuffix(".expected.json") for file in RECORDINGS.glob("*.json")), names)

    def test_they_stay_small(self):
        self.assertLess(sum(file.stat().st_size for file in RECORDINGS.iterdir()), MAX_BYTES)

    def test_replays(self):
        binary = find_binary()
        if binary is None or not binary.exists():
            raise FileNotFoundError(f"no binary ({binary or 'nothing built'}): build egresswatch, or set EGRESSWATCH")
        for scenario in load_all():
            with self.subTest(scenario.name):
                file = RECORDINGS / f"{scenario.name}.egwrec"
                events = replay(binary, file, scenario.cloud)
                expected = file.with_suffix(".expected.json").read_text(encoding="utf-8")
                self.assertEqual(outcomes(events), json.loads(expected))
                self.assertEqual(differences(scenario, events), [])


if __name__ == "__main__":
    unittest.main(verbosity=2)
