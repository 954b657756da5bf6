// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <openssl/ssl.h>

#include <cstdint>
#include <memory>
#include <string>

#include "base/result.h"
#include "check/result.h"
#include "check/stream.h"

namespace egresswatch::check {

// What all handshakes share: the trust store of the system; SSL_CERT_FILE and SSL_CERT_DIR are honoured by OpenSSL.
class TlsContext {
 public:
  static Result<TlsContext> make();
  [[nodiscard]] SSL_CTX* get() const { return context_.get(); }

 private:
  struct Free {
    void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
  };
  std::unique_ptr<SSL_CTX, Free> context_;
};

struct TlsProbe {
  TlsResult result;
  Failure failure;
};

// A handshake as a careful client does it: SNI, the chain up to the trust store, and the name (or address) of the host.
// On success the stream speaks TLS from then on.
TlsProbe probe_tls(const TlsContext& context, Stream& stream, const std::string& host, std::uint64_t timeout_ns);

}  // namespace egresswatch::check
