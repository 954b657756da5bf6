# SPDX-License-Identifier: Apache-2.0
"""A real Prometheus that scrapes several daemons each second, under the names that they would have as hosts."""

import json
import time
import urllib.parse
import urllib.request

from lab import prometheus
from lab.daemon import free_port
from lab.processes import wait_until

CONFIGURATION = """
global: {{scrape_interval: 1s, scrape_timeout: 1s, evaluation_interval: 1s}}
rule_files: {rules}
scrape_configs:
  - job_name: egresswatch
    file_sd_configs: [{{files: [targets.json]}}]
"""


class Prometheus(prometheus.Prometheus):
    """Has scraped every daemon at least once when the constructor returns. Ends with the workspace."""

    def __init__(self, workspace, hosts, rules=()):
        self._directory = workspace.directory / "prometheus"
        self._directory.mkdir()
        (self._directory / "prometheus.yml").write_text(
            CONFIGURATION.format(rules=json.dumps([str(file) for file in rules])), encoding="utf-8")
        self._log = self._directory / "log"
        self._address = f"127.0.0.1:{free_port()}"
        self.scrape(hosts)
        self._process = workspace.start(
            ["prometheus", "--config.file=prometheus.yml", "--storage.tsdb.path=data",
             f"--web.listen-address={self._address}"],
            unit="prometheus", cwd=self._directory, log="prometheus/log")
        self.wait_for_scrape(after=0.0, deadline_s=20)

    def scrape(self, hosts):
        """From now on these: {name: address}."""
        text = json.dumps([{"targets": [address], "labels": {"instance": name}} for name, address in hosts.items()])
        new = self._directory / "targets.new"
        new.write_text(text, encoding="utf-8")
        new.rename(self._directory / "targets.json")

    def wait_for_all(self, number):
        """Until so many daemons answered a scrape that began after this call; returns when the last of them began."""
        now = time.time()

        def scraped():
            found = self.query('timestamp(up{job="egresswatch"}) and up{job="egresswatch"} == 1')
            times = [value for _, value in found if value > now]
            return max(times) if len(times) >= number else None

        return wait_until(scraped, f"scrapes of {number} daemons", 20, poll_s=0.1)

    def ask(self, path, **parameters):
        """The result of the query API as it is."""
        url = f"http://{self._address}/api/v1/{path}?{urllib.parse.urlencode(parameters)}"
        with urllib.request.urlopen(url, timeout=30) as answer:
            return json.load(answer)["data"]["result"]
