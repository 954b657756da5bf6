# SPDX-License-Identifier: Apache-2.0
"""The allowlist of a host, made of what its clients really did, in force: nftables on the client and squid on the router let
through what was seen, and nothing else. The ARM templates are what Microsoft.Network wants."""

import contextlib
import json
import os
import re
import shutil
import sqlite3
import subprocess
import unittest

from lab.azure import Azure
from lab.daemon import find_binary
from lab.events import Events
from lab.exported import Template
from lab.faults import injected
from lab.processes import wait_until
from lab.program import FINDINGS, FINE, USAGE, ObservedDaemon
from lab.workspace import lock_machine

VAULT = "northwind.vault.azure.net"
PRIVATE = "contoso-prod.vault.azure.net"
NEVER = "refused.vault.azure.net"
ENTRA = "login.chinacloudapi.cn"  # in this cloud no service's
REVOCATION = "crl3.digicert.com"
NOT_SEEN = "alerting.vault.azure.net"
UNIT = "egw-export.service"
DEADLINE_S = 20.0
SQUID = """
http_port 10.20.0.1:3131
include {allowlist}
http_access deny all
hosts_file hosts
dns_nameservers 127.0.0.1
cache deny all
cache_log squid-export-cache.log
access_log none
pid_filename none
pinger_enable off
netdb_filename none
shutdown_lifetime 0 seconds
visible_hostname proxy.lab.example
coredump_dir none
"""


