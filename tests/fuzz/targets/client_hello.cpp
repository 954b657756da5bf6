// SPDX-License-Identifier: Apache-2.0
// parse_client_hello on any bytes, on their beginnings, and on the same hello in other records.
#include "decode/client_hello.h"

#include <algorithm>
#include <vector>

#include "fuzz/require.h"

namespace {

using egresswatch::ClientHello;
using egresswatch::Sni;
using egresswatch::decode::HelloStatus;
using egresswatch::decode::HelloText;
using egresswatch::decode::parse_client_hello;
using Bytes = std::span<const std::byte>;

constexpr std::size_t kRecordHeader = 5;
constexpr std::size_t kMessageHeader = 4;

struct Parsed {
  // `sent` is copied to memory of exactly its size, so that the sanitizers see a read behind it.
  explicit Parsed(Bytes sent) {
    const std::vector<std::byte> copy(sent.begin(), sent.end());
    text.bytes.fill('#');
    status = parse_client_hello(copy, text, hello);
    check();
  }

  void check() const {
    const std::string_view name = hello.server_name;
    require(status != HelloStatus::not_hello || (name.empty() && hello.sni == Sni::absent && hello.wire_bytes == 0),
            "what is no hello says nothing");
    require(hello.sni != Sni::present || !name.empty(), "a name that is present has text");
    require(hello.sni != Sni::absent || name.empty(), "a name that is absent has none");
    if (name.empty()) return;
    require(name.data() == text.bytes.data() && name.size() <= 255, "a name lies in the text");
    require(name.front() != '.' && name.back() != '.' && name.find("..") == std::string_view::npos,
            "no label of a name is empty");
    for (const char c : name)
      require((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.',
              "a name is that of a host");
  }

  HelloText text;
  ClientHello hello;
  HelloStatus status;
};

void check_beginning(Bytes sent, std::size_t size, const Parsed& whole) {
  const Parsed part(sent.first(size));
  require(part.status != HelloStatus::not_hello || whole.status == HelloStatus::not_hello,
          "what is no hello does not become one");
  if (whole.status == HelloStatus::not_hello) return;
  require(part.status == HelloStatus::incomplete || whole.status == HelloStatus::complete, "a whole hello stays whole");
  require(part.hello.server_name.empty() || part.hello.server_name == whole.hello.server_name,
          "a name that is known does not change");
  require(part.hello.wire_bytes <= whole.hello.wire_bytes, "a lower bound is one");
  if (part.status == HelloStatus::complete)
    require(part.hello.sni == whole.hello.sni && part.hello.wire_bytes == whole.hello.wire_bytes,
            "what is behind a hello changes nothing");
}

// The message inside of the records of a complete hello.
std::vector<std::byte> message_of(Bytes sent) {
  std::vector<std::byte> message;
  std::size_t size = kMessageHeader;
  while (message.size() < size) {
    const std::size_t length = std::to_integer<std::size_t>(sent[3]) << 8 | std::to_integer<std::size_t>(sent[4]);
    const Bytes content = sent.subspan(kRecordHeader, std::min(length, sent.size() - kRecordHeader));
    message.insert(message.end(), content.begin(), content.end());
    sent = sent.subspan(kRecordHeader + content.size());
    if (message.size() >= kMessageHeader)
      size =
          kMessageHeader + (std::to_integer<std::size_t>(message[1]) << 16 |
                            std::to_integer<std::size_t>(message[2]) << 8 | std::to_integer<std::size_t>(message[3]));
  }
  message.resize(size);
  return message;
}

void check_in_records_of(Bytes message, std::size_t size, const Parsed& whole) {
  std::vector<std::byte> sent;
  std::uint32_t records = 0;
  for (; !message.empty(); ++records) {
    const Bytes piece = message.first(std::min(size, message.size()));
    for (const std::size_t value : {std::size_t{22}, std::size_t{3}, std::size_t{3}, piece.size() >> 8, piece.size()})
      sent.push_back(static_cast<std::byte>(value));
    sent.insert(sent.end(), piece.begin(), piece.end());
    message = message.subspan(piece.size());
  }
  const Parsed again(sent);
  require(again.status == HelloStatus::complete && again.hello.sni == whole.hello.sni &&
              again.hello.server_name == whole.hello.server_name,
          "records make no difference");
  require(again.hello.wire_bytes == sent.size(), "the size counts each header");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const Bytes sent(reinterpret_cast<const std::byte*>(data), size);
  const Parsed whole(sent);
  for (std::size_t at = 0; at < size; at += 1 + size / 16) check_beginning(sent, at, whole);
  if (whole.status == HelloStatus::complete) {
    const std::vector<std::byte> message = message_of(sent);
    for (const std::size_t length : {std::size_t{1}, std::size_t{7}, std::size_t{100}, std::size_t{16384}})
      check_in_records_of(message, length, whole);
  }
  return 0;
}
