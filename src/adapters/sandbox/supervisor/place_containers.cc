// SPDX-License-Identifier: Apache-2.0
// What an open place does with containers: work in processes beside it, and steps that run in the job's own container.
#include <poll.h>
#include <signal.h>

#include "adapters/files/files.h"
#include "adapters/sandbox/supervisor/open_place.h"
#include "adapters/sandbox/supervisor/ownership.h"

namespace tuesday::sandbox {
namespace {

constexpr Duration kRunnerPatience = std::chrono::seconds(30);

}  // namespace

Result<std::uint32_t> PlaceSupervisor::StartWork(const StepOrder& order) {
  if (order.containers->containers.empty()) return Fail(ErrorCode::kInvalid, "An order for containers names none.");
  // What containers write in is made by us: root in an action's container, as on the hosted runner.
  TRY_OK(files::MakeFolders(folder_.commands(), 0711));
  TRY(std::unique_ptr<Step> step, Step::Make(terms_, order, supervise::UserIds{0, 0}));
  ContainerWork work;
  work.terms = {folder_, spec_, sandbox_.bubble, runner_words_, supervise::OwnProgram()};
  work.terms.runner_words.push_back(std::to_string(spec_.limits.processes));
  work.terms.runner_words.push_back("0");  // Memory is the engine's to hold.
  work.order = order;
  for (const auto& [name, value] : step->TakeEnvironment()) work.order.environment[name] = value;
  work.output_file = step->HostFile("GITHUB_OUTPUT");
  const files::Fd output = step->TakeChildEnd();
  TRY(const pid_t worker, keeper_.Start(std::move(work), output.get()));
  if (order.containers->task == workflow::ContainerTask::kRun) files_user_ = supervise::UserIds{0, 0};
  const std::uint32_t token = ++token_;
  known_.insert(order.id);
  ordinals_.insert(order.ordinal);
  Running& running = running_[token];
  running.step = std::move(step);
  running.worker = worker;
  if (order.containers->task == workflow::ContainerTask::kBegin) begin_token_ = token;
  loop_.Watch(running.step->pipe(), POLLIN, [this, token](short) { OnOutput(token); });
  if (order.timeout) running.timer = loop_.After(*order.timeout, [this, token] { TimeOut(token, SIGINT); });
  disk_->SetActive(true);
  // Nobody else says that it was started.
  loop_.After(Duration::zero(), [this, token] { OnStarted(token); });
  return token;
}

Result<int> PlaceSupervisor::SocketFor(const StepOrder& order) {
  if (!order.in_container) {
    if (slot_) TRY_OK(GiveFilesTo(slot_->user));
    return sandbox_.socket.get();
  }
  if (keeper_.runner_socket() < 0) return Fail(ErrorCode::kUnavailable, "The job's container does not run.");
  TRY_OK(GiveFilesTo(keeper_.runner_user()));
  return keeper_.runner_socket();
}

// Steps of different users work on the same files, one after the other; git, for one, refuses those of somebody else.
Result<void> PlaceSupervisor::GiveFilesTo(supervise::UserIds user) {
  if (!files_user_ || *files_user_ == user) return {};
  for (const std::string& folder :
       {spec_.workspace_host.empty() ? folder_.work() : spec_.workspace_host, folder_.home(), folder_.temp()}) {
    TRY_OK(GiveTree(folder, user));
  }
  files_user_ = user;
  return {};
}

void PlaceSupervisor::OnWorkerEnded(pid_t worker, int wait_status) {
  for (const auto& [token, running] : running_) {
    if (running.worker != worker) continue;
    const bool good = WIFEXITED(wait_status) && WEXITSTATUS(wait_status) == 0;
    if (!good || token != begin_token_ || !keeper_.awaits_runner())
      return EndStep(token, StepEnd::kExited, ExitCodeOf(wait_status));
    awaited_token_ = token;
    loop_.After(kRunnerPatience, [this, awaited = token] {
      EndAwaited(awaited,
                 "The job's container started, and our runner in it says nothing. Is the image of another architecture?");
    });
    return;
  }
}

void PlaceSupervisor::EndAwaited(std::uint32_t token, const std::string& problem) {
  if (awaited_token_ != token || token == 0) return;
  awaited_token_ = 0;
  const auto found = running_.find(token);
  if (found == running_.end()) return;
  if (!problem.empty()) found->second.step->SetProblem(problem);
  EndStep(token, StepEnd::kExited, problem.empty() ? 0 : 1);
}

void PlaceSupervisor::OnRunnerCame() { EndAwaited(awaited_token_, ""); }

void PlaceSupervisor::OnContainerMessage() { TakeMessages(keeper_.runner_socket()); }

}  // namespace tuesday::sandbox
