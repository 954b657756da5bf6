// SPDX-License-Identifier: Apache-2.0
#include "check/stream.h"

#include <openssl/err.h>
#include <poll.h>
#include <sys/socket.h>

#include <cerrno>

#include "check/socket.h"

namespace egresswatch::check {
namespace {

Stream::Status status_of(int error) {
  return error == ECONNRESET || error == EPIPE ? Stream::Status::reset
         : error == ETIMEDOUT                  ? Stream::Status::timeout
                                               : Stream::Status::failed;
}

// What an SSL_read or SSL_write that gave no byte waits for in `events`; another status than ok is final.
Stream::Status why_not(SSL* ssl, int returned, int error, short& events) {
  switch (SSL_get_error(ssl, returned)) {
    case SSL_ERROR_WANT_READ:
      events = POLLIN;
      return Stream::Status::ok;
    case SSL_ERROR_WANT_WRITE:
      events = POLLOUT;
      return Stream::Status::ok;
    case SSL_ERROR_ZERO_RETURN:
      return Stream::Status::closed;
    case SSL_ERROR_SYSCALL:
      return error == 0 ? Stream::Status::closed : status_of(error);
    default:
      return ERR_GET_REASON(ERR_peek_last_error()) == SSL_R_UNEXPECTED_EOF_WHILE_READING ? Stream::Status::closed
                                                                                         : Stream::Status::failed;
  }
}

}  // namespace

Stream::Status Stream::write_all(std::string_view data, std::uint64_t deadline_ns) {
  while (!data.empty()) {
    std::size_t written = 0;
    short events = POLLOUT;
    errno = 0;
    ERR_clear_error();
    if (ssl_) {
      const int result = SSL_write_ex(ssl_.get(), data.data(), data.size(), &written);
      const int error = errno;
      if (result != 1)
        if (const Status status = why_not(ssl_.get(), result, error, events); status != Status::ok) return status;
    } else {
      const ssize_t result = ::send(fd(), data.data(), data.size(), MSG_NOSIGNAL);
      if (result < 0 && errno != EAGAIN && errno != EINTR) return status_of(errno);
      if (result > 0) written = static_cast<std::size_t>(result);
    }
    data.remove_prefix(written);
    if (written == 0 && !wait_for(fd(), events, deadline_ns)) return Status::timeout;
  }
  return Status::ok;
}

Stream::Status Stream::read_some(std::span<char> buffer, std::size_t& size, std::uint64_t deadline_ns) {
  for (;;) {
    short events = POLLIN;
    errno = 0;
    ERR_clear_error();
    if (ssl_) {
      const int result = SSL_read_ex(ssl_.get(), buffer.data(), buffer.size(), &size);
      const int error = errno;
      if (result == 1) return Status::ok;
      if (const Status status = why_not(ssl_.get(), result, error, events); status != Status::ok) return status;
    } else {
      const ssize_t result = ::recv(fd(), buffer.data(), buffer.size(), 0);
      size = result > 0 ? static_cast<std::size_t>(result) : 0;
      if (result > 0) return Status::ok;
      if (result == 0) return Status::closed;
      if (errno != EAGAIN && errno != EINTR) return status_of(errno);
    }
    if (!wait_for(fd(), events, deadline_ns)) return Status::timeout;
  }
}

}  // namespace egresswatch::check
