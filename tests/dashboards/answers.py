# SPDX-License-Identifier: Apache-2.0
"""What Prometheus says to each target of a dashboard, asked as Grafana asks."""

import math

from dashboards.panels import interpolated, panels_of

STEP_S = 2
# Grafana takes four scrape intervals at least; the lab scrapes each second.
RATE_INTERVAL_S = 8


class Asked:
    """The answers to a dashboard about the time from `begin` to `end`, by id of the panel: one for each target."""

    def __init__(self, prometheus, dashboard, variables, begin, end):
        # whole seconds, and none before the daemons were watched
        self.begin, self.end = math.ceil(begin), int(end)
        shown = self.end - self.begin
        self._values = {**variables, "__rate_interval": f"{RATE_INTERVAL_S}s", "__range": f"{shown}s",
                        "__range_s": shown}
        self._prometheus = prometheus
        self.times = list(range(self.begin, self.end + 1, STEP_S))
        self.answers = {panel["id"]: [self._ask(target) for target in panel["targets"]]
                        for panel in panels_of(dashboard)}

    def _ask(self, target):
        expression = interpolated(target["expr"], self._values)
        if target["instant"]:
            return self._prometheus.ask("query", query=expression, time=self.end)
        return self._prometheus.ask("query_range", query=expression, start=self.times[0], end=self.times[-1],
                                    step=STEP_S)
