// SPDX-License-Identifier: Apache-2.0
#include "app/carried_counts.h"

#include <utility>

namespace egresswatch::app {
namespace {

constexpr std::string_view kLosses = "losses";

// Calls visit(family, label value, count) for each counter.
template <typename Visit>
void for_each_count(publish::SelfMetrics& self, Visit&& visit) {
  for (auto& loss : self.losses) visit(kLosses, loss.reason, loss.count);
  for (auto& probe : self.probes) visit("skipped", probe.name, probe.skipped);
  for (auto& table : self.tables) visit("evictions", table.name, table.evictions);
  for (auto& refusal : self.web_refusals) visit("web", refusal.reason, refusal.count);
  for (auto& loss : self.history_losses) visit("history", loss.reason, loss.count);
  for (auto& loss : self.event_losses) visit("events", loss.reason, loss.count);
  for (auto& refusal : self.control_refusals) visit("control", refusal.reason, refusal.count);
  visit("http", "", self.http_connections_refused);
}

std::string key_of(std::string_view family, std::string_view label) {
  return std::string(family).append("/").append(label);
}

}  // namespace

void CarriedCounts::add_to(publish::SelfMetrics& self) const {
  if (counts_.empty()) return;
  for_each_count(self, [this](std::string_view family, std::string_view label, std::uint64_t& count) {
    if (const auto carried = counts_.find(key_of(family, label)); carried != counts_.end()) count += carried->second;
  });
}

CarriedCounts CarriedCounts::of(publish::SelfMetrics& shown) {
  CarriedCounts carried;
  for_each_count(shown, [&](std::string_view family, std::string_view label, const std::uint64_t& count) {
    if (count > 0) carried.counts_.emplace(key_of(family, label), count);
  });
  return carried;
}

void CarriedCounts::forget_loss(std::string_view reason) { counts_.erase(key_of(kLosses, reason)); }

void CarriedCounts::save(ArchiveWriter& archive) const {
  archive.put(std::uint64_t{counts_.size()});
  for (const auto& [key, count] : counts_) {
    archive.put_text(key);
    archive.put(count);
  }
}

void CarriedCounts::restore(ArchiveReader& archive) {
  counts_.clear();
  for (std::uint64_t left = archive.get_count(); left > 0 && archive.good(); --left) {
    std::string key(archive.get_text());
    counts_[std::move(key)] = archive.get<std::uint64_t>();
  }
}

}  // namespace egresswatch::app
