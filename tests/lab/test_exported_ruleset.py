# SPDX-License-Identifier: Apache-2.0
"""The exported nftables files that tests/unit/cli compares the program with: nft takes them, and with their last line in
force they let through what is listed and drop the rest. In a network namespace of their own."""

import json
import os
import re
import socket
import subprocess
import sys
import unittest
from pathlib import Path

GOLDEN = Path(__file__).resolve().parents[1] / "unit" / "cli" / "golden"
TABLE = "egresswatch_allowlist"
# A device behind which nobody answers, and a route for everything there.
NETWORK = ("ip link set lo up; ip link add hole type veth peer name nobody; ip link set hole up; ip link set nobody up; "
           "ip address add 10.9.9.9/24 dev hole; ip address add 2001:db8:9::9/64 dev hole nodad; "
           "ip route add default dev hole; ip -6 route add default dev hole")


def run(*command, text=None):
    return subprocess.run(command, input=text, capture_output=True, text=True, timeout=30, check=False)


@unittest.skipIf(os.geteuid() != 0, "needs root: it makes a network namespace")
class Ruleset(unittest.TestCase):
    def test_nft_accepts_the_files(self):
        for file in ("nftables.nft", "nftables-tags.nft"):
            with self.subTest(file):
                done = run("unshare", "--net", "nft", "-c", "-f", str(GOLDEN / file))
                self.assertEqual((0, "", ""), (done.returncode, done.stdout, done.stderr))

    def test_they_may_be_loaded_again(self):
        file = GOLDEN / "nftables.nft"
        done = run("unshare", "--net", "sh", "-ec", f"nft -f {file}; nft list ruleset; nft -f {file}; nft list ruleset")
        self.assertEqual((0, ""), (done.returncode, done.stderr))
        self.assertEqual(done.stdout.count(f"table inet {TABLE}"), 2)

    def test_nothing_is_dropped_before_the_last_line_is_in_force(self):
        text = (GOLDEN / "nftables.nft").read_text(encoding="utf-8")
        self.assertEqual({"drops": 0, "there": True}, self.seen(text, [("192.0.2.99", 443)]))

    def test_what_is_listed_goes_out_and_nothing_else(self):
        text = (GOLDEN / "nftables-tags.nft").read_text(encoding="utf-8")
        text, changed = re.subn(r"^(\s*)# (counter drop)$", r"\1\2", text, flags=re.MULTILINE)
        self.assertEqual(changed, 1)
        listed = [("203.0.113.10", 443), ("203.0.113.15", 443), ("10.1.2.3", 443), ("198.51.100.1", 443),
                  ("2001:db8:aad::99", 443), ("198.51.100.41", 80), ("169.254.169.254", 80), ("192.0.2.80", 8443),
                  ("192.0.2.99", 53), ("127.0.0.1", 9)]
        self.assertEqual({"drops": 0, "there": True}, self.seen(text, listed))
        for other in (("203.0.113.16", 443), ("203.0.113.10", 80), ("2001:db8:aaf::1", 443), ("192.0.2.99", 443)):
            with self.subTest(other):
                self.assertEqual({"drops": 1, "there": True}, self.seen(text, [other]))

    def seen(self, ruleset, endpoints):
        """What a host with this ruleset drops of one SYN to each of the endpoints."""
        arguments = json.dumps(endpoints)
        done = run("unshare", "--net", "sh", "-ec", f"{NETWORK}; nft -f -; exec {sys.executable} {__file__} '{arguments}'",
                   text=ruleset)
        self.assertEqual((0, ""), (done.returncode, done.stderr))
        return json.loads(done.stdout)


def send_syns(endpoints):
    for address, port in endpoints:
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        with socket.socket(family, socket.SOCK_STREAM) as client:
            client.setblocking(False)
            client.connect_ex((address, port))
    rules = json.loads(run("nft", "--json", "list", "table", "inet", TABLE).stdout)["nftables"]
    counters = [part["counter"]["packets"] for rule in rules for part in rule.get("rule", {}).get("expr", ()) if "counter" in part]
    print(json.dumps({"drops": sum(counters), "there": any("set" in rule for rule in rules)}))


if __name__ == "__main__":
    send_syns(json.loads(sys.argv[1]))
