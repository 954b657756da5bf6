// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <arpa/inet.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <poll.h>
#include <sys/socket.h>

#include <cstring>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "base/unique_fd.h"

// Servers on 127.0.0.1, each in a thread that ends with the object.
namespace egresswatch::check {

inline sockaddr_in loopback(std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

// A bound socket; TCP ones listen.
class Bound {
 public:
  explicit Bound(int type) : fd_(::socket(AF_INET, type, 0)) {
    sockaddr_in address = loopback(0);
    socklen_t size = sizeof address;
    ::bind(fd_.get(), reinterpret_cast<sockaddr*>(&address), size);
    if (type == SOCK_STREAM) ::listen(fd_.get(), 8);
    ::getsockname(fd_.get(), reinterpret_cast<sockaddr*>(&address), &size);
    port_ = ntohs(address.sin_port);
  }
  [[nodiscard]] int fd() const { return fd_.get(); }
  [[nodiscard]] std::uint16_t port() const { return port_; }

 private:
  UniqueFd fd_;
  std::uint16_t port_ = 0;
};

// Hands each connection to `serve`, which owns it.
class TcpServer {
 public:
  explicit TcpServer(std::function<void(UniqueFd)> serve)
      : thread_([this, serve = std::move(serve)](const std::stop_token& stop) {
          while (!stop.stop_requested()) {
            pollfd entry{bound_.fd(), POLLIN, 0};
            if (::poll(&entry, 1, 20) > 0) serve(UniqueFd(::accept(bound_.fd(), nullptr, nullptr)));
          }
        }) {}
  [[nodiscard]] std::uint16_t port() const { return bound_.port(); }

 private:
  Bound bound_{SOCK_STREAM};
  std::jthread thread_;
};

// Gives each datagram to `reply`; an empty reply is not sent.
class UdpServer {
 public:
  using Bytes = std::vector<unsigned char>;
  explicit UdpServer(std::function<Bytes(const Bytes&)> reply)
      : thread_([this, reply = std::move(reply)](const std::stop_token& stop) {
          while (!stop.stop_requested()) {
            pollfd entry{bound_.fd(), POLLIN, 0};
            if (::poll(&entry, 1, 20) <= 0) continue;
            Bytes query(1500);
            sockaddr_in from{};
            socklen_t size = sizeof from;
            const ssize_t got =
                ::recvfrom(bound_.fd(), query.data(), query.size(), 0, reinterpret_cast<sockaddr*>(&from), &size);
            if (got <= 0) continue;
            query.resize(static_cast<std::size_t>(got));
            const Bytes answer = reply(query);
            if (!answer.empty())
              ::sendto(bound_.fd(), answer.data(), answer.size(), 0, reinterpret_cast<sockaddr*>(&from), size);
          }
        }) {}
  [[nodiscard]] std::uint16_t port() const { return bound_.port(); }

 private:
  Bound bound_{SOCK_DGRAM};
  std::jthread thread_;
};

inline void reset(UniqueFd fd) {
  const linger hard{1, 0};
  ::setsockopt(fd.get(), SOL_SOCKET, SO_LINGER, &hard, sizeof hard);
}

inline std::string read_request(int fd) {
  std::string text(4096, '\0');
  const ssize_t size = ::recv(fd, text.data(), text.size(), 0);
  text.resize(size > 0 ? static_cast<std::size_t>(size) : 0);
  return text;
}

inline void send_text(int fd, std::string_view text) { ::send(fd, text.data(), text.size(), MSG_NOSIGNAL); }

// A self-signed certificate for a name, which is also its own CA.
struct Certificate {
  EVP_PKEY* key = EVP_EC_gen("P-256");
  X509* certificate = X509_new();

  explicit Certificate(const std::string& name) {
    X509_set_version(certificate, 2);
    ASN1_INTEGER_set(X509_get_serialNumber(certificate), 1);
    X509_gmtime_adj(X509_getm_notBefore(certificate), -60);
    X509_gmtime_adj(X509_getm_notAfter(certificate), 3600);
    X509_set_pubkey(certificate, key);
    X509_NAME* subject = X509_get_subject_name(certificate);
    X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC,
                               reinterpret_cast<const unsigned char*>("Inspecting CA of the test"), -1, -1, 0);
    X509_set_issuer_name(certificate, subject);
    add(NID_subject_alt_name, "DNS:" + name);
    add(NID_basic_constraints, "critical,CA:TRUE");
    X509_sign(certificate, key, EVP_sha256());
  }
  Certificate(const Certificate&) = delete;
  Certificate& operator=(const Certificate&) = delete;
  ~Certificate() {
    X509_free(certificate);
    EVP_PKEY_free(key);
  }

 private:
  void add(int nid, const std::string& value) const {
    X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, nullptr, nid, value.c_str());
    X509_add_ext(certificate, extension, -1);
    X509_EXTENSION_free(extension);
  }
};

// TLS with that certificate; after the handshake it reads a request and sends `answer`.
inline void serve_tls(UniqueFd fd, const Certificate& certificate, std::string_view answer) {
  const std::unique_ptr<SSL_CTX, decltype(&SSL_CTX_free)> context(SSL_CTX_new(TLS_server_method()), SSL_CTX_free);
  SSL_CTX_use_certificate(context.get(), certificate.certificate);
  SSL_CTX_use_PrivateKey(context.get(), certificate.key);
  const std::unique_ptr<SSL, decltype(&SSL_free)> ssl(SSL_new(context.get()), SSL_free);
  SSL_set_fd(ssl.get(), fd.get());
  if (SSL_accept(ssl.get()) != 1) return;
  char request[4096];
  if (SSL_read(ssl.get(), request, sizeof request) > 0)
    SSL_write(ssl.get(), answer.data(), static_cast<int>(answer.size()));
  SSL_shutdown(ssl.get());
}

}  // namespace egresswatch::check
