// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "publish/http_response.h"
#include "publish/http_server.h"

namespace egresswatch::publish {

// The page that a request of the web server asks for.
HttpResponse web_page(const HttpRequest& request, const HttpHandlers& handlers);

}  // namespace egresswatch::publish
