// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

// The seam between code that has something to say and the logger, which only app/ knows. Libraries call log() for what
// an operator must see (a probe that did not attach, a refused reload) and never per event.
namespace egresswatch::log {

enum class Level { debug, info, warning, error };

using Sink = void (*)(Level, std::string_view);

// Until this is called, messages go to standard error.
void set_sink(Sink sink);

void write(Level level, std::string_view message);
inline void info(std::string_view message) { write(Level::info, message); }
inline void warning(std::string_view message) { write(Level::warning, message); }
inline void error(std::string_view message) { write(Level::error, message); }

}  // namespace egresswatch::log
