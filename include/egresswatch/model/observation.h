// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

#include "egresswatch/model/ip_address.h"
#include "egresswatch/model/outcome.h"
#include "egresswatch/model/protocol.h"
#include "egresswatch/model/service.h"

// What this host was seen to use, summed up: what reports, allowlists and learned policies are made of.
namespace egresswatch {

// One destination as one unit used it. Strings are valid UTF-8 without control characters.
struct Observation {
  std::string service;  // "other" for what no rule of the catalog names
  Function function = Function::none;
  std::string host;  // the name classified; empty = none was known, or too many of them came from this unit
  Protocol protocol = Protocol::tcp;
  std::uint16_t port = 0;  // 0 for protocols without ports
  std::string unit;
  Unexpected unexpected = Unexpected::none;

  std::uint64_t attempts = 0;      // connections that began; flows of other protocols
  std::uint64_t established = 0;   // always 0 for protocols other than TCP
  std::uint64_t failed = 0;        // at whichever stage, so that one that was established can be among them
  Stage last_stage = Stage::none;  // of the last failure
  Cause last_cause = Cause::none;
  std::uint64_t first_seen_ns = 0;  // CLOCK_REALTIME
  std::uint64_t last_seen_ns = 0;
};

// An address that a destination was reached at, or was tried at.
struct ObservedAddress {
  std::string service;
  std::string host;  // empty = no name was known
  IpAddress address;
  std::uint64_t last_seen_ns = 0;  // CLOCK_REALTIME
};

}  // namespace egresswatch
