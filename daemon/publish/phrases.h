// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "egresswatch/model/report.h"

// Parts that sentences share.
namespace egresswatch::publish {

// 1 SYN, 2 SYNs
void append_count(std::string& out, std::uint64_t count, std::string_view noun);
// The preposition and the duration; nothing if it is unknown (0).
void append_after(std::string& out, std::string_view preposition, std::uint64_t duration_ns);
// The name of an errno value in brackets; nothing for 0.
void append_error(std::string& out, int error);
// sent 1.2 kB, received 17 B
void append_payload(std::string& out, const ConnectionReport& report);
// unrecognized_name for 112, ...; the number itself for what is rare. RFC 8446 section 6.
void append_tls_alert(std::string& out, std::uint8_t alert);

}  // namespace egresswatch::publish
