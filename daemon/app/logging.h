// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string_view>

#include "base/log.h"
#include "publish/log_sink.h"

namespace egresswatch::app {

// Whether standard error is connected to the systemd journal (JOURNAL_STREAM, systemd.exec(5)).
bool under_journal();

// Sends base/log.h through spdlog: to the journal under systemd, else to standard error.
void start_logging(log::Level level);
void set_log_level(log::Level level);

// A line and what it is about, as fields EGRESSWATCH_<name>, unless the level is left out.
void write_to_journal(log::Level level, std::string_view line, std::span<const publish::LogSink::Field> fields);

}  // namespace egresswatch::app
