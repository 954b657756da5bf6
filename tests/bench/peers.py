# SPDX-License-Identifier: Apache-2.0
"""Other tools that watch connections, one after the other in the same storm: what each costs it.

Each is shown to see the storm before it is measured, since a tool that sees nothing costs nothing. What it prints goes to
/dev/null, so that no terminal and no disk is measured.
"""

import re
import shutil
import signal
import subprocess
import textwrap
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Callable

from bench.daemon import Daemon
from bench.statistics_of_pairs import ratio
from bench.system import bpf_program_ids
from bench.table import Row
from lab.processes import tail, wait_until

HERE = Path(__file__).parent
# From the programs that are loaded to those that are attached, and the last lines of a tool.
SETTLE_S = 0.5
START_DEADLINE_S = 20.0
STOP_DEADLINE_S = 10.0
TRIAL_CONNECTIONS = 200

# Tracepoints are attached by a number in tracefs. It need not be mounted here: it is in a mount namespace of the tool's.
WITH_TRACEFS = ("unshare", "--mount", "sh", "-ec", """
mountpoint -q /sys/kernel/tracing || mount -t tracefs tracefs /sys/kernel/tracing
exec "$@"
""", "sh")

COUNTING = "tracepoint:sock:inet_sock_set_state { @changes = count(); }"
PRINTING = ('tracepoint:sock:inet_sock_set_state { printf("%s %d %d -> %d %d\\n", comm, '
            "args->sport, args->dport, args->oldstate, args->newstate); }")


class CannotRun(Exception):
    """Its text is the reason."""


def _lines(output, _):
    return len(output.splitlines())


def _changes(output, _):
    found = re.search(r"@changes: (\d+)", output)
    return int(found.group(1)) if found else 0


def _captured(_, errors):
    found = re.search(r"(\d+) packets? captured", errors)
    return int(found.group(1)) if found else 0


@dataclass
class Peer:
    name: str
    command: tuple
    prefix: tuple = WITH_TRACEFS
    # What it told, of standard output and error when it had ended: at least one for each connection.
    told: Callable = _lines
    # What standard error says once it is at work; none: it holds BPF programs by then.
    ready: str = ""
    rates: list = field(default_factory=list)


def _libbpf_tools():
    """The beginning of a command of theirs: they are of another Debian than this, with its loader and C library."""
    found = subprocess.run([HERE / "fetch-peers"], capture_output=True, text=True, check=False)
    if found.returncode != 0:
        raise CannotRun(found.stderr.strip())
    root = Path(found.stdout.strip())
    libraries = next(root.glob("usr/lib/*-linux-gnu"))
    loader = next(libraries.glob("ld-linux-*"))
    return lambda name: (str(loader), "--library-path", str(libraries), str(root / "usr" / "sbin" / f"{name}-libbpf"))


def _installed(name):
    if not shutil.which(name):
        raise CannotRun(f"{name} is missing: scripts/install-deps bench")
    return name


def _all_peers(storm):
    """Functions that make a peer, by its name."""
    return {
        "tcplife": lambda name: Peer(name, _libbpf_tools()("tcplife")),
        "tcpstates": lambda name: Peer(name, _libbpf_tools()("tcpstates")),
        "bpftrace, counting": lambda name: Peer(name, (_installed("bpftrace"), "-e", COUNTING), told=_changes),
        "bpftrace, printing": lambda name: Peer(name, (_installed("bpftrace"), "-e", PRINTING)),
        # -Z root: else it becomes a user of its own, who may not write to where it was told to
        "tcpdump": lambda name: Peer(
            name, (_installed("tcpdump"), "-Z", "root", "-n", "-i", "lo", "-w", "/dev/null"), prefix=storm.prefix,
            told=_captured, ready="listening on"),
    }


