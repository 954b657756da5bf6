// SPDX-License-Identifier: Apache-2.0
#include <string>
#include <utility>

#include "cli/render.h"
#include "cli/values.h"
#include "publish/text.h"

namespace egresswatch::cli {
namespace {

using boost::json::object;

class Explanation {
 public:
  Explanation(const object& document, bool colour)
      : document_(document), now_(text(document, "now")), colour_(colour) {}

  std::string render() {
    verdict();
    destination();
    names();
    answers();
    outcomes("pending", "WAITING NOW");
    outcomes("failures", "FAILURES, the newest first");
    cancelled();
    success();
    effects();
    return std::move(out_);
  }

 private:
  void verdict() {
    const std::string_view paint = colour_ ? colour_of(text(document_, "verdict")) : std::string_view{};
    out_ += paint;
    append_member(out_, document_, "message");
    if (!paint.empty()) out_ += kReset;
    out_ += '\n';
    if (!flag(document_, "data_complete"))
      out_ += "Events were lost: this may be out of date until the open sockets have been read again.\n";
  }

  void title(std::string_view words) {
    out_ += '\n';
    if (colour_) out_ += kBold;
    out_ += words;
    if (colour_) out_ += kReset;
    out_ += '\n';
  }

  void destination() {
    title("WHAT IT IS");
    out_ += "  service     ";
    append_member(out_, document_, "service");
    if (!text(document_, "function").empty()) {
      out_ += ", for ";
      append_member(out_, document_, "function");
    }
    if (text(document_, "rule").empty())
      out_ += ": no rule of the catalog or the configuration names it";
    else
      append_with(", by the rule ", document_, "rule");
    if (flag(document_, "port_decides")) out_ += ", on its ports only";
    if (flag(document_, "legacy")) out_ += " (retired or superseded)";
    out_ += '\n';
    const object& resolution = member(document_, "host_resolution");
    if (!text(resolution, "message").empty()) {
      append_with("  resolution  ", resolution, "message");
      if (!text(resolution, "kind").empty()) {
        append_with(" (", resolution, "kind");
        out_ += ')';
      }
      out_ += '\n';
    }
    if (const auto* is_private = document_.if_contains("private"); is_private && is_private->is_bool())
      out_ += is_private->get_bool() ? "  address     private\n" : "  address     public\n";
  }

  void names() {
    for (const auto& value : list(document_, "names")) {
      const object* name = value.if_object();
      if (!name) continue;
      append_with("  name        ", *name, "name");
      append_with(", from ", *name, "source");
      out_ += ", ";
      publish::append_age(out_, number(*name, "age_s") * kNsPerSecond);
      out_ += flag(*name, "ambiguous") ? " ago; others share this address\n" : " ago\n";
    }
  }

  void answers() {
    if (list(document_, "dns").empty()) return;
    title("WHAT THE DNS SAID, the newest first");
    for (const auto& value : list(document_, "dns"))
      if (const object* answer = value.if_object()) this->answer(*answer);
  }

  void answer(const object& answer) {
    append_with("  ", answer, "question");
    out_ += ' ';
    append_member(out_, answer, "type");
    out_ += ", ";
    publish::append_age(out_, number(answer, "age_s") * kNsPerSecond);
    append_with(" ago, from ", answer, "resolver");
    who(answer);
    out_ += '\n';
    append_with("      ", answer, "message");
    out_ += '\n';
    for (const auto& name : list(answer, "chain")) {
      if (!name.is_string()) continue;
      out_ += "      -> ";
      append_safe(out_, {name.get_string().data(), name.get_string().size()});
      out_ += '\n';
    }
    for (const auto& value : list(answer, "addresses")) {
      const object* address = value.if_object();
      if (!address) continue;
      append_with("      ", *address, "address");
      out_ += flag(*address, "private") ? ", private, TTL " : ", public, TTL ";
      out_ += std::to_string(number(*address, "ttl_s")) + " s\n";
    }
  }

  void outcomes(std::string_view key, std::string_view words) {
    const auto& all = list(document_, key);
    if (all.empty()) return;
    title(words);
    for (const auto& value : all)
      if (const object* outcome = value.if_object()) this->outcome(*outcome);
    const std::uint64_t count = number(document_, "pending_count");
    if (key == "pending" && count > all.size()) out_ += "  and " + std::to_string(count - all.size()) + " more\n";
  }

