# SPDX-License-Identifier: Apache-2.0
"""Every row of Microsoft's page "Access Azure Key Vault behind a firewall", and what the catalog adds to it: a real
connection by a real client is counted under the service and the host of the row, in each of the three clouds.

All rows of a cloud that were chosen run at once, each in a unit of its own, before the first test looks at its own.
"""

import collections
import os
import re
import sys
import unittest
from concurrent.futures import ThreadPoolExecutor

from lab.azure import PROXY, Azure
from lab.daemon import find_binary
from lab.events import Events
from lab.firewall_page import load_all
from lab.processes import wait_until
from lab.program import ObservedDaemon
from lab.scenario import CLOUDS
from lab.workspace import lock_machine

WORKERS = 8
EVENTS_DEADLINE_S = 20.0
CONFIGURATION, ROWS = load_all()
COUNTED = re.compile(r'^egresswatch_(connection\w+)\{service="([^"]*)",host="([^"]*)",unit="([^"]*)"[^}]*\} (\d+)$', re.MULTILINE)


def setUpModule():
    if os.geteuid() != 0:
        return
    unittest.enterModuleContext(lock_machine())
    hosts = dict.fromkeys(row.host for row in ROWS if not row.by_address)
    FirewallPage.azure = unittest.enterModuleContext(Azure(tuple(hosts)))
    lines = FirewallPage.azure.directory / "egresswatch.lines"
    lines.touch()
    FirewallPage.events = Events(lines)
    unittest.addModuleCleanup(FirewallPage.events.close)


class FirewallPage(unittest.TestCase):
    """What the classes of the clouds have in common."""

    maxDiff = None
    azure = events = None
    cloud = None
    rows = {}    # by the name of their tests
    chosen = {}  # those that were loaded

    def __init__(self, method="runTest"):
        super().__init__(method)
        if method in self.rows:
            self.chosen[method] = self.rows[method]

    @classmethod
    def setUpClass(cls):
        binary = find_binary()
        if binary is None or not binary.exists():
            raise FileNotFoundError(f"no binary ({binary or 'nothing built'}): build egresswatch, or set EGRESSWATCH")
        directory = cls.azure.directory
        # both are appended to; what the daemon of another cloud said must not be taken for this one's
        (directory / "egresswatch.log").unlink(missing_ok=True)
        configuration = directory / f"{cls.cloud}.yaml"
        configuration.write_text(f"cloud: {cls.cloud}\n{CONFIGURATION}", encoding="utf-8")
        # The daemon finds the unit of a process that is gone already among the cgroups that it knows, and looks for new
        # ones once in a while: here they are all known by the first time.
        for row in cls.chosen.values():
            cls.azure.workspace.cgroup(cls.unit_of(row))
        daemon = ObservedDaemon(cls.azure.workspace, binary, ["-o", "json", "--config", str(configuration)])
        with ThreadPoolExecutor(WORKERS) as pool:
            cls.outcomes = dict(zip(cls.chosen, pool.map(cls.bring_about, cls.chosen.values())))
        cls.counted = collections.defaultdict(dict)
        for metric, service, host, unit, value in COUNTED.findall(daemon.get("/metrics")):
            cls.counted[unit][metric, service, host] = int(value)
        if (status := daemon.stop()) != 0:
            raise AssertionError(f"egresswatch ended with status {status}:\n{daemon.output()}")
        cls.log = daemon.output().splitlines()

    @classmethod
    def unit_of(cls, row):
        return f"egw-{os.getpid()}-{cls.cloud}-{ROWS.index(row)}.service"

    @classmethod
    def bring_about(cls, row):
        """Makes the connection of the row, and waits until the daemon has told its end."""
        unit = cls.unit_of(row)
        curl = ["curl", "-sS4", "--max-time", "10", "--output", os.devnull]
        if row.through_proxy:
            curl += ["--proxy", PROXY]
        if row.by_address:
            curl += ["--insecure"]  # no certificate has an address
        command = [*curl, row.url]
        if row.host == "127.0.0.1":
            command = [sys.executable, "-m", "lab.answer_once", str(row.port), *command]
        status, output = cls.azure.run_client(command, unit)

        def ended():
            return any(event["type"] == "connection" and event["verdict"] != "ok" for event in cls.events.of(unit))

        try:
            wait_until(ended, "the end of the connection", EVENTS_DEADLINE_S)
        except TimeoutError:
            pass  # the comparison says what differs
        return status, output

    def assert_classified(self, name):
        row = self.rows[name]
        unit = self.unit_of(row)
        self.assertEqual((0, ""), self.outcomes[name])

        named = not row.by_address
        lines = [event for event in self.events.of(unit) if event["type"] == "connection"]
        seen = [(event["verdict"], event["service"], event.get("host"), event["name_source"]) for event in lines]
        expected = (row.service, row.host if named else None, row.learned)
        self.assertEqual([("ok", *expected), ("closed", *expected)], seen)

        questions = [event for event in self.events.of(unit) if event["type"] == "dns"]
        asked = [(event["verdict"], event["question"]) for event in questions]
        self.assertEqual([("ok", row.host)] if named and not row.through_proxy else [], asked)

        label = "other" if row.service == "other" else row.host if named else row.service
        self.assertEqual({("connection_attempts_total", row.service, label): 1,
                          ("connections_established_total", row.service, label): 1}, self.counted[unit])

        told = [line.rpartition("warning: ")[2] for line in self.log if unit in line]
        if row.legacy:
            self.assertEqual(len(told), 1, told)
            self.assertRegex(told[0], rf"^{re.escape(row.host)} is a retired name of {row.service}: use \S+ instead; "
                                      rf"first used by {unit}$")
        else:
            self.assertEqual([], told)


def _test_of(name, row):
    def test(self):
        self.assert_classified(name)
    test.__doc__ = f"{row.cloud}: {row.section}{', ' * bool(row.row)}{row.row} ({row.kind}): {row.host}:{row.port}"
    return test


def _class_of(cloud):
    rows = {f"test_{row.name}": row for row in ROWS if row.cloud == cloud}
    tests = {name: _test_of(name, row) for name, row in rows.items()}
    made = type(f"Cloud_{cloud}", (FirewallPage,), {"cloud": cloud, "rows": rows, "chosen": {}, **tests})
    return unittest.skipIf(os.geteuid() != 0, "needs root: it makes network namespaces and loads BPF programs")(made)


for _cloud in CLOUDS:
    globals()[f"Cloud_{_cloud}"] = _class_of(_cloud)

if __name__ == "__main__":
    unittest.main(verbosity=2)
