// SPDX-License-Identifier: Apache-2.0
#include "app/openings.h"

namespace egresswatch::app {

using Kind = correlate::Exchange::Kind;

namespace {

constexpr std::byte kTlsHandshake{22};  // content type, RFC 8446 section 5.1

}  // namespace

Openings::Openings()
    : partial_(kBuffers, [this](const SocketId&, std::size_t& buffer) { free_.push_back(buffer); }),
      buffers_(kBuffers) {
  free_.reserve(kBuffers);
  for (std::size_t i = 0; i < kBuffers; ++i) free_.push_back(i);
}

const Opening& Openings::on(const TcpPayload& piece) {
  opening_ = {};
  const bool whole_segment = piece.payload.size() == piece.original_length;
  const bool follows = partial_.peek(piece.socket) != nullptr;
  if (piece.offset == 0 && !follows) {
    read(piece.payload);
    if (opening_.complete || !whole_segment) return opening_;
  }
  decode::FirstPayload& buffer = buffer_of(piece.socket);
  (void)buffer.push(piece);
  read(buffer.bytes());
  // after a gap nothing can be added
  if (opening_.complete || buffer.broken()) forget(piece.socket);
  return opening_;
}

void Openings::forget(SocketId socket) {
  if (const std::size_t* buffer = partial_.peek(socket)) {
    free_.push_back(*buffer);
    partial_.erase(socket);
  }
}

decode::FirstPayload& Openings::buffer_of(SocketId socket) {
  bool fresh = false;
  std::size_t& buffer = *partial_.find_or_insert(socket, &fresh);  // nothing is pinned, so there is room
  if (fresh) {
    buffer = free_.back();
    free_.pop_back();
    buffers_[buffer].reset();
  }
  return buffers_[buffer];
}

void Openings::read(std::span<const std::byte> sent) {
  opening_ = {};
  if (sent.empty()) {
    opening_.complete = true;
    return;
  }
  if (sent.front() == kTlsHandshake)
    read_hello(sent);
  else
    read_request(sent);
}

void Openings::read_hello(std::span<const std::byte> sent) {
  ClientHello hello;
  const auto status = decode::parse_client_hello(sent, hello_text_, hello);
  opening_.complete = status != decode::HelloStatus::incomplete;
  if (status == decode::HelloStatus::not_hello) return;
  opening_.kind = Kind::tls;
  opening_.sni = hello.sni;
  opening_.name = hello.server_name;
  opening_.source = NameSource::sni;
  if (opening_.complete) opening_.hello_bytes = hello.wire_bytes;
}

// Of a request only the first segment is captured.
void Openings::read_request(std::span<const std::byte> sent) {
  opening_.complete = true;
  HttpRequest request;
  if (!decode::parse_http_request(sent, http_text_, request)) return;
  opening_.name = request.host;
  opening_.port = request.port;
  switch (request.form) {
    case HttpRequest::Form::origin:
      opening_.kind = Kind::http;
      opening_.source = NameSource::http_host;
      return;
    case HttpRequest::Form::absolute:
      opening_.kind = Kind::proxied;
      opening_.source = NameSource::http_host;
      if (opening_.port == 0) opening_.port = 80;
      return;
    case HttpRequest::Form::connect:
      opening_.kind = Kind::tunnel;
      opening_.source = NameSource::http_connect;
      return;
  }
}

}  // namespace egresswatch::app