  void outcome(const object& outcome) {
    out_ += "  ";
    append_ago(out_, text(outcome, "time"), now_);
    append_with("  ", outcome, "remote");
    who(outcome);
    out_ += "\n      ";
    if (!text(outcome, "stage").empty()) {
      append_member(out_, outcome, "stage");
      append_with("/", outcome, "cause");
      out_ += ": ";
    }
    append_member(out_, outcome, "message");
    out_ += '\n';
    const object& evidence = member(outcome, "evidence");
    if (evidence.empty()) return;
    std::string_view before = "      seen: ";
    for (const auto& [name, value] : evidence) {
      out_ += std::exchange(before, "; ");
      fact({name.data(), name.size()}, value);
    }
    out_ += '\n';
  }

  // name=value; of a flag the name, durations with a unit.
  void fact(std::string_view name, const boost::json::value& value) {
    constexpr std::string_view kNanoseconds = "_ns";
    const bool duration = name.ends_with(kNanoseconds) && value.is_number();
    append_safe(out_, duration ? name.substr(0, name.size() - kNanoseconds.size()) : name);
    if (!value.is_bool()) out_ += '=';
    if (duration) {
      publish::append_duration(out_, value.is_int64() ? static_cast<std::uint64_t>(value.get_int64()) : 0);
    } else if (value.is_array()) {
      bool first = true;
      for (const auto& element : value.get_array()) {
        if (!std::exchange(first, false)) out_ += ',';
        scalar(element);
      }
    } else if (const object* inner = value.if_object()) {
      append_member(out_, *inner, "origin");
      out_ += " type " + std::to_string(number(*inner, "type")) + " code " + std::to_string(number(*inner, "code"));
    } else {
      scalar(value);
    }
  }

  void scalar(const boost::json::value& value) {
    if (const auto* string = value.if_string())
      append_safe(out_, {string->data(), string->size()});
    else if (const auto* whole = value.if_int64())
      out_ += std::to_string(*whole);
  }

  void cancelled() {
    const object& last = member(document_, "last_cancelled");
    if (last.empty()) return;
    title("LAST ONE THAT THE CLIENT GAVE UP");
    outcome(last);
  }

  void success() {
    const object& last = member(document_, "last_success");
    if (last.empty()) return;
    title("LAST SUCCESS");
    out_ += "  ";
    append_ago(out_, text(last, "time"), now_);
    append_with("  ", last, "remote");
    who(last);
    if (const std::uint64_t latency_ns = number(last, "connect_latency_ns"); latency_ns > 0) {
      out_ += ", connected in ";
      publish::append_duration(out_, latency_ns);
    }
    out_ += '\n';
  }

  void effects() {
    const auto& held = list(document_, "holds_up");
    const auto& waits = list(document_, "waits_for");
    if (held.empty() && waits.empty()) return;
    title("CAUSE AND EFFECT");
    hosts("  TLS connections wait for it: ", held);
    hosts("  it waits for the revocation check at ", waits);
  }

  void hosts(std::string_view words, const boost::json::array& names) {
    for (const auto& name : names) {
      if (!name.is_string()) continue;
      out_ += words;
      append_safe(out_, {name.get_string().data(), name.get_string().size()});
      out_ += '\n';
    }
  }

  void who(const object& report) {
    if (!text(report, "unit").empty()) append_with(" for ", report, "unit");
    if (text(report, "process").empty()) return;
    append_with(" (", report, "process");
    if (const std::uint64_t pid = number(report, "pid"); pid != 0) out_ += "[" + std::to_string(pid) + "]";
    out_ += ')';
  }

  void append_with(std::string_view before, const object& from, std::string_view key) {
    out_ += before;
    append_member(out_, from, key);
  }

  static constexpr std::uint64_t kNsPerSecond = 1'000'000'000;

  const object& document_;
  std::string_view now_;
  bool colour_;
  std::string out_;
};

}  // namespace

std::string render_explain(const object& document, bool colour) { return Explanation(document, colour).render(); }

}  // namespace egresswatch::cli
