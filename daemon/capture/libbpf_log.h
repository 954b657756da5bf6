// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

namespace egresswatch::capture {

// While one exists, libbpf's messages are kept instead of printed: a refused program fills screens with the verifier's
// log, of which a person needs one line. One at a time; libbpf has a single print function per process.
class LibbpfLog {
 public:
  LibbpfLog();
  ~LibbpfLog();
  LibbpfLog(const LibbpfLog&) = delete;
  LibbpfLog& operator=(const LibbpfLog&) = delete;

  // Name of the program that the kernel refused to load, empty if none was named.
  [[nodiscard]] std::string refused_program() const;
  // Name of the map that the kernel refused to make, empty if none was named.
  [[nodiscard]] std::string refused_map() const;
};

}  // namespace egresswatch::capture
