// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "base/unique_fd.h"

namespace egresswatch::bench {

// Answers connections on port 443 of every address, and one name on the name server's port, on one thread. The
// constructor listens, so that a client may begin at once.
class Server {
 public:
  Server();
  // Until somebody ends the process.
  [[noreturn]] void run();

 private:
  void watch(int fd) const;
  void accept_one();
  void answer(int fd);
  void answer_query();

  UniqueFd epoll_;
  UniqueFd listener_;
  UniqueFd name_server_;
  std::vector<std::byte> dns_answer_;
  // Bytes of the request that came so far, by descriptor.
  std::vector<std::uint32_t> received_;
};

}  // namespace egresswatch::bench
