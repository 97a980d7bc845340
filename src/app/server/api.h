// SPDX-License-Identifier: Apache-2.0
// Answers requests from the fleet, the store and the metrics. Loop thread only; what blocks goes to the pool.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>

#include "app/server/door.h"
#include "app/server/request_counts.h"
#include "app/server/routes.h"
#include "base/time.h"
#include "control/executor.h"
#include "control/fleet.h"
#include "core/metrics/source.h"
#include "ports/instance_output.h"

namespace tuesday::server {

class EnvironmentApi;
class OidcApi;
class RunApi;
class RunHost;

// What the API needs of the daemon around it.
struct ApiParts {
  control::Fleet& fleet;
  Door& door;
  Store& store;
  InstanceOutput& output;
  control::Executor& executor;
  const Clock& clock;
  ClockJoin join;
  std::function<std::shared_ptr<const metrics::Source>()> snapshot;  // Of the metrics.
  std::function<std::function<Json()>()> disk;                       // Called on the loop; what it gives blocks briefly.
  std::function<Json()> configuration;       // Where the settings come from, and what is wrong with them.
  std::function<std::string()> own_metrics;  // The text of /metrics.
  RunHost& runs;
};

class Api {
 public:
  enum class Effect { kApply, kPlan };

  explicit Api(ApiParts parts);
  ~Api();
  Api(const Api&) = delete;
  Api& operator=(const Api&) = delete;

  // The handler of the HTTP server: finds the route, reads the body, says who asks.
  void Handle(const http::HttpRequest& request, const std::shared_ptr<http::Responder>& responder);

  // What a request may bring, decided by who asks before its body is read.
  std::optional<http::BodyPolicy> PolicyOf(const http::HttpRequest& head);

  // Repositories, and runs of workflows.
  RunApi& runs() { return *runs_; }
  EnvironmentApi& environments() { return *environments_; }
  // Tokens with which jobs are known to clouds.
  OidcApi& oidc() { return *oidc_; }

  void Healthz(Call call);
  void Readyz(Call call);
  void Metrics(Call call);
  void GetStatus(Call call);
  void Apply(Call call, Effect effect);
  void Delete(Call call);
  void ListImages(Call call);
  void BindImage(Call call);
  void ListRollouts(Call call);
  void GetRollout(Call call);
  void WatchRollout(Call call);
  void Act(Call call, rollout::Verb verb);
  void SetImage(Call call);
  void Undo(Call call);
  void Rollback(Call call);
  void Logs(Call call);
  void Exec(Call call);
  void ListSecrets(Call call);
  void SetSecret(Call call);
  void RemoveSecret(Call call);
  void Audit(Call call);
  void Query(Call call);
  void QueryRange(Call call);
  void ListTokens(Call call);
  void CreateToken(Call call);
  void RevokeToken(Call call);

  const RequestCounts& counts() const { return *counts_; }

 private:
  struct Watcher;

  void OnChange(const RolloutName& name);
  void Flush(const std::shared_ptr<Watcher>& watcher);
  void KeepFresh(const std::shared_ptr<Watcher>& watcher);
  struct SecretChange;
  // Works out the Secret anew from what is there, until nobody else has changed it between reading and writing.
  void ChangeSecret(const std::shared_ptr<const SecretChange>& change, int tries_left);

  // Answers an apply or a delete; what the body may not touch is written down too.
  control::Fleet::Done<control::ApplyReport> AnswerChange(const Call& call);

  ApiParts parts_;
  std::unique_ptr<RunApi> runs_;
  std::unique_ptr<EnvironmentApi> environments_;
  std::unique_ptr<OidcApi> oidc_;
  std::shared_ptr<RequestCounts> counts_ = std::make_shared<RequestCounts>();
  control::Fleet::Subscription subscription_;
  std::multimap<RolloutName, std::shared_ptr<Watcher>> watchers_;
};

}  // namespace tuesday::server
