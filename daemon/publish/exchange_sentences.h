// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "egresswatch/model/report.h"

// What failed after the handshake of TCP. Only for failure_sentences.cpp.
namespace egresswatch::publish {

void append_tls_failure(std::string& out, const ConnectionReport& report);
void append_proxy_failure(std::string& out, const ConnectionReport& report);
void append_http_failure(std::string& out, const ConnectionReport& report);
void append_data_failure(std::string& out, const ConnectionReport& report);

}  // namespace egresswatch::publish
