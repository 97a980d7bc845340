// SPDX-License-Identifier: Apache-2.0
#include "adapters/haproxy/supervisor/supervisor.h"

#include <fmt/format.h>
#include <poll.h>
#include <signal.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <memory>

#include "adapters/files/file_lock.h"
#include "adapters/files/files.h"
#include "adapters/haproxy/supervisor/applier.h"
#include "adapters/haproxy/supervisor/certificates.h"
#include "adapters/haproxy/supervisor/listeners.h"
#include "adapters/haproxy/supervisor/log_socket.h"
#include "adapters/haproxy/supervisor/store.h"
#include "adapters/haproxy/supervisor/worker.h"
#include "adapters/supervise/json_server.h"
#include "adapters/supervise/process.h"

namespace tuesday::haproxy {
namespace {

constexpr Duration kReadyTime = std::chrono::seconds(5);
constexpr int kReadyPollMs = 5;
constexpr Duration kCompareEvery = std::chrono::seconds(1);
constexpr Duration kLeftoversEvery = std::chrono::milliseconds(250);
constexpr Duration kBackoffFirst = std::chrono::milliseconds(50);
constexpr Duration kBackoffMost = std::chrono::seconds(5);
constexpr Duration kLivedLong = std::chrono::seconds(5);
constexpr Duration kRetiringTime = std::chrono::minutes(5);
constexpr int kQuietLooks = 2;
constexpr int kConnectionsMost = 16384;
constexpr int kConnectionsLeast = 256;

void Say(std::string_view what, const Error& error) {
  fmt::print(stderr, "{}: {}\n", what, ErrorText(error));
  std::fflush(stderr);
}

// A connection costs HAProxy two descriptors.
int ConnectionsMax() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_max == RLIM_INFINITY) return kConnectionsMost;
  const auto half = static_cast<std::int64_t>(limit.rlim_max / 2) - kConnectionsLeast;
  return static_cast<int>(std::clamp<std::int64_t>(half, kConnectionsLeast, kConnectionsMost));
}

// A HAProxy after a reload: it takes no new connection and serves those that it has. It is not told to stop before they are
// gone and its lines are sent, because a HAProxy that stops drops the lines in its ring.
struct Retiring {
  Worker worker;
  RuntimeSession session;  // Its socket's path belongs to its successor.
  Instant since;
  int quiet_looks = 0;
};

class EdgeSupervisor {
 public:
  EdgeSupervisor(const EdgeSupervisorOptions& options, supervise::PollLoop& loop)
      : options_(options),
        folder_(options.folder + "/haproxy"),
        loop_(loop),
        store_(options.folder),
        applier_(folder_, options.drain, options.at_step ? [this] { Step("command"); } : std::function<void()>()),
        runtime_(folder_ + "/" + std::string(kAdminSocketName)) {}

  // Brings the edge up as it is on disk.
  void Begin();
  Json Answer(const Json& request);

 private:
  RenderOptions Options(const Edge& edge) const;
  bool NeedsReload() const;
  Result<Json> Dispatch(const Json& request);
  Result<Json> SetEdge(const Json& request);
  Result<void> CheckNewer(std::uint64_t generation, const Edge& edge) const;
  Result<void> Prepare(const Edge& edge);
  Result<Json> Observe() const;
  Result<void> AwaitReady(const Worker& worker) const;
  Result<void> HoldListeners(const Edge& edge);
  void HoldLogSocket(const Edge& edge);
  Result<void> StartWorker();
  void RetireWorker(Result<RuntimeSession> session);
  void LookAtRetiring();
  Result<void> AdoptOrStart();
  Result<SeenEdge> Converge();
  void Step(std::string_view step) const {
    if (options_.at_step) options_.at_step(step, worker_.pid());
  }
  void OnWorkerEnd();
  void Restart();
  void Tick();

  EdgeSupervisorOptions options_;
  std::string folder_;
  supervise::PollLoop& loop_;
  EdgeStore store_;
  Applier applier_;
  RuntimeApi runtime_;
  Listeners listeners_;
  files::Fd log_socket_;
  std::optional<StoredEdge> stored_;
  Worker worker_;
  std::map<pid_t, Retiring> retiring_;
  Structure loaded_;  // What the running HAProxy was started with.
  Instant started_at_;
  Duration backoff_{};
};

RenderOptions EdgeSupervisor::Options(const Edge& edge) const {
  const std::string user = UserFor(edge.log_socket);
  return {folder_, user, user, ConnectionsMax()};
}

bool EdgeSupervisor::NeedsReload() const {
  const Structure wanted = StructureOf(stored_->edge, Options(stored_->edge));
  // A backend too many does no harm until the next reload.
  return std::ranges::any_of(wanted, [&](const auto& block) {
    const auto loaded = loaded_.find(block.first);
    return loaded == loaded_.end() || loaded->second != block.second;
  });
}

