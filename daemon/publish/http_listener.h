// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/system/error_code.hpp>
#include <chrono>
#include <functional>
#include <memory>
#include <utility>

#include "publish/http_session.h"

namespace egresswatch::publish {

// Accepts connections on one socket and starts a session for each. Kept alive by its pending operation.
//
// Slow or silent clients cannot keep others out: when all connections are taken, a new one replaces the one that has
// waited for a request longest; if none is waiting, the new one is closed. Both are counted.
template <typename Protocol>
class HttpListener : public std::enable_shared_from_this<HttpListener<Protocol>> {
 public:
  using Socket = typename Protocol::socket;
  // False: the peer gets nothing but a close. It is not called after the server was stopped.
  using Admission = std::function<bool(Socket&)>;

  HttpListener(boost::asio::io_context& io, std::shared_ptr<HttpShared> shared, Admission admission = {})
      : acceptor_(io), pause_(io), shared_(std::move(shared)), admission_(std::move(admission)) {}

  // To be opened, bound and set listening by the owner.
  typename Protocol::acceptor& acceptor() { return acceptor_; }

  void accept() {
    acceptor_.async_accept([self = this->shared_from_this()](const boost::system::error_code& error, Socket socket) {
      if (self->shared_->stopped) return;
      if (error) return self->accept_after_pause();
      self->admit(std::move(socket));
      self->accept();
    });
  }

  void close() {
    boost::system::error_code ignored;
    acceptor_.close(ignored);
    pause_.cancel();
  }

 private:
  static constexpr std::chrono::milliseconds kPauseAfterError{100};

  // Most errors here mean that descriptors or memory ran out: trying at once would spin.
  void accept_after_pause() {
    pause_.expires_after(kPauseAfterError);
    pause_.async_wait([self = this->shared_from_this()](const boost::system::error_code&) {
      if (!self->shared_->stopped) self->accept();
    });
  }

  void admit(Socket socket) {
    if (admission_ && !admission_(socket)) return;
    if (shared_->sessions.size() >= shared_->limits.connections) {
      ++shared_->refused;
      const auto victim = std::find_if(shared_->sessions.begin(), shared_->sessions.end(),
                                       [](const auto* session) { return session->waiting(); });
      if (victim == shared_->sessions.end()) return;
      (*victim)->close();
    }
    PlainStream stream(std::move(socket));
    if (shared_->tls)
      return std::make_shared<HttpSession<TlsStream>>(TlsStream(std::move(stream), *shared_->tls), shared_)->start();
    std::make_shared<HttpSession<PlainStream>>(std::move(stream), shared_)->start();
  }

  typename Protocol::acceptor acceptor_;
  boost::asio::steady_timer pause_;
  std::shared_ptr<HttpShared> shared_;
  Admission admission_;
};

// Ends all of a server's connections; nothing is answered any more.
inline void stop_sessions(HttpShared& shared) {
  shared.stopped = true;
  while (!shared.sessions.empty()) shared.sessions.front()->close();
}

}  // namespace egresswatch::publish
