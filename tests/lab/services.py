# SPDX-License-Identifier: Apache-2.0
"""Stand-ins for Entra, Key Vault, ARM, Graph, instance metadata and revocation: one HTTP server on a unix socket, behind
nginx.

They speak the part of the real protocols that a client needs to fetch a secret, and refuse what the real ones refuse:
a vault request without a token gets the challenge, a token needs the right secret and scope, IMDS needs its header.

    python3 -m lab.services <socket>
"""

import json
import socketserver
import sys
import time
from http.server import BaseHTTPRequestHandler
from urllib.parse import parse_qs, urlsplit

TENANT = "11111111-2222-3333-4444-555555555555"
CLIENT_ID = "66666666-7777-8888-9999-000000000000"
CLIENT_SECRET = "lab-client-secret"
SECRET_VALUE = "the secret of {vault}"
AUTHORITY = f"https://login.microsoftonline.com/{TENANT}"
ACCESS_TOKEN = "lab-access-token"
STREAM_CHUNKS = 200  # of /stream: one each 50 ms, so 10 s
# Of plain HTTP; what is not here answers 200.
STATUS_OF_HOST = {"ocsp.digicert.com": 503, "caissuers.microsoft.com": 404}


class Services(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        host = self.headers.get("Host", "")
        path = urlsplit(self.path).path
        if host == "169.254.169.254":
            return self._imds(path)
        if host == "login.microsoftonline.com":
            return self._entra_metadata(path)
        if ".vault." in host:
            return self._vault(host, path)
        return self._json(STATUS_OF_HOST.get(host, 200), {"value": []})

    def do_POST(self):
        form = parse_qs(self.rfile.read(int(self.headers.get("Content-Length", 0))).decode())
        if urlsplit(self.path).path != f"/{TENANT}/oauth2/v2.0/token":
            return self._json(404, {"error": "not_found"})
        expected = {"grant_type": "client_credentials", "client_id": CLIENT_ID, "client_secret": CLIENT_SECRET}
        wrong = [key for key, value in expected.items() if form.get(key) != [value]]
        if wrong or "https://vault.azure.net/.default" not in form.get("scope", [""])[0].split():
            return self._json(401, {"error": "invalid_client", "error_description": f"wrong {wrong or 'scope'}"})
        return self._json(200, {"token_type": "Bearer", "expires_in": 3599, "access_token": ACCESS_TOKEN})

    def _entra_metadata(self, path):
        if path == "/common/discovery/instance":
            aliases = ["login.microsoftonline.com", "login.windows.net", "login.microsoft.com", "sts.windows.net"]
            network = {"preferred_network": aliases[0], "preferred_cache": aliases[1], "aliases": aliases}
            endpoint = f"{AUTHORITY}/v2.0/.well-known/openid-configuration"
            return self._json(200, {"tenant_discovery_endpoint": endpoint, "metadata": [network]})
        if path == f"/{TENANT}/v2.0/.well-known/openid-configuration":
            return self._json(200, {
                "issuer": f"{AUTHORITY}/v2.0",
                "authorization_endpoint": f"{AUTHORITY}/oauth2/v2.0/authorize",
                "token_endpoint": f"{AUTHORITY}/oauth2/v2.0/token",
                "jwks_uri": f"{AUTHORITY}/discovery/v2.0/keys",
            })
        return self._json(404, {"error": "not_found"})

    def _vault(self, host, path):
        if path == "/healthstatus":
            return self._json(200, {}, {"x-ms-keyvault-network-info": "addr=10.20.0.2;act_addr_fam=InterNetwork;"})
        if path == "/stream":
            return self._stream()
        if self.headers.get("Authorization") != f"Bearer {ACCESS_TOKEN}":
            challenge = f'Bearer authorization="{AUTHORITY}", resource="https://vault.azure.net"'
            error = {"code": "Unauthorized", "message": "AKV10000: Request is missing a Bearer or PoP token."}
            return self._json(401, {"error": error}, {"WWW-Authenticate": challenge})
        parts = path.strip("/").split("/")
        if parts[0] != "secrets" or len(parts) < 2:
            return self._json(404, {"error": {"code": "NotFound", "message": "no such path"}})
        value = SECRET_VALUE.format(vault=host.partition(".")[0])
        attributes = {"enabled": True, "created": 1700000000, "updated": 1700000000, "recoveryLevel": "Recoverable"}
        return self._json(200, {"value": value, "id": f"https://{host}/secrets/{parts[1]}/1", "attributes": attributes})

    def _imds(self, path):
        if path.startswith("/status/"):  # what the real one answers when asked too often, or while it is updated
            return self._json(int(path.removeprefix("/status/")), {"error": "as asked for"})
        if self.headers.get("Metadata") != "true":
            error = {"error": "invalid_request", "error_description": "Required metadata header missing"}
            return self._json(400, error)
        if path == "/metadata/instance":
            return self._json(200, {"compute": {"azEnvironment": "AzurePublicCloud"}})
        if path != "/metadata/identity/oauth2/token":
            return self._json(404, {"error": "not_found"})
        return self._json(200, {"token_type": "Bearer", "expires_in": "3599", "access_token": ACCESS_TOKEN})

    def _stream(self):
        """An answer that takes long, for faults in the middle of it."""
        self.send_response(200)
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        for _ in range(STREAM_CHUNKS):
            self.wfile.write(b"6\r\nchunk\n\r\n")
            time.sleep(0.05)
        self.wfile.write(b"0\r\n\r\n")

    def _json(self, status, body, headers=None):
        text = json.dumps(body).encode()
        self.send_response(status)
        for name, value in {"Content-Type": "application/json", "Content-Length": len(text), **(headers or {})}.items():
            self.send_header(name, str(value))
        self.end_headers()
        self.wfile.write(text)

    def address_string(self):
        return "nginx"  # a unix socket's peer has no address


class Server(socketserver.ThreadingMixIn, socketserver.UnixStreamServer):
    daemon_threads = True
    request_queue_size = 64

    def handle_error(self, request, client_address):
        if not isinstance(sys.exc_info()[1], ConnectionError):  # the client went away: a fault did its work
            super().handle_error(request, client_address)


if __name__ == "__main__":
    Server(sys.argv[1], Services).serve_forever()
