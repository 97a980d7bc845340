// SPDX-License-Identifier: Apache-2.0
// Everything that runs of workflows need of this machine, put together. Loop thread only; Load blocks.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "adapters/actions/known_actions.h"
#include "adapters/git/hosted/git_repositories.h"
#include "adapters/sandbox/sandbox_places.h"
#include "adapters/timezone/system_time_zones.h"
#include "app/server/oidc/id_tokens.h"
#include "app/services/run_services.h"
#include "app/services/store/artifacts.h"
#include "control/environments/environments.h"
#include "control/hosting/hosting.h"
#include "wire/state/records.h"

namespace tuesday::server {

struct RunHostParts {
  std::string state_folder;
  std::string program;
  Store& store;
  control::Executor& executor;
  const Clock& clock;
  std::function<void(std::function<void()>)> post;                            // On the loop's thread, from any.
  std::function<std::vector<state::ObjectRecord>(const Namespace&)> objects;  // Secrets and ConfigMaps are among them.
};

// Secrets and variables of a repository's runs: keys of the Secret, and of the ConfigMap, of this name in its namespace. Those
// of an environment alone stand under this name, "-" and the environment's in lower case.
std::string SettingsNameOf(const std::string& repository);

class RunHost {
 public:
  explicit RunHost(RunHostParts parts);
  ~RunHost();
  RunHost(const RunHost&) = delete;
  RunHost& operator=(const RunHost&) = delete;

  // Takes repositories and runs up again.
  Result<void> Load();

  // How many jobs run at once; 0: two for each processor, at least 4. Those that run go on.
  void SetJobsAtOnce(std::int64_t most);

  control::RunList& list() { return *list_; }
  control::Hosting& hosting() { return *hosting_; }
  control::Environments& environments() { return *environments_; }
  IdTokens& tokens() { return *tokens_; }

  // The log of a command of the run's last attempt.
  std::string LogPath(const runs::RunSummary& summary, const std::string& leg, int ordinal) const;

  std::string RepositoriesFolder() const { return parts_.state_folder + "/repositories"; }
  std::string SpoolFolder() const { return parts_.state_folder + "/git-spool"; }

  // What the run has stored, all attempts.
  std::vector<services::Artifact> ArtifactsOf(const std::string& id) const;
  std::string ContentPath(const services::Artifact& artifact) const;

 private:
  std::string FolderOf(const std::string& record_id) const;
  std::uint64_t HighestLeft() const;
  void CloseUnknown();
  void Furnish(const runs::RunSummary& summary, runs::RunRecord& record) const;
  Result<void> Prepare(runs::RunRecord& record);
  // The mirror as the commit's lock allows it.
  Result<actions::KnownActions> KnownAt(const std::string& repository, const std::string& sha);
  // The same for a run; binds what it needs of the mirror.
  Result<std::shared_ptr<actions::KnownActions>> ActionsFor(runs::RunRecord& record);
  std::shared_ptr<actions::KnownActions> KnownTo(const runs::RunRecord& record) const;
  void DropFiles(const runs::RunRecord& record);
  void Remove(const runs::RunRecord& record);
  expression::Value SecretsOf(const runs::RunRecord& record) const;
  std::map<std::string, workflow::EnvironmentSettings> EnvironmentsOf(const runs::RunRecord& record) const;
  control::LegServices ServicesOf(const runs::RunRecord& record, const std::string& leg) const;
  bool MayHaveToken(const runs::RunRecord& record, const workflow::LegTokenFacts& facts) const;
  void GiveToken(const std::string& record_id, const std::string& leg, const std::string& audience,
                 IdTokens::Done<std::string> done);

  RunHostParts parts_;
  git::GitRepositories repositories_;
  sandbox::SandboxPlaces places_;
  SystemTimeZones zones_;
  actions::KnownActions known_;  // Of a run that nothing was prepared for.
  std::size_t jobs_at_once_max_ = 0;
  mutable std::mutex mutex_;
  std::map<std::string, std::shared_ptr<services::RunServices>> services_;  // By record.
  std::map<std::string, std::shared_ptr<actions::KnownActions>> actions_;   // By record.
  std::unique_ptr<control::RunList> list_;
  std::unique_ptr<control::Runs> runs_;
  std::unique_ptr<control::Environments> environments_;
  std::unique_ptr<control::Hosting> hosting_;
  std::unique_ptr<IdTokens> tokens_;
  std::shared_ptr<RunHost*> self_ = std::make_shared<RunHost*>(this);  // Emptied at the end, for what the services still ask.
};

}  // namespace tuesday::server
