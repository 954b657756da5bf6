# SPDX-License-Identifier: Apache-2.0
"""A terminal of a given size in which a person's commands run (tmux), and pictures of it."""

import html
import re
import subprocess
import time

from lab.processes import wait_until

_ESCAPE = re.compile(r"\x1b\[([0-9;]*)m")
_STYLES = {"1": "font-weight:bold", "2": "opacity:.55", "31": "color:#f2646c", "32": "color:#7ec77a", "33": "color:#e5c07b"}
_PAGE = """<!doctype html><meta charset="utf-8"><style>
body {{ margin: 0; background: #1c1f26; color: #d7dae0 }}
pre {{ margin: 14px 18px; font: 13px/1.45 "DejaVu Sans Mono", monospace }}
</style><pre>{}</pre>"""


class Terminal:
    """Use in a `with` block. Its server is of its own and ends with it."""

    def __init__(self, directory, columns, rows, environment):
        self._tmux = ["tmux", "-S", str(directory / "tmux.sock"), "-f", "/dev/null"]
        self._start = [*self._tmux, "new-session", "-d", "-x", str(columns), "-y", str(rows), "-c", str(directory),
                       "env", *(f"{name}={value}" for name, value in environment.items()), "bash", "--norc", "--noprofile"]

    def __enter__(self):
        subprocess.run(self._start, check=True, timeout=30)
        wait_until(lambda: self.text().strip(), "the prompt", 10)
        return self

    def __exit__(self, *_):
        subprocess.run([*self._tmux, "kill-server"], check=False, timeout=30)

    def type(self, line):
        subprocess.run([*self._tmux, "send-keys", line, "Enter"], check=True, timeout=30)

    def interrupt(self):
        subprocess.run([*self._tmux, "send-keys", "C-c"], check=True, timeout=30)

    def text(self, colours=False):
        done = subprocess.run([*self._tmux, "capture-pane", "-p", *(["-e"] if colours else [])], check=True, timeout=30,
                              capture_output=True, text=True)
        return done.stdout.rstrip("\n")

    def wait_for(self, pattern, deadline_s=20):
        """What is shown once it fits, and has stopped to change."""
        wait_until(lambda: re.search(pattern, self.text()), f"{pattern} on the terminal", deadline_s)
        before = None
        while (now := self.text(colours=True)) != before:
            before = now
            time.sleep(0.3)
        return self.text()


def as_page(text):
    """What `text` of a terminal, with its colours, looks like, as a page of HTML."""
    page, codes, end = [], [], 0
    for match in [*_ESCAPE.finditer(text), None]:
        piece = html.escape(text[end:match.start() if match else len(text)])
        style = ";".join(_STYLES[code] for code in codes if code in _STYLES)
        page.append(f'<span style="{style}">{piece}</span>' if style else piece)
        if match:
            end = match.end()
            for code in match[1].split(";"):
                codes = [] if code in ("", "0") else [*codes, code.lstrip("0")]
                if code == "39":
                    codes = [each for each in codes if not each.startswith("3")]
    return _PAGE.format("".join(page))


def picture(text, path, directory, width, height):
    """A picture of it, by a browser."""
    source = directory / "terminal.html"
    source.write_text(as_page(text), encoding="utf-8")
    subprocess.run(["chromium", "--headless=new", "--no-sandbox", "--disable-gpu", f"--user-data-dir={directory}/chromium",
                    f"--window-size={width},{height}", "--force-device-scale-factor=1", f"--screenshot={path}", f"file://{source}"],
                   check=True, timeout=120, capture_output=True)
