// SPDX-License-Identifier: Apache-2.0
// Environments of repositories: who may release to them, who is let in next, and what was released. Loop thread only.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "control/hosting/run_list.h"
#include "core/workflow/environment/settle.h"
#include "ports/time_zones.h"
#include "wire/runs/environments.h"

namespace tuesday::control {

inline constexpr std::size_t kEnvironmentsMax = 50;       // Of one repository.
inline constexpr std::size_t kDeploymentsKeptMax = 1000;  // Of one environment; the oldest go first.

struct EnvironmentsParts {
  const Clock& clock;
  Executor& executor;
  Store& store;
  const TimeZones& zones;
  Runs& runs;
  RunList& list;
};

// What a person says of a run that waits. `environment` may be empty when it waits for one only.
struct ReviewRequest {
  std::string run;
  std::string environment;
  std::string by;
  bool is_admin = false;
  bool approves = true;
  bool bypasses = false;
  std::string reason;
};

class Environments {
 public:
  template <typename T>
  using Done = std::function<void(Result<T>)>;

  explicit Environments(EnvironmentsParts parts);
  ~Environments();

  // Blocks; when the runs are loaded. Records whose run ended while nobody wrote that down are ended now.
  Result<void> Load();

  // Makes the environment or puts these rules in the place of its own; a freeze stays as it is.
  void Set(runs::EnvironmentRecord wanted, Done<runs::EnvironmentRecord> done);
  void SetFreeze(const std::string& repository, const std::string& name, std::optional<workflow::Freeze> freeze,
                 const std::string& by, Done<runs::EnvironmentRecord> done);
  void Remove(const std::string& repository, const std::string& name, const std::string& by, Done<void> done);

  // Of a repository that is gone: rules and records. One of this name that comes later begins anew.
  void Forget(const std::string& repository);

  std::vector<runs::EnvironmentRecord> List(const std::string& repository) const;
  const runs::EnvironmentRecord* Find(const std::string& repository, const std::string& name) const;

  void Review(ReviewRequest request, Done<void> done);

  // What each leg of the attempt waits for, by its key. Those that wait for no environment lack.
  std::map<std::string, std::vector<std::string>> WaitsOf(const std::string& record_id) const;

  // Newest first.
  std::vector<runs::DeploymentRecord> Deployments(const std::string& repository, const std::string& name) const;

 private:
  struct Asking;

  void Settle();
  std::map<std::string, Asking> Gather() const;
  void Decide(const std::string& key, const Asking& asking);
  workflow::EnvironmentNow NowOf(const std::string& key, const std::string& name) const;
  void WakeAt(WallTime at);
  void KeepDeployments();
  void KeepDeployment(runs::DeploymentRecord record);
  void ForgetReviews(const std::string& attempt);
  void EndLeft(const runs::DeploymentRecord& left);
  void Store(runs::EnvironmentRecord record, std::string kind, std::string message, Done<runs::EnvironmentRecord> done);
  void Commit(Transaction transaction, Done<void> done);
  NewEntry EntryOf(const std::string& ns, const std::string& repository, audit::Entry entry) const;

  EnvironmentsParts parts_;
  std::map<std::string, runs::EnvironmentRecord> environments_;                   // By KeyOf.
  std::map<std::string, runs::ReviewRecord> reviews_;                             // By KeyOf.
  std::map<std::string, runs::DeploymentRecord> deployments_;                     // By KeyOf.
  std::map<std::string, std::map<std::string, std::vector<std::string>>> waits_;  // By attempt, then by leg.
  std::optional<WallTime> wake_at_;
  RunList::Subscription subscription_;
  std::shared_ptr<Environments*> self_;
};

}  // namespace tuesday::control
