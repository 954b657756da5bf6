// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace egresswatch {

// How the server treats certificates of clients; the names are those of Go's crypto/tls.
enum class ClientAuth { none, request, require_any, verify_if_given, require_and_verify };

inline constexpr std::array<std::string_view, 5> kClientAuthNames{"NoClientCert", "RequestClientCert",
                                                                  "RequireAnyClientCert", "VerifyClientCertIfGiven",
                                                                  "RequireAndVerifyClientCert"};

enum class TlsVersion { tls12, tls13 };

// Paths are ready to be opened.
struct WebTls {
  std::string cert_file;
  std::string key_file;
  std::string client_ca_file;  // empty = none
  ClientAuth client_auth = ClientAuth::none;
  std::vector<std::string> allowed_sans;  // empty = any client that passed
  TlsVersion min_version = TlsVersion::tls12;
  TlsVersion max_version = TlsVersion::tls13;
  std::vector<std::string> ciphers;  // up to TLS 1.2, by OpenSSL's names; empty = OpenSSL's default
  std::vector<std::string> curves;   // by OpenSSL's names, the preferred one first; empty = OpenSSL's default
  bool prefer_server_ciphers = true;
  bool operator==(const WebTls&) const = default;
};

struct WebUser {
  std::string name;
  std::string hash;  // bcrypt, of crypt(5)
  bool operator==(const WebUser&) const = default;
};

// Who may talk to the web server, and how: the content of a web configuration file.
struct WebAccess {
  std::optional<WebTls> tls;
  std::vector<std::pair<std::string, std::string>> headers;  // of every answer
  std::vector<WebUser> users;                                // empty = no password is asked for
  bool operator==(const WebAccess&) const = default;
};

}  // namespace egresswatch
