// SPDX-License-Identifier: Apache-2.0
// What a client of the web endpoint, or of the control socket, may send.
#include <array>
#include <boost/asio/buffer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/local/connect_pair.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/write.hpp>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "fuzz/require.h"
#include "publish/http_session.h"
#include "publish/web_pages.h"

namespace {

using namespace egresswatch::publish;
using Socket = boost::asio::local::stream_protocol::socket;

// Sends everything, and reads what comes back until the server closes.
class Client {
 public:
  Client(boost::asio::io_context& io, std::string_view bytes) : socket_(io), bytes_(bytes) {}

  Socket& socket() { return socket_; }
  [[nodiscard]] const std::string& answers() const { return answers_; }

  void start() {
    boost::asio::async_write(socket_, boost::asio::buffer(bytes_),
                             [this](const boost::system::error_code&, std::size_t) {
                               boost::system::error_code closed_already;
                               socket_.shutdown(Socket::shutdown_send, closed_already);
                             });
    read();
  }

 private:
  void read() {
    socket_.async_read_some(boost::asio::buffer(piece_),
                            [this](const boost::system::error_code& error, std::size_t size) {
                              answers_.append(piece_.data(), size);
                              if (!error) read();
                            });
  }

  Socket socket_;
  std::string_view bytes_;
  std::array<char, 65536> piece_{};
  std::string answers_;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const HttpHandlers handlers{.metrics = [] { return std::string("up 1\n"); },
                                     .not_ready = [] { return std::string("no probe is attached"); }};
  std::size_t asked = 0;
  const auto shared = std::make_shared<HttpShared>();
  shared->respond = [&](const HttpRequest& request) {
    ++asked;
    require(request.target().size() <= shared->limits.header_bytes, "a header is bounded");
    return respond(request, [](const HttpRequest& valid) { return web_page(valid, handlers); });
  };

  boost::asio::io_context io(1);
  Client client(io, {reinterpret_cast<const char*>(data), size});
  Socket served(io);
  boost::asio::local::connect_pair(client.socket(), served);
  std::make_shared<HttpSession<PlainStream>>(PlainStream(std::move(served)), shared)->start();
  client.start();
  io.run();

  require(shared->sessions.empty(), "no session outlives its client");
  const std::string& answers = client.answers();
  require(answers.empty() || answers.starts_with("HTTP/1."), "an answer is one of HTTP");
  require(asked == 0 || !answers.empty(), "who is understood is answered");
  return 0;
}
