// SPDX-License-Identifier: Apache-2.0
#include "app/server/runs/run_watch.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include "app/server/routes.h"
#include "app/server/runs/run_api.h"
#include "core/workflow/progress/view.h"

namespace tuesday::server {

using runs::RunStatus;
using runs::RunSummary;

struct RunWatches::Watcher {
  std::string id;
  std::shared_ptr<http::EventStream> stream;
  int attempt = 0;
  workflow::RunState before;
  bool ended = false;
  bool is_looking = false;  // At its logs, again and again.
  struct Log {
    workflow::OpenLog log;
    std::string path;
    off_t bytes = 0;
  };
  std::vector<Log> logs;  // Being written.
};

RunWatches::RunWatches(RunHost& host, control::Executor& executor, const Clock& clock)
    : host_(host), executor_(executor), clock_(clock), self_(std::make_shared<RunWatches*>(this)) {
  subscription_ = host_.list().Subscribe([this](const std::string& id) { Changed(id); });
}

RunWatches::~RunWatches() { *self_ = nullptr; }

void RunWatches::Begin(const RunSummary& summary, const std::shared_ptr<http::Responder>& responder) {
  if (watchers_.size() >= kRunWatchersMax) {
    return SendError(*responder, {ErrorCode::kLimit, fmt::format("{} clients are watching runs already.", kRunWatchersMax),
                                  "Try again when one has left."});
  }
  auto watcher = std::make_shared<Watcher>();
  watcher->id = summary.id;
  watcher->stream = responder->StartEvents();
  watchers_.push_back(watcher);
  watcher->stream->OnClosed([this, self = self_, weak = std::weak_ptr(watcher)] {
    if (*self == nullptr) return;
    std::erase_if(watchers_, [&](const auto& one) { return one == weak.lock(); });
  });
  Tell(watcher);
}

void RunWatches::Changed(const std::string& id) {
  const std::list<std::shared_ptr<Watcher>> all = watchers_;
  for (const std::shared_ptr<Watcher>& watcher : all) {
    if (watcher->id == id) Tell(watcher);
  }
}

void RunWatches::Tell(const std::shared_ptr<Watcher>& watcher) {
  const RunSummary* summary = host_.list().Find(watcher->id);
  if (watcher->ended || summary == nullptr) return;
  if (watcher->attempt != summary->attempt) {
    watcher->attempt = summary->attempt;
    watcher->before = {};
  }
  if (const workflow::RunState* state = host_.list().StateOf(watcher->id); state != nullptr) TellChanges(watcher, *state);
  if (summary->status == RunStatus::kDone) TellEnd(watcher);
}

void RunWatches::TellChanges(const std::shared_ptr<Watcher>& watcher, const workflow::RunState& now) {
  const RunSummary* summary = host_.list().Find(watcher->id);
  for (const workflow::Change& change : workflow::ChangesBetween(watcher->before, now)) {
    const workflow::OpenLog log{change.leg, change.ordinal};
    if (change.kind == workflow::ChangeKind::kStepEnded)
      std::erase_if(watcher->logs, [&](const Watcher::Log& one) { return one.log == log; });
    watcher->stream->Send({.id = "", .event = "change", .data = CanonicalJson(workflow::ChangeJson(change))});
    if (change.kind == workflow::ChangeKind::kStepBegan && change.ordinal > 0)
      watcher->logs.push_back({log, host_.LogPath(*summary, change.leg, change.ordinal)});
  }
  watcher->before = now;
  LookAtLogs(watcher);
}

// The size of a file says that there is news, and costs a microsecond: nothing is read here, whatever a step prints.
void RunWatches::LookAtLogs(const std::shared_ptr<Watcher>& watcher) {
  if (watcher->is_looking || watcher->logs.empty() || !watcher->stream->open()) return;
  for (Watcher::Log& log : watcher->logs) {
    struct stat facts{};
    if (::stat(log.path.c_str(), &facts) != 0 || facts.st_size == log.bytes) continue;
    log.bytes = facts.st_size;
    const Json json(Json::Object{{"kind", "log-grown"}, {"leg", log.log.leg}, {"number", log.log.ordinal}});
    watcher->stream->Send({.id = "", .event = "log", .data = CanonicalJson(json)});
  }
  watcher->is_looking = true;
  executor_.At(clock_.Now() + kLogInterval, [this, self = self_, weak = std::weak_ptr(watcher)] {
    const std::shared_ptr<Watcher> alive = weak.lock();
    if (*self == nullptr || alive == nullptr) return;
    alive->is_looking = false;
    LookAtLogs(alive);
  });
}

// What was missed is read from the store: a run may have ended before anybody watched.
void RunWatches::TellEnd(const std::shared_ptr<Watcher>& watcher) {
  watcher->ended = true;
  host_.list().Look(watcher->id, [this, self = self_, watcher](const Result<control::RunList::Progress>& progress) {
    if (*self == nullptr) return;
    if (progress.has_value() && progress->state.has_value()) TellChanges(watcher, *progress->state);
    Json json = Json(Json::Object{{"kind", "ended"}});
    if (const RunSummary* summary = host_.list().Find(watcher->id); summary != nullptr)
      (*json.as_object())["run"] = SummaryJson(*summary);
    watcher->stream->Send({.id = "", .event = "ended", .data = CanonicalJson(json)});
    watcher->stream->Close();
  });
}

}  // namespace tuesday::server
