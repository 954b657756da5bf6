// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/socket.h>

#include <cerrno>
#include <string>
#include <string_view>
#include <vector>

#include "egresswatch/model/report.h"
#include "publish/line_output.h"

namespace egresswatch::publish {

// Keeps the lines that a sink writes.
class CapturedLines : public LineOutput {
 public:
  void write_line(std::string_view line) override { lines.emplace_back(line); }

  std::vector<std::string> lines;
};

inline ConnectionReport sample_connection() {
  ConnectionReport report;
  report.wall_time_ns = 1'790'000'000'123'456'789;  // 2026-09-21 14:13:20 UTC
  report.service = "key_vault";
  report.host = "prod.vault.azure.net";
  report.name_source = NameSource::dns_process;
  report.unit = "sync.service";
  report.process = "node";
  report.pid = 4711;
  report.uid = 998;
  report.netns = 4026531840;
  report.local = {IpAddress::v4(10, 0, 0, 5), 40000};
  report.remote = {IpAddress::v4(20, 1, 2, 3), 443};
  report.family = AF_INET;
  report.connect_latency_ns = 12'400'000;
  report.duration_ns = 12'400'000;
  report.srtt_us = 12'300;
  return report;
}

inline ConnectionReport sample_failure(Stage stage, Cause cause, int error = 0) {
  ConnectionReport report = sample_connection();
  report.verdict = Verdict::failed;
  report.stage = stage;
  report.cause = cause;
  report.error = error;
  report.connect_latency_ns = 0;
  report.duration_ns = 3'000'000'000;
  return report;
}

inline FlowReport sample_flow() {
  FlowReport report;
  report.wall_time_ns = 1'790'000'000'123'456'789;
  report.service = "other";
  report.unexpected = Unexpected::no_name;
  report.unit = "scan.service";
  report.slice = "system.slice";
  report.process = "python3";
  report.pid = 4712;
  report.uid = 1000;
  report.process_start_ns = 12'345;
  report.netns = 4026531840;
  report.protocol = Protocol::icmp;
  report.raw_socket = true;
  report.local = {IpAddress::v4(10, 0, 0, 5), 0};
  report.remote = {IpAddress::v4(203, 0, 113, 7), 0};
  return report;
}

inline DnsReport sample_dns() {
  DnsReport report;
  report.wall_time_ns = 1'790'000'000'123'456'789;
  report.service = "key_vault";
  report.unit = "sync.service";
  report.process = "node";
  report.pid = 4711;
  report.question = "prod.vault.azure.net";
  report.question_type = 1;
  report.duration_ns = 3'200'000;
  report.resolver = {IpAddress::v4(127, 0, 0, 53), 53};
  report.address_count = 2;
  report.first_address = IpAddress::v4(20, 1, 2, 3);
  report.cname_tail = "azkms-prod.trafficmanager.net";
  return report;
}

}  // namespace egresswatch::publish
