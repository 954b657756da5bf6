// SPDX-License-Identifier: Apache-2.0
// What TextWriter writes is held against prometheus::TextSerializer, byte for byte.
#include "publish/text_writer.h"

#include <gtest/gtest.h>
#include <prometheus/text_serializer.h>

#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>
#include <random>
#include <string>
#include <vector>

#include "ledger_families.h"

namespace egresswatch::publish {
namespace {

constexpr MetricInfo kCounter{"some_things_total", prometheus::MetricType::Counter, "Things that were counted."};
constexpr MetricInfo kGauge{"some_level", prometheus::MetricType::Gauge, "A level: it \"rises\" and falls."};
constexpr MetricInfo kHistogram{"some_seconds", prometheus::MetricType::Histogram, "How long it took."};

std::string by_prometheus(ReferenceFamily family) {
  std::vector<prometheus::MetricFamily> families;
  family.append_to(families);
  return prometheus::TextSerializer().Serialize(families);
}

template <typename Value>
std::string ours(const MetricInfo& info, Labels labels, Value value) {
  TextWriter writer;
  writer.family(info);
  writer.sample(labels, value);
  return std::move(writer).take();
}

template <typename Value>
std::string theirs(const MetricInfo& info, ReferenceFamily::Labels labels, Value value) {
  ReferenceFamily family(info);
  family.add(labels, value);
  return by_prometheus(std::move(family));
}

void expect_same_label(std::string_view value) {
  EXPECT_EQ(ours(kCounter, {{"unit", value}}, std::uint64_t{1}), theirs(kCounter, {{"unit", value}}, std::uint64_t{1}));
}

TEST(TextWriter, WritesHeadLabelsAndValue) {
  EXPECT_EQ(ours(kCounter, {{"service", "key_vault"}, {"unit", "a.service"}}, std::uint64_t{3}),
            "# HELP some_things_total Things that were counted.\n"
            "# TYPE some_things_total counter\n"
            "some_things_total{service=\"key_vault\",unit=\"a.service\"} 3\n");
}

TEST(TextWriter, AFamilyWithoutSamplesIsNotMentioned) {
  TextWriter writer;
  writer.family(kCounter);
  writer.family(kGauge);
  writer.sample({}, 1.5);
  EXPECT_EQ(std::move(writer).take(), theirs(kGauge, {}, 1.5));
}

TEST(TextWriter, EveryByteAtEveryPlaceOfALabel) {
  for (int byte = 0; byte < 256; ++byte)
    for (std::size_t size = 1; size <= 17; ++size)
      for (std::size_t at = 0; at < size; ++at) {
        std::string value(size, 'a');
        value[at] = static_cast<char>(byte);
        expect_same_label(value);
        if (HasFailure()) FAIL() << "byte " << byte << " at " << at << " of " << size;
      }
}

TEST(TextWriter, AwkwardLabels) {
  for (const char* value : {"", "\"", "\\", "\\\\n", "a\nb", "x\"} 0\nforged 1\n# {a=\"", "\xff\xfe", "\xC3\xBC",
                            "\xC3", "\xE2\x82\xAC\"", "\x7f", " ", "~", "\xC2\x85", "\xF0\x9F\x94\x92\\"})
    expect_same_label(value);
  for (const std::size_t size : {254U, 255U, 256U, 1'000U, 100'000U}) {
    expect_same_label(std::string(size, 'a'));
    expect_same_label(std::string(size, '"'));
    expect_same_label(std::string(size, '\xff'));
    expect_same_label("a" + std::string(size, '\xE9'));
  }
}

TEST(TextWriter, RandomLabels) {
  std::mt19937 random(20261126);
  // of all bytes, and of those that matter
  constexpr std::string_view kAlphabet("\"\\\n\r\0\x7f\x80\xBF\xC2\xE0\xED\xF4 ~az", 16);
  std::string value;
  for (int round = 0; round < 20'000; ++round) {
    value.resize(random() % 300);
    for (char& c : value) c = round % 2 == 0 ? static_cast<char>(random()) : kAlphabet[random() % kAlphabet.size()];
    expect_same_label(value);
    if (HasFailure()) FAIL() << "round " << round;
  }
}

TEST(TextWriter, Integers) {
  constexpr std::uint64_t kExact = std::uint64_t{1} << 53;
  for (const std::uint64_t value :
       {std::uint64_t{0}, std::uint64_t{1}, std::uint64_t{9}, std::uint64_t{10}, std::uint64_t{1'790'000'000},
        std::uint64_t{999'999'999'999'999}, kExact - 1, kExact, kExact + 1, kExact + 3,
        std::uint64_t{9'999'999'999'999'999}, std::uint64_t{10'000'000'000'000'000},
        std::uint64_t{1'234'567'890'123'456'789}, std::numeric_limits<std::uint64_t>::max()})
    EXPECT_EQ(ours(kCounter, {}, value), theirs(kCounter, {}, value));
}

TEST(TextWriter, Doubles) {
  using Limits = std::numeric_limits<double>;
  for (const double value : {0.0,
                             -0.0,
                             1.0,
                             -1.0,
                             0.1,
                             -0.0005,
                             1e-5,
                             123456.789,
                             1e15,
                             1e16,
                             1e17,
                             -1e16,
                             1'790'000'000.123456789,
                             Limits::min(),
                             Limits::max(),
                             Limits::lowest(),
                             Limits::denorm_min(),
                             -Limits::denorm_min(),
                             Limits::infinity(),
                             -Limits::infinity(),
                             Limits::quiet_NaN(),
                             -Limits::quiet_NaN(),
                             9'007'199'254'740'993.0})
    EXPECT_EQ(ours(kGauge, {{"a", "b"}}, value), theirs(kGauge, {{"a", "b"}}, value));
}

TEST(TextWriter, RandomDoubles) {
  std::mt19937_64 random(20261126);
  for (int round = 0; round < 50'000; ++round) {
    const auto any = std::bit_cast<double>(random());
    EXPECT_EQ(ours(kGauge, {}, any), theirs(kGauge, {}, any));
    const double time = seconds(1'700'000'000'000'000'000 + random() % 400'000'000'000'000'000);
    EXPECT_EQ(ours(kGauge, {}, time), theirs(kGauge, {}, time));
    if (HasFailure()) FAIL() << "round " << round;
  }
}

TEST(TextWriter, Histograms) {
  account::Histogram empty(account::connect_bounds_ns());
  account::Histogram full(account::dns_bounds_ns());
  for (const std::uint64_t duration : {1ULL, 500'000ULL, 7'000'000ULL, 29'000'000'000ULL, 99'000'000'000ULL})
    full.observe(duration);
  TextWriter writer;
  writer.family(kHistogram);
  writer.histogram({{"service", "a\"b"}, {"family", "ipv4"}}, empty);
  writer.histogram({}, full);

  ReferenceFamily reference(kHistogram);
  reference.add({{"service", "a\"b"}, {"family", "ipv4"}}, empty);
  reference.add({}, full);
  EXPECT_EQ(std::move(writer).take(), by_prometheus(std::move(reference)));
}

TEST(TextWriter, ALongTextOfManyFamilies) {
  TextWriter writer;
  std::string expected;
  for (int family = 0; family < 20; ++family) {
    ReferenceFamily reference(kCounter);
    writer.family(kCounter);
    for (std::uint64_t i = 0; i < 300; ++i) {
      const std::string host(i % 250, family % 2 == 0 ? 'a' : '"');
      writer.sample({{"host", host}, {"unit", "u"}}, i);
      reference.add({{"host", host}, {"unit", "u"}}, i);
    }
    expected += by_prometheus(std::move(reference));
  }
  EXPECT_EQ(std::move(writer).take(), expected);
}

TEST(LabelTexts, AreMadeOnceAndComeBeforeOtherLabels) {
  LabelTexts texts;
  TextWriter writer;
  writer.family(kCounter);
  for (const std::uint32_t number : {7U, 2U, 7U})
    writer.sample(texts.get(number, {{"host", std::string(number, 'h')}}), {{"cause", "re\"fused"}}, std::uint64_t{1});
  writer.sample(texts.get(7, {{"host", "not looked at again"}}), {}, 2.5);
  EXPECT_EQ(std::move(writer).take(),
            "# HELP some_things_total Things that were counted.\n"
            "# TYPE some_things_total counter\n"
            "some_things_total{host=\"hhhhhhh\",cause=\"re\\\"fused\"} 1\n"
            "some_things_total{host=\"hh\",cause=\"re\\\"fused\"} 1\n"
            "some_things_total{host=\"hhhhhhh\",cause=\"re\\\"fused\"} 1\n"
            "some_things_total{host=\"hhhhhhh\"} 2.5\n");
}

}  // namespace
}  // namespace egresswatch::publish