Result<void> EdgeSupervisor::AwaitReady(const Worker& worker) const {
  const Instant deadline = supervise::BootNow() + kReadyTime;
  while (supervise::BootNow() < deadline) {
    if (const auto answers = runtime_.Ask({"show info"});
        answers && InfoValue(answers->front(), "Pid") == std::to_string(worker.pid())) {
      return {};
    }
    pollfd ended{worker.exit_fd(), POLLIN, 0};
    if (::poll(&ended, 1, kReadyPollMs) > 0) break;
  }
  return Fail(ErrorCode::kUnavailable, fmt::format("HAProxy did not start: {}", LastWords(folder_)));
}

Result<void> EdgeSupervisor::StartWorker() {
  const Edge& edge = stored_->edge;
  TRY_OK(HoldListeners(edge));
  Result<RuntimeSession> session = runtime_.Open();
  TRY(Worker fresh, Worker::Start(options_.haproxy_program, folder_, listeners_.Descriptors(edge.listeners)));
  if (const Result<void> ready = AwaitReady(fresh); !ready) {
    fresh.Kill();
    ::poll(nullptr, 0, kReadyPollMs);
    fresh.Reap();
    return ready;
  }
  // Only now is the old one told: both accept for a moment, never none.
  if (worker_.is_open()) RetireWorker(std::move(session));
  worker_ = std::move(fresh);
  loaded_ = StructureOf(edge, Options(edge));
  started_at_ = supervise::BootNow();
  listeners_.Keep(edge.listeners);
  loop_.Watch(worker_.exit_fd(), POLLIN, [this](short) { OnWorkerEnd(); });
  return {};
}

void EdgeSupervisor::RetireWorker(Result<RuntimeSession> session) {
  const pid_t pid = worker_.pid();
  const int fd = worker_.exit_fd();
  loop_.Unwatch(fd);
  const bool told = session && session->Ask("shutdown frontend edge").has_value();
  if (!told) worker_.Retire();
  retiring_.emplace(pid, Retiring{std::move(worker_), told ? std::move(*session) : RuntimeSession(), supervise::BootNow(), 0});
  loop_.Watch(fd, POLLIN, [this, pid, fd](short) {
    loop_.Unwatch(fd);
    retiring_.at(pid).worker.Reap();
    retiring_.erase(pid);
  });
}

void EdgeSupervisor::LookAtRetiring() {
  for (auto& [pid, retiring] : retiring_) {
    if (retiring.quiet_looks >= kQuietLooks) continue;
    const Result<std::string> text = retiring.session.Ask("show stat -1 1 -1");
    const Result<SeenStat> stat = text ? ParseStat(*text) : std::unexpected(text.error());
    const bool over = supervise::BootNow() - retiring.since > kRetiringTime || !stat;
    retiring.quiet_looks = over ? kQuietLooks : stat->client_connections == 0 ? retiring.quiet_looks + 1 : 0;
    if (retiring.quiet_looks >= kQuietLooks) retiring.worker.Retire();
  }
}

void EdgeSupervisor::HoldLogSocket(const Edge& edge) {
  if (edge.log_socket.empty()) return;
  if (Result<files::Fd> shared = ShareLogSocket(edge.log_socket, LogHolder::kSupervisor); shared) {
    log_socket_ = std::move(*shared);
  } else {
    Say("Lines of the time without a daemon may be lost", shared.error());
  }
}

Result<void> EdgeSupervisor::HoldListeners(const Edge& edge) {
  pid_t running = worker_.pid();
  if (running == 0) {
    if (const Result<SeenEdge> seen = applier_.Look(); seen) running = static_cast<pid_t>(seen->process);
  }
  Result<void> held = listeners_.Hold(edge.listeners, running);
  if (held || held.error().code != ErrorCode::kConflict || running == 0 || retiring_.contains(running)) return held;
  // We may not look into a HAProxy that has our sockets. It goes on as it is until a reload is needed; then it must
  // let go of them first, and the port is closed for a moment.
  if (!worker_.is_open() || !NeedsReload()) return {};
  RetireWorker(Fail(ErrorCode::kDenied, ""));
  const Instant deadline = supervise::BootNow() + kReadyTime;
  while (!held && supervise::BootNow() < deadline) {
    ::poll(nullptr, 0, kReadyPollMs);
    held = listeners_.Hold(edge.listeners, 0);
  }
  return held;
}

