// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "publish/event_sink.h"
#include "publish/json_writer.h"
#include "publish/line_output.h"

namespace egresswatch::publish {

// One JSON object per line in the form of the Open Cybersecurity Schema Framework 1.3.0 (schema.ocsf.io): connections
// and flows as Network Activity (class 4001), DNS questions as DNS Activity (class 4003), with the profile `host` for
// the process. What the schema has no place for is in `unmapped`, under the names that JsonSink has. Times are
// milliseconds since 1970, durations milliseconds.
class OcsfSink : public EventSink {
 public:
  OcsfSink(LineOutput& output, std::string product_version)
      : output_(output), product_version_(std::move(product_version)) {}

  void connection(const ConnectionReport& report) override;
  void dns(const DnsReport& report) override;
  // Of those that were not expected only.
  void flow(const FlowReport& report) override;

 private:
  struct Class;
  struct Activity;
  enum class Status : std::uint8_t { success, failure, other };

  void begin(const Class& kind, const Activity& activity, std::uint64_t wall_ns, Status status, bool notable);
  void metadata(std::uint64_t answer_uid);
  void connection_info(Protocol protocol, const IpAddress& remote);
  void endpoint(std::string_view key, const Endpoint& value, std::string_view host, std::string_view service);
  void actor(std::string_view process, std::uint32_t pid, bool uid_known, std::uint32_t uid);
  template <typename Report>
  void unmapped_names(const Report& report);
  template <typename Report>
  void finish(const Report& report);

  LineOutput& output_;
  std::string product_version_;
  std::string line_;
  std::string text_;
  JsonWriter json_{line_};
};

}  // namespace egresswatch::publish
