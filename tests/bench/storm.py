# SPDX-License-Identifier: Apache-2.0
"""The storm of connections, in a network namespace where nothing else happens."""

import json
import subprocess

from bench.build import tool
from lab.processes import run

# storm/exchange.h
SERVER_ADDRESSES = [f"198.18.0.{host}" for host in (*range(1, 17), 53)]


class Storm:
    """Owns the namespace; the workspace removes it."""

    def __init__(self, workspace):
        self._workspace = workspace
        self._namespace = f"{workspace.name}-storm"
        # Put before a command, runs it where the storm is.
        self.prefix = ("ip", "netns", "exec", self._namespace)
        run("ip", "netns", "add", self._namespace)
        run("ip", "-n", self._namespace, "link", "set", "lo", "up")
        for address in SERVER_ADDRESSES:
            run("ip", "-n", self._namespace, "address", "add", f"{address}/32", "dev", "lo")
        # A TIME_WAIT lasts a minute: without a bound each phase would find more of them than the one before.
        run(*self.prefix, "sysctl", "-qw",
            "net.ipv4.tcp_max_tw_buckets=1024", "net.ipv4.ip_local_port_range=1024 65000")

    def run(self, **limits):
        """run(seconds=2) or run(connections=1000): what the tool counted."""
        options = [word for key, value in limits.items() for word in (f"--{key.replace('_', '-')}", str(value))]
        child = self._workspace.start(
            [tool("bench_storm"), *options], unit="storm.service", prefix=self.prefix,
            stdout=subprocess.PIPE, text=True)
        output, _ = child.communicate(timeout=120)
        if child.returncode != 0:
            raise RuntimeError("the storm ended with an error")
        tally = json.loads(output)
        if tally["failed"]:
            raise RuntimeError(f"{tally['failed']} connections of the storm failed")
        return tally
