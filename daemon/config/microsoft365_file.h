// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "egresswatch/model/service_tags.h"

// The answer of the Office 365 endpoints web service (MicrosoftDocs: microsoft-365-ip-web-service), an array of
// records. The records that Entra needs are kept: 56 and 59 of the instance Worldwide, 17 and 13 of China, 13 and 14 of
// USGovGCCHigh.
namespace egresswatch::config {

inline constexpr std::size_t kMaxFeedBytes = 4 * 1024 * 1024;  // real ones: 100 KB
inline constexpr std::size_t kMaxFeedTexts = 10'000;           // hosts and prefixes of one record; real ones: 40

struct Microsoft365File {
  std::vector<FeedHost> hosts;     // each once; what the catalog says of one of them goes before
  std::vector<ServiceTag> tags;    // Microsoft365.56; partial, since the tags of the Service Tags file know more
  std::vector<std::string> notes;  // what was left out, for a person: hosts that are no pattern
  bool operator==(const Microsoft365File&) const = default;
};

// Takes the text in pieces and holds no more of it than one record. Errors are "file:line:column: why".
class Microsoft365Parser {
 public:
  Microsoft365Parser(std::string_view file_name, Cloud cloud);
  ~Microsoft365Parser();
  Microsoft365Parser(const Microsoft365Parser&) = delete;
  Microsoft365Parser& operator=(const Microsoft365Parser&) = delete;

  // After an error nothing more may be fed.
  Result<> feed(std::string_view piece);
  // There are no more pieces. Once.
  Result<Microsoft365File> finish();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// From a regular file.
Result<Microsoft365File> load_microsoft365(const std::string& path, Cloud cloud);

}  // namespace egresswatch::config
