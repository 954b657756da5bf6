// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "egresswatch/model/web_access.h"

namespace egresswatch::publish {

// Passwords by HTTP basic authentication (RFC 7617) against bcrypt hashes.
//
// bcrypt is made to be slow: tens of milliseconds, in which the daemon does nothing else. Hence a password that was
// right once is remembered (as a keyed digest, at most kMaxRemembered of them) and costs nothing afterwards. Of all
// others one is looked at in kIntervalNs, and not before kShare times as long as it took has passed; further ones are
// told to wait. A name that does not exist costs as much as one that does.
class WebUsers {
 public:
  enum class Verdict { allowed, denied, throttled };
  using Clock = std::function<std::uint64_t()>;  // monotonic nanoseconds

  static constexpr std::uint64_t kIntervalNs = 1'000'000'000;
  static constexpr std::uint64_t kShare = 16;
  static constexpr std::size_t kMaxRemembered = 64;

  WebUsers();
  explicit WebUsers(Clock clock);

  // Without users everybody is allowed. What is remembered is forgotten if they are others than before.
  void set(const std::vector<WebUser>& users);
  // `authorization` is the field of that name; empty = there is none.
  Verdict check(std::string_view authorization);

  [[nodiscard]] std::uint64_t denied() const { return denied_; }
  [[nodiscard]] std::uint64_t throttled() const { return throttled_; }

 private:
  using Digest = std::array<unsigned char, 32>;

  [[nodiscard]] Digest digest(std::string_view credentials) const;
  [[nodiscard]] bool is_right(std::string_view user, const std::string& password) const;

  Clock clock_;
  Digest key_{};  // drawn at the start
  std::vector<WebUser> users_;
  std::set<Digest> remembered_;
  std::uint64_t next_check_ns_ = 0;
  std::uint64_t denied_ = 0;
  std::uint64_t throttled_ = 0;
};

}  // namespace egresswatch::publish
