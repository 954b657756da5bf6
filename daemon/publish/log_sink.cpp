// SPDX-License-Identifier: Apache-2.0
#include "publish/log_sink.h"

#include <algorithm>
#include <utility>

#include "publish/sentences.h"
#include "publish/text.h"

namespace egresswatch::publish {
namespace {

constexpr std::string_view kUnexpected = "unexpected";
constexpr std::uint64_t kToken = 1'000'000'000;  // a line; refilled by lines_per_second each nanosecond

void append_who(std::string& out, std::string_view unit, std::string_view process, std::uint32_t pid) {
  if (!unit.empty()) {
    out += " for ";
    append_plain(out, unit);
  }
  if (process.empty() && pid == 0) return;
  out += " (";
  append_plain(out, process.empty() ? "process" : process);
  if (pid != 0) {
    out += '[';
    append_number(out, std::uint64_t{pid});
    out += ']';
  }
  out += ')';
}

// What is said of a connection or flow before its sentence.
template <typename Report>
void append_line_head(std::string& out, std::string_view verdict, const Report& report) {
  out = verdict;
  out += ' ';
  append_plain(out, report.service);
  out += ' ';
  if (!report.host.empty()) {
    append_plain(out, report.host);
    out += ' ';
  }
  append_endpoint(out, report.remote);
  append_who(out, report.unit, report.process, report.pid);
  out += ": ";
}

}  // namespace

LogSink::LogSink(Emit emit, Clock clock, Limits limits)
    : emit_(std::move(emit)),
      clock_(std::move(clock)),
      limits_(limits),
      tokens_(limits.burst * kToken),
      refilled_ns_(clock_()) {}

void LogSink::connection(const ConnectionReport& report) {
  const bool failed = report.verdict == Verdict::failed;
  const bool unexpected = report.verdict == Verdict::ok && report.unexpected != Unexpected::none;
  const log::Level level = failed || unexpected ? log::Level::warning : log::Level::info;
  if (!take_token(level)) return;
  append_line_head(line_, unexpected ? kUnexpected : to_string(report.verdict), report);
  if (failed) {
    line_ += to_string(report.stage);
    line_ += '/';
    line_ += to_string(report.cause);
    line_ += ": ";
  }
  append_sentence(line_, report);
  field("EVENT", "connection");
  field("VERDICT", to_string(report.verdict));
  fields_of_endpoint(report);
  if (failed) {
    field("STAGE", to_string(report.stage));
    field("CAUSE", to_string(report.cause));
  }
  emit(level);
}

void LogSink::dns(const DnsReport& report) {
  const bool failed = report.cause != DnsCause::none;
  const log::Level level = failed ? log::Level::warning : log::Level::info;
  if (!take_token(level)) return;
  line_ = failed ? "failed " : "resolved ";
  append_plain(line_, report.service);
  line_ += ' ';
  append_plain(line_, report.question);
  line_ += " at ";
  append_endpoint(line_, report.resolver);
  append_who(line_, report.unit, report.process, report.pid);
  line_ += ": ";
  if (failed) {
    line_ += "dns/";
    line_ += to_string(report.cause);
    line_ += ": ";
  }
  append_sentence(line_, report);
  field("EVENT", "dns");
  field("VERDICT", failed ? "failed" : "ok");
  field("SERVICE", report.service);
  field("HOST", report.question);
  field("UNIT", report.unit);
  field("PROCESS", report.process);
  if (failed) {
    field("STAGE", "dns");
    field("CAUSE", to_string(report.cause));
  }
  emit(level);
}

void LogSink::flow(const FlowReport& report) {
  if (report.unexpected == Unexpected::none || !take_token(log::Level::warning)) return;
  append_line_head(line_, kUnexpected, report);
  append_sentence(line_, report);
  field("EVENT", "flow");
  fields_of_endpoint(report);
  emit(log::Level::warning);
}

void LogSink::field(std::string_view name, std::string_view value) {
  if (!value.empty()) fields_.push_back({name, value});
}

template <typename Report>
void LogSink::fields_of_endpoint(const Report& report) {
  field("SERVICE", report.service);
  field("HOST", report.host);
  field("UNIT", report.unit);
  field("PROCESS", report.process);
  pid_.clear();
  if (report.pid != 0) append_number(pid_, std::uint64_t{report.pid});
  field("PID", pid_);
  remote_.clear();
  append_endpoint(remote_, report.remote);
  field("REMOTE", remote_);
  if (report.unexpected != Unexpected::none) field("UNEXPECTED", to_string(report.unexpected));
}

void LogSink::emit(log::Level level) {
  emit_(level, line_, fields_);
  fields_.clear();
}

bool LogSink::take_token(log::Level level) {
  summarise();
  const std::uint64_t now = clock_();
  const std::uint64_t full = limits_.burst * kToken;
  // longer than it takes to fill the bucket makes no difference, and could overflow
  const std::uint64_t fill_time = full / std::max(limits_.lines_per_second, 1U) + 1;
  const std::uint64_t elapsed = std::min(now - std::min(now, refilled_ns_), fill_time);
  tokens_ = std::min(full, tokens_ + elapsed * limits_.lines_per_second);
  refilled_ns_ = now;

  const std::uint64_t reserve = level == log::Level::info ? full / 2 : 0;
  if (tokens_ >= reserve + kToken) {
    tokens_ -= kToken;
    return true;
  }
  if (summary_due_ns_ == 0) summary_due_ns_ = now + limits_.summary_interval_ns;
  ++left_out_;
  if (level == log::Level::warning) ++left_out_failures_;
  return false;
}

void LogSink::summarise() {
  if (summary_due_ns_ == 0 || clock_() < summary_due_ns_) return;
  line_ = "left out ";
  append_number(line_, left_out_);
  line_ += " lines, ";
  append_number(line_, left_out_failures_);
  line_ += " of them about failures, beyond ";
  append_number(line_, std::uint64_t{limits_.lines_per_second});
  line_ += " a second; the metrics count all of them";
  summary_due_ns_ = 0;
  left_out_ = 0;
  left_out_failures_ = 0;
  emit(log::Level::warning);
}

}  // namespace egresswatch::publish
