// SPDX-License-Identifier: Apache-2.0
#include "config/yaml_tree.h"

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

#include <exception>
#include <optional>
#include <sstream>

#include "config/text.h"

namespace egresswatch::config {
namespace {

constexpr std::string_view kNoAliases =
    "anchors and aliases are not possible (put quotes around a value that begins with * or &)";

// Thrown through yaml-cpp's parser to stop it, and caught in parse_yaml().
struct Refused {
  std::size_t line;
  std::string what;
};

std::size_t line_of(const YAML::Mark& mark) { return mark.is_null() ? 1 : static_cast<std::size_t>(mark.line) + 1; }

// Builds the tree from the parser's events. YAML::Node is not used: it resolves aliases and does not bound anything.
class TreeBuilder : public YAML::EventHandler {
 public:
  explicit TreeBuilder(YamlNode& root) : root_(root) {}

  void OnDocumentStart(const YAML::Mark&) override {}
  void OnDocumentEnd() override {}
  void OnAnchor(const YAML::Mark& mark, const std::string&) override { refuse(mark, kNoAliases); }
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t) override { refuse(mark, kNoAliases); }

  void OnNull(const YAML::Mark& mark, YAML::anchor_t) override {
    // the mark of "nothing" is where the next thing begins; the line of its key is what a person looks for
    const std::size_t key_line = open_.empty() ? 0 : open_.back().key_line;
    YamlNode& node = add(mark, {});
    if (key_line != 0) node.line = key_line;
  }

  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t, const std::string& value) override {
    check_tag(mark, tag);
    if (wants_key()) {
      count(mark);
      open_.back().key = value;
      open_.back().key_line = line_of(mark);
      return;
    }
    YamlNode node;
    // "?" is the tag of a plain scalar: only those can be null, quoted ones are text
    const bool null = tag == "?" && (value == "~" || value == "null");
    node.kind = null ? YamlNode::Kind::null : YamlNode::Kind::scalar;
    if (!null) node.text = value;
    add(mark, std::move(node));
  }

  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t,
                       YAML::EmitterStyle::value) override {
    open(mark, tag, YamlNode::Kind::list);
  }
  void OnSequenceEnd() override { open_.pop_back(); }

  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t, YAML::EmitterStyle::value) override {
    open(mark, tag, YamlNode::Kind::mapping);
  }
  void OnMapEnd() override { open_.pop_back(); }

 private:
  // A list or mapping that is being filled. The pointer stays valid: its parent does not grow meanwhile.
  struct Open {
    YamlNode* node;
    std::optional<std::string> key = std::nullopt;
    std::size_t key_line = 0;
  };

  [[noreturn]] static void refuse(const YAML::Mark& mark, std::string_view what) {
    throw Refused{line_of(mark), std::string(what)};
  }

  static void check_tag(const YAML::Mark& mark, const std::string& tag) {
    // "?" and "!" stand for "no tag" on plain and on quoted values
    if (!tag.empty() && tag != "?" && tag != "!") refuse(mark, "tags are not possible, found " + in_quotes(tag));
  }

  [[nodiscard]] bool wants_key() const {
    return !open_.empty() && open_.back().node->kind == YamlNode::Kind::mapping && !open_.back().key;
  }

  void count(const YAML::Mark& mark) {
    if (++values_ > kMaxYamlValues) refuse(mark, "more than " + std::to_string(kMaxYamlValues) + " values");
  }

  YamlNode& add(const YAML::Mark& mark, YamlNode node) {
    count(mark);
    if (wants_key()) refuse(mark, "a key must be a single word");
    node.line = line_of(mark);
    if (open_.empty()) return root_ = std::move(node);
    Open& parent = open_.back();
    if (parent.node->kind == YamlNode::Kind::list) return parent.node->items.emplace_back(std::move(node));
    parent.node->entries.push_back({std::move(*parent.key), parent.key_line, std::move(node)});
    parent.key.reset();
    return parent.node->entries.back().value;
  }

  void open(const YAML::Mark& mark, const std::string& tag, YamlNode::Kind kind) {
    check_tag(mark, tag);
    if (open_.size() == kMaxYamlDepth)
      refuse(mark, "nested more than " + std::to_string(kMaxYamlDepth) + " levels deep");
    YamlNode node;
    node.kind = kind;
    open_.push_back({&add(mark, std::move(node))});
  }

  YamlNode& root_;
  std::vector<Open> open_;
  std::size_t values_ = 0;
};

Error at(std::string_view file_name, std::size_t line, std::string_view what) {
  return {std::string(file_name) + ":" + std::to_string(line) + ": " + std::string(what)};
}

}  // namespace

Result<YamlNode> parse_yaml(std::string_view text, std::string_view file_name) {
  if (text.size() > kMaxFileBytes)
    return Error{std::string(file_name) + ": larger than " + std::to_string(kMaxFileBytes) + " bytes"};
  // yaml-cpp replaces bytes that are not text silently
  if (const auto offset = first_bad_byte(text))
    return at(file_name, line_at(text, *offset), "not UTF-8 text, or a control character");

  YamlNode root;
  root.line = 1;
  try {
    std::istringstream stream{std::string(text)};
    YAML::Parser parser(stream);
    TreeBuilder builder(root);
    if (!parser.HandleNextDocument(builder)) return root;
    YamlNode second;
    TreeBuilder rest(second);
    if (parser.HandleNextDocument(rest)) return at(file_name, second.line, "more than one YAML document");
    return root;
  } catch (const Refused& refused) {
    return at(file_name, refused.line, refused.what);
  } catch (const YAML::Exception& error) {
    // what the parser says of an unquoted *.example.com
    const bool alias = error.msg.find("alias") != std::string::npos || error.msg.find("anchor") != std::string::npos;
    return at(file_name, line_of(error.mark), alias ? kNoAliases : "not valid YAML: " + error.msg);
  } catch (const std::exception& error) {
    return Error{std::string(file_name) + ": " + error.what()};
  }
}

}  // namespace egresswatch::config
