// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <span>

#include "egresswatch/model/wire.h"

namespace egresswatch::decode {

// What the first bytes of an answer are: a TLS record (RFC 8446 section 5.1) that begins a ServerHello or holds an
// alert in the clear (section 6), or the status line of HTTP/1.x (RFC 9112 section 4). Of TLS the five bytes of the
// record's header must be there, of HTTP the line up to its status; the two bytes of the alert need not be. All else is
// `unknown`.
ServerReply parse_server_reply(std::span<const std::byte> head);

}  // namespace egresswatch::decode
