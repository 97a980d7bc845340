// SPDX-License-Identifier: Apache-2.0
// What instances write, and the way into one. Blocking reads run on the pool.
#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "app/server/api.h"
#include "base/time.h"
#include "wire/journal/text.h"

namespace tuesday::server {
namespace {

constexpr std::size_t kInstancesFollowedMax = 100;
constexpr int kTailMax = 100'000;

// An instance that is asked for, and what a person calls its revision.
struct Wanted {
  InstanceId id;
  RevisionId revision;
  int number = 0;
  std::string role;
};

std::string RoleOf(const control::RolloutView& view, const RevisionId& revision) {
  if (view.status.stable == revision) return "stable";
  return view.status.attempt && view.status.attempt->revision == revision ? "canary" : "";
}

int NumberOf(const control::RolloutView& view, const RevisionId& revision) {
  const auto found = std::ranges::find(view.status.revisions, revision, &rollout::RevisionState::id);
  return found == view.status.revisions.end() ? 0 : found->number;
}

// The revision that `side` or `revision` means; nothing: all that run.
Result<std::optional<RevisionId>> RevisionAsked(const control::RolloutView& view, const http::HttpRequest& request) {
  const std::string side = request.Query("side");
  const std::string number = request.Query("revision");
  const std::string name = view.name.name;
  if (side == "stable") {
    if (!view.status.stable) return Fail(ErrorCode::kNotFound, name + " has no stable version yet.");
    return std::optional(*view.status.stable);
  }
  if (side == "canary") {
    const std::optional<rollout::Attempt>& attempt = view.status.attempt;
    if (attempt && view.status.stable != attempt->revision) return std::optional(attempt->revision);
    return Fail(ErrorCode::kNotFound, name + " has no canary now.",
                "`tuesday rollout history " + name + "` lists revisions for --revision N.");
  }
  if (number.empty()) return std::optional<RevisionId>();
  for (const rollout::RevisionState& revision : view.status.revisions) {
    if (std::to_string(revision.number) == number) return std::optional(revision.id);
  }
  // An attempt that was given up long ago: its revision may be forgotten, its last lines not.
  for (const state::AttemptRecord& record : view.attempts) {
    if (std::to_string(record.revision_number) == number) return std::optional(record.attempt.revision);
  }
  return Fail(ErrorCode::kNotFound, fmt::format("{} has no revision {}.", name, number),
              "`tuesday rollout history " + name + "` lists them.");
}

// Instances that run, and, of a revision that is named, those that are gone.
Result<std::vector<Wanted>> InstancesAsked(const control::RolloutView& view, const http::HttpRequest& request) {
  TRY(const std::optional<RevisionId> revision, RevisionAsked(view, request));
  const std::string instance = request.Query("instance");
  std::vector<Wanted> wanted;
  for (const InstanceState& seen : view.instances) {
    const bool fits = (!revision || seen.revision == *revision) && (instance.empty() || seen.id.str() == instance);
    if (fits) wanted.push_back({seen.id, seen.revision, NumberOf(view, seen.revision), RoleOf(view, seen.revision)});
  }
  if (wanted.empty() && revision) {
    for (int ordinal = 0; ordinal < view.spec.replicas; ++ordinal) {
      wanted.push_back(
          {InstanceIdOf(view.name, view.spec.uid, *revision, ordinal), *revision, NumberOf(view, *revision), "gone"});
    }
  }
  if (wanted.empty() && !instance.empty()) wanted.push_back({InstanceId(instance), RevisionId(), 0, "gone"});
  if (wanted.size() > kInstancesFollowedMax) {
    return Fail(ErrorCode::kLimit,
                fmt::format("{} instances are too many at once; {} are the most.", wanted.size(), kInstancesFollowedMax),
                "Name one: --instance, --canary, --stable, --revision.");
  }
  return wanted;
}

// "ID=CURSOR,ID=CURSOR"
std::map<std::string, std::string> CursorsOf(const std::string& text) {
  std::map<std::string, std::string> cursors;
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t end = std::min(text.find(',', begin), text.size());
    const std::string item = text.substr(begin, end - begin);
    const std::size_t equals = item.find('=');
    if (equals != std::string::npos) cursors[item.substr(0, equals)] = item.substr(equals + 1);
    begin = end + 1;
  }
  return cursors;
}

Result<OutputAsk> AskOf(const http::HttpRequest& request) {
  OutputAsk ask;
  if (const std::string tail = request.Query("tail"); !tail.empty()) {
    int lines = 0;
    const auto read = std::from_chars(tail.data(), tail.data() + tail.size(), lines);
    if (read.ec != std::errc() || read.ptr != tail.data() + tail.size() || lines < 0 || lines > kTailMax) {
      return Fail(ErrorCode::kInvalid, fmt::format("\"{}\" is no number of lines from 0 to {}.", tail, kTailMax));
    }
    ask.tail = lines;
  }
  if (const std::string since = request.Query("since"); !since.empty()) {
    TRY(ask.since, ParseWall(since));
  }
  return ask;
}

Json ChunkJson(const Wanted& wanted, const OutputChunk& chunk) {
  Json::Array lines;
  for (const std::string& line : chunk.lines) lines.emplace_back(journal::MendUtf8(line));
  return Json(Json::Object{{"instance", wanted.id.str()},
                           {"revision", wanted.revision.str()},
                           {"number", wanted.number},
                           {"role", wanted.role},
                           {"cursor", chunk.cursor},
                           {"cut", chunk.cut},
                           {"more", chunk.more},
                           {"lines", std::move(lines)}});
}

}  // namespace

