// SPDX-License-Identifier: Apache-2.0
#include "history/store.h"

#include <algorithm>

namespace egresswatch::history {

std::unique_ptr<Store> Store::open(std::string path, const Limits& limits, std::uint64_t now_ns) {
  std::unique_ptr<Store> store(new Store(std::move(path), limits));
  store->open_file(now_ns);
  return store;
}

bool Store::open_file(std::uint64_t now_ns) {
  std::string notice;
  Failure failure;
  writer_ = Writer::open(path_, limits_, notice, failure);
  if (!notice.empty()) notice_ = std::move(notice);
  if (!writer_) give_up(failure, now_ns);
  return writer_ != nullptr;
}

bool Store::flush(std::uint64_t now_ns) {
  if (!dirty()) return false;
  if (writer_ && writer_->moved()) writer_.reset();
  if (!writer_) {
    // after the clock was set back, too
    if (failing_ && now_ns >= failed_at_ns_ && now_ns - failed_at_ns_ < kRetryNs) return false;
    if (!open_file(now_ns)) return false;
  }
  if (pending_.size() == 0) collector_.swap(pending_);
  const std::size_t count = std::min(kRowsPerFlush, pending_.size() - written_);
  if (const auto failure = writer_->write(pending_, written_, count, now_ns)) {
    give_up(*failure, now_ns);
    return false;
  }
  failing_ = false;
  written_ += count;
  if (written_ == pending_.size()) {
    pending_.clear();
    written_ = 0;
  }
  return dirty();
}

// Keeping rows for later would only make the memory grow while a disk is full.
void Store::give_up(const Failure& failure, std::uint64_t now_ns) {
  if (pending_.size() == 0) collector_.swap(pending_);
  lost_[static_cast<std::size_t>(failure.reason)] += pending_.size() - written_;
  pending_.clear();
  written_ = 0;
  if (!failing_)
    notice_ =
        failure.message + "; until it can be, what is seen is missing from reports (history.path says where it is)";
  failing_ = true;
  // room comes back, and others unlock; anything else wants the file to be opened anew
  if (failure.reason == Loss::disk_full || failure.reason == Loss::locked) return;
  writer_.reset();
  // what is damaged can be replaced at once
  failed_at_ns_ = failure.reason == Loss::damaged ? 0 : now_ns;
}

std::array<std::uint64_t, kLossNames.size()> Store::losses() const {
  auto losses = lost_;
  losses[static_cast<std::size_t>(Loss::too_many)] += collector_.refused();
  return losses;
}

}  // namespace egresswatch::history
