// SPDX-License-Identifier: Apache-2.0
#include "capture/libbpf_log.h"

#include <bpf/libbpf.h>

#include <array>
#include <cstdarg>
#include <cstdio>
#include <string_view>

namespace egresswatch::capture {
namespace {

std::string g_refused;
libbpf_print_fn_t g_previous = nullptr;

int keep(libbpf_print_level level, const char* format, va_list arguments) {
  if (level != LIBBPF_WARN) return 0;
  std::array<char, 512> line;
  const int length = std::vsnprintf(line.data(), line.size(), format, arguments);
  // "libbpf: prog 'name': failed to load: -22", also "prog 'name': BPF program load failed: ..." and
  // "prog 'name': failed to find kernel BTF type ID of ...": all name the program at which loading stops
  static constexpr std::string_view kMark = "prog '";
  const std::string_view text(line.data());
  const auto begin = text.find(kMark);
  if (begin == std::string_view::npos) return length;
  const auto name = text.substr(begin + kMark.size());
  g_refused = name.substr(0, name.find('\''));
  return length;
}

}  // namespace

LibbpfLog::LibbpfLog() {
  g_refused.clear();
  g_previous = libbpf_set_print(keep);
}

LibbpfLog::~LibbpfLog() { libbpf_set_print(g_previous); }

std::string LibbpfLog::refused_program() const { return g_refused; }

}  // namespace egresswatch::capture
