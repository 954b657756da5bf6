#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Holds the table of ARCHITECTURE.md: what each module may include, and what its library may link.

Reads the #include lines of daemon/ and include/, and the LINK list of each module's CMakeLists.txt. A library that no
rule knows is a problem too: whoever adds one decides here which modules may use it.
"""
import re
import sys

import tree

SYSTEM = {"std", "clock", "io", "posix"}
EVERYTHING = None

# module -> what it may include beside itself. "account/snapshot.h" stands for that header alone.
TABLE = {
    "abi": {"c-types"},
    "model": {"std", "posix"},
    # boost.json: one file of base compiles its library, for whoever may use it
    "base": SYSTEM | {"model", "boost.system", "boost.json"},
    "config": SYSTEM | {"base", "model", "yaml-cpp", "boost.json", "boost.system"},
    "capture": SYSTEM | {"base", "config", "abi", "libbpf", "asio", "boost.system"},
    "decode": {"std", "base", "abi", "model"},
    # boost.json: what the runtimes of containers write down
    "correlate": SYSTEM | {"base", "model", "boost.json", "boost.unordered"},
    "classify": {"std", "clock", "posix", "base", "model", "boost.unordered"},
    "account": {"std", "clock", "posix", "base", "model", "boost.unordered"},
    "history": SYSTEM | {"base", "model", "sqlite3"},
    "publish": SYSTEM
    | {"base", "model", "account/snapshot.h", "prometheus", "asio", "beast", "boost.system", "spdlog", "zlib", "systemd",
       "openssl"},
    "check": SYSTEM
    | {"base", "model", "decode", "correlate", "classify", "publish/text.h", "asio", "beast", "openssl"},
    "cli": SYSTEM
    # what people read is escaped and measured as everywhere else, hence publish/text.h
    | {"base", "model", "publish/text.h", "asio", "beast", "boost.system", "boost.json"},
    "app": EVERYTHING,
    "main": EVERYTHING,
}
MODULES = set(TABLE)

# First match wins.
LIBRARIES = [
    (r"(assert|stddef|linux/types)\.h", "c-types"),
    (r"(bpf/.*|linux/(bpf|btf|perf_event)\.h|.*\.skel\.h)", "libbpf"),
    (r"boost/asio(/.*|\.hpp)", "asio"),
    (r"boost/beast(/.*|\.hpp)", "beast"),
    (r"boost/json(/.*|\.hpp)", "boost.json"),
    (r"boost/system/.*", "boost.system"),
    (r"boost/unordered(/.*|_.*\.hpp)", "boost.unordered"),
    (r"openssl/.*", "openssl"),
    (r"prometheus/.*", "prometheus"),
    (r"spdlog/.*", "spdlog"),
    (r"sqlite3\.h", "sqlite3"),
    (r"yaml-cpp/.*", "yaml-cpp"),
    (r"CLI/.*", "cli11"),
    (r"systemd/.*", "systemd"),
    (r"zlib\.h", "zlib"),
    (r"(chrono|ctime|time\.h|sys/time\.h|sys/timerfd\.h)", "clock"),
    (r"(condition_variable|cstdio|filesystem|fstream|future|iostream|mutex|thread)", "io"),
    # byte order: a part of <bit> that C++20 does not have yet
    (r"([a-z_0-9]+|endian\.h)", "std"),
    (r"((arpa|linux|net|netinet|sys)/)?[a-z_0-9]+\.h", "posix"),
]

INCLUDE = re.compile(r'^\s*#\s*include\s*[<"]([^>"]+)[>"]', re.MULTILINE)
MODULE_CALL = re.compile(r"egresswatch_module\((.*?)\)", re.DOTALL)


def module_of(path):
    """The module that a source file belongs to, or None for files that the table does not speak of."""
    parts = path.parts
    if parts[:2] == ("include", "egresswatch") and len(parts) > 3:
        return parts[2]
    if parts[0] == "daemon":
        return parts[1] if len(parts) > 2 else "main"
    return None


def target_of(include):
    """What an #include names: a module of ours, or a kind of library; None if no rule knows it."""
    if include.startswith("egresswatch/"):
        return include.split("/")[1]
    if "/" in include and include.split("/")[0] in MODULES:
        return include.split("/")[0]
    for pattern, name in LIBRARIES:
        if re.fullmatch(pattern, include):
            return name
    return None


def allowed(module, include):
    target = target_of(include)
    permitted = TABLE[module]
    if target is None:
        return False
    if permitted is EVERYTHING or target == module or target in permitted or include in permitted:
        return True
    # the C headers that abi needs are ordinary ones elsewhere
    return target == "c-types" and "posix" in permitted


def include_problems(root):
    problems = []
    for path in tree.files(root, (".h", ".hpp", ".c", ".cpp")):
        if path.parts[0] not in ("daemon", "include"):
            continue
        module = module_of(path)
        if module not in TABLE:
            problems.append(f"{path}: module {module} is not in the table")
            continue
        text = tree.text(root, path) or ""
        for match in INCLUDE.finditer(text):
            if not allowed(module, match[1]):
                line = text.count("\n", 0, match.start(1)) + 1
                what = target_of(match[1]) or "unknown library"
                problems.append(f"{path}:{line}: {module} must not include {match[1]} ({what})")
    return problems


def link_problems(root):
    problems = []
    for path in tree.files(root, ("CMakeLists.txt",)):
        if path.parts[0] != "daemon" or len(path.parts) < 3 or path.parts[1] not in TABLE:
            continue
        module = path.parts[1]
        permitted = TABLE[module]
        for call in MODULE_CALL.findall(tree.text(root, path) or ""):
            linked = call.partition("LINK")[2]
            for other in re.findall(r"\begresswatch_(\w+)", linked):
                headers_only = permitted is not EVERYTHING and any(p.startswith(other + "/") for p in permitted)
                if permitted is not EVERYTHING and other not in permitted and not headers_only:
                    problems.append(f"{path}: {module} must not link {other}")
    return problems


if __name__ == "__main__":
    root = tree.root_from_arguments()
    sys.exit(tree.report(include_problems(root) + link_problems(root)))
