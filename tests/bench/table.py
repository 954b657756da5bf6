# SPDX-License-Identifier: Apache-2.0
"""The rows of the result, and how they are printed."""

from dataclasses import dataclass
from typing import Optional


@dataclass
class Row:
    """One figure. `met` says whether it meets its target; none where there is no target."""

    figure: str
    measured: str
    target: str = ""
    met: Optional[bool] = None

    def markdown(self):
        verdict = {True: "yes", False: "**no**", None: ""}[self.met]
        return f"| {self.figure} | {self.measured} | {self.target} | {verdict} |"


def at_most(figure, value, limit, unit, digits=1, note=""):
    """A figure whose target is an upper limit."""
    return Row(figure, f"{value:.{digits}f} {unit}{note}", f"<= {limit:g} {unit}", value <= limit)


def at_least(figure, value, limit, unit, digits=1, note=""):
    """A figure whose target is a lower limit."""
    return Row(figure, f"{value:.{digits}f} {unit}{note}", f">= {limit:g} {unit}", value >= limit)


def render(rows):
    head = ["| figure | measured | target | met |", "|---|---|---|---|"]
    return "\n".join(head + [row.markdown() for row in rows])
