// SPDX-License-Identifier: Apache-2.0
#include "adapters/http/events.h"

#include <algorithm>

namespace tuesday::http {
namespace {

std::string OneLine(std::string text) {
  std::ranges::replace_if(text, [](char c) { return c == '\n' || c == '\r' || c == '\0'; }, ' ');
  return text;
}

}  // namespace

std::string EventText(const ServerEvent& event) {
  std::string text;
  if (!event.id.empty()) text += "id: " + OneLine(event.id) + "\n";
  if (!event.event.empty()) text += "event: " + OneLine(event.event) + "\n";
  std::string_view data = event.data;
  while (true) {
    const std::size_t end = std::min(data.find_first_of("\r\n"), data.size());
    text += "data: ";
    text += data.substr(0, end);
    text += '\n';
    if (end == data.size()) break;
    data.remove_prefix(end + (data.substr(end).starts_with("\r\n") ? 2 : 1));
  }
  return text + "\n";
}

std::vector<ServerEvent> EventParser::Feed(std::string_view piece) {
  std::vector<ServerEvent> events;
  for (const char c : piece) {
    if (c == '\n' && after_return_) {
      after_return_ = false;
    } else if (c == '\n' || c == '\r') {
      after_return_ = c == '\r';
      TakeLine(events);
      line_.clear();
    } else {
      after_return_ = false;
      line_ += c;
    }
  }
  return events;
}

void EventParser::TakeLine(std::vector<ServerEvent>& events) {
  if (line_.empty()) {
    if (has_data_) events.push_back(current_);
    // The id stays: an event without one was the last with the same.
    current_ = {.id = current_.id, .event = {}, .data = {}};
    has_data_ = false;
    return;
  }
  const std::size_t colon = std::min(line_.find(':'), line_.size());
  const std::string_view name = std::string_view(line_).substr(0, colon);
  std::string_view value = std::string_view(line_).substr(std::min(colon + 1, line_.size()));
  if (value.starts_with(' ')) value.remove_prefix(1);
  if (name == "id") current_.id = value;
  if (name == "event") current_.event = value;
  if (name != "data") return;
  if (has_data_) current_.data += '\n';
  current_.data += value;
  has_data_ = true;
}

}  // namespace tuesday::http
