// SPDX-License-Identifier: Apache-2.0
// The API of repositories and of runs of workflows, and git over HTTP. Loop thread only.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "app/server/routes.h"
#include "app/server/runs/run_host.h"
#include "app/server/runs/run_watch.h"

namespace tuesday::server {

inline constexpr std::uint64_t kPushBytesMax = 2ULL << 30;
inline constexpr Duration kPushTimeMax = std::chrono::minutes(30);
inline constexpr std::string_view kGitPath = "/git/";

class RunApi {
 public:
  RunApi(RunHost& host, control::Executor& executor, const Clock& clock);

  void ListRepositories(Call call);
  void CreateRepository(Call call);
  void RemoveRepository(Call call);
  void Observe(Call call);
  void Dispatch(Call call);

  void ListRuns(Call call);
  void GetRun(Call call);
  void WatchRun(Call call);
  void ReadLog(Call call);
  void CancelRun(Call call);
  void RerunRun(Call call);
  void ApproveRun(Call call);

  void Git(Call call);

 private:
  const runs::RunSummary* FindRun(const Call& call) const;  // Answers 404 itself.
  const runs::RepositoryRecord* FindRepository(const Call& call) const;

  RunHost& host_;
  control::Executor& executor_;
  const Clock& clock_;
  RunWatches watches_;
  std::uint64_t git_requests_ = 0;
};

Json SummaryJson(const runs::RunSummary& summary);

}  // namespace tuesday::server
