// SPDX-License-Identifier: Apache-2.0
#include "publish/process_metrics.h"

#include <sys/resource.h>
#include <unistd.h>

#include <array>
#include <charconv>
#include <cstddef>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <limits>
#include <optional>
#include <string_view>
#include <system_error>

#include "publish/family.h"
#include "publish/metric_catalog.h"

namespace egresswatch::publish {
namespace {

double clock_s(clockid_t clock) {
  std::timespec now{};
  ::clock_gettime(clock, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) / 1e9;
}

struct Stat {
  std::uint64_t cpu_ticks = 0;
  std::uint64_t start_ticks = 0;  // after boot
  std::uint64_t virtual_bytes = 0;
  std::uint64_t resident_pages = 0;
};

// proc_pid_stat(5). The name of the process stands in parentheses and may hold anything, also parentheses and spaces:
// the fields are counted from the last ')'.
std::optional<Stat> parse_stat(std::string_view text) {
  const std::size_t end_of_name = text.rfind(')');
  if (end_of_name == std::string_view::npos) return std::nullopt;
  text.remove_prefix(end_of_name + 1);

  constexpr std::size_t kFirst = 3;  // number of the field behind the name
  constexpr std::size_t kUser = 14;
  constexpr std::size_t kSystem = 15;
  constexpr std::size_t kStart = 22;
  constexpr std::size_t kVirtual = 23;
  constexpr std::size_t kResident = 24;
  std::array<std::uint64_t, kResident + 1> fields{};
  for (std::size_t i = kFirst; i < fields.size(); ++i) {
    const std::size_t begin = text.find_first_not_of(" \n");
    if (begin == std::string_view::npos) return std::nullopt;
    const std::size_t end = text.find_first_of(" \n", begin);
    const std::string_view field = text.substr(begin, end - begin);
    // fields that are not plain numbers (the state, negative ones) are none that we use
    std::from_chars(field.data(), field.data() + field.size(), fields[i]);
    text.remove_prefix(begin + field.size());
  }
  return Stat{fields[kUser] + fields[kSystem], fields[kStart], fields[kVirtual], fields[kResident]};
}

std::optional<Stat> read_stat(const std::string& path) {
  std::ifstream file(path);
  if (!file) return std::nullopt;
  return parse_stat(std::string(std::istreambuf_iterator<char>(file), {}));
}

// Without the descriptor that counting opens.
std::optional<std::uint64_t> count_open_files(const std::string& folder) {
  std::error_code error;
  std::uint64_t count = 0;
  for (std::filesystem::directory_iterator entry(folder, error), end; !error && entry != end; entry.increment(error))
    ++count;
  if (error || count == 0) return std::nullopt;
  return count - 1;
}

double limit_value(rlim_t limit) {
  return limit == RLIM_INFINITY ? std::numeric_limits<double>::infinity() : static_cast<double>(limit);
}

}  // namespace

ProcessMetrics::ProcessMetrics(std::string proc_self)
    : proc_self_(std::move(proc_self)), boot_time_s_(clock_s(CLOCK_REALTIME) - clock_s(CLOCK_BOOTTIME)) {}

std::vector<prometheus::MetricFamily> ProcessMetrics::Collect() const {
  std::vector<prometheus::MetricFamily> out;
  const auto append_value = [&out](const MetricInfo& info, double value) {
    Family family(info);
    family.add({}, value);
    std::move(family).append_to(out);
  };

  if (const auto stat = read_stat(proc_self_ + "/stat")) {
    const auto ticks_per_second = static_cast<double>(::sysconf(_SC_CLK_TCK));
    append_value(catalog::kProcessCpu, static_cast<double>(stat->cpu_ticks) / ticks_per_second);
    append_value(catalog::kProcessStart, boot_time_s_ + static_cast<double>(stat->start_ticks) / ticks_per_second);
    append_value(catalog::kProcessVirtual, static_cast<double>(stat->virtual_bytes));
    append_value(catalog::kProcessResident,
                 static_cast<double>(stat->resident_pages) * static_cast<double>(::sysconf(_SC_PAGESIZE)));
  }
  if (const auto open = count_open_files(proc_self_ + "/fd"))
    append_value(catalog::kProcessOpenFds, static_cast<double>(*open));
  if (rlimit limit{}; ::getrlimit(RLIMIT_NOFILE, &limit) == 0)
    append_value(catalog::kProcessMaxFds, limit_value(limit.rlim_cur));
  return out;
}

}  // namespace egresswatch::publish
