// SPDX-License-Identifier: Apache-2.0
#include "control/apply/letting_go.h"

#include <algorithm>

namespace tuesday::control {
namespace {

// What stands below any `image`: templates of rollouts, of jobs, and of kinds that nothing here acts on.
void AddImages(const Json& content, std::set<std::string>& images) {
  if (const Json::Object* object = content.as_object()) {
    for (const auto& [key, value] : *object) {
      if (key == "image" && value.as_string() != nullptr) images.insert(*value.as_string());
      AddImages(value, images);
    }
  } else if (const Json::Array* array = content.as_array()) {
    for (const Json& item : *array) AddImages(item, images);
  }
}

std::set<std::string> ImagesNamed(const Known& known) {
  std::set<std::string> images;
  for (const auto& [name, object] : known.objects) {
    AddImages(object.content, images);
    for (const auto& [container, image] : object.image_override) images.insert(image);
  }
  return images;
}

std::set<std::string> ArtifactsOfRevisions(const Known& known) {
  std::set<std::string> digests;
  for (const auto& [rollout, revisions] : known.revisions) {
    for (const auto& [id, revision] : revisions) {
      for (const auto& [container, digest] : revision.artifacts) digests.insert(digest);
    }
  }
  return digests;
}

}  // namespace

Result<LettingGo> WorkOutLettingGo(const Known& known, WallTime before, const std::set<std::string>& also_needed,
                                   ArtifactStore& artifacts) {
  LettingGo out;
  std::set<std::string> needed = ArtifactsOfRevisions(known);
  needed.insert(also_needed.begin(), also_needed.end());
  const std::set<std::string> of_use = needed;
  const std::set<std::string> named = ImagesNamed(known);
  for (const auto& [reference, binding] : known.images) {
    const bool stays = binding.bound_at >= before || named.contains(reference) || of_use.contains(binding.digest);
    const bool is_later = !stays && out.bindings.size() == kLetGoAtOnceMax;
    out.is_all = out.is_all && !is_later;
    if (stays || is_later) {
      needed.insert(binding.digest);
    } else {
      out.bindings.push_back(binding);
    }
  }
  TRY(const std::vector<KeptArtifact> kept, artifacts.List());
  for (const KeptArtifact& artifact : kept) {
    if (artifact.taken_at >= before || needed.contains(artifact.digest)) continue;
    if (out.artifacts.size() == kLetGoAtOnceMax) {
      out.is_all = false;
      break;
    }
    out.artifacts.push_back(artifact.digest);
  }
  return out;
}

}  // namespace tuesday::control
