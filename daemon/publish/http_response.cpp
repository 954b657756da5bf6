// SPDX-License-Identifier: Apache-2.0
#include "publish/http_response.h"

#include <exception>
#include <string>
#include <utility>

#include "publish/content_coding.h"
#include "publish/metrics.h"

namespace egresswatch::publish {
namespace {

namespace http = boost::beast::http;

constexpr const char* kPlainText = "text/plain; charset=utf-8";
constexpr std::string_view kLandingPage =
    "<!DOCTYPE html>\n"
    "<html lang=\"en\">\n"
    "<head><meta charset=\"utf-8\"><title>egresswatch</title></head>\n"
    "<body>\n"
    "<h1>egresswatch</h1>\n"
    "<p>Which outbound connections of this host get through, and which fail, where and why.</p>\n"
    "<ul>\n"
    "<li><a href=\"/metrics\">Metrics</a></li>\n"
    "<li><a href=\"/-/healthy\">Healthy</a></li>\n"
    "<li><a href=\"/-/ready\">Ready</a></li>\n"
    "</ul>\n"
    "</body>\n"
    "</html>\n";

HttpResponse make(http::status status, const char* content_type, std::string body) {
  HttpResponse response(status, 11, std::move(body));
  response.set(http::field::content_type, content_type);
  response.set(http::field::cache_control, "no-store");
  response.set("X-Content-Type-Options", "nosniff");
  return response;
}

// Fields of the same name are one list (RFC 9110 section 5.3).
std::string accept_encoding(const HttpRequest& request) {
  std::string joined;
  const auto [first, last] = request.equal_range(http::field::accept_encoding);
  for (auto field = first; field != last; ++field) {
    if (!joined.empty()) joined += ',';
    joined += std::string_view(field->value().data(), field->value().size());
  }
  return joined;
}

HttpResponse metrics(const HttpRequest& request, const HttpHandlers& handlers) {
  std::string body = handlers.metrics();
  bool compressed = false;
  if (accepts_gzip(accept_encoding(request))) {
    if (auto small = gzip(body)) {
      body = std::move(*small);
      compressed = true;
    }
  }
  HttpResponse response = make(http::status::ok, kMetricsContentType, std::move(body));
  response.set(http::field::vary, "Accept-Encoding");
  if (compressed) response.set(http::field::content_encoding, "gzip");
  return response;
}

HttpResponse ready(const HttpHandlers& handlers) {
  std::string missing = handlers.not_ready();
  if (missing.empty()) return make(http::status::ok, kPlainText, "Ready.\n");
  return make(http::status::service_unavailable, kPlainText, std::move(missing) + "\n");
}

HttpResponse route(const HttpRequest& request, const HttpHandlers& handlers) {
  if (request.method() != http::verb::get && request.method() != http::verb::head) {
    HttpResponse response = make(http::status::method_not_allowed, kPlainText, "Only GET and HEAD are served.\n");
    response.set(http::field::allow, "GET, HEAD");
    return response;
  }
  const std::string_view target(request.target().data(), request.target().size());
  const std::string_view path = target.substr(0, target.find('?'));
  if (path == "/metrics") return metrics(request, handlers);
  if (path == "/-/healthy") return make(http::status::ok, kPlainText, "Healthy.\n");
  if (path == "/-/ready") return ready(handlers);
  if (path == "/") return make(http::status::ok, "text/html; charset=utf-8", std::string(kLandingPage));
  return make(http::status::not_found, kPlainText, "Not found; see / for what is served.\n");
}

}  // namespace

HttpResponse respond(const HttpRequest& request, const HttpHandlers& handlers) {
  // RFC 9112 section 3.2: an HTTP/1.1 request without exactly one Host field is malformed.
  if (request.version() == 11 && request.count(http::field::host) != 1)
    return refuse(http::status::bad_request, "The request needs one Host field.\n");
  HttpResponse response;
  try {
    response = route(request, handlers);
  } catch (const std::exception&) {
    response = make(http::status::internal_server_error, kPlainText, "The answer could not be made.\n");
  }
  response.version(request.version());
  response.keep_alive(request.keep_alive());
  response.prepare_payload();
  return response;
}

HttpResponse refuse(http::status status, std::string_view text) {
  HttpResponse response = make(status, kPlainText, std::string(text));
  response.keep_alive(false);
  response.prepare_payload();
  return response;
}

}  // namespace egresswatch::publish
