# SPDX-License-Identifier: Apache-2.0
"""A real Prometheus that scrapes the daemon each second. What the tests assert on is what its query API returns."""

import json
import time
import urllib.error
import urllib.parse
import urllib.request

from lab.daemon import free_port
from lab.processes import tail, wait_until

CONFIGURATION = """
global:
  scrape_interval: 1s
  scrape_timeout: 1s
scrape_configs:
  - job_name: egresswatch
    static_configs:
      - targets: ["{target}"]
"""


class Prometheus:
    """Has scraped the daemon at least once when the constructor returns. Ends with the workspace."""

    def __init__(self, workspace, target):
        directory = workspace.directory / "prometheus"
        directory.mkdir()
        (directory / "prometheus.yml").write_text(CONFIGURATION.format(target=target), encoding="utf-8")
        self._log = directory / "log"
        self._address = f"127.0.0.1:{free_port()}"
        self._process = workspace.start(
            ["prometheus", "--config.file=prometheus.yml", "--storage.tsdb.path=data",
             f"--web.listen-address={self._address}"],
            unit="prometheus", cwd=directory, log="prometheus/log")
        self.wait_for_scrape(after=0.0, deadline_s=20)

    def query(self, expression):
        """An instant query: labels and value of each series."""
        arguments = urllib.parse.urlencode({"query": expression})
        with urllib.request.urlopen(f"http://{self._address}/api/v1/query?{arguments}", timeout=10) as answer:
            result = json.load(answer)["data"]["result"]
        return [(series["metric"], float(series["value"][1])) for series in result]

    def wait_for_scrape(self, after, deadline_s=10.0):
        """Waits for a successful scrape that began after the time `after` (time.time()); returns when it began."""

        def scraped():
            if self._process.poll() is not None:
                raise RuntimeError(f"prometheus ended with status {self._process.returncode}:\n{tail(self._log)}")
            try:
                found = self.query('timestamp(up{job="egresswatch"}) and up{job="egresswatch"} == 1')
            except (urllib.error.URLError, ConnectionError):
                return None
            return found[0][1] if found and found[0][1] > after else None

        return wait_until(scraped, "a scrape of egresswatch", deadline_s, poll_s=0.05)

    def counters(self):
        """Every series of the daemon but histogram buckets, as (name without prefix, labels) and value, from a scrape
        that began after this call."""
        self.wait_for_scrape(after=time.time())
        series = self.query('{job="egresswatch", __name__=~"egresswatch_.+", __name__!~".+_bucket"}')
        return [(labels.pop("__name__").removeprefix("egresswatch_"), labels, value) for labels, value in series]
