// SPDX-License-Identifier: Apache-2.0
// From a Rollout as written to what the machine and the engines need: spec, revision, exposure. Names are looked up among
// the objects that will be there after the apply; images by a function, because that may block.
#pragma once

#include <functional>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/result.h"
#include "control/apply/typed.h"
#include "wire/state/records.h"

namespace tuesday::control {

using ImageResolver = std::function<Result<std::string>(const std::string& container, const std::string& image)>;

struct ResolveInput {
  RolloutName name;
  Uid uid;
  const manifest::Object& object;
  const TypedObjects& objects;
  const std::map<std::string, std::string>& image_override;
  const ImageResolver& resolve_image;
  bool runs_analyses = false;
  const std::string& revision_key;  // See FleetSettings.
};

struct Resolved {
  rollout::Spec spec;  // Without a generation.
  state::Exposure exposure;
  state::RevisionRecord revision;
  std::vector<std::string> said;
};

Result<Resolved> Resolve(const ResolveInput& input);

struct Environment {
  std::map<std::string, std::string> values;
  std::set<std::string> secret;  // Names of those that come from Secrets.
};

// The variables of a container that come from ConfigMaps and Secrets. A missing one that is not optional is kNotFound.
Result<Environment> ResolveEnvironment(const Namespace& ns, const manifest::Container& container, const TypedObjects& objects);

// What stands for a variable's value in a revision's name: a secret cannot be guessed from it without the key.
std::string VariableDigest(const Environment& environment, const std::string& name, const std::string& key);

// Services, Ingresses and certificates of a rollout, with defaults for what nobody gave.
state::Exposure ResolveExposure(const RolloutName& name, const manifest::Rollout& rollout, const TypedObjects& objects);

// The machine's strategy; the names of its analyses go to `analyses`. kUnsupported names what it does not do.
Result<rollout::CanaryStrategy> ResolveStrategy(const manifest::Rollout& rollout, std::vector<std::string>& analyses);

}  // namespace tuesday::control
