# SPDX-License-Identifier: Apache-2.0
"""Faults of files: what the daemon reads is something else, what it writes cannot be written. docs/faults.md lists them."""

import errno
import json
import os
import socket
import subprocess
import sys
import unittest
from pathlib import Path

from lab.preload import Preload
from lab.processes import wait_until
from lab.program import FINDINGS, NEEDED_CAPABILITIES, NOT_REACHABLE, USAGE, in_own_mounts, nobody_with
from lab.running import REFUSED, RELOADED, VAULT, RunningProgram
from lab.test_service_tags import tags

GIGABYTE = 1 << 30


def of_a_kind(path, kind):
    """Puts something that is no good file in the place of `path`."""
    path.unlink(missing_ok=True)
    match kind:
        case "fifo":
            os.mkfifo(path)
        case "sparse":
            path.touch()
            os.truncate(path, GIGABYTE)
        case "loop":
            path.symlink_to(path.name)
        case "directory":
            path.mkdir()
        case "binary":
            path.write_bytes(bytes(range(256)) * 64)
        case "socket":
            with socket.socket(socket.AF_UNIX) as server:
                server.bind(str(path))


def fill(path):
    """Takes all room of a file system."""
    with open(path, "wb", buffering=0) as file:
        try:
            while True:
                file.write(bytes(4096))
        except OSError as error:
            if error.errno != errno.ENOSPC:
                raise


