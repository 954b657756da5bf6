// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/message.hpp>
#include <boost/beast/http/string_body.hpp>
#include <functional>
#include <string>
#include <string_view>

namespace egresswatch::publish {

using HttpRequest = boost::beast::http::request<boost::beast::http::empty_body>;
using HttpResponse = boost::beast::http::response<boost::beast::http::string_body>;

inline constexpr const char* kPlainText = "text/plain; charset=utf-8";

HttpResponse make_response(boost::beast::http::status status, const char* content_type, std::string body);

// The answer to a request; for HEAD too, whose body is not to be sent. `route` is asked for GET and HEAD only; what it
// throws becomes an answer.
HttpResponse respond(const HttpRequest& request, const std::function<HttpResponse(const HttpRequest&)>& route);

// An answer of one line, after which the connection is closed.
HttpResponse refuse(boost::beast::http::status status, std::string_view text);

}  // namespace egresswatch::publish
