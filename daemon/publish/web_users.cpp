// SPDX-License-Identifier: Apache-2.0
#include "publish/web_users.h"

#include <crypt.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>

#include <algorithm>
#include <cstring>
#include <memory>
#include <utility>

#include "base/clock.h"

namespace egresswatch::publish {
namespace {

constexpr std::string_view kScheme = "Basic ";
// bcrypt takes 72 bytes into account; a name has 255
constexpr std::size_t kMaxEncoded = 1024;
// Of no password; its cost is the default of htpasswd -B and of Prometheus' documents.
constexpr const char* kNobody = "$2b$10$w8aHjWTPvhRziufv/XkreOiK2Ej0WW4v.ckErgu/OyV0M.gPnj/EO";

// RFC 4648 section 4; nothing if it is no base64.
std::string decoded(std::string_view text) {
  if (text.size() > kMaxEncoded || text.size() % 4 != 0) return {};
  std::string out(text.size() / 4 * 3, '\0');
  const int size = EVP_DecodeBlock(reinterpret_cast<unsigned char*>(out.data()),
                                   reinterpret_cast<const unsigned char*>(text.data()), static_cast<int>(text.size()));
  if (size < 0) return {};
  std::size_t padding = 0;
  while (padding < 2 && padding < text.size() && text[text.size() - 1 - padding] == '=') ++padding;
  out.resize(static_cast<std::size_t>(size) - padding);
  return out;
}

bool starts_with_scheme(std::string_view text) {
  // schemes are the same in any case (RFC 9110 section 11.1)
  return text.size() > kScheme.size() && ::strncasecmp(text.data(), kScheme.data(), kScheme.size()) == 0;
}

}  // namespace

WebUsers::WebUsers() : WebUsers(monotonic_ns) {}

WebUsers::WebUsers(Clock clock) : clock_(std::move(clock)) { RAND_bytes(key_.data(), static_cast<int>(key_.size())); }

void WebUsers::set(const std::vector<WebUser>& users) {
  if (users == users_) return;
  users_ = users;
  remembered_.clear();
}

WebUsers::Verdict WebUsers::check(std::string_view authorization) {
  if (users_.empty()) return Verdict::allowed;
  const std::string credentials =
      starts_with_scheme(authorization) ? decoded(authorization.substr(kScheme.size())) : std::string();
  const std::size_t colon = credentials.find(':');
  if (colon == std::string::npos || credentials.find('\0') != std::string::npos) {
    ++denied_;
    return Verdict::denied;
  }
  const Digest known = digest(credentials);
  if (remembered_.contains(known)) return Verdict::allowed;
  const std::uint64_t now = clock_();
  if (now < next_check_ns_) {
    ++throttled_;
    return Verdict::throttled;
  }
  const bool right = is_right(std::string_view(credentials).substr(0, colon), credentials.substr(colon + 1));
  const std::uint64_t done = clock_();
  next_check_ns_ = done + std::max(kIntervalNs, kShare * (done - now));
  if (!right) {
    ++denied_;
    return Verdict::denied;
  }
  if (remembered_.size() >= kMaxRemembered) remembered_.erase(remembered_.begin());
  remembered_.insert(known);
  return Verdict::allowed;
}

WebUsers::Digest WebUsers::digest(std::string_view credentials) const {
  Digest result{};
  HMAC(EVP_sha256(), key_.data(), static_cast<int>(key_.size()),
       reinterpret_cast<const unsigned char*>(credentials.data()), credentials.size(), result.data(), nullptr);
  return result;
}

bool WebUsers::is_right(std::string_view user, const std::string& password) const {
  const auto found = std::ranges::find(users_, user, &WebUser::name);
  const std::string hash = found == users_.end() ? kNobody : found->hash;
  const auto data = std::make_unique<crypt_data>();
  const char* made = ::crypt_r(password.c_str(), hash.c_str(), data.get());
  const bool same = made && std::strlen(made) == hash.size() && CRYPTO_memcmp(made, hash.data(), hash.size()) == 0;
  return same && found != users_.end();
}

}  // namespace egresswatch::publish
