// SPDX-License-Identifier: Apache-2.0
#include "publish/kept_report.h"

#include <algorithm>
#include <span>

namespace egresswatch::publish {
namespace {

// Longer than any name that the pipeline makes (a DNS name of 255 bytes, each escaped, has 1,020).
constexpr std::size_t kMaxText = 1024;

// Copies the texts one behind the other into `storage`, and lets each view point there.
void take_texts(std::string& storage, std::span<std::string_view* const> texts) {
  std::size_t size = 0;
  for (std::string_view* text : texts) {
    *text = text->substr(0, kMaxText);
    size += text->size();
  }
  storage.clear();
  storage.reserve(size);  // then appending moves nothing
  for (std::string_view* text : texts) {
    if (text->empty()) {
      *text = {};
      continue;
    }
    const std::size_t begin = storage.size();
    storage += *text;
    *text = std::string_view(storage).substr(begin);
  }
}

}  // namespace

// Every std::string_view of the report must be in the list: what is not would point to memory that is gone.
void KeptConnection::keep(const ConnectionReport& report) {
  report_ = report;
  Evidence& evidence = report_.evidence;
  const std::array<std::string_view*, 14> texts{
      &evidence.service_tag, &report_.service,        &report_.host,      &report_.unit,         &report_.slice,
      &report_.container_id, &report_.container_name, &report_.process,   &evidence.drop_reason, &evidence.dns_name,
      &evidence.wire_name,   &evidence.waits_for,     &evidence.holds_up, &report_.message};
  take_texts(text_, texts);
}

void KeptFlow::keep(const FlowReport& report) {
  report_ = report;
  const std::array<std::string_view*, 8> texts{&report_.service,        &report_.host,    &report_.unit,
                                               &report_.slice,          &report_.process, &report_.container_id,
                                               &report_.container_name, &report_.message};
  take_texts(text_, texts);
}

void KeptAnswer::keep(const DnsReport& report) {
  report_ = report;
  const std::size_t cname_count = std::min(report.cnames.size(), cnames_.size());
  const std::size_t address_count = std::min(report.addresses.size(), addresses_.size());
  std::copy_n(report.cnames.begin(), cname_count, cnames_.begin());
  std::copy_n(report.addresses.begin(), address_count, addresses_.begin());
  report_.cnames = std::span(cnames_).first(cname_count);
  report_.addresses = std::span(addresses_).first(address_count);

  constexpr std::size_t kOwn = 6;
  std::array<std::string_view*, kOwn + DnsMessage::kMaxCnames> texts{
      &report_.service, &report_.unit, &report_.process, &report_.question, &report_.cname_tail, &report_.message};
  for (std::size_t i = 0; i < cname_count; ++i) texts[kOwn + i] = &cnames_[i];
  take_texts(text_, std::span(texts).first(kOwn + cname_count));
}

}  // namespace egresswatch::publish
