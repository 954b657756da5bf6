// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include "base/result.h"
#include "egresswatch/model/web_access.h"

namespace boost::asio::ssl {
class context;
}

namespace egresswatch::publish {

// Reads certificate, key and authorities from their files, and sets what the section says. TLS 1.2 at least. An error
// is one sentence that names the file.
Result<std::shared_ptr<boost::asio::ssl::context>> make_tls_context(const WebTls& tls);

}  // namespace egresswatch::publish
