// SPDX-License-Identifier: Apache-2.0
#include "cli/commands.h"

#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <cerrno>
#include <exception>

#include "cli/control_client.h"
#include "cli/render.h"
#include "cli/values.h"

namespace egresswatch::cli {
namespace {

constexpr unsigned kOk = 200;
constexpr unsigned kBadRequest = 400;

Result<boost::json::object> ask(const std::string& socket, const std::string& request_target, std::string& body) {
  auto answer = ask_daemon(socket, request_target);
  if (!answer) return answer.error();
  body = std::move(answer->body);
  if (answer->status != kOk) {
    // a sentence and a newline
    while (body.ends_with('\n') || body.ends_with('.')) body.pop_back();
    std::string sentence = "the daemon at " + socket + " says: ";
    append_safe(sentence, body);
    return Error{std::move(sentence), answer->status == kBadRequest ? EINVAL : EPROTO};
  }
  boost::system::error_code error;
  boost::json::value document = boost::json::parse(body, error);
  if (error || !document.is_object())
    return Error{"the daemon at " + socket + " answered with something else than a document; is it an egresswatch?",
                 EPROTO};
  return std::move(document.get_object());
}

}  // namespace

Result<std::string> status(const AskOptions& options) try {
  std::string body;
  const auto document = ask(options.socket, "/v1/status", body);
  if (!document) return document.error();
  return {boost::system::in_place_value, options.json ? body + "\n" : render_status(*document, options.colour)};
} catch (const std::exception& error) {
  return Error{error.what()};
}

Result<Explanation> explain(const AskOptions& options, const std::string& target) try {
  std::string body;
  const auto document = ask(options.socket, "/v1/explain?target=" + percent_encoded(target), body);
  if (!document) return document.error();
  return Explanation{options.json ? body + "\n" : render_explain(*document, options.colour), flag(*document, "seen")};
} catch (const std::exception& error) {
  return Error{error.what()};
}

}  // namespace egresswatch::cli
