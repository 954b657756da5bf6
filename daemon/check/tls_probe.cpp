// SPDX-License-Identifier: Apache-2.0
#include "check/tls_probe.h"

#include <openssl/err.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>
#include <poll.h>

#include <array>
#include <cerrno>

#include "base/clock.h"
#include "check/socket.h"
#include "check/socket_error.h"

namespace egresswatch::check {
namespace {

std::string name_text(const X509_NAME* name) {
  struct BioFree {
    void operator()(BIO* bio) const { BIO_free(bio); }
  };
  const std::unique_ptr<BIO, BioFree> bio(BIO_new(BIO_s_mem()));
  if (!bio || name == nullptr) return {};
  X509_NAME_print_ex(bio.get(), name, 0, XN_FLAG_ONELINE & ~ASN1_STRFLGS_ESC_MSB);
  std::array<char, 256> text{};
  const int size = BIO_read(bio.get(), text.data(), static_cast<int>(text.size()));
  return size > 0 ? std::string(text.data(), static_cast<std::size_t>(size)) : std::string();
}

void describe(TlsResult& result, const X509* certificate) {
  if (certificate == nullptr) return;
  result.subject = name_text(X509_get_subject_name(certificate));
  result.issuer = name_text(X509_get_issuer_name(certificate));
}

// A session that fails keeps no certificate: what was wrong with which one is noted here.
int on_verify(int accepted, X509_STORE_CTX* store) {
  if (accepted == 1) return accepted;
  const auto* ssl = static_cast<const SSL*>(X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx()));
  auto* result = ssl ? static_cast<TlsResult*>(SSL_get_app_data(ssl)) : nullptr;
  if (result && result->problem.empty()) {
    result->problem = X509_verify_cert_error_string(X509_STORE_CTX_get_error(store));
    describe(*result, X509_STORE_CTX_get0_cert(store));  // the leaf, whichever of the chain is at fault
  }
  return accepted;
}

bool set_names(SSL* ssl, const std::string& host) {
  if (IpAddress::parse(host)) return X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), host.c_str()) == 1;
  SSL_set_hostflags(ssl, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
  return SSL_set1_host(ssl, host.c_str()) == 1 &&
         SSL_ctrl(ssl, SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name,
                  const_cast<char*>(host.c_str())) == 1;  // NOLINT: the macro of OpenSSL casts as well
}

// The handshake ended with an error on OpenSSL's queue.
Failure protocol_failure(TlsResult& result) {
  const unsigned long error = ERR_peek_last_error();
  const int reason = ERR_GET_REASON(error);
  if (reason == SSL_R_UNEXPECTED_EOF_WHILE_READING) return tls_failure(TransportEnd::closed, true);
  if (ERR_GET_LIB(error) == ERR_LIB_SSL && reason > SSL_AD_REASON_OFFSET) {
    result.problem =
        std::string("TLS alert of the server: ") + SSL_alert_desc_string_long(reason - SSL_AD_REASON_OFFSET);
    return tls_failure(TransportEnd::closed, true);
  }
  // whatever else is on the queue is our side's objection to what the server sent
  if (result.problem.empty()) {
    const char* text = ERR_reason_error_string(error);
    result.problem = text ? text : "the answer is not TLS";
  }
  return {Stage::tls, Cause::client_rejected};
}

Failure handshake(SSL* ssl, TlsResult& result, std::uint64_t deadline_ns) {
  for (;;) {
    ERR_clear_error();
    errno = 0;
    const int returned = SSL_connect(ssl);
    const int error = errno;
    if (returned == 1) return {};
    short events = POLLIN;
    switch (SSL_get_error(ssl, returned)) {
      case SSL_ERROR_WANT_READ:
        break;
      case SSL_ERROR_WANT_WRITE:
        events = POLLOUT;
        break;
      case SSL_ERROR_SYSCALL:
        if (error == ECONNRESET || error == EPIPE) return tls_failure(TransportEnd::reset, true);
        if (error == 0) return tls_failure(TransportEnd::closed, true);
        return tls_failure(TransportEnd::silence, false);  // ETIMEDOUT, ICMP: nothing was acknowledged
      default:
        return protocol_failure(result);
    }
    if (!wait_for(SSL_get_fd(ssl), events, deadline_ns))
      return tls_failure(TransportEnd::silence, all_acknowledged(SSL_get_fd(ssl)));
  }
}

}  // namespace

Result<TlsContext> TlsContext::make() {
  TlsContext context;
  context.context_.reset(SSL_CTX_new(TLS_client_method()));
  if (!context.get() || SSL_CTX_set_min_proto_version(context.get(), TLS1_2_VERSION) != 1)
    return Error{"OpenSSL cannot be initialised"};
  if (SSL_CTX_set_default_verify_paths(context.get()) != 1)
    return Error{"the trust store of the system cannot be read"};
  SSL_CTX_set_verify(context.get(), SSL_VERIFY_PEER, on_verify);
  return context;
}

TlsProbe probe_tls(const TlsContext& context, Stream& stream, const std::string& host, std::uint64_t timeout_ns) {
  TlsProbe probe;
  const std::uint64_t start_ns = monotonic_ns();
  std::unique_ptr<SSL, Stream::SslFree> ssl(SSL_new(context.get()));
  if (!ssl || SSL_set_fd(ssl.get(), stream.fd()) != 1 || !set_names(ssl.get(), host)) {
    probe.result.problem = "OpenSSL cannot be initialised";
    probe.failure = {Stage::tls, Cause::client_rejected};
    return probe;
  }
  SSL_set_app_data(ssl.get(), &probe.result);
  probe.failure = handshake(ssl.get(), probe.result, start_ns + timeout_ns);
  SSL_set_app_data(ssl.get(), nullptr);
  probe.result.duration_ns = monotonic_ns() - start_ns;
  if (probe.failure) return probe;
  probe.result.version = SSL_get_version(ssl.get());
  describe(probe.result, SSL_get0_peer_certificate(ssl.get()));
  stream.use_tls(std::move(ssl));
  return probe;
}

}  // namespace egresswatch::check
