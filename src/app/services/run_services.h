// SPDX-License-Identifier: Apache-2.0
// The services for the actions of one run here: a socket in the run's folder, a token for each leg. On the loop's thread.
#pragma once

#include <map>
#include <memory>
#include <string>

#include "app/services/service_thread.h"
#include "base/result.h"
#include "control/runs/runs.h"
#include "core/workflow/services/cache.h"
#include "wire/runs/runs.h"

namespace tuesday::services {

class RunServices {
 public:
  // The cache is the repository's, beside the folders of the runs. `clock` must outlive it. Without `give_id_token` no step is
  // told where to ask for a token for a cloud.
  static Result<std::unique_ptr<RunServices>> Start(const std::string& run_folder, const runs::RunRecord& record,
                                                    const Clock& clock, GiveIdToken give_id_token = nullptr);

  // What the place and the steps of a leg get; the same each time. Whether it may have tokens for clouds is the caller's to
  // say, who takes `every_step` away.
  control::LegServices Of(const std::string& leg) const;

  static std::string ArtifactsFolder(const std::string& run_folder);

  // What the services call the run: attempts of one run share their artifacts.
  static std::string RunOf(const runs::RunRecord& record);

 private:
  // Kept in the run's folder: a run that goes on after its process was killed has places that know their tokens.
  struct Key {
    std::string bytes;
    WallTime made;
  };

  // What a leg proves itself with. To sign costs more than all else that Of does, and each step asks.
  struct Tokens {
    std::string runtime;
    std::string asks_for_id;  // Empty when nobody gives tokens for clouds.
  };

  static Result<Key> KeyOf(const std::string& path, WallTime now);
  RunServices(const runs::RunRecord& record, std::string socket, Key key);
  Tokens SignFor(const std::string& leg) const;
  Tokens TokensOf(const std::string& leg) const;

  std::string run_;
  int attempt_;
  std::string socket_;
  Key key_;
  std::vector<workflow::CacheScope> scopes_;
  bool gives_id_tokens_ = false;
  mutable std::map<std::string, Tokens> tokens_;  // By leg.
  std::unique_ptr<ServiceThread> thread_;
};

}  // namespace tuesday::services
