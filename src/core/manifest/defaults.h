// SPDX-License-Identifier: Apache-2.0
// What a rollout names and no file gives: made with defaults on one machine, and said so. Pure.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "core/manifest/check.h"
#include "core/manifest/object.h"

namespace tuesday::manifest {

// `object.at` is the place that names it (or the rollout); `sentence` is for `apply` to print.
struct DefaultObject {
  Object object;
  std::string sentence;
};

// The Services and Ingresses that `rollout` needs and that neither `objects` nor the context give, in the order in which
// they must be made:
// - its canary and stable Service, selecting the rollout's labels, port 80 to the first containerPort;
// - with no Service named, one called as the rollout, unless a given one selects the rollout's instances;
// - the Ingresses that it names, or one called as the rollout when no given Ingress leads to its Service: host
//   `<rollout>.<namespace>.localhost`, path `/`.
// Nothing for a rollout without a port: nobody could send it a request. `rollout` must hold a canary Rollout.
std::vector<DefaultObject> DefaultObjects(const Object& rollout, std::span<const Object> objects,
                                          const CheckContext& context = {});

// The name of the Service that users' requests reach: `stableService`, or a given Service that selects the rollout's
// instances, or the rollout's own name.
std::string StableServiceName(const Object& rollout, std::span<const Object> objects, const CheckContext& context = {});

}  // namespace tuesday::manifest
