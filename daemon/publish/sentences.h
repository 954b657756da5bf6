// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "egresswatch/model/report.h"

// What happened, in words, for a person who has to act on it. A sentence says what was seen and, after a colon, what
// that usually means; it never claims more than the packets and error codes show. Printable ASCII, no final stop.
namespace egresswatch::publish {

void append_sentence(std::string& out, const ConnectionReport& report);
void append_sentence(std::string& out, const DnsReport& report);
void append_sentence(std::string& out, const FlowReport& report);

}  // namespace egresswatch::publish
