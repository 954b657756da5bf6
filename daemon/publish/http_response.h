// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/message.hpp>
#include <boost/beast/http/string_body.hpp>
#include <string_view>

#include "publish/http_server.h"

namespace egresswatch::publish {

using HttpRequest = boost::beast::http::request<boost::beast::http::empty_body>;
using HttpResponse = boost::beast::http::response<boost::beast::http::string_body>;

// The answer to a request; for HEAD too, whose body is not to be sent.
HttpResponse respond(const HttpRequest& request, const HttpHandlers& handlers);

// An answer of one line, after which the connection is closed.
HttpResponse refuse(boost::beast::http::status status, std::string_view text);

}  // namespace egresswatch::publish
