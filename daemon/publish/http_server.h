// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/result.h"
#include "egresswatch/model/ip_address.h"
#include "egresswatch/model/web_access.h"
#include "publish/http_limits.h"

namespace boost::asio {
class io_context;
}

namespace egresswatch::publish {

// What the server shows. Called on the thread of the io_context, once per request.
struct HttpHandlers {
  std::function<std::string()> metrics;    // text of /metrics
  std::function<std::string()> not_ready;  // empty = ready; else one sentence that says what is missing
};

// Who was turned away, beside connections for which there was no room.
struct WebRefusals {
  std::uint64_t failed_handshakes = 0;  // of TLS: no common version, or no certificate that would do
  std::uint64_t unauthorised = 0;       // without a password, or with a wrong one
  std::uint64_t throttled = 0;          // whose password was not looked at: web_users.h
};

// Serves /, /metrics, /-/healthy and /-/ready over HTTP/1.1, with TLS if the access says so, on the caller's
// io_context: GET and HEAD, no bodies. What becomes of slow or silent clients: http_listener.h.
class HttpServer {
 public:
  // addresses as parse_listen_address() takes them. Either all of them can be listened on, or it is an error whose
  // sentence names the address and the remedy. Serving begins when the io_context runs.
  static Result<std::unique_ptr<HttpServer>> listen(boost::asio::io_context& io, std::span<const std::string> addresses,
                                                    HttpHandlers handlers, HttpLimits limits = {},
                                                    const WebAccess& access = {});
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;
  // Closes everything; the handlers are not called any more. The io_context must still exist.
  ~HttpServer();

  // Where it listens, in the order of the addresses; tells which port the kernel chose.
  [[nodiscard]] std::vector<Endpoint> endpoints() const;
  [[nodiscard]] std::uint64_t connections_refused() const;
  [[nodiscard]] WebRefusals refusals() const;

  // From now on for new connections and requests; what is open goes on. After an error, which is one sentence, nothing
  // has changed.
  Result<> set_access(const WebAccess& access);

 private:
  struct Impl;
  explicit HttpServer(std::unique_ptr<Impl> impl);

  std::unique_ptr<Impl> impl_;
};

}  // namespace egresswatch::publish
