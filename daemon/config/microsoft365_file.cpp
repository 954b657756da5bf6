// SPDX-License-Identifier: Apache-2.0
#include "config/microsoft365_file.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <utility>

#include "config/json_reader.h"
#include "config/published_prefixes.h"
#include "config/read_file.h"
#include "config/text.h"

namespace egresswatch::config {
namespace {

using Kind = JsonValue::Kind;

// Other instances use the same numbers for other things, and the file does not say of which instance it is: the login
// host tells.
struct Instance {
  std::string_view name;
  std::uint64_t main;  // with addresses
  std::uint64_t other;
  std::string_view login_host;  // of the main record
};

// The index is the Cloud.
constexpr std::array<Instance, kCloudNames.size()> kInstances{{{},
                                                               {"Worldwide", 56, 59, "login.microsoftonline.com"},
                                                               {"China", 17, 13, "login.partner.microsoftonline.cn"},
                                                               {"USGovGCCHigh", 13, 14, "login.microsoftonline.us"}}};

class FeedVisitor final : public JsonVisitor {
 public:
  explicit FeedVisitor(Cloud cloud) : instance_(kInstances[static_cast<std::size_t>(cloud)]) {}

  Place value(Place in, std::string_view key, const JsonValue& value) override {
    switch (in) {
      case kDocument:
        return expect(Kind::array, value, "the Microsoft 365 endpoints") ? kRecords : kIgnored;
      case kRecords:
        return begin_record(value);
      case kRecord:
        return record_key(key, value);
      default:
        add(in == kHosts ? hosts_ : prefixes_, value);
        return kIgnored;
    }
  }

  void end(Place place) override {
    if (place == kRecord) end_record();
    if (place == kRecords && !seen_main_) refuse(missing() + " is not there");
  }

  Microsoft365File take() && { return std::move(file_); }

 private:
  enum : Place { kRecords = kIgnored + 1, kRecord, kHosts, kPrefixes };

  [[nodiscard]] std::string missing() const {
    return "not the endpoints of the instance " + std::string(instance_.name) + ": record " +
           std::to_string(instance_.main) + " with " + std::string(instance_.login_host);
  }

  Place begin_record(const JsonValue& value) {
    if (!expect(Kind::object, value, "a record")) return kIgnored;
    id_.reset();
    hosts_.clear();
    prefixes_.clear();
    return kRecord;
  }

  Place record_key(std::string_view key, const JsonValue& value) {
    if (key == "id") {
      if (id_) return refuse("the key id is there twice");
      if (expect(Kind::number, value, "id")) id_ = value.number;
    }
    if (key == "urls" && expect(Kind::array, value, key)) return kHosts;
    if (key == "ips" && expect(Kind::array, value, key)) return kPrefixes;
    return kIgnored;
  }

  void add(std::vector<std::string>& texts, const JsonValue& value) {
    if (!expect(Kind::text, value, "a host or prefix")) return;
    if (texts.size() == kMaxFeedTexts)
      refuse("more than " + std::to_string(kMaxFeedTexts) + " hosts or prefixes in one record");
    else
      texts.emplace_back(value.text);
  }

  void end_record() {
    if (!id_) {
      refuse("a record without id");
      return;
    }
    const bool main = *id_ == instance_.main;
    if (!main && *id_ != instance_.other) return;
    if (std::exchange(main ? seen_main_ : seen_other_, true)) {
      refuse("record " + std::to_string(*id_) + " is there twice");
      return;
    }
    if (main && std::ranges::find(hosts_, instance_.login_host) == hosts_.end()) {
      refuse(missing() + " is not there");
      return;
    }
    keep_prefixes();
    keep_hosts();
  }

  void keep_prefixes() {
    if (prefixes_.empty()) return;
    ServiceTag tag{"Microsoft365." + std::to_string(*id_), id_of(BuiltinService::entra), {}, true};
    for (const std::string& text : prefixes_)
      if (const auto problem = add_published_prefix(text, tag.prefixes)) return refuse_record(*problem);
    if (const auto overlap = overlap_within(tag.prefixes)) return refuse_record(*overlap);
    file_.tags.push_back(std::move(tag));
  }

  void keep_hosts() {
    std::size_t left_out = 0;
    std::string example;
    for (const std::string& text : hosts_) {
      std::string_view problem;
      if (auto pattern = HostPattern::parse(text, &problem))
        keep_host({std::move(*pattern), prefixes_.empty()});
      else if (++left_out == 1)
        example = in_quotes(text) + " (" + std::string(problem) + ")";
    }
    if (left_out == 0) return;
    file_.notes.push_back("record " + std::to_string(*id_) + ": " + std::to_string(left_out) +
                          " hosts are no host patterns and left out, the first is " + example);
  }

  void keep_host(FeedHost host) {
    const auto known = std::ranges::find(file_.hosts, host.pattern, &FeedHost::pattern);
    if (known == file_.hosts.end())
      file_.hosts.push_back(std::move(host));
    else
      known->untagged = known->untagged && host.untagged;
  }

  void refuse_record(std::string_view why) { refuse("record " + std::to_string(*id_) + ": " + std::string(why)); }

  const Instance& instance_;
  Microsoft365File file_;
  bool seen_main_ = false;
  bool seen_other_ = false;
  // the record that is being read
  std::optional<std::uint64_t> id_;
  std::vector<std::string> hosts_;
  std::vector<std::string> prefixes_;
};

}  // namespace

struct Microsoft365Parser::Impl {
  Impl(std::string_view file_name, Cloud cloud) : visitor(cloud), reader(visitor, file_name) {}

  FeedVisitor visitor;
  JsonReader reader;
};

Microsoft365Parser::Microsoft365Parser(std::string_view file_name, Cloud cloud)
    : impl_(std::make_unique<Impl>(file_name, cloud)) {}

Microsoft365Parser::~Microsoft365Parser() = default;

Result<> Microsoft365Parser::feed(std::string_view piece) { return impl_->reader.feed(piece); }

Result<Microsoft365File> Microsoft365Parser::finish() {
  if (auto finished = impl_->reader.finish(); !finished) return finished.error();
  return std::move(impl_->visitor).take();
}

Result<Microsoft365File> load_microsoft365(const std::string& path, Cloud cloud) {
  Microsoft365Parser parser(path, cloud);
  const auto feed = [&](std::string_view piece) { return parser.feed(piece); };
  if (auto fed = read_pieces(path, kMaxFeedBytes, feed); !fed) return fed.error();
  return parser.finish();
}

}  // namespace egresswatch::config
