// SPDX-License-Identifier: Apache-2.0
// A process of this machine with all its descendants, in control groups of its own. It dies with its supervisor.
#pragma once

#include <memory>

#include "adapters/files/fd.h"
#include "adapters/process/instance/body.h"
#include "adapters/supervise/poll_loop.h"

namespace tuesday::process {

class ProcessBody : public Body {
 public:
  // `spec` and `port` must outlive it; `port` is read at each start.
  static Result<std::unique_ptr<ProcessBody>> Make(supervise::PollLoop& loop, const InstanceSpec& spec,
                                                   const std::uint16_t& port, const std::string& group_name,
                                                   Callbacks callbacks);
  ProcessBody(const ProcessBody&) = delete;
  ProcessBody& operator=(const ProcessBody&) = delete;
  ~ProcessBody() override;

  bool EndsWhatIsLeft(const InstanceRecord& before) override;
  std::string LimitsMessage() const override { return limits_message_; }
  std::vector<std::string> Groups() const override { return groups_; }
  void Start() override;
  void Terminate() override;
  void Kill() override;
  void Clear(std::function<void()> done) override;
  supervise::SpawnPlan CommandPlan() const override;
  bool TakeEnd(pid_t pid, int wait_status, const rusage& usage) override;

 private:
  ProcessBody(supervise::PollLoop& loop, const InstanceSpec& spec, const std::uint16_t& port, Callbacks callbacks)
      : loop_(loop), spec_(spec), port_(port), callbacks_(std::move(callbacks)) {}

  Result<void> TryStart();
  void KillRemaining();
  void OnOutput();

  supervise::PollLoop& loop_;
  const InstanceSpec& spec_;
  const std::uint16_t& port_;
  Callbacks callbacks_;
  std::vector<std::string> groups_;
  std::string limits_message_;
  files::Fd output_;        // We read here what the child writes.
  files::Fd output_write_;  // Kept open, so that reading never ends.
  supervise::SpawnPlan plan_;
  supervise::Process process_;
  std::int64_t memory_kills_ = 0;
};

}  // namespace tuesday::process
