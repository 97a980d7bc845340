// SPDX-License-Identifier: Apache-2.0
#include "app/server/daemon/daemon.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <malloc.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <memory>

#include "adapters/clock/system_clock.h"
#include "adapters/files/files.h"
#include "adapters/files/folder_blob_store.h"
#include "adapters/haproxy/feed.h"
#include "adapters/haproxy/router.h"
#include "adapters/http/curl_web.h"
#include "adapters/http/loop.h"
#include "adapters/http/server.h"
#include "adapters/http/worker_pool.h"
#include "adapters/process/artifacts/artifact_folder.h"
#include "adapters/process/containers/engine_images.h"
#include "adapters/process/jobs/process_jobs.h"
#include "adapters/process/process_workloads.h"
#include "adapters/seal/sealed_store.h"
#include "adapters/sqlite/lock_file.h"
#include "adapters/sqlite/sqlite_store.h"
#include "app/backup/restore.h"
#include "app/server/api.h"
#include "app/server/daemon/disk_watch.h"
#include "app/server/daemon/log.h"
#include "app/server/daemon/metrics_keeper.h"
#include "app/server/daemon/own_metrics.h"
#include "app/server/daemon/signal_thread.h"
#include "app/server/door.h"
#include "app/server/executor.h"
#include "app/server/listeners.h"
#include "app/server/retention/artifact_retention.h"
#include "app/server/retention/retention.h"
#include "app/server/runs/run_host.h"
#include "control/analyses/runner.h"
#include "control/ask/live_asker.h"
#include "control/clock_join.h"
#include "control/fleet.h"
#include "control/gate/rule_judge.h"
#include "control/metrics/recorder.h"
#include "control/metrics/roles.h"
#include "core/metrics/store.h"

namespace tuesday::server {
namespace {

constexpr int kAskThreads = 4;                                   // Questions of analyses to others: each waits for somebody.
constexpr int kLookThreads = 64;                                 // Jobs of workflows that are waited for at once.
constexpr int kRunThreads = 6;                                   // What jobs and git ask of the disk and of programs.
constexpr int kArenasMax = 2;                                    // Each worker's own would keep what it once needed.
constexpr Duration kLatenessInterval = std::chrono::seconds(1);  // How often the loop's lateness is looked at.

Result<std::vector<haproxy::Listener>> ListenersOf(const DaemonOptions& options) {
  std::vector<haproxy::Listener> listeners;
  for (const auto& [text, kind] : {std::pair(options.config.edge_listen, haproxy::ListenerKind::kHttp),
                                   {options.config.edge_tls_listen, haproxy::ListenerKind::kTls}}) {
    if (text.empty()) continue;
    TRY(const HostPort at, ParseHostPort(text));
    listeners.push_back({.host = at.host, .port = static_cast<std::uint16_t>(at.port), .kind = kind});
  }
  return listeners;
}

// Everything that lives while the daemon runs. Members are destroyed from the last to the first.
class Daemon {
 public:
  explicit Daemon(const DaemonOptions& options) : options_(options) {}
  ~Daemon() {
    if (feed_ != nullptr) feed_->Stop();
    web_.EndAll();
    // What they still do needs the rest of us.
    look_pool_.reset();
    run_pool_.reset();
  }

  Result<void> Open();
  Result<void> Run();

 private:
  Result<void> OpenStores();
  Result<void> OpenEdge();
  void BuildFleet();
  void BuildRuns();
  Result<void> Listen();
  void ReadConfigAgain();
  Json ConfigJson() const;
  std::shared_ptr<const metrics::Source> ViewOf(const RolloutName& name) const;
  std::optional<std::string> DigestOf(const std::string& image) const;
  void WatchLoop();

