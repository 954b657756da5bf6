# SPDX-License-Identifier: Apache-2.0
"""Hosts that azure.zone does not know: an address for each of them, and a front end that serves them all."""

import ipaddress

from lab.certificates import make_leaf
from lab.zone import records

# Of the benchmarking range (RFC 2544), all of which the azure namespace takes for its own, as it does WireServer's.
ADDRESSES = ipaddress.ip_network("198.18.0.0/16")
LOCAL = ("198.18.0.0/15", "168.63.129.16/32")
PORT, WIRESERVER_PORT = 9443, 32526

FRONT_END = f"""
server_names_hash_max_size 1024;
server {{
  listen 443 ssl default_server;
  listen [::]:443 ssl default_server;
  listen {PORT} ssl;
  ssl_certificate further.pem;
  ssl_certificate_key further.key;
  location / {{ return 200 "a further host\\n"; }}
}}
server {{
  listen 80 default_server;
  listen {WIRESERVER_PORT};
  location / {{ return 200 "a further host\\n"; }}
}}
"""


def make_ready(directory, namespaces, hosts):
    """Before the servers start."""
    for prefix in LOCAL:
        namespaces.run("ip", "route", "add", "local", prefix, "dev", "lo", role="azure")
    make_leaf(directory, "further", hosts)
    (directory / "further.conf").write_text(FRONT_END, encoding="utf-8")
    known = {owner for owner, _, _ in records()}
    unknown = [host for host in hosts if host not in known]
    lines = [f"{host}. A {address}\n" for host, address in zip(unknown, ADDRESSES.hosts())]
    with open(directory / "azure.zone", "a", encoding="utf-8") as zone:
        zone.writelines(lines)
