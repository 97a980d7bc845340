// SPDX-License-Identifier: Apache-2.0
// What an apply would change, worked out from the request and from what is known, before anything is changed. Blocks only
// in `artifacts`; called on the lane "apply".
#pragma once

#include <map>
#include <string>
#include <vector>

#include "base/result.h"
#include "control/fleet.h"
#include "ports/images.h"
#include "wire/state/records.h"

namespace tuesday::control {

enum class ApplyMode { kApply, kPlan };

// Images that nobody has bound, by what they are asked for under, and what they are called by digest.
using Pins = std::map<std::string, std::string>;

// What an apply stands on, copied.
struct Known {
  std::map<ObjectName, state::ObjectRecord> objects;
  std::map<std::string, state::ImageBinding> images;
  Pins pins;
  bool can_pin = false;  // Images can be run as they are.
  std::map<RolloutName, state::RolloutRecord> rollouts;
  std::map<RolloutName, std::map<RevisionId, state::RevisionRecord>> revisions;
  bool runs_analyses = false;
  std::string revision_key;  // See FleetSettings.
  WallTime now{};
  std::string mint;  // Makes new uids unlike all others: boot, instant, release.
};

struct Prepared {
  // What has to be known first: with these as pins everything is worked out anew. Nothing else of this counts until then.
  std::map<std::string, ImageAsk> unpinned;
  std::vector<ObjectName> deleted;
  std::vector<state::ObjectRecord> objects;  // Created or configured.
  std::vector<state::RolloutRecord> rollouts;
  std::vector<state::RevisionRecord> revisions;
  state::ReleaseRecord release;  // Its number is given when it is committed.
  ApplyReport report;

  bool IsEmpty() const { return objects.empty() && rollouts.empty() && deleted.empty(); }
};

// Reads, checks and resolves everything. An error's message holds every finding, a line each.
Result<Prepared> Prepare(const ApplyRequest& request, const Known& known, ArtifactStore& artifacts);

// The same for a rollout that is known, with another image for one container ("*": all).
struct ImageChange {
  RolloutName rollout;
  std::string container;
  std::string image;
  std::string by;
};
Result<Prepared> PrepareImage(const ImageChange& change, const Known& known, ArtifactStore& artifacts);

// What a delete would change. Rollouts that need an object that goes are worked out anew; an error when one cannot do without.
Result<Prepared> PrepareDelete(const DeleteRequest& request, const Known& known, ArtifactStore& artifacts);

// The same for a rollout that goes back to a revision that is kept.
struct UndoChange {
  RolloutName rollout;
  RevisionId revision;
  std::string by;
};
Result<Prepared> PrepareUndo(const UndoChange& change, const Known& known, ArtifactStore& artifacts);

// Certificate and key of a Secret "namespace/name" in PEM, or "" when there is none.
std::string CertificateOf(const std::map<ObjectName, state::ObjectRecord>& objects, const std::string& secret);

}  // namespace tuesday::control
