# SPDX-License-Identifier: Apache-2.0
"""What a fleet keeps of each host: a real Prometheus, the shipped rules, what a daemon really exposes."""

import os
import unittest

from dashboards.fleet import Fleet, Hosts
from lab.processes import wait_until
from lab.workspace import Workspace

HOSTS = 20
MOST = 20  # series that are kept of a host after aggregation


@unittest.skipIf(os.geteuid() != 0, "needs root: its processes have cgroups of their own")
class SmallFleet(unittest.TestCase):
    def test_few_series_of_each_host_are_kept(self):
        workspace = Workspace()
        self.addCleanup(workspace.close)
        with Hosts() as hosts:
            fleet = Fleet(workspace, HOSTS, hosts.address, interval_s=1)
            recorded = '{job="egresswatch", instance=~"host-.*", __name__=~"instance.*:.+"}'
            attempts = 'count(instance_service:egresswatch_connection_attempts:rate5m{service="key_vault"})'
            wait_until(lambda: fleet.value(attempts) == HOSTS, "the rules to be evaluated", 60)
            self.assertLess(fleet.value(f"max(count by (instance) ({recorded}))"), MOST)
            self.assertEqual(fleet.value("sum(job:egresswatch_hosts_up:sum)"), HOSTS)
            self.assertGreater(fleet.value('count(service_stage_cause:egresswatch_connection_failures:rate5m)'), 0)
            self.assertGreater(fleet.value('count({job="egresswatch", instance="host-00000"})'), 100, "of a host before")
