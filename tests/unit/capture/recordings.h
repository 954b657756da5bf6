// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gtest/gtest.h>
#include <stdlib.h>
#include <unistd.h>

#include <boost/asio/io_context.hpp>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>
#include <vector>

#include "capture/recording.h"
#include "capture/replay_source.h"
#include "egresswatch/abi/recording.h"

namespace egresswatch::capture::test {

using Bytes = std::vector<std::byte>;

// A name in a directory of its own, gone with the object.
class TemporaryDirectory {
 public:
  TemporaryDirectory() : path_(std::filesystem::temp_directory_path() / "egresswatch.XXXXXX") {
    if (!::mkdtemp(path_.data())) ADD_FAILURE() << "no temporary directory";
  }
  ~TemporaryDirectory() { std::filesystem::remove_all(path_); }
  TemporaryDirectory(const TemporaryDirectory&) = delete;
  TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;

  [[nodiscard]] std::string file() const { return path_ + "/some.egwrec"; }

 private:
  std::string path_;
};

template <typename T>
Bytes bytes_of(const T& record) {
  const auto span = std::as_bytes(std::span(&record, 1));
  return {span.begin(), span.end()};
}

inline egw_tcp_first_byte first_byte(std::uint64_t socket) {
  egw_tcp_first_byte record{};
  record.header = {EGW_TCP_FIRST_BYTE, sizeof record, 1000 + socket};
  record.socket = socket;
  record.sent_ns = 999;
  return record;
}

inline egw_recording start_of_file() {
  egw_recording start{};
  std::memcpy(start.magic, EGW_RECORDING_MAGIC, sizeof start.magic);
  start.abi_version = EGW_ABI_VERSION;
  start.header_size = sizeof start;
  return start;
}

inline void write_file(const std::string& path, const std::vector<Bytes>& parts) {
  std::ofstream out(path, std::ios::binary);
  for (const Bytes& part : parts)
    out.write(reinterpret_cast<const char*>(part.data()), static_cast<std::streamsize>(part.size()));
}

inline Bytes read_file(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  const std::string text{std::istreambuf_iterator<char>(in), {}};
  const auto span = std::as_bytes(std::span(text));
  return {span.begin(), span.end()};
}

struct Collector final : RecordHandler {
  void on_record(std::span<const std::byte> record) override { records.emplace_back(record.begin(), record.end()); }
  void on_batch_end() override { ++batches; }
  std::vector<Bytes> records;
  int batches = 0;
};

// What a replay of a file came to.
struct Replayed {
  explicit Replayed(const std::string& path) {
    auto opened = ReplaySource::open(io, path, [this] { ++ends; });
    if (!opened) {
      error = opened.error().message;
      return;
    }
    source = std::move(*opened);
    EXPECT_TRUE(source->start(all));
    io.run();
  }

  boost::asio::io_context io;
  Collector all;
  std::unique_ptr<ReplaySource> source;
  int ends = 0;
  std::string error;
};

}  // namespace egresswatch::capture::test
