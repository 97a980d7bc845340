// SPDX-License-Identifier: Apache-2.0
#include "adapters/haproxy/edge/log_line.h"

#include <array>
#include <charconv>

#include "adapters/haproxy/edge/config.h"

namespace tuesday::haproxy {
namespace {

constexpr std::size_t kLineBytesMax = 1024;
constexpr int kStatusMax = 999;

bool ReadNumber(std::string_view text, std::int64_t& out) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
  return error == std::errc() && end == text.data() + text.size();
}

using Fields = std::array<std::string_view, 10>;

// How many fields there are with one blank between them; 0: too many, or an empty one.
std::size_t SplitFields(std::string_view line, Fields& fields) {
  for (std::size_t i = 0; i < fields.size(); ++i) {
    const std::size_t end = line.find(' ');
    fields[i] = line.substr(0, end);
    if (fields[i].empty()) return 0;
    if (end == std::string_view::npos) return i + 1;
    line.remove_prefix(end + 1);
  }
  return 0;
}

std::string_view Span(std::string_view from, std::string_view to) {
  return {from.data(), static_cast<std::size_t>(to.data() + to.size() - from.data())};
}

bool ReadSlot(std::string_view text, int& out) {
  std::int64_t slot = -1;
  if (!ReadNumber(text, slot) || slot < 0 || slot >= rollout::kSlotsMax) return false;
  out = static_cast<int>(slot);
  return true;
}

// The process, rollout and slot as fields of their own, and what follows them.
bool ReadFirstVersion(const Fields& fields, LogLine& out) {
  if (!ReadNumber(fields[1], out.process)) return false;
  out.key = Span(fields[2], fields[4]);
  if (fields[3] != "-" && !ReadSlot(fields[3], out.slot)) return false;
  if (fields[2] != "-") out.rollout = fields[2];
  return true;
}

// The backend's name, or that of the frontend and of the backend for what no rollout serves, which have no slot.
bool ReadSecondVersion(const Fields& fields, LogLine& out) {
  out.key = Span(fields[1], fields[2]);
  const std::size_t dot = fields[1].rfind(".s");
  if (dot == std::string_view::npos) return true;
  out.rollout = fields[1].substr(0, dot);
  return ReadSlot(fields[1].substr(dot + 2), out.slot);
}

}  // namespace

std::optional<LogLine> ParseLogLine(std::string_view line) {
  Fields fields;
  if (line.size() > kLineBytesMax) return std::nullopt;
  const std::size_t count = SplitFields(line, fields);
  LogLine out;
  if (fields[0] == "T2" && count == 8) {
    if (!ReadSecondVersion(fields, out)) return std::nullopt;
  } else if (fields[0] == "T1" && count == 10) {
    if (!ReadFirstVersion(fields, out)) return std::nullopt;
  } else {
    return std::nullopt;
  }
  // Both versions end in server, status, total, first byte, termination, bytes.
  const std::string_view* last = fields.data() + count - 6;
  std::int64_t status = -1;
  std::int64_t first = 0;
  if (!ReadNumber(last[1], status) || !ReadNumber(last[5], out.bytes)) return std::nullopt;
  // A connection that never sent a whole request has no beginning.
  if (!ReadNumber(last[2], out.total_us) && last[2] != "-") return std::nullopt;
  if (last[3] != "-") {
    if (!ReadNumber(last[3], first) || first < 0) return std::nullopt;
    out.first_us = first;
  }
  if (status < -1 || status > kStatusMax || out.total_us < 0 || last[4].size() != 2) return std::nullopt;
  out.status = status == 0 ? -1 : static_cast<int>(status);
  out.termination = last[4];
  // "<NOSRV>", "<BADREQ>" and their like are HAProxy's own words for no server.
  if (!last[0].starts_with('<') && last[0] != "-") {
    const ServerName name = ParseServerName(last[0]);
    out.server = name.instance;
    if (name.slot >= 0) out.slot = name.slot;
  }
  return out;
}

}  // namespace tuesday::haproxy
