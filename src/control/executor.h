// SPDX-License-Identifier: Apache-2.0
// The seam between the control loops and threads. The loops live on one thread and never block; what blocks is given away
// here. A production executor has a pool behind it, a test or a simulation has a queue on a virtual clock.
#pragma once

#include <functional>
#include <string>

#include "base/time.h"

namespace tuesday::control {

// Lanes: "store" (commits, in order), "apply" (reading manifests, taking artifacts in), "images" (pulls), "observe workloads",
// "observe edge", "judge ns/name" (ticks of rules), "analysis" (queries), one for each target ("route ns/name", "count ns/name
// rev"), and "abort": routes that take traffic away from a canary, which must have a worker of their own.
class Executor {
 public:
  virtual ~Executor() = default;

  // Runs `blocking_work` where it may block, then `then` on the loop's thread. Work of one lane runs one at a time, in the
  // order given. Called on the loop's thread; never calls `then` before it returns.
  virtual void Run(std::string lane, std::function<void()> blocking_work, std::function<void()> then) = 0;

  // Calls `call` on the loop's thread at `when` or soon after; an instant in the past means as soon as possible, but
  // never before At returns.
  virtual void At(Instant when, std::function<void()> call) = 0;
};

}  // namespace tuesday::control
