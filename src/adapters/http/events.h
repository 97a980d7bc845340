// SPDX-License-Identifier: Apache-2.0
// Server-sent events as text (HTML Living Standard, 9.2). Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace tuesday::http {

struct ServerEvent {
  std::string id;     // What a client names in Last-Event-ID when it comes back. Empty: none.
  std::string event;  // The kind. Empty: "message".
  std::string data;

  friend bool operator==(const ServerEvent&, const ServerEvent&) = default;
};

// The event as it goes over the wire. Line breaks in id or kind, which cannot be sent, become blanks.
std::string EventText(const ServerEvent& event);

// Puts events together from pieces of a stream.
class EventParser {
 public:
  // The events that are complete now. Comments are skipped.
  std::vector<ServerEvent> Feed(std::string_view piece);

  // Bytes of the event that is not complete yet.
  std::size_t pending_bytes() const { return line_.size() + current_.data.size(); }

 private:
  void TakeLine(std::vector<ServerEvent>& events);

  std::string line_;
  ServerEvent current_;
  bool has_data_ = false;
  bool after_return_ = false;  // The last byte was CR: an LF now belongs to it.
};

}  // namespace tuesday::http
