# SPDX-License-Identifier: Apache-2.0
"""What an ARM template with firewall rules must be, as far as the specification of Microsoft.Network 2023-11-01 says:
fields, their types and their limits. The schema itself is not at hand here."""

import ipaddress
import re

TAGS = {"AzureKeyVault", "AzureActiveDirectory", "AzureResourceManager", "AzurePlatformIMDS"}
NAME = re.compile(r"[A-Za-z0-9]([\w.-]{0,78}\w)?")
HOST = re.compile(r"[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?(\.[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?)*")
PARAMETER = re.compile(r"\[parameters\('(\w+)'\)\]")
CHILD = re.compile(r"\[concat\(parameters\('(\w+)'\), '/([^']*)'\)\]")
TYPES = {"string": str, "array": list, "bool": bool, "int": int}


class Wrong(AssertionError):
    pass


def must(condition, what):
    if not condition:
        raise Wrong(what)


def has_fields(value, where, required, optional=()):
    must(isinstance(value, dict), f"{where} is no object")
    must(set(required) <= value.keys(), f"{where} lacks {sorted(set(required) - value.keys())}")
    must(value.keys() <= {*required, *optional}, f"{where} has {sorted(value.keys() - {*required, *optional})}")


def is_text(value, where, most=2000):
    must(isinstance(value, str) and 0 < len(value) <= most, f"{where} is no text of at most {most} characters")
    must(value.isprintable() and value.isascii() and not value.startswith("["), f"{where} is no plain text: {value!r}")


def is_port(value, where):
    must(value == "*" or 0 < int(value) < 65536, f"{where}: {value!r} is no port")


