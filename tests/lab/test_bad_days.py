# SPDX-License-Identifier: Apache-2.0
"""The program where something is missing, wrong or in the way: the exit code, one sentence that says what to do, and
nothing left behind. What each message means is in docs/troubleshooting.md."""

import json
import os
import signal
import socket
import subprocess
import unittest
import urllib.error
from pathlib import Path

from lab.bpf_objects import objects_of, orphans
from lab.daemon import free_port
from lab.lone_client import ADDRESS
from lab.processes import wait_until
from lab.program import (
    DEADLINE_S,
    FINDINGS,
    FINE,
    KERNEL_UNSUITABLE,
    NEEDED_CAPABILITIES,
    NOBODY,
    USAGE,
    Program,
    in_own_mounts,
    nobody_with,
)
from lab.running import REFUSED, RELOADED, VAULT, RunningProgram

CGROUP_PROBES = ("connect4", "connect6", "sendmsg4", "sendmsg6", "sock_create", "packet_out", "packet_in")


class Commands(Program):
    """What needs neither root nor a kernel."""

    def test_version(self):
        done = self.run_to_end("version")
        self.assertEqual((done.returncode, done.stderr), (FINE, ""))
        self.assertRegex(done.stdout, r"\Aegresswatch \d+\.\d+\.\d+ \(\w+\)\n\Z")

    def test_help(self):
        done = self.run_to_end("--help-all")
        self.assertEqual((done.returncode, done.stderr), (FINE, ""))
        for word in ("run", "record", "replay", "--web.listen-address", "--config"):
            self.assertIn(word, done.stdout)

    def test_wrong_arguments(self):
        for arguments, word in (
            (("run", "--nonsense"), "unknown argument --nonsense"),
            (("nonsense",), "unknown argument nonsense"),
            ((), "subcommand"),
            (("config",), "subcommand"),
            (("run", "--config"), "--config"),
            (("replay",), "FILE"),
            (("run", "--web.listen-address", "here"), '"here"'),
        ):
            with self.subTest(arguments=arguments):
                self.assert_fails(self.run_to_end(*arguments), USAGE, word)

    def test_good_configuration(self):
        path = self.write("good.yaml", "cloud: china\nlimits:\n  sockets: 100\n")
        done = self.run_to_end("config", "check", path)
        self.assertEqual((done.returncode, done.stdout, done.stderr), (FINE, f"{path} is valid\n", ""))

    def test_missing_default_configuration_is_fine_and_said(self):
        done = self.run_to_end("config", "check")
        self.assertEqual((done.returncode, done.stderr), (FINE, ""))
        exists = Path("/etc/egresswatch/egresswatch.yaml").exists()
        self.assertIn("is valid" if exists else "does not exist: the defaults hold", done.stdout)

    def test_every_problem_of_a_configuration_has_file_line_and_key(self):
        path = self.write("bad.yaml", "cloud: moon\nlimits:\n  sockets: many\n  sokets: 1\n")
        for command in (("config", "check"), ("run", "--config")):
            with self.subTest(command=command):
                done = self.run_to_end(*command, path)
                self.assertEqual(done.returncode, USAGE)
                lines = done.stderr.removeprefix("egresswatch: ").splitlines()
                where = [(f"{path}:1", "cloud"), (f"{path}:3", "limits.sockets"), (f"{path}:4", "limits.sokets")]
                self.assertEqual([tuple(line.split(": ")[:2]) for line in lines], where)

    def test_missing_configuration(self):
        path = str(self.directory / "missing.yaml")
        for command in (("config", "check"), ("run", "--config"), ("replay", "x", "--config")):
            with self.subTest(command=command):
                self.assert_fails(self.run_to_end(*command, path), USAGE, path, "No such file or directory")

    def test_directory_in_place_of_the_configuration(self):
        done = self.run_to_end("run", "--config", str(self.directory))
        self.assert_fails(done, USAGE, str(self.directory), "not a regular file")

    def test_replay_of_what_is_no_recording(self):
        path = self.write("notes.txt", "no recording\n" * 20)
        self.assert_fails(self.run_to_end("replay", path), USAGE, path, "not a recording")
        missing = str(self.directory / "missing")
        self.assert_fails(self.run_to_end("replay", missing), USAGE, missing, "No such file or directory")


