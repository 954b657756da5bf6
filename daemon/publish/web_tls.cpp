// SPDX-License-Identifier: Apache-2.0
#include "publish/web_tls.h"

#include <arpa/inet.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <array>
#include <boost/asio/ssl/context.hpp>
#include <cerrno>
#include <exception>
#include <string>
#include <string_view>

#include "base/log.h"

namespace egresswatch::publish {
namespace {

namespace ssl = boost::asio::ssl;

struct FreeNames {
  void operator()(GENERAL_NAMES* names) const { GENERAL_NAMES_free(names); }
};

std::string openssl_reason() {
  const unsigned long code = ERR_peek_last_error();
  ERR_clear_error();
  const char* reason = code ? ERR_reason_error_string(code) : nullptr;
  return reason ? reason : "not accepted by OpenSSL";
}

Error unusable(const std::string& what, const std::string& file) {
  return {what + " " + file + ": " + openssl_reason(), EINVAL};
}

std::string joined(const std::vector<std::string>& names) {
  std::string text;
  for (const std::string& name : names) text += (text.empty() ? "" : ":") + name;
  return text;
}

// A subject alternative name as text: DNS name, mail address, URI or IP address.
std::string text_of(const GENERAL_NAME& name) {
  const ASN1_STRING* text = nullptr;
  if (name.type == GEN_DNS || name.type == GEN_EMAIL || name.type == GEN_URI) text = name.d.ia5;
  if (name.type == GEN_IPADD) {
    const int size = ASN1_STRING_length(name.d.iPAddress);
    std::array<char, INET6_ADDRSTRLEN> buffer{};
    const int family = size == 4 ? AF_INET : AF_INET6;
    if (size != 4 && size != 16) return {};
    return ::inet_ntop(family, ASN1_STRING_get0_data(name.d.iPAddress), buffer.data(), buffer.size()) ? buffer.data()
                                                                                                      : "";
  }
  if (!text) return {};
  return {reinterpret_cast<const char*>(ASN1_STRING_get0_data(text)),
          static_cast<std::size_t>(ASN1_STRING_length(text))};
}

bool has_allowed_name(X509* certificate, const std::vector<std::string>& allowed) {
  const std::unique_ptr<GENERAL_NAMES, FreeNames> names(
      static_cast<GENERAL_NAMES*>(X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr)));
  if (!names) return false;
  for (int i = 0; i < sk_GENERAL_NAME_num(names.get()); ++i)
    if (std::ranges::find(allowed, text_of(*sk_GENERAL_NAME_value(names.get(), i))) != allowed.end()) return true;
  return false;
}

void set_client_auth(ssl::context& context, const WebTls& tls) {
  const bool asks = tls.client_auth != ClientAuth::none;
  const bool requires_one =
      tls.client_auth == ClientAuth::require_any || tls.client_auth == ClientAuth::require_and_verify;
  const bool verifies =
      tls.client_auth == ClientAuth::verify_if_given || tls.client_auth == ClientAuth::require_and_verify;
  if (!asks) return;
  context.set_verify_mode(requires_one ? ssl::verify_peer | ssl::verify_fail_if_no_peer_cert : ssl::verify_peer);
  context.set_verify_callback([verifies, allowed = tls.allowed_sans](bool trusted, ssl::verify_context& at) {
    if (verifies && !trusted) return false;
    // the client's own certificate is at depth 0, and comes last
    X509_STORE_CTX* store = at.native_handle();
    if (allowed.empty() || X509_STORE_CTX_get_error_depth(store) > 0) return true;
    return has_allowed_name(X509_STORE_CTX_get_current_cert(store), allowed);
  });
}

// It is used all the same: what is there may be all that there is, and clients say what they think of it.
void warn_of_times(const X509* certificate, const std::string& file) {
  if (X509_cmp_current_time(X509_get0_notAfter(certificate)) < 0)
    log::warning("the certificate " + file + " has expired: clients that verify it will refuse it");
  if (X509_cmp_current_time(X509_get0_notBefore(certificate)) > 0)
    log::warning("the certificate " + file + " is not valid yet: clients that verify it will refuse it");
}

Result<> set_up(ssl::context& context, const WebTls& tls) {
  SSL_CTX* native = context.native_handle();
  const auto number = [](TlsVersion version) { return version == TlsVersion::tls12 ? TLS1_2_VERSION : TLS1_3_VERSION; };
  SSL_CTX_set_min_proto_version(native, number(tls.min_version));
  SSL_CTX_set_max_proto_version(native, number(tls.max_version));
  SSL_CTX_set_options(native, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
  if (tls.prefer_server_ciphers) SSL_CTX_set_options(native, SSL_OP_CIPHER_SERVER_PREFERENCE);
  // OpenSSL wants one where client certificates are asked for (SSL_CTX_set_session_id_context(3))
  constexpr std::string_view kSessions = "egresswatch";
  SSL_CTX_set_session_id_context(native, reinterpret_cast<const unsigned char*>(kSessions.data()), kSessions.size());
  ERR_clear_error();
  if (SSL_CTX_use_certificate_chain_file(native, tls.cert_file.c_str()) != 1)
    return unusable("cannot use the certificate", tls.cert_file);
  if (SSL_CTX_use_PrivateKey_file(native, tls.key_file.c_str(), SSL_FILETYPE_PEM) != 1)
    return unusable("cannot use the key", tls.key_file);
  if (SSL_CTX_check_private_key(native) != 1)
    return unusable("the certificate does not belong to the key", tls.key_file);
  warn_of_times(SSL_CTX_get0_certificate(native), tls.cert_file);
  if (!tls.client_ca_file.empty() && SSL_CTX_load_verify_locations(native, tls.client_ca_file.c_str(), nullptr) != 1)
    return unusable("cannot use the authorities of clients in", tls.client_ca_file);
  if (!tls.ciphers.empty() && SSL_CTX_set_cipher_list(native, joined(tls.ciphers).c_str()) != 1)
    return Error{"cipher_suites: " + openssl_reason(), EINVAL};
  if (!tls.curves.empty() && SSL_CTX_set1_groups_list(native, joined(tls.curves).c_str()) != 1)
    return Error{"curve_preferences: " + openssl_reason(), EINVAL};
  set_client_auth(context, tls);
  return {};
}

}  // namespace

Result<std::shared_ptr<ssl::context>> make_tls_context(const WebTls& tls) try {
  auto context = std::make_shared<ssl::context>(ssl::context::tls_server);
  if (auto done = set_up(*context, tls); !done) return done.error();
  return context;
} catch (const std::exception& error) {
  return Error{error.what()};
}

}  // namespace egresswatch::publish
