// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/beast/core/basic_stream.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/stream_traits.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/serializer.hpp>
#include <boost/beast/http/string_body.hpp>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <list>
#include <memory>
#include <optional>

#include "publish/http_limits.h"
#include "publish/http_response.h"

namespace egresswatch::publish {

// A connection as its server sees it.
class HttpConnection {
 public:
  virtual ~HttpConnection() = default;
  // Ends it now. Its pending operation completes with an error later.
  virtual void close() = 0;
  // Waits for a handshake, a request, or for the client to close.
  [[nodiscard]] virtual bool waiting() const = 0;
};

// What the sessions of one server share; outlives the server while their last handlers run.
struct HttpShared {
  std::function<HttpResponse(const HttpRequest&)> respond;
  HttpLimits limits;
  std::shared_ptr<boost::asio::ssl::context> tls;  // of connections that come from now on; null = plain text
  std::list<HttpConnection*> sessions;             // open ones, the oldest first
  std::uint64_t refused = 0;                       // closed at once, or to make room
  std::uint64_t slow_readers = 0;                  // closed since they did not take their answer in time
  std::uint64_t failed_handshakes = 0;             // of TLS
  bool stopped = false;
};

// One connection: shakes hands if it speaks TLS, then reads requests and answers them in turn. Kept alive by its
// pending operation. Stream is one of the instances below.
template <typename Stream>
class HttpSession : public HttpConnection, public std::enable_shared_from_this<HttpSession<Stream>> {
 public:
  HttpSession(Stream stream, std::shared_ptr<HttpShared> shared);
  ~HttpSession() override;
  HttpSession(const HttpSession&) = delete;
  HttpSession& operator=(const HttpSession&) = delete;

  void start();
  void close() override;
  [[nodiscard]] bool waiting() const override { return waiting_; }

 private:
  void read_request();
  void on_request(const boost::system::error_code& error);
  void write(HttpResponse response, bool with_body);
  void on_written(const boost::system::error_code& error);
  void finish();
  void drain();
  auto& lowest() { return boost::beast::get_lowest_layer(stream_); }

  Stream stream_;
  std::shared_ptr<boost::asio::ssl::context> tls_;  // that the stream uses
  std::shared_ptr<HttpShared> shared_;
  std::list<HttpConnection*>::iterator place_;
  bool open_ = true;
  bool waiting_ = false;
  boost::beast::flat_buffer buffer_;
  std::optional<boost::beast::http::request_parser<boost::beast::http::empty_body>> parser_;
  HttpResponse response_;
  std::optional<boost::beast::http::response_serializer<boost::beast::http::string_body>> serializer_;
  std::array<char, 4096> drained_{};
  std::size_t drained_bytes_ = 0;
};

// Of TCP or of a Unix socket: one type for both, since each instance takes the compiler half a minute.
using PlainStream = boost::beast::basic_stream<boost::asio::generic::stream_protocol>;
using TlsStream = boost::asio::ssl::stream<PlainStream>;

extern template class HttpSession<PlainStream>;
extern template class HttpSession<TlsStream>;

}  // namespace egresswatch::publish
