// SPDX-License-Identifier: Apache-2.0
#include "publish/http_session.h"

#include <boost/asio/buffer.hpp>
#include <boost/beast/core/error.hpp>
#include <boost/beast/http/error.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/write.hpp>
#include <type_traits>
#include <utility>

namespace egresswatch::publish {
namespace {

namespace beast = boost::beast;
namespace http = boost::beast::http;
using boost::system::error_code;

// How long, and how much, a client that was refused may still send before the connection is cut.
constexpr std::chrono::seconds kDrainTime{2};
constexpr std::size_t kDrainBytes = 256 * 1024;

template <typename Stream>
constexpr bool kSpeaksTls = std::is_same_v<Stream, TlsStream>;

// The answer to a request that could not be read; none if there is nobody to answer.
std::optional<HttpResponse> answer_to(const error_code& error) {
  if (error == http::error::end_of_stream || error == http::error::partial_message || error == beast::error::timeout)
    return std::nullopt;
  if (error == http::error::header_limit || error == http::error::buffer_overflow)
    return refuse(http::status::request_header_fields_too_large, "The request header is too large.\n");
  if (error == http::error::body_limit || error == http::error::unexpected_body)
    return refuse(http::status::payload_too_large, "A request with a body is not served.\n");
  if (error.category() == make_error_code(http::error::bad_method).category())
    return refuse(http::status::bad_request, "The request is malformed.\n");
  return std::nullopt;
}

}  // namespace

template <typename Stream>
HttpSession<Stream>::HttpSession(Stream stream, std::shared_ptr<HttpShared> shared)
    : stream_(std::move(stream)),
      tls_(shared->tls),
      shared_(std::move(shared)),
      place_(shared_->sessions.insert(shared_->sessions.end(), this)),
      buffer_(std::size_t{2} * shared_->limits.header_bytes) {}

template <typename Stream>
HttpSession<Stream>::~HttpSession() {
  close();
}

template <typename Stream>
void HttpSession<Stream>::close() {
  if (!open_) return;
  open_ = false;
  shared_->sessions.erase(place_);
  lowest().close();
}

template <typename Stream>
void HttpSession<Stream>::start() {
  if constexpr (kSpeaksTls<Stream>) {
    waiting_ = true;
    lowest().expires_after(shared_->limits.timeout);
    stream_.async_handshake(boost::asio::ssl::stream_base::server,
                            [self = this->shared_from_this()](const error_code& error) {
                              self->waiting_ = false;
                              if (!self->open_) return;
                              if (!error) return self->read_request();
                              ++self->shared_->failed_handshakes;
                              self->close();
                            });
  } else {
    read_request();
  }
}

template <typename Stream>
void HttpSession<Stream>::read_request() {
  parser_.emplace();
  parser_->header_limit(shared_->limits.header_bytes);
  parser_->body_limit(0);
  waiting_ = true;
  lowest().expires_after(shared_->limits.timeout);
  http::async_read(stream_, buffer_, *parser_, [self = this->shared_from_this()](const error_code& error, std::size_t) {
    self->on_request(error);
  });
}

template <typename Stream>
void HttpSession<Stream>::on_request(const error_code& error) {
  waiting_ = false;
  if (!open_) return;
  if (!error) {
    const bool with_body = parser_->get().method() != http::verb::head;
    write(shared_->respond(parser_->get()), with_body);
  } else if (auto answer = answer_to(error)) {
    write(std::move(*answer), true);
  } else {
    close();
  }
}

template <typename Stream>
void HttpSession<Stream>::write(HttpResponse response, bool with_body) {
  response_ = std::move(response);
  serializer_.emplace(response_);
  lowest().expires_after(shared_->limits.timeout);
  const auto done = [self = this->shared_from_this()](const error_code& error, std::size_t) {
    self->on_written(error);
  };
  if (with_body) {
    http::async_write(stream_, *serializer_, done);
  } else {
    serializer_->split(true);
    http::async_write_header(stream_, *serializer_, done);
  }
}

template <typename Stream>
void HttpSession<Stream>::on_written(const error_code& error) {
  if (!open_) return;
  if (error == beast::error::timeout) ++shared_->slow_readers;
  if (error) return close();
  if (response_.keep_alive()) return read_request();
  finish();
}

template <typename Stream>
void HttpSession<Stream>::finish() {
  lowest().expires_after(kDrainTime);
  if constexpr (kSpeaksTls<Stream>) {
    // without this a client cannot tell the end of the answer from a cut
    waiting_ = true;
    stream_.async_shutdown([self = this->shared_from_this()](const error_code&) { self->close(); });
  } else {
    // Closing with unread bytes would send a reset, and the client might lose the answer.
    error_code ignored;
    stream_.socket().shutdown(boost::asio::socket_base::shutdown_send, ignored);
    drain();
  }
}

template <typename Stream>
void HttpSession<Stream>::drain() {
  waiting_ = true;
  stream_.async_read_some(boost::asio::buffer(drained_),
                          [self = this->shared_from_this()](const error_code& error, std::size_t size) {
                            if (!self->open_) return;
                            self->drained_bytes_ += size;
                            if (error || self->drained_bytes_ > kDrainBytes) return self->close();
                            self->drain();
                          });
}

template class HttpSession<PlainStream>;
template class HttpSession<TlsStream>;

}  // namespace egresswatch::publish
