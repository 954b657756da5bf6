// SPDX-License-Identifier: Apache-2.0
// A daemon that ends anywhere in a recording and a next one that goes on from what it saved count the same as one that
// never ended.
#include <gtest/gtest.h>

#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <cstring>
#include <filesystem>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "app/saved_state.h"
#include "capture/replay_source.h"
#include "publish/metrics.h"
#include "unit/app/pipeline_fixture.h"
#include "unit/app/recording_files.h"
#include "unit/app/temporary_file.h"

namespace egresswatch::app {
namespace {

namespace fs = std::filesystem;

using Record = std::vector<std::byte>;

class Records final : public capture::RecordHandler {
 public:
  explicit Records(const std::string& file) {
    boost::asio::io_context io;
    const auto source = capture::ReplaySource::open(io, file, [] {});
    if (!source || !(*source)->start(*this)) ADD_FAILURE() << file;
    io.run();
  }
  void on_record(std::span<const std::byte> record) override { all.emplace_back(record.begin(), record.end()); }

  std::vector<Record> all;
};

bool names_a_drop(const Record& record) {
  egw_header header{};
  std::memcpy(&header, record.data(), sizeof header);
  return header.type == EGW_DROP_REASON;
}

// The segments of one message, or of one ClientHello, are put together by one daemon only.
bool continues(const Record& record) {
  egw_header header{};
  std::memcpy(&header, record.data(), sizeof header);
  return header.type == EGW_TCP_PAYLOAD || header.type == EGW_DNS;
}

std::string metrics_of(const Pipeline& pipeline) {
  publish::Metrics metrics([&] { return pipeline.ledger().snapshot(); }, [] { return publish::SelfMetrics{}; });
  const std::string text = metrics.render();
  std::string kept;
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t end = text.find('\n', begin);
    const std::string line = text.substr(begin, end - begin);
    // of this process, and of the time of day
    if (line.starts_with("egresswatch_") && !line.starts_with("egresswatch_build_info")) kept += line + "\n";
    begin = end + 1;
  }
  return kept;
}

class SavedPipelineTest : public ::testing::TestWithParam<fs::path> {
 protected:
  std::unique_ptr<Pipeline> make() {
    Pipeline::Options options;
    options.proc_root.clear();
    auto pipeline = std::make_unique<Pipeline>(options, Pipeline::Rules{test::compile()}, sink_);
    for (const Record& record : records_.all)
      if (names_a_drop(record)) pipeline->on_record(record);
    return pipeline;
  }
  void feed(Pipeline& pipeline, std::size_t begin, std::size_t end) {
    for (std::size_t i = begin; i < end; ++i)
      if (!names_a_drop(records_.all[i])) pipeline.on_record(records_.all[i]);
    pipeline.on_batch_end();
  }
  static void end(Pipeline& pipeline) { pipeline.tick(pipeline.newest_ns() + 3'600'000'000'000); }

  // What the next daemon makes of the file.
  std::unique_ptr<Pipeline> next(const Pipeline& pipeline, std::uint64_t now_ns) {
    constexpr std::uint32_t kRing = 7;
    const std::string file = directory_ + "/state";
    EXPECT_TRUE(save_state(file, {{kRing, 4096, 17}, now_ns, 3}, {}, pipeline));
    std::unique_ptr<Pipeline> fresh;
    SavedState state;
    CarriedCounts carried;
    const auto made = [&]() -> Pipeline& {
      fresh = make();
      return *fresh;
    };
    const auto restored = restore_state(file, kRing, now_ns, made, state, carried);
    EXPECT_TRUE(restored && *restored == Restored::all);
    EXPECT_EQ(state.position.bytes, 4096U);
    EXPECT_EQ(state.position.records, 17U);
    EXPECT_EQ(state.losses_seen, 3U);
    return fresh;
  }

  void SetUp() override {
    directory_ = (fs::temp_directory_path() / "egresswatch.XXXXXX").string();
    ASSERT_NE(::mkdtemp(directory_.data()), nullptr);
  }
  void TearDown() override { fs::remove_all(directory_); }

  Records records_{GetParam().string()};
  test::CapturingSink sink_;
  std::string directory_;
};
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(SavedPipelineTest);

TEST_P(SavedPipelineTest, CountsTheSameWhereverTheDaemonIsReplaced) {
  const std::size_t size = records_.all.size();
  const auto whole = make();
  feed(*whole, 0, size);
  end(*whole);
  const std::string expected = metrics_of(*whole);

  const std::size_t step = std::max<std::size_t>(size / 8, 1);
  for (std::size_t cut = 0; cut <= size; cut += step) {
    std::size_t at = cut;
    while (at < size && continues(records_.all[at])) ++at;
    const auto first = make();
    feed(*first, 0, at);
    const auto second = next(*first, first->newest_ns());
    feed(*second, at, size);
    end(*second);
    EXPECT_EQ(metrics_of(*second), expected) << "replaced after " << at << " of " << size << " records";
  }
}

INSTANTIATE_TEST_SUITE_P(Own, SavedPipelineTest, ::testing::ValuesIn(test::recordings_in(RECORDINGS)),
                         test::name_of_recording);
INSTANTIATE_TEST_SUITE_P(OfScenarios, SavedPipelineTest,
                         ::testing::ValuesIn(test::recordings_in(RECORDINGS "/scenarios")), test::name_of_recording);

}  // namespace
}  // namespace egresswatch::app
