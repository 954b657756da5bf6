# SPDX-License-Identifier: Apache-2.0
"""What a scrape costs with many series: the figures of bench_scrape, as rows."""

import re

from bench.build import tool
from bench.table import Row, at_most
from lab.processes import run

TARGET_MS = {100_000: 5}


def _row(figure, milliseconds, limit, note):
    if limit:
        return at_most(figure, milliseconds, limit, "ms", 2, note)
    return Row(figure, f"{milliseconds:.2f} ms{note}")


def measure():
    printed = run(tool("bench_scrape"))
    rows = []
    for series in (10_000, 100_000):
        cost = {what: float(value) for what, value in
                re.findall(rf"^{series} series: (\S.*?)  +([0-9.]+) ms", printed, re.MULTILINE)}
        size, compressed = re.search(rf"^{series} series: (\d+) bytes .* (\d+) compressed", printed,
                                     re.MULTILINE).groups()
        rows += [
            _row(f"scrape of {series:,} series", cost["scrape"], TARGET_MS.get(series),
                 f" (prometheus-cpp's serializer {cost['prometheus-cpp']:.0f} ms)"),
            Row(f"gzip of it, {int(size) / 1e6:.1f} MB to {int(compressed) / 1e6:.2f} MB", f"{cost['gzip']:.1f} ms"),
        ]
    return rows
