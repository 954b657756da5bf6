# SPDX-License-Identifier: Apache-2.0
"""Faults of the kernel and of what it grants: programs and maps that it refuses, descriptors, memory, records that were lost,
somebody who detaches what is ours. docs/faults.md lists them."""

import errno
import http.client
import json
import os
import signal
import socket
import subprocess
import time
import unittest
import urllib.error

from lab.bpf_objects import objects_of
from lab.preload import ANY, LINK_CREATE, MAP_CREATE, PROG_LOAD, PROGRAM_TYPES, Preload, refuse
from lab.processes import run, wait_until
from lab.program import DEADLINE_S, FINDINGS, KERNEL_UNSUITABLE, USAGE, in_own_mounts
from lab.running import REFUSED, RELOADED, VAULT, RunningProgram

CONNECT, SOCKETS, PACKETS = ("connect4", "connect6", "sendmsg4", "sendmsg6"), ("sock_create",), ("packet_out", "packet_in")
TRACEPOINTS = ("tcp_state_in_interrupt", "tcp_reset", "tcp_retransmit", "tcp_destroyed", "packet_dropped", "route4", "route6",
               "icmp_error")
PROBES = {"cgroup_sock_addr": CONNECT, "cgroup_sock": SOCKETS, "cgroup_skb": PACKETS, "kprobe": ("getaddrinfo",)}
CONNECT4, PACKET_IN = 10, 0  # enum bpf_attach_type
NEEDED_DESCRIPTORS = 256
BALANCE_ATTEMPTS = 100


@unittest.skipIf(os.geteuid() != 0, "needs root: it loads BPF programs")
class Refused(RunningProgram):
    """What bpf(2) says is made up by preload.c."""

    def attached(self, daemon, probe):
        return daemon.value(f'egresswatch_probe_attached{{probe="{probe}"}}')

    def assert_goes_on_without(self, probes, reason, *rules):
        daemon = self.start(prefix=Preload(self.directory, rules).prefix)
        for probe in probes:
            self.assertEqual(self.attached(daemon, probe), 0, probe)
            self.assertEqual(daemon.output().count(f"warning: probe {probe} is not attached: {reason.format(probe)}\n"), 1,
                             daemon.output())
        self.assertEqual(self.attached(daemon, "tcp_state"), 1)
        missed = [probe for probe in probes if probe not in ("getaddrinfo", "icmp_error", "packet_dropped")]
        if missed:
            with self.assertRaises(urllib.error.HTTPError) as answer:
                daemon.get("/-/ready")
            self.assertEqual(answer.exception.code, 503)
            told = answer.exception.read().decode()
            for probe in missed:
                self.assertIn(f" {probe}", told)
        else:
            self.assertIn("\n", daemon.get("/-/ready"))
        self.connect_to(VAULT)
        wait_until(lambda: "203.0.113.5:443 " in daemon.lines(), "the connection to be seen")
        self.assert_ends_well(daemon)

    def test_each_type_of_program(self):
        for kind, probes in PROBES.items():
            with self.subTest(type=kind):
                reason = "the kernel refused to load " + ("the programs" if kind == "kprobe" else "{}") + ": Operation not permitted"
                self.assert_goes_on_without(probes, reason, refuse(PROG_LOAD, errno.EPERM, PROGRAM_TYPES[kind]))

    def test_each_tracepoint_but_the_one_that_is_needed(self):
        self.assert_goes_on_without(TRACEPOINTS, "the kernel refused to load {}: Operation not permitted",
                                    *(refuse(PROG_LOAD, errno.EPERM, name=name) for name in TRACEPOINTS))

    def test_programs_that_load_and_cannot_be_attached(self):
        daemon = self.start(prefix=Preload(self.directory, [refuse(LINK_CREATE, errno.EPERM, kind) for kind in (CONNECT4, PACKET_IN)]).prefix)
        for probe, hook in (("connect4", "cgroup/connect4"), ("packet_in", "cgroup_skb/ingress")):
            self.assertEqual(self.attached(daemon, probe), 0)
            self.assertIn(f"warning: probe {probe} is not attached: attaching to {hook}: Operation not permitted\n", daemon.output())
        self.assertEqual(self.attached(daemon, "connect6"), 1)
        self.assert_ends_well(daemon)

    def test_program_that_is_needed(self):
        preload = Preload(self.directory, [refuse(PROG_LOAD, errno.EPERM, PROGRAM_TYPES["tracing"])])
        self.assert_fails(self.run_to_end("run", prefix=preload.prefix), USAGE,
                          "the kernel refused to load tcp_state: Operation not permitted; the capabilities are there")
        preload = Preload(self.directory, [refuse(PROG_LOAD, errno.EINVAL, name="tcp_state")])
        self.assert_fails(self.run_to_end("run", prefix=preload.prefix), KERNEL_UNSUITABLE,
                          "the kernel refused to load tcp_state: Invalid argument: egresswatch needs Linux 5.10 or newer")

    def test_maps(self):
        smaller, forbidden = "allow more memory, or make capture.ring_bytes", "the capabilities are there"
        for name, error, status, words in (
            ("events", errno.ENOMEM, FINDINGS, smaller), ("sockets", errno.ENOMEM, FINDINGS, smaller),
            ("flows", errno.E2BIG, KERNEL_UNSUITABLE, smaller), ("totals", errno.EPERM, USAGE, forbidden),
        ):
            with self.subTest(map=name):
                preload = Preload(self.directory, [refuse(MAP_CREATE, error, ANY, name)])
                self.assert_fails(self.run_to_end("run", prefix=preload.prefix), status,
                                  f"the kernel refused to make the map {name}: {os.strerror(error)}; {words}")

    def test_no_bpffs(self):
        hide = "if mountpoint -q /sys/fs/bpf; then umount --lazy /sys/fs/bpf; fi; ! grep -q ' - bpf ' /proc/self/mountinfo"
        daemon = self.start(prefix=in_own_mounts(hide))
        for probe in ("tcp_state", "connect4", "packet_in"):
            self.assertEqual(self.attached(daemon, probe), 1)
        self.assert_counts(daemon)
        self.assert_ends_well(daemon)


