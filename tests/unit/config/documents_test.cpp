// SPDX-License-Identifier: Apache-2.0
// The default configuration and the reference say what the program does.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

#include "config/yaml_tree.h"
#include "parse_helpers.h"

namespace egresswatch::config {
namespace {

using ::testing::HasSubstr;

std::string read(const std::string& name) {
  std::ifstream file(std::string(EGRESSWATCH_SOURCE_DIR) + "/" + name);
  EXPECT_TRUE(file) << name;
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

// The default configuration with every key in force: a comment line is prose if one space follows the sign.
std::string with_every_key() {
  std::istringstream lines(read("systemd/egresswatch.yaml"));
  std::string result;
  for (std::string line; std::getline(lines, line); result += '\n') {
    const bool prose = line.size() < 2 || (line[1] == ' ' && (line.size() < 3 || line[2] != ' '));
    if (line.starts_with('#') && !prose) result += line.substr(1);
  }
  return result;
}

void collect_paths(const YamlNode& node, const std::string& path, std::vector<std::string>& paths) {
  for (const YamlEntry& entry : node.entries)
    collect_paths(entry.value, path.empty() ? entry.key : path + "." + entry.key, paths);
  if (node.kind == YamlNode::Kind::list && !node.items.empty() && node.items[0].kind == YamlNode::Kind::mapping)
    collect_paths(node.items[0], path + "[]", paths);
  else if (node.entries.empty())
    paths.push_back(path);
}

TEST(Documents, TheDefaultConfigurationGivesTheDefaults) {
  EXPECT_EQ(parsed(read("systemd/egresswatch.yaml")), Config{});
}

TEST(Documents, TheValuesThatItShowsAreTheDefaults) {
  Config shown = parsed(with_every_key());
  EXPECT_EQ(shown.classify.cloud, Config{}.classify.cloud);
  EXPECT_EQ(shown.classify.hosts.size(), 3U);
  EXPECT_EQ(shown.classify.services.size(), 1U);
  EXPECT_EQ(shown.classify.private_endpoints.size(), 1U);
  EXPECT_EQ(shown.classify.public_endpoints.size(), 1U);
  shown.classify = {};
  EXPECT_EQ(shown, Config{});
}

TEST(Documents, TheReferenceHasEveryKeyWithItsDefault) {
  const auto tree = parse_yaml(with_every_key(), "egresswatch.yaml");
  ASSERT_TRUE(tree);
  std::vector<std::string> paths;
  collect_paths(*tree, "", paths);
  EXPECT_GE(paths.size(), 18U);
  const std::string reference = read("docs/configuration.md");
  for (const std::string& path : paths) {
    if (path.starts_with("hosts.")) continue;
    EXPECT_THAT(reference, HasSubstr("| `" + path + "` |"));
  }
  EXPECT_THAT(reference, HasSubstr("| `limits.sockets` | " + std::to_string(Limits{}.sockets) + " |"));
  EXPECT_THAT(reference, HasSubstr("| `limits.names` | " + std::to_string(Limits{}.names) + " |"));
  EXPECT_THAT(reference, HasSubstr("| `limits.dns_queries` | " + std::to_string(Limits{}.dns_queries) + " |"));
  EXPECT_THAT(reference, HasSubstr("| `limits.units` | " + std::to_string(Limits{}.units) + " |"));
  EXPECT_THAT(reference,
              HasSubstr("| `limits.series_per_metric` | " + std::to_string(Limits{}.series_per_metric) + " |"));
  EXPECT_THAT(reference,
              HasSubstr("| `limits.hosts_per_service` | " + std::to_string(Limits{}.hosts_per_service) + " |"));
  EXPECT_THAT(reference, HasSubstr("| `capture.ring_bytes` | " + std::to_string(Capture{}.ring_bytes) + " |"));
}

}  // namespace
}  // namespace egresswatch::config
