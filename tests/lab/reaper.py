# SPDX-License-Identifier: Apache-2.0
"""Waits for the owner of a run to die, then removes the run. Started by workspace.py; stdin is a pipe of the owner."""

import signal
import sys

from lab.workspace import destroy

if __name__ == "__main__":
    # Ctrl-C reaches the whole terminal: the owner cleans up first, and this is what remains if it does not.
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    sys.stdin.buffer.read()
    destroy(sys.argv[1])
