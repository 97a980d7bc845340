// SPDX-License-Identifier: Apache-2.0
// The API of environments: rules, freezes, reviews and what was released. Loop thread only.
#pragma once

#include "app/server/routes.h"
#include "app/server/runs/run_host.h"

namespace tuesday::server {

class EnvironmentApi {
 public:
  explicit EnvironmentApi(RunHost& host) : host_(host) {}

  void List(Call call);
  void Set(Call call);
  void Remove(Call call);
  void Freeze(Call call);
  void Thaw(Call call);
  void Deployments(Call call);
  void Review(Call call);

 private:
  const runs::RepositoryRecord* FindRepository(const Call& call) const;  // Answers 404 itself.

  RunHost& host_;
};

}  // namespace tuesday::server
