// SPDX-License-Identifier: Apache-2.0
#include "base/log.h"

#include <cstdio>

namespace egresswatch::log {
namespace {

void to_standard_error(Level, std::string_view message) {
  std::fprintf(stderr, "%.*s\n", static_cast<int>(message.size()), message.data());
}

Sink g_sink = to_standard_error;

}  // namespace

void set_sink(Sink sink) { g_sink = sink; }
void write(Level level, std::string_view message) { g_sink(level, message); }

}  // namespace egresswatch::log
