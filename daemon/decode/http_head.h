// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <array>
#include <cstddef>
#include <span>
#include "egresswatch/model/wire.h"
namespace egresswatch::decode {
struct HttpText { std::array<char, 256> bytes; };
bool parse_http_request(std::span<const std::byte> sent, HttpText& text, HttpRequest& out);
ServerReply parse_server_reply(std::span<const std::byte> head);
}
