// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include "egresswatch/model/wire.h"
namespace egresswatch::decode {
enum class HelloStatus : std::uint8_t { complete, incomplete, not_hello };
struct HelloText { std::array<char, 256> bytes; };
HelloStatus parse_client_hello(std::span<const std::byte> sent, HelloText& text, ClientHello& out);
}
