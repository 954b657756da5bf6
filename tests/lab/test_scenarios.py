# SPDX-License-Identifier: Apache-2.0
"""The reader of scenarios.toml refuses what it does not know, and the comparison finds what differs. Needs no root."""

import unittest

from lab.expectation import counts, differences
from lab.faults import parse
from lab.scenario import CAUSES, RCODE_OF_CAUSE, Invalid, load, load_all

GOOD = """
[refused]
fault = ["refuse refused.vault.azure.net"]
client = "curl -sS4 https://refused.vault.azure.net/"
exit = 7
connections = [{to = "key_vault/refused.vault.azure.net", fails = "connect/refused", evidence = {rst_received = true}}]
dns = ["key_vault/refused.vault.azure.net"]
"""
QUESTION = {"type": "dns", "verdict": "ok", "service": "key_vault", "question": "refused.vault.azure.net",
            "question_type": "A", "rcode": "NOERROR"}
END = {"type": "connection", "verdict": "failed", "service": "key_vault", "host": "refused.vault.azure.net",
       "family": "ipv4", "stage": "connect", "cause": "refused", "evidence": {"rst_received": True, "unacked_bytes": 1}}


class Loader(unittest.TestCase):
    def test_all_scenarios_are_valid_and_named_once(self):
        names = [scenario.name for scenario in load_all()]
        self.assertGreater(len(names), 70)
        self.assertEqual(len(names), len(set(names)))

    def test_every_cause_has_a_scenario(self):
        """What the contract lists, and nobody forgot."""
        found = {entry.fails for scenario in load_all() for entry in (*scenario.connections, *scenario.dns)}
        wanted = {f"{stage}/{cause}" for stage, causes in CAUSES.items() for cause in causes} | set(RCODE_OF_CAUSE)
        self.assertEqual(wanted - found, set())

    def test_what_is_refused(self):
        for old, new, words in (
            ("exit = 7", "exitt = 7", "unknown key ['exitt']"),
            ("exit = 7", 'exit = "7"', "exit should be of type int"),
            ("connect/refused", "connect/refuse", "'connect/refuse' is no stage/cause"),
            ("connect/refused", "tls/refused", "'tls/refused' is no stage/cause"),
            ("rst_received", "reset", "unknown evidence ['reset']"),
            ("key_vault/", "", "'refused.vault.azure.net' is not <service>/<host>"),
            ('["refuse ', '["rifiuta ', "'rifiuta refused.vault.azure.net' is no fault"),
            ("refuse refused.", "refuse nowhere.", "no address for nowhere.vault.azure.net"),
            ('client = "curl -sS4 https://refused.vault.azure.net/"', "", "client"),
            ("exit = 7", 'cloud = "moon"', "no cloud 'moon'"),
            ("exit = 7", 'host = "router"', "no client host 'router'"),
            ('fails = "connect/refused"', 'verdict = "failed"', "verdict 'failed' with fails ''"),
            ('fails = "connect/refused"', 'fails = "connect/refused", verdict = "closed"', "verdict 'closed' with fails"),
            ('dns = ["key', 'dns = [{to = "key_vault/x", fails = "lost"}, "key', "'lost' is no cause of a DNS failure"),
        ):
            with self.subTest(new):
                self.assertIn(old, GOOD)
                with self.assertRaises(Invalid) as refused:
                    load(GOOD.replace(old, new))
                self.assertIn(words, str(refused.exception))
                self.assertIn("[refused]", str(refused.exception))

    def test_a_scenario_that_expects_nothing(self):
        with self.assertRaisesRegex(Invalid, "expects nothing"):
            load('[idle]\nclient = "true"\n')


class Faults(unittest.TestCase):
    def test_one_step_for_each_address_of_the_family(self):
        self.assertEqual(len(parse("drop login.microsoftonline.com")), 8)
        self.assertEqual(len(parse("drop login.microsoftonline.com/6")), 4)
        self.assertEqual(len(parse("drop crl3.digicert.com:80")), 1)


class Expectation(unittest.TestCase):
    def setUp(self):
        (self.scenario,) = load(GOOD)

    def test_all_as_expected(self):
        self.assertEqual(differences(self.scenario, [QUESTION, END]), [])

    def test_what_is_missing_and_what_is_too_much(self):
        self.assertEqual(len(differences(self.scenario, [QUESTION])), 1)
        self.assertEqual(len(differences(self.scenario, [QUESTION, END, END])), 1)
        for key, value in (("cause", "no_reply"), ("service", "other"), ("family", "ipv6"), ("evidence", {})):
            with self.subTest(key):
                self.assertEqual(len(differences(self.scenario, [QUESTION, {**END, key: value}])), 2)

    def test_an_established_connection_has_two_lines(self):
        (scenario,) = load(GOOD.replace("connect/refused", "data/reset"))
        end = {**END, "stage": "data", "cause": "reset"}
        self.assertEqual(len(differences(scenario, [QUESTION, end])), 1)
        begin = {key: END[key] for key in ("type", "service", "host", "family")} | {"verdict": "ok"}
        self.assertEqual(differences(scenario, [QUESTION, begin, end]), [])

    def test_evidence(self):
        for wanted, fits in (
            ("{unacked_bytes = {min = 1}}", True), ("{unacked_bytes = {min = 2}}", False),
            ("{unacked_bytes = {max = 1}}", True), ("{unacked_bytes = 1}", True), ("{unacked_bytes = 2}", False),
            ('{unacked_bytes = "any", icmp = "none"}', True), ('{icmp = "any"}', False), ('{rst_received = "none"}', False),
            ("{icmp = {min = 1}}", False), ("{icmp = {type = 3}}", False),
        ):
            with self.subTest(wanted):
                (scenario,) = load(GOOD.replace("{rst_received = true}", wanted))
                self.assertEqual(not differences(scenario, [QUESTION, END]), fits)

    def test_counts(self):
        host = ("key_vault", "refused.vault.azure.net")
        self.assertEqual(counts(self.scenario), {
            ("connection_attempts_total", *host): 1,
            ("connection_failures_total", *host, "connect", "refused"): 1,
            ("dns_answers_total", *host, "NOERROR"): 1,
        })

    def test_an_address_and_an_unknown_name_are_no_label(self):
        text = '[x]\nclient = "true"\nconnections = ["imds/", "imds/169.254.169.254", "other/www.lab.example"]\n'
        (scenario,) = load(text)
        attempts = {key[1:]: number for key, number in counts(scenario).items() if key[0] == "connection_attempts_total"}
        self.assertEqual(attempts, {("imds", "imds"): 2, ("other", "other"): 1})


if __name__ == "__main__":
    unittest.main(verbosity=2)
