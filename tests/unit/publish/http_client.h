// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "base/unique_fd.h"
#include "egresswatch/model/ip_address.h"

namespace egresswatch::publish {

// A connection on which a test sends bytes as it likes, well-formed or not.
class RawConnection {
 public:
  explicit RawConnection(const Endpoint& server);
  // To a unix stream socket.
  explicit RawConnection(const std::string& path);

  void send(std::string_view bytes) const;
  // One response with the body that its Content-Length states; what came if the server closed or time ran out before.
  std::string read_response(bool with_body = true);
  // Whether the server closes within the time, without more bytes.
  [[nodiscard]] bool closed_within(std::chrono::milliseconds time);
  // What came and belongs to no response read so far.
  [[nodiscard]] const std::string& rest() const { return buffer_; }

 private:
  // Appends to buffer_; false at the end of the stream or after the time.
  bool read_more(std::chrono::milliseconds time);

  UniqueFd fd_;
  std::string buffer_;
  bool ended_ = false;
};

// "GET <target>" on a connection of its own.
std::string get(const Endpoint& server, std::string_view target, std::string_view more_fields = {});

}  // namespace egresswatch::publish
