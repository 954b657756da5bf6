# SPDX-License-Identifier: Apache-2.0
"""The lab without the daemon: what the wire carries, what the real SDK gets, and that nothing stays behind."""

import json
import os
import signal
import subprocess
import sys
import unittest
from pathlib import Path

from lab import services
from lab.azure import Azure, get_secret_command
from lab.faults import injected
from lab.namespaces import RESOLVER, RESOLVER_INSIDE
from lab.processes import wait_until
from lab.workspace import NETNS, NETNS_ETC, RUNS, cgroup_root, lock_machine
from lab.zone import IMDS, addresses_of, azure_addresses

TESTS = Path(__file__).parent.parent


def traces_of(run_name):
    """Whatever the run `run_name` has on this machine."""
    places = (RUNS, NETNS, NETNS_ETC, cgroup_root())
    return [str(path) for place in places for path in place.glob(f"{run_name}*")]


@unittest.skipIf(os.geteuid() != 0, "needs root: it makes network namespaces")
class Lab(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.enterClassContext(lock_machine())
        cls.azure = cls.enterClassContext(Azure())

    def ask(self, name, kind="A", resolver=RESOLVER):
        command = [sys.executable, "-m", "lab.dns_query", resolver, name, kind]
        status, output = self.azure.run_client(command, unit="resolve")
        self.assertEqual(status, 0, output)
        return json.loads(output)

    def curl(self, *arguments):
        return self.azure.run_client(["curl", "-sS", *arguments], unit="curl.service")

    def test_vault_chain_of_2026_is_complete_on_the_wire(self):
        answer = self.ask("fabrikam.vault.azure.net")
        self.assertEqual(answer["rcode"], "NOERROR")
        self.assertEqual([record[2] for record in answer["answers"][:4]], [
            "data-prod-sea.vaultcore.azure.net",
            "data-prod-sea-region.vaultcore.azure.net",
            "sin.prd.r.kv.aadg.msidentity.com",
            "sin.tm.prd.r.kv.aadg.akadns.net",
        ])
        addresses = {record[2] for record in answer["answers"][4:]}
        self.assertEqual(addresses, {"203.0.113.10", "203.0.113.11", "203.0.113.12"})

    def test_private_endpoint_ends_the_chain(self):
        self.assertEqual(self.ask("contoso-prod.vault.azure.net")["answers"], [
            ["contoso-prod.vault.azure.net", "CNAME", "contoso-prod.privatelink.vaultcore.azure.net"],
            ["contoso-prod.privatelink.vaultcore.azure.net", "A", "10.1.2.3"],
        ])

    def test_the_same_vault_from_inside_and_from_outside(self):
        inside, outside = (self.ask("litware.vault.azure.net", resolver=resolver)["answers"]
                           for resolver in (RESOLVER_INSIDE, RESOLVER))
        self.assertEqual(inside[-1][2], "10.1.2.4")
        self.assertEqual(outside[-1][2], "203.0.113.20")
        self.assertEqual(inside[0], outside[0])

    def test_missing_private_record_is_nxdomain_with_a_cname(self):
        chain = ["unlinked.vault.azure.net", "CNAME", "unlinked.privatelink.vaultcore.azure.net"]
        self.assertEqual(self.ask("unlinked.vault.azure.net"), {"rcode": "NXDOMAIN", "answers": [chain]})

    def test_other_answers(self):
        self.assertEqual(self.ask("nosuch.vault.azure.net"), {"rcode": "NXDOMAIN", "answers": []})
        self.assertEqual(self.ask("broken.vault.azure.net"), {"rcode": "SERVFAIL", "answers": []})
        self.assertEqual(self.ask("sinkholed.vault.azure.net")["answers"][0][2], "0.0.0.0")
        self.assertEqual(self.ask("refusing.vault.azure.net"), {"rcode": "REFUSED", "answers": []})
        self.assertEqual(self.ask("empty.vault.azure.net"), {"rcode": "NOERROR", "answers": []})
        self.assertEqual(self.ask("northwind.vault.azure.net", "AAAA")["rcode"], "NOERROR")
        self.assertEqual(self.ask("login.microsoftonline.com", "AAAA")["answers"][3][1], "AAAA")

    def test_the_zone_gives_the_azure_namespace_its_addresses(self):
        self.assertEqual(addresses_of("northwind.vault.azure.net"), ["203.0.113.20"])
        for address in (IMDS, "10.1.2.3", "2001:db8:aad::4", RESOLVER):
            self.assertIn(address, azure_addresses())

    def test_sdk_client_fetches_a_secret_over_two_connections(self):
        before = len(self.azure.requests_served())
        command = get_secret_command("fabrikam")
        status, output = self.azure.run_client(command, unit="sdk.service")
        self.assertEqual(status, 0, output)
        self.assertEqual(json.loads(output)["value"], "the secret of fabrikam")
        served = self.azure.requests_served()[before:]
        vault, entra = "fabrikam.vault.azure.net", "login.microsoftonline.com"
        self.assertEqual([(host, status) for host, status, *_ in served],
                         [(vault, "401"), (entra, "200"), (vault, "200")])
        self.assertEqual(served[0][2], served[2][2], "the vault's connection was not used again")

    def test_tokens_are_not_given_away(self):
        guess = "grant_type=client_credentials&client_secret=guess"
        self.assertIn("invalid_client", self.curl("-d", guess, f"{services.AUTHORITY}/oauth2/v2.0/token")[1])
        imds = f"http://{IMDS}/metadata/identity/oauth2/token"
        self.assertIn("metadata header missing", self.curl(imds)[1])
        self.assertIn("access_token", self.curl("-H", "Metadata: true", imds)[1])

    def test_faults_come_and_go(self):
        url = "https://northwind.vault.azure.net/healthstatus"
        place = self.azure.place("curl.service")
        for verb, status in (("refuse", 7), ("drop", 28), ("no_route", 7), ("deny_connect", 7), ("drop_output", 28)):
            with self.subTest(verb), injected([f"{verb} northwind.vault.azure.net"], place):
                self.assertEqual(self.curl("-4", "--connect-timeout", "0.5", url)[0], status)
            self.assertEqual(self.curl("-4", url)[0], 0)

    def test_a_fault_lasts_until_the_last_who_wants_it(self):
        url = "https://northwind.vault.azure.net/healthstatus"
        fault, place = ["refuse northwind.vault.azure.net"], self.azure.place("curl.service")
        with injected(fault, place):
            with injected(fault, place):
                pass
            self.assertEqual(self.curl("-4", url)[0], 7)
        self.assertEqual(self.curl("-4", url)[0], 0)


@unittest.skipIf(os.geteuid() != 0, "needs root: it makes network namespaces")
class Removal(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.enterClassContext(lock_machine())

    def start_owner(self):
        """A lab in a process of its own, up and with a client running."""
        script = (
            "from lab.azure import Azure\n"
            "azure = Azure()\n"
            "azure.start_client(['sleep', '600'], 'sleep.service')\n"
            "print(azure.workspace.name, flush=True)\n"
            "import time; time.sleep(600)\n"
        )
        owner = subprocess.Popen([sys.executable, "-c", script], cwd=TESTS, stdout=subprocess.PIPE, text=True)
        self.addCleanup(owner.stdout.close)
        return owner, owner.stdout.readline().strip()

    def end_and_wait(self, owner, name):
        self.assertEqual(len(traces_of(name)), 8)  # directory, cgroup, four namespaces, two /etc
        owner.send_signal(signal.SIGKILL)
        owner.wait()

    def test_killed_owner_leaves_nothing(self):
        owner, name = self.start_owner()
        self.end_and_wait(owner, name)
        wait_until(lambda: not traces_of(name), f"the reaper to remove {name}")

    def test_next_run_removes_what_a_killed_reaper_left(self):
        owner, name = self.start_owner()
        for reaper in self.children_of(owner.pid):
            os.kill(reaper, signal.SIGKILL)
        self.end_and_wait(owner, name)
        self.assertTrue(traces_of(name))
        with Azure() as azure:
            self.assertFalse(traces_of(name))
            self.assertTrue(traces_of(azure.workspace.name))

    def test_two_runs_at_once(self):
        owner, name = self.start_owner()
        with Azure() as azure:
            self.assertNotEqual(azure.workspace.name, name)
            command = ["curl", "-sS", "https://fabrikam.vault.azure.net/healthstatus"]
            self.assertEqual(azure.run_client(command, "curl.service")[0], 0)
        self.end_and_wait(owner, name)
        wait_until(lambda: not traces_of(name), f"the reaper to remove {name}")

    @staticmethod
    def children_of(pid):
        """The reapers among the children: the only ones outside the run's cgroup."""
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="utf-8").split()
        return [int(child) for child in children if b"lab.reaper" in Path(f"/proc/{child}/cmdline").read_bytes()]


if __name__ == "__main__":
    unittest.main(verbosity=2)
