// SPDX-License-Identifier: Apache-2.0
#include "app/legacy_notice.h"

#include "base/log.h"
#include "publish/text.h"

namespace egresswatch::app {

void LegacyNotice::tell(Context& context, const Destination& destination, const Process& process,
                        std::uint64_t now_ns) {
  std::string host(destination.host);
  if (told_.contains(host)) return;
  if (told_.size() == kMaxHosts) {
    if (!full_told_) log::warning(std::to_string(kMaxHosts) + " retired names are in use; no more are told");
    full_told_ = true;
    return;
  }
  std::string message;
  publish::append_plain(message, host);
  message.append(" is a retired name of ").append(destination.service).append(": ");
  const auto match = context.classifier->by_name(host, 0);
  if (const auto replacement = context.classifier->replacement_of(match.rule); !replacement.empty())
    message.append("use ").append(replacement).append(" instead; ");
  message.append("first used by ");
  publish::append_plain(message, context.units.resolve(process, now_ns).name);
  log::warning(message);
  told_.insert(std::move(host));
}

}  // namespace egresswatch::app
