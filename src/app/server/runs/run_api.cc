// SPDX-License-Identifier: Apache-2.0
#include "app/server/runs/run_api.h"

#include <fmt/format.h>

#include <algorithm>
#include <fstream>

#include "app/server/oidc/oidc_api.h"
#include "core/workflow/progress/view.h"

namespace tuesday::server {
namespace {

using runs::RepositoryRecord;
using runs::RunSummary;

constexpr std::size_t kRunsShownMax = 200;
constexpr std::int64_t kLogPieceBytes = 256 << 10;
constexpr int kFollowSecondsDefault = 60;

Json RepositoryJson(const RepositoryRecord& record, const std::string& trouble, const oidc::RepositoryTokens& tokens) {
  Json::Array branches;
  for (const std::string& pattern : record.secret_branches) branches.emplace_back(pattern);
  return Json(Json::Object{{"name", record.name},
                           {"namespace", record.ns},
                           {"default_branch", record.default_branch},
                           {"secret_branches", Json(std::move(branches))},
                           {"follow", record.follow},
                           {"follow_seconds", record.follow_seconds},
                           {"trouble", trouble},
                           {"tokens", TokensJson(tokens)},
                           {"refs", static_cast<std::int64_t>(record.refs.size())},
                           {"created_at", WallText(record.created_at)},
                           {"created_by", record.created_by}});
}

Json WallJson(const std::optional<WallTime>& at) { return at.has_value() ? Json(WallText(*at)) : Json(); }

Json ObservationJson(const control::Hosting::Observation& seen) {
  Json::Array runs;
  Json::Array notices;
  for (const RunSummary& run : seen.runs) runs.push_back(SummaryJson(run));
  for (const std::string& notice : seen.notices) notices.emplace_back(notice);
  return Json(Json::Object{{"runs", Json(std::move(runs))}, {"notices", Json(std::move(notices))}});
}

template <typename T>
std::function<void(Result<T>)> Answer(const std::shared_ptr<http::Responder>& responder, std::function<Json(const T&)> json) {
  return [responder, json = std::move(json)](const Result<T>& result) {
    if (!result.has_value()) return SendError(*responder, result.error());
    SendJson(*responder, json(*result));
  };
}

std::function<void(Result<void>)> AnswerEmpty(const std::shared_ptr<http::Responder>& responder) {
  return [responder](const Result<void>& result) {
    if (!result.has_value()) return SendError(*responder, result.error());
    SendJson(*responder, Json(Json::Object{}));
  };
}

}  // namespace

Json SummaryJson(const RunSummary& summary) {
  return Json(Json::Object{{"id", summary.id},
                           {"attempt", summary.attempt},
                           {"repository", summary.repository},
                           {"namespace", summary.ns},
                           {"file", summary.file},
                           {"workflow", summary.title},
                           {"number", summary.number},
                           {"event", summary.event},
                           {"ref", summary.ref},
                           {"sha", summary.sha},
                           {"subject", summary.subject},
                           {"actor", summary.actor},
                           {"change", summary.change},
                           {"status", runs::StatusText(summary.status)},
                           {"result", workflow::ResultText(summary.result)},
                           {"reason", summary.reason},
                           {"created_at", WallText(summary.created_at)},
                           {"began_at", WallJson(summary.began_at)},
                           {"ended_at", WallJson(summary.ended_at)}});
}

RunApi::RunApi(RunHost& host, control::Executor& executor, const Clock& clock)
    : host_(host), executor_(executor), clock_(clock), watches_(host, executor, clock) {}

const RepositoryRecord* RunApi::FindRepository(const Call& call) const {
  const std::string name = call.parts.at("name");
  const RepositoryRecord* record = host_.hosting().Find(name);
  if (record != nullptr && record->ns == call.parts.at("ns")) return record;
  SendError(*call.responder,
            {ErrorCode::kNotFound, fmt::format("There is no repository {} in the namespace {}.", name, call.parts.at("ns")),
             "`tuesday repo list` shows those that are."});
  return nullptr;
}

const RunSummary* RunApi::FindRun(const Call& call) const {
  const std::string id = call.parts.at("id");
  const RunSummary* summary = host_.list().Find(id);
  if (summary != nullptr && summary->ns == call.parts.at("ns")) return summary;
  SendError(*call.responder,
            {ErrorCode::kNotFound, fmt::format("There is no run {} in the namespace {}.", id, call.parts.at("ns")),
             "`tuesday run list` shows those that are."});
  return nullptr;
}

void RunApi::ListRepositories(Call call) {
  const std::string ns = call.request.Query("namespace");
  Json::Array list;
  for (const RepositoryRecord& record : host_.hosting().List()) {
    if (ns.empty() || record.ns == ns)
      list.push_back(RepositoryJson(record, host_.hosting().TroubleOf(record.name), host_.tokens().Of(record)));
  }
  SendJson(*call.responder, Json(Json::Object{{"repositories", Json(std::move(list))}}));
}

void RunApi::CreateRepository(Call call) {
  RepositoryRecord wanted;
  wanted.name = call.body.At("name").StringOr("");
  wanted.ns = call.parts.at("ns");
  wanted.default_branch = call.body.At("default_branch").StringOr("main");
  wanted.follow = call.body.At("follow").StringOr("");
  wanted.follow_seconds =
      static_cast<int>(std::clamp<std::int64_t>(call.body.At("follow_seconds").IntOr(kFollowSecondsDefault), 0, 86'400));
  wanted.created_by = call.by;
  if (const Json::Array* patterns = call.body.At("secret_branches").as_array(); patterns != nullptr) {
    for (const Json& pattern : *patterns) wanted.secret_branches.push_back(pattern.StringOr(""));
  }
  host_.hosting().Create(std::move(wanted), [this, responder = call.responder](const Result<RepositoryRecord>& made) {
    if (!made.has_value()) return SendError(*responder, made.error());
    Json json = RepositoryJson(*made, "", host_.tokens().Of(*made));
    json.as_object()->emplace("folder", fmt::format("{}/{}.git", host_.RepositoriesFolder(), made->name));
    SendJson(*responder, json);
  });
}

void RunApi::RemoveRepository(Call call) {
  const RepositoryRecord* record = FindRepository(call);
  if (record == nullptr) return;
  const auto removed = [this, name = record->name, answer = AnswerEmpty(call.responder)](const Result<void>& result) {
    if (result.has_value()) host_.environments().Forget(name);
    answer(result);
  };
  host_.hosting().Remove(record->name, call.by, removed);
}

// A hook of git asks in the name of who pushes; nobody else speaks for others.
void RunApi::Observe(Call call) {
  const std::string by = call.caller.role == access::Role::kAdmin ? call.body.At("by").StringOr(call.by) : call.by;
  host_.hosting().Observe(call.parts.at("name"), by, Answer<control::Hosting::Observation>(call.responder, ObservationJson));
}

void RunApi::Dispatch(Call call) {
  const RepositoryRecord* record = FindRepository(call);
  if (record == nullptr) return;
  control::DispatchRequest request;
  request.file = call.body.At("workflow").StringOr("");
  request.ref = call.body.At("ref").StringOr("");
  request.by = call.by;
  if (const Json::Object* inputs = call.body.At("inputs").as_object(); inputs != nullptr) {
    for (const auto& [name, value] : *inputs) request.inputs[name] = value.StringOr("");
  }
  if (request.file.empty()) return SendError(*call.responder, {ErrorCode::kInvalid, "The body has no \"workflow\".", ""});
  host_.hosting().Dispatch(record->name, std::move(request), Answer<RunSummary>(call.responder, SummaryJson));
}

void RunApi::ListRuns(Call call) {
  const std::string ns = call.request.Query("namespace");
  const std::string repository = call.request.Query("repository");
  const std::string status = call.request.Query("status");
  Json::Array list;
  for (const RunSummary& summary : host_.list().List()) {
    if (!ns.empty() && summary.ns != ns) continue;
    if (!repository.empty() && summary.repository != repository) continue;
    if (!status.empty() && runs::StatusText(summary.status) != status && workflow::ResultText(summary.result) != status)
      continue;
    list.push_back(SummaryJson(summary));
    if (list.size() == kRunsShownMax) break;
  }
  SendJson(*call.responder, Json(Json::Object{{"runs", Json(std::move(list))}}));
}

void RunApi::GetRun(Call call) {
  const RunSummary* summary = FindRun(call);
  if (summary == nullptr) return;
  host_.list().Look(
      summary->id, [this, summary = *summary, responder = call.responder](const Result<control::RunList::Progress>& progress) {
        if (!progress.has_value()) return SendError(*responder, progress.error());
        Json json = SummaryJson(summary);
        Json::Object& object = *json.as_object();
        object["jobs"] = progress->state.has_value() ? workflow::JobsJson(progress->state->graph) : Json(Json::Array());
        Json::Array failed;
        if (progress->state.has_value()) {
          for (const workflow::OpenLog& log : workflow::FailedLogs(*progress->state))
            failed.emplace_back(Json::Object{{"leg", log.leg}, {"number", log.ordinal}});
        }
        object["failed"] = Json(std::move(failed));
        Json::Object waits;
        for (const auto& [leg, reasons] : host_.environments().WaitsOf(runs::RecordIdOf(summary)))
          waits[leg] = Json(Json::Array(reasons.begin(), reasons.end()));
        object["waits"] = Json(std::move(waits));
        Json::Array artifacts;
        for (const services::Artifact& artifact : host_.ArtifactsOf(summary.id)) {
          artifacts.emplace_back(Json::Object{{"name", artifact.name},
                                              {"bytes", static_cast<std::int64_t>(artifact.bytes)},
                                              {"digest", artifact.digest},
                                              {"path", host_.ContentPath(artifact)}});
        }
        object["artifacts"] = Json(std::move(artifacts));
        SendJson(*responder, json);
      });
}

void RunApi::WatchRun(Call call) {
  if (const RunSummary* summary = FindRun(call); summary != nullptr) watches_.Begin(*summary, call.responder);
}

// A piece of a log from an offset on: who follows asks again when told that there is more.
void RunApi::ReadLog(Call call) {
  const RunSummary* summary = FindRun(call);
  if (summary == nullptr) return;
  const std::string leg = call.request.Query("leg");
  const int number = std::atoi(call.request.Query("number").c_str());
  const std::int64_t offset = std::max<std::int64_t>(0, std::atoll(call.request.Query("offset").c_str()));
  const bool is_name = !leg.empty() && leg.find('/') == std::string::npos && number > 0;
  if (!is_name) return SendError(*call.responder, {ErrorCode::kInvalid, "Name a job and the number of its command.", ""});
  auto text = std::make_shared<std::string>();
  executor_.Run(
      "log " + summary->id + leg,
      [path = host_.LogPath(*summary, leg, number), offset, text] {
        std::ifstream in(path, std::ios::binary);
        in.seekg(offset);
        text->resize(kLogPieceBytes);
        in.read(text->data(), kLogPieceBytes);
        text->resize(static_cast<std::size_t>(std::max<std::streamsize>(0, in.gcount())));
      },
      [responder = call.responder, offset, text] {
        // Bytes that are no text go as they are: the log itself is on the disk.
        responder->Send({.status = 200,
                         .headers = {{"Content-Type", "text/plain; charset=utf-8"},
                                     {"Tuesday-Next-Offset", std::to_string(offset + static_cast<std::int64_t>(text->size()))}},
                         .body = std::move(*text)});
      });
}

void RunApi::CancelRun(Call call) {
  if (const RunSummary* summary = FindRun(call); summary != nullptr)
    host_.list().Cancel(summary->id, call.by, call.body.At("reason").StringOr(""), AnswerEmpty(call.responder));
}

void RunApi::RerunRun(Call call) {
  const RunSummary* summary = FindRun(call);
  if (summary == nullptr) return;
  const std::string mode = call.body.At("from").StringOr("begin");
  const auto resume = mode == "failed-step"   ? runs::ResumeMode::kFailedStep
                      : mode == "failed-jobs" ? runs::ResumeMode::kFailedJobs
                                              : runs::ResumeMode::kNothing;
  if (resume == runs::ResumeMode::kNothing && mode != "begin")
    return SendError(*call.responder, {ErrorCode::kInvalid, fmt::format("\"{}\" is no way to begin again.", mode),
                                       "\"from\" is begin, failed-jobs or failed-step."});
  host_.list().Rerun(summary->id, resume, call.by, Answer<RunSummary>(call.responder, SummaryJson));
}

void RunApi::ApproveRun(Call call) {
  if (const RunSummary* summary = FindRun(call); summary != nullptr)
    host_.list().Approve(summary->id, call.by, call.body.At("reason").StringOr(""), AnswerEmpty(call.responder));
}

}  // namespace tuesday::server
