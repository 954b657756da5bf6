// SPDX-License-Identifier: Apache-2.0
#include "publish/control_server.h"

#include <sys/stat.h>
#include <unistd.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <exception>
#include <utility>

#include "base/log.h"
#include "publish/control_request.h"
#include "publish/control_socket.h"
#include "publish/http_listener.h"

namespace egresswatch::publish {
namespace {

namespace http = boost::beast::http;
using boost::asio::local::stream_protocol;

constexpr const char* kJson = "application/json";
constexpr const char* kJsonLines = "application/x-ndjson";

HttpResponse json_page(std::string document, const char* type = kJson) {
  if (document.size() > ControlServer::kMaxResponse)
    return make_response(http::status::internal_server_error, kPlainText, "The answer would be too long.\n");
  return make_response(http::status::ok, type, std::move(document));
}

HttpResponse page(const HttpRequest& request, const ControlHandlers& handlers) {
  const ControlRequest asked = parse_control_request({request.target().data(), request.target().size()});
  switch (asked.kind) {
    case ControlRequest::Kind::status:
      return json_page(handlers.status());
    case ControlRequest::Kind::explain:
      return json_page(handlers.explain(asked.target));
    case ControlRequest::Kind::flush:
      return json_page(handlers.flush());
    case ControlRequest::Kind::events:
      return json_page(handlers.events(asked.after), kJsonLines);
    case ControlRequest::Kind::malformed:
      return make_response(http::status::bad_request, kPlainText,
                           request.target().starts_with("/v1/events")
                               ? "Events come after a number.\n"
                               : "What is to be explained must be a name or an address of at most 255 characters.\n");
    case ControlRequest::Kind::unknown:
      break;
  }
  return make_response(http::status::not_found, kPlainText, "This version of the daemon does not serve that.\n");
}

}  // namespace

struct ControlServer::Impl {
  std::shared_ptr<HttpShared> shared;
  std::shared_ptr<HttpListener<stream_protocol>> listener;
  std::string path;
  dev_t device = 0;  // of the file, with its inode: somebody may have put another in its place
  ino_t inode = 0;
  std::uint64_t not_permitted = 0;
};

Result<std::unique_ptr<ControlServer>> ControlServer::listen(boost::asio::io_context& io, const std::string& path,
                                                             ControlHandlers handlers, HttpLimits limits) {
  const auto group = find_group(kGroup);
  auto socket = open_control_socket(path, group);
  if (!socket) return socket.error();

  auto impl = std::make_unique<Impl>();
  impl->path = path;
  struct stat status {};
  if (::lstat(path.c_str(), &status) == 0) {
    impl->device = status.st_dev;
    impl->inode = status.st_ino;
  }
  impl->shared = std::make_shared<HttpShared>();
  impl->shared->limits = limits;
  impl->shared->respond = [handlers = std::move(handlers)](const HttpRequest& request) {
    return respond(request, [&handlers](const HttpRequest& valid) { return page(valid, handlers); });
  };
  impl->listener = std::make_shared<HttpListener<stream_protocol>>(
      io, impl->shared, [group, counter = &impl->not_permitted](stream_protocol::socket& peer) {
        if (peer_may_ask(peer.native_handle(), group)) return true;
        ++*counter;
        return false;
      });
  boost::system::error_code error;
  impl->listener->acceptor().assign(stream_protocol(), socket->get(), error);
  if (error) return Error{"cannot listen on the control socket " + path + ": " + error.message(), error.value()};
  (void)socket->release();
  impl->listener->accept();
  return std::unique_ptr<ControlServer>(new ControlServer(std::move(impl)));
}

ControlServer::ControlServer(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

ControlServer::~ControlServer() {
  try {
    stop_sessions(*impl_->shared);
    impl_->listener->close();
  } catch (const std::exception& error) {
    // cancelling a timer throws if the clock fails; what is still open is closed with the io_context
    log::warning(error.what());
  }
  struct stat status {};
  if (::lstat(impl_->path.c_str(), &status) == 0 && status.st_dev == impl_->device && status.st_ino == impl_->inode)
    ::unlink(impl_->path.c_str());
}

ControlRefusals ControlServer::refusals() const {
  return {.not_permitted = impl_->not_permitted,
          .too_many = impl_->shared->refused,
          .slow_readers = impl_->shared->slow_readers};
}

}  // namespace egresswatch::publish
