// SPDX-License-Identifier: Apache-2.0
#include "adapters/haproxy/supervisor/applier.h"

#include <fmt/format.h>

#include <charconv>
#include <iterator>
#include <set>

#include "base/check.h"

namespace tuesday::haproxy {
namespace {

// A server that moved is removed in one pass and added in the next.
constexpr int kPassesMax = 3;

void Append(std::vector<std::string>& to, std::vector<std::string> from) {
  to.insert(to.end(), std::make_move_iterator(from.begin()), std::make_move_iterator(from.end()));
}

Result<void> CompareRoutes(const MapEntries& wanted, const MapEntries& seen) {
  for (const auto& [rollout, route] : wanted) {
    const auto found = seen.find(rollout);
    if (found == seen.end() || found->second != route) {
      return Fail(ErrorCode::kUnavailable, fmt::format("HAProxy has the route {} for {}; {} was asked for.",
                                                       found == seen.end() ? "(none)" : found->second, rollout, route));
    }
  }
  return {};
}

Result<void> CompareServers(const std::vector<PlacedServer>& wanted, const SeenStat& seen) {
  std::set<std::pair<std::string_view, std::string_view>> there;
  for (const SeenServer& server : seen.servers) there.emplace(server.backend, server.name);
  for (const PlacedServer& server : wanted) {
    if (!there.contains({server.backend, server.name})) {
      return Fail(ErrorCode::kUnavailable, fmt::format("HAProxy did not take the server {}/{}.", server.backend, server.name));
    }
  }
  return {};
}

}  // namespace

Applier::Applier(std::string folder, Duration drain, std::function<void()> after_command)
    : folder_(std::move(folder)),
      drain_(drain),
      after_command_(std::move(after_command)),
      runtime_(folder_ + "/" + std::string(kAdminSocketName)) {}

std::string Applier::MapPath(std::string_view name) const { return folder_ + "/" + std::string(name); }

Result<SeenEdge> Applier::Look() const {
  TRY(const auto answers, runtime_.Ask({"show info", "show map " + MapPath(kRoutesName), "show map " + MapPath(kExactName),
                                        "show map " + MapPath(kPrefixName), "show stat -1 6 -1"}));
  CHECK(answers.size() == 5, "one answer for each command");
  SeenEdge out;
  const std::string_view pid = InfoValue(answers[0], "Pid");
  std::from_chars(pid.data(), pid.data() + pid.size(), out.process);
  if (out.process <= 0) return Fail(ErrorCode::kUnavailable, "HAProxy does not say which process it is.");
  const std::string_view description = InfoValue(answers[0], "description");
  constexpr std::string_view kOurs = "tuesday ";
  if (description.starts_with(kOurs)) out.structure = description.substr(kOurs.size());
  TRY(out.routes, ParseMap(answers[1]));
  TRY(out.exact, ParseMap(answers[2]));
  TRY(out.prefix, ParseMap(answers[3]));
  TRY(out.stat, ParseStat(answers[4]));
  return out;
}

void Applier::NoteLeftovers(const ServerCommands& commands, Instant now) {
  std::map<std::string, Instant> still;
  for (const std::string& name : commands.leftover) {
    const auto known = leftover_since_.find(name);
    still[name] = known == leftover_since_.end() ? now : known->second;
  }
  leftover_since_ = std::move(still);
}

std::vector<std::string> Applier::Commands(const Edge& edge, const SeenEdge& seen, Instant now) {
  std::set<std::string> expired;
  for (const auto& [name, since] : leftover_since_) {
    if (now - since >= drain_) expired.insert(name);
  }
  ServerCommands servers = PlanServers(PlaceServers(edge), seen.stat.servers, expired);
  NoteLeftovers(servers, now);
  std::vector<std::string> commands = std::move(servers.add);
  Append(commands, MapCommands(MapPath(kRoutesName), RouteEntries(edge), seen.routes));
  Append(commands, MapCommands(MapPath(kExactName), ExactEntries(edge), seen.exact));
  Append(commands, MapCommands(MapPath(kPrefixName), PrefixEntries(edge), seen.prefix));
  Append(commands, std::move(servers.remove));
  return commands;
}

Result<void> Applier::Run(const std::vector<std::string>& commands) const {
  if (!after_command_) {
    TRY_OK(runtime_.Ask(commands));
    return {};
  }
  for (const std::string& command : commands) {
    TRY_OK(runtime_.Ask({command}));
    after_command_();
  }
  return {};
}

Result<SeenEdge> Applier::Apply(const Edge& edge, Instant now) {
  TRY(SeenEdge seen, Look());
  for (int pass = 0; pass < kPassesMax; ++pass) {
    const std::vector<std::string> commands = Commands(edge, seen, now);
    if (commands.empty()) break;
    TRY_OK(Run(commands));
    TRY(seen, Look());
  }
  TRY_OK(CompareRoutes(RouteEntries(edge), seen.routes));
  TRY_OK(CompareServers(PlaceServers(edge), seen.stat));
  return seen;
}

}  // namespace tuesday::haproxy