@unittest.skipIf(os.geteuid() != 0, "needs root: it loads BPF programs")
class Resources(RunningProgram):
    def has_sanitizer(self):
        return "libasan" in subprocess.run(["ldd", str(self.binary)], capture_output=True, text=True, check=True).stdout

    def test_few_descriptors_at_the_start(self):
        # fewer than 20 or so, and the loader of shared libraries has its own words
        for limit in (20, 60, NEEDED_DESCRIPTORS - 1):
            for command in (("run",), ("record", "/dev/null")):
                with self.subTest(limit=limit, command=command):
                    done = self.run_to_end(*command, prefix=("prlimit", f"--nofile={limit}"))
                    self.assert_fails(done, USAGE, f"at most {limit} files may be open, and egresswatch needs {NEEDED_DESCRIPTORS}: "
                                      "raise the limit (LimitNOFILE= of the unit, ulimit -Hn)")
        daemon = self.start(prefix=("prlimit", f"--nofile=64:{NEEDED_DESCRIPTORS}"))
        self.assertEqual(daemon.value("process_max_fds"), NEEDED_DESCRIPTORS)
        self.assert_counts(daemon)
        self.assert_ends_well(daemon)

    def test_no_descriptor_left_while_it_runs(self):
        preload = Preload(self.directory)
        path, events = self.write("egresswatch.yaml", ""), self.directory / "events.json"
        self.write("egresswatch.yaml", f"events: {{file: {events}}}\n")
        daemon = self.start("--config", path, prefix=preload.prefix)
        preload.set_no_descriptors(True)
        daemon.reload(f"{REFUSED}{path}: cannot be opened: Too many open files")
        self.assertIn(f"warning: events cannot be written to {events}: Too many open files", daemon.output())
        self.connect_to(VAULT)
        # nobody looked at the client in time, so it has the name of its process or of its unit
        wait_until(lambda: f" {VAULT} " in daemon.lines(), "the connection to be told")
        used = daemon.processor_seconds()
        with socket.create_connection(daemon.address.split(":"), timeout=DEADLINE_S) as scrape:
            scrape.sendall(b"GET /-/healthy HTTP/1.0\r\n\r\n")
            scrape.settimeout(1)
            with self.assertRaises(TimeoutError):
                scrape.recv(1)
            print(f"processor time of a second in which none could be accepted: {daemon.processor_seconds() - used:.2f} s", flush=True)
            preload.set_no_descriptors(False)
            scrape.settimeout(DEADLINE_S)
            self.assertIn(b"200 OK", scrape.recv(4096), "who waited is answered")
        daemon.reload(RELOADED)
        self.assertEqual(daemon.value("egresswatch_config_last_reload_successful"), 1)
        self.assert_counts(daemon)
        self.assert_ends_well(daemon)
        self.assertIn(VAULT, events.read_text())

    def test_little_memory(self):
        if self.has_sanitizer():
            self.skipTest("AddressSanitizer reserves terabytes of addresses")
        ends = set()
        for megabytes in (24, 28, 32, 36, 40, 44, 48):
            process = self.workspace.start(
                ["prlimit", f"--as={megabytes << 20}", str(self.binary), "run", "--web.listen-address", "127.0.0.1:0", "--control.socket", ""],
                log=f"memory-{megabytes}.log")
            log = self.workspace.directory / f"memory-{megabytes}.log"
            wait_until(lambda: process.poll() is not None or "watching; metrics" in log.read_text(), "an end or a beginning")  # noqa: B023
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)
            ends.add(process.wait(DEADLINE_S))
            print(f"{megabytes} MB: {process.returncode} {log.read_text().strip()[-100:]}", flush=True)
            # 127: there was not enough for the loader of shared libraries, which says so
            self.assertRegex(log.read_text(), r"(?m)^egresswatch: .*memory|^info: watching|error while loading shared libraries")
        self.assertLessEqual(ends, {0, FINDINGS, 127})

    def test_link_that_somebody_detached(self):
        daemon = self.start()
        links = {entry["id"]: entry for entry in json.loads(run("bpftool", "--json", "link", "show"))}
        ours = [links[number] for kind, number in objects_of(daemon.pid) if kind == "link"]
        of_connect = [entry for entry in ours if entry["type"] == "cgroup" and entry["attach_type"] in ("cgroup_inet4_connect", "connect4")]
        self.assertEqual(len(of_connect), 1, ours)
        run("bpftool", "link", "detach", "id", str(of_connect[0]["id"]))
        attached = 'egresswatch_probe_attached{probe="connect4"}'
        wait_until(lambda: daemon.value(attached) == 0, "the daemon to notice", 10)
        self.assertEqual(daemon.output().count("warning: probe connect4 is not attached: somebody detached it: restart egresswatch\n"), 1)
        with self.assertRaises(urllib.error.HTTPError) as answer:
            daemon.get("/-/ready")
        self.assertEqual(answer.exception.code, 503)
        self.assertIn("connect4", answer.exception.read().decode())
        self.assertEqual(daemon.value(attached.replace("connect4", "connect6")), 1)
        self.connect_to(VAULT)
        wait_until(lambda: f" {VAULT} " in daemon.lines(), "connections to be seen without it")
        self.assert_ends_well(daemon)


