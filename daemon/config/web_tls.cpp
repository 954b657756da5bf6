// SPDX-License-Identifier: Apache-2.0
#include "config/web_tls.h"

#include <array>
#include <string>

namespace egresswatch::config {
namespace {

constexpr std::size_t kMaxPath = 4'000;
constexpr std::size_t kMaxNames = 64;

constexpr std::array<std::string_view, 2> kVersions{"TLS12", "TLS13"};

struct Alias {
  std::string_view go;
  std::string_view openssl;
};

// crypto/tls.CipherSuites() up to TLS 1.2. Those of TLS 1.3 cannot be chosen in Go either.
constexpr std::array<Alias, 10> kCiphers{{
    {"TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256", "ECDHE-ECDSA-AES128-GCM-SHA256"},
    {"TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384", "ECDHE-ECDSA-AES256-GCM-SHA384"},
    {"TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256", "ECDHE-RSA-AES128-GCM-SHA256"},
    {"TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384", "ECDHE-RSA-AES256-GCM-SHA384"},
    {"TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256", "ECDHE-ECDSA-CHACHA20-POLY1305"},
    {"TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256", "ECDHE-RSA-CHACHA20-POLY1305"},
    {"TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA", "ECDHE-ECDSA-AES128-SHA"},
    {"TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA", "ECDHE-ECDSA-AES256-SHA"},
    {"TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA", "ECDHE-RSA-AES128-SHA"},
    {"TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA", "ECDHE-RSA-AES256-SHA"},
}};
constexpr std::array<Alias, 4> kCurves{
    {{"X25519", "X25519"}, {"CurveP256", "P-256"}, {"CurveP384", "P-384"}, {"CurveP521", "P-521"}}};

// What Go's configuration has and this server has not.
constexpr std::array<std::pair<std::string_view, std::string_view>, 3> kInline{
    {{"cert", "cert_file"}, {"key", "key_file"}, {"client_ca", "client_ca_file"}}};

template <std::size_t Count>
std::vector<std::string> read_aliases(MappingReader& reader, std::string_view key,
                                      const std::array<Alias, Count>& aliases) {
  std::vector<std::string> chosen;
  const auto place = reader.find(key);
  if (!place) return chosen;
  std::array<std::string_view, Count> names;
  for (std::size_t i = 0; i < Count; ++i) names[i] = aliases[i].go;
  read_list(*place, kMaxNames, [&](const Place& item) {
    if (const auto index = read_choice(item, names)) chosen.emplace_back(aliases[*index].openssl);
  });
  return chosen;
}

void read_file_name(const Place& place, std::string_view directory, std::string& value) {
  constexpr std::string_view kExpected = "a path of 1 to 4000 bytes";
  const auto path = read_text(place, kExpected);
  if (!path) return;
  if (path->empty() || path->size() > kMaxPath || path->find('\0') != std::string_view::npos)
    return place.expected(kExpected);
  value = *path;
  if (value.front() == '/') return;
  value.insert(0, directory.ends_with('/') ? std::string(directory) : std::string(directory) + "/");
}

void read_version(MappingReader& reader, std::string_view key, TlsVersion& value) {
  if (const auto place = reader.find(key))
    if (const auto index = read_choice(*place, kVersions)) value = static_cast<TlsVersion>(*index);
}

void read_client_auth(MappingReader& reader, std::string_view directory, const Place& section, WebTls& tls) {
  if (const auto place = reader.find("client_auth_type")) {
    if (place->node.text == "RequireClientCert")  // its name in old files
      tls.client_auth = ClientAuth::require_any;
    else if (const auto index = read_choice(*place, kClientAuthNames))
      tls.client_auth = static_cast<ClientAuth>(*index);
  }
  const bool verifies =
      tls.client_auth == ClientAuth::verify_if_given || tls.client_auth == ClientAuth::require_and_verify;
  if (const auto place = reader.find("client_ca_file")) {
    read_file_name(*place, directory, tls.client_ca_file);
    if (!verifies)
      place->problem("without effect: client_auth_type must be RequireAndVerifyClientCert or VerifyClientCertIfGiven");
  } else if (verifies) {
    section.problem("client_ca_file is missing: without it there is nothing to verify client certificates with");
  }
  if (const auto place = reader.find("client_allowed_sans")) {
    read_list(*place, kMaxNames, [&](const Place& item) {
      if (const auto name = read_text(item, "a name, address or URI")) tls.allowed_sans.emplace_back(*name);
    });
    if (tls.client_auth != ClientAuth::require_any && tls.client_auth != ClientAuth::require_and_verify)
      place->problem("needs client_auth_type RequireAndVerifyClientCert or RequireAnyClientCert");
    else if (tls.allowed_sans.empty())
      place->problem("expected at least one");
  }
}

}  // namespace

std::optional<WebTls> read_web_tls(const Place& place, std::string_view directory) {
  if (place.node.kind == YamlNode::Kind::null ||
      (place.node.kind == YamlNode::Kind::mapping && place.node.entries.empty()))
    return std::nullopt;
  WebTls tls;
  MappingReader reader(place);
  for (const auto& [key, instead] : kInline)
    if (const auto found = reader.find(key))
      found->problem("is not supported: write it to a file and name that in " + std::string(instead));
  if (const auto file = reader.require("cert_file")) read_file_name(*file, directory, tls.cert_file);
  if (const auto file = reader.require("key_file")) read_file_name(*file, directory, tls.key_file);
  read_client_auth(reader, directory, place, tls);
  read_version(reader, "min_version", tls.min_version);
  read_version(reader, "max_version", tls.max_version);
  if (tls.min_version > tls.max_version) place.problem("min_version is above max_version");
  tls.ciphers = read_aliases(reader, "cipher_suites", kCiphers);
  tls.curves = read_aliases(reader, "curve_preferences", kCurves);
  reader.flag("prefer_server_cipher_suites", tls.prefer_server_ciphers);
  reader.finish();
  return tls;
}

}  // namespace egresswatch::config
