# SPDX-License-Identifier: Apache-2.0
"""What the end-to-end test does: one fault, one command on the client host, and every count it must cause.

A count is keyed by (metric, service, host, further labels in the order of COUNTED). What is not named must not be
counted. `curl -4` asks one DNS question; the SDK client asks for A and AAAA, hence two answers per name.
"""

from dataclasses import dataclass, field

from lab import faults
from lab.azure import IMDS

# The metrics that a scenario accounts for, with the labels of its keys.
PER_UNIT = {
    "connection_attempts_total": ("service", "host"),
    "connections_established_total": ("service", "host"),
    "connection_failures_total": ("service", "host", "stage", "cause"),
}
PER_HOST = {
    "dns_answers_total": ("service", "host", "rcode"),
    "dns_failures_total": ("service", "host", "cause"),
}

ENTRA = ("entra", "login.microsoftonline.com")
NORTHWIND_ADDRESS = "203.0.113.20"
STREAM_MARK = "chunk"  # what the client prints once /stream has begun


def vault(name):
    return ("key_vault", f"{name}.vault.azure.net")


NORTHWIND = vault("northwind")


def connected(*hosts):
    """One attempt that succeeded for each host."""
    metrics = ("connection_attempts_total", "connections_established_total")
    return {(metric, *host): 1 for host in hosts for metric in metrics}


def failed(host, stage, cause):
    return {("connection_attempts_total", *host): 1, ("connection_failures_total", *host, stage, cause): 1}


def answered(host, count=1, rcode="NOERROR"):
    return {("dns_answers_total", *host, rcode): count}


def unresolved(host, cause):
    return {("dns_failures_total", *host, cause): 1}


def curl(*arguments):
    return ("curl", "-sS4", *arguments)


def resolve(name):
    return ("getent", "ahostsv4", name)


@dataclass(frozen=True)
class Scenario:
    name: str
    command: tuple          # ("secret", vault, [deadline in ms]) is the SDK client
    counts: dict
    exit_status: int = 0    # what the client itself made of it
    fault: tuple = ()
    fault_after: str = ""   # inject the fault once the client has printed this; empty = before it starts
    process: str = ""       # in no unit, so the name of the process is the label; empty = in a unit of its own
    also: dict = field(default_factory=dict)  # increase of other series: {(metric, ((label, value), ...)): n}


NORTHWIND_URL = "https://northwind.vault.azure.net/healthstatus"
RESOLVED = answered(NORTHWIND)

