// SPDX-License-Identifier: Apache-2.0
#include "capture/libbpf_log.h"

#include <bpf/libbpf.h>

#include <array>
#include <cstdarg>
#include <cstdio>
#include <string_view>
#include <utility>

namespace egresswatch::capture {
namespace {

std::string g_refused;
std::string g_refused_map;
libbpf_print_fn_t g_previous = nullptr;

// What stands between quotes behind `mark`, empty if the line does not have it.
std::string quoted_after(std::string_view line, std::string_view mark) {
  const auto begin = line.find(mark);
  if (begin == std::string_view::npos) return {};
  const auto name = line.substr(begin + mark.size());
  return std::string(name.substr(0, name.find('\'')));
}

int keep(libbpf_print_level level, const char* format, va_list arguments) {
  if (level != LIBBPF_WARN) return 0;
  std::array<char, 512> line;
  const int length = std::vsnprintf(line.data(), line.size(), format, arguments);
  // "libbpf: prog 'name': failed to load: -22", also "prog 'name': BPF program load failed: ..." and
  // "prog 'name': failed to find kernel BTF type ID of ...": all name the program at which loading stops
  const std::string_view text(line.data());
  if (std::string name = quoted_after(text, "prog '"); !name.empty()) g_refused = std::move(name);
  // "libbpf: map 'name': failed to create: Cannot allocate memory(-12)"
  if (text.find("failed to create") != std::string_view::npos)
    if (std::string name = quoted_after(text, "map '"); !name.empty()) g_refused_map = std::move(name);
  return length;
}

}  // namespace

LibbpfLog::LibbpfLog() {
  g_refused.clear();
  g_refused_map.clear();
  g_previous = libbpf_set_print(keep);
}

LibbpfLog::~LibbpfLog() { libbpf_set_print(g_previous); }

std::string LibbpfLog::refused_program() const { return g_refused; }
std::string LibbpfLog::refused_map() const { return g_refused_map; }

}  // namespace egresswatch::capture
