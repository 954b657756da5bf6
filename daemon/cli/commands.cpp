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

Result<std::string> ask(const std::string& socket, const std::string& request_target) {
  auto answer = ask_daemon(socket, request_target);
  if (!answer) return answer.error();
  std::string body = std::move(answer->body);
  if (answer->status == kOk) return {boost::system::in_place_value, std::move(body)};
  // a sentence and a newline
  while (body.ends_with('\n') || body.ends_with('.')) body.pop_back();
  std::string sentence = "the daemon at " + socket + " says: ";
  append_safe(sentence, body);
  return Error{std::move(sentence), answer->status == kBadRequest ? EINVAL : EPROTO};
}

Result<boost::json::object> document_of(const std::string& socket, std::string_view text) {
  boost::system::error_code error;
  boost::json::value document = boost::json::parse(text, error);
  if (error || !document.is_object())
    return Error{"the daemon at " + socket + " answered with something else than a document; is it an egresswatch?",
                 EPROTO};
  return std::move(document.get_object());
}

Result<boost::json::object> ask(const std::string& socket, const std::string& request_target, std::string& body) {
  auto answer = ask(socket, request_target);
  if (!answer) return answer.error();
  body = std::move(*answer);
  return document_of(socket, body);
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

Result<std::vector<std::string>> events(const std::string& socket, EventPosition& position) try {
  const auto body = ask(socket, "/v1/events?after=" + std::to_string(position.next));
  if (!body) return body.error();
  std::vector<std::string> lines;
  for (std::size_t begin = 0, end = 0; (end = body->find('\n', begin)) != std::string::npos; begin = end + 1)
    lines.push_back(body->substr(begin, end - begin));
  // the last line says where the reader is now
  const auto place = document_of(socket, lines.empty() ? std::string_view{} : lines.back());
  if (!place) return place.error();
  lines.pop_back();
  position = {.next = number(*place, "next"), .missed = number(*place, "missed"), .more = flag(*place, "more")};
  return lines;
} catch (const std::exception& error) {
  return Error{error.what()};
}

Result<bool> write_history(const std::string& socket) try {
  std::string body;
  const auto document = ask(socket, "/v1/flush", body);
  if (!document) return document.error();
  return flag(*document, "written");
} catch (const std::exception& error) {
  return Error{error.what()};
}

}  // namespace egresswatch::cli
