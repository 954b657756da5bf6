// SPDX-License-Identifier: Apache-2.0
#include "cli/control_client.h"

#include <sys/un.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/beast/core/basic_stream.hpp>
#include <boost/beast/core/error.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/error.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/http/write.hpp>
#include <cerrno>
#include <chrono>
#include <exception>

namespace egresswatch::cli {
namespace {

namespace beast = boost::beast;
namespace http = boost::beast::http;
using boost::asio::local::stream_protocol;
using boost::system::error_code;

constexpr std::chrono::seconds kPatience{10};
// More than the daemon ever sends.
constexpr std::uint64_t kMaxBody = std::uint64_t{16} * 1024 * 1024;

std::string_view remedy(const error_code& error) {
  if (error == beast::error::timeout) return "it did not answer within 10 s; is it stopped or overloaded?";
  // the daemon closes without a word if this user may not ask
  if (error == http::error::end_of_stream || error == boost::system::errc::connection_reset ||
      error == boost::system::errc::broken_pipe || error == boost::system::errc::permission_denied)
    return "run this as root or as a member of the group egresswatch";
  if (error == boost::system::errc::connection_refused || error == boost::system::errc::no_such_file_or_directory)
    return "start it (systemctl start egresswatch), or name its socket with --control.socket";
  return "name its socket with --control.socket";
}

Error unreachable(const std::string& socket, const error_code& error) {
  const bool closed = error == http::error::end_of_stream;
  return {"cannot ask the daemon at " + socket + ": " + (closed ? "it closed the connection" : error.message()) + "; " +
              std::string(remedy(error)),
          error.value()};
}

class Exchange {
 public:
  Exchange() { parser_.body_limit(kMaxBody); }

  error_code run(const std::string& socket, const std::string& request_target) {
    error_code result;
    stream_.socket().open(stream_protocol(), result);
    // a unix socket is connected at once or never; a full queue must not block
    if (!result) stream_.socket().non_blocking(true, result);
    if (!result) stream_.socket().connect(stream_protocol::endpoint(socket), result);
    if (result) return result;

    http::request<http::empty_body> request(http::verb::get, request_target, 11);
    request.set(http::field::host, "egresswatch");
    request.keep_alive(false);
    stream_.expires_after(kPatience);
    http::async_write(stream_, request, [&](const error_code& error, std::size_t) {
      // one that closes early may have answered before
      if (error == beast::error::timeout) result = error;
      if (result) return;
      http::async_read(stream_, buffer_, parser_, [&](const error_code& failed, std::size_t) { result = failed; });
    });
    io_.run();
    return result;
  }

  ControlAnswer answer() { return {parser_.get().result_int(), std::move(parser_.get().body())}; }

 private:
  boost::asio::io_context io_{1};
  beast::basic_stream<stream_protocol> stream_{io_};
  beast::flat_buffer buffer_;
  http::response_parser<http::string_body> parser_;
};

}  // namespace

Result<ControlAnswer> ask_daemon(const std::string& socket, const std::string& request_target) {
  if (socket.empty() || socket.size() >= sizeof sockaddr_un::sun_path)
    return Error{"--control.socket must be a path of 1 to 107 bytes", EINVAL};
  try {
    Exchange exchange;
    if (const error_code error = exchange.run(socket, request_target)) return unreachable(socket, error);
    return exchange.answer();
  } catch (const std::exception& error) {
    return Error{"cannot ask the daemon at " + socket + ": " + error.what()};
  }
}

std::string percent_encoded(std::string_view text) {
  constexpr std::string_view kHex = "0123456789ABCDEF";
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    const bool unreserved = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
                            c == '.' || c == '_' || c == '~';
    if (unreserved) {
      out += c;
      continue;
    }
    out += '%';
    out += kHex[byte >> 4];
    out += kHex[byte & 0xF];
  }
  return out;
}

}  // namespace egresswatch::cli