class _Running:
    """At work when __enter__ returns; ended by __exit__, as a user ends it."""

    def __init__(self, workspace, peer, output):
        self._workspace, self._peer, self._output = workspace, peer, output
        self.errors = workspace.directory / "peer.errors"

    def __enter__(self):
        with open(self._output, "wb") as output, open(self.errors, "wb") as errors:
            self._process = self._workspace.start(self._peer.command, unit="peer.service", prefix=self._peer.prefix,
                                                  stdout=output, stderr=errors)
        try:
            wait_until(self._at_work, f"{self._peer.name} to begin", START_DEADLINE_S)
        except BaseException:
            self._process.kill()
            raise
        time.sleep(SETTLE_S)
        self._expect_alive()
        return self

    def __exit__(self, kind, *_):
        alive = self._process.poll() is None
        self._process.send_signal(signal.SIGINT)
        try:
            self._process.wait(STOP_DEADLINE_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        if kind is None and not alive:
            raise CannotRun(self._last_words())

    def _at_work(self):
        self._expect_alive()
        if self._peer.ready:
            return self._peer.ready in self.errors.read_text(encoding="utf-8", errors="replace")
        return bpf_program_ids(self._process.pid)

    def _expect_alive(self):
        if self._process.poll() is not None:
            raise CannotRun(self._last_words())

    def _last_words(self):
        # bpftrace says that it could not raise the limit of locked memory, and goes on.
        lines = [line.strip() for line in tail(self.errors).splitlines() if "RLIMIT_MEMLOCK" not in line]
        words = "; ".join(line for line in lines if re.search("[a-z]", line))
        return textwrap.shorten(words, 240) if words else f"it ended with {self._process.returncode}"


def _try(workspace, peer, storm):
    """CannotRun unless it tells of each connection of a small storm."""
    output = workspace.directory / "peer.output"
    with _Running(workspace, peer, output) as running:
        storm.run(connections=TRIAL_CONNECTIONS, in_flight=1)
        time.sleep(SETTLE_S)
    told = peer.told(*(path.read_text(encoding="utf-8", errors="replace") for path in (output, running.errors)))
    if told < TRIAL_CONNECTIONS:
        raise CannotRun(f"of {TRIAL_CONNECTIONS} connections it told {told}")


def _that_can_run(workspace, storm):
    """The peers that can, and {name: why not} of the others."""
    peers, reasons = [], {}
    for name, make in _all_peers(storm).items():
        try:
            peer = make(name)
            _try(workspace, peer, storm)
            peers.append(peer)
        except (CannotRun, TimeoutError) as error:
            reasons[name] = str(error)
    return peers, reasons


def measure(workspace, binary, storm, rounds, seconds):
    """Rounds of storms: with nothing, with us, and with each of the others, each time in another order."""
    peers, reasons = _that_can_run(workspace, storm)

    def rate():
        tally = storm.run(seconds=seconds)
        return tally["connections"] / tally["seconds"]

    def with_daemon():
        with Daemon(workspace, binary):
            time.sleep(SETTLE_S)
            return rate()

    def with_peer(peer):
        with _Running(workspace, peer, Path("/dev/null")):
            return rate()

    nothing, ours = [], []
    phases = [lambda: nothing.append(rate()), lambda: ours.append(with_daemon()),
              *(lambda peer=peer: peer.rates.append(with_peer(peer)) for peer in peers)]
    rate()
    for number in range(rounds):
        turn = number % len(phases)
        # Turned and reversed: none is always behind the same other.
        order = phases[turn:] + phases[:turn]
        for phase in order if number % 2 == 0 else reversed(order):
            phase()

    off = sum(nothing) / rounds
    title = f"connection rate, on / off ({rounds} rounds of {seconds:g} s)"
    rows = [Row(f"{title}: egresswatch", f"{ratio(zip(ours, nothing))} of {off:,.0f}/s")]
    rows += [Row(f"the same: {peer.name}", str(ratio(zip(peer.rates, nothing)))) for peer in peers]
    return rows + [Row(f"the same: {name}", f"cannot run: {reason}") for name, reason in reasons.items()]
