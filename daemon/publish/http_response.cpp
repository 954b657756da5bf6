// SPDX-License-Identifier: Apache-2.0
#include "publish/http_response.h"

#include <exception>
#include <utility>

namespace egresswatch::publish {

namespace http = boost::beast::http;

HttpResponse make_response(http::status status, const char* content_type, std::string body) {
  HttpResponse response(status, 11, std::move(body));
  response.set(http::field::content_type, content_type);
  response.set(http::field::cache_control, "no-store");
  response.set("X-Content-Type-Options", "nosniff");
  return response;
}

HttpResponse respond(const HttpRequest& request, const std::function<HttpResponse(const HttpRequest&)>& route) {
  // RFC 9112 section 3.2: an HTTP/1.1 request without exactly one Host field is malformed.
  if (request.version() == 11 && request.count(http::field::host) != 1)
    return refuse(http::status::bad_request, "The request needs one Host field.\n");
  HttpResponse response;
  if (request.method() != http::verb::get && request.method() != http::verb::head) {
    response = make_response(http::status::method_not_allowed, kPlainText, "Only GET and HEAD are served.\n");
    response.set(http::field::allow, "GET, HEAD");
  } else {
    try {
      response = route(request);
    } catch (const std::exception&) {
      response = make_response(http::status::internal_server_error, kPlainText, "The answer could not be made.\n");
    }
  }
  response.version(request.version());
  response.keep_alive(request.keep_alive());
  response.prepare_payload();
  return response;
}

HttpResponse refuse(http::status status, std::string_view text) {
  HttpResponse response = make_response(status, kPlainText, std::string(text));
  response.keep_alive(false);
  response.prepare_payload();
  return response;
}

}  // namespace egresswatch::publish
