// SPDX-License-Identifier: Apache-2.0
// One open place: its sandbox, its containers, the steps that run. Private to this folder.
#pragma once

#include <sys/wait.h>

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "adapters/sandbox/bubble/sandbox.h"
#include "adapters/sandbox/bubble/slot.h"
#include "adapters/sandbox/containers/keeper.h"
#include "adapters/sandbox/inside/message.h"
#include "adapters/sandbox/record/place_record.h"
#include "adapters/sandbox/record/report_file.h"
#include "adapters/sandbox/supervisor/disk_watch.h"
#include "adapters/sandbox/supervisor/file_roots.h"
#include "adapters/sandbox/supervisor/forward.h"
#include "adapters/sandbox/supervisor/lookers.h"
#include "adapters/sandbox/supervisor/place_supervisor.h"
#include "adapters/sandbox/supervisor/questions.h"
#include "adapters/sandbox/supervisor/step.h"
#include "adapters/supervise/json_server.h"

namespace tuesday::sandbox {

using supervise::JsonServer;

inline int ExitCodeOf(int wait_status) {
  return WIFEXITED(wait_status) ? WEXITSTATUS(wait_status) : 128 + WTERMSIG(wait_status);
}

class PlaceSupervisor {
 public:
  PlaceSupervisor(PlaceFolder folder, PlaceSpec spec)
      : folder_(std::move(folder)),
        spec_(std::move(spec)),
        questions_(loop_, [this] { return sandbox_.socket.get(); }),
        lookers_(loop_, [this](int seen) { return ViewAfter(seen); }),
        keeper_(loop_, [this] { OnContainerMessage(); }, [this] { OnRunnerCame(); }) {}

  Result<void> Open(const std::vector<std::string>& masks, const InsideWords& inside);
  void Run();
  // What Open began and could not finish.
  void Undo();

 private:
  struct Running {
    std::unique_ptr<Step> step;
    JsonServer::Reply started;
    supervise::PollLoop::TimerId timer = 0;
    int socket = -1;   // To the runner that has it.
    pid_t worker = 0;  // Who works with containers for it; 0: a runner has it.
  };

  Result<void> OpenSandbox(const InsideWords& inside);
  void OnRequest(const Json& request, JsonServer::Reply reply);
  void StartStep(const StepOrder& order, JsonServer::Reply reply);
  Result<std::uint32_t> SendStep(const StepOrder& order);
  Json SignalStep(const std::string& id, int signal);
  View ViewAfter(int seen) const;

  void OnMessage();
  void TakeMessages(int socket);
  void Signal(std::uint32_t token, int signal);
  void Take(const Message& message);
  void OnStarted(std::uint32_t token);
  void OnFailed(std::uint32_t token, int errno_value);
  void OnEnded(std::uint32_t token, int wait_status);
  void OnOutput(std::uint32_t token);
  void TimeOut(std::uint32_t token, int signal);
  void EndStep(std::uint32_t token, StepEnd end, int exit_code);
  void Tell(StepReport report);
  void KeepPipe(std::unique_ptr<Step> step);
  void DropPipe(int pipe);
  void OnDiskFull();
  void OnSignal();
  void OnBubbleEnded(int wait_status);

  // With containers (place_containers.cc).
  Result<std::uint32_t> StartWork(const StepOrder& order);
  Result<int> SocketFor(const StepOrder& order);
  Result<void> GiveFilesTo(supervise::UserIds user);
  void OnWorkerEnded(pid_t worker, int wait_status);
  void OnContainerMessage();
  void OnRunnerCame();
  void EndAwaited(std::uint32_t token, const std::string& problem);

  // Ends everything; running steps get `end` and `message`.
  void Finish(PlacePhase phase, StepEnd end, const std::string& message);

  PlaceFolder folder_;
  PlaceSpec spec_;
  supervise::PollLoop loop_;
  PlaceRecord record_;
  std::optional<Slot> slot_;
  files::Fd signals_;
  Sandbox sandbox_;
  StepTerms terms_;
  std::unique_ptr<FileRoots> roots_;
  std::unique_ptr<DiskWatch> disk_;
  std::unique_ptr<Forward> forward_;
  Questions questions_;
  Lookers lookers_;
  ContainerKeeper keeper_;
  std::vector<std::string> runner_words_;         // How our runner is started within.
  std::optional<supervise::UserIds> files_user_;  // Whom the job's files belong to now.
  std::uint32_t begin_token_ = 0;                 // Of the work that makes the job's own container.
  std::uint32_t awaited_token_ = 0;               // Begun, and its runner is not there yet; 0: none.
  std::map<std::uint32_t, Running> running_;
  std::map<int, std::unique_ptr<Step>> left_;  // Ended, but somebody of theirs still holds the pipe.
  std::set<std::string> known_;                // Steps that run or ran.
  std::set<int> ordinals_;                     // Of steps that run or ran.
  std::vector<ReportSpan> reported_;           // In the order in which they ended.
  std::uint32_t token_ = 0;
  std::int64_t memory_kills_ = 0;
  bool finished_ = false;
  std::unique_ptr<JsonServer> server_;  // Last: it calls into all of the above.
};

}  // namespace tuesday::sandbox
