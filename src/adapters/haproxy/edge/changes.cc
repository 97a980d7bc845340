// SPDX-License-Identifier: Apache-2.0
#include "adapters/haproxy/edge/changes.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <map>

namespace tuesday::haproxy {
namespace {

// One that is added while HAProxy runs has room for no idle connection and a delay of 0 unless it is told: then no connection
// to it is ever used twice, and the edge carries a third of the requests (measured with 2.6). A server of the file has these by
// itself.
constexpr std::string_view kKeepsConnections = " pool-max-conn -1 pool-purge-delay 5s";

std::string_view NextLine(std::string_view& text) {
  const std::size_t end = text.find('\n');
  const std::string_view line = text.substr(0, end);
  text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  return line;
}

std::vector<std::string_view> SplitCsv(std::string_view line) {
  std::vector<std::string_view> out;
  while (true) {
    const std::size_t comma = line.find(',');
    out.push_back(line.substr(0, comma));
    if (comma == std::string_view::npos) return out;
    line.remove_prefix(comma + 1);
  }
}

Error Nonsense(std::string_view what, std::string_view line) {
  return {ErrorCode::kUnavailable, fmt::format("HAProxy's answer to `{}` is not one: `{}`.", what, line.substr(0, 80)), ""};
}

// Where the columns that we read are in this version's `show stat`.
struct Columns {
  std::map<std::string_view, std::size_t> at;
  std::size_t count = 0;

