// SPDX-License-Identifier: Apache-2.0
#include "config/service_tags_file.h"

#include <algorithm>
#include <array>
#include <optional>
#include <set>
#include <utility>

#include "config/json_reader.h"
#include "config/published_prefixes.h"
#include "config/read_file.h"
#include "config/text.h"

namespace egresswatch::config {
namespace {

using Kind = JsonValue::Kind;

// What the files call the clouds; the index is the Cloud.
constexpr std::array<std::string_view, kCloudNames.size()> kFileClouds{"", "Public", "China", "AzureGovernment"};
static_assert(static_cast<std::size_t>(Cloud::public_cloud) == 1 && static_cast<std::size_t>(Cloud::china) == 2 &&
              static_cast<std::size_t>(Cloud::usgov) == 3);

std::optional<BuiltinService> service_of(std::string_view tag) {
  const std::string_view family = tag.substr(0, tag.find('.'));
  if (family == "AzureKeyVault") return BuiltinService::key_vault;
  if (family == "AzureActiveDirectory") return BuiltinService::entra;
  if (family == "AzureResourceManager") return BuiltinService::arm;
  return std::nullopt;
}

class TagsVisitor final : public JsonVisitor {
 public:
  explicit TagsVisitor(Cloud cloud) : cloud_(cloud) {}

  Place value(Place in, std::string_view key, const JsonValue& value) override {
    switch (in) {
      case kDocument:
        return expect(Kind::object, value, "a Service Tags file") ? kFile : kIgnored;
      case kFile:
        return file_key(key, value);
      case kTags:
        return begin_tag(value);
      case kTag:
        return tag_key(key, value);
      case kProperties:
        return property(key, value);
      default:
        prefix(value);
        return kIgnored;
    }
  }

  void end(Place place) override {
    if (place == kTag) end_tag();
    if (place != kFile) return;
    if (!seen_cloud_ || !seen_tags_)
      refuse("no Service Tags file: expected the keys cloud and values");
    else if (file_.tags.empty())
      refuse("no tag of a known service: expected AzureKeyVault, AzureActiveDirectory or AzureResourceManager");
  }

  ServiceTagsFile take() && { return std::move(file_); }

 private:
  enum : Place { kFile = kIgnored + 1, kTags, kTag, kProperties, kPrefixes };

  bool once(bool& seen, std::string_view key) {
    if (std::exchange(seen, true)) refuse("the key " + std::string(key) + " is there twice");
    return !refusal();
  }

  Place file_key(std::string_view key, const JsonValue& value) {
    if (key == "changeNumber" && value.kind == Kind::number) file_.change_number = value.number;
    if (key == "cloud" && once(seen_cloud_, key) && expect(Kind::text, value, key)) check_cloud(value.text);
    if (key == "values" && once(seen_tags_, key) && expect(Kind::array, value, key)) return kTags;
    return kIgnored;
  }

  void check_cloud(std::string_view name) {
    const auto* const known = std::ranges::find(kFileClouds.begin() + 1, kFileClouds.end(), name);
    if (known == kFileClouds.end()) {
      refuse("unknown cloud " + in_quotes(name) + ", expected Public, AzureGovernment or China");
    } else if (known != kFileClouds.begin() + static_cast<std::size_t>(cloud_)) {
      const auto of = static_cast<std::size_t>(known - kFileClouds.begin());
      refuse("this is the file of the cloud " + std::string(kCloudNames[of]) + ", but the configuration says " +
             std::string(to_string(cloud_)));
    }
  }

  Place begin_tag(const JsonValue& value) {
    if (!expect(Kind::object, value, "a tag")) return kIgnored;
    if (++tag_count_ > kMaxTags) return refuse("more than " + std::to_string(kMaxTags) + " tags");
    seen_name_ = seen_properties_ = seen_prefixes_ = false;
    name_.clear();
    prefixes_.clear();
    bad_prefix_.reset();
    return kTag;
  }

