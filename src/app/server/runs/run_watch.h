// SPDX-License-Identifier: Apache-2.0
// Clients that follow a run: told of every change from its begin, and when a log has grown. What stands in logs they fetch
// themselves, as fast as they can read. Loop thread only.
#pragma once

#include <list>
#include <memory>
#include <string>

#include "adapters/http/server.h"
#include "app/server/runs/run_host.h"

namespace tuesday::server {

inline constexpr std::size_t kRunWatchersMax = 64;
inline constexpr Duration kLogInterval = std::chrono::milliseconds(2);  // How often one that is followed is looked at.

class RunWatches {
 public:
  RunWatches(RunHost& host, control::Executor& executor, const Clock& clock);
  ~RunWatches();

  void Begin(const runs::RunSummary& summary, const std::shared_ptr<http::Responder>& responder);

 private:
  struct Watcher;

  void Changed(const std::string& id);
  void Tell(const std::shared_ptr<Watcher>& watcher);
  void LookAtLogs(const std::shared_ptr<Watcher>& watcher);
  void TellEnd(const std::shared_ptr<Watcher>& watcher);
  void TellChanges(const std::shared_ptr<Watcher>& watcher, const workflow::RunState& now);

  RunHost& host_;
  control::Executor& executor_;
  const Clock& clock_;
  std::list<std::shared_ptr<Watcher>> watchers_;
  control::RunList::Subscription subscription_;
  std::shared_ptr<RunWatches*> self_;
};

}  // namespace tuesday::server
