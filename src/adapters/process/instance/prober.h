// SPDX-License-Identifier: Apache-2.0
// Asks one process again and again whether it is well, with Kubernetes' thresholds: healthy after `success_threshold`
// successes in a row, unhealthy after `failure_threshold` failures in a row. One thread, on a PollLoop.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "adapters/files/fd.h"
#include "adapters/supervise/poll_loop.h"
#include "adapters/supervise/spawn.h"
#include "core/manifest/pod.h"

namespace tuesday::process {

enum class Health { kUnknown, kHealthy, kUnhealthy };

// Until it has been healthy once, a probe may ask more often than its period: failures do not count before that.
enum class Eager { kNo, kYes };

class Prober {
 public:
  struct Callbacks {
    std::function<void(Health health)> changed;          // A threshold was reached. The prober may be destroyed in it.
    std::function<void(const std::string& why)> failed;  // Each single failure.
  };

  // An empty port in `probe` means `port`. `exec` is the plan that an exec probe runs in, its command behind the words that are
  // there.
  Prober(supervise::PollLoop& loop, manifest::Probe probe, std::uint16_t port, supervise::SpawnPlan exec, Eager eager,
         Callbacks callbacks);
  Prober(const Prober&) = delete;
  Prober& operator=(const Prober&) = delete;
  ~Prober();

  // Tells of a child that was reaped. Returns whether it was this probe's.
  bool TakeEnd(pid_t pid, int wait_status);

 private:
  void Begin();
  void BeginConnect(const std::string& port, std::string request);
  void BeginExec(const std::vector<std::string>& command);
  void OnConnected();
  void OnReadable();
  void KeepForRest();
  void OnRest();
  void CloseRest();
  void Succeed() { Finish(std::nullopt); }
  void FailWith(std::string why) { Finish(std::move(why)); }
  void Finish(std::optional<std::string> failure);
  void Abandon();
  Duration NextDelay() const;

  supervise::PollLoop& loop_;
  manifest::Probe probe_;
  std::uint16_t port_;
  supervise::SpawnPlan exec_;
  Eager eager_;
  Callbacks callbacks_;

  Health health_ = Health::kUnknown;
  int successes_ = 0;
  int failures_ = 0;
  Instant began_;
  supervise::PollLoop::TimerId next_ = 0;
  supervise::PollLoop::TimerId timeout_ = 0;
  files::Fd socket_;
  files::Fd rest_;  // Of the last answer, until the server closes or the next probe begins.
  std::size_t rest_bytes_ = 0;
  std::string request_;
  std::string answer_;
  supervise::Process child_;
};

}  // namespace tuesday::process
