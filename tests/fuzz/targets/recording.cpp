// SPDX-License-Identifier: Apache-2.0
// A recording of any bytes through the whole pipeline, and what the pipeline would leave for the next process.
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <boost/asio/io_context.hpp>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <numeric>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "app/pipeline.h"
#include "capture/replay_source.h"
#include "classify/classifier.h"
#include "classify/embedded_catalog.h"
#include "config/config.h"
#include "fuzz/require.h"

namespace {

using namespace egresswatch;

// A file without a name, until it is closed.
class MemoryFile {
 public:
  MemoryFile() : fd_(::memfd_create("egresswatch-fuzz", MFD_CLOEXEC)) { require(fd_ >= 0, "memfd_create"); }
  ~MemoryFile() { ::close(fd_); }
  MemoryFile(const MemoryFile&) = delete;
  MemoryFile& operator=(const MemoryFile&) = delete;

  [[nodiscard]] int fd() const { return fd_; }
  [[nodiscard]] std::string path() const { return "/proc/self/fd/" + std::to_string(fd_); }
  [[nodiscard]] std::vector<std::byte> content() const {
    std::vector<std::byte> bytes(static_cast<std::size_t>(::lseek(fd_, 0, SEEK_END)));
    require(::pread(fd_, bytes.data(), bytes.size(), 0) == static_cast<ssize_t>(bytes.size()), "pread");
    return bytes;
  }

 private:
  int fd_;
};

// The texts of a report are valid in its call, so each is read here.
class Reader final : public publish::EventSink {
 public:
  void connection(const ConnectionReport& report) override {
    for (const std::string_view text : {report.service, report.host, report.unit, report.process,
                                        report.evidence.dns_name, report.evidence.wire_name, report.evidence.waits_for})
      read(text);
    require(report.service == "other" || !report.service.empty(), "a connection has a service");
  }
  void dns(const DnsReport& report) override {
    for (const std::string_view text :
         {report.service, report.unit, report.process, report.question, report.cname_tail})
      read(text);
  }
  void flow(const FlowReport& report) override {
    for (const std::string_view text : {report.service, report.host, report.unit, report.process}) read(text);
  }

 private:
  void read(std::string_view text) { sum_ = std::accumulate(text.begin(), text.end(), sum_); }
  int sum_ = 0;
};

app::Pipeline::Rules rules() {
  static const auto classifier = [] {
    const auto catalog = config::parse_catalog(classify::embedded_catalog(), "catalog.yaml");
    auto compiled = classify::Classifier::compile(catalog.value(), {});
    require(compiled.has_value(), "the catalog compiles");
    return std::make_shared<const classify::Classifier>(std::move(compiled).value());
  }();
  return {.classifier = classifier};
}

// So small that everything is evicted in its turn.
app::Pipeline::Options options() {
  return {
      .limits =
          {.sockets = 8, .names = 16, .dns_queries = 8, .units = 8, .series_per_metric = 16, .hosts_per_service = 4},
      .dns = {},
      .proc_root = {}};
}

template <typename Save>
std::vector<std::byte> saved(Save save) {
  const MemoryFile file;
  ArchiveWriter writer(file.fd());
  save(writer);
  require(writer.finish().has_value(), "it is written");
  return file.content();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const MemoryFile file;
  require(::write(file.fd(), data, size) == static_cast<ssize_t>(size), "write");

  boost::asio::io_context io(1);
  Reader reader;
  app::Pipeline pipeline(options(), rules(), reader);
  const auto source = capture::ReplaySource::open(io, file.path(), [&] { pipeline.tick(pipeline.newest_ns()); });
  if (!source) {
    require(source.error().message.starts_with(file.path()), "an error tells the file");
    return 0;
  }
  require((*source)->start(pipeline).has_value(), "it starts");
  io.run();

  const account::Snapshot now = pipeline.ledger().snapshot();
  const auto& refused = pipeline.refused_records();
  // what was concluded comes behind the records
  const auto records = std::span(now.events).first<std::variant_size_v<Event>>();
  require(std::accumulate(records.begin(), records.end(), std::uint64_t{0}) +
                  std::accumulate(refused.begin(), refused.end(), std::uint64_t{0}) ==
              pipeline.records(),
          "each record is counted, or refused and counted");

  const auto counters = saved([&](ArchiveWriter& writer) { pipeline.save_counters(writer); });
  const auto rest = saved([&](ArchiveWriter& writer) { pipeline.save_rest(writer); });
  app::Pipeline next(options(), rules(), reader);
  ArchiveReader counters_reader(counters);
  require(next.restore_counters(counters_reader), "counters are taken over");
  ArchiveReader rest_reader(rest);
  require(next.restore_rest(rest_reader, pipeline.newest_ns()), "and what else is known");
  require(saved([&](ArchiveWriter& writer) { next.save_counters(writer); }) == counters, "they say the same");
  return 0;
}
