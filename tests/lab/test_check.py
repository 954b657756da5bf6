# SPDX-License-Identifier: Apache-2.0
"""`egresswatch check`, from the client host of the lab: every fault that it can meet, told by stage and cause.

It is a client like others and does not look into the kernel, so where that knows more, the cause here is the weaker one:
whoever drops a SYN, nobody replied.
"""

import json
import os
import unittest

from lab.azure import PROXY, Azure
from lab.daemon import find_binary
from lab.faults import injected
from lab.workspace import lock_machine

FINE, FINDINGS = 0, 1
DEADLINE_S = 120.0
# A dead next hop is known only after three questions for it, in 3 s.
TIMEOUT = "4s"
UNIT = "check.service"


def vault(name):
    return f"{name}.vault.azure.net"


WORKING = (vault("fabrikam"), vault("contoso-prod"), vault("longchain"), "login.microsoftonline.com", "management.azure.com",
           "graph.microsoft.com", "crl3.digicert.com", "oneocsp.microsoft.com", "169.254.169.254")
# host: the fault, and what is said of it
FAILING = {
    vault("nosuch"): ("", "dns/nxdomain"),
    vault("broken"): ("", "dns/servfail"),
    vault("refusing"): ("", "dns/refused"),
    vault("silent"): ("", "dns/no_answer"),
    vault("empty"): ("", "dns/empty"),
    vault("sinkholed"): ("", "dns/sinkhole"),
    vault("unlinked"): ("", "dns/private_record_missing"),
    vault("noroute"): ("no_route", "route/no_route"),
    vault("prohibitedroute"): ("prohibit_route", "route/prohibited"),
    vault("blackholeroute"): ("blackhole_route", "route/prohibited"),
    vault("refused"): ("refuse", "connect/refused"),
    vault("dropped"): ("drop", "connect/no_reply"),
    vault("unlinkedroute"): ("drop", "connect/no_reply"),
    vault("prohibited"): ("icmp_prohibited", "connect/icmp_prohibited"),
    vault("prohibited6"): ("icmp_prohibited", "connect/icmp_prohibited"),
    vault("unreachable"): ("icmp_unreachable", "connect/icmp_unreachable"),
    vault("localdrop"): ("drop_output", "connect/no_reply"),
    vault("localreject"): ("reject_output", "connect/refused"),
    vault("localreply"): ("drop_input", "connect/no_reply"),
    vault("deadhop"): ("dead_hop", "connect/neighbour"),
    vault("resethello"): ("middlebox", "tls/reset_after_hello"),
    vault("closedhello"): ("middlebox", "tls/closed_after_hello"),
    vault("silenthello"): ("middlebox", "tls/no_server_response"),
    vault("losthello"): ("lost_hello", "tls/hello_not_acked"),
    vault("lostflight"): ("lost_flight", "tls/no_server_response"),
    vault("alerting"): ("", "tls/closed_after_hello"),
    vault("inspected"): ("inspect", "tls/client_rejected"),
    "cacerts.digicert.com": ("middlebox", "http/denied_by_firewall"),
    "ocsp.digicert.com": ("", "http/http_error"),
    "crl2.microsoft.com": ("middlebox", "http/http_error"),
    "cacerts.geotrust.com": ("middlebox", "data/timeout"),
}
# Through the proxy; the client asks no DNS for these.
BEHIND_PROXY = {
    vault("proxied"): "",
    vault("forbidden"): "proxy/proxy_denied",
    vault("badgateway"): "proxy/proxy_error",
    vault("unproxied"): "proxy/proxy_error",
}
PLAIN_HTTP = (".digicert.com", ".geotrust.com", "crl2.microsoft.com")


def verdict_of(endpoint):
    return "" if endpoint["ok"] else f"{endpoint['stage']}/{endpoint['cause']}"


