# SPDX-License-Identifier: Apache-2.0
"""Service Tags and the Microsoft 365 feed, replaced by rename while the daemon runs: what is good is taken without a
signal, what is broken is refused as a whole and said."""

import json
import os
import sys
import unittest
from pathlib import Path

from lab.lone_client import ADDRESS
from lab.processes import wait_until
from lab.program import DEADLINE_S, FINE, USAGE, ObservedDaemon, Program
from lab.workspace import Workspace, lock_machine

TESTS = Path(__file__).parent.parent
REFUSED = "error: configuration not reloaded, the old one stays: "
SUCCESSFUL = "egresswatch_config_last_reload_successful"
SUCCEEDED_AT = "egresswatch_config_last_reload_success_timestamp_seconds"
HOST = "sign-in.lab.example"


def tags(change, cloud="Public", prefixes=(f"{ADDRESS}/32", "2001:db8:4b::/48")):
    properties = {"changeNumber": 1, "region": "", "regionId": 0, "platform": "Azure", "systemService": "AzureKeyVault",
                  "addressPrefixes": list(prefixes), "networkFeatures": ["API", "NSG"]}
    tag = {"name": "AzureKeyVault", "id": "AzureKeyVault", "properties": properties}
    return json.dumps({"changeNumber": change, "cloud": cloud, "values": [tag]}, indent=2)


def feed(*hosts):
    return json.dumps([{"id": 56, "serviceArea": "Common", "urls": ["login.microsoftonline.com", *hosts],
                        "ips": ["198.51.100.0/24"], "tcpPorts": "80,443", "required": True}])


class Files(Program):
    """What is configured, written as docs/service-tags.md asks for."""

    def setUp(self):
        super().setUp()
        self.tags = self.write("tags.json", tags(1))
        self.feed = self.write("feed.json", feed())
        self.config = self.write("egresswatch.yaml",
                                 f"service_tags:\n  file: {self.tags}\n  microsoft365: {self.feed}\n")

    def replace(self, path, text):
        os.rename(self.write("new", text), path)


class Checked(Files):
    """What needs neither root nor a kernel."""

    def test_check_covers_the_files(self):
        done = self.run_to_end("config", "check", self.config)
        self.assertEqual((done.returncode, done.stdout, done.stderr), (FINE, f"{self.config} is valid\n", ""))

    def test_broken_files_are_broken_configuration(self):
        for text, words in (
            (tags(2)[:150], ("the file ends here", "cut short")),
            (tags(2, cloud="China"), (":3:", "the file of the cloud china", "the configuration says public")),
            (tags(2, prefixes=["203.0.113.5/33"]), ('tag "AzureKeyVault"', "out of range", '"203.0.113.5/33"')),
            (tags(2, prefixes=["192.0.2.0/24", "192.0.2.0/30"]), ("192.0.2.0/30 is also in 192.0.2.0/24",)),
            (tags(2, prefixes=["198.51.100.8/30"]), ("198.51.100.0/24 of Microsoft365.56", "another service")),
        ):
            self.replace(self.tags, text)
            for command in (("config", "check"), ("run", "--config")):
                with self.subTest(command=command, words=words):
                    self.assert_fails(self.run_to_end(*command, self.config), USAGE, *words)


@unittest.skipIf(os.geteuid() != 0, "needs root: it loads BPF programs")
class Replaced(Files):
    def setUp(self):
        super().setUp()
        self.enterContext(lock_machine())
        self.workspace = Workspace()
        self.addCleanup(self.workspace.close)
        self.unit = f"service-tags-{os.getpid()}.service"
        self.daemon = ObservedDaemon(self.workspace, self.binary, ["--config", self.config])
        self.addCleanup(self.daemon.stop)
        self.assert_said(f"info: {self.tags}: service tags of change 1, 2 prefixes in 1 tags")
        self.assert_said(f"info: {self.feed}: Microsoft 365 endpoints, 1 hosts of Entra, 1 prefixes in 1 tags")

    def assert_said(self, words):
        wait_until(lambda: words in self.daemon.output(), f"{words!r} in the log", DEADLINE_S)

    def connect(self, service, host):
        """One connection to HOST is counted there."""
        series = f'egresswatch_connection_attempts_total{{service="{service}",host="{host}",unit="{self.unit}"}}'
        before = self.daemon.value(series) or 0
        command = ["unshare", "--net", sys.executable, "-m", "lab.lone_client", HOST]
        client = self.workspace.start(command, unit=self.unit, cwd=TESTS, log="client.log")
        self.assertEqual(client.wait(DEADLINE_S), 0)
        wait_until(lambda: self.daemon.value(series) == before + 1, f"a connection of {service} to {host}", DEADLINE_S)

    def test_a_new_file_is_taken_and_a_broken_one_refused(self):
        first = self.daemon.value(SUCCEEDED_AT)
        self.replace(self.tags, tags(2))
        self.assert_said(f"info: {self.tags}: service tags of change 2, 2 prefixes in 1 tags")
        wait_until(lambda: self.daemon.value(SUCCEEDED_AT) > first, "the metric of the reload", DEADLINE_S)
        self.assertEqual(self.daemon.value(SUCCESSFUL), 1)

        second = self.daemon.value(SUCCEEDED_AT)
        self.replace(self.tags, tags(3)[:-9])
        self.assert_said(f"{REFUSED}{self.tags}:")
        self.assertEqual(self.daemon.value(SUCCESSFUL), 0)
        self.assertEqual(self.daemon.value(SUCCEEDED_AT), second)
        self.assertNotIn("change 3", self.daemon.output())

        self.replace(self.tags, tags(4))
        self.assert_said("service tags of change 4")
        wait_until(lambda: self.daemon.value(SUCCEEDED_AT) > second, "the metric of the reload", DEADLINE_S)
        self.assertEqual(self.daemon.value(SUCCESSFUL), 1)

    def test_the_old_hosts_stay_until_a_whole_file_comes(self):
        self.connect("other", "other")
        self.replace(self.feed, feed(HOST))
        self.assert_said("2 hosts of Entra")
        self.connect("entra", HOST)
        # wrong in the other file: this one is not taken either
        self.replace(self.tags, "{}")
        self.assert_said(f"{REFUSED}{self.tags}:")
        self.replace(self.feed, feed())
        wait_until(lambda: self.daemon.output().count(REFUSED) == 2, "the second refusal", DEADLINE_S)
        self.connect("entra", HOST)
        self.replace(self.tags, tags(2))
        self.assert_said("service tags of change 2")
        self.connect("other", "other")


if __name__ == "__main__":
    unittest.main(verbosity=2)
