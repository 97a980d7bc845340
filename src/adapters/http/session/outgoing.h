// SPDX-License-Identifier: Apache-2.0
// An answer on its way out, as Beast writes it. Does no IO. An internal header of this folder, for session.cc only.
#pragma once

#include <boost/beast/http.hpp>
#include <string_view>
#include <utility>

#include "adapters/http/message.h"
#include "base/json.h"

namespace tuesday::http {

using BeastResponse = boost::beast::http::response<boost::beast::http::string_body>;

struct AnswerForm {
  unsigned version = 11;
  bool keep_alive = true;
  bool is_head = false;  // The length is told, and no body follows.
};

inline HttpResponse ErrorResponse(int status, std::string_view code, std::string_view message) {
  const Json body = Json::Object{{"error", Json::Object{{"code", code}, {"message", message}}}};
  return {.status = status, .headers = {{"Content-Type", "application/json"}}, .body = CanonicalJson(body)};
}

// Takes the body; of an answer with a file only what comes before it. A header with a line break is left out: it would forge
// others.
inline BeastResponse MakeResponse(HttpResponse& answer, const AnswerForm& form) {
  BeastResponse response(static_cast<boost::beast::http::status>(answer.status), form.version);
  const auto has_line_break = [](std::string_view text) { return text.find_first_of("\r\n") != std::string_view::npos; };
  for (const auto& [name, value] : answer.headers) {
    if (!has_line_break(name) && !has_line_break(value)) response.insert(name, value);
  }
  response.keep_alive(form.keep_alive);
  const std::uint64_t size = answer.file ? answer.file->bytes : answer.body.size();
  if (!form.is_head) response.body() = std::move(answer.body);
  response.prepare_payload();
  if (form.is_head || answer.file) response.content_length(size);
  return response;
}

}  // namespace tuesday::http
