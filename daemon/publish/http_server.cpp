// SPDX-License-Identifier: Apache-2.0
#include "publish/http_server.h"

#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ip/v6_only.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cerrno>
#include <exception>
#include <utility>

#include "base/log.h"
#include "publish/http_session.h"
#include "publish/listen_address.h"

namespace egresswatch::publish {
namespace {

using boost::asio::ip::tcp;
using boost::system::error_code;

constexpr std::chrono::milliseconds kPauseAfterError{100};

tcp::endpoint to_asio(const Endpoint& endpoint) {
  const auto& bytes = endpoint.address.bytes;
  if (endpoint.address.is_v4())
    return {boost::asio::ip::address_v4({bytes[12], bytes[13], bytes[14], bytes[15]}), endpoint.port};
  return {boost::asio::ip::address_v6(bytes), endpoint.port};
}

Endpoint from_asio(const tcp::endpoint& endpoint) {
  if (endpoint.address().is_v6()) return {{endpoint.address().to_v6().to_bytes()}, endpoint.port()};
  const auto quad = endpoint.address().to_v4().to_bytes();
  return {IpAddress::v4(quad[0], quad[1], quad[2], quad[3]), endpoint.port()};
}

Error cannot_listen(const std::string& address, const error_code& error) {
  const char* remedy = "";
  switch (error.value()) {
    case EADDRINUSE:
      remedy = "; another process listens there: stop it, or choose another port with --web.listen-address";
      break;
    case EADDRNOTAVAIL:
      remedy = "; this host does not have that address: choose one it has with --web.listen-address";
      break;
    case EACCES:
      remedy = "; ports below 1024 need CAP_NET_BIND_SERVICE: choose a higher one with --web.listen-address";
      break;
    default:
      break;
  }
  return {"cannot listen on " + address + ": " + error.message() + remedy, error.value()};
}

// Accepts connections on one address and starts a session for each. Kept alive by its pending operation.
class Listener : public std::enable_shared_from_this<Listener> {
 public:
  Listener(boost::asio::io_context& io, std::shared_ptr<HttpShared> shared)
      : acceptor_(io), pause_(io), shared_(std::move(shared)) {}

  error_code open(const Endpoint& endpoint) {
    const tcp::endpoint where = to_asio(endpoint);
    error_code error;
    if (acceptor_.open(where.protocol(), error)) return error;
    if (acceptor_.set_option(tcp::acceptor::reuse_address(true), error)) return error;
    // [::] stands for IPv4 as well, whatever net.ipv6.bindv6only says
    if (where.address().is_v6() && acceptor_.set_option(boost::asio::ip::v6_only(false), error)) return error;
    if (acceptor_.bind(where, error)) return error;
    acceptor_.listen(tcp::acceptor::max_listen_connections, error);
    return error;
  }

  void accept() {
    acceptor_.async_accept([self = shared_from_this()](const error_code& error, tcp::socket socket) {
      if (self->shared_->stopped) return;
      if (error) return self->accept_after_pause();
      self->admit(std::move(socket));
      self->accept();
    });
  }

  void close() {
    error_code ignored;
    acceptor_.close(ignored);
    pause_.cancel();
  }

  [[nodiscard]] Endpoint endpoint() const {
    error_code ignored;
    return from_asio(acceptor_.local_endpoint(ignored));
  }

 private:
  // Most errors here mean that descriptors or memory ran out: trying at once would spin.
  void accept_after_pause() {
    pause_.expires_after(kPauseAfterError);
    pause_.async_wait([self = shared_from_this()](const error_code&) {
      if (!self->shared_->stopped) self->accept();
    });
  }

  void admit(tcp::socket socket) {
    if (shared_->sessions.size() >= shared_->limits.connections) {
      ++shared_->refused;
      const auto victim = std::find_if(shared_->sessions.begin(), shared_->sessions.end(),
                                       [](const HttpSession* session) { return session->waiting(); });
      if (victim == shared_->sessions.end()) return;
      (*victim)->close();
    }
    std::make_shared<HttpSession>(std::move(socket), shared_)->start();
  }

  tcp::acceptor acceptor_;
  boost::asio::steady_timer pause_;
  std::shared_ptr<HttpShared> shared_;
};

}  // namespace

struct HttpServer::Impl {
  std::shared_ptr<HttpShared> shared;
  std::vector<std::shared_ptr<Listener>> listeners;
};

Result<std::unique_ptr<HttpServer>> HttpServer::listen(boost::asio::io_context& io,
                                                       std::span<const std::string> addresses, HttpHandlers handlers,
                                                       HttpLimits limits) {
  auto impl = std::make_unique<Impl>();
  impl->shared = std::make_shared<HttpShared>();
  impl->shared->handlers = std::move(handlers);
  impl->shared->limits = limits;
  for (const std::string& address : addresses) {
    const auto endpoint = parse_listen_address(address);
    if (!endpoint) return endpoint.error();
    auto listener = std::make_shared<Listener>(io, impl->shared);
    error_code error = listener->open(*endpoint);
    // a host without IPv6 still has "every address"
    if (error.value() == EAFNOSUPPORT && endpoint->address.is_unspecified()) {
      listener = std::make_shared<Listener>(io, impl->shared);
      error = listener->open({IpAddress::v4(0, 0, 0, 0), endpoint->port});
    }
    if (error) return cannot_listen(address, error);
    impl->listeners.push_back(std::move(listener));
  }
  for (const auto& listener : impl->listeners) listener->accept();
  return std::unique_ptr<HttpServer>(new HttpServer(std::move(impl)));
}

HttpServer::HttpServer(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

HttpServer::~HttpServer() {
  impl_->shared->stopped = true;
  try {
    for (const auto& listener : impl_->listeners) listener->close();
    while (!impl_->shared->sessions.empty()) impl_->shared->sessions.front()->close();
  } catch (const std::exception& error) {
    // cancelling a timer throws if the clock fails; what is still open is closed with the io_context
    log::warning(error.what());
  }
}

std::vector<Endpoint> HttpServer::endpoints() const {
  std::vector<Endpoint> bound;
  bound.reserve(impl_->listeners.size());
  for (const auto& listener : impl_->listeners) bound.push_back(listener->endpoint());
  return bound;
}

std::uint64_t HttpServer::connections_refused() const { return impl_->shared->refused; }

}  // namespace egresswatch::publish