Result<void> EdgeSupervisor::AdoptOrStart() {
  const Result<SeenEdge> seen = applier_.Look();
  if (!seen) return StartWorker();
  RetireOthers(folder_, static_cast<pid_t>(seen->process));
  TRY(worker_, Worker::Adopt(static_cast<pid_t>(seen->process)));
  started_at_ = supervise::BootNow();
  loop_.Watch(worker_.exit_fd(), POLLIN, [this](short) { OnWorkerEnd(); });
  const Structure wanted = StructureOf(stored_->edge, Options(stored_->edge));
  loaded_ = seen->structure == StructureDigest(wanted) ? wanted : Structure{};
  return {};
}

Result<SeenEdge> EdgeSupervisor::Converge() {
  if (worker_.is_open() && worker_.HasEnded()) {
    // Nobody has told us yet: a change comes in between.
    loop_.Unwatch(worker_.exit_fd());
    worker_.Reap();
    worker_ = Worker();
  }
  if (!worker_.is_open()) TRY_OK(AdoptOrStart());
  if (NeedsReload()) TRY_OK(StartWorker());
  return applier_.Apply(stored_->edge, supervise::BootNow());
}

void EdgeSupervisor::OnWorkerEnd() {
  loop_.Unwatch(worker_.exit_fd());
  worker_.Reap();
  fmt::print(stderr, "HAProxy {} has ended; it is started again.\n", worker_.pid());
  worker_ = Worker();
  backoff_ = supervise::BootNow() - started_at_ > kLivedLong ? Duration::zero()
                                                             : std::clamp(backoff_ * 2, kBackoffFirst, kBackoffMost);
  loop_.After(backoff_, [this] { Restart(); });
}

void EdgeSupervisor::Restart() {
  if (worker_.is_open() || !stored_) return;
  if (const auto started = Converge(); !started) {
    Say("The edge is not up", started.error());
    backoff_ = std::clamp(backoff_ * 2, kBackoffFirst, kBackoffMost);
    if (!worker_.is_open()) loop_.After(backoff_, [this] { Restart(); });
  }
}

void EdgeSupervisor::Tick() {
  if (stored_ && worker_.is_open()) {
    if (const auto seen = Converge(); !seen) Say("The edge could not be compared", seen.error());
  }
  LookAtRetiring();
  loop_.After(applier_.HasLeftovers() || !retiring_.empty() ? kLeftoversEvery : kCompareEvery, [this] { Tick(); });
}

Result<void> EdgeSupervisor::Prepare(const Edge& edge) {
  TRY_OK(HoldListeners(edge));
  TRY_OK(WriteCertificates(edge, folder_));
  const EdgeFiles files = RenderFiles(edge, Options(edge));
  if (stored_ && StructureOf(edge, Options(edge)) == loaded_) return {};
  // Never a file on disk with which HAProxy would not start. Maps are read too: the ones there now are good enough.
  const std::string candidate = folder_ + "/candidate.cfg";
  for (const auto name : {kRoutesName, kExactName, kPrefixName}) {
    const std::string path = folder_ + "/" + std::string(name);
    if (!files::Exists(path)) TRY_OK(files::WriteFileDurably(path, ""));
  }
  std::string config = files.config;
  if (!files.certificate_list.empty()) {
    const std::string list = folder_ + "/" + std::string(kCertificateListName);
    TRY_OK(files::ReplaceFile(list + ".candidate", files.certificate_list));
    for (std::size_t at = config.find(list); at != std::string::npos; at = config.find(list, at + list.size() + 1)) {
      config.replace(at, list.size(), list + ".candidate");
    }
  }
  TRY_OK(files::ReplaceFile(candidate, config));
  return CheckConfig(options_.haproxy_program, candidate, folder_, listeners_.Descriptors(edge.listeners));
}

void EdgeSupervisor::Begin() {
  Result<std::optional<StoredEdge>> loaded = store_.Load();
  if (!loaded) Say("The edge is as HAProxy has it", loaded.error());
  if (loaded && *loaded) {
    stored_ = std::move(**loaded);
    const Edge& edge = stored_->edge;
    HoldLogSocket(edge);
    Result<void> ready = HoldListeners(edge);
    if (ready) ready = WriteCertificates(edge, folder_);
    if (ready) ready = store_.WriteFiles(RenderFiles(edge, Options(edge)));
    if (!ready) Say("The edge on disk is not whole", ready.error());
    Restart();
  }
  Tick();
}

Result<void> EdgeSupervisor::CheckNewer(std::uint64_t generation, const Edge& edge) const {
  if (!stored_) return {};
  if (generation < stored_->generation || (generation == stored_->generation && edge != stored_->edge)) {
    return Fail(ErrorCode::kStale,
                fmt::format("Generation {} of the edge is older than {}, which is in force.", generation, stored_->generation));
  }
  for (const EdgeRollout& old : stored_->edge.rollouts) {
    const auto fresh = std::ranges::find(edge.rollouts, old.name, &EdgeRollout::name);
    if (fresh != edge.rollouts.end() && fresh->epoch < old.epoch) {
      return Fail(ErrorCode::kStale, fmt::format("Epoch {} of {} is older than {}, which is in force.", fresh->epoch.value,
                                                 old.name.Text(), old.epoch.value));
    }
  }
  return {};
}

