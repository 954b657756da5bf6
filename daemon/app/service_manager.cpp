// SPDX-License-Identifier: Apache-2.0
#include "app/service_manager.h"

#include <systemd/sd-daemon.h>

#include <string>

#include "base/clock.h"

namespace egresswatch::app::service_manager {
namespace {

void notify(const std::string& state) { (void)sd_notify(0, state.c_str()); }

}  // namespace

void ready(std::string_view status) { notify("READY=1\nSTATUS=" + std::string(status)); }
// Type=notify-reload wants the time at which the reload began
void reloading() { notify("RELOADING=1\nMONOTONIC_USEC=" + std::to_string(monotonic_ns() / 1000)); }
void stopping() { notify("STOPPING=1"); }

void alive() {
  static const bool wanted = sd_watchdog_enabled(0, nullptr) > 0;
  if (wanted) notify("WATCHDOG=1");
}

}  // namespace egresswatch::app::service_manager
