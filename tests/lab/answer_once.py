# SPDX-License-Identifier: Apache-2.0
"""A local service for one client: answers one request on 127.0.0.1 while a command runs.

    python3 -m lab.answer_once <port> <command> [<argument>...]
"""

import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer


class Answer(BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_):
        pass


if __name__ == "__main__":
    with HTTPServer(("127.0.0.1", int(sys.argv[1])), Answer) as server:
        answering = threading.Thread(target=server.handle_request, daemon=True)
        answering.start()
        status = subprocess.run(sys.argv[2:], check=False).returncode
        answering.join(timeout=5)
    sys.exit(status)
