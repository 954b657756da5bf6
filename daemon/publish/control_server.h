// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"
#include "publish/http_limits.h"

namespace boost::asio {
class io_context;
}

namespace egresswatch::publish {

// What the server tells, as JSON. Called on the thread of the io_context, once per request.
struct ControlHandlers {
  std::function<std::string()> status;
  std::function<std::string(std::string_view target)> explain;
  std::function<std::string()> flush;  // after writing what is in memory to the history
  // JSON lines instead of one document: the events after that number, and a last line that says how to go on
  std::function<std::string(std::uint64_t after)> events;
};

// Connections that were turned away.
struct ControlRefusals {
  std::uint64_t not_permitted = 0;
  std::uint64_t too_many = 0;
  std::uint64_t slow_readers = 0;
};

// Serves GET /v1/status, /v1/explain?target=T, /v1/events?after=N and /v1/flush over HTTP/1.1 on a unix stream socket,
// on the caller's io_context. Who may ask: control_socket.h; anybody else gets nothing but a close. What becomes of
// slow or silent clients: http_listener.h.
class ControlServer {
 public:
  static constexpr HttpLimits kLimits{.connections = 16};
  // An answer that would be longer is a failure: nobody waits for it to be written.
  static constexpr std::size_t kMaxResponse = std::size_t{8} * 1024 * 1024;
  static constexpr const char* kGroup = "egresswatch";

  // Errors are those of open_control_socket(). Serving begins when the io_context runs.
  static Result<std::unique_ptr<ControlServer>> listen(boost::asio::io_context& io, const std::string& path,
                                                       ControlHandlers handlers, HttpLimits limits = kLimits);
  ControlServer(const ControlServer&) = delete;
  ControlServer& operator=(const ControlServer&) = delete;
  // Closes everything and removes the file; the handlers are not called any more. The io_context must still exist.
  ~ControlServer();

  [[nodiscard]] ControlRefusals refusals() const;

 private:
  struct Impl;
  explicit ControlServer(std::unique_ptr<Impl> impl);

  std::unique_ptr<Impl> impl_;
};

}  // namespace egresswatch::publish
