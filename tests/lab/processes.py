# SPDX-License-Identifier: Apache-2.0
"""Running commands, and waiting for conditions instead of sleeping."""

import subprocess
import time


def run(*command, check=True, text_in=None):
    """Runs a short command to its end and returns its standard output. A failure carries the command's own words."""
    result = subprocess.run(command, input=text_in, capture_output=True, text=True, timeout=30)
    if check and result.returncode != 0:
        raise RuntimeError(f"{' '.join(command)}: {result.stderr.strip() or result.stdout.strip()}")
    return result.stdout


def wait_until(condition, what, deadline_s=10.0, poll_s=0.02):
    """Returns the first true value of condition(); TimeoutError saying `what` was waited for after deadline_s."""
    end = time.monotonic() + deadline_s
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            raise TimeoutError(f"waited {deadline_s:g} s for {what}")
        time.sleep(poll_s)


def tail(path, lines=15):
    """The end of a log, for error messages."""
    try:
        with open(path, encoding="utf-8", errors="replace") as log:
            return "".join(log.readlines()[-lines:])
    except OSError:
        return ""
