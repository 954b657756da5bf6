# SPDX-License-Identifier: Apache-2.0
"""From a fault to the pager: a firewall drops, the daemon counts, Prometheus evaluates the shipped alerts (with intervals of
a test in place of minutes), Alertmanager sends, and a receiver gets who cannot reach what, where it dies and what to read."""

import http.server
import json
import os
import queue
import re
import subprocess
import threading
import time
import unittest
import urllib.request
from pathlib import Path

from lab.azure import Azure
from lab.daemon import find_binary, free_port
from lab.faults import injected
from lab.processes import tail, wait_until
from lab.program import ObservedDaemon
from lab.workspace import lock_machine

ROOT = Path(__file__).resolve().parents[2]
VAULT = "northwind.vault.azure.net"
UNIT = "orders.service"
DEADLINE_S = 90
# What the shipped rules have in minutes.
SHORT = ("(import '{mixin}') + {{_config+:: {{window: '20s', pendingFor: '0s', minAttempts: 3}}}}")
PROMETHEUS = """
global: {{scrape_interval: 1s, scrape_timeout: 1s, evaluation_interval: 1s}}
rule_files: [alerts.yaml]
alerting:
  alertmanagers: [{{static_configs: [{{targets: ["{alertmanager}"]}}]}}]
scrape_configs:
  - job_name: egresswatch
    static_configs: [{{targets: ["{target}"]}}]
"""


class Receiver:
    """What is sent to a webhook, message by message. Use in a `with` block."""

    def __init__(self):
        self.messages = queue.Queue()
        messages = self.messages

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):  # noqa: N802: the name that http.server looks for
                body = self.rfile.read(int(self.headers["Content-Length"]))
                messages.put((time.time(), self.path, json.loads(body)))
                self.send_response(200)
                self.end_headers()

            def log_message(self, *_):
                pass

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.address = f"127.0.0.1:{self._server.server_port}"

    def __enter__(self):
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_):
        self._server.shutdown()
        self._server.server_close()

    def wait_for(self, alert, status="firing"):
        """When the first message of that kind came, its path, and its alerts."""
        end = time.monotonic() + DEADLINE_S
        while True:
            when, path, message = self.messages.get(timeout=max(0.0, end - time.monotonic()))
            found = [each for each in message["alerts"] if each["labels"]["alertname"] == alert and each["status"] == status]
            if found:
                return when, path, found


@unittest.skipIf(os.geteuid() != 0, "needs root: it makes network namespaces and loads BPF programs")
class Alerts(unittest.TestCase):
    def setUp(self):
        self.enterContext(lock_machine())
        self.azure = self.enterContext(Azure())
        self.directory = self.azure.directory
        self.receiver = self.enterContext(Receiver())
        self.daemon = ObservedDaemon(self.azure.workspace, find_binary(), ["-o", "json"])
        self.addCleanup(self.daemon.stop)
        self.alertmanager, self.prometheus = f"127.0.0.1:{free_port()}", f"127.0.0.1:{free_port()}"
        self.start_alertmanager()
        self.start_prometheus()

    def start_alertmanager(self):
        # the shipped sample, with another receiver and without its patience
        sample = (ROOT / "dashboards" / "alertmanager.yaml").read_text(encoding="utf-8")
        sample = sample.replace("127.0.0.1:9000", self.receiver.address).replace("group_wait: 15s", "group_wait: 1s")
        sample = sample.replace("group_interval: 5m", "group_interval: 1s")
        (self.directory / "alertmanager.yaml").write_text(sample, encoding="utf-8")
        self.start("prometheus-alertmanager", "--config.file=alertmanager.yaml", "--storage.path=alertmanager",
                   f"--web.listen-address={self.alertmanager}", "--cluster.listen-address=", ready=self.alertmanager)

    def start_prometheus(self):
        mixin = SHORT.format(mixin=ROOT / "dashboards" / "mixin.libsonnet")
        rules = subprocess.run(["jsonnet", "-S", "-e", f"std.manifestYamlDoc(({mixin}).prometheusAlerts)"],
                               capture_output=True, text=True, check=True).stdout
        (self.directory / "alerts.yaml").write_text(rules, encoding="utf-8")
        (self.directory / "prometheus.yml").write_text(
            PROMETHEUS.format(alertmanager=self.alertmanager, target=self.daemon.address), encoding="utf-8")
        self.start("prometheus", "--config.file=prometheus.yml", "--storage.tsdb.path=prometheus",
                   f"--web.listen-address={self.prometheus}", ready=self.prometheus)

    def start(self, program, *arguments, ready):
        log = f"{program}.log"
        process = self.azure.workspace.start([program, *arguments], unit=program, cwd=self.directory, log=log)

        def answers():
            if process.poll() is not None:
                raise RuntimeError(f"{program} ended:\n{tail(self.directory / log)}")
            try:
                with urllib.request.urlopen(f"http://{ready}/-/ready", timeout=2) as answer:
                    return answer.status == 200
            except OSError:
                return False

        wait_until(answers, f"{program} to be ready", 30)

    def try_to_read_a_secret(self):
        """Again and again until the end of the test, as an application does."""
        loop = f"while :; do curl -sS4 -m 2 https://{VAULT}/secrets/x; sleep 0.2; done"
        client = self.azure.start_client(["sh", "-c", loop], UNIT, log="curl.log")
        self.addCleanup(client.wait)
        self.addCleanup(client.kill)

    def test_a_firewall_that_drops_wakes_somebody_who_knows_what_to_do(self):
        self.try_to_read_a_secret()
        time.sleep(22)  # a whole window without a fault: nothing fires
        self.assertTrue(self.receiver.messages.empty(), list(self.receiver.messages.queue))

        with injected([f"drop {VAULT}"], self.azure.place(UNIT)):
            began = time.time()
            when, path, found = self.receiver.wait_for("EgresswatchKeyVaultUnreachable")
        print(f"from the fault to the message: {when - began:.1f} s", flush=True)
        self.assertEqual(path, "/on-call")
        labels, notes = found[0]["labels"], found[0]["annotations"]
        self.assertEqual(
            {key: labels[key] for key in ("severity", "service", "host", "unit", "stage", "cause")},
            {"severity": "critical", "service": "key_vault", "host": VAULT, "unit": UNIT, "stage": "connect", "cause": "abandoned"})
        self.assertEqual(notes["summary"], f"Key Vault {VAULT} cannot be reached from {self.daemon.address} by {UNIT}: connect/abandoned")
        self.assertRegex(notes["description"], rf"about \d+ of this kind .*egresswatch explain {re.escape(VAULT)}$")
        page = ROOT / "docs" / "alerts" / notes["runbook_url"].rpartition("/")[2]
        self.assertTrue(page.exists(), page)
        # and it ends by itself
        self.receiver.wait_for("EgresswatchKeyVaultUnreachable", status="resolved")


if __name__ == "__main__":
    unittest.main(verbosity=2)
