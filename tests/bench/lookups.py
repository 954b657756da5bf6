# SPDX-License-Identifier: Apache-2.0
"""Parsers and classification: the figures of bench_dns_parse, bench_client_hello and bench_classify, as rows."""

import re

from bench.build import tool
from bench.table import Row, at_most
from lab.processes import run

# Beginning of a line of bench_classify -> target in ns, none where design.md states none.
TARGETS_NS = {"10,000 patterns": 60, "100,000 prefixes": 25}


def measure():
    parse = re.findall(r"^ +(\S.*?) +([0-9]+) ns", run(tool("bench_dns_parse")), re.MULTILINE)
    # of two races, the first
    ours, *others = ((name, float(value)) for name, value in parse[:len(parse) // 2])
    beside = ", ".join(f"{name} {value:.0f}" for name, value in others)
    rows = [at_most("DNS answer of 229 bytes", ours[1], 150, "ns", 0, f" ({beside})")]
    printed = run(tool("bench_client_hello")) + run(tool("bench_classify"))
    for title, value in re.findall(r"^(\S.*?)  +([0-9.]+) ns", printed, re.MULTILINE):
        limit = next((limit for start, limit in TARGETS_NS.items() if title.startswith(start)), None)
        if limit:
            rows.append(at_most(title, float(value), limit, "ns"))
        else:
            rows.append(Row(title, f"{float(value):.1f} ns"))
    return rows
