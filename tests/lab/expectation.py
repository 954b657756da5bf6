# SPDX-License-Identifier: Apache-2.0
"""Events compared with what a scenario expects of them, and the counters that must follow from both."""

import collections
import ipaddress

# The counters that a scenario accounts for, with the labels of its keys.
PER_UNIT = {
    "connection_attempts_total": ("service", "host"),
    "connections_established_total": ("service", "host"),
    "connection_failures_total": ("service", "host", "stage", "cause"),
}
PER_HOST = {
    "dns_answers_total": ("service", "host", "rcode"),
    "dns_failures_total": ("service", "host", "cause"),
}


def _fits(wanted, seen):
    """Whether a piece of evidence is as wanted: {min, max} is a range, other tables hold part of the piece, "any" is
    whatever is there, "none" is nothing."""
    if wanted == "none":
        return seen is None
    if wanted == "any":
        return seen is not None
    if not isinstance(wanted, dict):
        return wanted == seen
    if wanted.keys() <= {"min", "max"}:
        return seen is not None and wanted.get("min", seen) <= seen <= wanted.get("max", seen)
    return isinstance(seen, dict) and all(_fits(value, seen.get(key)) for key, value in wanted.items())


def _lines_of_connection(expected):
    """What must be in each line of it, and of which evidence."""
    is_ = expected.checked()
    common = {"type": "connection", "service": is_["service"], "host": is_["host"] or None, "family": expected.family}
    for key in ("process", "name_source"):
        if getattr(expected, key):
            common[key] = getattr(expected, key)
    end = {**common, "verdict": is_["verdict"], "stage": is_["stage"] or None, "cause": is_["cause"] or None}
    if expected.error:
        end["error"] = expected.error
    lines = [(end, expected.evidence)]
    if is_["established"]:
        lines.append(({**common, "verdict": "ok"}, {}))
    return lines


def _lines_of_question(expected):
    is_ = expected.checked()
    line = {"type": "dns", "service": is_["service"], "question": is_["host"], "question_type": expected.type,
            "verdict": "failed" if expected.fails else "ok", "cause": expected.fails or None,
            "rcode": is_["rcode"] or None}
    if expected.address:
        line["first_address"] = expected.address
    return [(line, {})]


def _matches(line, evidence, event):
    seen = event.get("evidence", {})
    return (all(event.get(key) == value for key, value in line.items())
            and all(_fits(value, seen.get(key)) for key, value in evidence.items()))


def differences(scenario, events):
    """What is expected and did not come, and what came and is not expected; empty if all is well."""
    left = list(events)
    missing = []
    lines = [pair for connection in scenario.connections for pair in _lines_of_connection(connection) * connection.times]
    lines += [pair for question in scenario.dns for pair in _lines_of_question(question) * question.times]
    for line, evidence in lines:
        found = next((event for event in left if _matches(line, evidence, event)), None)
        if found is None:
            missing.append(f"expected, did not come: {line} {evidence or ''}")
        else:
            left.remove(found)
    return missing + [f"came, not expected: {event}" for event in left]


def _label_of(service, host):
    """The label host: the name of what is known, and never an address."""
    if service == "other":
        return "other"
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return host or service
    return service


def counts(scenario):
    """{(metric, labels in the order of PER_UNIT or PER_HOST): by how much the scenario raises it}."""
    total = collections.Counter()
    for connection in scenario.connections:
        is_ = connection.checked()
        labels = (is_["service"], _label_of(is_["service"], is_["host"]))
        total["connection_attempts_total", *labels] += connection.times
        if is_["established"]:
            total["connections_established_total", *labels] += connection.times
        if is_["verdict"] == "failed":
            total["connection_failures_total", *labels, is_["stage"], is_["cause"]] += connection.times
    for question in scenario.dns:
        is_ = question.checked()
        if is_["service"] == "other":
            continue  # this machine asks for such names, too
        if is_["rcode"]:
            total["dns_answers_total", is_["service"], is_["host"], is_["rcode"]] += question.times
        if question.fails:
            total["dns_failures_total", is_["service"], is_["host"], question.fails] += question.times
    return total


def counts_of_questions(events):
    """What the questions among these events raise, in the keys of counts()."""
    total = collections.Counter()
    for event in events:
        if event["type"] != "dns" or event["service"] == "other":
            continue
        where = event["service"], event["question"]
        if "rcode" in event:
            total["dns_answers_total", *where, event["rcode"]] += 1
        if "cause" in event:
            total["dns_failures_total", *where, event["cause"]] += 1
    return total
