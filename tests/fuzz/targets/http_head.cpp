// SPDX-License-Identifier: Apache-2.0
// parse_http_request and parse_server_reply on any bytes, and on their beginnings.
#include "decode/http_head.h"

#include <vector>

#include "decode/server_reply.h"
#include "fuzz/require.h"

namespace {

using egresswatch::HttpRequest;
using egresswatch::ServerReply;
using egresswatch::decode::HttpText;
using Bytes = std::span<const std::byte>;
using Kind = ServerReply::Kind;

void check_host(std::string_view host) {
  const bool ipv6 = host.find(':') != std::string_view::npos;
  for (const char c : host) {
    const bool hex = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
    if (ipv6)
      require(hex || c == ':' || c == '.', "an address is one");
    else
      require(hex || (c >= 'g' && c <= 'z') || c == '-' || c == '_' || c == '.', "a host has a name");
  }
  require(host.front() != '.' && host.back() != '.', "no label is empty");
}

struct Request {
  explicit Request(Bytes sent) {
    const std::vector<std::byte> copy(sent.begin(), sent.end());
    text.bytes.fill('#');
    sound = egresswatch::decode::parse_http_request(copy, text, value);
    require(sound || (value.form == HttpRequest::Form::origin && value.host.empty()),
            "what is no request says nothing");
    require(value.port == 0 || !value.host.empty(), "no port without a host");
    if (value.host.empty()) return;
    require(value.host.data() == text.bytes.data() && value.host.size() <= 255, "a host lies in the text");
    check_host(value.host);
  }

  HttpText text;
  HttpRequest value;
  bool sound;
};

void check_request(Bytes sent) {
  const Request whole(sent);
  for (std::size_t at = 0; at < sent.size(); at += 1 + sent.size() / 16) {
    const Request part(sent.first(at));
    if (!part.sound) continue;
    require(whole.sound && part.value.form == whole.value.form, "a request stays one");
    // an origin form's Host may turn out to be folded, hence no host
    if (part.value.form != HttpRequest::Form::origin || !whole.value.host.empty())
      require(part.value.host.empty() ? part.value.form == HttpRequest::Form::origin || whole.value.host.empty()
                                      : part.value.host == whole.value.host && part.value.port == whole.value.port,
              "a host that is known does not change");
  }
}

ServerReply reply_of(Bytes head) {
  const std::vector<std::byte> copy(head.begin(), head.end());
  const ServerReply reply = egresswatch::decode::parse_server_reply(copy);
  require((reply.kind == Kind::http) == (reply.http_status != 0), "only HTTP has a status");
  require(reply.kind != Kind::http || (reply.http_status >= 100 && reply.http_status <= 599), "a status has its range");
  require(reply.tls_alert_level <= 2 && (reply.kind == Kind::tls_alert || reply.tls_alert_level == 0),
          "only an alert has a level");
  require(reply.tls_alert == 0 || reply.tls_alert_level != 0, "no alert without its level");
  return reply;
}

void check_reply(Bytes head) {
  const ServerReply whole = reply_of(head);
  for (std::size_t at = 0; at < head.size() && at <= 32; ++at) {
    const ServerReply part = reply_of(head.first(at));
    require(part.kind == Kind::unknown || whole.kind == Kind::unknown || part.kind == whole.kind,
            "a reply stays what it is");
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const Bytes bytes(reinterpret_cast<const std::byte*>(data), size);
  check_request(bytes);
  check_reply(bytes);
  return 0;
}
