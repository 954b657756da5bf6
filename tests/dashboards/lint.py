# SPDX-License-Identifier: Apache-2.0
"""What every panel of a dashboard must have, so that somebody who did not write it can read it, and that it works with
any data source, job and host."""

import re

from dashboards.panels import DASHBOARDS, ROOT, panels_of

DATASOURCE = {"type": "prometheus", "uid": "${datasource}"}
TYPES = ("stat", "timeseries", "table")
VARIABLES = ("datasource", "job", "instance")
# A metric with or without its selector. Other words of PromQL do not look like these.
METRIC = re.compile(r"\b(egresswatch_\w+|process_\w+_(?:seconds|bytes|fds|total)|scrape_\w+|up|ALERTS)\b(\{[^}]*\})?")
TARGETS = re.compile(r'job=~"\$job", instance=(~?)"\$instance"')
WINDOW = re.compile(r"\[([^\]]*)\]|offset (\$?\w+)")
WINDOWS = {True: ("$__range", "$__range:", "$quiet"), False: ("$__rate_interval",)}
OF_PROMETHEUS = ("up", "ALERTS", "scrape_duration_seconds", "scrape_samples_scraped")


def documented_metrics():
    text = (ROOT / "docs" / "metrics.md").read_text(encoding="utf-8")
    return set(re.findall(r"`((?:egresswatch|process)_\w+)", text))


def _of_expression(target, metrics):
    expression = target["expr"]
    found = METRIC.findall(expression)
    if not found:
        yield "asks for no metric"
    for name, selector in found:
        if name.removesuffix("_bucket") not in metrics and name not in OF_PROMETHEUS:
            yield f"{name} is not in docs/metrics.md"
        if not TARGETS.search(selector):
            yield f"{name}{selector} does not select by the variables job and instance"
    for match in WINDOW.finditer(expression):
        if (match[1] or match[2]) not in WINDOWS[target["instant"]]:
            yield f"{match[0]} is not a time of {'instant' if target['instant'] else 'range'} queries"
    if target["range"] == target["instant"]:
        yield "is either a range or an instant query"


def _of_table(panel):
    shown = list(panel["transformations"][-1]["options"]["renameByName"].items())
    properties = {override["matcher"]["options"]: {p["id"] for p in override["properties"]}
                  for override in panel["fieldConfig"]["overrides"]}
    for field, title in shown:
        if field.startswith("Value") and "unit" not in properties.get(title, ()):
            yield f"column {title} has no unit"
        if "noValue" not in properties.get(title, ()):
            yield f"column {title} does not say what an empty cell shows"
    if panel["options"]["sortBy"][0]["displayName"] not in dict(shown).values():
        yield "is sorted by a column that it does not have"
    if any(target["format"] != "table" for target in panel["targets"]):
        yield "has a query that is no table"


def _of_panel(panel, metrics):
    if panel["type"] not in TYPES:
        yield f"is of type {panel['type']}"
        return
    if not panel["description"].endswith((".", "?")):
        yield "has no description of a sentence at least"
    if panel["datasource"] != DATASOURCE or any(target["datasource"] != DATASOURCE for target in panel["targets"]):
        yield "does not use the variable datasource"
    if panel["type"] == "table":
        yield from _of_table(panel)
    elif not panel["fieldConfig"]["defaults"].get("unit"):
        yield "has no unit"
    if not panel["fieldConfig"]["defaults"].get("noValue"):
        yield "does not say what no data means"
    for target in panel["targets"]:
        for problem in _of_expression(target, metrics):
            yield f"{target['refId']}: {problem}"


def _overlapping(panels):
    taken = {}
    for panel in panels:
        x, y, w, h = (panel["gridPos"][key] for key in "xywh")
        if x + w > 24:
            yield f"{panel['title']}: wider than the page"
        for cell in ((column, row) for column in range(x, x + w) for row in range(y, y + h)):
            if taken.setdefault(cell, panel["title"]) != panel["title"]:
                yield f"{panel['title']}: lies upon {taken[cell]}"
                break


def links_of(dashboard):
    """Every address that a dashboard leads to."""
    for link in dashboard["links"]:
        yield link["url"]
    for panel in panels_of(dashboard):
        for override in panel["fieldConfig"]["overrides"]:
            for item in override["properties"]:
                if item["id"] == "links":
                    yield from (link["url"] for link in item["value"])


def _of_link(url):
    inside = re.match(r"/d/([\w-]+)", url)
    if inside:
        if inside[1] not in DASHBOARDS:
            yield f"{url}: no dashboard has this uid"
        return
    page = re.fullmatch(r"https://\S+?/(docs/[^$#]+)(\$\{__value\.text\}\.md)?", url)
    if not page or not (ROOT / page[1]).exists():
        yield f"{url}: leads to no page of the documentation"


def problems(name, dashboard):
    """What is wrong with the dashboard of a file, in words."""
    metrics = documented_metrics()
    if dashboard.get("uid") != name:
        yield f"the uid is not {name}"
    if "id" in dashboard:
        yield "has an id of one Grafana"
    for key in ("title", "description", "tags"):
        if not dashboard.get(key):
            yield f"has no {key}"
    variables = {variable["name"]: variable for variable in dashboard["templating"]["list"]}
    yield from (f"lacks the variable {wanted}" for wanted in VARIABLES if wanted not in variables)
    for variable in variables.values():
        if variable["type"] == "query" and variable["datasource"] != DATASOURCE:
            yield f"variable {variable['name']} does not use the variable datasource"
    for key in ("id", "title"):
        values = [panel[key] for panel in dashboard["panels"]]
        twice = sorted({value for value in values if values.count(value) > 1})
        yield from (f"two panels have the {key} {value}" for value in twice)
    yield from _overlapping(dashboard["panels"])
    for panel in panels_of(dashboard):
        yield from (f"{panel['title']}: {problem}" for problem in _of_panel(panel, metrics))
    for url in links_of(dashboard):
        yield from _of_link(url)