  bool Has(std::initializer_list<std::string_view> names) const {
    return std::ranges::all_of(names, [&](std::string_view name) { return at.contains(name); });
  }
  std::string_view Text(const std::vector<std::string_view>& row, std::string_view name) const { return row[at.at(name)]; }
  std::int64_t Number(const std::vector<std::string_view>& row, std::string_view name) const {
    const std::string_view text = Text(row, name);
    std::int64_t out = 0;
    std::from_chars(text.data(), text.data() + text.size(), out);
    return out;
  }
};

// Attempts that were made again somewhere are no requests.
std::int64_t Unanswered(const Columns& columns, const std::vector<std::string_view>& row) {
  std::int64_t out = columns.Number(row, "stot");
  for (const auto name : {"wretr", "wredis", "hrsp_1xx", "hrsp_2xx", "hrsp_3xx", "hrsp_4xx", "hrsp_5xx", "hrsp_other"}) {
    out -= columns.Number(row, name);
  }
  return out;
}

std::string FullName(const std::string& backend, const std::string& name) { return backend + "/" + name; }

void RemoveServer(const SeenServer& server, const std::set<std::string>& expired, ServerCommands& out) {
  const std::string name = FullName(server.backend, server.name);
  if (!server.status.starts_with("MAINT")) out.remove.push_back("set server " + name + " state maint");
  if (server.open > 0) {
    if (expired.contains(name)) out.remove.push_back("shutdown sessions server " + name);
    out.leftover.push_back(name);
    return;
  }
  out.remove.push_back("del server " + name);
}

}  // namespace

bool SeenServer::IsUp() const {
  const std::string_view check =
      std::string_view(check_status).starts_with("* ") ? std::string_view(check_status).substr(2) : check_status;
  return status.starts_with("UP") && (check == "L4OK" || check == "L6OK" || check == "L7OK" || check == "L7OKC");
}

Result<SeenStat> ParseStat(std::string_view text) {
  std::string_view header = NextLine(text);
  if (!header.starts_with("# ")) return std::unexpected(Nonsense("show stat", header));
  header.remove_prefix(2);
  const std::vector<std::string_view> names = SplitCsv(header);
  Columns columns;
  columns.count = names.size();
  for (std::size_t i = 0; i < names.size(); ++i) columns.at.emplace(names[i], i);
  if (!columns.Has({"pxname", "svname", "qcur", "scur", "stot", "status", "eresp", "check_status", "addr", "wretr", "wredis",
                    "hrsp_1xx", "hrsp_2xx", "hrsp_3xx", "hrsp_4xx", "hrsp_5xx", "hrsp_other"})) {
    return std::unexpected(Nonsense("show stat", header));
  }
  SeenStat out;
  while (!text.empty()) {
    const std::string_view line = NextLine(text);
    if (line.empty()) continue;
    const std::vector<std::string_view> row = SplitCsv(line);
    if (row.size() != columns.count) return std::unexpected(Nonsense("show stat", line));
    const std::string_view server = columns.Text(row, "svname");
    if (server == "FRONTEND") {
      out.client_connections += columns.Number(row, "scur");
      continue;
    }
    if (server == "BACKEND") continue;
    out.servers.push_back(
        {std::string(columns.Text(row, "pxname")), std::string(server), std::string(columns.Text(row, "addr")),
         std::string(columns.Text(row, "status")), std::string(columns.Text(row, "check_status")), columns.Number(row, "scur"),
         columns.Number(row, "qcur"), columns.Number(row, "stot"), columns.Number(row, "eresp"), Unanswered(columns, row)});
  }
  return out;
}

Result<MapEntries> ParseMap(std::string_view text) {
  MapEntries out;
  while (!text.empty()) {
    const std::string_view line = NextLine(text);
    if (line.empty()) continue;
    // An entry's reference, its key, its value.
    const std::size_t first = line.find(' ');
    const std::size_t second = first == std::string_view::npos ? first : line.find(' ', first + 1);
    if (second == std::string_view::npos || !line.starts_with("0x")) return std::unexpected(Nonsense("show map", line));
    out.emplace(line.substr(first + 1, second - first - 1), line.substr(second + 1));
  }
  return out;
}

std::string_view InfoValue(std::string_view text, std::string_view key) {
  while (!text.empty()) {
    const std::string_view line = NextLine(text);
    if (line.starts_with(key) && line.substr(key.size()).starts_with(": ")) return line.substr(key.size() + 2);
  }
  return {};
}

std::vector<std::string> MapCommands(const std::string& path, const MapEntries& wanted, const MapEntries& seen) {
  std::vector<std::string> out;
  for (const auto& [key, value] : wanted) {
    const auto old = seen.find(key);
    if (old == seen.end()) {
      out.push_back(fmt::format("add map {} {} {}", path, key, value));
    } else if (old->second != value) {
      out.push_back(fmt::format("set map {} {} {}", path, key, value));
    }
  }
  for (const auto& [key, value] : seen) {
    if (!wanted.contains(key)) out.push_back(fmt::format("del map {} {}", path, key));
  }
  return out;
}

ServerCommands PlanServers(const std::vector<PlacedServer>& wanted, const std::vector<SeenServer>& seen,
                           const std::set<std::string>& expired) {
  ServerCommands out;
  std::map<std::string, const SeenServer*> there;
  for (const SeenServer& server : seen) there[FullName(server.backend, server.name)] = &server;
  std::set<std::string> kept;
  for (const PlacedServer& server : wanted) {
    const std::string name = FullName(server.backend, server.name);
    const auto old = there.find(name);
    // One that moved is first taken away; it is added again when the next look finds it gone.
    if (old != there.end() && old->second->address != server.address) continue;
    kept.insert(name);
    if (old == there.end()) {
      out.add.push_back(
          fmt::format("add server {} {} {}{}", name, server.address, ServerParameters(server), kKeepsConnections));
      out.add.push_back("enable server " + name);
      if (server.role != ServerRole::kLastResort) out.add.push_back("enable health " + name);
    } else if (old->second->status.starts_with("MAINT") || old->second->status.starts_with("DRAIN")) {
      out.add.push_back("set server " + name + " state ready");
    }
  }
  for (const auto& [name, server] : there) {
    if (!kept.contains(name)) RemoveServer(*server, expired, out);
  }
  return out;
}

}  // namespace tuesday::haproxy
