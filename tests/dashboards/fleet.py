# SPDX-License-Identifier: Apache-2.0
"""Many hosts, as one Prometheus sees them: what the daemon really exposes, from a recording, served again and again by one
small server, with counters that grow.

    cd tests && EGRESSWATCH=../build/release/daemon/egresswatch python3 -m dashboards.fleet --hosts 1000 --seconds 240

prints what the series cost; docs/fleet.md has the figures. Ends by itself.
"""

import argparse
import http.server
import json
import re
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.parse
import urllib.request

from dashboards.panels import RENDERED, ROOT
from lab.daemon import find_binary, free_port
from lab.processes import tail, wait_until
from lab.workspace import Workspace

RECORDING = ROOT / "tests" / "recordings" / "loopback-6.18.egwrec"
COUNTER = re.compile(r"(?m)^(egresswatch_\w+(?:_total|_bucket|_count|_sum)\{[^}]*\}) ([0-9.e+]+)$")
CONFIGURATION = """
global: {{scrape_interval: {interval}s, scrape_timeout: {interval}s, evaluation_interval: {interval}s}}
rule_files: {rules}
scrape_configs:
  - job_name: egresswatch
    file_sd_configs: [{{files: [targets.json]}}]
    relabel_configs: [{{source_labels: [host], target_label: __param_host}}, {{regex: host, action: labeldrop}}]
  - job_name: prometheus
    static_configs: [{{targets: ["{own}"]}}]
"""


class Hosts:
    """One server in place of all daemons. Use in a `with` block."""

    def __init__(self):
        done = subprocess.run([find_binary(), "replay", "--metrics", str(RECORDING)], capture_output=True, text=True,
                              timeout=60, check=True)
        self.text = done.stdout
        hosts = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):  # noqa: N802: the name that http.server looks for
                body = hosts.at(int(time.time())).encode()
                self.send_response(200)
                self.send_header("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._lock = threading.Lock()
        self._made = (0, "")
        self.began = int(time.time())
        self.address = f"127.0.0.1:{self._server.server_port}"

    def at(self, second):
        """The metrics of that second: what counts has counted on."""
        with self._lock:
            if self._made[0] != second:
                grown = second - self.began
                text = COUNTER.sub(lambda match: f"{match[1]} {float(match[2]) * (1 + grown):g}", self.text)
                self._made = (second, text)
            return self._made[1]

    def __enter__(self):
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_):
        self._server.shutdown()
        self._server.server_close()


class Fleet:
    """A Prometheus with the shipped rules, and so many hosts."""

    def __init__(self, workspace, hosts, address, interval_s):
        directory = workspace.directory / "fleet"
        directory.mkdir()
        self._address = f"127.0.0.1:{free_port()}"
        rules = json.dumps([str(RENDERED / name) for name in ("alerts.yaml", "rules.yaml")])
        (directory / "prometheus.yml").write_text(
            CONFIGURATION.format(interval=interval_s, rules=rules, own=self._address), encoding="utf-8")
        targets = [{"targets": [address], "labels": {"instance": f"host-{n:05}", "host": str(n)}} for n in range(hosts)]
        (directory / "targets.json").write_text(json.dumps(targets), encoding="utf-8")
        self._process = workspace.start(
            ["prometheus", "--config.file=prometheus.yml", "--storage.tsdb.path=data",
             f"--web.listen-address={self._address}"], unit="prometheus", cwd=directory, log="fleet/log")
        self._log = directory / "log"
        wait_until(lambda: self.value('count(up{job="egresswatch"} == 1)') == hosts, "all hosts to be scraped", 120)

    def value(self, expression):
        """Of an expression without labels; none if it has no value."""
        if self._process.poll() is not None:
            raise RuntimeError(f"prometheus ended:\n{tail(self._log)}")
        arguments = urllib.parse.urlencode({"query": expression})
        try:
            with urllib.request.urlopen(f"http://{self._address}/api/v1/query?{arguments}", timeout=30) as answer:
                result = json.load(answer)["data"]["result"]
        except (urllib.error.URLError, ConnectionError):
            return None
        return float(result[0]["value"][1]) if result else None


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--hosts", type=int, default=1000)
    parser.add_argument("--seconds", type=int, default=240)
    parser.add_argument("--interval", type=int, default=30)
    options = parser.parse_args()
    workspace = Workspace()
    try:
        with Hosts() as hosts:
            fleet = Fleet(workspace, options.hosts, hosts.address, options.interval)
            time.sleep(options.seconds)
            own = 'job="prometheus"'
            for what, expression in {
                "samples of a scrape": 'max(scrape_samples_scraped{job="egresswatch"})',
                "series of a host": 'count({job="egresswatch", instance="host-00000"})',
                "series recorded of a host": 'count({job="egresswatch", instance="host-00000", __name__=~"instance.*:.+"})',
                "series of the fleet": 'count({job="egresswatch", instance=""})',
                "series in memory": f"prometheus_tsdb_head_series{{{own}}}",
                "memory, MB": f"process_resident_memory_bytes{{{own}}} / 1e6",
                "bytes of memory per series": f"process_resident_memory_bytes{{{own}}} / on (instance) prometheus_tsdb_head_series{{{own}}}",
                "processor of Prometheus, cores": f"rate(process_cpu_seconds_total{{{own}}}[2m])",
                "slowest scrape, s": 'max(scrape_duration_seconds{job="egresswatch"})',
                "evaluation of the rules, s": f"sum(prometheus_rule_group_last_duration_seconds{{{own}}})",
                "hosts that answer": 'sum(up{job="egresswatch"})',
            }.items():
                print(f"{what:34}{fleet.value(expression)}")
    finally:
        workspace.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