  Place tag_key(std::string_view key, const JsonValue& value) {
    if (key == "name" && once(seen_name_, key) && expect(Kind::text, value, key)) name_ = value.text;
    if (key == "properties" && once(seen_properties_, key) && expect(Kind::object, value, key)) return kProperties;
    return kIgnored;
  }

  Place property(std::string_view key, const JsonValue& value) {
    if (key == "addressPrefixes" && once(seen_prefixes_, key) && expect(Kind::array, value, key)) return kPrefixes;
    return kIgnored;
  }

  void prefix(const JsonValue& value) {
    if (++prefix_count_ > kMaxTagPrefixes) {
      refuse("more than " + std::to_string(kMaxTagPrefixes) + " prefixes");
      return;
    }
    // the name may come behind the prefixes; of a tag that is not kept nothing needs to be right
    if (bad_prefix_ || (seen_name_ && !service_of(name_))) return;
    if (value.kind == Kind::text)
      bad_prefix_ = add_published_prefix(value.text, prefixes_);
    else
      bad_prefix_ = "expected an address or prefix as text";
    if (bad_prefix_ && seen_name_) refuse_tag(*bad_prefix_);
  }

  void end_tag() {
    if (!seen_name_) {
      refuse("a tag without name");
      return;
    }
    const auto service = service_of(name_);
    if (!service) return;
    if (!seen_prefixes_) return refuse_tag("no addressPrefixes");
    if (bad_prefix_) return refuse_tag(*bad_prefix_);
    if (const auto overlap = overlap_within(prefixes_)) return refuse_tag(*overlap);
    if (!names_.insert(name_).second) return refuse_tag("it is there twice");
    kept_prefixes_ += prefixes_.size();
    if (kept_prefixes_ > kMaxKeptPrefixes)
      return refuse_tag("more than " + std::to_string(kMaxKeptPrefixes) + " prefixes of services that are watched");
    // those with a dot are of a region or a part
    const bool partial = name_.find('.') != std::string::npos;
    file_.tags.push_back({name_, id_of(*service), prefixes_, partial});
  }

  void refuse_tag(std::string_view why) { refuse("tag " + in_quotes(name_) + ": " + std::string(why)); }

  Cloud cloud_;
  ServiceTagsFile file_;
  bool seen_cloud_ = false;
  bool seen_tags_ = false;
  std::set<std::string> names_;  // of the tags that are kept
  std::size_t tag_count_ = 0;
  std::size_t prefix_count_ = 0;
  std::size_t kept_prefixes_ = 0;
  // the tag that is being read
  bool seen_name_ = false;
  bool seen_properties_ = false;
  bool seen_prefixes_ = false;
  std::string name_;
  std::vector<IpPrefix> prefixes_;
  std::optional<std::string> bad_prefix_;
};

}  // namespace

struct ServiceTagsParser::Impl {
  Impl(std::string_view file_name, Cloud cloud) : visitor(cloud), reader(visitor, file_name) {}

  TagsVisitor visitor;
  JsonReader reader;
};

ServiceTagsParser::ServiceTagsParser(std::string_view file_name, Cloud cloud)
    : impl_(std::make_unique<Impl>(file_name, cloud)) {}

ServiceTagsParser::~ServiceTagsParser() = default;

Result<> ServiceTagsParser::feed(std::string_view piece) { return impl_->reader.feed(piece); }

Result<ServiceTagsFile> ServiceTagsParser::finish() {
  if (auto finished = impl_->reader.finish(); !finished) return finished.error();
  return std::move(impl_->visitor).take();
}

Result<ServiceTagsFile> load_service_tags(const std::string& path, Cloud cloud) {
  ServiceTagsParser parser(path, cloud);
  const auto feed = [&](std::string_view piece) { return parser.feed(piece); };
  if (auto fed = read_pieces(path, kMaxServiceTagsBytes, feed); !fed) return fed.error();
  return parser.finish();
}

}  // namespace egresswatch::config
