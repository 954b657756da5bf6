// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "egresswatch/model/service_tags.h"

// The file "Azure IP Ranges and Service Tags" of one cloud, as Microsoft publishes it; docs/service-tags.md says where.
// Of some thousand tags those are kept that stand for a service of the catalog: AzureKeyVault, AzureActiveDirectory and
// AzureResourceManager with their regions. There is none for Managed HSM, Graph and revocation.
namespace egresswatch::config {

inline constexpr std::size_t kMaxServiceTagsBytes = 32 * 1024 * 1024;  // real files: up to 5 MB in 2026
inline constexpr std::size_t kMaxTags = 20'000;                        // of the file; real ones: 3,000
inline constexpr std::size_t kMaxTagPrefixes = 1'000'000;              // of the file; real ones: 100,000
inline constexpr std::size_t kMaxKeptPrefixes = 100'000;               // of tags that are kept; real ones: 4,000

struct ServiceTagsFile {
  std::uint64_t change_number = 0;  // rises with each edition
  std::vector<ServiceTag> tags;     // in the order of the file
  bool operator==(const ServiceTagsFile&) const = default;
};

// Takes the text in pieces and holds no more of it than one tag. Errors are "file:line:column: why".
//
// A prefix may be in several tags of a service, as the regional ones repeat the global one. Within one tag a prefix
// that is there twice, or inside another one, is an error: no real file has that.
class ServiceTagsParser {
 public:
  ServiceTagsParser(std::string_view file_name, Cloud cloud);
  ~ServiceTagsParser();
  ServiceTagsParser(const ServiceTagsParser&) = delete;
  ServiceTagsParser& operator=(const ServiceTagsParser&) = delete;

  // After an error nothing more may be fed.
  Result<> feed(std::string_view piece);
  // There are no more pieces. Once.
  Result<ServiceTagsFile> finish();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// From a regular file.
Result<ServiceTagsFile> load_service_tags(const std::string& path, Cloud cloud);

}  // namespace egresswatch::config