Result<Json> EdgeSupervisor::SetEdge(const Json& request) {
  const std::int64_t generation = request.At("generation").IntOr(-1);
  if (generation < 0) return Fail(ErrorCode::kInvalid, "The edge comes without its generation.");
  TRY(Edge edge, ParseEdge(request.At("edge")));
  TRY_OK(CheckNewer(static_cast<std::uint64_t>(generation), edge));
  TRY_OK(Prepare(edge));
  // Of a new path, or of a daemon that listens anew.
  HoldLogSocket(edge);
  Step("checked");
  StoredEdge next{static_cast<std::uint64_t>(generation), std::move(edge)};
  TRY_OK(store_.Save(next));
  Step("saved");
  stored_ = std::move(next);
  TRY_OK(store_.WriteFiles(RenderFiles(stored_->edge, Options(stored_->edge))));
  Step("written");
  TRY(SeenEdge seen, Converge());
  Step("changed");
  TRY(seen, applier_.Look());
  Json::Object answer = supervise::OkAnswer();
  answer["generation"] = generation;
  answer["process"] = seen.process;
  Json::Object routes;
  for (const auto& [key, value] : seen.routes) routes[key] = value;
  answer["routes"] = std::move(routes);
  return answer;
}

Result<Json> EdgeSupervisor::Observe() const {
  TRY(const SeenEdge seen, applier_.Look());
  Json::Object routes;
  for (const auto& [key, value] : seen.routes) routes[key] = value;
  Json::Array servers;
  for (const SeenServer& server : seen.stat.servers) {
    servers.push_back(Json::Object{{"backend", server.backend},
                                   {"failed", server.failed},
                                   {"name", server.name},
                                   {"open", server.open},
                                   {"queued", server.queued},
                                   {"total", server.total},
                                   {"unanswered", server.unanswered},
                                   {"up", server.IsUp()}});
  }
  Json::Object answer = supervise::OkAnswer();
  answer["process"] = seen.process;
  answer["routes"] = std::move(routes);
  answer["servers"] = std::move(servers);
  return answer;
}

Result<Json> EdgeSupervisor::Dispatch(const Json& request) {
  const std::string op = request.At("op").StringOr("");
  if (op == "set_edge") return SetEdge(request);
  if (op == "observe") return Observe();
  Json::Object answer = supervise::OkAnswer();
  if (op == "hello" || op == "get_edge") {
    answer["supervisor"] = std::int64_t{::getpid()};
    answer["boot_id"] = supervise::BootId();
    answer["generation"] = stored_ ? static_cast<std::int64_t>(stored_->generation) : std::int64_t{0};
    answer["process"] = std::int64_t{worker_.pid()};
    if (op == "get_edge") answer["edge"] = stored_ ? EdgeJson(stored_->edge) : Json();
    return answer;
  }
  if (op == "stop") {
    if (worker_.is_open()) {
      loop_.Unwatch(worker_.exit_fd());
      worker_.Retire();
    }
    loop_.After(std::chrono::milliseconds(20), [this] { loop_.Stop(); });
    return answer;
  }
  return Fail(ErrorCode::kUnsupported, fmt::format("The edge's supervisor does not know `{}`.", op));
}

Json EdgeSupervisor::Answer(const Json& request) {
  const Result<Json> answer = Dispatch(request);
  return answer ? *answer : supervise::ErrorAnswer(answer.error());
}

}  // namespace

std::string EdgeSocketPath(const std::string& folder) { return folder + "/sock"; }

Result<void> RunEdgeSupervisor(const EdgeSupervisorOptions& options) {
  ::signal(SIGPIPE, SIG_IGN);
  // HAProxy connects to the log socket without our rights: the folders let it through, files below have modes of their own.
  TRY_OK(files::MakeFolders(options.folder, 0711));
  TRY_OK(files::MakeFolders(options.folder + "/haproxy", 0711));
  TRY(const files::FileLock lock, files::FileLock::Acquire(options.folder + "/lock"));
  supervise::PollLoop loop;
  EdgeSupervisor supervisor(options, loop);
  TRY(const auto server, supervise::JsonServer::Listen(loop, EdgeSocketPath(options.folder),
                                                       [&](const Json& request) { return supervisor.Answer(request); }));
  supervisor.Begin();
  loop.Run();
  return {};
}

}  // namespace tuesday::haproxy
