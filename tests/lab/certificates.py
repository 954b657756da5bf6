# SPDX-License-Identifier: Apache-2.0
"""A certificate authority for one run, and one leaf certificate per front end (openssl, P-256, valid for a day)."""

from lab.processes import run

# The names on each leaf: those that the real certificates carry. A privatelink name is on none.
LEAVES = {
    "entra": ("login.microsoftonline.com", "login.windows.net", "login.microsoft.com"),
    "vault": ("vault.azure.net", "*.vault.azure.net", "*.vaultcore.azure.net"),
    "management": ("management.azure.com",),
    "graph": ("graph.microsoft.com",),
    "other": ("www.lab.example",),
}
_KEY = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-noenc")


def make_certificates(directory):
    """Writes ca.pem, and <leaf>.pem and <leaf>.key for each leaf, to `directory`."""
    run("openssl", "req", "-x509", *_KEY, "-days", "1", "-subj", "/CN=egresswatch lab CA",
        "-keyout", f"{directory}/ca.key", "-out", f"{directory}/ca.pem")
    for leaf, names in LEAVES.items():
        alternatives = ",".join(f"DNS:{name}" for name in names)
        run("openssl", "req", "-x509", *_KEY, "-days", "1", "-subj", f"/CN={names[0]}",
            "-CA", f"{directory}/ca.pem", "-CAkey", f"{directory}/ca.key",
            "-addext", f"subjectAltName={alternatives}", "-addext", "basicConstraints=critical,CA:FALSE",
            "-keyout", f"{directory}/{leaf}.key", "-out", f"{directory}/{leaf}.pem")