  DaemonOptions options_;
  SystemClock clock_;
  ClockJoin join_;
  http::Loop loop_;
  std::unique_ptr<SignalThread> signals_;
  std::unique_ptr<sqlite::SqliteStore> database_;
  std::unique_ptr<seal::SealedStore> store_;
  std::string revision_key_;
  std::unique_ptr<files::FolderBlobStore> blobs_;
  std::unique_ptr<process::ArtifactFolder> artifacts_;
  std::unique_ptr<process::ProcessWorkloads> workloads_;
  std::unique_ptr<process::EngineImages> images_;  // None: images that nobody bound are refused.
  std::unique_ptr<haproxy::HaproxyRouter> router_;
  std::unique_ptr<haproxy::HaproxyFeed> feed_;
  metrics::SeriesStore series_;
  MetricsKeeper kept_metrics_{loop_, clock_};
  DiskWatch disk_{options_.state_folder, loop_, clock_};
  http::CurlWeb web_;
  std::unique_ptr<process::ProcessJobs> jobs_;
  std::unique_ptr<http::WorkerPool> pool_;
  std::unique_ptr<http::WorkerPool> ask_pool_;
  std::unique_ptr<http::WorkerPool> look_pool_;
  std::unique_ptr<http::WorkerPool> run_pool_;
  std::unique_ptr<PoolExecutor> executor_;
  std::unique_ptr<control::Recorder> recorder_;
  std::unique_ptr<control::LiveAsker> asker_;
  std::unique_ptr<control::LiveAnalyses> analyses_;
  std::unique_ptr<control::RuleJudge> judge_;
  std::unique_ptr<control::Fleet> fleet_;
  std::unique_ptr<Retention> retention_;
  std::unique_ptr<ArtifactRetention> artifact_retention_;
  std::unique_ptr<RunHost> runs_;
  std::unique_ptr<Door> door_;
  std::unique_ptr<Api> api_;
  std::unique_ptr<Listeners> listeners_;
  Duration loop_lateness_{};
  WallTime configured_at_{};
  std::string config_trouble_;                // Why the file was not taken when it was last read.
  std::vector<std::string> waits_for_start_;  // Keys that differ from what runs.
};

Result<void> Daemon::Open() {
  mallopt(M_ARENA_MAX, kArenasMax);
  signals_ = std::make_unique<SignalThread>(loop_, [this] { ReadConfigAgain(); });
  TRY_OK(files::MakeFolders(options_.state_folder, 0751));
  TRY_OK(OpenStores());
  TRY_OK(kept_metrics_.Open(options_.state_folder + "/metrics", static_cast<std::uint64_t>(options_.config.metrics_bytes_max),
                            series_));
  TRY_OK(OpenEdge());
  BuildFleet();
  TRY_OK(door_->Load());
  return Listen();
}

Result<void> Daemon::OpenStores() {
  {
    // One that was interrupted is ended, one that is under way refuses us.
    const std::string path = options_.state_folder + "/" + sqlite::kLockFile;
    TRY(const sqlite::LockFile lock, sqlite::LockFile::Take(path));
    TRY_OK(backup::FinishRestore(options_.state_folder));
  }
  TRY(database_, sqlite::SqliteStore::Open(options_.state_folder));
  // After the database's lock: two daemons never make a key at once.
  TRY(const seal::Sealer sealer, seal::Sealer::OpenOrMake(options_.state_folder + "/" + std::string(seal::kKeyFileName)));
  revision_key_ = sealer.RevisionKey();
  store_ = std::make_unique<seal::SealedStore>(*database_, sealer);
  TRY_OK(store_->SealOldRows());
  // The same join as before a restart: a jump of the wall clock in between moves no sample.
  TRY(join_, control::JoinOfThisBoot(*store_, clock_));
  blobs_ = std::make_unique<files::FolderBlobStore>(options_.state_folder + "/blobs");
  artifacts_ = std::make_unique<process::ArtifactFolder>(options_.state_folder + "/blobs");
  process::ProcessWorkloads::Settings settings;
  settings.state_folder = options_.state_folder;
  settings.supervise_argv = {options_.program, "supervise", "instance"};
  if (!options_.config.containers_socket.empty()) {
    // Not looked for: an engine that is away now may come back.
    settings.engine_socket = options_.config.containers_socket;
    settings.logins_file = options_.config.containers_logins;
    images_ = std::make_unique<process::EngineImages>(settings.engine_socket, settings.logins_file);
  }
  workloads_ = std::make_unique<process::ProcessWorkloads>(std::move(settings), *artifacts_);
  return {};
}

Result<void> Daemon::OpenEdge() {
  TRY(std::vector<haproxy::Listener> listeners, ListenersOf(options_));
  haproxy::RouterOptions options;
  options.folder = options_.state_folder + "/edge";
  options.listeners = std::move(listeners);
  options.log_socket = options_.state_folder + "/edge/log.sock";
  options.supervisor_argv = {options_.program, "supervise", "edge", options.folder};
  TRY_OK(files::MakeFolders(options.folder, 0751));
  router_ = std::make_unique<haproxy::HaproxyRouter>(options);
  TRY(feed_, haproxy::HaproxyFeed::Listen(options.log_socket, [this] { return router_->Failed(); }));
  return router_->Open();
}

// Workflows wait for nothing that a rollout waits for: they have threads of their own.
void Daemon::BuildRuns() {
  look_pool_ = std::make_unique<http::WorkerPool>(loop_, http::PoolLimits{.threads = kLookThreads});
  run_pool_ = std::make_unique<http::WorkerPool>(loop_, http::PoolLimits{.threads = kRunThreads});
  executor_->SendLanesTo(control::kLookLanePrefix, *look_pool_);
  for (const char* lanes : {"job ", "run ", "git ", "backend ", "log ", "images"}) executor_->SendLanesTo(lanes, *run_pool_);
  runs_ = std::make_unique<RunHost>(RunHostParts{.state_folder = options_.state_folder,
                                                 .program = options_.program,
                                                 .store = *store_,
                                                 .executor = *executor_,
                                                 .clock = clock_,
                                                 .post = [this](std::function<void()> call) { loop_.Post(std::move(call)); },
                                                 .objects = [this](const Namespace& ns) { return fleet_->Objects(ns); }});
  runs_->SetJobsAtOnce(options_.config.jobs_at_once_max);
}

void Daemon::BuildFleet() {
  pool_ = std::make_unique<http::WorkerPool>(loop_, http::PoolLimits{},
                                             [](const std::string& lane) { spdlog::warn("lane {} is late", lane); });
  executor_ = std::make_unique<PoolExecutor>(loop_, *pool_, clock_);
  control::RecorderSettings recording;
  recording.retention = options_.config.metrics_retention;
  recording.later = [this](std::function<void()> call) { loop_.Post(std::move(call)); };
  recorder_ = std::make_unique<control::Recorder>(
      series_, join_, [this](metrics::SampleBatch batch) { kept_metrics_.Persist(*executor_, std::move(batch)); }, recording);
  recorder_->Resume();
  ask_pool_ = std::make_unique<http::WorkerPool>(loop_, http::PoolLimits{.threads = kAskThreads});
  executor_->SendLanesTo(control::kAskLanePrefix, *ask_pool_);
  process::ProcessJobs::Settings job_settings;
  job_settings.state_folder = options_.state_folder;
  job_settings.supervise_argv = {options_.program, "supervise", "job"};
  jobs_ = std::make_unique<process::ProcessJobs>(std::move(job_settings), *artifacts_);
  asker_ = std::make_unique<control::LiveAsker>(
      control::AskerParts{clock_, *executor_, web_, *jobs_, [this](Instant at) { return join_.ToWall(at); }});
  analyses_ = std::make_unique<control::LiveAnalyses>(control::AnalysisParts{
      .clock = clock_,
      .executor = *executor_,
      .view = [this](const RolloutName& name) { return ViewOf(name); },
      .wall = [this](Instant at) { return join_.ToWall(at); },
      .changed = [this](const RolloutName& name, std::vector<audit::Entry> entries) { fleet_->Tell(name, std::move(entries)); },
      .asker = *asker_,
      .digest_of = [this](const std::string& image) { return DigestOf(image); }});
  judge_ = std::make_unique<control::RuleJudge>(
      control::JudgeParts{.store = series_,
                          .recorder = *recorder_,
                          .analyses = analyses_.get(),
                          .executor = *executor_,
                          .join = join_,
                          .changed = [this](const RolloutName& name) { fleet_->Tell(name, {}); }});
  control::FleetSettings settings;
  settings.revision_key = revision_key_;
  settings.url_base = "http://" + options_.config.edge_listen;
  fleet_ =
      std::make_unique<control::Fleet>(control::Ports{*store_, *workloads_, *router_, *blobs_, *artifacts_, clock_, *executor_,
                                                      judge_.get(), analyses_.get(), recorder_.get(), images_.get()},
                                       settings);
  retention_ = std::make_unique<Retention>(Archive{*database_, *store_, *blobs_}, *fleet_, *executor_, clock_);
  artifact_retention_ = std::make_unique<ArtifactRetention>(
      *fleet_, *executor_, clock_, [this] { return analyses_->ArtifactsUnderWay(); }, [this] { disk_.Look(); });
  BuildRuns();
  door_ = std::make_unique<Door>(DoorParts{*store_, *executor_, clock_, geteuid()});
  api_ = std::make_unique<Api>(ApiParts{.fleet = *fleet_,
                                        .door = *door_,
                                        .store = *store_,
                                        .output = *workloads_,
                                        .executor = *executor_,
                                        .clock = clock_,
                                        .join = join_,
                                        .snapshot = [this] { return series_.Snapshot(); },
                                        .disk = [this] { return disk_.Describe(); },
                                        .configuration = [this] { return ConfigJson(); },
                                        .own_metrics =
                                            [this] {
                                              return OwnMetricsText({.health = fleet_->GetHealth(),
                                                                     .series = series_.stats(),
                                                                     .slow_tasks = loop_.slow_tasks(),
                                                                     .longest_task = loop_.longest_task(),
                                                                     .waiting_jobs = pool_->counters().waiting,
                                                                     .loop_lateness = loop_lateness_,
                                                                     .disk = disk_.use(),
                                                                     .refused = door_->refused(),
                                                                     .listeners = listeners_->counters(),
                                                                     .requests = api_->counts()});
                                            },
                                        .runs = *runs_});
}

Result<void> Daemon::Listen() {
  listeners_ = std::make_unique<Listeners>(
      loop_, options_.state_folder,
      [this](const http::HttpRequest& request, const std::shared_ptr<http::Responder>& responder) {
        api_->Handle(request, responder);
      },
      [this](const http::HttpRequest& head) { return api_->PolicyOf(head); });
  runs_->tokens().SetIssuer(options_.config.oidc_issuer);
  configured_at_ = clock_.Wall();
  door_->Set({options_.config.group_role, static_cast<int>(options_.config.failed_logins_max)});
  TRY_OK(listeners_->ListenAdmin(options_.config));
  return listeners_->Apply(options_.config);
}

// All or nothing: a file that cannot be taken whole changes nothing, and is said in log and status.
void Daemon::ReadConfigAgain() {
  if (options_.read_again == nullptr || listeners_ == nullptr) return;
  const Result<config::Config> read = options_.read_again();
  Result<void> taken = read.has_value() ? listeners_->Apply(*read) : std::unexpected(read.error());
  config_trouble_ = taken.has_value() ? "" : taken.error().message;
  if (!taken.has_value()) {
    return Say(config::LogLevel::kError, "the settings were read again and not taken: nothing is changed",
               {{"file", options_.config_file}, {"why", ErrorText(taken.error())}});
  }
  waits_for_start_ = config::NeedsRestart(options_.config, *read);
  configured_at_ = clock_.Wall();
  runs_->tokens().SetIssuer(read->oidc_issuer);
  door_->Set({read->group_role, static_cast<int>(read->failed_logins_max)});
  recorder_->SetRetention(read->metrics_retention);
  kept_metrics_.SetBytesMax(*executor_, static_cast<std::uint64_t>(read->metrics_bytes_max));
  retention_->Keep(read->journal_retention);
  runs_->SetJobsAtOnce(read->jobs_at_once_max);
  artifact_retention_->Keep(read->artifacts_retention);
  SetLog(read->log_level, read->log_format);
  Say(config::LogLevel::kInfo, "the settings were read again",
      {{"file", options_.config_file}, {"wait_for_a_start", fmt::format("{}", fmt::join(waits_for_start_, ","))}});
}

Json Daemon::ConfigJson() const {
  Json::Array waiting;
  for (const std::string& key : waits_for_start_) waiting.emplace_back(key);
  return Json(Json::Object{{"file", options_.config_file},
                           {"taken_at", WallText(configured_at_)},
                           {"trouble", config_trouble_},
                           {"waits_for_start", std::move(waiting)},
                           {"api", listeners_->AddressOf("api")},
                           {"metrics", listeners_->AddressOf("metrics")},
                           {"public", listeners_->AddressOf("public")}});
}

std::optional<std::string> Daemon::DigestOf(const std::string& image) const {
  for (const state::ImageBinding& binding : fleet_->Images()) {
    if (binding.reference == image) return binding.digest;
  }
  return std::nullopt;
}

std::shared_ptr<const metrics::Source> Daemon::ViewOf(const RolloutName& name) const {
  const Result<control::RolloutView> view = fleet_->Get(name);
  if (!view.has_value() || !view->status.attempt.has_value()) return nullptr;
  return std::make_shared<metrics::AttemptView>(
      metrics::ViewIdentity{name.ns.str(), name.name, name.name}, series_.Snapshot(),
      control::RoleRowsOf(*view->status.attempt, view->exposure, join_, clock_.Now()));
}

void Daemon::WatchLoop() {
  loop_.After(kLatenessInterval, [this, due = clock_.Now() + kLatenessInterval] {
    loop_lateness_ = std::max(Duration::zero(), Duration(clock_.Now() - due));
    WatchLoop();
  });
}

Result<void> Daemon::Run() {
  bool failed = false;
  Error why;
  fleet_->Recover([&](const Result<void>& recovered) {
    if (!recovered.has_value()) {
      failed = true;
      why = recovered.error();
      return loop_.Stop();
    }
    feed_->Start([this](EdgeBatch batch) {
      loop_.Post([this, batch = std::move(batch)]() mutable { fleet_->OnBatch(std::move(batch)); });
    });
    // A workflow that cannot go on holds no rollout up.
    if (const Result<void> loaded = runs_->Load(); !loaded.has_value())
      spdlog::error("runs of workflows are not taken up again: {}", ErrorText(loaded.error()));
    retention_->Keep(options_.config.journal_retention);
    artifact_retention_->Keep(options_.config.artifacts_retention);
    spdlog::info("serving {} with {} rollouts; edge at {}", options_.state_folder, fleet_->List(std::nullopt).size(),
                 options_.config.edge_listen);
  });
  kept_metrics_.Start(*executor_);
  disk_.Start(*executor_, *store_);
  WatchLoop();
  loop_.Run();
  feed_->Stop();
  if (failed) return std::unexpected(why);
  spdlog::info("stopped; services go on");
  return {};
}

}  // namespace

Result<HostPort> ParseHostPort(const std::string& text) {
  const std::size_t colon = text.rfind(':');
  int port = 0;
  const auto bad = [&] {
    return Fail(ErrorCode::kInvalid, fmt::format("\"{}\" is not HOST:PORT.", text), "For example 127.0.0.1:8080.");
  };
  if (colon == std::string::npos || colon == 0) return bad();
  const auto read = std::from_chars(text.data() + colon + 1, text.data() + text.size(), port);
  if (read.ec != std::errc() || read.ptr != text.data() + text.size() || port < 0 || port > 65535) return bad();
  return HostPort{text.substr(0, colon), port};
}

Result<void> RunDaemon(const DaemonOptions& options) {
  Daemon daemon(options);
  TRY_OK(daemon.Open());
  return daemon.Run();
}

}  // namespace tuesday::server