@unittest.skipIf(os.geteuid() != 0, "needs root: it loads BPF programs")
class Start(Program):
    """`egresswatch run` and `record` that cannot start."""

    def setUp(self):
        super().setUp()
        before = orphans()
        self.addCleanup(lambda: wait_until(lambda: not orphans() - before, "BPF programs, maps and links to go"))

    def start(self, *arguments, prefix=()):
        return self.run_to_end("run", "--web.listen-address", f"127.0.0.1:{free_port()}", *arguments, prefix=prefix)

    def test_not_root(self):
        for command in (("run",), ("record", "/dev/null")):
            done = self.run_to_end(*command, prefix=NOBODY)
            self.assert_fails(done, USAGE, "CAP_BPF, CAP_PERFMON, CAP_NET_ADMIN", "as root")

    def test_root_without_a_capability(self):
        for name in NEEDED_CAPABILITIES:
            with self.subTest(capability=name):
                done = self.start(prefix=("setpriv", f"--inh-caps=-{name}", f"--bounding-set=-{name}"))
                self.assert_fails(done, USAGE, f"needs CAP_{name.upper()}:")

    def test_capabilities_that_count_in_a_user_namespace_only(self):
        done = self.start(prefix=("unshare", "--user", "--map-root-user"))
        self.assert_fails(done, USAGE, "Operation not permitted", "user namespace", "on the host itself")

    def test_no_btf(self):
        where_libbpf_looks = "/sys/kernel/btf /boot /lib/modules /usr/lib/debug"
        hide = f"for path in {where_libbpf_looks}; do [ ! -d $path ] || mount -t tmpfs none $path; done"
        done = self.start(prefix=in_own_mounts(hide))
        self.assert_fails(done, KERNEL_UNSUITABLE, "no BTF", "CONFIG_DEBUG_INFO_BTF=y")

    def test_taken_port(self):
        with socket.create_server(("127.0.0.1", 0)) as taken:
            address = f"127.0.0.1:{taken.getsockname()[1]}"
            done = self.run_to_end("run", "--web.listen-address", address)
        self.assert_fails(done, USAGE, address, "Address already in use", "--web.listen-address")

    def test_address_of_another_host(self):
        path = self.write("open.yaml", "web: {allow_plain_text: true}\n")
        done = self.run_to_end("run", "--config", path, "--web.listen-address", "192.0.2.1:10180")
        self.assert_fails(done, USAGE, "192.0.2.1:10180", "does not have that address")

    def test_unreadable_configuration(self):
        path = self.write("secret.yaml", "cloud: public\n")
        os.chmod(path, 0o600)
        done = self.start("--config", path, prefix=nobody_with(*NEEDED_CAPABILITIES))
        self.assert_fails(done, USAGE, path, "Permission denied")

    def test_recording_that_cannot_be_written(self):
        done = self.run_to_end("record", "/nonexistent/file")
        self.assert_fails(done, USAGE, "/nonexistent/file", "No such file or directory")