class Template:
    """Checked when the constructor returns."""

    def __init__(self, document):
        has_fields(document, "the template", ("$schema", "contentVersion", "metadata", "parameters", "resources"))
        must(document["$schema"] == "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#", "$schema")
        must(re.fullmatch(r"\d+\.\d+\.\d+\.\d+", document["contentVersion"]), "contentVersion")
        metadata = document["metadata"]
        has_fields(metadata, "metadata", ("description", "writtenBy", "cannotSay"), ("notInHere", "neverGotThrough"))
        for key, value in metadata.items():
            for sentence in value if isinstance(value, list) else [value]:
                is_text(sentence, f"metadata.{key}")
        self.parameters = document["parameters"]
        for name, parameter in self.parameters.items():
            has_fields(parameter, f"parameter {name}", ("type", "metadata"), ("defaultValue",))
            default = parameter.get("defaultValue", TYPES[parameter["type"]]())
            must(type(default) is TYPES[parameter["type"]], f"defaultValue of {name}")
        self.names, self.priorities = set(), set()
        for resource in document["resources"]:
            has_fields(resource, "a resource", ("type", "apiVersion", "name", "properties"), ("condition",))
            must(resource["apiVersion"] == "2023-11-01", "apiVersion")
            if "condition" in resource:
                self.is_parameter(resource["condition"], "bool")
            found = CHILD.fullmatch(resource["name"])
            must(found and found[1] in self.parameters, f"{resource['name']} is no name of a child")
            self.is_name(found[2])
            {"Microsoft.Network/firewallPolicies/ruleCollectionGroups": self.is_collection_group,
             "Microsoft.Network/networkSecurityGroups/securityRules": self.is_security_rule}[resource["type"]](
                 resource["properties"])
        must(document["resources"], "no resources")

    def is_parameter(self, value, kind):
        found = PARAMETER.fullmatch(value)
        must(found and self.parameters[found[1]]["type"] == kind, f"{value} is no parameter of type {kind}")

    def is_name(self, name):
        must(NAME.fullmatch(name), f"{name!r} is no name of a resource or rule")
        must(name not in self.names, f"{name} is there twice")
        self.names.add(name)

    def is_priority(self, value, most):
        must(type(value) is int and 100 <= value <= most, f"priority {value}")
        must(value not in self.priorities, f"priority {value} is there twice")
        self.priorities.add(value)

    def is_collection_group(self, group):
        has_fields(group, "the group", ("priority", "ruleCollections"))
        self.is_priority(group["priority"], 65000)
        for collection in group["ruleCollections"]:
            has_fields(collection, "a collection", ("ruleCollectionType", "name", "priority", "action", "rules"))
            must(collection["ruleCollectionType"] == "FirewallPolicyFilterRuleCollection", "ruleCollectionType")
            must(collection["action"] == {"type": "Allow"}, "action")
            self.is_name(collection["name"])
            self.is_priority(collection["priority"], 65000)
            kinds = {rule["ruleType"] for rule in collection["rules"]}
            must(len(kinds) == 1, "a collection has rules of one type")
            for rule in collection["rules"]:
                self.is_name(rule["name"])
                is_text(rule["description"], "description")
                self.is_parameter(rule["sourceAddresses"], "array")
                {"ApplicationRule": self.is_application_rule, "NetworkRule": self.is_network_rule}[rule["ruleType"]](rule)

    @staticmethod
    def is_application_rule(rule):
        has_fields(rule, "a rule", ("ruleType", "name", "description", "sourceAddresses", "protocols", "targetFqdns",
                                    "terminateTLS"))
        must(rule["terminateTLS"] is False, "terminateTLS")
        must(rule["protocols"] in ([{"protocolType": "Https", "port": 443}], [{"protocolType": "Http", "port": 80}]), "protocols")
        must(rule["targetFqdns"] and all(HOST.fullmatch(host) for host in rule["targetFqdns"]), "targetFqdns")

    @staticmethod
    def is_network_rule(rule):
        destination = {"destinationFqdns", "destinationAddresses"} & rule.keys()
        must(len(destination) == 1, "one kind of destinations")
        has_fields(rule, "a rule", ("ruleType", "name", "description", "sourceAddresses", "ipProtocols", "destinationPorts",
                                    *destination))
        must(len(rule["ipProtocols"]) == 1 and rule["ipProtocols"][0] in ("TCP", "UDP", "ICMP"), "ipProtocols")
        must(len(rule["destinationPorts"]) == 1, "destinationPorts")
        is_port(rule["destinationPorts"][0], "destinationPorts")
        for host in rule.get("destinationFqdns", ()):
            must(HOST.fullmatch(host), f"{host} is no host")
        for address in rule.get("destinationAddresses", ()):
            must(address in TAGS or ipaddress.IPv4Address(address), f"{address} is no address")

    def is_security_rule(self, rule):
        destination = {"destinationAddressPrefix", "destinationAddressPrefixes"} & rule.keys()
        must(len(destination) == 1, "one kind of destinations")
        has_fields(rule, "a rule", ("description", "access", "protocol", "destinationPortRange", "priority", "direction",
                                    "sourceAddressPrefix", "sourcePortRange", *destination))
        is_text(rule["description"], "description", 140)
        must(rule["access"] in ("Allow", "Deny") and rule["direction"] == "Outbound", "access, direction")
        must(rule["protocol"] in ("Tcp", "Udp", "Icmp", "Esp", "Ah", "*"), "protocol")
        must(rule["sourcePortRange"] == "*", "sourcePortRange")
        is_port(rule["destinationPortRange"], "destinationPortRange")
        self.is_parameter(rule["sourceAddressPrefix"], "string")
        self.is_priority(rule["priority"], 4096)
        must(rule.get("destinationAddressPrefix", "*") in TAGS | {"*"}, "destinationAddressPrefix")
        prefixes = [ipaddress.ip_network(prefix) for prefix in rule.get("destinationAddressPrefixes", ("::/0",))]
        must(0 < len(prefixes) <= 4000 and len({prefix.version for prefix in prefixes}) == 1, "destinationAddressPrefixes")