@unittest.skipIf(os.geteuid() != 0, "needs root: it makes network namespaces")
class Check(unittest.TestCase):
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        cls.binary = find_binary()
        if cls.binary is None or not cls.binary.exists():
            raise FileNotFoundError(f"no binary ({cls.binary or 'nothing built'}): build egresswatch, or set EGRESSWATCH")
        cls.enterClassContext(lock_machine())
        cls.azure = cls.enterClassContext(Azure())

    def check(self, *hosts, faults=(), **options):
        """Exit status, and what was said of each host."""
        command = [str(self.binary), "check", "--timeout", TIMEOUT, "-o", "json", *hosts]
        with injected(faults, self.azure.place(UNIT)):
            status, output = self.azure.run_client(command, UNIT, DEADLINE_S, **options)
        return status, {endpoint["host"]: endpoint for endpoint in map(json.loads, output.splitlines())}

    def test_what_works(self):
        status, found = self.check(*WORKING)
        self.assertEqual({host: verdict_of(endpoint) for host, endpoint in found.items()}, dict.fromkeys(WORKING, ""))
        self.assertEqual(status, FINE)
        self.assertTrue(found[vault("contoso-prod")]["dns"]["private_endpoint"])
        self.assertEqual(found[vault("fabrikam")]["network_info"], "addr=10.20.0.2;act_addr_fam=InterNetwork;")
        self.assertEqual(found["169.254.169.254"]["http_status"], 200)

    def test_every_fault_is_told_by_its_stage(self):
        faults = [f"{verb} {host}{':80' if host.endswith(PLAIN_HTTP) else ''}" for host, (verb, _) in FAILING.items() if verb]
        status, found = self.check(*FAILING, faults=faults)
        self.assertEqual({host: verdict_of(endpoint) for host, endpoint in found.items()},
                         {host: verdict for host, (_, verdict) in FAILING.items()})
        self.assertEqual(status, FINDINGS)
        self.assertEqual(found["cacerts.digicert.com"]["http_status"], 470)
        self.assertEqual(found[vault("inspected")]["tls"]["issuer"].rpartition("=")[2].strip(), "Inspecting gateway CA")
        codes = [(entry["icmp_type"], entry["icmp_code"]) for name in ("prohibited", "prohibited6", "unreachable")
                 for entry in found[vault(name)]["addresses"]]
        self.assertEqual(codes, [(3, 13), (1, 1), (3, 1)])

    def test_one_family_that_fails_is_a_note(self):
        status, found = self.check(vault("halfway"), vault("fallback"),
                                   faults=[f"drop {vault('halfway')}/6", f"refuse {vault('fallback')}/6"])
        self.assertEqual(status, FINE)
        self.assertIn("2001:db8:4b56::45 does not work (connect/no_reply)", found[vault("halfway")]["note"])
        self.assertIn("2001:db8:4b56::46 does not work (connect/refused)", found[vault("fallback")]["note"])

    def test_denied_by_another_program(self):
        status, found = self.check(vault("northwind"), faults=[f"deny_connect {vault('northwind')}"])
        self.assertEqual((status, verdict_of(found[vault("northwind")])), (FINDINGS, "route/denied_locally"))

    def test_the_same_vault_from_inside_and_from_outside(self):
        outside = self.check(vault("litware"))[1][vault("litware")]
        self.assertIn("does not see the private DNS zone", outside["note"])
        inside = self.check(vault("litware"), resolver="192.0.2.54")[1][vault("litware")]
        self.assertTrue(inside["ok"] and inside["dns"]["private_endpoint"], inside)

    def test_what_a_proxy_says(self):
        status, found = self.check(*BEHIND_PROXY, environment={"https_proxy": PROXY})
        self.assertEqual({host: verdict_of(endpoint) for host, endpoint in found.items()}, BEHIND_PROXY)
        self.assertEqual(status, FINDINGS)
        self.assertEqual([found[vault(name)].get("proxy_status") for name in ("forbidden", "badgateway", "unproxied")],
                         [403, 502, 503])
        _, found = self.check(vault("proxied"), environment={"https_proxy": "http://10.20.0.1:3130"})
        self.assertEqual(verdict_of(found[vault("proxied")]), "proxy/proxy_auth_required")


if __name__ == "__main__":
    unittest.main(verbosity=2)