@unittest.skipIf(os.geteuid() != 0, "needs root: it loads BPF programs")
class Running(RunningProgram):
    """The daemon while something happens to it."""

    def test_no_cgroup_v2(self):
        daemon = self.start(prefix=in_own_mounts("umount --lazy --all --types cgroup2"))
        self.assert_works_without_cgroup_probes(daemon)

    def test_cgroup_v2_behind_another_mount(self):
        hide = "sed -n 's/.* \\(.*\\) [^ ]* - cgroup2 .*/\\1/p' /proc/self/mountinfo"
        daemon = self.start(prefix=in_own_mounts(f"for path in $({hide}); do mount -t tmpfs none $path; done"))
        self.assert_works_without_cgroup_probes(daemon)

    def assert_works_without_cgroup_probes(self, daemon):
        for probe in CGROUP_PROBES:
            self.assertEqual(daemon.value(f'egresswatch_probe_attached{{probe="{probe}"}}'), 0, probe)
            warning = f"warning: probe {probe} is not attached: cgroup v2 is not mounted: mount it at "
            self.assertEqual(daemon.output().count(warning), 1, daemon.output())
        self.assertEqual(daemon.value('egresswatch_probe_attached{probe="tcp_state"}'), 1)
        with self.assertRaises(urllib.error.HTTPError) as answer:
            daemon.get("/-/ready")
        self.assertEqual(answer.exception.code, 503)
        self.assertIn("not attached: ", told := answer.exception.read().decode())
        self.assertIn(CGROUP_PROBES[0], told)
        self.connect_to(VAULT)
        wait_until(lambda: f" {ADDRESS}:443 " in daemon.lines(), "the connection to be seen")
        self.assertRegex(daemon.lines(), rf"(?m)^\S+ +ok .* {ADDRESS}:443 .* connected in")
        self.assert_ends_well(daemon)

    def test_configuration_that_breaks_and_is_mended(self):
        path = self.write("egresswatch.yaml", "services:\n  - {name: mine, hosts: [bad-day.example.com]}\n")
        daemon = self.start("--config", path)
        self.assertEqual(daemon.value("egresswatch_config_last_reload_successful"), 1)

        os.unlink(path)
        daemon.reload(REFUSED + path + ": cannot be opened")
        self.assertEqual(daemon.value("egresswatch_config_last_reload_successful"), 0)
        self.write("egresswatch.yaml", "services:\n  - {name: mine, hosts: 7}\n")
        daemon.reload(REFUSED + path + ":2: services[0].hosts: ")
        self.assertEqual(daemon.value("egresswatch_config_last_reload_successful"), 0)
        old = self.attempts("mine", "bad-day.example.com")
        self.connect_to("bad-day.example.com")
        wait_until(lambda: daemon.value(old) == 1, "the old configuration to classify")

        self.write("egresswatch.yaml", "services:\n  - {name: new, hosts: [bad-day.example.com]}\n")
        daemon.reload(RELOADED)
        self.assertEqual(daemon.value("egresswatch_config_last_reload_successful"), 1)
        self.connect_to("bad-day.example.com")
        wait_until(lambda: daemon.value(self.attempts("new", "bad-day.example.com")) == 1, "the new one to classify")
        self.assertEqual(daemon.value(old), 1, "counters stay")
        self.assert_ends_well(daemon)

    def test_reload_changes_the_cloud(self):
        path = self.write("egresswatch.yaml", "cloud: public\n")
        daemon = self.start("--config", path)
        vault = "bad-day.vault.usgovcloudapi.net"
        stranger, known = self.attempts("other", "other"), self.attempts("key_vault", vault)
        self.connect_to(vault)
        wait_until(lambda: daemon.value(stranger) == 1, "a vault of another cloud to be a stranger")
        self.assertIsNone(daemon.value(known))

        self.write("egresswatch.yaml", "cloud: usgov\n")
        daemon.reload(RELOADED)
        self.connect_to(vault)
        wait_until(lambda: daemon.value(known) == 1, "the vault to be classified")
        self.assertEqual(daemon.value(stranger), 1)
        self.assert_ends_well(daemon)

    def test_termination_leaves_nothing_behind(self):
        for number in (signal.SIGTERM, signal.SIGINT):
            with self.subTest(signal=number.name):
                self.assert_ends_well(self.start(), number)

    def test_even_a_killed_daemon_leaves_nothing_behind(self):
        daemon = self.start()
        held = objects_of(daemon.pid)
        daemon.signal(signal.SIGKILL)
        self.assertEqual(daemon.wait(), -signal.SIGKILL)
        wait_until(lambda: not held & orphans(), "the BPF programs, maps and links to go")

    def test_readers_of_output_that_go_away(self):
        ends = [os.pipe(), os.pipe()]
        daemon = self.start(stdout=ends[0][1], stderr=ends[1][1])
        for reader, writer in ends:
            os.close(reader)
            os.close(writer)
        self.connect_to(VAULT)
        wait_until(lambda: daemon.value(self.attempts("key_vault", VAULT)) == 1, "the connection to count")
        when = "egresswatch_config_last_reload_success_timestamp_seconds"
        before = daemon.value(when)
        daemon.signal(signal.SIGHUP)  # its outcome is told on standard error
        wait_until(lambda: daemon.value(when) > before, "the reload")
        self.assertTrue(daemon.runs())
        self.assert_ends_well(daemon)

    def test_two_daemons_at_once(self):
        # on a host that has the default control socket's directory, the second needs one of its own
        first, second = (self.start("--control.socket", str(self.directory / name)) for name in ("first.sock", "second.sock"))
        attempts = self.attempts("key_vault", VAULT)
        self.connect_to(VAULT)
        wait_until(lambda: first.value(attempts) == second.value(attempts) == 1, "both to count")
        self.assert_ends_well(first)
        self.connect_to(VAULT)
        wait_until(lambda: second.value(attempts) == 2, "the other to go on")
        self.assert_ends_well(second)

    def test_file_of_events_that_is_rotated(self):
        events = self.directory / "events.json"
        path = self.write("egresswatch.yaml", f"events: {{file: {events}}}\n")
        daemon = self.start("--config", path)
        rotate = self.write("rotate.conf", f"{events} {{\n  rotate 1\n  postrotate\n    kill -HUP {daemon.pid}\n  endscript\n}}\n")
        when = "egresswatch_config_last_reload_success_timestamp_seconds"
        before = daemon.value(when)
        self.connect_to("before.vault.azure.net")
        wait_until(lambda: events.read_text().count("before.vault.azure.net"), "the events to be written")
        subprocess.run(["logrotate", "--force", "--state", str(self.directory / "state"), rotate], check=True, timeout=60)
        wait_until(lambda: daemon.value(when) > before, "the reload")
        self.connect_to("after.vault.azure.net")
        self.assert_ends_well(daemon)
        hosts = [{json.loads(line).get("host") or json.loads(line)["question"] for line in file.read_text().splitlines()
                  if self.unit in line} for file in (events.with_suffix(".json.1"), events)]
        self.assertEqual(hosts, [{"before.vault.azure.net"}, {"after.vault.azure.net"}])

    def test_events_that_were_lost(self):
        path = self.write("egresswatch.yaml", "capture: {ring_bytes: 65536}\n")
        daemon = self.start("--config", path)
        vault = self.attempts("key_vault", VAULT)
        still_open = f'egresswatch_open_connections{{service="key_vault",host="{VAULT}"}}'
        holder = self.client(VAULT, "1", "hold", stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.assertEqual(holder.stdout.readline(), b"open\n")
        wait_until(lambda: daemon.value(still_open) == 1, "the connection to be open")

        daemon.signal(signal.SIGSTOP)
        self.connect_to("lost.vault.azure.net", connections=1000)
        daemon.signal(signal.SIGCONT)
        self.assertGreater(daemon.value('egresswatch_events_lost_total{reason="ring_full"}'), 0)
        wait_until(lambda: daemon.value("egresswatch_data_complete") == 1, "the open sockets to be read again")
        self.assertIn("events were lost; reading the open sockets again", daemon.output())
        self.assertEqual(daemon.value(still_open), 1, "in a namespace that the daemon cannot enter")
        self.assertEqual(daemon.value(still_open.replace(VAULT, "lost.vault.azure.net")), 0)

        holder.stdin.close()
        wait_until(lambda: daemon.value(still_open) == 0, "the connection to close")
        self.assertEqual(daemon.value(vault), 1)
        holder.stdout.close()
        self.assert_ends_well(daemon)

    def test_user_without_rights_but_the_capabilities(self):
        self.assert_ends_well(self.start(prefix=nobody_with(*NEEDED_CAPABILITIES)))

    def test_recording_that_was_cut_and_disk_that_is_full(self):
        path = self.directory / "cut.egwrec"
        recorder = self.workspace.start([str(self.binary), "record", str(path)], unit="recorder", log="recorder.log")
        log = self.workspace.directory / "recorder.log"
        wait_until(lambda: "recording to" in log.read_text(), "the recorder to start", DEADLINE_S)
        self.connect_to(VAULT)
        recorder.send_signal(signal.SIGINT)
        self.assertEqual(recorder.wait(DEADLINE_S), 0, log.read_text())
        whole = self.run_to_end("replay", str(path))
        self.assertEqual((whole.returncode, whole.stderr), (FINE, ""))
        self.assertIn(VAULT, whole.stdout)

        with open("/dev/full", "w", encoding="utf-8") as full:
            nowhere = subprocess.run([str(self.binary), "replay", str(path)], stdout=full, stderr=subprocess.PIPE,
                                     text=True, timeout=DEADLINE_S, check=False)
        self.assert_fails(nowhere, FINDINGS, "writing to standard output", "No space left on device")

        path.write_bytes(path.read_bytes()[:-9])
        self.assert_fails(self.run_to_end("replay", str(path)), FINDINGS, str(path), "ends in the middle of a record")


if __name__ == "__main__":
    unittest.main(verbosity=2)
