// SPDX-License-Identifier: Apache-2.0
#include "app/cli/workflow/local/local_run.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <thread>

#include "adapters/clock/system_clock.h"
#include "adapters/files/file_tail.h"
#include "adapters/files/files.h"
#include "adapters/http/loop.h"
#include "adapters/http/worker_pool.h"
#include "adapters/sandbox/sandbox_places.h"
#include "adapters/sqlite/sqlite_store.h"
#include "adapters/supervise/spawn.h"
#include "app/cli/client/session.h"
#include "app/cli/workflow/local/stop_signals.h"
#include "app/cli/workflow/shell/shell_offer.h"
#include "app/cli/workflow/shell/shell_order.h"
#include "app/server/executor.h"
#include "app/services/run_services.h"
#include "control/runs/run_rows.h"
#include "control/runs/run_spec.h"
#include "control/runs/runs.h"

namespace tuesday::cli {
namespace {

using workflow::Change;
using workflow::ChangeKind;
using workflow::ChangesBetween;

constexpr http::PoolLimits kWork{.threads = 4};
constexpr http::PoolLimits kLooks{.threads = 32};  // Jobs of one run that are waited for at once.

std::string LogName(const std::string& leg, int ordinal) { return fmt::format("{} {}", leg, ordinal); }

}  // namespace

std::string LocalRunsFolder(const Globals& globals) { return StateDirOf(globals) + "/local"; }

struct LocalRun::Impl {
  std::string folder;
  std::map<std::string, std::string> secrets;
  SystemClock clock;
  std::unique_ptr<sqlite::SqliteStore> store;
  std::unique_ptr<sandbox::SandboxPlaces> places;
  actions::KnownActions known;
  bool offers_shell = false;
};

LocalRun::LocalRun(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
LocalRun::~LocalRun() = default;

Result<std::unique_ptr<LocalRun>> LocalRun::Open(const std::string& folder, std::map<std::string, std::string> secrets,
                                                 actions::KnownActions known) {
  auto impl = std::make_unique<Impl>();
  impl->folder = folder;
  impl->secrets = std::move(secrets);
  TRY_OK(files::MakeFolders(folder, 0700));
  TRY(impl->store, sqlite::SqliteStore::Open(folder));
  // Without power there are no places to go on with either.
  TRY_OK(impl->store->SurviveOnlyProcesses());
  impl->places = std::make_unique<sandbox::SandboxPlaces>(sandbox::SandboxPlaces::Settings{
      .state_folder = folder, .supervise_argv = {supervise::OwnProgram(), "supervise", "place"}});
  impl->known = std::move(known);
  return std::unique_ptr<LocalRun>(new LocalRun(std::move(impl)));
}

void LocalRun::OfferShell() { impl_->offers_shell = true; }

namespace {

// Commits on the loop's own thread. They wait for no disk here, so that the way to another thread and back would take longer.
class StoreHere : public control::Executor {
 public:
  StoreHere(control::Executor& others, http::Loop& loop) : others_(others), loop_(loop) {}

  void Run(std::string lane, std::function<void()> blocking_work, std::function<void()> then) override {
    if (lane != control::kStoreLane) return others_.Run(std::move(lane), std::move(blocking_work), std::move(then));
    blocking_work();
    loop_.Post(std::move(then));
  }
  void At(Instant when, std::function<void()> call) override { others_.At(when, std::move(call)); }

 private:
  control::Executor& others_;
  http::Loop& loop_;
};

// What is told and followed while the run goes on; on the loop's thread but for the lines.
class Teller {
 public:
  Teller(RunWatcher& watcher, files::FileTail& tail, workflow::RunState before,
         std::function<std::string(const std::string&, int)> log_path)
      : watcher_(watcher), tail_(tail), log_path_(std::move(log_path)), before_(std::move(before)) {}

  void Tell(const workflow::RunState& now) {
    for (const Change& change : ChangesBetween(before_, now)) {
      const std::string log = change.ordinal > 0 ? LogName(change.leg, change.ordinal) : "";
      // The log's last lines come before the word that the step has ended.
      if (change.kind == ChangeKind::kStepEnded && !log.empty()) tail_.Finish(log);
      watcher_.Told(change);
      if (change.kind == ChangeKind::kStepBegan && !log.empty()) tail_.Follow(log, log_path_(change.leg, change.ordinal));
    }
    before_ = now;
  }

 private:
  RunWatcher& watcher_;
  files::FileTail& tail_;
  std::function<std::string(const std::string&, int)> log_path_;
  workflow::RunState before_;
};

}  // namespace

Result<std::optional<LocalRun::Attempt>> LocalRun::LastAttempt() const {
  TRY(const std::vector<Row> rows, impl_->store->List(runs::kRunTable, ""));
  std::optional<Attempt> last;
  for (const Row& row : rows) {
    if (!row.key.ends_with("/record")) continue;
    TRY(runs::RunRecord record, runs::DecodeRecord(row.value));
    if (!last.has_value() || last->record.attempt < record.attempt) last = Attempt{std::move(record), {}};
  }
  if (!last.has_value()) return last;
  TRY(runs::StoredState stored, control::ReadState(*impl_->store, last->record.id));
  last->state = std::move(stored.state);
  return last;
}

Result<std::optional<runs::RunRecord>> LocalRun::Unfinished() const {
  TRY(const std::optional<Attempt> last, LastAttempt());
  if (!last.has_value() || last->state.phase == workflow::RunPhase::kDone) return std::optional<runs::RunRecord>();
  return std::optional(last->record);
}

Result<workflow::RunState> LocalRun::Resume(const Attempt& ended, workflow::ResumeFrom from, RunWatcher& watcher) {
  runs::RunRecord record = ended.record;
  const std::string first = record.id.substr(0, record.id.find('.'));
  record.attempt = ended.record.attempt + 1;
  record.id = fmt::format("{}.{}", first, record.attempt);
  const workflow::RunState state = workflow::Resume(ended.state, from);
  record.continues.clear();
  for (const std::string& leg : workflow::ContinuedLegs(state))
    record.continues[leg] = control::PlaceOf(ended.record, leg).str();
  return Play(record, watcher, From::kBegin, state);
}

Result<workflow::RunState> LocalRun::Run(const runs::RunRecord& record, RunWatcher& watcher) {
  return Play(record, watcher, From::kBegin);
}

Result<workflow::RunState> LocalRun::Continue(const runs::RunRecord& record, RunWatcher& watcher) {
  return Play(record, watcher, From::kStored);
}

Result<workflow::RunState> LocalRun::Play(const runs::RunRecord& given, RunWatcher& given_watcher, From from,
                                          workflow::RunState state) {
  StopSignals signals;  // Before any thread, so that all of them leave the signals to it.
  runs::RunRecord record = given;
  std::unique_ptr<files::FileTail> tail;
  std::optional<ShellOffer> offer;
  if (impl_->offers_shell) {
    const std::string folder = impl_->folder + "/shell";
    TRY_OK(MakeShellFolder(folder));
    // A run that is gone on with may have it already.
    std::erase_if(record.mounts, [](const runs::ReadMount& mount) { return mount.inside == kShellFolderInside; });
    record.mounts.push_back({folder, std::string(kShellFolderInside)});
    offer.emplace(*impl_->places, given_watcher, record, folder,
                  [&tail](const std::string& leg, int ordinal) { tail->Finish(LogName(leg, ordinal)); });
  }
  RunWatcher& watcher = offer ? offer->watcher() : given_watcher;
  // Before the threads that look at places, which may flush it.
  TRY(tail, files::FileTail::Start([&](const std::string& name, std::string_view line) {
        const std::size_t space = name.rfind(' ');
        watcher.Logged(name.substr(0, space), std::atoi(name.c_str() + space + 1), line);
      }));
  TRY(const auto services, services::RunServices::Start(impl_->folder, record, impl_->clock));
  http::Loop loop;
  http::WorkerPool pool(loop, kWork);
  http::WorkerPool looks(loop, kLooks);
  server::PoolExecutor pools(loop, pool, impl_->clock);
  pools.SendLanesTo(control::kLookLanePrefix, looks);
  StoreHere executor(pools, loop);
  Teller teller(watcher, *tail, state, [&](const std::string& leg, int ordinal) {
    return impl_->places->LogPath(control::PlaceOf(record, leg), ordinal);
  });
  Result<workflow::RunState> end = Fail(ErrorCode::kUnavailable, "The run was left before its end.");
  control::Runs runs({.clock = impl_->clock,
                      .executor = executor,
                      .store = *impl_->store,
                      .places = offer ? offer->places() : *impl_->places,
                      .actions = impl_->known,
                      .secrets =
                          [this](const auto&) {
                            std::vector<std::pair<std::string, expression::Value>> values(impl_->secrets.begin(),
                                                                                          impl_->secrets.end());
                            return expression::Value::Object(std::move(values));
                          },
                      .services = [&](const auto&, const std::string& leg) { return services->Of(leg); }},
                     [&](const std::string& id) {
                       teller.Tell(*runs.Find(id));
                       if (runs.Find(id)->phase != workflow::RunPhase::kDone) return;
                       end = *runs.Find(id);
                       loop.Stop();
                     });
  signals.Watch([&](int count) {
    if (offer) offer->GiveUp();
    loop.Post([&, count] {
      if (count > 1) return loop.Stop();
      if (!runs.Cancel(record.id, "", "it was interrupted").has_value()) loop.Stop();
    });
  });
  if (from == From::kStored) {
    TRY_OK(runs.Load());
  } else {
    runs.Begin(
        record,
        [&](Result<void> begun) {
          if (begun.has_value()) return;
          end = std::unexpected(begun.error());
          loop.Stop();
        },
        std::move(state));
  }
  loop.Run();
  if (end.has_value() && end->result == workflow::RunResult::kSuccess) {
    for (const PlaceId& place : impl_->places->Known()) static_cast<void>(impl_->places->DropFiles(place));
  }
  return end;
}

std::vector<services::Artifact> LocalRun::ArtifactsOf(const runs::RunRecord& record) const {
  return services::Artifacts(services::RunServices::ArtifactsFolder(impl_->folder), {})
      .List(services::RunServices::RunOf(record));
}

std::string LocalRun::ContentPath(const services::Artifact& artifact) const {
  return services::Artifacts(services::RunServices::ArtifactsFolder(impl_->folder), {}).ContentPath(artifact.run, artifact.id);
}

std::string LocalRun::WorkspaceOf(const runs::RunRecord& record, const std::string& leg) const {
  if (!record.workspace_host.empty()) return record.workspace_host;
  return impl_->places->WorkspacePath(control::PlaceOf(record, leg));
}

}  // namespace tuesday::cli
