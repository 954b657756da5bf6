// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/log.h"
#include "base/result.h"
#include "egresswatch/model/catalog.h"
#include "egresswatch/model/ip_address.h"

// The configuration as plain data. What stands here are the defaults; docs/configuration.md explains each key.
namespace egresswatch::config {

// Files that Microsoft publishes and the user downloads; empty = none.
struct ServiceTagFiles {
  std::string file;          // Service Tags of the cloud
  std::string microsoft365;  // the Office 365 endpoints of the cloud's instance
  bool operator==(const ServiceTagFiles&) const = default;
};

struct Web {
  // Port 0 lets the kernel choose one.
  std::vector<Endpoint> listen_addresses{{IpAddress::v4(127, 0, 0, 1), 10180}};
  std::string config_file;        // in the form of web_config.h; empty = plain text for everybody
  bool allow_plain_text = false;  // also on addresses that other hosts reach
  bool operator==(const Web&) const = default;
};

struct Control {
  std::string socket = "/run/egresswatch/control.sock";  // empty = none
  bool operator==(const Control&) const = default;
};

// Entries that each table may hold; what does not fit is counted.
struct Limits {
  std::uint32_t sockets = 50'000;
  std::uint32_t names = 100'000;
  std::uint32_t dns_queries = 16'384;
  std::uint32_t units = 4'096;
  std::uint32_t series_per_metric = 2'000;
  std::uint32_t hosts_per_service = 200;
  bool operator==(const Limits&) const = default;
};

struct Capture {
  std::uint32_t ring_bytes = 1024 * 1024;  // a power of two
  bool operator==(const Capture&) const = default;
};

struct Dns {
  std::chrono::milliseconds query_timeout{5'000};
  std::chrono::milliseconds name_ttl_floor{60'000};
  bool operator==(const Dns&) const = default;
};

struct Diagnose {
  // From this silence on a reset or a black hole is put down to it.
  std::chrono::milliseconds idle_threshold{240'000};
  bool operator==(const Diagnose&) const = default;
};

struct PolicySource {
  std::string file;  // empty = none: nothing is unexpected
  bool operator==(const PolicySource&) const = default;
};

// What is kept of what this host used.
struct History {
  std::string path = "/var/lib/egresswatch/history.db";  // empty = none
  std::chrono::milliseconds max_age{std::chrono::hours(30 * 24)};
  std::uint32_t max_bytes = 64 * 1024 * 1024;  // of the file
  bool operator==(const History&) const = default;
};

enum class EventFormat { json, ocsf };

// A line for each outcome, in a file.
struct Events {
  std::string file;  // empty = none
  EventFormat format = EventFormat::json;
  bool operator==(const Events&) const = default;
};

struct Logging {
  log::Level level = log::Level::info;
  bool operator==(const Logging&) const = default;
};

struct Config {
  ClassifyOptions classify;  // keys cloud, hosts, services, vaults
  ServiceTagFiles service_tags;
  Web web;
  Control control;
  Limits limits;
  Capture capture;
  Dns dns;
  Diagnose diagnose;
  PolicySource policy;
  History history;
  Events events;
  Logging log;
  bool operator==(const Config&) const = default;
};

// Every problem of the text, one line each: egresswatch.yaml:12: limits.sockets: expected a whole number from 1 to
// 1000000, found "many". An empty text gives the defaults.
Result<Config> parse_config(std::string_view text, std::string_view file_name);

// As above, from a regular file of at most 1 MiB. Error::code is ENOENT if there is none: whether that is an error is
// for the caller to say.
Result<Config> load_config(const std::string& path);

// HOST:PORT, where HOST is an IPv4 address, an IPv6 address in brackets, localhost (127.0.0.1) or nothing (every
// address of the host).
Result<Endpoint> parse_listen_address(std::string_view text);

// The catalog that comes with the program; its form is explained at the top of classify/catalog.yaml.
Result<Catalog> parse_catalog(std::string_view text, std::string_view file_name);

}  // namespace egresswatch::config
