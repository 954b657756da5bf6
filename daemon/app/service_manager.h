// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

// What systemd wants to know of a Type=notify service (sd_notify(3)). Without systemd nothing happens.
namespace egresswatch::app::service_manager {

void ready(std::string_view status);
void reloading();
void stopping();
// Call it at least twice per WatchdogSec.
void alive();

}  // namespace egresswatch::app::service_manager