void Api::Logs(Call call) {
  const Result<control::RolloutView> view = parts_.fleet.Get({Namespace(call.parts.at("ns")), call.parts.at("name")});
  if (!view.has_value()) return SendError(*call.responder, view.error());
  Result<std::vector<Wanted>> wanted = InstancesAsked(*view, call.request);
  if (!wanted.has_value()) return SendError(*call.responder, wanted.error());
  const Result<OutputAsk> ask = AskOf(call.request);
  if (!ask.has_value()) return SendError(*call.responder, ask.error());
  auto read = [&output = parts_.output, wanted = *std::move(wanted), ask = *ask,
               cursors = CursorsOf(call.request.Query("after"))]() -> Result<Json> {
    Json::Array instances;
    std::optional<Error> first;
    for (const Wanted& one : wanted) {
      OutputAsk its = ask;
      if (const auto cursor = cursors.find(one.id.str()); cursor != cursors.end()) its.cursor = cursor->second;
      const Result<OutputChunk> chunk = output.ReadOutput(one.id, its);
      if (chunk.has_value()) {
        instances.push_back(ChunkJson(one, *chunk));
      } else if (!first) {
        first = chunk.error();
      }
    }
    if (instances.empty() && first) return std::unexpected(*first);
    return Json(Json::Object{{"instances", std::move(instances)}});
  };
  auto answer = std::make_shared<Result<Json>>(Json());
  parts_.executor.Run(
      "logs", [answer, read = std::move(read)] { *answer = read(); },
      [answer, responder = call.responder] {
        if (!answer->has_value()) return SendError(*responder, answer->error());
        SendJson(*responder, **answer);
      });
}

// Answers what the caller needs to become the command itself; that it was asked for is in the journal before it is answered.
void Api::Exec(Call call) {
  const RolloutName name{Namespace(call.parts.at("ns")), call.parts.at("name")};
  const Result<control::RolloutView> view = parts_.fleet.Get(name);
  if (!view.has_value()) return SendError(*call.responder, view.error());
  const std::string command = call.body.At("command").StringOr("");
  if (command.empty()) return SendError(*call.responder, {ErrorCode::kInvalid, "The body has no \"command\".", ""});
  const Result<std::vector<Wanted>> wanted = InstancesAsked(*view, call.request);
  if (!wanted.has_value()) return SendError(*call.responder, wanted.error());
  const auto runs = [&](const Wanted& one) {
    const auto seen = std::ranges::find(view->instances, one.id, &InstanceState::id);
    return seen != view->instances.end() && seen->phase == InstancePhase::kRunning;
  };
  const auto found = std::ranges::find_if(*wanted, runs);
  if (found == wanted->end()) {
    return SendError(*call.responder, {ErrorCode::kConflict, "No instance that was asked for runs now.",
                                       "`tuesday rollout get " + name.name + "` lists them."});
  }
  NewEntry entry;
  entry.at = parts_.join.ToWall(parts_.clock.Now());
  entry.object = {name.ns, "Rollout", name.name};
  entry.entry = {"instance.exec",
                 call.by + " runs `" + journal::MendUtf8(command) + "` in " + found->id.str() + ".",
                 {{"by", call.by}, {"command", journal::MendUtf8(command)}, {"instance", found->id.str()}}};
  auto answer = std::make_shared<Result<InstanceRoom>>(InstanceRoom());
  parts_.executor.Run(
      "store",
      [answer, &output = parts_.output, &store = parts_.store, id = found->id, entry = std::move(entry)] {
        *answer = output.RoomOf(id);
        if (!answer->has_value()) return;
        Transaction transaction;
        transaction.entries.push_back(entry);
        const Result<void> written = store.Commit(transaction);
        if (!written.has_value()) *answer = std::unexpected(written.error());
      },
      [answer, id = found->id, responder = call.responder] {
        if (!answer->has_value()) return SendError(*responder, answer->error());
        Json::Object environment;
        for (const auto& [key, value] : (*answer)->environment) environment.insert_or_assign(key, Json(value));
        Json::Array groups;
        for (const std::string& group : (*answer)->groups) groups.emplace_back(group);
        const Json::Array enter((*answer)->enter.begin(), (*answer)->enter.end());
        SendJson(*responder, Json(Json::Object{{"instance", id.str()},
                                               {"enter", enter},
                                               {"environment", std::move(environment)},
                                               {"working_folder", (*answer)->working_folder},
                                               {"user", (*answer)->user},
                                               {"groups", std::move(groups)}}));
      });
}

}  // namespace tuesday::server
