// SPDX-License-Identifier: Apache-2.0
// A container of the machine's engine as an instance's body. It runs on when its supervisor dies, and the next one takes it
// over. What the engine does not say is not known: an engine that is away neither ends an instance nor starts it again.
#pragma once

#include <atomic>
#include <memory>

#include "adapters/process/containers/container_work.h"
#include "adapters/process/containers/memory_watch.h"
#include "adapters/process/containers/worker.h"
#include "adapters/process/instance/body.h"
#include "adapters/supervise/poll_loop.h"

namespace tuesday::process {

class ContainerBody : public Body {
 public:
  // `spec` and `port` must outlive it; `port` is read at each start. `folder` is the instance's.
  static Result<std::unique_ptr<ContainerBody>> Make(supervise::PollLoop& loop, const InstanceSpec& spec,
                                                     const std::uint16_t& port, InstanceFolder folder, Callbacks callbacks);
  ContainerBody(const ContainerBody&) = delete;
  ContainerBody& operator=(const ContainerBody&) = delete;
  ~ContainerBody() override;

  bool EndsWhatIsLeft(const InstanceRecord& before) override;
  std::string LimitsMessage() const override { return ""; }
  std::vector<std::string> Groups() const override { return {}; }
  void Start() override;
  void Terminate() override { Signal("TERM"); }
  void Kill() override { Signal("KILL"); }
  void Clear(std::function<void()> done) override;
  supervise::SpawnPlan CommandPlan() const override;
  bool TakeEnd(pid_t, int, const rusage&) override { return false; }

 private:
  ContainerBody(supervise::PollLoop& loop, const InstanceSpec& spec, const std::uint16_t& port, InstanceFolder folder,
                Callbacks callbacks);

  void OnStarted(std::expected<Begun, NotBegun>& begun);
  void OnLooked(Result<Begun>& looked);
  void Follow(containers::LogStream log);
  void OnOutput();
  void Look();
  void LookAgain(const Error& why);
  void TakeLook();
  void End(const containers::ContainerFacts& facts);
  void Signal(const std::string& signal);
  void CloseLog();
  void WatchMemory();
  void SampleUsage();

  supervise::PollLoop& loop_;
  const InstanceSpec& spec_;
  const std::uint16_t& port_;
  const InstanceFolder folder_;
  Callbacks callbacks_;
  const std::shared_ptr<ContainerWork> work_;
  const std::shared_ptr<std::atomic<PullStage>> pull_;

  std::optional<WallTime> since_;  // Of what an earlier supervisor left.
  std::string id_;                 // Empty: nothing was begun, or it has ended.
  supervise::Process process_;
  std::optional<containers::LogStream> log_;
  WallTime heard_{};  // When the log last said something, or was opened.
  Instant followed_;
  bool is_resumed_ = false;  // The log is one that was opened again.
  MemoryWatch memory_;
  double cpu_seconds_ = 0;
  bool is_lost_ = false;
  bool is_over_ = false;  // Clear was called: no life of it counts any more.
  supervise::PollLoop::TimerId look_timer_ = 0;
  supervise::PollLoop::TimerId signal_timer_ = 0;
  supervise::PollLoop::TimerId clear_timer_ = 0;
  supervise::PollLoop::TimerId usage_timer_ = 0;
  Worker worker_;  // Last: its answers name the others.
};

}  // namespace tuesday::process
