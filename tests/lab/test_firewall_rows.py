# SPDX-License-Identifier: Apache-2.0
"""The rows of firewall_page.toml by themselves: all of the page, all of the catalog, nothing misspelt. Needs no root."""

import re
import unittest
from fnmatch import fnmatchcase
from pathlib import Path

from lab.firewall_page import Invalid, load, load_all
from lab.scenario import CLOUDS

CATALOG = Path(__file__).resolve().parents[2] / "daemon" / "classify" / "catalog.yaml"
TABLE = 'section = "Ports"\nkind = "page"\nservice = "entra"\n'


def endpoints_of_catalog():
    """(cloud, service, host pattern or address, legacy, note) of every endpoint that a client asks for by its name."""
    service = cloud = ""
    text = re.sub(r",\n +", ", ", CATALOG.read_text(encoding="utf-8"))  # one line an endpoint
    for line in text.splitlines():
        if found := re.match(r" +(?:- )?(service|cloud): (\w+)$", line):
            service, cloud = (found[2], cloud) if found[1] == "service" else (service, found[2])
        elif found := re.match(r' +- \{(?:host|address): "?([^",}]+)"?', line):
            note = re.search(r' note: "?([^"}]*)', line)
            if "cname_target: true" not in line:
                for each in CLOUDS if cloud == "all" else (cloud,):
                    yield each, service, found[1], "legacy: true" in line, note[1] if note else ""


class FirewallRows(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        _, cls.rows = load_all()

    def test_the_page_is_complete(self):
        on_page = {(row.section, row.row, row.cloud, row.host) for row in self.rows if row.kind == "page"}
        authentication, management = "Authentication", "Key Vault management"
        login = {"public": "login.microsoftonline.com", "china": "login.chinacloudapi.cn", "usgov": "login.microsoftonline.us"}
        arm = {"public": "management.azure.com", "china": "management.chinacloudapi.cn",
               "usgov": "management.usgovcloudapi.net"}
        graph = {"public": "graph.microsoft.com", "china": "graph.chinacloudapi.cn", "usgov": "graph.microsoft.com"}
        vault = {"public": ".vault.azure.net", "china": ".vault.azure.cn", "usgov": ".vault.usgovcloudapi.net"}
        for cloud in CLOUDS:
            for section, row, host in (
                    (authentication, "user with a Microsoft account", login[cloud]),
                    (authentication, "user with a Microsoft account", "login.live.com"),
                    (authentication, "user or service principal with a work or school account", login[cloud]),
                    (authentication, "work or school account with AD FS or another federated endpoint", login[cloud]),
                    (authentication, "work or school account with AD FS or another federated endpoint", "adfs.contoso.com"),
                    (management, "control plane operations via Azure Resource Manager", arm[cloud]),
                    (management, "Microsoft Graph API", graph[cloud])):
                with self.subTest(cloud=cloud, row=row, host=host):
                    self.assertIn((section, row, cloud, host), on_page)
            vaults = [host for _, row, of_cloud, host in on_page if of_cloud == cloud and host.endswith(vault[cloud])
                      and row == "operations on keys, secrets and their attributes"]
            self.assertTrue(vaults, cloud)

    def test_every_endpoint_of_the_catalog_has_a_row(self):
        endpoints = list(endpoints_of_catalog())
        self.assertGreater(len(endpoints), 120)
        for cloud, service, pattern, legacy, note in endpoints:
            with self.subTest(cloud=cloud, endpoint=pattern):
                rows = [row for row in self.rows if (row.cloud, row.service) == (cloud, service)
                        and fnmatchcase(row.host, pattern)]
                self.assertTrue(rows, "no row has it")
                if not pattern.startswith("*"):
                    self.assertEqual({legacy}, {row.legacy for row in rows})
                mark = re.match("alias|regional|correction", note)
                if mark and not any(row.kind == "page" for row in rows):
                    self.assertIn(mark[0], {row.kind for row in rows})

    def test_what_is_misspelt_is_refused(self):
        def problem(table):
            with self.assertRaises(Invalid) as caught:
                load(f'configuration = ""\n[[rows]]\n{table}')
            return str(caught.exception)

        self.assertEqual(problem(TABLE), "table 1: no hosts")
        self.assertEqual(problem(TABLE + 'publik = ["a.example"]'), "table 1: publik is unknown or of the wrong type")
        self.assertEqual(problem(TABLE + 'public = "a.example"'), "table 1: public is unknown or of the wrong type")
        self.assertEqual(problem('section = "Ports"\npublic = ["a.example"]'), "table 1: no ['kind', 'service']")
        self.assertEqual(problem(TABLE + 'learned = "gossip"\npublic = ["a.example"]'),
                         "table 1: no such kind, learned or scheme")
        self.assertIn("twice", problem(TABLE + 'public = ["a.example", "a.example"]'))


if __name__ == "__main__":
    unittest.main(verbosity=2)
