# SPDX-License-Identifier: Apache-2.0
"""Certificate authorities for one run: that of the lab with one leaf per front end, and that of the inspecting gateway,
which no client trusts (openssl, P-256, valid for a day)."""

from lab.processes import run

# The names on each leaf: those that the real certificates carry. A privatelink name is on none.
LEAVES = {
    "entra": ("login.microsoftonline.com", "login.windows.net", "login.microsoft.com",
              "login.chinacloudapi.cn", "login.microsoftonline.us"),
    "vault": ("vault.azure.net", "*.vault.azure.net", "*.vaultcore.azure.net",
              "*.vault.azure.cn", "*.vault.usgovcloudapi.net"),
    "management": ("management.azure.com", "management.chinacloudapi.cn", "management.usgovcloudapi.net"),
    "graph": ("graph.microsoft.com", "microsoftgraph.chinacloudapi.cn", "graph.microsoft.us"),
    "other": ("www.lab.example",),
}
_KEY = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-noenc")


def make_certificates(directory):
    """Writes ca.pem, inspection.pem, their keys, and <leaf>.pem and <leaf>.key for each leaf, to `directory`."""
    for authority, name in (("ca", "egresswatch lab CA"), ("inspection", "Inspecting gateway CA")):
        run("openssl", "req", "-x509", *_KEY, "-days", "1", "-subj", f"/CN={name}",
            "-keyout", f"{directory}/{authority}.key", "-out", f"{directory}/{authority}.pem")
    for leaf, names in LEAVES.items():
        make_leaf(directory, leaf, names)


def make_leaf(directory, leaf, names):
    """Writes <leaf>.pem and <leaf>.key, signed by the CA of the lab."""
    alternatives = ",".join(f"DNS:{name}" for name in names)
    run("openssl", "req", "-x509", *_KEY, "-days", "1", "-subj", f"/CN={names[0]}",
        "-CA", f"{directory}/ca.pem", "-CAkey", f"{directory}/ca.key",
        "-addext", f"subjectAltName={alternatives}", "-addext", "basicConstraints=critical,CA:FALSE",
        "-keyout", f"{directory}/{leaf}.key", "-out", f"{directory}/{leaf}.pem")
