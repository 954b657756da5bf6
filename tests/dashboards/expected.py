# SPDX-License-Identifier: Apache-2.0
"""What a panel must show of what Prometheus answered."""

import math

from dashboards.panels import legend_of


def legend(panel, answers):
    """The names of its series, sorted."""
    return sorted(legend_of(target, series["metric"])
                  for target, result in zip(panel["targets"], answers, strict=True) for series in result)


def is_drawn(answers):
    """Whether there is a number to draw; NaN is a gap."""
    return any(math.isfinite(float(value)) for result in answers for series in result for _, value in series["values"])


def _words(panel):
    """{number: text} of a panel that shows words in place of numbers."""
    mappings = panel["fieldConfig"]["defaults"].get("mappings") or [{"options": {}}]
    return {value: word["text"] for value, word in mappings[0]["options"].items()}


def tiles(panel, answers):
    """The words of a stat: title and text of each value, or only the text if there is one. None where it is a number
    with a unit, whose rounding is Grafana's affair."""
    words = _words(panel)
    values = [(legend_of(target, series["metric"]), series["value"][1])
              for target, result in zip(panel["targets"], answers, strict=True) for series in result]
    if not words and panel["fieldConfig"]["defaults"]["unit"] != "short":
        return None
    texts = [(title, words.get(value, value)) for title, value in values]
    return [text for pair in texts for text in pair] if len(texts) > 1 else [texts[0][1]]


def shown(panel):
    """The columns of a table, in order: name of the field, title."""
    options = panel["transformations"][-1]["options"]
    return [(field, options["renameByName"][field])
            for field in sorted(options["indexByName"], key=options["indexByName"].get)]


def columns(panel, answers):
    """The titles of the columns of a table that have data."""
    found = [(target["refId"], result) for target, result in zip(panel["targets"], answers, strict=True) if result]
    labels = {name for _, result in found for series in result for name in series["metric"]}
    values = {"Value"} if len(found) == 1 else {f"Value #{number}" for number, _ in found}
    return [title for field, title in shown(panel) if field in labels | values]


def _words_of_columns(panel):
    """{title: {value: word}} of the columns that show words."""
    return {override["matcher"]["options"]: item["value"][0]["options"]
            for override in panel["fieldConfig"]["overrides"] for item in override["properties"]
            if item["id"] == "mappings"}


def rows(panel, answers):
    """What the columns with labels say, as tuples: a set. Words stand for what a mapping renames."""
    found = {name for result in answers for series in result for name in series["metric"]}
    words = _words_of_columns(panel)

    def text(title, value):
        return words.get(title, {}).get(value, {}).get("text", value) or "–"

    return {tuple(text(title, series["metric"].get(field, "")) for field, title in shown(panel) if field in found)
            for result in answers for series in result}


def numbers(panel, answers):
    """{labels as in rows(): what the column Value shows}, where that is a count of less than a thousand."""
    if len(panel["targets"]) > 1 or dict(shown(panel)).get("Value") in (None, *_words_of_columns(panel)):
        return {}
    return {labels: f"{int(value)}" for series in answers[0] for labels in rows(panel, [[series]])
            if (value := float(series["value"][1])).is_integer() and value < 1000}