@unittest.skipIf(os.geteuid() != 0, "needs root: it loads BPF programs")
class Conservation(RunningProgram):
    # Records that come by the ring and no other way; a flow is told again when the sums are swept.
    FROM_RING = ("tcp_attempt", "tcp_established", "tcp_first_byte", "tcp_closed", "connect_failed", "dns", "tcp_payload",
                 "tcp_retransmit", "tcp_closing", "name_lookup")
    NUMBERS = {"tcp_attempt": 1, "tcp_established": 2, "tcp_first_byte": 3, "tcp_closed": 4, "connect_failed": 5, "flow": 7, "dns": 8,
               "tcp_payload": 10, "tcp_retransmit": 11, "tcp_closing": 12, "name_lookup": 14}

    def produced(self, daemon):
        """By type, as the kernel counts it: the map `totals` (abi/maps.h)."""
        maps = {entry["id"]: entry for entry in json.loads(run("bpftool", "--json", "map", "show"))}
        number = next(number for kind, number in objects_of(daemon.pid) if kind == "map" and maps[number].get("name") == "totals")
        dump = json.loads(run("bpftool", "--json", "map", "dump", "id", str(number)))
        sums = {}
        for processor in dump[0]["formatted"]["values"]:
            for kind, index in self.NUMBERS.items():
                sums[kind] = sums.get(kind, 0) + processor["value"]["produced"][index]
        return sums

    def balance(self, daemon):
        """What the kernel produced and what became of it, at one moment. By a connection that has been used already and so adds
        nothing; anew if something else of the host did."""
        connection = http.client.HTTPConnection(*daemon.address.split(":"), timeout=DEADLINE_S)
        self.addCleanup(connection.close)
        connection.request("GET", "/-/healthy")
        connection.getresponse().read()
        for _ in range(BALANCE_ATTEMPTS):
            time.sleep(0.05)
            before = self.produced(daemon)
            connection.request("GET", "/metrics")
            text = connection.getresponse().read().decode()
            values = dict(line.rsplit(" ", 1) for line in text.splitlines() if line and not line.startswith("#"))
            if before == self.produced(daemon):
                consumed = sum(float(values[f'egresswatch_events_total{{type="{kind}"}}']) for kind in self.FROM_RING)
                return (sum(before[kind] for kind in self.FROM_RING), consumed, before["flow"],
                        float(values['egresswatch_events_lost_total{reason="ring_full"}']),
                        float(values["egresswatch_data_complete"]))
        raise RuntimeError("other processes of this host connect all the time: no balance can be drawn")

    def test_stopped_for_ten_seconds_with_the_smallest_ring(self):
        path = self.write("egresswatch.yaml", "capture: {ring_bytes: 65536}\n")
        daemon = self.start("--config", path)
        produced, consumed, flows, lost, complete = self.balance(daemon)
        self.assertEqual((produced - consumed, lost, complete), (0, 0, 1))

        daemon.signal(signal.SIGSTOP)
        stopped = time.monotonic()
        # without a question: no flow that is told twice
        self.run_client("--no-question", "--connections", "2000", module="lab.odd_client")
        time.sleep(max(0.0, 10 - (time.monotonic() - stopped)))
        before = len(daemon.output())
        daemon.signal(signal.SIGCONT)
        resumed = time.monotonic()
        wait_until(lambda: "events were lost; reading the open sockets again" in daemon.output()[before:], "the loss to be noticed")
        noticed = time.monotonic() - resumed
        wait_until(lambda: daemon.value("egresswatch_data_complete") == 1, "the open sockets to be read again")
        print(f"loss noticed after {noticed:.2f} s, complete again after {time.monotonic() - resumed:.2f} s at most", flush=True)

        produced, consumed, flows_after, lost, complete = self.balance(daemon)
        self.assertGreater(lost, 2000)
        self.assertEqual(flows_after, flows, "something else of this host sent datagrams: the balance cannot be drawn")
        self.assertEqual(produced, consumed + lost)
        self.assertEqual(complete, 1)
        print(f"{produced} records produced, {consumed:.0f} consumed, {lost:.0f} lost and counted", flush=True)
        self.assert_counts(daemon)
        self.assert_ends_well(daemon)


if __name__ == "__main__":
    unittest.main(verbosity=2)