@unittest.skipIf(os.geteuid() != 0, "needs root: it makes network namespaces and loads BPF programs")
class Export(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.binary = find_binary()
        if cls.binary is None or not cls.binary.exists():
            raise FileNotFoundError(f"no binary ({cls.binary or 'nothing built'}): build egresswatch, or set EGRESSWATCH")
        cls.enterClassContext(lock_machine())
        cls.azure = cls.enterClassContext(Azure())
        directory = cls.azure.directory
        cls.config = directory / "export.yaml"
        cls.config.write_text(f"control: {{socket: {directory}/control.sock}}\nhistory: {{path: {directory}/history.db}}\n",
                              encoding="utf-8")
        cls.daemon = ObservedDaemon(cls.azure.workspace, cls.binary, ["-o", "json", "--config", str(cls.config)])
        cls.addClassCleanup(cls.daemon.stop)
        cls.events = Events(directory / "egresswatch.lines")
        cls.addClassCleanup(cls.events.close)
        cls.use(f"https://{VAULT}/", f"https://{PRIVATE}/", f"https://{ENTRA}/", f"http://{REVOCATION}/", "http://169.254.169.254/")
        with injected([f"refuse {NEVER}"], cls.azure.place(UNIT)):
            cls.use(f"https://{NEVER}/")
        cls.asked = cls.export("nftables")  # the daemon writes its history
        # what others on this machine do, and what the tests try afterwards, is seen, too
        own = cls.history_of("own.db", f"unit <> '{UNIT}' OR protocol <> 6")
        cls.written = {form: cls.export(form, "--history", own) for form in ("nftables", "squid", "azure-firewall", "nsg")}

    @classmethod
    def history_of(cls, name, without):
        """A copy of the daemon's history, without the observations of which this is true."""
        path = cls.azure.directory / name
        with contextlib.closing(sqlite3.connect(cls.azure.directory / "history.db")) as history, \
                contextlib.closing(sqlite3.connect(path)) as copy:
            history.backup(copy)
            copy.execute(f"DELETE FROM observation WHERE {without}")
            copy.execute("DELETE FROM address WHERE (service, host) NOT IN (SELECT service, host FROM observation)")
            copy.commit()
        return str(path)

    @classmethod
    def export(cls, *arguments):
        command = [str(cls.binary), "export", *arguments, "--config", str(cls.config)]
        return subprocess.run(command, capture_output=True, text=True, timeout=DEADLINE_S, check=False)

    @classmethod
    def use(cls, *urls):
        def ends():
            return [line for line in cls.events.of(UNIT) if line["type"] == "connection" and line["verdict"] != "ok"]

        expected = len(ends()) + len(urls)
        for url in urls:
            cls.curl(url)
        wait_until(lambda: len(ends()) == expected, f"the ends of {urls}", DEADLINE_S)

    @classmethod
    def curl(cls, *arguments):
        return cls.azure.run_client(["curl", "-sS4", "-m", "2", "-o", os.devnull, *arguments], UNIT)[0]

    def text(self, form):
        done = self.written[form]
        self.assertEqual((done.returncode, done.stderr), (FINE, ""))
        return done.stdout

    def test_the_running_daemon_is_asked_to_write_its_history(self):
        self.assertEqual((self.asked.returncode, self.asked.stderr), (FINE, ""))
        self.assertIn(f"#   {VAULT}, for {UNIT}\n", self.asked.stdout)

    def test_nothing_seen_is_a_finding(self):
        nothing = self.export("nsg", "--history", self.history_of("empty.db", "true"))
        self.assertEqual((nothing.returncode, nothing.stdout), (FINDINGS, ""))
        self.assertRegex(nothing.stderr, r"\Aegresswatch: nothing was seen that could be allowed; [^\n]+\n\Z")

    def test_usage(self):
        for arguments in ([], ["iptables"], ["nsg", "--since", "yesterday"], ["nsg", "--history", "/nonexistent"]):
            done = self.export(*arguments)
            self.assertEqual((done.returncode, done.stdout), (USAGE, ""), arguments)
            self.assertRegex(done.stderr, r"\Aegresswatch: [^\n]+\n\Z")

    def test_nftables_in_force_on_the_client(self):
        text = self.text("nftables")
        self.assertIn(f"#   {NEVER}, for {UNIT}; never got through: connect/refused", text)
        text, changed = re.subn(r"^(\s*)# (counter drop)$", r"\1\2", text, flags=re.MULTILINE)
        self.assertEqual(changed, 1)
        self.azure.namespaces.run("nft", "-f", "-", role="client", text_in=text)
        self.addCleanup(self.azure.namespaces.run, "nft", "delete", "table", "inet", "egresswatch_allowlist", role="client")
        for url in (f"https://{VAULT}/", f"https://{PRIVATE}/", f"https://{NEVER}/", f"https://{ENTRA}/", f"http://{REVOCATION}/",
                    "http://169.254.169.254/"):
            self.assertEqual(self.curl(url), 0, url)
        for url in (f"https://{NOT_SEEN}/", f"http://{VAULT}/", "https://www.lab.example/"):
            self.assertEqual(self.curl(url), 28, url)  # a timeout

    def test_squid_in_force_on_the_router(self):
        home = self.azure.directory / "squid"
        (home / "allowlist.conf").write_text(self.text("squid"), encoding="utf-8")
        (home / "export.conf").write_text(SQUID.format(allowlist=home / "allowlist.conf"), encoding="utf-8")
        with open(home / "hosts", "a", encoding="utf-8") as hosts:
            for name in (VAULT, PRIVATE, NEVER, ENTRA, NOT_SEEN):
                hosts.write(f"{self.address_of(name)} {name}\n")
        for file in ("allowlist.conf", "export.conf"):
            shutil.chown(home / file, "proxy", "proxy")
        self.azure.workspace.start(["squid", "-N", "-f", "export.conf"], prefix=self.azure.namespaces.prefix("router"), cwd=home,
                                   log="squid-export.log")
        wait_until(lambda: "10.20.0.1:3131" in self.azure.namespaces.run("ss", "-Hlnt", role="router"), "squid to listen", DEADLINE_S)

        def answer(url):
            """What squid itself says: 200 to CONNECT, else the status of the answer."""
            command = ["curl", "-sS", "-m", "5", "-o", os.devnull, "-w", "%{http_connect} %{http_code}",
                       "--proxy", "http://10.20.0.1:3131", url]
            connect, code = self.azure.run_client(command, UNIT)[1].split()[-2:]
            return int(connect if url.startswith("https") else code)

        for url in (f"https://{VAULT}/", f"https://{PRIVATE}/", f"https://{NEVER}/", f"https://{ENTRA}/", f"http://{REVOCATION}/"):
            self.assertEqual(answer(url), 200, url)
        for url in (f"https://{NOT_SEEN}/", f"http://{VAULT}/", f"https://{VAULT}:8443/", f"https://{REVOCATION}/",
                    "http://169.254.169.254/"):
            self.assertEqual(answer(url), 403, url)

    def address_of(self, name):
        found = [line for line in self.events.of(UNIT) if line["type"] == "dns" and line["question"] == name]
        return found[0]["first_address"] if found else "192.0.2.1"

    def test_arm_templates(self):
        firewall = json.loads(self.text("azure-firewall"))
        Template(firewall)
        hosts = {host for collection in firewall["resources"][0]["properties"]["ruleCollections"] for rule in collection["rules"]
                 for host in rule.get("targetFqdns", ())}
        self.assertEqual(hosts, {VAULT, PRIVATE, NEVER, ENTRA, REVOCATION})

        nsg = json.loads(self.text("nsg"))
        Template(nsg)
        allowed = {(rule["properties"].get("destinationAddressPrefix") or tuple(rule["properties"]["destinationAddressPrefixes"]),
                    rule["properties"]["destinationPortRange"]) for rule in nsg["resources"] if "condition" not in rule}
        self.assertEqual(allowed, {("AzureKeyVault", "443"), (("10.1.2.3",), "443"), (("198.51.100.50",), "443"),
                                   (("198.51.100.41",), "80"), ("AzurePlatformIMDS", "80")})
        self.assertEqual(len(nsg["metadata"]["neverGotThrough"]), 1)


if __name__ == "__main__":
    unittest.main(verbosity=2)