@unittest.skipIf(os.geteuid() != 0, "needs root: it loads BPF programs")
class Files(RunningProgram):
    def lost(self, daemon, what, reason):
        return daemon.value(f'egresswatch_{what}_lost_total{{reason="{reason}"}}')

    def test_something_else_in_the_place_of_the_configuration(self):
        path = Path(self.write("egresswatch.yaml", "log: {level: info}\n"))
        daemon = self.start("--config", str(path))
        for kind, words in (
            ("fifo", "is not a regular file"),
            ("sparse", "larger than 1048576 bytes"),
            ("loop", "cannot be opened: Too many levels of symbolic links"),
            ("binary", ":1"),
            ("socket", "cannot be opened: No such device or address"),
            ("directory", "is not a regular file"),
        ):
            with self.subTest(kind=kind):
                of_a_kind(path, kind)
                daemon.reload(REFUSED + str(path))
                told = [line for line in daemon.output().splitlines() if line.startswith(REFUSED)][-1]
                self.assertIn(words, told)
                self.assertEqual(daemon.value("egresswatch_config_last_reload_successful"), 0)
                done = self.run_to_end("run", "--config", str(path))
                self.assert_fails(done, USAGE, words)
        path.rmdir()
        self.write("egresswatch.yaml", "log: {level: info}\n")
        daemon.reload(RELOADED)
        self.assertEqual(daemon.value("egresswatch_config_last_reload_successful"), 1)
        self.assert_counts(daemon)
        self.assert_ends_well(daemon)

    def test_state_directory_that_is_read_only(self):
        state, control = self.directory / "state", str(self.directory / "control.sock")
        state.mkdir()
        path = self.write("egresswatch.yaml", f"history: {{path: {state}/history.db}}\n")
        preload = Preload(self.directory)
        daemon = self.start("--config", path, "--control.socket", control,
                            prefix=(*in_own_mounts(f"mount -t tmpfs -o ro none {state}"), *preload.prefix))
        self.assertIn(f"warning: the history {state}/history.db cannot be written: Read-only file system; until it can be",
                      daemon.output())
        self.assert_counts(daemon)
        done = self.run_to_end("report", "--config", path, "--control.socket", control)
        self.assertEqual(done.returncode, NOT_REACHABLE, done.stdout)
        self.assertIn(f"; the daemon at {control} cannot write its history", done.stderr)
        self.assertEqual(self.lost(daemon, "history", "not_writable"), 0, "it waits for the next try")
        preload.set_clock(61)
        wait_until(lambda: self.lost(daemon, "history", "not_writable"), "the loss to be counted")
        self.assertEqual(daemon.output().count("cannot be written: Read-only file system"), 1, "said once")
        self.assert_ends_well(daemon)

    def test_disk_that_is_full(self):
        disk, control = self.directory / "disk", str(self.directory / "control.sock")
        disk.mkdir()
        history, events = disk / "history.db", disk / "events.json"
        path = self.write("egresswatch.yaml", f"history: {{path: {history}}}\nevents: {{file: {events}}}\n")
        # enough for the files as they are in the beginning
        daemon = self.start("--config", path, "--control.socket", control,
                            prefix=in_own_mounts(f"mount -t tmpfs -o size=1m none {disk}"))
        seen = Path(f"/proc/{daemon.pid}/root") / disk.relative_to("/")
        fill(seen / "filler")
        self.assert_counts(daemon)
        self.connect_to("lost.vault.azure.net", connections=2000)
        reporting = ("report", "--config", path, "--control.socket", control)
        wait_until(lambda: self.run_to_end(*reporting) and self.lost(daemon, "history", "disk_full"), "history to be lost", 20)
        self.assertEqual(daemon.output().count(f"warning: the history {history} cannot be written: "), 1, "said once")
        self.assertIn("; until it can be, what is seen is missing from reports", daemon.output())

        # 2,000 connections were about 3 MB of lines, of which 1 MiB waits
        wait_until(lambda: self.lost(daemon, "event_lines", "disk_full"), "lines to be lost", 20)
        (seen / "filler").unlink()
        wait_until(lambda: (seen / "events.json").stat().st_size > 0, "the lines that waited to be written", 20)
        for line in (seen / "events.json").read_text().splitlines()[:-1]:
            json.loads(line)
        self.assert_ends_well(daemon)

    def test_recording_on_a_disk_that_is_full(self):
        disk = self.directory / "disk"
        disk.mkdir()
        recorder = self.workspace.start([str(self.binary), "record", str(disk / "file")], unit="recorder", log="recorder.log",
                                        prefix=in_own_mounts(f"mount -t tmpfs -o size=64k none {disk}"))
        log = self.workspace.directory / "recorder.log"
        wait_until(lambda: "recording to" in log.read_text(), "the recorder to start", 30)
        self.connect_to(VAULT, connections=500)
        self.assertEqual(recorder.wait(30), FINDINGS, log.read_text())
        self.assertTrue(log.read_text().endswith("egresswatch: writing the recording: No space left on device\n"), log.read_text())

    def test_control_socket_that_cannot_be_made(self):
        missing = str(self.directory / "missing" / "control.sock")
        daemon = self.start("--control.socket", missing)
        self.assertIn(f"warning: cannot listen on the control socket {missing}: No such file or directory; egresswatch status",
                      daemon.output())
        self.assert_counts(daemon)
        self.assert_ends_well(daemon)

        taken = self.write("taken.sock", "somebody's notes\n")
        done = self.run_to_end("run", "--control.socket", taken)
        self.assert_fails(done, USAGE, f"cannot listen on the control socket {taken}: a file that is no socket has that name")
        self.assertEqual(Path(taken).read_text(), "somebody's notes\n")

    def test_second_instance_with_everything_the_same(self):
        control, history, events = (str(self.directory / name) for name in ("control.sock", "history.db", "events.json"))
        path = self.write("egresswatch.yaml", f"history: {{path: {history}}}\nevents: {{file: {events}}}\n")
        first = self.start("--config", path, "--control.socket", control)
        done = self.run_to_end("run", "--config", path, "--web.listen-address", "127.0.0.1:0", "--control.socket", control)
        self.assert_fails(done, USAGE, f"cannot listen on the control socket {control}: another process listens there")
        self.assert_counts(first)

        # with a socket of its own it shares the files: each connection is in them twice, and nothing is damaged
        second = self.start("--config", path, "--control.socket", "")
        name = "twice.vault.azure.net"
        self.connect_to(name, connections=50)
        for daemon in (first, second):
            wait_until(lambda: daemon.value(self.attempts("key_vault", name)) == 50, "both to count")  # noqa: B023
            self.assert_ends_well(daemon)
        lines = [json.loads(line) for line in Path(events).read_text().splitlines()]
        began = [line for line in lines if line.get("host") == name and line.get("verdict") == "ok"]
        self.assertEqual(len(began), 100)
        done = self.run_to_end("report", "-o", "json", "--history", history)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn(name, done.stdout)

    def test_hosts_files_that_are_none(self):
        refused, nameless = 'egresswatch_table_evictions_total{table="hosts_files"}', self.attempts("other", "other")
        for kind, is_counted in (("sparse", True), ("binary", False), ("fifo", False), ("loop", False)):
            with self.subTest(kind=kind):
                etc = self.directory / f"etc-{kind}"
                etc.mkdir()
                of_a_kind(etc / "hosts", kind)
                daemon = self.start(prefix=in_own_mounts(f"mount --bind {etc} /etc"))
                client = self.client("--no-question", module="lab.odd_client", stdin=subprocess.PIPE)
                wait_until(lambda: daemon.value(nameless) == 1, "the connection to have no name")  # noqa: B023
                self.assertEqual(daemon.value(refused), is_counted)
                self.assertLess(daemon.value("process_resident_memory_bytes"), GIGABYTE)
                client.communicate(timeout=10)
                self.assertEqual(client.returncode, 0)
                self.assert_counts(daemon)
                self.assert_ends_well(daemon)

    def test_standard_streams_that_are_closed(self):
        events = self.directory / "events.json"
        path = self.write("egresswatch.yaml", f"events: {{file: {events}}}\n")
        daemon = self.start("--config", path, prefix=("sh", "-ec", 'exec "$@" <&- >&- 2>&-', "sh"))
        for fd in range(3):
            self.assertEqual(os.readlink(f"/proc/{daemon.pid}/fd/{fd}"), "/dev/null")
        self.assert_counts(daemon)
        self.assert_ends_well(daemon)
        for line in events.read_text().splitlines():
            json.loads(line)

    def test_processes_of_others_that_are_hidden(self):
        prefix = (*in_own_mounts("mount -t proc -o hidepid=invisible,subset=pid proc /proc"), *nobody_with(*NEEDED_CAPABILITIES))
        daemon = self.start(prefix=prefix)
        self.assertEqual(daemon.value('egresswatch_probe_attached{probe="connect4"}'), 1, daemon.output())
        # the kernel tells the control group, and a walk over their tree the unit: at most one a second
        counted = self.attempts("key_vault", VAULT)

        def is_counted():
            self.connect_to(VAULT)
            return daemon.value(counted)

        wait_until(is_counted, "the unit to be known", poll_s=0.5)
        self.assert_ends_well(daemon)

    def test_configuration_directory_that_is_read_only(self):
        path = self.write("egresswatch.yaml", "cloud: public\n")
        daemon = self.start("--config", path, prefix=in_own_mounts(
            f"mount --bind /etc /etc; mount -o remount,ro,bind /etc; mount --bind {self.directory} {self.directory}; "
            f"mount -o remount,ro,bind {self.directory}"))
        daemon.reload(RELOADED)
        self.assert_counts(daemon)
        self.assert_ends_well(daemon)

    def test_files_that_cannot_be_watched(self):
        path = self.write("egresswatch.yaml", f"service_tags: {{file: {self.write('tags.json', tags(1))}}}\n")
        # inotify instances are counted per user: this one has none left
        take_all = ("import ctypes, sys; libc = ctypes.CDLL(None)\nwhile libc.inotify_init() >= 0: pass\n"
                    "print('taken', flush=True); sys.stdin.read()")
        nobody = nobody_with(*NEEDED_CAPABILITIES)
        with subprocess.Popen([*nobody[:4], sys.executable, "-c", take_all], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as taker:
            self.assertEqual(taker.stdout.readline(), b"taken\n")
            daemon = self.start("--config", path, prefix=nobody)
            taker.stdin.close()
        self.assertIn("warning: a file that is replaced is not noticed, reload the configuration then: inotify: Too many open files",
                      daemon.output())
        self.assert_counts(daemon)
        daemon.reload(RELOADED)
        self.assert_ends_well(daemon)


if __name__ == "__main__":
    unittest.main(verbosity=2)
