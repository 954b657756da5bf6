# SPDX-License-Identifier: Apache-2.0
"""The lines of `egresswatch run -o json`, as they come."""

import json
import threading


class Events:
    """Reads a file that somebody else appends to. May be used by several threads."""

    def __init__(self, path):
        self._file = open(path, "rb")
        self._lock = threading.Lock()
        self._rest = b""
        self._all = []

    def all(self):
        with self._lock:
            *lines, self._rest = (self._rest + self._file.read()).split(b"\n")
            self._all += [json.loads(line) for line in lines]
            return list(self._all)

    def of(self, unit):
        return [event for event in self.all() if event.get("unit") == unit]

    def close(self):
        self._file.close()
