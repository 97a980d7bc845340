// SPDX-License-Identifier: Apache-2.0
#include "adapters/haproxy/edge/log_line.h"

#include <array>
#include <charconv>

#include "adapters/haproxy/edge/config.h"

namespace tuesday::haproxy {
namespace {

constexpr std::size_t kFields = 10;
constexpr std::size_t kLineBytesMax = 1024;
constexpr int kStatusMax = 999;

bool ReadNumber(std::string_view text, std::int64_t& out) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
  return error == std::errc() && end == text.data() + text.size();
}

// Exactly kFields fields with one blank between them.
bool SplitFields(std::string_view line, std::array<std::string_view, kFields>& fields) {
  for (std::size_t i = 0; i < kFields; ++i) {
    const std::size_t end = line.find(' ');
    if ((end == std::string_view::npos) != (i + 1 == kFields)) return false;
    fields[i] = line.substr(0, end);
    if (fields[i].empty()) return false;
    if (end != std::string_view::npos) line.remove_prefix(end + 1);
  }
  return true;
}

}  // namespace

std::optional<LogLine> ParseLogLine(std::string_view line) {
  std::array<std::string_view, kFields> fields;
  if (line.size() > kLineBytesMax || !SplitFields(line, fields) || fields[0] != "T1") return std::nullopt;
  LogLine out;
  std::int64_t slot = -1;
  std::int64_t status = -1;
  std::int64_t first = 0;
  if (!ReadNumber(fields[1], out.process) || !ReadNumber(fields[5], status) || !ReadNumber(fields[9], out.bytes))
    return std::nullopt;
  // A connection that never sent a whole request has no beginning.
  if (!ReadNumber(fields[6], out.total_us) && fields[6] != "-") return std::nullopt;
  if (fields[3] != "-" && (!ReadNumber(fields[3], slot) || slot < 0 || slot >= rollout::kSlotsMax)) return std::nullopt;
  if (fields[7] != "-") {
    if (!ReadNumber(fields[7], first) || first < 0) return std::nullopt;
    out.first_us = first;
  }
  if (status < -1 || status > kStatusMax || out.total_us < 0 || fields[8].size() != 2) return std::nullopt;
  out.key =
      std::string_view(fields[2].data(), static_cast<std::size_t>(fields[4].data() + fields[4].size() - fields[2].data()));
  if (fields[2] != "-") out.rollout = fields[2];
  if (!out.rollout.empty() && slot < 0 && fields[3] != "-") return std::nullopt;
  out.slot = static_cast<int>(slot);
  out.status = status == 0 ? -1 : static_cast<int>(status);
  out.termination = fields[8];
  // "<NOSRV>", "<BADREQ>" and their like are HAProxy's own words for no server.
  if (!fields[4].starts_with('<') && fields[4] != "-") {
    const ServerName name = ParseServerName(fields[4]);
    out.server = name.instance;
    if (name.slot >= 0) out.slot = name.slot;
  }
  return out;
}

}  // namespace tuesday::haproxy
