// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "app/control.h"
#include "app/explain_facts.h"
#include "app/explain_verdict.h"
#include "app/host_resolution.h"
#include "egresswatch/model/rcode.h"
#include "publish/json_sink.h"
#include "publish/json_writer.h"
#include "publish/sentences.h"

namespace egresswatch::app {
namespace {

using publish::JsonWriter;

constexpr std::uint64_t kSecondNs = 1'000'000'000;

std::uint64_t seconds_since(std::uint64_t then_ns, std::uint64_t now_ns) {
  return now_ns > then_ns ? (now_ns - then_ns) / kSecondNs : 0;
}

// A connection as every JSON line tells it.
class RenderedConnection final : public publish::LineOutput {
 public:
  explicit RenderedConnection(const ConnectionReport& report) { publish::JsonSink(*this).connection(report); }
  void write_line(std::string_view line) override { text_ = line; }
  [[nodiscard]] const std::string& text() const { return text_; }

 private:
  std::string text_;
};

void write_classification(JsonWriter& json, const ExplainFacts& facts) {
  json.text("service", facts.service);
  if (facts.match.function != Function::none) json.text("function", to_string(facts.match.function));
  json.text_unless_empty("rule", facts.match.rule);
  json.text_unless_empty("service_tag", facts.service_tag);
  if (facts.port_decides) json.flag("port_decides", true);
  if (facts.match.legacy) json.flag("legacy", true);
}

void write_name(JsonWriter& json, const correlate::NameMatch& match) {
  json.begin_list("names");
  if (!match.name.empty()) {
    json.begin_object();
    json.text("name", match.name);
    json.text("source", to_string(match.source));
    json.number("age_s", match.age_ns / kSecondNs);
    json.flag("ambiguous", match.ambiguous);
    json.end_object();
  }
  json.end_list();
}

void write_answer(JsonWriter& json, const DnsReport& answer, std::uint64_t now_ns) {
  std::string scratch;
  json.begin_object();
  json.text("question", answer.question);
  publish::append_dns_type(scratch, answer.question_type);
  json.text("type", scratch);
  json.time("time", answer.wall_time_ns);
  json.number("age_s", seconds_since(answer.wall_time_ns, now_ns));
  if (answer.cause != DnsCause::no_answer) json.text("rcode", rcode_name(answer.rcode));
  if (answer.cause != DnsCause::none) json.text("cause", to_string(answer.cause));
  json.begin_list("chain");
  for (const std::string_view name : answer.cnames) json.text({}, name);
  json.end_list();
  json.begin_list("addresses");
  for (const auto& [address, ttl_s] : answer.addresses) {
    json.begin_object();
    json.text("address", address.to_string());
    json.flag("private", address.is_private());
    json.number("ttl_s", ttl_s);
    json.end_object();
  }
  json.end_list();
  json.number("address_count", answer.address_count);
  json.text_unless_empty("unit", answer.unit);
  json.text_unless_empty("process", answer.process);
  json.number_unless_zero("pid", answer.pid);
  json.text("resolver", answer.resolver.to_string());
  json.number_unless_zero("duration_ns", answer.duration_ns);
  scratch.clear();
  publish::append_sentence(scratch, answer);
  json.text("message", scratch);
  json.end_object();
}

// Of the newest answer that says something; A and AAAA of one name mean the same.
void write_resolution(JsonWriter& json, const ExplainFacts& facts) {
  const bool vault = is_vault(facts.match.service);
  for (const DnsReport* answer : facts.answers) {
    const HostResolution resolution = host_resolution(*answer, vault);
    if (resolution.sentence.empty()) continue;
    json.begin_object("host_resolution");
    if (resolution.kind != Resolution::none) json.text("kind", to_string(resolution.kind));
    json.text("message", resolution.sentence);
    json.end_object();
    return;
  }
}

void write_outcomes(JsonWriter& json, const ExplainFacts& facts) {
  json.begin_list("pending");
  for (const auto& kept : facts.pending) json.json({}, RenderedConnection(kept.report()).text());
  json.end_list();
  json.number("pending_count", facts.pending_count);
  json.begin_list("failures");
  for (const ConnectionReport* failure : facts.failures) json.json({}, RenderedConnection(*failure).text());
  json.end_list();
  if (facts.cancelled) json.json("last_cancelled", RenderedConnection(*facts.cancelled).text());
  if (!facts.success) return;
  json.begin_object("last_success");
  json.time("time", facts.success->wall_ns);
  json.text_unless_empty("unit", facts.success->unit);
  json.text("remote", facts.success->remote.to_string());
  json.number_unless_zero("connect_latency_ns", facts.success->latency_ns);
  json.end_object();
}

void write_hosts(JsonWriter& json, std::string_view key, const std::vector<std::string>& hosts) {
  json.begin_list(key);
  for (const std::string& host : hosts) json.text({}, host);
  json.end_list();
}

}  // namespace

std::string explain_document(const ControlSources& sources, std::string_view target) {
  const ExplainFacts facts = gather_facts(sources, target);
  const std::uint64_t now_ns = sources.wall_ns();
  const ControlSources::State state = sources.state();
  const ExplainVerdict verdict = explain_verdict(facts, now_ns, state.since_ns);

  std::string out;
  JsonWriter json(out);
  json.begin_object();
  json.number("version", kControlVersion);
  json.text("target", facts.target);
  json.time("now", now_ns);
  json.time("since", state.since_ns);
  json.flag("data_complete", state.data_complete);
  json.flag("seen", facts.seen());
  json.text("verdict", verdict.word);
  json.text("message", verdict.sentence);
  write_classification(json, facts);
  write_resolution(json, facts);
  if (facts.address) {
    json.flag("private", facts.address->is_private());
    write_name(json, facts.name);
  }
  json.begin_list("dns");
  for (const DnsReport* answer : facts.answers) write_answer(json, *answer, now_ns);
  json.end_list();
  write_outcomes(json, facts);
  write_hosts(json, "holds_up", facts.holds_up);
  write_hosts(json, "waits_for", facts.waits_for);
  json.end_object();
  return out;
}

}  // namespace egresswatch::app
