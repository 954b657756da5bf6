// SPDX-License-Identifier: Apache-2.0
#include "publish/http_server.h"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ip/v6_only.hpp>
#include <cerrno>
#include <exception>
#include <utility>

#include "base/log.h"
#include "publish/http_listener.h"
#include "publish/listen_address.h"
#include "publish/web_pages.h"
#include "publish/web_tls.h"
#include "publish/web_users.h"

namespace egresswatch::publish {
namespace {

using boost::asio::ip::tcp;
using boost::system::error_code;

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

using Listener = HttpListener<tcp>;

HttpResponse unauthorised() {
  HttpResponse response =
      make_response(boost::beast::http::status::unauthorized, kPlainText, "A user and a password are needed.\n");
  response.set(boost::beast::http::field::www_authenticate, "Basic");
  return response;
}

HttpResponse too_many_requests() {
  HttpResponse response = make_response(boost::beast::http::status::too_many_requests, kPlainText,
                                        "Passwords are looked at one by one; try again in a second.\n");
  response.set(boost::beast::http::field::retry_after, "1");
  return response;
}

error_code open(tcp::acceptor& acceptor, const Endpoint& endpoint) {
  const tcp::endpoint where = to_asio(endpoint);
  error_code error;
  if (acceptor.open(where.protocol(), error)) return error;
  if (acceptor.set_option(tcp::acceptor::reuse_address(true), error)) return error;
  // [::] stands for IPv4 as well, whatever net.ipv6.bindv6only says
  if (where.address().is_v6() && acceptor.set_option(boost::asio::ip::v6_only(false), error)) return error;
  if (acceptor.bind(where, error)) return error;
  acceptor.listen(tcp::acceptor::max_listen_connections, error);
  return error;
}

}  // namespace

struct HttpServer::Impl {
  HttpResponse answer(const HttpRequest& request);
  Result<> set_access(const WebAccess& access);

  HttpHandlers handlers;
  WebUsers users;
  std::vector<std::pair<std::string, std::string>> headers;
  std::shared_ptr<HttpShared> shared;
  std::vector<std::shared_ptr<Listener>> listeners;
};

HttpResponse HttpServer::Impl::answer(const HttpRequest& request) {
  HttpResponse response = respond(request, [this](const HttpRequest& valid) {
    switch (users.check(valid[boost::beast::http::field::authorization])) {
      case WebUsers::Verdict::allowed:
        return web_page(valid, handlers);
      case WebUsers::Verdict::throttled:
        return too_many_requests();
      case WebUsers::Verdict::denied:
        break;
    }
    return unauthorised();
  });
  for (const auto& [name, value] : headers) response.set(name, value);
  return response;
}

Result<std::unique_ptr<HttpServer>> HttpServer::listen(boost::asio::io_context& io,
                                                       std::span<const std::string> addresses, HttpHandlers handlers,
                                                       HttpLimits limits, const WebAccess& access) {
  auto impl = std::make_unique<Impl>();
  impl->handlers = std::move(handlers);
  impl->shared = std::make_shared<HttpShared>();
  // sessions are closed before the server goes, and a closed one asks nothing
  impl->shared->respond = [server = impl.get()](const HttpRequest& request) { return server->answer(request); };
  impl->shared->limits = limits;
  if (auto set = impl->set_access(access); !set) return set.error();
  for (const std::string& address : addresses) {
    const auto endpoint = parse_listen_address(address);
    if (!endpoint) return endpoint.error();
    auto listener = std::make_shared<Listener>(io, impl->shared);
    error_code error = open(listener->acceptor(), *endpoint);
    // a host without IPv6 still has "every address"
    if (error.value() == EAFNOSUPPORT && endpoint->address.is_unspecified()) {
      listener = std::make_shared<Listener>(io, impl->shared);
      error = open(listener->acceptor(), {IpAddress::v4(0, 0, 0, 0), endpoint->port});
    }
    if (error) return cannot_listen(address, error);
    impl->listeners.push_back(std::move(listener));
  }
  for (const auto& listener : impl->listeners) listener->accept();
  return std::unique_ptr<HttpServer>(new HttpServer(std::move(impl)));
}

Result<> HttpServer::Impl::set_access(const WebAccess& access) {
  std::shared_ptr<boost::asio::ssl::context> tls;
  if (access.tls) {
    auto made = make_tls_context(*access.tls);
    if (!made) return made.error();
    tls = std::move(*made);
  }
  shared->tls = std::move(tls);
  users.set(access.users);
  headers = access.headers;
  return {};
}

HttpServer::HttpServer(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

HttpServer::~HttpServer() {
  try {
    stop_sessions(*impl_->shared);
    for (const auto& listener : impl_->listeners) listener->close();
  } catch (const std::exception& error) {
    // cancelling a timer throws if the clock fails; what is still open is closed with the io_context
    log::warning(error.what());
  }
}

std::vector<Endpoint> HttpServer::endpoints() const {
  std::vector<Endpoint> bound;
  bound.reserve(impl_->listeners.size());
  for (const auto& listener : impl_->listeners) {
    error_code ignored;
    bound.push_back(from_asio(listener->acceptor().local_endpoint(ignored)));
  }
  return bound;
}

std::uint64_t HttpServer::connections_refused() const { return impl_->shared->refused; }

WebRefusals HttpServer::refusals() const {
  return {.failed_handshakes = impl_->shared->failed_handshakes,
          .unauthorised = impl_->users.denied(),
          .throttled = impl_->users.throttled()};
}

Result<> HttpServer::set_access(const WebAccess& access) { return impl_->set_access(access); }

}  // namespace egresswatch::publish
