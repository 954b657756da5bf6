// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <cstdio>
#include <memory>
#include <string>

#include "base/result.h"
#include "capture/source.h"

namespace egresswatch::capture {

struct FileCloser {
  void operator()(std::FILE* file) const { std::fclose(file); }
};
using File = std::unique_ptr<std::FILE, FileCloser>;

// Writes every record to a file as it came, but without padding (abi/recording.h). A failed write ends the recording:
// finish() then says why, and written() how far it got.
class Recorder final : public RecordHandler {
 public:
  static Result<std::unique_ptr<Recorder>> create(const std::string& path);

  void on_record(std::span<const std::byte> record) override;
  // Writes the totals of the source behind the records and flushes.
  Result<> finish(const egw_totals& totals);

  [[nodiscard]] std::uint64_t written() const { return written_; }  // records
  [[nodiscard]] bool failed() const { return error_ != 0; }

 private:
  explicit Recorder(File file) : file_(std::move(file)) {}
  // False if the record is not what its type says.
  template <typename Start>
  bool write_trimmed(std::span<const std::byte> record);
  void write(const void* data, std::size_t size);

  File file_;
  std::uint64_t written_ = 0;
  int error_ = 0;
};

}  // namespace egresswatch::capture
