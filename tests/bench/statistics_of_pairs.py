# SPDX-License-Identifier: Apache-2.0
"""Ratios of interleaved pairs: what changes slowly on a machine changes both of a pair alike."""

import math
import statistics
from dataclasses import dataclass

# Student's t for 95 % two-sided, by degrees of freedom.
T95 = {4: 2.776, 5: 2.571, 6: 2.447, 7: 2.365, 8: 2.306, 9: 2.262, 10: 2.228, 11: 2.201, 12: 2.179, 13: 2.160,
       14: 2.145, 15: 2.131, 19: 2.093, 24: 2.064, 29: 2.045}


@dataclass
class Ratio:
    """Geometric mean of the ratios, with its confidence interval of 95 %."""

    mean: float
    low: float
    high: float

    def __str__(self):
        return f"{self.mean:.3f} ({self.low:.3f} to {self.high:.3f})"


def ratio(pairs):
    """Of pairs (on, off), at least five. The logarithms are taken for normally distributed."""
    logs = [math.log(on / off) for on, off in pairs]
    freedom = len(logs) - 1
    # Between two rows of the table the upper one is the careful choice.
    t = T95[max(row for row in T95 if row <= freedom)]
    mean = statistics.fmean(logs)
    half = t * statistics.stdev(logs) / math.sqrt(len(logs))
    return Ratio(math.exp(mean), math.exp(mean - half), math.exp(mean + half))
