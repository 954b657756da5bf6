// SPDX-License-Identifier: Apache-2.0
#include "publish/web_pages.h"

#include <string>
#include <utility>

#include "publish/content_coding.h"
#include "publish/metrics.h"

namespace egresswatch::publish {
namespace {

namespace http = boost::beast::http;

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
  HttpResponse response = make_response(http::status::ok, kMetricsContentType, std::move(body));
  response.set(http::field::vary, "Accept-Encoding");
  if (compressed) response.set(http::field::content_encoding, "gzip");
  return response;
}

HttpResponse ready(const HttpHandlers& handlers) {
  std::string missing = handlers.not_ready();
  if (missing.empty()) return make_response(http::status::ok, kPlainText, "Ready.\n");
  return make_response(http::status::service_unavailable, kPlainText, std::move(missing) + "\n");
}

}  // namespace

HttpResponse web_page(const HttpRequest& request, const HttpHandlers& handlers) {
  const std::string_view target(request.target().data(), request.target().size());
  const std::string_view path = target.substr(0, target.find('?'));
  if (path == "/metrics") return metrics(request, handlers);
  if (path == "/-/healthy") return make_response(http::status::ok, kPlainText, "Healthy.\n");
  if (path == "/-/ready") return ready(handlers);
  if (path == "/") return make_response(http::status::ok, "text/html; charset=utf-8", std::string(kLandingPage));
  return make_response(http::status::not_found, kPlainText, "Not found; see / for what is served.\n");
}

}  // namespace egresswatch::publish
