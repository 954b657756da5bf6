// SPDX-License-Identifier: Apache-2.0
#include "config/web_config.h"

#include <algorithm>
#include <array>
#include <charconv>

#include "config/read_file.h"
#include "config/reader.h"
#include "config/web_tls.h"
#include "config/yaml_tree.h"

namespace egresswatch::config {
namespace {

constexpr std::size_t kMaxHeader = 4096;
constexpr std::size_t kMaxUserName = 255;
constexpr std::size_t kBcryptLength = 60;

struct Header {
  std::string_view name;
  std::array<std::string_view, 2> values;  // the only ones; none = any
};

constexpr std::array<Header, 5> kHeaders{{{"Content-Security-Policy", {}},
                                          {"X-Frame-Options", {"deny", "sameorigin"}},
                                          {"X-Content-Type-Options", {"nosniff", "nosniff"}},
                                          {"X-XSS-Protection", {}},
                                          {"Strict-Transport-Security", {}}}};

void read_headers(MappingReader& reader, WebAccess& access) {
  for (const Header& header : kHeaders) {
    const auto place = reader.find(header.name);
    if (!place) continue;
    constexpr std::string_view kExpected = "a line of 1 to 4096 printable characters";
    const auto value = read_text(*place, kExpected);
    if (!value) continue;
    const bool printable = std::ranges::all_of(*value, [](char c) { return c >= ' ' && c <= '~'; });
    if (value->empty() || value->size() > kMaxHeader || !printable) {
      place->expected(kExpected);
    } else if (!header.values[0].empty() && std::ranges::find(header.values, *value) == header.values.end()) {
      place->expected(header.values[0] == header.values[1]
                          ? std::string(header.values[0])
                          : "one of " + std::string(header.values[0]) + ", " + std::string(header.values[1]));
    } else {
      access.headers.emplace_back(header.name, *value);
    }
  }
}

void read_http(MappingReader& reader, WebAccess& access) {
  // whatever it says: this server speaks HTTP/1.1, which every client can
  bool http2 = true;
  reader.flag("http2", http2);
  reader.mapping("headers", [&](MappingReader& headers) { read_headers(headers, access); });
}

// $2a$, $2b$ or $2y$, two digits of cost, $, 53 characters of salt and hash.
bool is_bcrypt(std::string_view hash) {
  static constexpr std::string_view kAlphabet = "./ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
  if (hash.size() != kBcryptLength || !hash.starts_with("$2") || hash[3] != '$' || hash[6] != '$') return false;
  if (hash[2] != 'a' && hash[2] != 'b' && hash[2] != 'y') return false;
  if (hash.substr(7).find_first_not_of(kAlphabet) != std::string_view::npos) return false;
  int cost = 0;
  const auto [end, error] = std::from_chars(hash.data() + 4, hash.data() + 6, cost);
  return error == std::errc{} && end == hash.data() + 6 && cost >= kMinBcryptCost && cost <= kMaxBcryptCost;
}

void read_users(const Place& place, WebAccess& access) {
  if (place.node.kind == YamlNode::Kind::null) return;
  if (place.node.kind != YamlNode::Kind::mapping) return place.expected("a mapping of names to bcrypt hashes");
  if (place.node.entries.size() > kMaxWebUsers) return place.problem("expected at most 256 users");
  for (const YamlEntry& entry : place.node.entries) {
    // RFC 7617 section 2: a colon ends the name
    const bool plain = !entry.key.empty() && entry.key.size() <= kMaxUserName &&
                       std::ranges::all_of(entry.key, [](char c) { return c >= ' ' && c <= '~' && c != ':'; });
    if (!plain) {
      place.problems.add(entry.line, place.path, "a name has 1 to 255 printable characters and no colon");
      continue;
    }
    const auto same = [&entry](const WebUser& user) { return user.name == entry.key; };
    // a hash is a secret of sorts: no message shows it
    if (std::ranges::any_of(access.users, same))
      place.problems.add(entry.line, place.path + "." + entry.key, "given twice");
    else if (entry.value.kind != YamlNode::Kind::scalar || !is_bcrypt(entry.value.text))
      place.problems.add(entry.line, place.path + "." + entry.key,
                         "expected a bcrypt hash of cost 4 to 12, as htpasswd -nBC 10 \"\" writes it after the colon");
    else
      access.users.push_back({entry.key, entry.value.text});
  }
}

}  // namespace

Result<WebAccess> parse_web_config(std::string_view text, std::string_view file_name, std::string_view directory) {
  const auto root = parse_yaml(text, file_name);
  if (!root) return root.error();
  Problems problems(file_name);
  WebAccess access;
  MappingReader file({*root, "", problems});
  if (const auto place = file.find("tls_server_config")) access.tls = read_web_tls(*place, directory);
  file.mapping("http_server_config", [&](MappingReader& reader) { read_http(reader, access); });
  if (const auto place = file.find("basic_auth_users")) read_users(*place, access);
  if (const auto place = file.find("rate_limit"))
    place->problem("is not supported: the number of connections, and of answers at once, is limited anyway");
  file.finish();
  if (!problems.empty()) return problems.error();
  return access;
}

Result<WebAccess> load_web_config(const std::string& path) {
  auto text = read_file(path, kMaxFileBytes);
  if (!text) return std::move(text).error().in(path);
  const std::size_t slash = path.rfind('/');
  return parse_web_config(*text, path, slash == std::string::npos ? "." : path.substr(0, slash + 1));
}

}  // namespace egresswatch::config
