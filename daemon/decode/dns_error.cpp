// SPDX-License-Identifier: Apache-2.0
#include "decode/dns_error.h"

namespace egresswatch::decode {
namespace {

constexpr std::array<std::string_view, kDnsErrorCount> kNames{
    "none",          "message_too_long",    "short_header",
    "no_question",   "many_questions",      "question_past_end",
    "label_type",    "label_past_end",      "name_unterminated",
    "name_too_long", "pointer_past_end",    "pointer_forward",
    "pointer_loop",  "pointer_into_header", "many_pointers",
    "record_count",  "record_past_end",     "rdata_past_end",
    "rdata_length",  "opt_malformed",       "opt_repeated",
    "too_much_work"};

}  // namespace

std::string_view to_string(DnsError error) {
  const auto index = static_cast<std::size_t>(error);
  return index < kNames.size() ? kNames[index] : "unknown";
}

}  // namespace egresswatch::decode
