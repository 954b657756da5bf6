# SPDX-License-Identifier: Apache-2.0
"""What the kernel says about itself and about a process, from /proc."""

import os
from datetime import datetime, timezone
from pathlib import Path

TICKS_PER_S = os.sysconf("SC_CLK_TCK")


def host_busy_s():
    """Processor time of all processors that was not idle, in seconds; counted by ticks (proc_stat(5))."""
    with open("/proc/stat", encoding="utf-8") as stat:
        # user nice system idle iowait irq softirq steal; guest times are part of user's
        fields = [int(field) for field in stat.readline().split()[1:9]]
    return (sum(fields) - fields[3] - fields[4]) / TICKS_PER_S


def process_cpu_s(pid):
    """User and system time of a process, in seconds (proc_pid_stat(5), fields 14 and 15)."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    return int(fields[11]) / TICKS_PER_S, int(fields[12]) / TICKS_PER_S


def _status(pid, key):
    for line in Path(f"/proc/{pid}/status").read_text(encoding="utf-8").splitlines():
        if line.startswith(f"{key}:"):
            return int(line.split()[1])
    raise KeyError(key)


def resident_mb(pid):
    """Resident memory in units of 10^6 bytes."""
    return _status(pid, "VmRSS") * 1024 / 1e6


def voluntary_switches(pid):
    """How often a process of one thread went to sleep, hence how often it was woken."""
    return _status(pid, "voluntary_ctxt_switches")


def bpf_program_ids(pid):
    """Ids of the BPF programs whose descriptors a process holds."""
    ids = set()
    for entry in Path(f"/proc/{pid}/fdinfo").iterdir():
        try:
            text = entry.read_text(encoding="utf-8")
        except OSError:
            continue
        ids.update(int(line.split()[1]) for line in text.splitlines() if line.startswith("prog_id:"))
    return ids


def load_average():
    return os.getloadavg()[0]


def machine():
    """One line that says where and when."""
    model = "unknown processor"
    for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
        if line.startswith("model name"):
            model = line.partition(":")[2].strip()
            break
    memory_gb = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / 1e9
    when = datetime.now(timezone.utc).strftime("%Y-%m-%d %H:%M UTC")
    virtual = Path("/sys/hypervisor/type").exists() or "hypervisor" in Path("/proc/cpuinfo").read_text(encoding="utf-8")
    return (f"{when}; Linux {os.uname().release} {os.uname().machine}; {os.cpu_count()} x {model}"
            f"{', virtual machine' if virtual else ''}; {memory_gb:.0f} GB")
