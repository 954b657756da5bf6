// SPDX-License-Identifier: Apache-2.0
// What it costs to read and compile a Service Tags file: time of the only thread, and memory at the most. Takes the
// path of a real file of the public cloud; without one it makes one of the same size (3,000 tags with 96,000 prefixes).
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <limits>
#include <string>
#include <string_view>

#include "classify/tag_table.h"
#include "config/service_tags_file.h"

namespace {

constexpr int kRounds = 20;
constexpr std::uint32_t kTags = 3000;
constexpr std::uint32_t kPrefixesOfATag = 32;

void write_file(const std::string& path) {
  std::ofstream file(path);
  file << "{\n  \"changeNumber\": 1,\n  \"cloud\": \"Public\",\n  \"values\": [\n";
  for (std::uint32_t tag = 0; tag < kTags; ++tag) {
    // a few of the tags are kept, as in a real file
    const std::string name = (tag % 20 == 0 ? "AzureKeyVault.Region" : "SomeService.Region") + std::to_string(tag);
    file << (tag == 0 ? "" : ",\n") << "    {\n      \"name\": \"" << name << "\",\n      \"id\": \"" << name
         << "\",\n      \"properties\": {\n        \"region\": \"\",\n        \"addressPrefixes\": [\n";
    for (std::uint32_t i = 0; i < kPrefixesOfATag; ++i) {
      const std::uint32_t address = (11U << 24) + (tag * kPrefixesOfATag + i) * 16;
      file << (i == 0 ? "" : ",\n") << "          \"" << (address >> 24) << '.' << (address >> 16 & 255) << '.'
           << (address >> 8 & 255) << '.' << (address & 255) << "/30\"";
    }
    file << "\n        ],\n        \"networkFeatures\": [\n          \"API\",\n          \"NSG\"\n        ]\n      }\n "
            "   }";
  }
  file << "\n  ]\n}\n";
}

long peak_memory_kb() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  return usage.ru_maxrss;
}

}  // namespace

int main(int argc, char** argv) {
  const bool given = argc > 1;
  const std::string path =
      given ? argv[1]
            : (std::filesystem::temp_directory_path() / ("egresswatch-bench-" + std::to_string(::getpid()) + ".json"))
                  .string();
  if (!given) write_file(path);

  double best_ms = std::numeric_limits<double>::max();
  std::size_t tags = 0;
  const long before_kb = peak_memory_kb();
  long once_kb = 0;
  for (int round = 0; round < kRounds; ++round) {
    const auto begin = std::chrono::steady_clock::now();
    const auto file = egresswatch::config::load_service_tags(path, egresswatch::Cloud::public_cloud);
    if (!file) {
      std::fprintf(stderr, "%s\n", file.error().message.c_str());
      return 1;
    }
    const auto table = egresswatch::classify::TagTable::make(file->tags);
    const auto end = std::chrono::steady_clock::now();
    if (!table) return 1;
    best_ms = std::min(best_ms, std::chrono::duration<double, std::milli>(end - begin).count());
    tags = file->tags.size();
    if (round == 0) once_kb = peak_memory_kb();
  }
  if (!given) ::unlink(path.c_str());
  std::printf("%zu tags kept: %.1f ms, %ld kB at the most (%ld kB after %d rounds)\n", tags, best_ms,
              once_kb - before_kb, peak_memory_kb() - before_kb, kRounds);
  return 0;
}