SCENARIOS = (
    # The job itself. Entra is reached over IPv6.
    Scenario(
        "secret_fetched_by_the_sdk",
        ("secret", "fabrikam"),
        connected(vault("fabrikam"), ENTRA) | answered(vault("fabrikam"), 2) | answered(ENTRA, 2),
        also={
            ("connect_duration_seconds_count", (("service", "entra"), ("family", "ipv6"))): 1,
            ("connect_duration_seconds_count", (("service", "key_vault"), ("family", "ipv4"))): 1,
            ("first_byte_duration_seconds_count", (("service", "key_vault"),)): 1,
            ("dns_duration_seconds_count", (("service", "key_vault"),)): 2,
        },
    ),
    Scenario(
        "private_endpoint",
        curl("https://contoso-prod.vault.azure.net/healthstatus"),
        connected(vault("contoso-prod")) | answered(vault("contoso-prod")),
    ),
    Scenario(
        "dependencies",
        curl("https://management.azure.com/", "https://graph.microsoft.com/", "http://crl3.digicert.com/x.crl",
             "http://oneocsp.microsoft.com/ocsp"),
        connected(("arm", "management.azure.com"), ("graph", "graph.microsoft.com"),
                  ("revocation", "crl3.digicert.com"), ("revocation", "oneocsp.microsoft.com"))
        | answered(("arm", "management.azure.com")) | answered(("graph", "graph.microsoft.com"))
        | answered(("revocation", "crl3.digicert.com")) | answered(("revocation", "oneocsp.microsoft.com")),
    ),
    Scenario(
        "imds_by_address",
        curl("-H", "Metadata: true", f"http://{IMDS}/metadata/identity/oauth2/token"),
        connected(("imds", "imds")),  # an address is never a label
    ),
    Scenario("host_that_no_catalog_knows", curl("https://www.lab.example/"), connected(("other", "other"))),
    Scenario(
        "process_without_a_unit",
        curl(NORTHWIND_URL),
        connected(NORTHWIND) | RESOLVED,
        process="egw-plain-curl",
    ),
    # The way to the vault is cut.
    Scenario(
        "vault_refuses",
        curl(NORTHWIND_URL),
        failed(NORTHWIND, "connect", "refused") | RESOLVED,
        exit_status=7,
        fault=faults.refusal(NORTHWIND_ADDRESS),
    ),
    Scenario(
        "vault_dropped_and_the_sdk_gives_up",
        ("secret", "northwind", "2500"),
        failed(NORTHWIND, "connect", "abandoned") | answered(NORTHWIND, 2),
        exit_status=1,
        fault=faults.silent_drop(NORTHWIND_ADDRESS),
    ),
    Scenario(
        "vault_dropped_and_the_kernel_gives_up",
        curl(NORTHWIND_URL),
        failed(NORTHWIND, "connect", "no_reply") | RESOLVED,
        exit_status=28,
        fault=faults.silent_drop(NORTHWIND_ADDRESS) + faults.few_syn_retries(),
    ),
    Scenario(
        "cancelled_before_any_repeated_syn",
        curl("--connect-timeout", "0.4", NORTHWIND_URL),
        {("connection_attempts_total", *NORTHWIND): 1} | RESOLVED,
        exit_status=28,
        fault=faults.silent_drop(NORTHWIND_ADDRESS),
    ),
    Scenario(
        "vault_prohibited_by_icmp",
        curl(NORTHWIND_URL),
        failed(NORTHWIND, "connect", "icmp_prohibited") | RESOLVED,
        exit_status=7,
        fault=faults.icmp_prohibition(NORTHWIND_ADDRESS) + faults.few_syn_retries(),
    ),
    Scenario(
        "vault_unreachable_by_icmp",
        curl(NORTHWIND_URL),
        failed(NORTHWIND, "connect", "icmp_unreachable") | RESOLVED,
        exit_status=7,
        fault=faults.icmp_unreachable(NORTHWIND_ADDRESS) + faults.few_syn_retries(),
    ),
    Scenario(
        "no_route",
        curl(NORTHWIND_URL),
        failed(NORTHWIND, "route", "no_route") | RESOLVED,
        exit_status=7,
        fault=faults.no_default_route(),
    ),
    Scenario(
        "prohibited_route",
        curl(NORTHWIND_URL),
        failed(NORTHWIND, "route", "prohibited") | RESOLVED,
        exit_status=7,
        fault=faults.prohibited_route(NORTHWIND_ADDRESS),
    ),
    Scenario(
        "reset_in_the_middle",
        curl("--no-buffer", "https://northwind.vault.azure.net/stream"),
        connected(NORTHWIND) | RESOLVED | {("connection_failures_total", *NORTHWIND, "data", "reset"): 1},
        exit_status=56,
        fault=faults.refusal(NORTHWIND_ADDRESS),
        fault_after=STREAM_MARK,
    ),
    # The name does not lead anywhere: no connection follows.
    Scenario(
        "no_such_vault",
        resolve("nosuch.vault.azure.net"),
        answered(vault("nosuch"), rcode="NXDOMAIN") | unresolved(vault("nosuch"), "nxdomain"),
        exit_status=2,
    ),
    Scenario(
        "resolver_fails",
        resolve("broken.vault.azure.net"),
        answered(vault("broken"), rcode="SERVFAIL") | unresolved(vault("broken"), "servfail"),
        exit_status=2,
    ),
    Scenario(
        "resolver_silent",
        resolve("northwind.vault.azure.net"),
        unresolved(NORTHWIND, "no_answer"),
        exit_status=2,
        fault=faults.lost_queries(),
    ),
    Scenario(
        "private_record_missing",
        resolve("unlinked.vault.azure.net"),
        answered(vault("unlinked"), rcode="NXDOMAIN") | unresolved(vault("unlinked"), "private_record_missing"),
        exit_status=2,
    ),
    # from outside of its network this is what a vault with a private endpoint answers: a fact, not yet a failure
    Scenario(
        "public_answer_with_private_link",
        resolve("litware.vault.azure.net"),
        answered(vault("litware")),
    ),
    Scenario(
        "sinkhole",
        resolve("sinkholed.vault.azure.net"),
        answered(vault("sinkholed")) | unresolved(vault("sinkholed"), "sinkhole"),
    ),
)
