// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

#include "base/log.h"

namespace egresswatch::app {

// Whether standard error is connected to the systemd journal (JOURNAL_STREAM, systemd.exec(5)).
bool under_journal();

// Sends base/log.h through spdlog: to the journal under systemd, else to standard error.
void start_logging(log::Level level);
void set_log_level(log::Level level);

}  // namespace egresswatch::app
