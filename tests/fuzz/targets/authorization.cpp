// SPDX-License-Identifier: Apache-2.0
// What a client of the web endpoint may send as its field Authorization.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "fuzz/require.h"
#include "publish/web_users.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using egresswatch::publish::WebUsers;
  std::uint64_t now = 1;
  WebUsers users([&now] { return now; });
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  require(users.check(text) == WebUsers::Verdict::allowed, "without users everybody is allowed");
  // a hash of nothing that anybody could guess, and cheap
  users.set({{"a", "$2b$04$......................LAtw7/ohmmBAhnXqmkuIz83Rl5Qdjhm"}});
  require(users.check(text) != WebUsers::Verdict::allowed, "nobody knows the password");
  require(users.denied() == 1, "it is counted");
  return 0;
}
