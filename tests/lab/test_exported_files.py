# SPDX-License-Identifier: Apache-2.0
"""The exported files that tests/unit/cli compares the program with: squid takes its own, and the ARM templates are what
Microsoft.Network wants. Needs no root."""

import copy
import json
import re
import subprocess
import tempfile
import unittest
from pathlib import Path

from lab.exported import Template, Wrong

GOLDEN = Path(__file__).resolve().parents[1] / "unit" / "cli" / "golden"
SQUID = "/usr/sbin/squid"


def golden(name):
    return (GOLDEN / name).read_text(encoding="utf-8")


def parse_with_squid(text):
    """Exit status, and what squid says of its warnings and errors."""
    with tempfile.TemporaryDirectory() as directory:
        own = Path(directory) / "allowlist.conf"
        own.write_text(text, encoding="utf-8")
        whole = Path(directory) / "squid.conf"
        whole.write_text(f"http_port 127.0.0.1:3128\npid_filename none\ncache_log /dev/null\ninclude {own}\n", encoding="utf-8")
        done = subprocess.run([SQUID, "-k", "parse", "-f", str(whole)], capture_output=True, text=True, timeout=30, check=False)
    return done.returncode, [line for line in done.stderr.splitlines() if re.search("WARNING|ERROR|FATAL|BUG", line)]


@unittest.skipUnless(Path(SQUID).exists(), "needs squid: apt install squid-openssl")
class Squid(unittest.TestCase):
    def test_takes_the_file(self):
        self.assertEqual((0, []), parse_with_squid(golden("squid.golden")))

    def test_takes_what_is_to_be_uncommented(self):
        text = golden("squid.golden")
        lines = re.findall(r"^# ((?:acl|ssl_bump|http_access) .*)$", text, re.MULTILINE)
        self.assertIn("http_access deny all", lines)
        self.assertIn("ssl_bump terminate all", lines)
        self.assertEqual((0, []), parse_with_squid(re.sub(r"^# ((?:acl|ssl_bump|http_access) )", r"\1", text, flags=re.MULTILINE)))

    def test_would_have_told(self):
        status, told = parse_with_squid(golden("squid.golden") + "http_access allow egresswatch_nowhere_443\n")
        self.assertNotEqual((0, []), (status, told))


class Arm(unittest.TestCase):
    FILES = ("azure-firewall.json", "nsg.json", "nsg-tags.json")

    def test_is_as_specified(self):
        for file in self.FILES:
            with self.subTest(file):
                Template(json.loads(golden(file)))

    def test_the_check_finds_what_is_wrong(self):
        def firewall(change):
            document = json.loads(golden("azure-firewall.json"))
            change(document["resources"][0]["properties"]["ruleCollections"][1]["rules"][0])
            return document

        def nsg(change):
            document = json.loads(golden("nsg.json"))
            change(document["resources"][0]["properties"])
            return document

        for document in (
                firewall(lambda rule: rule.update(targetFqdns=["*.vault.azure.net"])),
                firewall(lambda rule: rule.update(targetFqdns=["a b"])),
                firewall(lambda rule: rule.update(protocols=[{"protocolType": "Https", "port": "443"}])),
                firewall(lambda rule: rule.update(description="[concat('a')]")),
                firewall(lambda rule: rule.update(name="egresswatch/entra")),
                firewall(lambda rule: rule.update(sourceAddresses="[parameters('nobody')]")),
                firewall(lambda rule: rule.update(targetFqdn=["a.example"])),
                nsg(lambda rule: rule.update(priority=99)),
                nsg(lambda rule: rule.update(priority=110)),
                nsg(lambda rule: rule.update(destinationAddressPrefix="AzureVaults")),
                nsg(lambda rule: rule.update(destinationAddressPrefixes=["192.0.2.1"])),
                nsg(lambda rule: rule.update(description="a" * 141)),
                nsg(lambda rule: rule.update(protocol="TCP"))):
            with self.assertRaises((Wrong, KeyError)):
                Template(copy.deepcopy(document))


if __name__ == "__main__":
    unittest.main(verbosity=2)
