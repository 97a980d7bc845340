// SPDX-License-Identifier: Apache-2.0
// The canary machine. Pure: the world and the time are arguments, effects leave as values and are all targets, so that
// the newest wins and doing one twice is harmless.
#pragma once

#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/result.h"
#include "core/audit/entry.h"
#include "core/rollout/spec.h"
#include "core/rollout/status.h"
#include "core/rollout/world.h"

namespace tuesday::rollout {

// The instances numbered from `begin` to before `end`.
struct OrdinalRange {
  int begin = 0;
  int end = 0;
  friend bool operator==(const OrdinalRange&, const OrdinalRange&) = default;
};

// Shall be true: `count` instances of `revision`. Instances are numbered; the highest numbers go first. Those in `out` shall
// not run for now: they are being restarted.
struct CountTarget {
  RevisionId revision;
  int count = 0;
  std::optional<OrdinalRange> out = std::nullopt;
  friend bool operator==(const CountTarget&, const CountTarget&) = default;
};

// Shall be true: the edge routes like this.
struct RouteTarget {
  Route route;
  friend bool operator==(const RouteTarget&, const RouteTarget&) = default;
};

// Shall be true: this analysis runs, or has been told to end.
struct AnalysisTarget {
  AnalysisRunKey key;
  bool running = true;
  friend bool operator==(const AnalysisTarget&, const AnalysisTarget&) = default;
};

using Effect = std::variant<CountTarget, RouteTarget, AnalysisTarget>;

struct Outcome {
  Status status;                      // What to store.
  std::vector<Effect> effects;        // What shall become true. Stated again at every call while it is not seen to be true.
  std::vector<audit::Entry> entries;  // What to tell, once each.
  std::optional<Instant> wake_at;     // When to be asked again if nothing happens.
};

// Decides the next move of one rollout. Called again at once with its own status it decides nothing new.
Outcome Reconcile(const Spec& spec, Status status, const World& world, Instant now);

// What of a rollout that is gone was seen again, to be taken away: a late answer, an old disk. Nothing when there is nothing.
std::vector<Effect> Sweep(const World& world);

enum class Verb { kPromote, kPromoteFull, kAbort, kRetry, kPause, kResume, kRestart };

// What an operator said. `by` and `reason` go to the journal; an empty reason is allowed.
struct Request {
  Verb verb = Verb::kPromote;
  std::string by;
  std::string reason;
};

// Takes a request into the status, or says why it makes no sense now (kConflict; always while it is being deleted). Reconcile
// does the rest.
Result<Outcome> Handle(const Spec& spec, Status status, const Request& request, Instant now);

}  // namespace tuesday::rollout
