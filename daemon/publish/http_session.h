// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/beast/core/basic_stream.hpp>
#include <boost/beast/core/flat_buffer.hpp>
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

template <typename Protocol>
class HttpSession;

// What the sessions of one server share; outlives the server while their last handlers run.
template <typename Protocol>
struct HttpShared {
  std::function<HttpResponse(const HttpRequest&)> respond;
  HttpLimits limits;
  std::list<HttpSession<Protocol>*> sessions;  // open ones, the oldest first
  std::uint64_t refused = 0;                   // closed at once, or to make room
  std::uint64_t slow_readers = 0;              // closed since they did not take their answer in time
  bool stopped = false;
};

// One connection: reads requests and answers them in turn. Kept alive by its pending operation. For TCP and for unix
// stream sockets.
template <typename Protocol>
class HttpSession : public std::enable_shared_from_this<HttpSession<Protocol>> {
 public:
  using Socket = typename Protocol::socket;
  using Shared = HttpShared<Protocol>;

  HttpSession(Socket socket, std::shared_ptr<Shared> shared);
  ~HttpSession();
  HttpSession(const HttpSession&) = delete;
  HttpSession& operator=(const HttpSession&) = delete;

  void start() { read_request(); }
  // Ends it now. Its pending operation completes with an error later.
  void close();
  // Waits for a request, or for the client to close.
  [[nodiscard]] bool waiting() const { return waiting_; }

 private:
  void read_request();
  void on_request(const boost::system::error_code& error);
  void write(HttpResponse response, bool with_body);
  void on_written(const boost::system::error_code& error);
  void drain();

  boost::beast::basic_stream<Protocol> stream_;
  std::shared_ptr<Shared> shared_;
  typename std::list<HttpSession*>::iterator place_;
  bool open_ = true;
  bool waiting_ = false;
  boost::beast::flat_buffer buffer_;
  std::optional<boost::beast::http::request_parser<boost::beast::http::empty_body>> parser_;
  HttpResponse response_;
  std::optional<boost::beast::http::response_serializer<boost::beast::http::string_body>> serializer_;
  std::array<char, 4096> drained_{};
  std::size_t drained_bytes_ = 0;
};

extern template class HttpSession<boost::asio::ip::tcp>;
extern template class HttpSession<boost::asio::local::stream_protocol>;

}  // namespace egresswatch::publish
